"""Who does the work, when, and how it reaches them: teams, hours, queues, batches and gates of a log.

Work that is done together counts once before anything is said of people (`calibration.batching`); hours come before
gates, which are told by visits that begin in few of them (`calibration.cadences`).
Units: ticks (milliseconds).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from calibration.batching import done_alone, fit_batching
from calibration.cadences import fit_cadences
from calibration.discipline import by_visit, fit_disciplines
from calibration.efforts import worked
from calibration.evidence import Evidence
from calibration.hours import Hours, fit_hours
from calibration.observed import Observed, Ticks
from calibration.teams import Teams, fit_teams, serving_teams
from twin.eventlog import EventLog


class Workforce(NamedTuple):
    """Who does the work, and how."""

    alone: Observed  # visits, of each batch one
    times: Ticks  # working time of each of these
    teams: Teams  # of these
    hours: tuple[Hours, ...]  # (teams,)
    told: frozenset[int]  # stages whose waiting is told by a batch or a gate
    written: dict[str, Any]  # calendars, teams and stages as a twin has them
    evidence: tuple[Evidence, ...]


def fit_workforce(observed: Observed, log: EventLog, attributes: pl.DataFrame | None = None) -> Workforce:
    """Learn who does the work of a log.

    Parameters
    ----------
    observed
        Its visits.
    log
        The log.
    attributes
        What is known of cases beside visits, `case_id` and columns of numbers: people may have gone by it.
    """
    batching = fit_batching(observed)
    alone = done_alone(observed, batching)
    teams = fit_teams(alone)
    hours = fit_hours(alone, teams.value, start=log.start, zone=log.zone)
    times = worked(alone, teams.value, hours.value)
    known = {} if attributes is None else by_visit(attributes, log, alone)
    queues = fit_disciplines(alone, times, teams.value, hours.value, known)
    gates = fit_cadences(alone, teams.value, hours.value, start=log.start, zone=log.zone)
    parts: dict[int, dict[str, Any]] = {stage: {"batch": batch} for stage, batch in batching.stages.items()}
    parts |= {stage: {"opens": opens} for stage, opens in gates.value.items()}
    return Workforce(
        alone=alone,
        times=times,
        teams=teams.value,
        hours=hours.value,
        told=frozenset(parts),
        written=_written(teams.value, hours.value, queues.value, observed.stages, parts),
        evidence=(*teams.evidence, *batching.evidence, *gates.evidence, *hours.evidence, *queues.evidence),
    )


def _written(
    teams: Teams,
    hours: tuple[Hours, ...],
    queues: Mapping[int, str],
    stages: tuple[str, ...],
    parts: Mapping[int, dict[str, Any]],
) -> dict[str, Any]:
    """Write calendars, teams and stages; teams that serve no stage are left out."""
    calendars: dict[str, Any] = {}
    written: dict[str, dict[str, Any]] = {}
    for team in serving_teams(teams):
        name, schedule = teams.names[team], hours[team]
        calendars[f"{name} hours"] = schedule.calendar
        written[name] = {"people": schedule.people, "calendar": f"{name} hours"}
        if schedule.shift_end != "suspend":
            written[name]["shift_end"] = schedule.shift_end
        if team in queues:
            written[name]["queue"] = queues[team]
    return {
        "calendars": calendars,
        "teams": written,
        "stages": {name: _stage(teams, stage) | parts.get(stage, {}) for stage, name in enumerate(stages)},
    }


def _stage(teams: Teams, stage: int) -> dict[str, Any]:
    names = [teams.names[team] for team in teams.serving[stage]]
    return {"team": names[0]} if len(names) == 1 else {"teams": names}

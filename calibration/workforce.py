"""Who does the work, when, and how it reaches them: teams, hours, queues, batches and gates of a log.

Work that is done together counts once before anything is said of people (`calibration.batching`). Who works on several
visits at once shows within the hours (`calibration.multitasking`), and then counts once; so headcounts are learned
after that. Hours come before gates, which are told by visits that begin in few of them
(`calibration.cadences`).
Units: ticks (milliseconds).
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from calibration.backlog import backlogs_of, with_hours_of_all
from calibration.batching import Batching, done_alone, fit_batching
from calibration.cadences import fit_cadences
from calibration.closing import RESTS
from calibration.discipline import by_visit, fit_disciplines
from calibration.efforts import worked
from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours, Seen, fit_hours, seen_at_work
from calibration.multitasking import (
    Loss,
    Several,
    fit_several,
    loss_evidence,
    loss_of,
    losses_written,
    shared_times,
)
from calibration.observed import Observed, Ticks
from calibration.occasional_hours import Shift, calendars_of, fit_occasional, worked_in_shifts
from calibration.teams import Teams, fit_teams, serving_teams
from calibration.work_held import Export, export_of
from twin.eventlog import EventLog


class Crews(NamedTuple):
    """Who does what, each piece of work once."""

    batching: Batching
    alone: Observed  # visits, of each batch one
    teams: Fitted[Teams]  # of these


class Workforce(NamedTuple):
    """Who does the work, and how."""

    alone: Observed  # visits, of each batch one
    opened: Ticks  # working time from start to end of each of these
    times: Ticks  # effort of each: the same without what other visits of the person took of it
    several: dict[int, Several]  # teams that work on several visits at once, by index
    losses: dict[int, Loss]  # what that costs them
    teams: Teams  # of these
    hours: tuple[Hours, ...]  # (teams,)
    shifts: tuple[tuple[Shift, ...], ...]  # (teams,) held in some weeks beside these hours
    ranks: dict[str, int]  # priorities of work types, where people go by them
    told: frozenset[int]  # stages whose waiting is told by a batch or a gate
    written: dict[str, Any]  # calendars, teams and stages as a twin has them
    evidence: tuple[Evidence, ...]

    def rank_of(self, work: str) -> dict[str, int]:
        """Give a work type's priority as a twin has it; nothing where people do not go by it."""
        return {"priority": self.ranks[work]} if work in self.ranks else {}


def crews_of(observed: Observed) -> Crews:
    """Count work that is done together once, and group the people who did it into teams."""
    batching = fit_batching(observed)
    alone = done_alone(observed, batching)
    return Crews(batching, alone, fit_teams(alone))


def fit_workforce(
    observed: Observed, log: EventLog, attributes: pl.DataFrame | None = None, work_share: float = 1.0
) -> Workforce:
    """Learn who does the work of a log.

    Parameters
    ----------
    observed
        Its visits.
    log
        The log.
    attributes
        What is known of cases beside visits, `case_id` and columns of numbers: people may have gone by it.
    work_share
        How much of the time from assumed start to end the log's starts leave.
    """
    crews = crews_of(observed)
    alone, teams, together = crews.alone, crews.teams.value, crews.batching.stages
    export = export_of(log, alone)
    hours, several = _hours(alone, teams, log, together, export, work_share)
    shifts = _shifts(alone, teams, hours.value, log, export)
    opened = worked(alone, teams, hours.value)
    opened = worked_in_shifts(opened, alone, teams, hours.value, shifts.value, start=log.start, zone=log.zone)
    losses = {team: loss_of(each, alone, hours.value[team]) for team, each in several.value.items()}
    times = shared_times(opened, several.value, {team: loss.mean for team, loss in losses.items()})
    known = {} if attributes is None else by_visit(attributes, log, alone)
    queues = fit_disciplines(alone, times, teams, hours.value, known)
    gates = fit_cadences(alone, teams, hours.value, start=log.start, zone=log.zone)
    parts: dict[int, dict[str, Any]] = {stage: {"batch": batch} for stage, batch in together.items()}
    parts |= {stage: {"opens": opens} for stage, opens in gates.value.items()}
    at_once = {team: (each.most, losses[team].mean) for team, each in several.value.items()}
    lost = [loss_evidence(teams.names[team], each, losses[team]) for team, each in several.value.items()]
    written = _written(teams, hours.value, queues.value.rules, _stages(observed, teams, parts), at_once)
    before, after = (*crews.teams.evidence, *crews.batching.evidence, *gates.evidence), queues.evidence
    return Workforce(
        alone=alone,
        opened=opened,
        times=times,
        several=several.value,
        losses=losses,
        teams=teams,
        hours=hours.value,
        shifts=shifts.value,
        ranks=queues.value.ranks,
        told=frozenset(parts),
        written={"calendars": calendars_of(teams, hours.value, shifts.value), **written},
        evidence=(*before, *hours.evidence, *shifts.evidence, *several.evidence, *lost, *after),
    )


def _shifts(
    alone: Observed, teams: Teams, hours: tuple[Hours, ...], log: EventLog, export: Export | None
) -> Fitted[tuple[tuple[Shift, ...], ...]]:
    starts = not log.starts_assumed
    return fit_occasional(alone, teams, hours, start=log.start, zone=log.zone, starts=starts, export=export)


def _hours(
    alone: Observed,
    teams: Teams,
    log: EventLog,
    together: Collection[int],
    export: Export | None,
    work_share: float,
) -> tuple[Fitted[tuple[Hours, ...]], Fitted[dict[int, Several]]]:
    """Learn who works on several visits at once in the hours in which teams were seen, and hours knowing that.

    Starts that nobody recorded say nothing of what was open, nor of when work is begun. Those that were moved later, so
    that less of the time is work, say nothing of when somebody was there: they lie in nights and at weekends.
    """
    shown = None if work_share == 1 else _as_assumed(alone, work_share)
    seen, noticed = _seen(alone, teams, log, export, shown)
    find = partial(fit_hours, alone, teams, start=log.start, zone=log.zone, seen=seen)
    if log.starts_assumed:
        hours, evidence = find(overtimes=False)
        return Fitted(hours, (*noticed, *evidence)), Fitted({}, ())
    several = fit_several(alone, teams, tuple(each.open for each in seen), together)
    hours, evidence = find(several={team: each.attention for team, each in several.value.items()})
    most = {team: each.most for team, each in several.value.items()}
    found = tuple(each._replace(at_once=most.get(team, 1)) for team, each in enumerate(hours))
    return Fitted(found, (*noticed, *evidence)), several


def _seen(
    alone: Observed, teams: Teams, log: EventLog, export: Export | None, shown: Observed | None
) -> Fitted[tuple[Seen, ...]]:
    """Look at when teams were seen at work; where all work is a backlog, that may be only as it came by."""
    seen = seen_at_work(alone, teams, start=log.start, zone=log.zone, export=export, shown=shown)
    if backlogs_of(log).keys() < set(alone.works):
        return Fitted(seen, ())
    return with_hours_of_all(seen, alone, teams.names)


def _as_assumed(observed: Observed, work_share: float) -> Observed:
    """Give visits that begin once their item is there and whoever did them is free (`assumed_starts.later_starts`)."""
    lasted = np.round((observed.finished - observed.started) / work_share).astype(np.int64)
    return observed._replace(started=observed.finished - lasted)


def _written(
    teams: Teams,
    hours: tuple[Hours, ...],
    queues: Mapping[int, str],
    stages: Mapping[str, dict[str, Any]],
    at_once: Mapping[int, tuple[int, float]],
) -> dict[str, Any]:
    """Write teams and stages; teams that serve no stage are left out."""
    written: dict[str, dict[str, Any]] = {}
    for team in serving_teams(teams):
        name, schedule = teams.names[team], hours[team]
        written[name] = {"people": schedule.people, "calendar": f"{name} hours"}
        if schedule.shift_end != RESTS:
            written[name]["shift_end"] = schedule.shift_end
        if team in queues:
            written[name]["queue"] = queues[team]
        if team in at_once:
            most, loss = at_once[team]
            written[name] |= {"at_once": most, "loss": losses_written(most, loss)}
    return {"teams": written, "stages": stages}


def _stages(observed: Observed, teams: Teams, parts: Mapping[int, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Write stages, with batch or gate."""
    return {name: _stage(teams, stage) | parts.get(stage, {}) for stage, name in enumerate(observed.stages)}


def _stage(teams: Teams, stage: int) -> dict[str, Any]:
    names = [teams.names[team] for team in teams.serving[stage]]
    return {"team": names[0]} if len(names) == 1 else {"teams": names}

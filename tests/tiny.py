"""Tiny twins in whole hours, and what happened in them in hours since their start, Monday 2026-01-05 00:00."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from twin.causes import Cause
from twin.engine import simulate
from twin.eventlog import NEVER
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.rows import CAUSE_BITS
from twin.spec import Twin
from twin.units import HOUR, WEEK

START = datetime(2026, 1, 5, tzinfo=UTC)
OFFICE = {"days": "mon-fri", "hours": "09:00-17:00"}

Row = tuple[int, str, float, float, float, float]


def listed(*hours: float, start: datetime = START) -> dict[str, Any]:
    """Arrivals so many hours after the start."""
    return {"kind": "listed", "at": [(start + timedelta(hours=hour)).isoformat() for hour in hours]}


def work(arrivals: dict[str, Any], *steps: dict[str, Any] | tuple[str, str], **more: Any) -> dict[str, Any]:
    """A work type; a step may be (stage, effort)."""
    written = [step if isinstance(step, dict) else {"stage": step[0], "effort": step[1]} for step in steps]
    return {"arrivals": arrivals, "steps": written, **more}


def twin(teams: dict[str, Any], stages: dict[str, Any], works: dict[str, Any], **more: Any) -> Twin:
    """A twin; a team may be its number of people, a stage its team."""
    return Twin.model_validate(
        {
            "twin": "tiny",
            "clock": {"starts": START.isoformat()},
            "teams": {name: team if isinstance(team, dict) else {"people": team} for name, team in teams.items()},
            "stages": {name: stage if isinstance(stage, dict) else {"team": stage} for name, stage in stages.items()},
            "work": works,
            **more,
        }
    )


def run(start: Twin, *changes: tuple[float, Twin], until: int = WEEK, items: int | None = None) -> Outcome:
    """Run a twin, with other twins that take over after so many hours."""
    dated = tuple((START + timedelta(hours=hour), later) for hour, later in changes)
    return simulate(compile_model(start, until=until, changes=dated), seed=1, items=items)


def trace(outcome: Outcome) -> list[Row]:
    """Rows as (item, stage, asked or arrived, queued, started, finished) in hours; nan for what has not come."""
    visits, stages = outcome.visits, outcome.labels.stages
    instants = [visits.enabled, visits.queued, visits.started, visits.finished]
    hours = [np.where(column == NEVER, np.nan, column / HOUR).tolist() for column in instants]
    names = [stages[stage] for stage in visits.stage.tolist()]
    return list(zip(visits.item.tolist(), names, *hours, strict=True))


def spans(outcome: Outcome) -> list[tuple[int, str, float, float]]:
    """Rows as (item, stage, started, finished) in hours."""
    return [(item, stage, started, finished) for item, stage, _, _, started, finished in trace(outcome)]


def waits(outcome: Outcome) -> list[tuple[int, str, str, float, float]]:
    """Waits as (item, stage, cause, since, hours), in the order of rows."""
    row, cause = outcome.waits[:, 0] >> CAUSE_BITS, outcome.waits[:, 0] & (1 << CAUSE_BITS) - 1
    order = np.argsort(row, kind="stable")
    item, stage = outcome.visits.item[row], [outcome.labels.stages[each] for each in outcome.visits.stage[row]]
    since, ticks = outcome.waits[:, 1] / HOUR, outcome.waits[:, 2] / HOUR
    return [(int(item[i]), stage[i], Cause(int(cause[i])).name, float(since[i]), float(ticks[i])) for i in order]

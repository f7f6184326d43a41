"""A desk that is open 8 hours of 24: work rests over night, and demand may come round the clock or on shift only."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from theory.cases import Values, calendar
from theory.verdict import wrong
from tiny import START, twin, work

from twin.calendars import Calendar, timeline, worked_at
from twin.engine import simulate
from twin.eventlog import Visits
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import DAY, HOUR

REPLICATIONS = 50
SHIFT = {"days": "mon-sun", "hours": "00:00-08:00"}
WARM, DAYS, TAIL = 60, 1300, 20
"""Days before the counted ones, those, and days after them."""


def desk(arrivals: dict[str, Any]) -> Twin:
    """One person on shift, efforts of 1 h on average."""
    works = {"x": work(arrivals, {"stage": "desk", "effort": {"kind": "exponential", "mean": "1 h"}})}
    return twin({"team": {"people": 1, "calendar": "shift"}}, {"desk": "team"}, works, calendars={"shift": SHIFT})


def runs(arrivals: dict[str, Any], days: int) -> list[Visits]:
    """Run the replications."""
    model = compile_model(desk(arrivals), until=(WARM + days + TAIL) * DAY)
    return [simulate(model, seed=1, replication=each).visits for each in range(REPLICATIONS)]


def between(instants: NDArray[np.int64], days: int) -> NDArray[np.bool_]:
    """Tell which instants fall into the counted days."""
    inside: NDArray[np.bool_] = (instants >= WARM * DAY) & (instants < (WARM + days) * DAY)
    return inside


def worked(visits: Visits) -> NDArray[np.int64]:
    """Give the working ticks of each finished visit."""
    effort: NDArray[np.int64] = visits.finished - visits.started - visits.suspended
    return effort


def test_a_desk_that_closes_over_night_holds_what_theory_says() -> None:
    mornings = (WARM + np.arange(DAYS)) * DAY
    first, end = WARM * DAY, (WARM + DAYS) * DAY

    def measured(visits: Visits) -> Values:
        arrived, finished = visits.enabled, np.where(visits.finished < 0, np.iinfo(np.int64).max, visits.finished)
        spent = (np.clip(finished, first, end) - np.clip(arrived, first, end)).sum()
        waiting = np.searchsorted(arrived, mornings) - np.searchsorted(np.sort(finished), mornings)
        return {
            "L": spent / (DAYS * DAY),
            "W_elapsed": (finished - arrived)[between(arrived, DAYS)].mean() / HOUR,
            "U_on_shift": worked(visits)[between(visits.finished, DAYS)].sum() / (DAYS * 8 * HOUR),
            "L_at_shift_start": waiting.mean(),
        }

    def inputs(visits: Visits) -> Values:
        effort = worked(visits)[between(visits.finished, DAYS)].mean() / HOUR
        return {"S": effort, "lam": between(visits.enabled, DAYS).sum() / (DAYS * 24)}

    visits = runs({"kind": "poisson", "rate": "0.25 / hour"}, DAYS)
    assert not wrong(
        [measured(each) for each in visits], calendar(), [inputs(each) for each in visits], {"S": 1.0, "lam": 0.25},
        allowed=0.01,
    )  # fmt: skip


def test_on_the_working_clock_demand_on_shift_sees_a_plain_queue() -> None:
    # 6.4 a day, all of it on shift, are 0.8 per working hour: M/M/1 with a stay of 5 working hours
    on_shift = {"kind": "poisson", "rate": "6.4 / day", "pattern": {"every": [1] * 8 + [0] * 16}}
    days = 2 * DAYS
    clock = timeline(Calendar.model_validate(SHIFT), zone="UTC", start=START, until=(WARM + days + TAIL) * DAY)

    def measured(visits: Visits) -> Values:
        chosen = between(visits.enabled, days) & (visits.finished > 0)
        arrived, finished = (worked_at(clock, column[chosen]) for column in (visits.enabled, visits.finished))
        stay, hours = (finished - arrived) / HOUR, days * 8
        used = worked(visits)[chosen].sum() / HOUR / hours
        return {"W_working_hours": stay.mean(), "U_on_shift": used, "L_on_shift": stay.sum() / hours}

    def inputs(visits: Visits) -> Values:
        chosen = between(visits.enabled, days) & (visits.finished > 0)
        return {"S": worked(visits)[chosen].mean() / HOUR, "lam": chosen.sum() / (days * 8)}

    visits = runs(on_shift, days)
    exact = {"W_working_hours": 5.0, "U_on_shift": 0.8, "L_on_shift": 4.0}
    assert not wrong(
        [measured(each) for each in visits], exact, [inputs(each) for each in visits], {"S": 1.0, "lam": 0.8},
        allowed=0.015,
    )  # fmt: skip

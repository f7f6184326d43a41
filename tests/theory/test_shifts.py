"""A desk that is open 8 hours of 24: work rests over night, and demand may come round the clock or on shift only."""

from typing import Any

import numpy as np
from theory.cases import working_clock
from theory.chains import Values, calendar
from theory.verdict import Record, Size, replicate, sizes, sizes_and_reference, wrong
from theory.windows import in_hours, mean_number, number_at
from tiny import START, twin, work

from twin.calendars import Calendar, timeline, worked_at
from twin.eventlog import Visits
from twin.plan import Model, compile_model
from twin.units import DAY, HOUR

SHIFT = {"days": "mon-sun", "hours": "00:00-08:00"}
WARM, DAYS, TAIL = 60, 2000, 20
"""Days before the counted ones, those, and days after them."""


def desk(arrivals: dict[str, Any], days: int) -> Model:
    """One person on shift, efforts of 1 h on average."""
    works = {"x": work(arrivals, {"stage": "desk", "effort": {"kind": "exponential", "mean": "1 h"}})}
    team = {"people": 1, "calendar": "shift"}
    return compile_model(twin({"team": team}, {"desk": "team"}, works, calendars={"shift": SHIFT}), until=days * DAY)


@sizes_and_reference
def test_a_desk_that_closes_over_night_holds_what_theory_says(size: Size, record_property: Record) -> None:
    last = WARM + round(DAYS * size.length)
    span, mornings = (WARM * 24.0, last * 24.0), 24.0 * np.arange(WARM, last)

    def measured(visits: Visits) -> Values:
        arrived, finished = in_hours(visits.enabled), in_hours(visits.finished)
        came, left = (((each >= span[0]) & (each < span[1])) for each in (arrived, finished))
        worked = (visits.finished - visits.started - visits.suspended)[left].sum() / HOUR
        return {
            "L": mean_number(arrived, finished, *span), "W_elapsed": (finished - arrived)[came].mean(),
            "lam_bar": came.sum() / (span[1] - span[0]), "U_on_shift": worked / (last - WARM) / 8,
            "L_at_shift_start": number_at(arrived, finished, mornings).mean(),
        }  # fmt: skip

    model = desk({"kind": "poisson", "rate": "0.25 / hour"}, last + TAIL)
    assert not wrong(replicate(model, measured, size), calendar(), size, record_property)


@sizes
def test_on_the_working_clock_demand_on_shift_sees_a_plain_queue(size: Size, record_property: Record) -> None:
    # 6.4 a day, all of it on shift, are 0.8 per working hour: M/M/1 with a stay of 5 working hours
    on_shift = {"kind": "poisson", "rate": "6.4 / day", "pattern": {"every": [1] * 8 + [0] * 16}}
    last = WARM + DAYS
    clock = timeline(Calendar.model_validate(SHIFT), zone="UTC", start=START, until=(last + TAIL) * DAY)
    span = (WARM * 8.0, last * 8.0)

    def measured(visits: Visits) -> Values:
        arrived, started, finished = (
            np.where(each < 0, np.inf, worked_at(clock, np.maximum(each, 0)) / HOUR)
            for each in (visits.enabled, visits.started, visits.finished)
        )
        came = (arrived >= span[0]) & (arrived < span[1])
        return {
            "W_working_hours": (finished - arrived)[came].mean(),
            "U_on_shift": mean_number(started, finished, *span), "L_on_shift": mean_number(arrived, finished, *span),
        }  # fmt: skip

    found = replicate(desk(on_shift, last + TAIL), measured, size)
    assert not wrong(found, working_clock(), size, record_property)

"""Stages that do not take work one by one as it comes, as a person writes them: batches, and gates that open at times.

    batch: visits wait until so many are there, and then queue together; or a person takes several at once
    opens: visits wait until an instant of a schedule: a release train, an approval meeting

Units: sizes and capacities are visits, times elapse by the clock, schedules are wall time in the twin's zone.
"""

from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from twin.arrivals import TimeOfDay
from twin.calendars import DaysText
from twin.instants import Instant
from twin.part import Part, Several
from twin.units import MINUTE, WEEK, Duration

MOST_TOGETHER: Final = 10_000


class Batch(Part):
    """Visits that go together: {size: 5, at_most: 2 w}, or {size: 4, together: true} for work that is done at once."""

    size: Annotated[int, Field(ge=1, le=MOST_TOGETHER)]
    """So many wait before they queue together; or so many are taken at once at most."""
    at_most: Duration | None = None
    """After so long the first goes on, and all that wait with it: 2 w. However long it takes, if left out."""
    together: bool = False
    """A free person takes all that wait at once, up to the size, with the effort of the first."""
    least: Annotated[int, Field(ge=1, le=MOST_TOGETHER)] = 1
    """With together: nobody begins before so many wait."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.together and self.at_most is not None:
            raise ValueError("at_most is for visits that wait before they queue; work done together begins when it can")
        if self.least > 1 and not self.together:
            raise ValueError("least goes with together: true; without it size says how many wait for each other")
        if self.least > self.size:
            raise ValueError(f"least is {self.least}, more than the size of {self.size}")
        return self


class Opening(Part):
    """A gate in time: {on: thu, at: 14:00, every: 2 w, capacity: 10, cut_off: 2 d}, {day: 1}, or {every: 14 d}."""

    on: DaysText | None = None
    """Days of the week: mon, or mon-fri, or tue, thu."""
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    """Instead of on: day of the month, 1 to 31; where a month is shorter, its last day."""
    at: TimeOfDay | None = None
    """Local time in the twin's zone: 14:00. With on or day only; 09:00, if left out."""
    every: Duration | None = None
    """With on: every so many weeks, 2 w. Alone: so long after each other, counted from the twin's start: 14 d."""
    since: Annotated[Instant | None, Field(alias="from")] = None
    """Not before this instant, from which every is counted: 2026-03-02."""
    capacity: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Most visits that go through each time; the others wait for the next. All, if left out."""
    cut_off: Duration = 0
    """What has come later than so long before has to wait for the next: 2 d."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.on is not None and self.day is not None:
            raise ValueError("write either on (weekdays: thu) or day (of the month: 1), one of the two")
        if self.on is None and self.day is None:
            if self.every is None or self.every < MINUTE:
                raise ValueError("say when it opens: on (thu), day (of the month) or every (14 d, 1 min at least)")
            if self.at is not None:
                raise ValueError("at goes with on or day; with every alone, from says when it opens first")
        elif self.day is not None and self.every is not None:
            raise ValueError("every is for weekdays (on); a day of the month comes every month")
        elif self.every is not None and (self.every == 0 or self.every % WEEK):
            raise ValueError("every must be whole weeks with on: 2 w")
        return self


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Openings = Annotated[
    Several[Opening],
    Field(max_length=100),
    BeforeValidator(_as_list, json_schema_input_type=Opening | list[Opening]),
]
"""One gate, or several; of two that open at the same instant the first written holds."""

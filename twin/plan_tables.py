"""Distinct distributions and calendars of a plan, each laid out once and known by its number."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.calendars import Timeline
from twin.distributions import Distribution
from twin.effort import Delay
from twin.eventlog import Labels
from twin.occasional import Followers, laid_out, occasional_shifts
from twin.people import ALWAYS
from twin.sampling import quantile_table
from twin.spec import Twin
from twin.streams import name_hash

NONE: Final = -1
ELAPSED: Final = -1
"""Calendar of a delay that is counted by the clock."""

Floats = NDArray[np.float64]


class PlanTables:
    """Collects distinct distributions and calendars while a plan is compiled."""

    def __init__(self, twin: Twin, labels: Labels, end: int) -> None:
        self.twin, self.labels, self.end = twin, labels, end
        self.tables: list[Floats] = []
        self.timelines: list[Timeline] = []
        self._distributions: dict[Distribution, int] = {}
        self._calendars: dict[str, int] = {}
        self._following: dict[str, list[int]] = {}

    def table(self, distribution: Distribution) -> int:
        """Give the number of a distribution's quantile table."""
        if distribution not in self._distributions:
            self._distributions[distribution] = len(self.tables)
            self.tables.append(quantile_table(distribution))
        return self._distributions[distribution]

    def calendar(self, name: str) -> int:
        """Give the number of a calendar's hours."""
        if name not in self._calendars:
            hours = laid_out(
                None if name == ALWAYS else self.twin.calendars[name],
                zone=self.labels.zone, start=self.labels.start, until=self.end,
            )  # fmt: skip
            self._calendars[name] = self.own(hours, name)
        return self._calendars[name]

    def own(self, hours: Timeline, calendar: str) -> int:
        """Add hours that are nobody else's, and follow a calendar."""
        self.timelines.append(hours)
        self._following.setdefault(calendar, []).append(len(self.timelines) - 1)
        return len(self.timelines) - 1

    def hours(self, hours: Timeline, calendar: str) -> int:
        """Give the number of hours laid out already, by identity, or add them."""
        known = next((number for number, each in enumerate(self.timelines) if each is hours), None)
        return self.own(hours, calendar) if known is None else known

    def followers(self) -> tuple[Followers, ...]:
        """Give the hours that follow calendars with occasional shifts."""
        found = []
        for name, numbers in self._following.items():
            calendar = self.twin.calendars.get(name)
            if calendar is not None and calendar.occasional:
                zone, start = self.labels.zone, self.labels.start
                shifts = occasional_shifts(calendar, zone=zone, start=start, until=self.end)
                found.append(Followers(name_hash(name), shifts, tuple(numbers)))
        return tuple(found)

    def laid_out(self, name: str) -> Timeline:
        """Give a calendar's hours."""
        return self.timelines[self.calendar(name)]

    def delay(self, delay: Delay | None, team: str | None) -> tuple[int, int]:
        """Give a delay's table and calendar."""
        if delay is None:
            return NONE, ELAPSED
        if delay.counted == "clock":
            return self.table(delay.time), ELAPSED
        own = (
            self.twin.teams[team].groups()[0].calendar if team is not None and self.twin.teams[team].groups() else None
        )
        return self.table(delay.time), self.calendar(delay.calendar or own or ALWAYS)

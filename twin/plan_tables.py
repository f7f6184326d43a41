"""Distinct distributions and calendars of a plan, each laid out once and known by its number."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.calendars import Timeline, timeline
from twin.distributions import Distribution
from twin.effort import Delay
from twin.eventlog import Labels
from twin.people import ALWAYS
from twin.sampling import quantile_table
from twin.spec import Twin

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

    def table(self, distribution: Distribution) -> int:
        """Give the number of a distribution's quantile table."""
        if distribution not in self._distributions:
            self._distributions[distribution] = len(self.tables)
            self.tables.append(quantile_table(distribution))
        return self._distributions[distribution]

    def calendar(self, name: str) -> int:
        """Give the number of a calendar's hours."""
        if name not in self._calendars:
            self._calendars[name] = len(self.timelines)
            self.timelines.append(
                timeline(
                    None if name == ALWAYS else self.twin.calendars[name],
                    zone=self.labels.zone, start=self.labels.start, until=self.end,
                )
            )  # fmt: skip
        return self._calendars[name]

    def own(self, hours: Timeline) -> int:
        """Add hours that are nobody else's."""
        self.timelines.append(hours)
        return len(self.timelines) - 1

    def hours(self, hours: Timeline) -> int:
        """Give the number of hours laid out already, by identity, or add them."""
        known = next((number for number, each in enumerate(self.timelines) if each is hours), None)
        return self.own(hours) if known is None else known

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

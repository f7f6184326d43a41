"""People with one calendar, and the calendar as their clock passes.

A crew keeps count: what its people's calendars hold is split, tick by tick, into busy and idle.
Units: ticks; `passed` counts working ticks.
"""

from bisect import bisect_right
from collections import deque

from twin.calendars import Timeline
from twin.errors import BudgetError


class Hours:
    """A calendar's open hours."""

    __slots__ = ("closes", "opens", "worked")

    def __init__(self, timeline: Timeline) -> None:
        self.opens: list[int] = timeline.opens.tolist()
        self.closes: list[int] = timeline.closes.tolist()
        self.worked: list[int] = timeline.worked.tolist()

    def opening(self, now: int) -> int | None:
        """Give the instant from which people work: now, or the next opening; None where there is none."""
        index = bisect_right(self.closes, now)
        return max(now, self.opens[index]) if index < len(self.opens) else None

    def passed(self, now: int) -> int:
        """Count the working ticks before an instant."""
        index = bisect_right(self.opens, now) - 1
        return self.worked[index] + min(now, self.closes[index]) - self.opens[index] if index >= 0 else 0

    def after(self, now: int, work: int) -> int:
        """Give the instant at which `work` working ticks from now are done.

        Raises
        ------
        BudgetError
            Where the calendar ends before.
        """
        if work == 0:
            return now
        target = self.passed(now) + work
        index = bisect_right(self.worked, target - 1) - 1
        instant = self.opens[index] + target - self.worked[index] if index >= 0 else target
        if index < 0 or instant > self.closes[index]:
            raise BudgetError(f"work that begins at tick {now} is not done before the calendar ends")
        return instant


class Crew:
    """People of a team who work the same hours."""

    __slots__ = ("busy", "earlier", "free", "group", "hours", "idle", "people", "since", "stretch", "total")

    def __init__(self, hours: Hours, group: int) -> None:
        self.hours, self.group, self.people, self.stretch = hours, group, 0, 1.0
        self.free: deque[tuple[int, int, int]] = deque()
        self.since: dict[int, int] = {}
        self.earlier: dict[int, Hours] = {}
        self.busy = self.idle = self.total = 0

    def take(self, now: int) -> int:
        """Give work to the person who has been idle longest; returns the place."""
        place = self.free.popleft()[2]
        passed = self.hours.passed(now)
        self.idle += passed - self.since[place]
        self.since[place] = passed
        return place

    def give_back(self, place: int, now: int, turn: int) -> None:
        """Free a person, who leaves the team now if the place is gone, and goes over to its hours."""
        hours = self.earlier.pop(place, self.hours)
        passed = hours.passed(now)
        self.busy += passed - self.since.pop(place)
        if hours is not self.hours or place >= self.people:
            self.total += passed
        if place < self.people:
            self.free.append((now, turn, place))
            self.since[place] = passed if hours is self.hours else self.join(now)

    def join(self, now: int) -> int:
        """Begin to count a person's time by the hours that hold now."""
        passed = self.hours.passed(now)
        self.total -= passed
        return passed

    def change(self, hours: Hours, stretch: float, people: int, now: int) -> None:
        """Let other hours and another number of people hold; who is at work finishes first, by the hours before."""
        self.settle(now)
        free = {entry[2] for entry in self.free}
        working = {place: passed for place, passed in self.since.items() if place not in free}
        self.total -= sum(working.values())
        self.earlier = {place: self.earlier.get(place, self.hours) for place in working}
        self.hours, self.stretch, self.people = hours, stretch, people
        joining = [place for place in range(people) if place not in self.since]
        self.free = deque(entry for entry in self.free if entry[2] < people)
        self.free.extend((now, 0, place) for place in joining)
        self.since = working | {place: self.join(now) for _, _, place in self.free}

    def settle(self, now: int) -> None:
        """Count everybody's time up to now."""
        free = {entry[2] for entry in self.free}
        for place, before in self.since.items():
            passed = self.earlier.get(place, self.hours).passed(now)
            if place in free:
                self.idle += passed - before
            else:
                self.busy += passed - before
            self.since[place] = passed
            self.total += passed

"""People with one calendar, and the calendar as their clock passes.

A crew keeps count: what its people's calendars hold is split, tick by tick, into busy and idle.
Units: ticks; `passed` counts working ticks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from typing import TYPE_CHECKING, Final

from twin.calendars import Timeline
from twin.engine.hands import Hands
from twin.errors import CalendarError
from twin.eventlog import PLACE_BITS

if TYPE_CHECKING:
    from twin.engine.item import Item

FOREVER: Final = 1 << 62


class Hours:
    """A calendar's open hours, quickest while questions stay within one interval."""

    __slots__ = ("before", "close", "closes", "open", "opens", "worked", "worked_before")

    def __init__(self, timeline: Timeline) -> None:
        self.opens: list[int] = [*timeline.opens.tolist(), FOREVER]
        self.closes: list[int] = [*timeline.closes.tolist(), FOREVER]
        self.worked: list[int] = [*timeline.worked.tolist(), int((timeline.closes - timeline.opens).sum())]
        self.before = self.open = self.close = self.worked_before = 0

    def turn_to(self, now: int) -> None:
        """Turn to the interval in which an instant lies, or else the next."""
        index = bisect_right(self.closes, now)
        self.before = self.closes[index - 1] if index else -FOREVER
        self.open, self.close, self.worked_before = self.opens[index], self.closes[index], self.worked[index]

    def opening(self, now: int) -> int:
        """Give the instant from which people work: now, or the next opening; FOREVER where there is none."""
        if not self.before <= now < self.close:
            self.turn_to(now)
        return max(now, self.open)

    def passed(self, now: int) -> int:
        """Count the working ticks before an instant."""
        if not self.before <= now < self.close:
            self.turn_to(now)
        return self.worked_before + now - self.open if now > self.open else self.worked_before

    def after(self, now: int, work: int) -> int:
        """Give the instant at which `work` working ticks from now are done.

        Raises
        ------
        CalendarError
            Where the calendar ends before.
        """
        if work == 0:
            return now
        target = self.passed(now) + work
        instant = self.open + target - self.worked_before
        if instant <= self.close:
            return instant
        index = bisect_left(self.worked, target) - 1
        if index == len(self.worked) - 1:
            raise CalendarError(f"work that begins at tick {now} is not done before the calendar ends")
        return self.opens[index] + target - self.worked[index]


class Crew:
    """People of a team who work the same hours."""

    __slots__ = (
        "busy",
        "earlier",
        "first_person",
        "free",
        "group",
        "hands",
        "hours",
        "idle",
        "lead",
        "people",
        "sharing",
        "since",
        "stretch",
        "switching",
        "total",
        "visits",
    )

    def __init__(self, hours: Hours, group: int) -> None:
        self.hours, self.group, self.people, self.stretch = hours, group, 0, 1.0
        self.first_person = group << PLACE_BITS
        self.free: deque[tuple[int, int, int]] = deque()
        self.since: dict[int, int] = {}
        self.earlier: dict[int, Hours] = {}
        self.visits: dict[int, Item] = {}  # by place, who is at work on what; kept where visits can be interrupted
        self.lead: dict[int, int] = {}  # by place, working ticks of switching that are still to come
        self.hands = Hands()
        self.busy = self.idle = self.total = self.switching = self.sharing = 0

    def take(self, now: int, work: int) -> tuple[int, int]:
        """Give work to who has been idle longest, at an open hour to which the calendar has turned.

        Returns the place and when the work will be done.
        """
        place, hours = self.free.popleft()[2], self.hours
        passed = hours.worked_before + now - hours.open
        self.idle += passed - self.since[place]
        self.since[place] = passed
        done = now + work
        return place, done if done <= hours.close else hours.after(now, work)

    def take_place(self, place: int, now: int, work: int, by_clock: Hours | None = None) -> int:
        """Give work to a free person at an open hour; by the hours of the clock, it goes on past the closing."""
        self.free.remove(next(entry for entry in self.free if entry[2] == place))
        passed = self.hours.passed(now)
        self.idle += passed - self.since[place]
        self.since[place] = passed
        if by_clock is None:
            return self.hours.after(now, work)
        self.earlier[place], self.since[place] = by_clock, now
        self.total += passed - now
        return by_clock.after(now, work)

    def count_busy(self, place: int, ticks: int) -> None:
        """Count working ticks of who is at work: first those of switching, then busy ones."""
        lead = self.lead.pop(place, 0) if self.lead else 0
        self.switching += min(lead, ticks)
        self.busy += ticks - min(lead, ticks)
        if lead > ticks:
            self.lead[place] = lead - ticks

    def give_back(self, place: int, now: int, turn: int) -> None:
        """Free a person, who leaves the team now if the place is gone, and goes over to its hours."""
        if not (self.earlier or self.lead) and place < self.people:
            hours = self.hours
            within = hours.open < now < hours.close
            passed = hours.worked_before + now - hours.open if within else hours.passed(now)
            self.busy += passed - self.since[place]
            self.since[place] = passed
            self.free.append((now, turn, place))
            return
        hours = self.earlier.pop(place, self.hours)
        passed = hours.passed(now)
        self.count_busy(place, passed - self.since[place])
        self.since[place] = passed
        self.lead.pop(place, None)
        if place < self.people and hours is self.hours:
            self.free.append((now, turn, place))
            return
        self.total += passed
        del self.since[place]
        if place < self.people:
            self.free.append((now, turn, place))
            self.since[place] = self.join(now)
        else:
            self.hands.leave(place)

    def worked(self, place: int, since: int, now: int) -> int:
        """Count the working ticks of who has been at work since an instant."""
        hours = self.earlier.get(place, self.hours)
        before = hours.passed(since)
        return hours.passed(now) - before

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
        for place in free:
            if place >= people:
                self.hands.leave(place)
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
                self.count_busy(place, passed - before)
            self.since[place] = passed
            self.total += passed

"""When the people of a team are there: hours, less meetings, leave, and the days they give to other teams.

Groups of a team, and people it shares with other teams, become attendances: people who are there at the same times.
With C the calendar's working time, A leave and days given elsewhere, M meetings:

    contract = C without A            hours = contract without M

Days are dealt out to the teams of a shared person by largest remainder: the day numbered j goes to the team whose share
times j is furthest ahead of the days it has had; what the shares leave over is a taker like the others. Illness and
leaving for good differ by replication and are drawn by `twin.presence`; here they only set people apart. So are the
occasional shifts that are held: here calendars have all of them, and people are set apart who do not come to some.

Units: ticks (milliseconds) since tick 0 of the run. Source: largest remainders as in the quota method of apportionment
(Balinski and Young 1975, American Mathematical Monthly 82).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from twin.absences import Absence, Meeting
from twin.calendars import Calendar, timeline
from twin.occasional import cuts, occasional_shifts, without_others
from twin.people import ALWAYS, People
from twin.releases import Frame, released
from twin.sharing import Shared
from twin.spec import Twin
from twin.timelines import Timeline, timeline_of, without
from twin.units import DAY, MILLISECOND, WEEK
from twin.zones import EPOCH, Ticks, time_zone, to_utc

LayOut = Callable[[str], Timeline]
"""Lays a calendar out by its name, with all its occasional shifts; the same object for the same name."""

TYPICAL: Final = 12 * WEEK
"""How far one looks for the share of meetings."""


class Attendance(NamedTuple):
    """People of a team who are there at the same times."""

    people: int
    alike: People  # what the group says of them
    contract: Timeline  # hours and meetings
    hours: Timeline  # when they work on items
    group: int  # their group in the team's list, those shared with other teams last
    first: int  # place of the first of them in the group
    luck: tuple[str, int]  # team and group under whose name their illness and leaving are drawn


def attendances(twin: Twin, team: str, frame: Frame, lay_out: LayOut) -> tuple[Attendance, ...]:
    """List who is there when.

    Parameters
    ----------
    twin
        The twin.
    team
        Name of the team, which it need not know.
    frame
        Where tick 0 lies.
    lay_out
        Lays out the twin's calendars.
    """
    groups = twin.teams[team].groups() if team in twin.teams else ()
    own = [
        each
        for number, group in enumerate(groups)
        for each in _attending(twin, group, (team, number), frame, lay_out(group.calendar or ALWAYS))
    ]
    given = ((place, shared) for place, shared in enumerate(twin.shared) if team in shared.shares())
    for number, (place, shared) in enumerate(given):
        luck = f"{shared.called()} by the {shared.switch}", place  # whoever is ill is so in all their teams
        attending = _attending(twin, shared.alike(), luck, frame, _dealt_to(team, shared, frame, lay_out))
        own += [each._replace(group=len(groups) + number) for each in attending]
    return tuple(own)


def share_there(group: People) -> float:
    """Give the share of time that people are neither ill nor gone, in the long run."""
    ill = group.sickness.share() if group.sickness else 0.0
    gone = group.attrition.share() if group.attrition else 0.0
    return (1 - ill) * (1 - gone)


def share_outside_meetings(twin: Twin, group: People) -> float:
    """Give the share of a group's hours in which it is not in a meeting, over the first twelve weeks."""
    if not group.meetings:
        return 1.0
    frame, name = Frame(twin.start, twin.start, twin.clock.zone), group.calendar or ALWAYS
    calendar = None if name == ALWAYS else twin.calendars[name]
    whole = timeline(calendar, zone=twin.clock.zone, start=twin.start, until=TYPICAL)
    inside, outside = (int((each.closes - each.opens).sum()) for each in (whole, _met(whole, group.meetings, frame)))
    return outside / inside if inside else 1.0


def _attending(twin: Twin, group: People, luck: tuple[str, int], frame: Frame, whole: Timeline) -> Iterator[Attendance]:
    """Set the people of a group apart who are away at other times than the rest."""
    calendar = twin.calendars.get(group.calendar or ALWAYS)
    alone = group.sickness is not None or group.attrition is not None
    sizes = [1] * group.count if alone else _cuts(group, calendar)
    first = 0
    for size in sizes:
        coming = _coming(whole, calendar, (first, group.count), frame)
        contract = _on_leave(coming, group, first, frame)
        hours = _met(contract, group.meetings or (), frame)
        yield Attendance(size, group, contract, hours, luck[1], first, luck)
        first += size


def _coming(whole: Timeline, calendar: Calendar | None, person: tuple[int, int], frame: Frame) -> Timeline:
    """Take the occasional shifts out to which a person, at a place of so many, does not come."""
    if calendar is None or not calendar.occasional:
        return whole
    found = occasional_shifts(calendar, zone=frame.zone, start=frame.start, since=whole.since, until=whole.until)
    return without_others(whole, calendar, found, *person)


def _cuts(group: People, calendar: Calendar | None) -> list[int]:
    """Cut a group where leave begins to concern its people, counted from the last, or they come to no more shifts."""
    bounds = {0, group.count, *cuts(calendar, group.count)}
    bounds |= {max(group.count - (absence.people or group.count), 0) for absence in group.absences}
    return np.diff(sorted(bounds)).tolist() or [0]


def _on_leave(whole: Timeline, group: People, first: int, frame: Frame) -> Timeline:
    mine = [each for each in group.absences if first >= group.count - (each.people or group.count)]
    if not mine:
        return whole
    opens, closes = zip(*(_stretch(absence, frame) for absence in mine), strict=True)
    return without(whole, np.array(opens), np.array(closes))


def _stretch(absence: Absence, frame: Frame) -> tuple[int, int]:
    return frame.tick(absence.since), frame.tick(absence.until + absence.lasts_through())


def _met(contract: Timeline, meetings: tuple[Meeting, ...], frame: Frame) -> Timeline:
    """Take meetings out of working time."""
    if not meetings:
        return contract
    begins = [released(meeting.schedule(), frame, contract.until) for meeting in meetings]
    ends = [each + meeting.lasting for each, meeting in zip(begins, meetings, strict=True)]
    return without(contract, np.concatenate(begins), np.concatenate(ends))


def _dealt_to(team: str, shared: Shared, frame: Frame, lay_out: LayOut) -> Timeline:
    """Give the working time of the days that people give to a team."""
    whole, shares = lay_out(shared.calendar), shared.shares()
    mine = dealt(whole, tuple(shares.values()), frame, halves=shared.switch == "half_day")
    return mine[list(shares).index(team)]


def dealt(whole: Timeline, shares: tuple[float, ...], frame: Frame, *, halves: bool) -> tuple[Timeline, ...]:
    """Deal working days, or half days, out by shares, beginning with the day of tick 0.

    Parameters
    ----------
    whole
        Working time.
    shares
        Share of each taker; they sum to at most 1.
    frame
        Where tick 0 lies, and in which zone a day begins and ends.
    halves
        Deal half days: a day's working time is cut in the middle.

    Returns
    -------
    tuple of Timeline
        One for each share.
    """
    opens, closes, unit = _units(whole, _midnights(whole, frame), halves=halves)
    kept = closes > 0
    opens, closes = opens[kept], closes[kept]
    _, turn = np.unique(unit[kept], return_inverse=True)
    taker = np.array(_takers(int(turn.max(initial=-1)) + 1, shares), np.int64)[turn]
    return tuple(
        timeline_of(opens[taker == number], closes[taker == number], since=whole.since, until=whole.until)
        for number in range(len(shares))
    )


@cache
def _takers(units: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """Give the taker of each unit; the number of takers stands for none of them."""
    owed = np.array([*shares, max(0.0, 1.0 - sum(shares))])
    had, found = np.zeros(owed.size), []
    for unit in range(1, units + 1):
        taker = int(np.argmax(np.round(owed * unit - had, 9)))
        had[taker] += 1
        found.append(taker)
    return tuple(found)


def _units(whole: Timeline, midnights: Ticks, *, halves: bool) -> tuple[Ticks, Ticks, Ticks]:
    """Cut working time into days or half days; gives the number of the unit of each piece, rising."""
    opens, closes = _cut(whole.opens, whole.closes, midnights)
    day = midnights.searchsorted(opens, "right")
    if not halves or not opens.size:
        return opens, closes, day
    first = np.flatnonzero(np.diff(day, prepend=-1))
    before = _before(opens, closes)
    noon = before[first] + np.add.reduceat(closes - opens, first) // 2
    at = before.searchsorted(noon, "right") - 1
    opens, closes = _cut(opens, closes, opens[at] + noon - before[at])
    day_of = midnights.searchsorted(opens, "right")
    afternoon = _before(opens, closes) >= noon[np.searchsorted(day[first], day_of)]
    return opens, closes, 2 * day_of + afternoon


def _before(opens: Ticks, closes: Ticks) -> Ticks:
    """Count the working ticks before each interval."""
    lengths = closes - opens
    total: Ticks = np.cumsum(lengths) - lengths
    return total


def _cut(opens: Ticks, closes: Ticks, at: Ticks) -> tuple[Ticks, Ticks]:
    """Cut intervals in order at further instants."""
    if not opens.size:
        return opens, closes
    place = np.maximum(opens.searchsorted(at, "right") - 1, 0)
    cuts = np.unique(at[(at > opens[place]) & (at < closes[place])])
    return np.sort(np.concatenate([opens, cuts])), np.sort(np.concatenate([closes, cuts]))


def _midnights(whole: Timeline, frame: Frame) -> Ticks:
    """Give the local midnights around a timeline."""
    origin = (frame.start - EPOCH) // timedelta(milliseconds=MILLISECOND)
    days = np.arange((origin + whole.since) // DAY - 1, (origin + whole.until) // DAY + 2, dtype=np.int64)
    return to_utc(days * DAY, time_zone(frame.zone)) - origin

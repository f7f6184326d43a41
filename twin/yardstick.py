"""What an event log cannot tell of itself: the window to look at, people's hours, their cost, and promises.

For a team with n people at work at an instant t, counted by their calendars, of N in all:

    hours inside a window = integral of n(t) dt            clock(t) = integral of n / N from the beginning to t

Units: ticks (milliseconds) since the log's start; money in its currency. Source: bookkeeping, elementary.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.calendars import Timeline, timeline
from twin.errors import InputError
from twin.joining import with_joining
from twin.machines import machines_of, with_machines
from twin.occasional import Expected, Shifts, edges_of, expected, expected_at, laid_out, occasional_shifts
from twin.people import ALWAYS
from twin.releases import Frame
from twin.rota import Attendance, attendances, share_there
from twin.spec import Twin
from twin.units import HOUR, MILLISECOND
from twin.value import Terms, terms
from twin.work import Sla

Ticks = NDArray[np.int64]
Values = NDArray[np.float64]
Window = tuple[int, int]
"""Ticks [since, until); with a warm-up, since is its end."""


EARLY: Final = ("turned_away", "cancelled", "wasted_effort")
"""Metrics of items that leave before they are done."""


class Clock(NamedTuple):
    """Working time of an average person of a team for a visit: exact where all keep the same calendar.

    Of people who work on several visits at once each has its part, as if they always had as many as they may.
    """

    at: Ticks  # (edges,) ascending
    worked: Values  # (edges,) working ticks before each edge; linear in between


class Yardstick(NamedTuple):
    """What the log alone does not tell; leave out what is unknown, and the metrics that need it are left out.

    Attributes
    ----------
    window
        Ticks [since, until) to look at.
    hours
        Working ticks of a team's people inside the window, by team.
    clocks
        Working time of each team, at least from tick 0 to the window's end: says how much of a visit is work where the
        log does not (no `suspended`, or the visit reaches over the window's edge). Without it, work is taken to spread
        evenly over the visit.
    paid
        Amount and currency paid for the hours inside the window, by team.
    promises
        SLA by work type.
    early
        Which of `EARLY` can happen.
    contract
        Ticks for which a team's people are paid inside the window, by team.
    machines
        Teams that are machines, which have no hours to pay.
    terms
        What delay, machines and clocks come to; None where the twin says nothing of it.
    """

    window: Window
    hours: Mapping[str, int] = MappingProxyType({})
    clocks: Mapping[str, Clock] = MappingProxyType({})
    paid: Mapping[str, tuple[float, str]] = MappingProxyType({})
    promises: Mapping[str, Sla] = MappingProxyType({})
    early: frozenset[str] = frozenset()
    contract: Mapping[str, int] = MappingProxyType({})
    machines: frozenset[str] = frozenset()
    terms: Terms | None = None


class _Crew(NamedTuple):
    """People with one working time."""

    people: int
    there: float  # share of time that they are neither ill nor gone
    hours: Expected  # without meetings
    contract: Expected
    cost: tuple[float, str] | None  # of an hour


class _Span(NamedTuple):
    """A stretch of time in which one twin is in force, and its people."""

    since: int
    until: int
    twin: Twin
    crews: Mapping[str, tuple["_Crew", ...]]  # by team


def yardstick(
    twin: Twin, *, window: Window, start: datetime | None = None, changes: tuple[tuple[datetime, Twin], ...] = ()
) -> Yardstick:
    """Take from a twin what its log does not tell.

    Parameters
    ----------
    twin
        The twin in force at the start.
    window
        Ticks [since, until) to look at.
    start
        UTC instant of tick 0; the twin's own, if left out.
    changes
        Twins that take over later, each from its instant (UTC). Promises are those in force at the window's end; a team
        whose cost is unknown or changes currency inside the window has none.

    Raises
    ------
    InputError
        Where the window ends before it begins.
    """
    since, until = forward(window)
    begin = (start or twin.start).astimezone(UTC)
    spans = _spans(twin, changes, begin, (min(since, 0), until))
    hours, clocks, paid, contract = {}, {}, {}, {}
    for team in dict.fromkeys(name for span in spans for name in span.crews):
        hours[team] = sum(_hours(span, team, since) for span in spans)
        clocks[team] = _clock(spans, team)
        bills = [bill for span in spans for bill in _bills(span, team, np.array([max(since, span.since), span.until]))]
        contract[team] = sum(int(ticks.sum()) for ticks, _ in bills)
        if currency := _currency(bills):
            paid[team] = sum(int(ticks.sum()) / HOUR * cost[0] for ticks, cost in bills if cost), currency
    promises = {name: work.sla for name, work in spans[-1].twin.work.items() if work.sla}
    early = frozenset(metric for span in spans for metric in _early(span.twin))
    machines = frozenset(team for team in hours if any(team in machines_of(span.twin) for span in spans))
    known = Yardstick((since, until), hours, clocks, paid, promises, early, contract, machines)
    return known._replace(terms=_terms(known, spans, begin))


def _terms(known: Yardstick, spans: tuple[_Span, ...], begin: datetime) -> Terms | None:
    """Lay out what is said of delay, machines and clocks, and what people cost in each segment of time."""
    last = spans[-1].twin if spans else None
    oldest = -max((each.age for span in spans for each in span.twin.inside), default=0)

    def lay_out(name: str) -> Timeline:
        calendar = None if last is None else last.calendars[name]
        zone = "UTC" if last is None else last.clock.zone
        return timeline(calendar, zone=zone, start=begin, until=known.window[1], since=min(oldest, known.window[0], 0))

    found = terms([(span.since, span.until, span.twin) for span in spans], known.window, lay_out)
    currencies = {currency for _, currency in known.paid.values()}
    unpaid = [team for team, ticks in known.hours.items() if ticks and team not in {*known.paid, *known.machines}]
    if found is None or not found.delays or unpaid or len(currencies) > 1:
        return found
    return found._replace(staff=_staff(spans, found.edges))


def _staff(spans: tuple[_Span, ...], edges: Ticks) -> Values:
    """Give what everybody's hours cost between each two edges."""
    total = np.zeros(max(edges.size - 1, 0))
    for span in spans:
        for team in span.crews:
            for ticks, cost in _bills(span, team, edges.clip(span.since, span.until)):
                total += ticks / HOUR * (cost[0] if cost else 0.0)
    return total


def _early(twin: Twin) -> Iterator[str]:
    """Tell how items may leave a twin before they are done, by the metrics that count them."""
    limits = [twin.intake, *(work.intake for work in twin.work.values())]
    if any(limit is not None and limit.beyond == "turned_away" for limit in limits):
        yield "turned_away"
    if any(work.cancel for work in twin.work.values()):
        yield from ("cancelled", "wasted_effort")


def _spans(
    twin: Twin, changes: tuple[tuple[datetime, Twin], ...], begin: datetime, stretch: Window
) -> tuple[_Span, ...]:
    """Cut a stretch of time where a twin takes over."""
    first, until = stretch
    later = [
        ((at.astimezone(UTC) - begin) // timedelta(milliseconds=MILLISECOND), with_machines(each))
        for at, each in changes
    ]
    coming = sorted(((at, each) for at, each in later if at < until), key=lambda cut: cut[0])
    cuts = [
        cut
        for cut in with_joining([(first, with_machines(twin)), *coming], begin, twin.clock.zone)
        if cut[0] < max(until, first + 1)
    ]
    ends = [*(at for at, _ in cuts[1:]), until]
    return tuple(
        _Span(since, end, each, _crews(each, (since, end), begin, twin.clock.zone))
        for (since, each), end in zip(cuts, ends, strict=True)
        if since < end or end == until
    )


def _crews(twin: Twin, stretch: Window, begin: datetime, zone: str) -> Mapping[str, tuple[_Crew, ...]]:
    since, until = stretch

    @cache
    def lay_out(name: str) -> Timeline:
        calendar = None if name == ALWAYS else twin.calendars[name]
        return laid_out(calendar, zone=zone, start=begin, until=until, since=since)

    @cache
    def shifts(name: str) -> Shifts | None:
        calendar = twin.calendars.get(name)
        if calendar is None or not calendar.occasional:
            return None
        return occasional_shifts(calendar, zone=zone, start=begin, until=until, since=since)

    def crew(each: Attendance, cost: tuple[float, str] | None) -> _Crew:
        found = shifts(each.alike.calendar or ALWAYS)
        hours, contract = (expected(part, found) for part in (each.hours, each.contract))
        return _Crew(each.people, share_there(each.alike), hours, contract, each.alike.cost or cost)

    frame = Frame(begin, twin.start, zone)
    return {
        team: tuple(crew(each, twin.teams[team].cost) for each in attendances(twin, team, frame, lay_out))
        for team in twin.teams
    }


def _hours(span: _Span, team: str, since: int) -> int:
    """Count the ticks in which a team's people work in a span, from `since` on."""
    begin = min(max(span.since, since), span.until)
    worked = 0
    for crew in span.crews.get(team, ()):
        ticks = crew.people * int(np.diff(expected_at(crew.hours, np.array([begin, span.until])))[0])
        worked += ticks if crew.there == 1 else round(ticks * crew.there)
    return worked


def _bills(span: _Span, team: str, edges: Ticks) -> Iterator[tuple[Ticks, tuple[float, str] | None]]:
    """Give, crew by crew, the ticks between edges for which its people are paid, and the cost of an hour."""
    for crew in span.crews.get(team, ()):
        yield crew.people * np.diff(expected_at(crew.contract, edges.clip(span.since, span.until))), crew.cost


def _currency(bills: list[tuple[Ticks, tuple[float, str] | None]]) -> str | None:
    """Give the currency in which all are paid who are there; None where it is not known, or there are several."""
    currencies = {cost[1] if cost else None for ticks, cost in bills if ticks.any()}
    return currencies.pop() if len(currencies) == 1 else None


def _at_once(twin: Twin, team: str) -> int:
    """Give between how many visits a person of a team divides their time; 1 where there is no most."""
    several = twin.teams[team].at_once if team in twin.teams else 1
    return several if isinstance(several, int) else 1


def _clock(spans: tuple[_Span, ...], team: str) -> Clock:
    """Average the working time that a visit has of a team's people, span after span."""
    at, worked, before = [], [], 0.0
    for span in spans:
        crews = span.crews.get(team, ())
        bounds = np.array([span.since, span.until])
        edges = np.unique(np.concatenate([bounds, *(edges for crew in crews for edges in edges_of(crew.hours))]))
        people = sum(crew.people for crew in crews)
        total = sum((crew.people * expected_at(crew.hours, edges) for crew in crews), np.zeros_like(edges))
        at.append(edges)
        worked.append(before + total / max(people, 1) / _at_once(span.twin, team))
        before = worked[-1][-1]
    return Clock(np.concatenate(at), np.concatenate(worked))


def forward(window: Window) -> Window:
    """Give the window back.

    Raises
    ------
    InputError
        Where it ends before it begins.
    """
    if window[0] > window[1]:
        raise InputError(f"the window ends (tick {window[1]}) before it begins (tick {window[0]})")
    return window

"""People who come and go at dates of their own: each date is a dated change of their number.

So an engine needs nothing special: at the date a later twin takes over, in which the group has its people or has none;
who is at work then finishes first. Units: ticks since the start.
"""

from datetime import UTC, datetime, timedelta

from twin.instants import utc
from twin.people import People
from twin.spec import Twin
from twin.units import MILLISECOND

Spans = list[tuple[int, Twin]]
"""Twins in force, each from its tick on, in order."""


def with_joining(spans: Spans, begin: datetime, zone: str) -> Spans:
    """Cut spans where people join or leave, and give each twin the people who are there.

    Parameters
    ----------
    spans
        Twins in force.
    begin
        The instant of tick 0.
    zone
        IANA zone of dates without an offset.
    """
    found: Spans = []
    for number, (since, twin) in enumerate(spans):
        dates = {tick_of(at, begin, zone) for group in _groups(twin) for at in (group.joins, group.leaves) if at}
        within = {at for at in dates if since < at and (number + 1 == len(spans) or at < spans[number + 1][0])}
        found += [(at, _present(twin, at, begin, zone)) for at in sorted({since, *within})]
    return found


def tick_of(at: datetime, begin: datetime, zone: str) -> int:
    """Give an instant in ticks since the beginning."""
    return (utc(at, zone) - begin.astimezone(UTC)) // timedelta(milliseconds=MILLISECOND)


def _present(twin: Twin, at: int, begin: datetime, zone: str) -> Twin:
    """Give a twin with the people who are there at a tick, until someone joins or leaves."""

    def there(group: People) -> int:
        come = group.joins is None or tick_of(group.joins, begin, zone) <= at
        gone = group.leaves is not None and tick_of(group.leaves, begin, zone) <= at
        return group.count if come and not gone else 0

    shared = tuple(
        each if each.floats or there(each.alike()) else each.model_copy(update={"people": 0}) for each in twin.shared
    )
    teams = {
        name: team.with_people(tuple(there(group) for group in team.people))
        for name, team in twin.teams.items()
        if isinstance(team.people, tuple) and any(group.joins or group.leaves for group in team.people)
    }
    return twin.model_copy(update={"teams": twin.teams | teams, "shared": shared})


def _groups(twin: Twin) -> list[People]:
    """List everybody who may join or leave."""
    teams = (team.people for team in twin.teams.values() if isinstance(team.people, tuple))
    return [*(group for groups in teams for group in groups), *(each.alike() for each in twin.shared)]

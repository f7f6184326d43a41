"""Valid but surprising ways to say what things cost, and promises whose clock does not run as one expects.

Units: ticks (milliseconds); loads and shares play no part.
"""

from collections.abc import Iterator

from twin.automated import automated
from twin.calendars import hours_per_week
from twin.classes import delay_cost
from twin.machines import machines_of
from twin.people import ALWAYS
from twin.spec import Twin
from twin.units import DAY, HOUR
from twin.work import Sla, Work, delay_cost_of, efforts_of

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""


def remarks_on_value(twin: Twin) -> Iterator[Remark]:
    """List what is surprising about costs and promises."""
    yield from _some_unpaid(twin)
    yield from _free_machines(twin)
    yield from _several_currencies(twin)
    for name, work in twin.work.items():
        yield from _late(twin, name, work)
        if work.sla is not None and not work.sla.is_plain:
            yield from _clock(twin, f"work.{name}.sla", work, work.sla)


def _people(twin: Twin) -> dict[str, frozenset[str | None]]:
    """Give the currencies in which the people of each team cost something, machines left out."""
    machines = machines_of(twin)
    return {name: team.currencies() for name, team in twin.teams.items() if name not in machines}


def _some_unpaid(twin: Twin) -> Iterator[Remark]:
    paid = _people(twin)
    unknown = [name for name, currencies in paid.items() if None in currencies]
    priced = any(delay_cost_of(work, twin.classes) for work in twin.work.values())
    if priced and unknown and len(unknown) < len(paid):
        yield (
            "teams",
            f"no cost is known of {_listed(unknown)}, so there is no total cost to weigh delay against people",
        )


def _free_machines(twin: Twin) -> Iterator[Remark]:
    paid = any(currencies - {None} for currencies in _people(twin).values())
    for name, work in twin.work.items():
        for each in automated(work):
            if paid and each.machine.cost is None:
                told = "people cost something here, but the machine's visits do not: it looks as if it were free"
                yield f"work.{name}.{each.path}", told


def _several_currencies(twin: Twin) -> Iterator[Remark]:
    people = {each for currencies in _people(twin).values() for each in currencies if each}
    delays = {cost.currency for work in twin.work.values() if (cost := delay_cost_of(work, twin.classes))}
    if people and delays and people != delays:
        told = f"people cost {_listed(sorted(people))} and delay {_listed(sorted(delays))}; these are not added"
        yield "teams", told


def _late(twin: Twin, name: str, work: Work) -> Iterator[Remark]:
    cost = delay_cost_of(work, twin.classes)
    if cost is not None and cost.is_after_due and work.due is None:
        own = delay_cost(work.cost_of_delay) is not None
        path = f"work.{name}.cost_of_delay" if own else f"work.{name}"
        yield path, "its delay costs something from the due date on, but it has none: it never costs anything"


def _clock(twin: Twin, path: str, work: Work, sla: Sla) -> Iterator[Remark]:
    stages = efforts_of(work)
    if set(stages) <= set(sla.paused_at):
        yield f"{path}.paused_at", "the clock stands still at every stage, so it hardly runs and the promise is kept"
    if sla.clock != ALWAYS and sla.lead_time >= DAY and sla.lead_time % DAY == 0:
        week = hours_per_week(twin.calendars[sla.clock])
        long = f"{sla.lead_time / HOUR:g} h of {sla.clock!r}, which has {week:g} h a week"
        if week:
            weeks = sla.lead_time / HOUR / week
            yield f"{path}.lead_time", f"{long}, are {weeks:.2g} weeks; write hours if days of work were meant"


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"

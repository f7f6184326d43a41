"""Valid but surprising ways to say who goes first: rules without what they go by, and classes that change nothing."""

from collections.abc import Iterator
from itertools import pairwise

from twin.choosing import COMMON_RANK, RANKLESS
from twin.classes import Ageing
from twin.offered import A_YEAR
from twin.spec import Twin
from twin.units import format_clock
from twin.work import delay_cost_of, efforts_of

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""


def remarks_on_choice(twin: Twin) -> Iterator[Remark]:
    """List what is surprising about who goes first."""
    yield from _without_dates(twin)
    yield from _without_costs(twin)
    yield from _useless_classes(twin)
    yield from _useless_ageing(twin)


def rules_at(twin: Twin, work: str) -> dict[str, str]:
    """Give the rule by which a work type stands in line at each stage it may come to."""
    found: dict[str, str] = {}
    own = twin.classes[service].queue if (service := twin.work[work].service) else None
    for stage in efforts_of(twin.work[work]):
        for team in twin.stages[stage].served_by()[:1]:
            queue = twin.teams[team].queue
            rule = "ageing" if isinstance(queue, Ageing) else queue
            found[stage] = rule if rule in RANKLESS else own or rule
    return found


def _without_dates(twin: Twin) -> Iterator[Remark]:
    used = False
    for name, work in twin.work.items():
        stages = [stage for stage, rule in rules_at(twin, name).items() if rule == "due_date"]
        used = used or bool(stages)
        if stages and work.due is None:
            yield f"work.{name}", f"has no due date, so at {_listed(stages)} it comes after all that has one"
    for name, work in twin.work.items():
        if work.due is not None and not used:
            yield f"work.{name}.due", "no team and no class goes by due dates: it changes nothing"


def _without_costs(twin: Twin) -> Iterator[Remark]:
    costs = {name: delay_cost_of(work, twin.classes) for name, work in twin.work.items()}
    for name, cost in costs.items():
        stages = [stage for stage, rule in rules_at(twin, name).items() if rule == "cost_of_delay"]
        if stages and cost is None:
            yield f"work.{name}", f"has no cost of delay, so at {_listed(stages)} it comes after all that has one"
    currencies = sorted({cost.currency for cost in costs.values() if cost is not None})
    if len(currencies) > 1:
        yield (
            "work",
            f"costs of delay are in {_listed(currencies)}; they are compared as numbers, without exchange rates",
        )


def _useless_classes(twin: Twin) -> Iterator[Remark]:
    for name, service in twin.classes.items():
        members = [work for work, each in twin.work.items() if each.service == name]
        path = f"classes.{name}"
        if not members:
            yield path, "no work has this class"
            continue
        ignoring = sorted({s for work in members for s, rule in rules_at(twin, work).items() if rule in RANKLESS})
        if ignoring:
            yield path, f"ranks count for nothing at {_listed(ignoring)}: the team's queue there ignores classes"
        others = [work for work in twin.work if work not in members]
        if service.preempts and all(_rank(twin, work) <= service.rank for work in others):
            yield f"{path}.preempts", "nothing ranks behind this class, so it interrupts nothing"
    if all(work.service and twin.classes[work.service].breaks_wip for work in twin.work.values()):
        yield "classes", "all work breaks WIP limits, so the limits hold nothing back"


def _useless_ageing(twin: Twin) -> Iterator[Remark]:
    """Find priorities that do not grow into each other: ranks come first, whatever the age."""
    for name, team in twin.teams.items():
        if not isinstance(team.queue, Ageing):
            continue
        alike: dict[int, set[int]] = {}
        for work in twin.work.values():
            if any(name in twin.stages[stage].served_by() for stage in efforts_of(work)):
                rank = COMMON_RANK if work.service is None else twin.classes[work.service].rank
                alike.setdefault(rank, set()).add(work.priority)
        gaps = [b - a for priorities in alike.values() for a, b in pairwise(sorted(priorities))]
        path = f"teams.{name}.queue.ageing"
        if not gaps:
            yield path, "changes nothing: among work of one class no two priorities differ, and classes never grow old"
        elif min(gaps) * team.queue.ageing > A_YEAR:
            told = f"less urgent work draws level only after {format_clock(min(gaps) * team.queue.ageing)}"
            yield path, f"{told}, longer than a year: in practice it never does"


def _rank(twin: Twin, name: str) -> int:
    work = twin.work[name]
    return work.priority if work.service is None else twin.classes[work.service].rank


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"

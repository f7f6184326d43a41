"""Where the machines of a work type stand: at steps of its line, or at stages of its route.

Both are found by `automated`, with what the visits need that people do there. `problems` finds machines that cannot be
meant: an error or a check goes to a stage that the same item comes to, in the same branch where there are branches.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from twin.automation import Automation, machine_of
from twin.branches import Step, placed
from twin.classes import ServiceClass
from twin.effort import AnyEffort, EffortByTeam
from twin.errors import Problem, one_of
from twin.units import format_amount
from twin.work import Route, Work, path_of

OUTSIDE = "outside of parallel branches"
A_CLASS = "a class of service of this twin"


class Automated(NamedTuple):
    """A machine and where it stands."""

    path: str  # names joined by dots, from the work type on: ``steps.build.automation``, ``route.automation.build``
    stage: str
    effort: AnyEffort  # by people
    machine: Automation


def automated(work: Work) -> Iterator[Automated]:
    """List the machines of a work type."""
    for each in placed(work.steps or ()):
        if each.step.automation is not None:
            yield Automated(f"steps.{each.path}.automation", each.step.stage, each.step.effort, each.step.automation)
    route = work.route
    for stage, machine in (route.automation if route else {}).items():
        if route is not None and stage in route.efforts:
            yield Automated(f"route.automation.{stage}", stage, route.efforts[stage], machine)


def problems(
    works: Mapping[str, Work], taken: Mapping[str, object], classes: Mapping[str, ServiceClass]
) -> Iterator[Problem]:
    """Find machines that cannot be so.

    Parameters
    ----------
    works
        All work types by name.
    taken
        Names of stages and teams, by which no machine may be called.
    classes
        Classes of service by name.
    """
    machines: dict[str, Automation] = {}
    for name, work in works.items():
        yield from _lost(f"work.{name}", work)
        for each in automated(work):
            path, called = f"work.{name}.{each.path}", machine_of(each.stage)
            if called in taken:
                yield Problem(f"{called!r} is what the machine of this stage is called; rename that one", path)
            yield from _unlike(path, machines.setdefault(called, each.machine), each.machine)
            eligible = each.machine.eligible
            chosen = (eligible.classes if eligible else None) or ()
            told = [one_of(each, classes, noun=A_CLASS) for each in chosen if each not in classes]
            yield from (Problem(text, f"{path}.eligible.classes") for text in told)


def _unlike(path: str, first: Automation, machine: Automation) -> Iterator[Problem]:
    """Find two machines at one stage that differ in size or price."""
    if first.at_once != machine.at_once:
        yield Problem(f"the stage has one machine, which works on {first.at_once} elsewhere", f"{path}.at_once")
    if first.cost != machine.cost:
        cost = format_amount(first.cost) if first.cost else "nothing"
        yield Problem(f"the stage has one machine, which costs {cost} a visit elsewhere", f"{path}.cost")


def _lost(path: str, work: Work) -> Iterator[Problem]:
    """Find machines whose stage, check or errors have no place."""
    for each in placed(work.steps or ()):
        known = [step.stage for step in each.line if isinstance(step, Step)]
        for field, stage in _leads_to(each.step.automation):
            if stage not in known:
                told = one_of(stage, known, noun="a stage of these steps")
                yield Problem(told, f"{path}.steps.{each.path}.automation.{field}")
    if work.route is not None:
        for stage, machine in work.route.automation.items():
            yield from _lost_on(f"{path}.route.automation.{stage}", work.route, stage, machine)


def _leads_to(machine: Automation | None) -> list[tuple[str, str]]:
    """List to which stages a machine sends items, by what says so."""
    told = [(field, getattr(machine, field, None)) for field in ("errors_to", "checked_at")]
    return [(field, stage) for field, stage in told if stage is not None]


def _lost_on(path: str, route: Route, stage: str, machine: Automation) -> Iterator[Problem]:
    """Find what a machine at a stage of a route cannot have."""
    if stage in route.states:
        told = f"{stage!r} is a state of {route.states[stage]!r}; write that stage, where one machine does the visits"
        yield Problem(told, path)
    elif stage not in route.efforts:
        yield Problem(one_of(stage, route.efforts, noun="a stage with an effort in this route"), path)
    elif machine.eligible and machine.eligible.up_to is not None and isinstance(route.efforts[stage], EffortByTeam):
        told = "up_to needs one effort for all teams, and here it depends on the team"
        yield Problem(told, f"{path}.eligible.up_to")
    for field, target in _leads_to(machine):
        if target not in route.efforts:
            told = one_of(target, route.efforts, noun="a stage with an effort in this route")
            yield Problem(told, f"{path}.{field}")
            continue
        for where, known in _places(route, stage):
            if target not in known:
                told = f"{stage!r} stands {where}, where no item comes to {target!r}; branches are joined, not left"
                yield Problem(f"{told}: write {_listed(known)}", f"{path}.{field}")


def _places(route: Route, stage: str) -> Iterator[tuple[str, list[str]]]:
    """Tell where a stage stands, with the stages of the same place."""
    general = {path_of(key)[-1] for key in route.next if len(path_of(key)) == 1}
    outside = [each for each in route.efforts if each in general]
    if stage in outside:
        yield OUTSIDE, outside
    for name, lines in route.parallel.items():
        for line in lines:
            if stage in line:
                yield f"in a branch of {name!r}", list(line)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"

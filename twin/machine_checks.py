"""Valid but surprising machines: those that are never wrong, whose errors nobody has to find, or that save nothing.

With e the effort of a step by people, c that of the step that checks, k the share checked and r the share of errors, a
visit that the machine does saves people

    e - k (1 - n) c - r e'        with e' the effort at the step that takes the error up,

and n the chance that the step that checks comes next: there a check costs nothing on top. In a line of steps n is 0 or
1; on a route it is that of the shares after the stage, without what they remember of the path before.

Units: ticks of working time a visit.
"""

from collections.abc import Iterator
from typing import NamedTuple

from twin.automated import Automated, automated
from twin.automation import Automation, share_for
from twin.branches import Placed, Step, placed
from twin.distributions import mean
from twin.effort import AnyEffort, EffortByTeam
from twin.partial_means import up_to
from twin.spec import Twin
from twin.units import format_clock, format_duration
from twin.work import Route, Work, path_of

ALL = 1 - 1e-9
"""Share of visits from which on a limit lets all of them through."""
LITTLE = 0.8
"""Share of work over share of visits below which a machine saves less than its visits make one think."""

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""


class _Around(NamedTuple):
    """What lies around a machine; efforts in ticks."""

    check: float = 0.0  # mean effort of a check
    comes_next: float = 0.0  # chance that the stage that checks comes next
    sent_back: float = 0.0  # share of visits there that go back, which is not said of what the machine did
    again: float | None = None  # mean effort where an error is put right, elsewhere than at the stage itself


def remarks_on_machines(twin: Twin) -> Iterator[Remark]:
    """List what is surprising about machines."""
    for name, work in twin.work.items():
        around = _around_steps(work) if work.route is None else _around_stages(work.route)
        for each in automated(work):
            if each.machine.share:
                told = [*_chosen(each, work.service), *_said(each, around[each.path])]
                yield from ((f"work.{name}.{each.path}", each_told) for each_told in told)


def _chosen(each: Automated, service: str | None) -> Iterator[str]:
    """Say what a choice of visits leaves to people."""
    machine = each.machine
    if machine.eligible is None:
        return
    if not share_for(machine, service):
        whose = f"of class {service!r}" if service else "without a class"
        yield f"the machine does nothing here: this work is {whose}, for which it is not eligible"
    elif machine.eligible.up_to is not None and not isinstance(each.effort, EffortByTeam):
        limit, whole = format_duration(machine.eligible.up_to), mean(each.effort)
        below = up_to(each.effort, machine.eligible.up_to)
        if not below.share:
            yield f"the machine does nothing here: no visit here is so short as {limit}"
        elif below.share > ALL:
            yield f"up_to changes nothing: no visit here is longer than {limit}"
        elif whole and below.mean / whole < LITTLE * below.share:
            told = f"up to {limit} are {below.share * 100:.3g} % of the visits, but {below.mean / whole * 100:.3g} %"
            yield f"{told} of the work: people are left with the long ones"


def _said(each: Automated, around: _Around) -> Iterator[str]:
    machine = each.machine
    if not machine.errors:
        yield "the machine is never wrong; whether it helps may hang on errors, so try a range of them"
    elif machine.checked_at is None or not machine.checked:
        yield "nobody checks, yet every error is found at once and for nothing; write checked_at if people find them"
    own = _own_effort(each)
    again = own if around.again is None else around.again
    costs = machine.checked * (1 - around.comes_next) * around.check + machine.errors * again
    if costs >= own:
        takes = f"checks and errors take people {format_clock(costs)} a visit and doing it {format_clock(own)}"
        yield f"{takes}: the machine saves them nothing"
    if around.sent_back:
        told = f"{around.sent_back * 100:.3g} % does not apply to what the machine did"
        checked = f"is checked at {machine.checked_at!r} instead of going through it"
        yield f"{checked}: its rework of {told}, but errors of {machine.errors * 100:.3g} %"


def _own_effort(each: Automated) -> float:
    """Give the mean effort by people of the visits that the machine may take."""
    longest = each.machine.eligible.up_to if each.machine.eligible else None
    if longest is None or isinstance(each.effort, EffortByTeam):
        return mean_effort(each.effort)
    below = up_to(each.effort, longest)
    return below.mean / below.share if below.share else 0.0


def mean_effort(effort: AnyEffort) -> float:
    """Give the mean of an effort in ticks, of the quickest team where it depends on the team."""
    if isinstance(effort, EffortByTeam):
        return min(mean(each) for each in effort.teams.values())
    return mean(effort)


def _around_steps(work: Work) -> dict[str, _Around]:
    return {
        f"steps.{each.path}.automation": _around_step(each, each.step.automation)
        for each in placed(work.steps or ())
        if each.step.automation is not None
    }


def _around_step(each: Placed, machine: Automation) -> _Around:
    steps = {step.stage: step for step in reversed(each.line) if isinstance(step, Step)}
    check = steps.get(machine.checked_at) if machine.checked_at else None
    again = steps.get(machine.errors_to) if machine.errors_to not in {None, each.step.stage} else None
    found = _Around(again=mean_effort(again.effort) if again else None)
    if check is None:
        return found
    comes_next = each.line[each.place + 1 : each.place + 2] == (check,)
    sent_back = check.rework.chance if comes_next and check.rework else 0.0
    return found._replace(check=mean_effort(check.effort), comes_next=float(comes_next), sent_back=sent_back)


def _around_stages(route: Route) -> dict[str, _Around]:
    return {
        f"route.automation.{stage}": _around_stage(route, stage, machine) for stage, machine in route.automation.items()
    }


def _around_stage(route: Route, stage: str, machine: Automation) -> _Around:
    elsewhere = machine.errors_to if machine.errors_to != stage else None
    found = _Around(again=mean_effort(route.efforts[elsewhere]) if elsewhere else None)
    if machine.checked_at is None:
        return found
    comes_next = _chance_of(route, stage, machine.checked_at)
    sent_back = _chance_of(route, machine.checked_at, stage) if comes_next else 0.0
    check = mean_effort(route.efforts[machine.checked_at])
    return found._replace(check=check, comes_next=comes_next, sent_back=sent_back if sent_back < 1 else 0.0)


def _chance_of(route: Route, stage: str, target: str) -> float:
    """Give the chance that a stage comes straight after another, whatever the path before."""
    shares = next((shares for key, shares in route.next.items() if path_of(key) == (stage,)), {})
    along = [line for lines in route.parallel.values() for line in lines if stage in line]
    if not shares and along:
        return float(along[0][along[0].index(stage) + 1 :][:1] == (target,))
    return sum(share for name, share in shares.items() if route.states.get(name, name) == target)

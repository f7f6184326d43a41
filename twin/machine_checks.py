"""Valid but surprising machines: those that are never wrong, whose errors nobody has to find, or that save nothing.

With e the effort of a step by people, c that of the step that checks, k the share checked and r the share of errors, a
visit that the machine does saves people

    e - k c - r e'        with e' the effort at the step that takes the error up,

and the check costs nothing on top where it is the next step in line, which is then done.

Units: ticks of working time a visit.
"""

from collections.abc import Iterator

from twin.automation import Automation, share_for
from twin.branches import Placed, Step, placed
from twin.distributions import mean
from twin.effort import EffortByTeam
from twin.partial_means import up_to
from twin.spec import Twin
from twin.units import format_clock, format_duration

ALL = 1 - 1e-9
"""Share of visits from which on a limit lets all of them through."""
LITTLE = 0.8
"""Share of work over share of visits below which a machine saves less than its visits make one think."""

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""


def remarks_on_machines(twin: Twin) -> Iterator[Remark]:
    """List what is surprising about machines."""
    for name, work in twin.work.items():
        for each in placed(work.steps or ()):
            machine = each.step.automation
            if machine is not None and machine.share:
                path = f"work.{name}.steps.{each.path}.automation"
                told = [*_chosen(each, machine, work.service), *_said(each, machine)]
                yield from ((path, each_told) for each_told in told)


def _chosen(each: Placed, machine: Automation, service: str | None) -> Iterator[str]:
    """Say what a choice of visits leaves to people."""
    if machine.eligible is None:
        return
    if not share_for(machine, service):
        whose = f"of class {service!r}" if service else "without a class"
        yield f"the machine does nothing here: this work is {whose}, for which it is not eligible"
    elif machine.eligible.up_to is not None and not isinstance(each.step.effort, EffortByTeam):
        limit, whole = format_duration(machine.eligible.up_to), mean(each.step.effort)
        below = up_to(each.step.effort, machine.eligible.up_to)
        if not below.share:
            yield f"the machine does nothing here: no visit here is so short as {limit}"
        elif below.share > ALL:
            yield f"up_to changes nothing: no visit here is longer than {limit}"
        elif whole and below.mean / whole < LITTLE * below.share:
            told = f"up to {limit} are {below.share * 100:.3g} % of the visits, but {below.mean / whole * 100:.3g} %"
            yield f"{told} of the work: people are left with the long ones"


def _said(each: Placed, machine: Automation) -> Iterator[str]:
    if not machine.errors:
        yield "the machine is never wrong; whether it helps may hang on errors, so try a range of them"
    elif machine.checked_at is None or not machine.checked:
        yield "nobody checks, yet every error is found at once and for nothing; write checked_at if people find them"
    own, saved, check = _own_effort(each.step), _saved(each, machine), _step_at(each, machine.checked_at)
    if saved <= 0:
        takes = f"checks and errors take people {format_clock(own - saved)} a visit and doing it {format_clock(own)}"
        yield f"{takes}: the machine saves them nothing"
    if check is not None and _comes_next(each, check) and check.rework is not None and check.rework.chance:
        told = f"is checked at {check.stage!r} instead of that step: its rework of {check.rework.chance * 100:.3g} %"
        yield f"{told} does not apply to what the machine did, but errors of {machine.errors * 100:.3g} %"


def _comes_next(each: Placed, step: Step) -> bool:
    """Tell whether a step is the next in line, so that a check there is no work on top."""
    return each.line[each.place + 1 : each.place + 2] == (step,)


def _saved(each: Placed, machine: Automation) -> float:
    """Give the working time that a visit of the machine saves people, in ticks."""
    own = _own_effort(each.step)
    check = _step_at(each, machine.checked_at)
    again = None if machine.errors_to in {None, each.step.stage} else _step_at(each, machine.errors_to)
    extra = machine.checked if check is None or not _comes_next(each, check) else 0.0
    return (
        own - extra * (mean_effort(check) if check else 0.0) - machine.errors * (mean_effort(again) if again else own)
    )


def _own_effort(step: Step) -> float:
    """Give the mean effort by people of the visits that the machine may take."""
    longest = step.automation.eligible.up_to if step.automation and step.automation.eligible else None
    if longest is None or isinstance(step.effort, EffortByTeam):
        return mean_effort(step)
    below = up_to(step.effort, longest)
    return below.mean / below.share if below.share else 0.0


def _step_at(each: Placed, stage: str | None) -> Step | None:
    return next((step for step in each.line if isinstance(step, Step) and step.stage == stage), None)


def mean_effort(step: Step) -> float:
    """Give the mean effort of a step in ticks, of the quickest team where it depends on the team."""
    if isinstance(step.effort, EffortByTeam):
        return min(mean(effort) for effort in step.effort.teams.values())
    return mean(step.effort)

"""Valid but surprising work types: promises, due dates and patience that their own effort contradicts.

An item's own work is the sum over its steps of expected visits x mean effort, by people at full speed and always there:
no item is quicker on average. Where its way branches nothing is said, since branches overlap.
Units: ticks.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from twin.branches import Parallel, all_steps
from twin.cancellation import age_of, patience_at
from twin.distributions import mean
from twin.effort import EffortByTeam
from twin.graph import FORK, NOWHERE
from twin.offered import Flow
from twin.spec import Twin, delays_of
from twin.units import format_clock
from twin.work import START, PauseCause, Work, efforts_of

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""


def remarks_on_work(twin: Twin, moving: Iterable[Flow]) -> Iterator[Remark]:
    """List what is surprising about work types that move so."""
    for flow in moving:
        work, path = twin.work[flow.work], f"work.{flow.work}"
        yield from _too_soon(path, work, _own_work(flow))
        yield from _impatient(twin, path, work)
        yield from _always(path, work)
        yield from _never_pauses(twin, path, work)


def _own_work(flow: Flow) -> float:
    """Give the mean work that an item is by itself; 0 where that is not known."""
    if flow.trapped or any(node.kind == FORK for node in flow.nodes):
        return 0.0
    served = [index for index in flow.reached if flow.nodes[index].stage not in {START, NOWHERE}]
    total = sum(float(flow.whole[index]) * _least(flow.nodes[index].effort) for index in served)
    return total if np.isfinite(total) else 0.0


def _least(effort: object) -> float:
    """Give the mean of an effort, of the quickest team where it depends on the team."""
    if isinstance(effort, EffortByTeam):
        return min(mean(each) for each in effort.teams.values())
    return mean(effort)  # type: ignore[arg-type]  # a node's effort, of any kind


def _too_soon(path: str, work: Work, own: float) -> Iterator[Remark]:
    """Find dates by which hardly any item can be done."""
    takes = f"its own work takes {format_clock(own)} on average, without any waiting"
    if work.sla is not None and 0 < work.sla.lead_time < own:
        yield f"{path}.sla.lead_time", f"promised is {format_clock(work.sla.lead_time)}, but {takes}"
    if work.due is not None and 0 < work.due.after < own:
        yield f"{path}.due", f"due after {format_clock(work.due.after)}, but {takes}"
    age = age_of(work.cancel)
    if 0 < age < own:
        yield f"{path}.cancel", f"withdrawn at the age of {format_clock(age)}, but {takes}: little will be done"


def _impatient(twin: Twin, path: str, work: Work) -> Iterator[Remark]:
    """Find patience that ends before anybody who is at work becomes free."""
    for stage, efforts in efforts_of(work).items():
        patience = patience_at(work.cancel, stage)
        people = sum(group.count for team in twin.stages[stage].served_by() for group in twin.teams[team].groups())
        if patience is None or not people:
            continue
        waits, frees = mean(patience), min(_least(effort) for effort in efforts) / people
        if waits < frees:
            told = f"at {stage!r} patience lasts {format_clock(waits)}, and somebody becomes free every"
            yield f"{path}.cancel", f"{told} {format_clock(frees)}: nearly all who have to wait leave"


def _always(path: str, work: Work) -> Iterator[Remark]:
    """Find chances that are certain."""
    for index, way in enumerate(work.cancel):
        if way.chance == 1:
            yield f"{path}.cancel.{index}.chance", f"100 %: nothing is done that comes to {way.stage!r}"
    for step in all_steps(work.steps or ()):
        if step.rework is not None and step.rework.chance == 1 and step.rework.limit:
            told = f"100 %: everything goes back {step.rework.limit} times, however well it is done"
            yield f"{path}.steps.{step.stage}.rework.chance", told


def _never_pauses(twin: Twin, path: str, work: Work) -> Iterator[Remark]:
    """Find causes for which a clock pauses and which this work never meets."""
    for cause in work.sla.paused_while if work.sla else ():
        if not _may_wait_for(cause, twin, path, work):
            yield f"{path}.sla.paused_while", f"{NOTHING[cause]}, so the clock never pauses for it"


def _may_wait_for(cause: PauseCause, twin: Twin, path: str, work: Work) -> bool:
    stages = [twin.stages[stage] for stage in efforts_of(work)]
    match cause:
        case "external":
            return any(where.startswith(f"{path}.") for where, _ in delays_of(twin))
        case "handoff":
            teams = {team for stage in stages for team in stage.served_by()}
            return any({each.source, each.target} <= teams for each in twin.handoffs)
        case "blocked":
            return any(stage.blocked for stage in stages)
        case "batch":
            return any(stage.batch or stage.opens for stage in stages)
        case "dependency":
            return _waits_for_others(work)


def _waits_for_others(work: Work) -> bool:
    line = work.steps or ()
    children = any(step.children is not None and step.children.wait for step in all_steps(line))
    branches = any(isinstance(each, Parallel) for each in line)
    return children or branches or bool(work.after) or work.depends is not None


NOTHING: Final[dict[PauseCause, str]] = {
    "external": "it has no delay outside",
    "handoff": "it is not handed over with a delay",
    "blocked": "nothing blocks this work",
    "batch": "it meets no batch and no gate",
    "dependency": "it waits for no other work",
}

"""Valid but surprising limits, batches and gates: those that hold nothing, and those that nothing gets past.

Units: visits per week.
"""

from collections.abc import Iterable, Iterator

from twin.branches import placed
from twin.calendars import weekdays
from twin.distributions import mean
from twin.effort import EffortByTeam
from twin.limits import WipLimit
from twin.offered import Flow
from twin.openings import Opening
from twin.spec import Stage, Twin
from twin.units import DAY, WEEK, format_clock
from twin.work import Work, efforts_of

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""

MANY_BLOCKS = 5
SLOW = 4
"""Weeks to fill a batch from which on one is told."""
MONTHS_A_WEEK = 12 * WEEK / (365.25 * DAY)


def remarks_on_limits(twin: Twin, moving: Iterable[Flow]) -> Iterator[Remark]:
    """List what is surprising about limits, batches and gates, for work that moves so."""
    for index, limit in enumerate(twin.wip_limits):
        if not any(set(efforts_of(twin.work[name])) & stages_of(twin, limit) for name in works_of(twin, limit)):
            yield f"wip_limits.{index}", "no item that it counts ever comes to a stage that it is on"
    yield from _only_harmful(twin)
    for name, stage in twin.stages.items():
        yield from _batches(twin, name, stage)
        yield from _parked(twin, name, stage)
        yield from _cut_off(name, stage)
        yield from _often_blocked(twin, name, stage)
    for index, limit in enumerate(twin.wip_limits):
        yield from _parents(twin, index, limit)
        yield from _idle(twin, index, limit)
    coming = visits_a_week(moving)
    for name, stage in twin.stages.items():
        room = sum(openings_a_week(each) * (each.capacity or float("inf")) for each in stage.opens)
        yield from _slow_to_fill(name, stage, coming.get(name, 0.0))
        if stage.opens and coming.get(name, 0.0) > room:
            told = f"{coming[name]:.3g} visits a week come for {room:.3g} that go through"
            yield f"stages.{name}.opens", f"{told}: those that wait for it grow without end"


def sheds_work(work: Work) -> bool:
    """Tell whether items of a type may be turned away, or leave before they are done."""
    return bool(work.cancel) or (work.intake is not None and work.intake.beyond == "turned_away")


def stages_of(twin: Twin, limit: WipLimit) -> set[str]:
    """List the stages that a limit is on."""
    if limit.team is not None:
        return {name for name, stage in twin.stages.items() if limit.team in stage.served_by()}
    return set(limit.stages or twin.stages)


def works_of(twin: Twin, limit: WipLimit) -> list[str]:
    """List the work types whose items a limit counts."""
    if limit.service is not None:
        return [name for name, work in twin.work.items() if work.service == limit.service]
    return list(limit.work or twin.work)


def _batches(twin: Twin, name: str, stage: Stage) -> Iterator[Remark]:
    """Find batches that the limits on their stage never let come together."""
    batch = stage.batch
    if batch is None or batch.together or batch.at_most is not None:
        return
    limits = [(f"stages.{name}.wip_limit", stage.wip_limit)] if stage.wip_limit else []
    whole = [(index, each) for index, each in enumerate(twin.wip_limits) if each.work is None and each.service is None]
    limits += [(f"wip_limits.{index}", each.limit) for index, each in whole if name in stages_of(twin, each)]
    for path, most in limits:
        if most < batch.size:
            yield f"stages.{name}.batch", f"{path} lets {most} in, so {batch.size} never come together: nobody goes on"


def _only_harmful(twin: Twin) -> Iterator[Remark]:
    """Find limits in a twin in which nothing gets worse with more work at once."""
    paths = [f"stages.{name}.wip_limit" for name, stage in twin.stages.items() if stage.wip_limit is not None]
    paths += [f"wip_limits.{index}" for index, each in enumerate(twin.wip_limits) if each.service is None]
    paths += [f"teams.{name}.wip_limit_per_person" for name, team in twin.teams.items() if team.wip_limit_per_person]
    costs = any(team.loss or team.switching for team in twin.teams.values())
    if paths and not costs:
        told = (
            "more work at hand costs nothing here (at_once with a loss, or switching), so limits can only look harmful"
        )
        yield paths[0], f"{told}: say what it costs before you conclude that they are"


def _idle(twin: Twin, index: int, limit: WipLimit) -> Iterator[Remark]:
    """Find limits that leave people without work for good, since all they serve is limited."""
    stages = stages_of(twin, limit)
    bound = [
        team
        for name, team in twin.teams.items()
        if (serves := {stage for stage, each in twin.stages.items() if name in each.served_by()}) and serves <= stages
    ]
    people = sum(group.count for team in bound for group in team.groups() if group.available)
    if limit.limit < people and not limit.work and limit.service is None:
        told = f"a limit of {limit.limit} keeps {people - limit.limit} of {people} people idle for good"
        yield f"wip_limits.{index}", told


def _often_blocked(twin: Twin, name: str, stage: Stage) -> Iterator[Remark]:
    """Find obstacles that come many times within one visit."""
    efforts = [effort for work in twin.work.values() for effort in efforts_of(work).get(name, ())]
    longest = max((mean(each) for each in efforts if not isinstance(each, EffortByTeam)), default=0.0)
    if stage.blocked is not None and longest / stage.blocked.every > MANY_BLOCKS:
        told = f"a visit is blocked {longest / stage.blocked.every:.2g} times on average"
        yield f"stages.{name}.blocked.every", f"{told}; it is the work on one visit until it is blocked"


def _cut_off(name: str, stage: Stage) -> Iterator[Remark]:
    """Find gates that close for the next time before they have opened for this one."""
    for index, each in enumerate(stage.opens):
        apart = WEEK / openings_a_week(each)
        if each.cut_off >= apart:
            told = f"{format_clock(each.cut_off)}, but it opens every {format_clock(apart)}"
            yield f"stages.{name}.opens.{index}.cut_off", f"{told}: whatever comes misses the next time as well"


def _slow_to_fill(name: str, stage: Stage, coming: float) -> Iterator[Remark]:
    """Find batches for which the first visit waits for weeks."""
    batch = stage.batch
    if batch is not None and not batch.together and batch.at_most is None and 0 < coming * SLOW < batch.size:
        told = f"fills once in {batch.size / coming:.3g} weeks"
        yield f"stages.{name}.batch", f"{told}, and the first waits as long; write at_most if it should not"


def _parked(twin: Twin, name: str, stage: Stage) -> Iterator[Remark]:
    """Find work that is parked where nothing is limited, so that it gives nothing up."""
    people = any(team.wip_limit_per_person for team in twin.teams.values())
    stages = any(each.wip_limit for each in twin.stages.values())
    intake = twin.intake or any(work.intake for work in twin.work.values())
    classes = any(each.at_most for each in twin.classes.values())
    if (
        stage.blocked is not None
        and stage.blocked.parks
        and not (people or stages or intake or classes or twin.wip_limits)
    ):
        yield f"stages.{name}.blocked.parks", "changes nothing, since nothing is limited and no place is given up"


def _parents(twin: Twin, index: int, limit: WipLimit) -> Iterator[Remark]:
    """Find parents that keep a place while they wait for children which need one of the same limit."""
    works, stages = works_of(twin, limit), stages_of(twin, limit)
    for name in works:
        for each in placed(twin.work[name].steps or ()):
            children = each.step.children
            if children is None or not children.wait or each.step.stage not in stages or children.work not in works:
                continue
            if set(efforts_of(twin.work[children.work])) & stages:
                told = f"{name} keeps its place while it waits for {children.work}, which needs one as well"
                yield (
                    f"wip_limits.{index}",
                    f"{told}: once {limit.limit} wait nothing moves; let it count one of the two",
                )


def visits_a_week(moving: Iterable[Flow]) -> dict[str, float]:
    """Count the visits to each stage in a week, on average."""
    coming: dict[str, float] = {}
    for flow in moving:
        for node in () if flow.trapped else flow.reached:
            stage = flow.nodes[node].stage
            coming[stage] = coming.get(stage, 0.0) + flow.items * float(flow.visits[node])
    return coming


def openings_a_week(opening: Opening) -> float:
    """Count how often a gate opens in a week, on average."""
    if opening.day is not None:
        return MONTHS_A_WEEK
    if opening.on is not None:
        return len(weekdays(opening.on)) / ((opening.every or WEEK) / WEEK)
    return WEEK / (opening.every or WEEK)

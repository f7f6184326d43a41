"""Valid but surprising limits, batches and gates: those that hold nothing, and those that nothing gets past.

Units: visits per week.
"""

from collections.abc import Iterable, Iterator

from twin.branches import placed
from twin.calendars import weekdays
from twin.limits import WipLimit
from twin.offered import Flow
from twin.openings import Opening
from twin.spec import Stage, Twin
from twin.units import DAY, WEEK
from twin.work import Work, efforts_of

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""

MONTHS_A_WEEK = 12 * WEEK / (365.25 * DAY)


def remarks_on_limits(twin: Twin, moving: Iterable[Flow]) -> Iterator[Remark]:
    """List what is surprising about limits, batches and gates, for work that moves so."""
    for index, limit in enumerate(twin.wip_limits):
        if not any(set(efforts_of(twin.work[name])) & stages_of(twin, limit) for name in works_of(twin, limit)):
            yield f"wip_limits.{index}", "no item that it counts ever comes to a stage that it is on"
    for name, stage in twin.stages.items():
        yield from _batches(twin, name, stage)
        yield from _parked(twin, name, stage)
    for index, limit in enumerate(twin.wip_limits):
        yield from _parents(twin, index, limit)
    coming = visits_a_week(moving)
    for name, stage in twin.stages.items():
        room = sum(openings_a_week(each) * (each.capacity or float("inf")) for each in stage.opens)
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

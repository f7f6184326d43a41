"""Small twins whose work branches, is automated, brings forth other work, waits for it and goes round.

Types depend on each other in one direction only, from the first to the last, so that nothing goes in a circle.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import bounds
from hypothesis import strategies as st
from lengths import durations, hours
from strategies import (
    CALENDARS,
    CLASSES,
    PLAIN,
    PRIORITIES,
    STAGES,
    TEAMS,
    Case,
    all_teams,
    any_stage,
    arrivals,
    automated,
    classes,
    clocks,
    delays,
    done_again,
    efforts,
    handoffs,
    machines,
    own_queues,
    promised,
    queues,
    reconciled,
    routes,
    shared,
    sharing_teams,
    stages,
    urgency,
    with_staff,
)  # fmt: skip
from tiny import listed, twin

from twin.spec import Twin
from twin.units import DAY, HOUR

TYPES = ("epic", "story", "incident")
Written = dict[str, Any]
SIZES = st.integers(1, 2) | st.just({"1": 0.5, "2": 0.5})


@st.composite
def step(draw: st.DrawFn, stage: str, before: list[str], line: list[str]) -> Written:
    """A step that may have a delay, rework of a share of the effort, or a machine."""
    written: Written = {"stage": stage, "effort": draw(efforts())}
    if draw(st.booleans()):
        written["delay"] = draw(delays())
    if draw(st.booleans()):
        rework = {"chance": draw(st.sampled_from(["60 %", "100 %"])), "limit": draw(st.integers(1, 2))}
        written["rework"] = rework | {
            "back_to": draw(st.sampled_from(before)),
            "effort": draw(st.sampled_from([0.5, 1])),
        }
    if draw(st.booleans()):
        written["effort"] = draw(durations())  # one for all teams, since a machine may take what is short
        written["automation"] = draw(machines(stage, tuple(line), choosy=True))
    return written


@cache
@st.composite
def line(draw: st.DrawFn, depth: int = 0) -> list[Written]:
    """Steps and, not too deep, branches."""
    shape = draw(st.lists(st.sampled_from([*STAGES, ""] if depth < 2 else STAGES), min_size=1, max_size=3))
    stages = [stage for stage in shape if stage]
    written: list[Written] = []
    for index, stage in enumerate(shape):
        if stage:
            written.append(draw(step(stage, [each for each in shape[: index + 1] if each], stages)))
        else:
            written.append({"parallel": [draw(line(depth + 1)) for _ in range(draw(st.integers(2, 3)))]})
    return written


@st.composite
def offspring(draw: st.DrawFn, steps: list[Written], after: tuple[str, ...]) -> None:
    """Let steps of a line, and of its branches, bring forth work of these types."""
    for index, each in enumerate(steps):
        for branch in each.get("parallel", ()):
            draw(offspring(branch, after))
        if "parallel" in each or "automation" in each or not after:
            continue
        if draw(st.booleans()):
            goes_on = index + 1 < len(steps) and "stage" in steps[index + 1]
            wait = draw(st.booleans()) if goes_on else False
            each["children"] = {"work": draw(st.sampled_from(after)), "count": draw(SIZES), "wait": wait}
        if draw(st.booleans()):
            each["breeds"] = {"work": draw(st.sampled_from(after)), "chance": "50 %", "count": draw(SIZES)}


@st.composite
def work(draw: st.DrawFn, name: str, after: tuple[str, ...]) -> Written:
    """A work type that depends only on those after it, and on earlier items of its own."""
    written: Written = draw(ways(after)) | draw(urgency())
    first = first_of(written)
    round_and_round = {"kind": "closed", "items": draw(st.integers(1, 3)), "rest": draw(durations(1))}
    loops: list[Written] = [{"kind": "none"}, round_and_round]
    if first:
        loops.append({"kind": "pull", "stage": first, "below": draw(st.integers(1, 3))})
        if draw(st.booleans()):
            written["after"] = draw(st.lists(st.sampled_from([name, *after]), min_size=1, max_size=2, unique=True))
        if draw(st.booleans()):
            written["depends"] = {"on": draw(st.sampled_from([name, *after])), "chance": "50 %"}
    written["arrivals"] = draw(arrivals()) if draw(st.integers(0, 3)) else draw(st.sampled_from(loops))
    if draw(st.booleans()):
        bred = {"work": draw(st.sampled_from([name, *after])), "chance": "40 %"}
        written["breeds"] = bred | draw(st.fixed_dictionaries({}, optional={"after": durations()}))
    if "class" in written:
        draw(eligible(written.get("steps", ())))
    return draw(promised(written))


@cache
@st.composite
def ways(draw: st.DrawFn, after: tuple[str, ...]) -> Written:
    """Steps that may bring forth work, or a route, with blocks of branches or without."""
    kind = draw(st.sampled_from(["steps", "steps", "steps", "route", "blocks"]))
    if kind == "route":
        return draw(routes())
    if kind == "blocks":
        return draw(block_routes(draw(blocks())))
    steps = draw(line())
    draw(offspring(steps, after))
    return {"steps": steps}


def first_of(kind: Written) -> str | None:
    """Give a stage where items of a type begin, if they begin at one."""
    if "steps" in kind:
        return kind["steps"][0].get("stage")
    begins = next(iter(kind["route"]["start"]))
    return begins if begins in STAGES else None


@st.composite
def eligible(draw: st.DrawFn, steps: Sequence[Written]) -> None:
    """Let machines of a line, and of its branches, take items of some classes only."""
    for each in steps:
        for branch in each.get("parallel", ()):
            draw(eligible(branch))
        if "automation" in each and draw(st.booleans()):
            classes = draw(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2, unique=True))
            each["automation"]["eligible"] = each["automation"].get("eligible", {}) | {"classes": classes}


@cache
def blocks() -> st.SearchStrategy[Written]:
    """Two blocks of branches."""
    lines = st.lists(st.lists(st.sampled_from(STAGES), min_size=1, max_size=2), min_size=2, max_size=3)
    return st.fixed_dictionaries({"first": lines, "second": lines})


@st.composite
def block_routes(draw: st.DrawFn, parallel: Written, before: Written | None = None) -> Written:
    """A route that has these blocks and remembers them, with machines where there were some before."""
    places = (*STAGES, "first", "second")

    def shares(names: tuple[str, ...]) -> Written:
        return {"done": 0.5, draw(st.sampled_from(names)): 0.5} if draw(st.booleans()) else {"done": 1.0}

    after = {place: shares(places) for place in (*STAGES, "first")} | {"second": shares(STAGES)}
    after |= {f"{place} > first": shares((*STAGES, "second")) for place in (*STAGES, "start")}
    after["first"] = shares((*STAGES, "second"))
    pairs = draw(st.lists(st.tuples(*[st.sampled_from(STAGES)] * 2), max_size=3, unique=True))
    own = {stage: draw(efforts()) for stage in STAGES}
    outside = [stage for stage in STAGES if not any(stage in line for lines in parallel.values() for line in lines)]
    route = {
        "start": {draw(st.sampled_from(places)): 1.0}, "next": after, "parallel": parallel, "efforts": own,
        "delays": {" > ".join(pair): draw(delays()) for pair in pairs},
    }  # fmt: skip
    machines_here = draw(automated(own, parallel, (before or {}).get("automation", {})))
    return {"route": route | machines_here | draw(done_again(outside))}


@st.composite
def changed_kind(draw: st.DrawFn, kind: Written) -> Written:
    """A work type with other numbers on its way, or another route through the same stages and blocks."""
    if "steps" in kind:
        return kind | {"steps": draw(changed(kind["steps"]))}
    before = kind["route"]
    later: Written = draw(block_routes(before["parallel"], before) if "parallel" in before else routes(before))
    return kind | {"route": later["route"] | {"start": before["start"]}}  # what waits before it begins waits at a stage


@st.composite
def changed(draw: st.DrawFn, steps: list[Written]) -> list[Written]:
    """The same line with other efforts, delays and chances."""
    later = []
    for each in steps:
        if "parallel" in each:
            later.append({"parallel": [draw(changed(branch)) for branch in each["parallel"]]})
            continue
        new = each | {"effort": draw(durations())}
        if draw(st.booleans()):
            new = {name: part for name, part in new.items() if name not in {"delay", "rework", "breeds"}}
        later.append(new)
    return later


@st.composite
def bounded(
    draw: st.DrawFn, people: Written, places: Written, kinds: Written, more: Written, sharing: set[str]
) -> Twin:  # fmt: skip
    """A twin with limits and gates, and with ways to leave early for what does not branch."""
    left = {}
    for name, kind in kinds.items():
        branches = any("parallel" in each for each in kind.get("steps", ())) or "parallel" in kind.get("route", ())
        intake = draw(bounds.sometimes(bounds.intake(("work", "system"))))
        left[name] = kind | intake if branches else draw(bounds.leaving(kind))
    return twin(
        {name: draw(bounds.bounded_team(team)) for name, team in people.items()},
        {name: draw(bounds.at_stage(stage, sharing)) for name, stage in places.items()},
        left, **more, **draw(bounds.limits(kinds, classes="classes" in more)),
    )  # fmt: skip


@st.composite
def flow_cases(draw: st.DrawFn) -> Case:
    """A twin with up to one dated change; half of them with limits, gates and ways to leave early, half with people of
    whom more is said.
    """
    names, bound, differ = TYPES[: draw(st.integers(1, 3))], draw(st.booleans()), draw(st.booleans())
    kinds = {name: draw(work(name, names[index + 1 :])) for index, name in enumerate(names)}
    people = draw(all_teams(queues()))
    places = {name: draw(any_stage(hindered=True)) for name in STAGES}
    more = draw(clocks())
    if any("class" in kind for kind in kinds.values()):
        more["classes"] = draw(classes())
    if draw(st.booleans()):
        more["handoffs"] = draw(handoffs())
    if draw(st.booleans()):
        more["shared"] = draw(shared())
    first = first_of(kinds[names[0]])
    if first and draw(st.booleans()):
        more["inside"] = [{"work": names[0], "stage": first, "age": draw(hours(0, 9))}]
    phases = [(0, people, kinds)]
    for hour in draw(st.lists(st.integers(0, 30), max_size=1)):
        later = {name: draw(changed_kind(kind)) for name, kind in kinds.items()}
        phases.append((hour, draw(all_teams(queues(), people)), later))
    staff = reconciled([draw(with_staff(teams, places)) if differ else teams for _, teams, _ in phases], more)
    staff = [draw(own_queues(teams, places, more)) for teams in staff]
    if any(kind["arrivals"]["kind"] == "pull" for kind in kinds.values()):
        staff, more["shared"] = [bounds.attentive(teams) for teams in staff], bounds.attentive(more.get("shared", []))
    sharing = sharing_teams(staff, more)
    twins = [
        draw(bounded(teams, places, each, more, sharing)) if bound else twin(teams, places, each, **more)
        for teams, (_, _, each) in zip(staff, phases, strict=True)
    ]
    changes = tuple((hour, later) for (hour, _, _), later in zip(phases[1:], twins[1:], strict=True))
    return Case(twins[0], changes, draw(st.sampled_from([DAY, 2 * DAY + 5 * HOUR])))


@st.composite
def block_cases(draw: st.DrawFn) -> Case:
    """A twin whose route has blocks of branches and remembers them, with up to one dated change of its numbers."""
    parallel = draw(blocks())
    more = {"calendars": CALENDARS} | draw(
        bounds.limits({"x": {}}, classes=False) if draw(st.booleans()) else st.just({})
    )
    people, stood = draw(all_teams(queues())), {name: draw(stages()) for name in STAGES}
    kind = {"arrivals": draw(arrivals())}
    ways = [draw(block_routes(parallel))]
    ways += [draw(block_routes(parallel, each["route"])) for each in ways if draw(st.booleans())]
    twins = [twin(people, stood, {"x": kind | each}, **more) for each in ways]
    return Case(twins[0], tuple((draw(st.integers(0, 30)), later) for later in twins[1:]), 2 * DAY)


@st.composite
def held_cases(draw: st.DrawFn) -> Case:
    """A twin in which parents, branches, batches and work that waits for other work meet tight limits."""

    def steps(after: tuple[str, ...]) -> list[Written]:
        stage, effort = st.sampled_from(STAGES), hours(0, 2)
        first: Written = {"stage": draw(stage), "effort": draw(effort)}
        if after and draw(st.booleans()):
            first["children"] = {"work": draw(st.sampled_from(after)), "count": draw(st.integers(1, 2)), "wait": True}
            return [first, {"stage": draw(stage), "effort": draw(effort)}]
        branches = [[{"stage": draw(stage), "effort": draw(effort)}] for _ in range(draw(st.integers(2, 3)))]
        return [first, {"parallel": branches}] if draw(st.booleans()) else [first]

    kinds: Written = {}
    for index, name in enumerate(TYPES):
        at = sorted(draw(st.lists(st.integers(0, 6), min_size=1, max_size=3)))
        kinds[name] = {"steps": steps(TYPES[index + 1 :]), "arrivals": listed(*at)}
        if draw(st.booleans()):
            kinds[name]["after"] = [draw(st.sampled_from(TYPES[index:]))]
        if draw(st.booleans()):
            kinds[name]["depends"] = {"on": draw(st.sampled_from(TYPES[index:])), "chance": "60 %"}
    kinds["story"] |= draw(
        bounds.sometimes(st.just({"cancel": [{"age": "5 h"}]}) if not _branch(kinds) else st.just({}))
    )
    where = st.just({"system": True}) | st.lists(st.sampled_from(STAGES), min_size=1, unique=True).map(
        lambda each: {"stages": each}
    )
    limit = st.builds(lambda where, limit: where | {"limit": limit}, where, st.integers(1, 3))
    batch = bounds.sometimes(st.just({"batch": {"size": 2}}))
    teams = {name: {"people": draw(st.integers(1, 3))} for name in TEAMS}
    places = {stage: {"team": team} | draw(batch) for stage, team in zip(STAGES, TEAMS, strict=True)}
    return Case(twin(teams, places, kinds, wip_limits=draw(st.lists(limit, min_size=1, max_size=2))), (), 2 * DAY)


def _branch(kinds: Written) -> bool:
    return any("parallel" in step for step in kinds["story"]["steps"])


@st.composite
def locked_cases(draw: st.DrawFn) -> Case:
    """A twin in which items go round between stages with tight limits, and that has no other features."""
    people = {name: {"people": draw(st.integers(1, 3))} for name in TEAMS}

    def ring(stages: list[str], at: list[int]) -> Written:
        steps: list[Written] = [{"stage": stage, "effort": draw(hours(0, 3))} for stage in stages]
        for place, step in enumerate(steps[1:], 1):
            chance = draw(st.sampled_from(["50 %", "80 %"]))
            step["rework"] = {"back_to": stages[draw(st.integers(0, place - 1))], "chance": chance}
        delay = {"delay": draw(durations())} if draw(st.booleans()) else {}
        return {"steps": [*steps[:-1], steps[-1] | delay], "arrivals": listed(*at), "priority": draw(st.integers(1, 2))}

    def now() -> Twin:
        limits = [draw(st.sampled_from([{}, *({"wip_limit": most} for most in (1, 1, 2, 3))])) for _ in STAGES]
        served = draw(st.permutations(TEAMS))
        places = {name: {"team": team} | limit for name, team, limit in zip(STAGES, served, limits, strict=True)}
        return twin(people, places, kinds)

    kinds = {
        name: ring(draw(st.permutations(STAGES)), sorted(draw(st.lists(st.integers(0, 6), min_size=1, max_size=6))))
        for name in ("story", "incident")[: draw(st.integers(1, 2))]
    }
    hours_of_change = sorted(draw(st.lists(st.integers(0, 20), max_size=2)))
    return Case(now(), tuple((hour, now()) for hour in hours_of_change), 3 * DAY)


@st.composite
def branched_cases(draw: st.DrawFn) -> Case:
    """A twin whose ways branch, with up to two dated changes, that has no other features but those of plain twins."""
    kinds = {
        name: {"steps": draw(line())} | draw(PRIORITIES) | {"arrivals": draw(arrivals())}
        for name in TYPES[: draw(st.integers(1, 2))]
    }
    places = {name: {"teams": draw(st.permutations(TEAMS))[: draw(st.integers(1, 2))]} for name in STAGES}
    more: Written = {"calendars": CALENDARS}
    if draw(st.booleans()):
        more["handoffs"] = draw(handoffs())
    first = kinds[TYPES[0]]["steps"][0].get("stage")
    if first and draw(st.booleans()):
        more["inside"] = [
            {"work": TYPES[0], "stage": first, "age": draw(hours(0, 9)), "count": draw(st.integers(1, 3))}
        ]
    people = draw(all_teams(PLAIN))
    phases = [(0, twin(people, places, kinds, **more))]
    for hour in sorted(draw(st.lists(st.integers(0, 30), max_size=2))):
        people = draw(all_teams(PLAIN, people))
        kinds = {name: kind | {"steps": draw(changed(kind["steps"]))} for name, kind in kinds.items()}
        phases.append((hour, twin(people, places, kinds, **more)))
    return Case(phases[0][1], tuple(phases[1:]), draw(st.sampled_from([DAY, 2 * DAY + 5 * HOUR])))

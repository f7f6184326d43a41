"""Small twins in coarse values, so that ties are everywhere: what holds for these holds for any.

Efforts and delays are whole hours from 0 to 4, arrivals come by the hour, people few, queues short. A drawn `Case` has
the twin, twins that take over at dated changes, and a horizon.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from tiny import START, listed, twin

from twin.outcome import Outcome
from twin.plan import Model, compile_model
from twin.spec import Twin
from twin.units import DAY, HOUR

CALENDARS = {
    "office": {"days": "mon-fri", "hours": "09:00-17:00", "pause": "12:00-13:00"},
    "night": {"days": "mon-sun", "hours": "20:00-04:00"},
    "weekend": {"days": "sat, sun", "hours": "10:00-14:00"},
}
TEAMS = ("amber", "blue", "coral")
STAGES = ("intake", "build", "review")
SHARES = ("25 %", "50 %", "100 %")

Written = dict[str, Any]


class Case(NamedTuple):
    """A twin, what takes over when (hours since the start), and a horizon in ticks."""

    twin: Twin
    changes: tuple[tuple[int, Twin], ...]
    until: int

    def model(self) -> Model:
        """Compile the case."""
        dated = tuple((START + timedelta(hours=hour), later) for hour, later in self.changes)
        return compile_model(self.twin, until=self.until, changes=dated)


def hours(least: int, most: int) -> st.SearchStrategy[str]:
    """Whole hours as text."""
    return st.integers(least, most).map(lambda hour: f"{hour} h")


def durations(least: int = 0) -> st.SearchStrategy[Any]:
    """A fixed or a spread duration in whole hours."""
    return hours(least, 4) | st.lists(hours(least, 4), min_size=2, max_size=3).map(
        lambda values: {"kind": "empirical", "values": values}
    )


def delays() -> st.SearchStrategy[Any]:
    """A delay by the clock or in working time."""
    working = st.fixed_dictionaries(
        {"time": durations(), "counted": st.just("working")},
        optional={"calendar": st.sampled_from([*CALENDARS, "always"])},
    )
    return durations() | working


def teams() -> st.SearchStrategy[Written]:
    """A team of one or two groups."""
    calendar = st.sampled_from([*CALENDARS, "always", "always", "always"])
    group = st.fixed_dictionaries({"count": st.integers(0, 2)}, optional={"calendar": calendar})
    people = st.integers(1, 3) | st.lists(group, min_size=1, max_size=2)
    share = st.sampled_from(SHARES)
    return st.fixed_dictionaries(
        {"people": people, "calendar": calendar, "available": share}, optional={"meetings": meetings(), **away()}
    )


def meetings() -> st.SearchStrategy[list[Written]]:
    """A meeting at a whole hour."""
    at = st.fixed_dictionaries({"on": st.just("mon-sun"), "at": st.sampled_from(["09:00", "12:00", "22:00"])})
    return at.map(lambda when: [when | {"lasting": "1 h"}])


def away() -> dict[str, st.SearchStrategy[Any]]:
    """Leave, illness and leaving."""
    leave = st.integers(5, 8).map(lambda day: [{"from": f"2026-01-0{day}", "to": f"2026-01-0{day}"}])
    return {
        "absences": leave,
        "sickness": st.just({"every": "1 d", "lasting": {"kind": "empirical", "values": ["0 h", "5 h", "1 d"]}}),
        "attrition": st.just({"every": "2 d", "replaced_after": "6 h"}),
    }


@st.composite
def all_teams(draw: st.DrawFn, before: Written | None = None) -> Written:
    """Every team, perhaps some as before, all with one queue: teams that share a stage must choose alike."""
    queue = draw(st.sampled_from(["priority", "fifo"]))
    people = {name: draw(teams() if before is None else st.just(before[name]) | teams()) for name in TEAMS}
    return {name: team | {"queue": queue} for name, team in people.items()}


def stages() -> st.SearchStrategy[Written]:
    """A stage served by one or two teams, with or without a WIP limit."""
    served = st.sampled_from(TEAMS).map(lambda team: {"team": team}) | st.permutations(TEAMS).map(
        lambda order: {"teams": order[:2]}
    )
    limit = st.integers(1, 3).map(lambda limit: {"wip_limit": limit})
    return st.builds(lambda stage, limit: stage | limit, served, st.just({}) | limit)


def arrivals() -> st.SearchStrategy[Written]:
    """Arrivals at whole hours, by a gap, or at random."""
    some = st.lists(st.integers(0, 30), min_size=1, max_size=8).map(lambda at: listed(*sorted(at)))
    gap = st.fixed_dictionaries({"kind": st.just("renewal"), "gap": durations(1)})
    week = st.fixed_dictionaries({"every": st.sampled_from([[1, 0], [0, 1, 2, 1]])})
    poisson = st.fixed_dictionaries(
        {"kind": st.just("poisson"), "rate": st.sampled_from(["3 / day", "9 / day"])}, optional={"pattern": week}
    )
    return some | gap | poisson


@st.composite
def step_at(draw: st.DrawFn, stage: str, before: list[str]) -> Written:
    """A step with or without delay and rework, back to one of the stages before or to itself."""
    step: Written = {"stage": stage, "effort": draw(durations())}
    if draw(st.booleans()):
        step["delay"] = draw(delays())
    if draw(st.booleans()):
        limited = {"chance": st.sampled_from(["60 %", "100 %"]), "limit": st.integers(1, 2)}
        chance = limited if draw(st.booleans()) else {"chance": st.sampled_from(["30 %", "60 %"])}
        step["rework"] = draw(st.fixed_dictionaries({"back_to": st.sampled_from(before), **chance}))
    return step


@st.composite
def steps(draw: st.DrawFn) -> Written:
    """A line of stages with delays and rework."""
    line = draw(st.lists(st.sampled_from(STAGES), min_size=1, max_size=4))
    return {"steps": [draw(step_at(stage, line[: index + 1])) for index, stage in enumerate(line)]}


@st.composite
def routes(draw: st.DrawFn) -> Written:
    """A graph of all stages in which every stage may lead out, with memory of the stage before."""

    onward = {stage: draw(st.sampled_from(STAGES)) for stage in STAGES}

    def shares(stage: str) -> Written:
        return {"done": 0.5, onward[stage]: 0.5} if draw(st.booleans()) else {"done": 1.0}

    following = {stage: shares(stage) for stage in STAGES}
    for stage in draw(st.lists(st.sampled_from(STAGES), max_size=2, unique=True)):
        following[f"{stage} > {onward[stage]}"] = shares(draw(st.sampled_from(STAGES)))
    route: Written = {
        "start": draw(st.sampled_from([{"intake": 1.0}, {"intake": 0.5, "build": 0.5}])),
        "next": following,
        "efforts": {stage: draw(durations()) for stage in STAGES},
    }
    if draw(st.booleans()):
        route["delays"] = {"intake > build": draw(delays())}
    return {"route": route}


def works() -> st.SearchStrategy[Written]:
    """A work type."""
    ways = steps() | routes()
    return st.builds(
        lambda way, arrivals, priority: way | {"arrivals": arrivals, "priority": priority},
        ways, arrivals(), st.integers(1, 3),
    )  # fmt: skip


@st.composite
def parts(draw: st.DrawFn) -> tuple[Written, Written, Written, Written]:
    """Teams, stages, work types, and what else a twin may have."""
    more: Written = {"calendars": CALENDARS}
    kinds = {name: draw(works()) for name in ("feature", "defect")[: draw(st.integers(1, 2))]}
    if draw(st.booleans()):
        more["handoffs"] = [{"from": a, "to": b, "delay": draw(delays())} for a, b in pairwise([*TEAMS, TEAMS[0]])]
    if draw(st.booleans()):
        way = kinds["feature"]
        stage = way["steps"][0]["stage"] if "steps" in way else draw(st.sampled_from(STAGES))
        entry = {"work": "feature", "stage": stage, "age": draw(hours(0, 9)), "count": draw(st.integers(1, 3))}
        more["inside"] = [entry]
    if draw(st.booleans()):
        given = {TEAMS[0]: "50 %", TEAMS[1]: "25 %"}
        switch = draw(st.sampled_from(["day", "half_day"]))
        more["shared"] = [
            {"people": 1, "teams": given, "switch": switch, "calendar": draw(st.sampled_from([*CALENDARS]))}
        ]
    return draw(all_teams()), {name: draw(stages()) for name in STAGES}, kinds, more


@st.composite
def changed(draw: st.DrawFn, kind: Written) -> Written:
    """A work type with another priority and other efforts, delays and rework, or another route, but the same stages."""
    later = kind | {"priority": draw(st.integers(1, 3))}
    if "route" in kind:
        return later | draw(routes())
    line = [step["stage"] for step in kind["steps"]]
    steps = [st.just(step) | step_at(step["stage"], line[: index + 1]) for index, step in enumerate(kind["steps"])]
    return later | {"steps": [draw(step) for step in steps]}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A twin with up to two dated changes of its teams, limits and ways."""
    people, places, kinds, more = draw(parts())
    first, changes = twin(people, places, kinds, **more), []
    for hour in sorted(draw(st.lists(st.integers(0, 9) | st.integers(0, 60), max_size=2))):
        people = draw(all_teams(people))
        places = {name: draw(st.just(places[name]) | stages()) for name in STAGES}
        kinds = {name: draw(st.just(kind) | changed(kind)) for name, kind in kinds.items()}
        changes.append((hour, twin(people, places, kinds, **more)))
    return Case(first, tuple(changes), draw(st.sampled_from([DAY, 3 * DAY + 5 * HOUR])))


def contents(outcome: Outcome) -> tuple[Any, ...]:
    """Everything an outcome says, as plain values: equal where two outcomes are."""
    columns = [outcome.rows, outcome.waits, *outcome.ledger]
    return tuple(
        (column.dtype.str, column.tobytes()) if isinstance(column, np.ndarray) else column for column in columns
    )

"""Small twins in coarse values, so that ties are everywhere: what holds for these holds for any.

Efforts and delays are whole hours (`lengths`), arrivals come by the hour, people few, queues short. A drawn `Case` has
the twin, twins that take over at dated changes, and a horizon. That every key of a twin is drawn stands in
`parity/test_every_key.py`.
"""

from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import bounds
import numpy as np
import worth
from hypothesis import strategies as st
from lengths import durations, hours
from tiny import START, listed, twin

from twin.outcome import Outcome
from twin.plan import Model, compile_model
from twin.spec import Twin
from twin.units import DAY, HOUR

CALENDARS = {
    "office": {"days": "mon-fri", "hours": "09:00-17:00", "pause": "12:00-13:00"},
    "night": {"days": "mon-sun", "hours": "20:00-04:00"},
    "weekend": {"days": "sat, sun", "hours": "10:00-14:00"},
    "abroad": {"week": {"mon-wed": "08:00-12:00, 13:00-16:00", "sun": "10:00-20:00"}, "zone": "America/New_York"},
    "feasts": {"hours": "06:00-18:00", "holidays": "DE-BY", "closed": ["2026-01-07"]},  # a feast on 2026-01-06
    "evenings": {
        "hours": "09:00-12:00",
        "occasional": [
            {"hours": {"mon-wed": "16:00-20:00"}, "share": "50 %"},
            {"hours": {"mon-sun": "21:00-02:00"}, "share": "50 %", "people": "50 %"},
        ],
    },
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


@cache
def delays() -> st.SearchStrategy[Any]:
    """A delay by the clock or in working time."""
    working = st.fixed_dictionaries(
        {"time": durations(), "counted": st.just("working")},
        optional={"calendar": st.sampled_from([*CALENDARS, "always"])},
    )
    return durations() | working


@cache
def teams() -> st.SearchStrategy[Written]:
    """A team of one or two groups."""
    calendar = st.sampled_from([*CALENDARS, "always", "always", "always"])
    group = st.fixed_dictionaries({"count": st.integers(0, 2)}, optional={"calendar": calendar})
    people = st.integers(1, 3) | st.lists(group, min_size=1, max_size=2)
    share = st.sampled_from(SHARES)
    return st.fixed_dictionaries(
        {"people": people, "calendar": calendar, "available": share},
        optional={"meetings": meetings(), "cost": worth.PAID, "ramp_up": ramps(), **away()},
    )


@cache
def meetings() -> st.SearchStrategy[list[Written]]:
    """A meeting at a whole hour of every day, of every second week, or of a day of the month."""
    on = st.sampled_from([{"on": "mon-sun"}, {"on": "mon-sun"}, {"on": "mon, tue", "every": "2 w"}, {"day": 6}])
    at = st.sampled_from(["09:00", "12:00", "22:00"])
    return st.builds(lambda on, at: [on | {"at": at, "lasting": "1 h"}], on, at)


@cache
def away() -> dict[str, st.SearchStrategy[Any]]:
    """Leave, illness and leaving."""
    some = st.sampled_from([{}, {"people": 1}])
    leave = st.builds(
        lambda day, some: [{"from": f"2026-01-0{day}", "to": f"2026-01-0{day}"} | some], st.integers(5, 8), some
    )
    return {
        "absences": leave,
        "sickness": st.just({"every": "1 d", "lasting": {"kind": "empirical", "values": ["0 h", "5 h", "1 d"]}}),
        "attrition": st.just({"every": "2 d", "replaced_after": "6 h"}),
    }


QUEUES = ("lifo", "random", "due_date", "shortest", "shortest_remaining", "cost_of_delay")
CLASSES = ("expedite", "fixed date", "standard")
CLASS_RULES = ("fifo", "lifo", "random", "shortest", "cost_of_delay")


PLAIN = st.sampled_from(["priority", "fifo"])


@cache
def queues() -> st.SearchStrategy[Any]:
    """A rule by which teams choose; the plain ones half the time."""
    ageing = hours(1, 4).map(lambda time: {"kind": "priority", "ageing": time})
    return PLAIN | st.sampled_from(QUEUES) | ageing


@cache
def classes() -> st.SearchStrategy[Written]:
    """Classes of service that may break WIP limits and interrupt; equals of one go by a rule of their own."""
    flags = {"preempts": st.booleans(), "breaks_wip": st.booleans(), "cost_of_delay": worth.delay_costs()}
    rule = st.sampled_from(["due_date", "due_date", *CLASS_RULES])
    return st.fixed_dictionaries(
        {
            "expedite": st.fixed_dictionaries({"rank": st.just(1)}, optional=flags),
            "fixed date": st.fixed_dictionaries({"rank": st.just(2), "queue": rule}, optional=flags),
            "standard": st.fixed_dictionaries({"rank": st.just(3)}, optional={"at_most": st.integers(1, 3)}),
        }
    )


PRIORITIES = st.sampled_from([1, 3]).map(lambda priority: {"priority": priority})


@cache
def urgency() -> st.SearchStrategy[Written]:
    """How urgent work is: by a class or by a priority, when it is due and what its delay costs."""
    by_class = st.sampled_from(CLASSES).map(lambda name: {"class": name})
    more = st.fixed_dictionaries({}, optional={"due": hours(0, 40), "cost_of_delay": worth.delay_costs()})
    return PRIORITIES | st.builds(lambda urgent, more: urgent | more, by_class | PRIORITIES, more)


@cache
def shares_of_speed() -> st.SearchStrategy[str]:
    """Speeds that keep whole hours more often than not."""
    return st.sampled_from(["50 %", "100 %", "100 %", "200 %"])


@cache
def instants() -> st.SearchStrategy[str]:
    """Whole hours of the first days."""
    return st.integers(-20, 40).map(lambda hour: (START + timedelta(hours=hour)).isoformat())


@cache
def ramps() -> st.SearchStrategy[Written]:
    """How fast those are who have just joined."""
    return st.fixed_dictionaries({"from": st.sampled_from(["25 %", "50 %"]), "over": hours(1, 48)})


@cache
def people_who_differ() -> st.SearchStrategy[Written]:
    """What a group may say of its people, but skills and preferences."""
    speed = {"speed": shares_of_speed(), "ramp_up": ramps(), "joins": instants(), "leaves": instants()}
    as_teams = {"available": st.sampled_from(SHARES), "meetings": meetings(), "cost": worth.PAID, **away()}
    return st.fixed_dictionaries({}, optional=speed) | st.fixed_dictionaries({}, optional={**speed, **as_teams})


@cache
def ways_to_work() -> st.SearchStrategy[Written]:
    """What takes people's time besides effort, what they do when they close, and whom a team asks."""
    between = st.sampled_from(["work", "stage", "both"])
    switching = st.fixed_dictionaries({"cost": hours(1, 2), "between": between})
    interruptions = st.fixed_dictionaries({"every": hours(1, 4), "lasting": durations()})
    return st.fixed_dictionaries({}, optional={
        "who": st.sampled_from(["random", "fastest", "same"]), "switching": switching, "interruptions": interruptions,
        "shift_end": st.sampled_from(["hand_back", "finish"]),
    })  # fmt: skip


@cache
def several_at_once() -> st.SearchStrategy[Written]:
    """People with several visits at hand."""
    loss = st.sampled_from([{}, {2: "50 %"}, {2: "10 %", 3: "25 %"}])
    return st.builds(
        lambda most, loss, who: {"at_once": most, "loss": loss, "who": who},
        st.sampled_from([3, "unlimited"]), loss, st.sampled_from(["longest_idle", "random", "fastest", "same"]),
    ) | st.just({"at_once": 2})  # fmt: skip


@cache
def going_round() -> st.SearchStrategy[Written]:
    """One person who goes round."""
    turns = st.fixed_dictionaries({"switch": hours(1, 3), "service": st.sampled_from(["exhaustive", "gated"])})
    more = {"shift_end": st.sampled_from(["suspend", "finish"])}
    return st.fixed_dictionaries({"turns": turns, "people": st.just(1)}, optional=more)


@st.composite
def staffed(draw: st.DrawFn, team: Written, places: Written, name: str) -> Written:
    """A team whose people differ, have skills for some of its stages, and work in one of several ways."""
    way = draw(st.sampled_from(["", "works", "works", "shares", "turns"]))
    if way == "turns":
        return team | draw(going_round())
    stages = [stage for stage, each in places.items() if name in (each.get("team"), *each.get("teams", ()))]
    groups = team["people"] if isinstance(team["people"], list) else [{"count": team["people"]}]
    found = []
    for group in groups:
        several = st.lists(st.sampled_from(stages), min_size=1, unique=True) if stages else st.nothing()
        skills = {stage: draw(shares_of_speed()) for stage in draw(several)} if stages and draw(st.booleans()) else None
        known = {"skills": skills} if skills else {}
        prefers = draw(st.lists(st.sampled_from([*(skills or stages)]), unique=True)) if stages else []
        found.append(group | known | {"prefers": prefers} | draw(people_who_differ() | st.just({})))
    more = {"works": ways_to_work(), "shares": several_at_once()}.get(way, st.just({}))
    return team | {"people": [_in_order(group) for group in found]} | draw(more)


def _in_order(group: Written) -> Written:
    """Let nobody leave before they join."""
    wrong = "joins" in group and "leaves" in group and group["joins"] >= group["leaves"]
    return {key: value for key, value in group.items() if not (wrong and key == "leaves")}


@st.composite
def with_staff(draw: st.DrawFn, case: Written, places: Written) -> Written:
    """Some of the teams with people of whom more is said."""
    return {name: draw(staffed(team, places, name)) if draw(st.booleans()) else team for name, team in case.items()}


def reconciled(phases: list[Written], more: Written) -> list[Written]:
    """Take out of teams what a dated change cannot bring to several visits at once, and turns that would be shared."""
    sharing = {name for teams in phases for name, team in teams.items() if "at_once" in team}
    apart = {"switching", "interruptions", "shift_end", "turns"}
    shared = {name for each in more.get("shared", ()) for name in each["teams"]}

    def kept(name: str, team: Written) -> Written:
        without = (apart if name in sharing else set()) | ({"turns"} if name in shared else set())
        return {key: value for key, value in team.items() if key not in without}

    return [{name: kept(name, team) for name, team in teams.items()} for teams in phases]


@st.composite
def own_queues(draw: st.DrawFn, people: Written, places: Written, more: Written) -> Written:
    """Teams that may choose by rules of their own where no stage and no people are of two of them."""
    groups = [[name] for name in TEAMS]
    served = [{stage.get("team"), *stage.get("teams", ())} for stage in places.values()]
    for names in (*served, *({*each["teams"]} for each in more.get("shared", ()))):
        joined = [group for group in groups if names & set(group)]
        groups = [group for group in groups if not names & set(group)] + [[name for group in joined for name in group]]
    rules = [draw(queues()) for _ in groups] if draw(st.booleans()) else []
    return people | {
        name: people[name] | {"queue": rule} for group, rule in zip(groups, rules, strict=False) for name in group
    }


@st.composite
def all_teams(draw: st.DrawFn, rules: st.SearchStrategy[Any], before: Written | None = None) -> Written:
    """Every team, perhaps some as before, all with one queue, until `own_queues` lets some choose otherwise."""
    queue = draw(rules)
    people = {name: draw(teams()) if before is None or draw(st.booleans()) else before[name] for name in TEAMS}
    return {name: team | {"queue": queue} for name, team in people.items()}


@cache
def stages() -> st.SearchStrategy[Written]:
    """A stage served by one or two teams, with or without a WIP limit."""
    served = st.sampled_from(TEAMS).map(lambda team: {"team": team}) | st.permutations(TEAMS).map(
        lambda order: {"teams": order[:2]}
    )
    limit = st.integers(1, 3).map(lambda limit: {"wip_limit": limit})
    return st.builds(lambda stage, limit: stage | limit, served, st.just({}) | limit)


@cache
def arrivals() -> st.SearchStrategy[Written]:
    """Arrivals at whole hours, by a gap, or at random."""
    some = st.lists(st.integers(0, 30), min_size=1, max_size=8).map(lambda at: listed(*sorted(at)))
    size = {"size": st.sampled_from([{"1": 0.5, "3": 0.5}, {"1": 0.5, "3": 0.5}, 2])}
    week = st.fixed_dictionaries({"every": st.sampled_from([[1, 0], [0, 1, 2, 1]])}) | st.just(WEEK)
    varied = {"pattern": week, **swings(), **size}
    gap = st.fixed_dictionaries({"kind": st.just("renewal"), "gap": durations(1)})
    uneven = st.fixed_dictionaries({"kind": st.just("renewal"), "gap": durations(1)}, optional=varied)
    poisson = st.fixed_dictionaries(
        {"kind": st.just("poisson"), "rate": st.sampled_from(["3 / day", "9 / day"])}, optional=varied
    )
    return some | gap | uneven | poisson | dated(size)


WEEK = {"mon": [2, 1], "tue": [1], "wed": [0, 3], "thu": [1, 0], "fri": [1], "sat": [0], "sun": [0, 1]}
"""Demand that differs on every day; integers, since weights are relative."""


@cache
def swings() -> dict[str, st.SearchStrategy[Any]]:
    """What makes a rate vary besides the week: months, growth, known and unknown times of higher demand."""
    known = st.just({"from": "2026-01-05T06:00", "to": "2026-01-05T18:00", "factor": 3})
    unknown = st.just({"every": "1 d", "for": "4 h", "factor": 4})
    return {
        "season": st.just({"jan": "50 %"}),
        "growth": st.just("900 %"),
        "bursts": st.lists(known | unknown, min_size=1, max_size=2),
    }


def dated(size: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Written]:
    """Recurring work, and a programme that is released over a time, at once, or in tranches."""
    more = {"at": st.just("06:00"), "from": instants(), **size}
    on = st.sampled_from([{"on": "mon-fri"}, {"on": "mon-fri"}, {"on": "mon, wed", "every": "2 w"}, {"day": 6}])
    recurring = st.builds(
        lambda on, more: {"kind": "recurring"} | on | more, on, st.fixed_dictionaries({}, optional=more)
    )
    programme = st.fixed_dictionaries(
        {"kind": st.just("programme"), "items": st.integers(1, 6), "from": st.just("2026-01-05")},
        optional={"over": hours(0, 40), "shape": st.sampled_from(["even", "front-loaded"])},
    )
    tranche = st.fixed_dictionaries({"at": instants(), "items": st.integers(1, 3)})
    tranches = st.lists(tranche, min_size=1, max_size=2).map(lambda each: {"kind": "programme", "tranches": each})
    return recurring | programme | tranches


@cache
def efforts() -> st.SearchStrategy[Any]:
    """An effort, for all teams alike or for each another one."""
    each = st.fixed_dictionaries(dict.fromkeys(TEAMS, durations()))
    return durations() | durations() | each.map(lambda teams: {"kind": "by_team", "teams": teams})


@cache
@st.composite
def step_at(draw: st.DrawFn, stage: str, before: tuple[str, ...]) -> Written:
    """A step with or without delay and rework, back to one of the stages before or to itself."""
    step: Written = {"stage": stage, "effort": draw(efforts())}
    if draw(st.booleans()):
        step["delay"] = draw(delays())
    if draw(st.booleans()):
        limited = {"chance": st.sampled_from(["60 %", "100 %"]), "limit": st.integers(1, 2)}
        chance = limited if draw(st.booleans()) else {"chance": st.sampled_from(["30 %", "60 %"])}
        step["rework"] = draw(st.fixed_dictionaries({"back_to": st.sampled_from(before), **chance}))
    return step


@cache
@st.composite
def steps(draw: st.DrawFn) -> Written:
    """A line of stages with delays and rework."""
    line = draw(st.lists(st.sampled_from(STAGES), min_size=1, max_size=4))
    return {"steps": [draw(step_at(stage, tuple(line[: index + 1]))) for index, stage in enumerate(line)]}


MACHINES: dict[str, Written] = {
    "intake": {"at_once": st.just(2)},
    "build": {"at_once": st.just(3), "cost": st.just("0.40 EUR")},
    "review": {},
}
"""What all machines of a stage have in common."""


@cache
def machines(stage: str, known: tuple[str, ...], *, choosy: bool) -> st.SearchStrategy[Written]:
    """A machine at a stage, whose errors and checks may lead to known ones."""
    limit = {"eligible": hours(0, 3).map(lambda limit: {"up_to": limit})} if choosy else {}
    return st.fixed_dictionaries(
        {"share": st.sampled_from(["50 %", "100 %"]), "effort": hours(0, 2), **MACHINES[stage]},
        optional={
            "errors": st.just("30 %"), "errors_to": st.sampled_from(known), "checked_at": st.sampled_from(known),
            "checked": st.just("50 %"), **limit,
        },
    )  # fmt: skip


@st.composite
def automated(draw: st.DrawFn, efforts: Written, lines: Written, before: Written) -> Written:
    """Machines at stages of a route with these blocks: those that were there before, or now and then new ones."""
    at = [*before] if before else draw(st.just([]) | st.lists(st.sampled_from(STAGES), max_size=2, unique=True))
    found = {}
    for stage in at:
        own = [line for some in lines.values() for line in some if stage in line]
        known = tuple(each for each in STAGES if all(each in line for line in own))
        found[stage] = draw(machines(stage, known, choosy="teams" not in efforts[stage]))
    return {"automation": found} if found else {}


def done_again(stages: list[str]) -> st.SearchStrategy[Written]:
    """Returns to some of these stages that take less, now and then."""
    share = st.sampled_from(["0 %", "50 %"]).map(lambda effort: {"effort": effort})
    some = st.dictionaries(st.sampled_from(stages), share, max_size=2) if stages else st.just({})
    return st.just({}) | some.map(lambda each: {"rework": each})


@st.composite
def routes(draw: st.DrawFn, before: Written | None = None) -> Written:
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
        "efforts": {stage: draw(efforts()) for stage in STAGES},
    }
    if draw(st.booleans()):
        route["delays"] = {"intake > build": draw(delays())}
    if draw(st.sampled_from([False, False, True])):
        again = draw(st.sampled_from(STAGES))
        route["states"] = {"again": again}
        following |= {"again": shares(again), f"{onward[again]} > {again}": {"again": 0.5, "done": 0.5}}
        if draw(st.booleans()):
            following["again > build"], route["delays"] = {"done": 1.0}, {f"{again} > again": draw(delays())}
    machines_here = draw(automated(route["efforts"], {}, (before or {}).get("automation", {})))
    return {"route": route | machines_here | draw(done_again(list(STAGES)))}


@cache
def works(urgent: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    """A work type."""
    ways = steps() | routes()
    return st.builds(
        lambda way, arrivals, urgent: way | urgent | {"arrivals": arrivals},
        ways, arrivals(), urgent,
    )  # fmt: skip


def visited(kind: Written) -> tuple[str, ...]:
    """List the stages that a work type goes through."""
    if "route" in kind:
        return tuple(kind["route"]["efforts"])
    lines = [kind["steps"]]
    found: dict[str, None] = {}
    for line in lines:
        lines += [branch for step in line for branch in step.get("parallel", ())]
        found |= dict.fromkeys(step["stage"] for step in line if "stage" in step)
    return tuple(found)


def promised(kind: Written) -> st.SearchStrategy[Written]:
    """A work type with a promise, or without."""
    return promises(visited(kind)).map(lambda more: kind | more)


@cache
def promises(stages: tuple[str, ...]) -> st.SearchStrategy[Written]:
    """A promise of work that goes through these stages, or none."""
    return bounds.sometimes(worth.promises(stages, (*CALENDARS, "always")))


@cache
@st.composite
def shared(draw: st.DrawFn) -> list[Written]:
    """People of several teams, who change between them by the calendar or go by what waits, or some of either."""
    days, floats = by_days(), floating()
    found = [draw(each) for each in draw(st.sampled_from([(days,), (floats,), (days, floats), (floats, floats)]))]
    alike = len(found) > 1 and found[0]["teams"] == found[1]["teams"]
    return found[:1] if alike else found  # all that go by what waits between the same teams work alike


@cache
@st.composite
def by_days(draw: st.DrawFn) -> Written:
    """People who change between two teams by the calendar."""
    said = {"people": draw(st.integers(1, 2)), "calendar": draw(st.sampled_from([*CALENDARS]))}
    given, switch = {TEAMS[0]: "50 %", TEAMS[1]: "25 %"}, draw(st.sampled_from(["half_day", "day"]))
    return said | {"teams": given, "switch": switch} | draw(said_of_shared())


@cache
@st.composite
def floating(draw: st.DrawFn) -> Written:
    """People who go by what waits."""
    names = draw(st.permutations(TEAMS))[: draw(st.integers(2, 3))]
    of_all = st.dictionaries(st.sampled_from(STAGES), shares_of_speed(), min_size=1).map(lambda each: {"skills": each})
    skills = draw(st.just({}) | of_all) if len(names) == len(TEAMS) else {}  # who is of all teams serves every stage
    ways = st.sampled_from([st.just({}), ways_to_work(), ways_to_work(), several_at_once(), several_at_once()])
    way = draw(draw(ways))
    floats = draw(st.fixed_dictionaries({}, optional={"calendar": st.sampled_from([*CALENDARS])}))
    floats |= draw(said_of_shared()) | skills | way
    return floats | {"people": draw(st.integers(1, 2)), "teams": names, "switch": "most_waiting"}


@cache
def said_of_shared() -> st.SearchStrategy[Written]:
    """What may be said of people of several teams, or nothing."""
    more = {
        "speed": shares_of_speed(), "available": st.sampled_from(SHARES), "ramp_up": ramps(), "meetings": meetings(),
        "cost": worth.PAID, **away(),
    }  # fmt: skip
    dates = st.just({}) | st.fixed_dictionaries({}, optional={"joins": instants(), "leaves": instants()}).map(_in_order)
    return st.builds(lambda said, date: said | date, st.just({}) | st.fixed_dictionaries({}, optional=more), dates)


def sharing_teams(staff: list[Written], more: Written) -> set[str]:
    """Name the teams at whose stages somebody has several visits at once."""
    apart = (each["teams"] for each in more.get("shared", ()) if each.get("at_once", 1) != 1)
    return {name for teams in staff for name, team in teams.items() if "at_once" in team}.union(*apart)


@st.composite
def parts(draw: st.DrawFn, *, plain: bool) -> tuple[Written, Written, Written, Written]:
    """Teams, stages, work types, and what else a twin may have."""
    more = draw(clocks())
    kinds = {
        name: draw(works(PRIORITIES if plain else urgency()))
        for name in ("feature", "defect")[: draw(st.integers(1, 2))]
    }
    if not plain:
        kinds = {name: draw(promised(kind)) for name, kind in kinds.items()}
    if any("class" in kind for kind in kinds.values()):
        more["classes"] = draw(classes())
    if draw(st.booleans()):
        more["handoffs"] = draw(handoffs())
    if draw(st.booleans()):
        way = kinds["feature"]
        stage = way["steps"][0]["stage"] if "steps" in way else draw(st.sampled_from(STAGES))
        entry = {"work": "feature", "stage": stage, "age": draw(hours(0, 9)), "count": draw(st.integers(1, 3))}
        more["inside"] = [entry]
        if draw(st.sampled_from([False, False, False, True])):
            way["arrivals"] = {"kind": "none"}
    if draw(st.booleans()):
        more["shared"] = draw(shared())
    people, hindered = draw(all_teams(PLAIN if plain else queues())), not plain and draw(st.booleans())
    return people, {name: draw(any_stage(hindered=hindered)) for name in STAGES}, kinds, more


@cache
def handoffs() -> st.SearchStrategy[list[Written]]:
    """Waiting between teams, all the way round."""
    waits = st.lists(delays(), min_size=len(TEAMS), max_size=len(TEAMS))
    pairs = [{"from": a, "to": b} for a, b in pairwise([*TEAMS, TEAMS[0]])]
    return waits.map(lambda each: [pair | {"delay": wait} for pair, wait in zip(pairs, each, strict=True)])


@cache
def clocks() -> st.SearchStrategy[Written]:
    """Calendars, and the zone in which they are read."""
    zones = st.sampled_from(["UTC", "UTC", "Europe/Berlin"])
    return zones.map(lambda zone: {"calendars": CALENDARS, "clock": {"starts": START.isoformat(), "zone": zone}})


@cache
def any_stage(*, hindered: bool) -> st.SearchStrategy[Written]:
    """A stage, which may have obstacles."""
    return st.builds(lambda stage, more: stage | more, stages(), bounds.blocked()) if hindered else stages()


@st.composite
def changed(draw: st.DrawFn, kind: Written) -> Written:
    """A work type with another urgency, other efforts, delays and rework, or another route, but the same stages."""
    later = kind if "class" in kind else kind | {"priority": draw(st.sampled_from([1, 3]))}
    if "route" in kind:
        return later | draw(routes(kind["route"]))
    line = [step["stage"] for step in kind["steps"]]
    return later | {
        "steps": [
            draw(step_at(step["stage"], tuple(line[: index + 1]))) if draw(st.booleans()) else step
            for index, step in enumerate(kind["steps"])
        ]
    }


@st.composite
def bounded(
    draw: st.DrawFn, people: Written, places: Written, kinds: Written, more: Written, sharing: set[str]
) -> Twin:  # fmt: skip
    """A twin with limits, gates and ways to leave early."""
    return twin(
        {name: draw(bounds.bounded_team(team)) for name, team in people.items()},
        {name: draw(bounds.at_stage(stage, sharing)) for name, stage in places.items()},
        {name: draw(bounds.leaving(kind)) for name, kind in kinds.items()},
        **more, **draw(bounds.limits(kinds, classes="classes" in more)),
    )  # fmt: skip


def whole(*written: Written, bound: bool, sharing: set[str]) -> st.SearchStrategy[Twin]:
    """A twin of its parts, with what bounds the work in it or without."""
    return bounded(*written, sharing) if bound else st.just(twin(*written[:3], **written[3]))


@st.composite
def cases(draw: st.DrawFn, *, plain: bool = False) -> Case:
    """A twin with up to two dated changes of its teams, limits and ways; a plain one has no other features."""
    bound, (people, stood, kinds, more) = not plain and draw(st.booleans()), draw(parts(plain=plain))
    differ, hindered = not plain and draw(st.booleans()), any("blocked" in stage for stage in stood.values())
    phases = [(0, people, stood, kinds, more)]
    for hour in sorted(draw(st.lists(st.integers(0, 9) | st.integers(0, 60), max_size=2))):
        people = draw(all_teams(PLAIN if plain else queues(), people))
        stood = {name: draw(any_stage(hindered=hindered)) if draw(st.booleans()) else stood[name] for name in STAGES}
        kinds = {name: draw(changed(kind)) if draw(st.booleans()) else kind for name, kind in kinds.items()}
        more = more | ({"classes": draw(classes())} if "classes" in more else {})
        phases.append((hour, people, stood, kinds, more))
    staff = reconciled([draw(with_staff(each[1], each[2])) if differ else each[1] for each in phases], more)
    if not plain:
        staff = [draw(own_queues(teams, each[2], more)) for teams, each in zip(staff, phases, strict=True)]
    sharing = sharing_teams(staff, more)
    twins = [
        draw(whole(team, *each[2:], bound=bound, sharing=sharing)) for team, each in zip(staff, phases, strict=True)
    ]
    changes = tuple((each[0], later) for each, later in zip(phases[1:], twins[1:], strict=True))
    return Case(twins[0], changes, draw(st.sampled_from([DAY, 3 * DAY + 5 * HOUR])))


def contents(outcome: Outcome) -> tuple[Any, ...]:
    """Everything an outcome says, as plain values: equal where two outcomes are."""
    columns = [outcome.rows, outcome.waits, *outcome.ledger]
    return tuple(
        (column.dtype.str, column.tobytes()) if isinstance(column, np.ndarray) else column for column in columns
    )

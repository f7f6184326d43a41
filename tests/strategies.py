"""Small twins in coarse values, so that ties are everywhere: what holds for these holds for any.

Efforts and delays are whole hours from 0 to 4, arrivals come by the hour, people few, queues short. A drawn `Case` has
the twin, twins that take over at dated changes, and a horizon.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import bounds
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


QUEUES = ("lifo", "random", "due_date", "shortest", "shortest_remaining", "cost_of_delay")


PLAIN = st.sampled_from(["priority", "fifo"])


def queues() -> st.SearchStrategy[Any]:
    """A rule by which teams choose; the plain ones half the time."""
    ageing = hours(1, 4).map(lambda time: {"kind": "priority", "ageing": time})
    return PLAIN | st.sampled_from(QUEUES) | ageing


def classes() -> st.SearchStrategy[Written]:
    """Classes of service that may break WIP limits and interrupt; equals of one go by what is due."""
    flags = {"preempts": st.booleans(), "breaks_wip": st.booleans()}
    return st.fixed_dictionaries(
        {
            "expedite": st.fixed_dictionaries({"rank": st.just(1)}, optional=flags),
            "fixed date": st.fixed_dictionaries({"rank": st.just(2), "queue": st.just("due_date")}, optional=flags),
            "standard": st.fixed_dictionaries({"rank": st.just(3)}, optional={"at_most": st.integers(1, 3)}),
        }
    )


PRIORITIES = st.sampled_from([1, 3]).map(lambda priority: {"priority": priority})


def urgency() -> st.SearchStrategy[Written]:
    """How urgent work is: by a class or by a priority, when it is due and what its delay costs."""
    by_class = st.sampled_from(["expedite", "fixed date", "standard"]).map(lambda name: {"class": name})
    more = st.fixed_dictionaries(
        {}, optional={"due": hours(0, 40), "cost_of_delay": st.sampled_from(["100 EUR / week", "300 EUR / week"])}
    )
    return PRIORITIES | st.builds(lambda urgent, more: urgent | more, by_class | PRIORITIES, more)


def shares_of_speed() -> st.SearchStrategy[str]:
    """Speeds that keep whole hours more often than not."""
    return st.sampled_from(["50 %", "100 %", "100 %", "200 %"])


def instants() -> st.SearchStrategy[str]:
    """Whole hours of the first days."""
    return st.integers(-20, 40).map(lambda hour: (START + timedelta(hours=hour)).isoformat())


def people_who_differ() -> st.SearchStrategy[Written]:
    """What a group may say of its people, but skills and preferences."""
    ramp = st.fixed_dictionaries({"from": st.sampled_from(["25 %", "50 %"]), "over": hours(1, 48)})
    return st.fixed_dictionaries(
        {}, optional={"speed": shares_of_speed(), "ramp_up": ramp, "joins": instants()}
    ).flatmap(lambda group: st.just(group) | instants().map(lambda at: group | {"leaves": at}))


def ways_to_work() -> st.SearchStrategy[Written]:
    """What takes people's time besides effort, what they do when they close, and whom a team asks."""
    between = st.sampled_from(["work", "stage", "both"])
    switching = st.fixed_dictionaries({"cost": hours(1, 2), "between": between})
    interruptions = st.fixed_dictionaries({"every": hours(1, 4), "lasting": durations()})
    return st.fixed_dictionaries({}, optional={
        "who": st.sampled_from(["random", "fastest", "same"]), "switching": switching, "interruptions": interruptions,
        "shift_end": st.sampled_from(["finish", "hand_back"]),
    })  # fmt: skip


def several_at_once() -> st.SearchStrategy[Written]:
    """People with several visits at hand."""
    loss = st.sampled_from([{}, {2: "50 %"}, {2: "10 %", 3: "25 %"}])
    return st.builds(
        lambda most, loss, who: {"at_once": most, "loss": loss, "who": who},
        st.sampled_from([3, "unlimited"]), loss, st.sampled_from(["longest_idle", "random", "fastest", "same"]),
    ) | st.just({"at_once": 2})  # fmt: skip


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


def reconciled(phases: list[Written]) -> list[Written]:
    """Take out of the teams of all phases what a dated change cannot bring to those who have several visits at once."""
    sharing = {name for teams in phases for name, team in teams.items() if "at_once" in team}
    apart = {"switching", "interruptions", "shift_end", "turns"}

    def kept(name: str, team: Written) -> Written:
        return {key: value for key, value in team.items() if name not in sharing or key not in apart}

    return [{name: kept(name, team) for name, team in teams.items()} for teams in phases]


@st.composite
def all_teams(draw: st.DrawFn, rules: st.SearchStrategy[Any], before: Written | None = None) -> Written:
    """Every team, perhaps some as before, all with one queue: teams that share a stage must choose alike."""
    queue = draw(rules)
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
    size = {"size": st.just({"1": 0.5, "3": 0.5})}
    poisson = st.fixed_dictionaries(
        {"kind": st.just("poisson"), "rate": st.sampled_from(["3 / day", "9 / day"])},
        optional={"pattern": week, **swings(), **size},
    )
    return some | gap | poisson | dated(size)


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
    """Recurring work, and a programme that is released over a time or at once."""
    recurring = st.fixed_dictionaries(
        {"kind": st.just("recurring"), "on": st.just("mon-fri")}, optional={"at": st.just("06:00"), **size}
    )
    programme = st.fixed_dictionaries(
        {"kind": st.just("programme"), "items": st.integers(1, 6), "from": st.just("2026-01-05")},
        optional={"over": hours(0, 40), "shape": st.sampled_from(["even", "front-loaded"])},
    )
    return recurring | programme


def efforts() -> st.SearchStrategy[Any]:
    """An effort, for all teams alike or for each another one."""
    each = st.fixed_dictionaries(dict.fromkeys(TEAMS, durations()))
    return durations() | durations() | each.map(lambda teams: {"kind": "by_team", "teams": teams})


@st.composite
def step_at(draw: st.DrawFn, stage: str, before: list[str]) -> Written:
    """A step with or without delay and rework, back to one of the stages before or to itself."""
    step: Written = {"stage": stage, "effort": draw(efforts())}
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


def machines(known: list[str], *, choosy: bool) -> st.SearchStrategy[Written]:
    """A machine at a stage, whose errors and checks may lead to known ones."""
    limit = {"eligible": hours(0, 3).map(lambda limit: {"up_to": limit})} if choosy else {}
    return st.fixed_dictionaries(
        {"share": st.sampled_from(["50 %", "100 %"]), "effort": hours(0, 2), "at_once": st.just(2)},
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
        known = [each for each in STAGES if all(each in line for line in own)]
        found[stage] = draw(machines(known, choosy="teams" not in efforts[stage]))
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
    machines_here = draw(automated(route["efforts"], {}, (before or {}).get("automation", {})))
    return {"route": route | machines_here | draw(done_again(list(STAGES)))}


def works(urgent: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    """A work type."""
    ways = steps() | routes()
    return st.builds(
        lambda way, arrivals, urgent: way | urgent | {"arrivals": arrivals},
        ways, arrivals(), urgent,
    )  # fmt: skip


@st.composite
def shared(draw: st.DrawFn) -> list[Written]:
    """A person of two teams, who changes between them by the calendar, or people who go by what waits."""
    calendar = {"calendar": draw(st.sampled_from([*CALENDARS]))}
    count = draw(st.integers(1, 2))
    if draw(st.booleans()):
        given, switch = {TEAMS[0]: "50 %", TEAMS[1]: "25 %"}, draw(st.sampled_from(["day", "half_day"]))
        return [calendar | {"people": count, "teams": given, "switch": switch} | draw(said_of_shared())]
    names = draw(st.permutations(TEAMS))[: draw(st.integers(2, 3))]
    of_all = st.dictionaries(st.sampled_from(STAGES), shares_of_speed(), min_size=1).map(lambda each: {"skills": each})
    skills = draw(st.just({}) | of_all) if len(names) == len(TEAMS) else {}  # who is of all teams serves every stage
    way = draw(st.just({}) | ways_to_work() | several_at_once())
    floats = draw(st.just({}) | st.just(calendar)) | draw(said_of_shared()) | skills | way
    return [floats | {"people": count, "teams": names, "switch": "most_waiting"}]


def said_of_shared() -> st.SearchStrategy[Written]:
    """What may be said of people of several teams, or nothing."""
    ramp = st.fixed_dictionaries({"from": st.sampled_from(["25 %", "50 %"]), "over": hours(1, 48)})
    more = {"speed": shares_of_speed(), "ramp_up": ramp, "meetings": meetings(), **away()}
    dates = st.just({}) | st.sampled_from(["joins", "leaves"]).flatmap(lambda key: instants().map(lambda at: {key: at}))
    return st.just({}) | st.builds(lambda said, date: said | date, st.fixed_dictionaries({}, optional=more), dates)


def sharing_teams(staff: list[Written], more: Written) -> set[str]:
    """Name the teams at whose stages somebody has several visits at once."""
    apart = (each["teams"] for each in more.get("shared", ()) if each.get("at_once", 1) != 1)
    return {name for teams in staff for name, team in teams.items() if "at_once" in team}.union(*apart)


@st.composite
def parts(draw: st.DrawFn, *, plain: bool) -> tuple[Written, Written, Written, Written]:
    """Teams, stages, work types, and what else a twin may have."""
    more: Written = {"calendars": CALENDARS}
    kinds = {
        name: draw(works(PRIORITIES if plain else urgency()))
        for name in ("feature", "defect")[: draw(st.integers(1, 2))]
    }
    if any("class" in kind for kind in kinds.values()):
        more["classes"] = draw(classes())
    if draw(st.booleans()):
        more["handoffs"] = [{"from": a, "to": b, "delay": draw(delays())} for a, b in pairwise([*TEAMS, TEAMS[0]])]
    if draw(st.booleans()):
        way = kinds["feature"]
        stage = way["steps"][0]["stage"] if "steps" in way else draw(st.sampled_from(STAGES))
        entry = {"work": "feature", "stage": stage, "age": draw(hours(0, 9)), "count": draw(st.integers(1, 3))}
        more["inside"] = [entry]
    if draw(st.booleans()):
        more["shared"] = draw(shared())
    return draw(all_teams(PLAIN if plain else queues())), {name: draw(stages()) for name in STAGES}, kinds, more


@st.composite
def changed(draw: st.DrawFn, kind: Written) -> Written:
    """A work type with another urgency, other efforts, delays and rework, or another route, but the same stages."""
    later = kind if "class" in kind else kind | {"priority": draw(st.sampled_from([1, 3]))}
    if "route" in kind:
        return later | draw(routes(kind["route"]))
    line = [step["stage"] for step in kind["steps"]]
    steps = [st.just(step) | step_at(step["stage"], line[: index + 1]) for index, step in enumerate(kind["steps"])]
    return later | {"steps": [draw(step) for step in steps]}


@st.composite
def bounded(
    draw: st.DrawFn, people: Written, places: Written, kinds: Written, more: Written, sharing: set[str]
) -> Twin:  # fmt: skip
    """A twin with limits, gates and ways to leave early; some teams share their attention and do nothing together."""

    def alone(stage: Written) -> Written:
        together = stage.get("batch", {}).get("together") and sharing & {stage.get("team"), *stage.get("teams", ())}
        return {key: value for key, value in stage.items() if key != "batch" or not together}

    return twin(
        {name: draw(bounds.bounded_team(team)) for name, team in people.items()},
        {name: alone(draw(bounds.gated(stage))) for name, stage in places.items()},
        {name: draw(bounds.leaving(kind)) for name, kind in kinds.items()},
        **more, **draw(bounds.limits(kinds, classes="classes" in more)),
    )  # fmt: skip


def whole(*written: Written, bound: bool, sharing: set[str]) -> st.SearchStrategy[Twin]:
    """A twin of its parts, with what bounds the work in it or without."""
    return bounded(*written, sharing) if bound else st.just(twin(*written[:3], **written[3]))


@st.composite
def cases(draw: st.DrawFn, *, plain: bool = False) -> Case:
    """A twin with up to two dated changes of its teams, limits and ways; a plain one has no other features."""
    bound, (people, places, kinds, more) = not plain and draw(st.booleans()), draw(parts(plain=plain))
    differ = not plain and draw(st.booleans())
    phases = [(0, people, places, kinds, more)]
    for hour in sorted(draw(st.lists(st.integers(0, 9) | st.integers(0, 60), max_size=2))):
        people = draw(all_teams(PLAIN if plain else queues(), people))
        places = {name: draw(st.just(places[name]) | stages()) for name in STAGES}
        kinds = {name: draw(st.just(kind) | changed(kind)) for name, kind in kinds.items()}
        more = more | ({"classes": draw(classes())} if "classes" in more else {})
        phases.append((hour, people, places, kinds, more))
    staff = reconciled([draw(with_staff(each[1], each[2])) if differ else each[1] for each in phases])
    if "shared" in more:  # nobody shares going round
        staff = [{n: {k: v for k, v in team.items() if k != "turns"} for n, team in teams.items()} for teams in staff]
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

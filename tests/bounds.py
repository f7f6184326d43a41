"""Limits, gates and ways to leave early, drawn for the small twins of `strategies`: whole hours, small numbers."""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from lengths import durations, hours

STAGES = ("intake", "build", "review")
TEAMS = ("amber", "blue", "coral")

Written = dict[str, Any]
few = st.integers(1, 4)


def sometimes(written: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    """Nothing, in two of three cases."""
    return st.integers(0, 2).flatmap(lambda third: written if third == 2 else st.just({}))


PER_PERSON = sometimes(st.integers(1, 2).map(lambda limit: {"wip_limit_per_person": limit}))


def bounded_team(team: Written) -> st.SearchStrategy[Written]:
    """A team that may have a limit for each of its people."""
    return PER_PERSON.map(lambda more: team | more)


@cache
def blocked() -> st.SearchStrategy[Written]:
    """Obstacles every few hours, sometimes."""
    some = st.fixed_dictionaries(
        {"every": hours(1, 6), "lasting": durations()},
        optional={"counted": st.sampled_from(["clock", "working"]), "parks": st.booleans()},
    )
    return sometimes(some.map(lambda each: {"blocked": each}))


@st.composite
def at_stage(draw: st.DrawFn, stage: Written, sharing: set[str]) -> Written:
    """A stage that may have a batch or gates; done together only without obstacles, by people who do one at a time."""
    more = stage | draw(gates())
    apart = "blocked" in stage or sharing & {stage.get("team"), *stage.get("teams", ())}
    together = apart and more.get("batch", {}).get("together")
    return {key: value for key, value in more.items() if key != "batch" or not together}


@cache
def gates() -> st.SearchStrategy[Written]:
    """What may let visits through in batches or at times, or have them done together."""
    size = st.integers(1, 3)
    batch = st.fixed_dictionaries({"size": size}, optional={"at_most": hours(0, 9)}).map(lambda each: {"batch": each})
    together = st.fixed_dictionaries({"size": size, "together": st.just(True)}).map(lambda each: {"batch": each})
    least = st.just({"batch": {"size": 3, "together": True, "least": 2}})
    more = {
        "capacity": st.integers(1, 2), "cut_off": hours(0, 3),
        "from": st.sampled_from(["2026-01-05T05:00", "2026-01-06", "2025-12-30T23:00"]),
    }  # fmt: skip
    period = st.fixed_dictionaries({"every": hours(1, 12)}, optional=more)
    days = st.sampled_from([{"on": "mon, wed"}, {"on": "mon-fri"}, {"on": "tue", "every": "2 w"}, {"day": 6}])
    dated = st.builds(
        lambda on, at, more: on | at | more,
        days, st.sampled_from([{"at": "08:00"}, {}]), st.fixed_dictionaries({}, optional=more),
    )  # fmt: skip
    opens = st.lists(period | dated, min_size=1, max_size=2).map(lambda each: {"opens": each})
    both = st.builds(lambda one, other: one | other, together, opens)
    return sometimes(batch | together | least | opens | both)


def attentive(people: Any) -> Any:
    """Let nobody have any number of visits at hand: work that is pulled whenever it is begun would come without end."""
    if isinstance(people, list):
        return [attentive(each) for each in people]
    if people.get("at_once") == "unlimited":
        return people | {"at_once": 3}
    return {key: attentive(each) if isinstance(each, dict) and key in TEAMS else each for key, each in people.items()}


@cache
def intake(scopes: tuple[str, ...]) -> st.SearchStrategy[Written]:
    """A limit on arrivals."""
    stages = st.lists(st.sampled_from(STAGES), min_size=1, max_size=2, unique=True)
    return st.fixed_dictionaries(
        {"limit": few},
        optional={"scope": st.sampled_from(scopes) | stages, "beyond": st.sampled_from(["turned_away", "wait"])},
    ).map(lambda each: {"intake": each})


@st.composite
def leaving(draw: st.DrawFn, kind: Written) -> Written:
    """A work type with a limit on its arrivals, ages, patience and chances to be cancelled, or without."""
    stages = [step["stage"] for step in kind["steps"]] if "steps" in kind else list(STAGES)
    ways: list[Written] = []
    if draw(st.booleans()):
        ways.append({"age": draw(hours(1, 30))})
    if draw(st.booleans()):
        some = hours(0, 6) | st.just({"kind": "empirical", "values": ["0 h", "3 h"]})
        ways.append(
            {"patience": draw(some)} | draw(sometimes(st.sampled_from(stages).map(lambda each: {"stage": each})))
        )
    if draw(st.booleans()):
        ways.append({"stage": draw(st.sampled_from(stages)), "chance": draw(st.sampled_from(["20 %", "100 %"]))})
    leaves = draw(st.booleans())
    return kind | draw(sometimes(intake(("work", "system")))) | ({"cancel": ways} if ways and leaves else {})


@st.composite
def limits(draw: st.DrawFn, kinds: Written, *, classes: bool) -> Written:
    """Limits on parts of a twin, and on all arrivals."""
    stages = st.lists(st.sampled_from(STAGES), min_size=1, max_size=3, unique=True).map(lambda each: {"stages": each})
    team, system = st.sampled_from(TEAMS).map(lambda each: {"team": each}), st.just({"system": True})
    works = st.sampled_from(sorted(kinds)).map(lambda each: {"work": [each]})
    service = st.just({"class": "standard"}) if classes else works
    where = st.builds(lambda one, other: one | other, stages | team | system, sometimes(works)) | works | service
    limit = st.builds(lambda where, limit: where | {"limit": limit}, where, few)
    written = {"wip_limits": draw(st.lists(limit, max_size=2))}
    return written | draw(sometimes(intake(("system",))))

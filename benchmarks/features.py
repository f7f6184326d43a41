"""The benchmark's model with one more feature at a time, at the same load.

Every variant keeps one item an hour of working time, the mean efforts and the people of `benchmarks.reference`; what a
feature does beside costing time (more visits, other waits) is its own.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from benchmarks.reference import PER_ITEM, written
from twin.plan import Model, compile_model
from twin.spec import Twin
from twin.units import HOUR, WEEK

WORKING_SHARE: Final = 40 / 168

Written = dict[str, Any]


def calendars(twin: Written) -> Written:
    """Let all work Monday to Friday from 9 to 17, and as much arrive in an hour of work as before in any hour."""
    hours = {"days": "mon-fri", "hours": "09:00-17:00"}
    teams = {name: team | {"calendar": "office"} for name, team in twin["teams"].items()}
    item = twin["work"]["item"] | {"arrivals": {"kind": "poisson", "rate": f"{WORKING_SHARE:.9f} / hour"}}
    return twin | {"calendars": {"office": hours}, "teams": teams, "work": {"item": item}}


def priorities(twin: Written) -> Written:
    """Make three types of one, each more urgent than the next."""
    arrivals = {"kind": "poisson", "rate": f"{1 / 3:.9f} / hour"}
    item = twin["work"]["item"] | {"arrivals": arrivals}
    return twin | {"work": {f"item {urgency}": item | {"priority": urgency} for urgency in (1, 2, 3)}}


def wip_limits(twin: Written) -> Written:
    """Limit every stage but the first: to twice its people and two, or to 40 in the ring of rework, lest it lock."""
    limits = {
        name: 40 if name in PER_ITEM else 2 * team["people"] + 2
        for name, team in twin["teams"].items()
        if name != "intake"
    }
    stages = {name: stage | ({"wip_limit": limits[name]} if name in limits else {}) for name, stage in _stages(twin)}
    return twin | {"stages": stages}


def limited_rework(twin: Written) -> Written:
    """Count rework, and allow five."""
    return _with_steps(twin, lambda step: step | _rework(step, {"limit": 5}))


def without_rework(twin: Written) -> Written:
    """Send nothing back, and make efforts as much longer."""

    def straight(step: Written) -> Written:
        mean = float(step["effort"]["mean"].removesuffix(" h")) * PER_ITEM.get(step["stage"], 1.0)
        return {"stage": step["stage"], "effort": step["effort"] | {"mean": f"{mean:.9f} h"}}

    return _with_steps(twin, straight)


def delays(twin: Written) -> Written:
    """Let items wait before every stage for two hours on average."""
    return _with_steps(twin, lambda step: step | {"delay": {"kind": "exponential", "mean": "2 h"}})


def several_teams(twin: Written) -> Written:
    """Divide every team of two or more in two, either of which takes what comes."""
    teams: Written = {}
    stages: Written = {}
    for name, team in twin["teams"].items():
        people = team["people"]
        parts = {name: people // 2, f"{name} 2": people - people // 2} if people > 1 else {name: people}
        teams |= {part: {"people": count} for part, count in parts.items()}
        stages[name] = {"teams": list(parts)} if people > 1 else {"team": name}
    return twin | {"teams": teams, "stages": stages}


def path_memory(twin: Written) -> Written:
    """Write the route as a graph in which what follows depends on the two stages before."""
    names = [step["stage"] for step in twin["work"]["item"]["steps"]]
    on = dict(zip(names, [*names[1:], "done"], strict=True))
    chances = {step["stage"]: _rework(step, {}).get("rework") for step in twin["work"]["item"]["steps"]}
    shares = {}
    for name, rework in chances.items():
        back = rework["chance"] if rework else 0.0
        shares[name] = {on[name]: 1 - back} | ({"build": back} if rework else {})
    after = {f"{before} > {name}": shares[name] for before in names for name in shares[before] if name != "done"}
    efforts = {step["stage"]: step["effort"] for step in twin["work"]["item"]["steps"]}
    route = {"start": {names[0]: 1.0}, "next": shares | after, "efforts": efforts}
    return twin | {"work": {"item": {"arrivals": twin["work"]["item"]["arrivals"], "route": route}}}


def joins(twin: Written) -> Written:
    """Let the first two stages go on side by side, in any order, and the third begin when both are done."""
    first, second, *rest = twin["work"]["item"]["steps"]
    item = twin["work"]["item"] | {"steps": [{"parallel": [[first], [second]]}, *rest]}
    return twin | {"work": {"item": item}}


def people(factor: int) -> Callable[[Written], Written]:
    """Make everything so many times as large: people and arrivals."""

    def larger(twin: Written) -> Written:
        teams = {name: {"people": team["people"] * factor} for name, team in twin["teams"].items()}
        item = twin["work"]["item"] | {"arrivals": {"kind": "poisson", "rate": f"{factor} / hour"}}
        return twin | {"teams": teams, "work": {"item": item}}

    return larger


FEATURES: Final[Mapping[str, Callable[[Written], Written]]] = MappingProxyType(
    {
        "calendars": calendars,
        "priorities, three": priorities,
        "WIP limits": wip_limits,
        "rework": without_rework,
        "rework with a limit": limited_rework,
        "delays before every stage": delays,
        "two teams a stage": several_teams,
        "path memory, two stages": path_memory,
        "a join of two branches": joins,
    }
)


def variant(change: Callable[[Written], Written], items: int, *, rate: float = 1.0) -> Model:
    """Make a variant, with time enough for so many items at a rate per hour to arrive."""
    twin = Twin.model_validate(change(written()))
    return compile_model(twin, until=round(items * 1.2 / rate) * HOUR + WEEK)


def _stages(twin: Written) -> list[tuple[str, Written]]:
    return list(twin["stages"].items())


def _with_steps(twin: Written, change: Callable[[Written], Written]) -> Written:
    item = twin["work"]["item"]
    return twin | {"work": {"item": item | {"steps": [change(step) for step in item["steps"]]}}}


def _rework(step: Written, more: Written) -> Written:
    return {"rework": step["rework"] | more} if "rework" in step else {}

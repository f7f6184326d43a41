"""People who differ, are interrupted, go round or work on everything at once, in steady state."""

from typing import Any

import numpy as np
import pytest
from theory.cases import all_at_once, going_round, interrupted, looks_again
from theory.chains import Values, skills, unequal
from theory.verdict import Record, Size, replicate, sizes, sizes_and_reference, wrong
from theory.windows import Counted, counted, mean_number
from tiny import twin, work

from twin.eventlog import PLACE_BITS
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR

WARM, TAIL = 1500.0, 5000.0
"""Hours that are not counted at both ends; of several visits at once a long one may take some thousands."""
EXPONENTIAL = {"kind": "exponential", "mean": "1 h"}
EFFORTS = {
    "exp": EXPONENTIAL,
    "det": {"kind": "fixed", "value": "1 h"},
    "lognormal": {"kind": "lognormal", "mean": "1 h", "cv": 2.0},
}


def desk(lam: float, effort: dict[str, Any] = EXPONENTIAL, **team: Any) -> Twin:
    """One stage."""
    arrivals = {"kind": "poisson", "rate": f"{lam} / hour"}
    return twin(
        {"team": {"people": 1, **team}}, {"desk": "team"}, {"x": work(arrivals, {"stage": "desk", "effort": effort})}
    )


def runs(system: Twin, size: Size, hours: float, measured: Any, commit: int = 100) -> list[Values]:
    """Run the replications, with the counted hours in the middle."""
    span = (WARM, WARM + hours * size.length)
    model = compile_model(system, until=round((span[1] + TAIL) * HOUR))
    return replicate(model, lambda visits: measured(counted(visits, span)), size, commit=commit)


def waits(each: Counted) -> Values:
    """Average what a plain queue's visits say."""
    return {"Wq": each.wait(0), "W": each.stay.mean(), "L": each.inside(), "rho": each.there(0, at_work=True)}


@sizes
@pytest.mark.parametrize("rule", ["fastest", "random"])
def test_of_two_unequal_people_the_rule_says_who_takes_an_item(rule: str, size: Size, record_property: Record) -> None:
    people = [{"count": 1}, {"count": 1, "speed": "60 %"}]

    def measured(each: Counted) -> Values:
        fast = each.visits.person >> PLACE_BITS == 0
        used = mean_number(each.started[fast], each.finished[fast], *each.span)
        return {f"L_{rule}": each.inside(), f"W_{rule}": each.stay.mean(), f"U_fast_{rule}": used}

    exact = {name: value for name, value in unequal().items() if rule in name}
    assert not wrong(runs(desk(1.2, people=people, who=rule), size, 8_000, measured), exact, size, record_property)


@sizes
def test_who_has_both_skills_serves_the_preferred_stage_first(size: Size, record_property: Record) -> None:
    people = [{"count": 1, "skills": ["a"]}, {"count": 1, "skills": ["a", "b"], "prefers": ["b", "a"]}]
    works = {
        name: work({"kind": "poisson", "rate": f"{lam} / hour"}, {"stage": name.lower(), "effort": EXPONENTIAL})
        for name, lam in (("A", 0.9), ("B", 0.5))
    }
    system = twin({"team": {"people": people}}, {"a": "team", "b": "team"}, works)

    def measured(each: Counted) -> Values:
        return {"Wq_A": each.wait(0), "Wq_B": each.wait(1)}

    assert not wrong(runs(system, size, 10_000, measured), skills(), size, record_property)


@sizes_and_reference
def test_interruptions_lengthen_work_and_waiting(size: Size, record_property: Record) -> None:
    comes_up = {"every": "5 h", "lasting": {"kind": "exponential", "mean": "1.5 h"}}
    found = runs(desk(0.5, interruptions=comes_up), size, 20_000, waits)
    assert not wrong(found, interrupted(), size, record_property)


@sizes
def test_who_turns_to_other_things_when_nothing_waits_is_missed(size: Size, record_property: Record) -> None:
    found = runs(desk(0.5, turns={"switch": "4 h"}), size, 20_000, waits)
    assert not wrong(found, looks_again(), size, record_property)


@sizes
@pytest.mark.parametrize("rule", ["exhaustive", "gated"])
def test_one_person_who_goes_round_four_stages(rule: str, size: Size, record_property: Record) -> None:
    arrivals = {"kind": "poisson", "rate": "0.15 / hour"}
    works = {name: work(arrivals, {"stage": name, "effort": EXPONENTIAL}) for name in "abcd"}
    team = {"people": 1, "turns": {"switch": "15 min", "service": rule}}
    system = twin({"team": team}, dict.fromkeys("abcd", "team"), works)

    def measured(each: Counted) -> Values:
        at_work = mean_number(each.started, each.finished, *each.span)
        cycle = going_round()["cycle"]
        rounds = 1 - at_work  # an hour of switching is a round; 1 / rounds turns on this average
        return {
            f"Wq_{rule}": float((each.started - each.enabled)[each.chosen].mean()),
            "cycle": cycle * (2 - rounds * cycle),
        }

    exact = {name: value for name, value in going_round().items() if name in {f"Wq_{rule}", "cycle"}}
    assert not wrong(runs(system, size, 20_000, measured), exact, size, record_property)


@sizes
@pytest.mark.parametrize("kind", EFFORTS)
def test_everything_at_once_takes_as_long_whatever_the_law_of_effort(
    kind: str, size: Size, record_property: Record
) -> None:  # fmt: skip
    def measured(each: Counted) -> Values:
        stays = each.finished - each.enabled
        own = (each.visits.finished - each.visits.started - each.visits.suspended) / HOUR
        known = each.chosen & (own > 0)
        empty = 1 - mean_number_present(each)
        return {
            "W": each.stay.mean(),
            "L": each.inside(),
            "P0": empty,
            "slowdown_any_size": (stays[known] / own[known]).mean(),
        }

    found = runs(desk(0.8, EFFORTS[kind], at_once="unlimited"), size, 20_000, measured, commit=200)
    assert not wrong(found, all_at_once(), size, record_property)


def mean_number_present(each: Counted) -> float:
    """Give the share of the span in which anybody is there: the union of the stays."""
    first, last = each.span
    order = np.argsort(each.enabled)
    begin, end = each.enabled[order], np.maximum.accumulate(each.finished[order])
    idle_since = np.concatenate([[0.0], end[:-1]])
    idle = (np.clip(begin, first, last) - np.clip(idle_since, first, last)).clip(0).sum()
    idle += max(last - max(end[-1], first), 0.0)
    return float(1 - idle / (last - first))

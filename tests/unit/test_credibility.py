"""What a twin has earned is kept beside it, and what lies beyond anything observed is told."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import twin, work

from twin.credibility import FILE, Credibility, read_credibility, write_credibility
from twin.errors import InputError
from twin.extrapolation import beyond_observed
from twin.spec import Twin

EARNED = Credibility("B", ("too narrow: 7 of 10",), {"lead_time p85": 0.12}, {"arrivals": (20, 50)})
SEEN = {"arrivals": (20.0, 50.0), "people clerks": (1.0, 4.0)}


def desk(people: int = 3, rate: str = "30 / week", **teams: int) -> Twin:
    letter = work({"kind": "poisson", "rate": rate}, ("answer", "2 h"))
    stages: dict[str, Any] = {"answer": "clerks", **{f"for {team}": team for team in teams}}
    return twin({"clerks": people, **teams}, stages, {"letter": letter})


def test_a_grade_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_credibility(tmp_path, desk(), EARNED)
    assert read_credibility(tmp_path, desk()) == EARNED


def test_a_twin_edited_since_has_earned_nothing(tmp_path: Path) -> None:
    write_credibility(tmp_path, desk(), EARNED)
    assert read_credibility(tmp_path, desk(people=4)) is None


def test_without_a_backtest_there_is_no_grade(tmp_path: Path) -> None:
    assert read_credibility(tmp_path, desk()) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"grade": "A", "reasons": 3}', "nonsense"])
def test_a_damaged_grade_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=r"grade\.json: cannot be read"):
        read_credibility(tmp_path, desk())


def test_what_was_seen_is_not_beyond() -> None:
    assert beyond_observed(SEEN, desk()) == ()


def test_more_work_than_ever_is_told_by_how_much() -> None:
    (found,) = beyond_observed(SEEN, desk(rate="75 / week"))
    assert str(found) == "arrivals: 75 is 50 % beyond anything seen (20 to 50 in a week)"


def test_fewer_people_than_ever_are_beyond_too() -> None:
    (found,) = beyond_observed({**SEEN, "people clerks": (4.0, 6.0)}, desk(people=1))
    assert (found.figure, found.distance) == ("people clerks", 0.75)


def test_a_new_team_is_farthest_from_anything_seen() -> None:
    found = beyond_observed(SEEN, desk(people=8, seniors=1))
    assert [each.figure for each in found] == ["people seniors", "people clerks"]
    assert str(found[0]) == "people seniors: 1; there was no such team in the log"


def test_twice_the_effort_is_a_load_that_no_week_had() -> None:
    letter = work({"kind": "poisson", "rate": "30 / week"}, ("answer", "4 h"))
    slow = twin({"clerks": 3}, {"answer": "clerks"}, {"letter": letter})
    (found,) = beyond_observed({**SEEN, "load clerks": (0.1, 0.2)}, slow)
    assert str(found) == "load clerks: 24 % is 19 % beyond anything seen (10 % to 20 % in a week)"


def test_a_load_is_not_told_beside_the_demand_that_makes_it() -> None:
    found = beyond_observed({**SEEN, "load clerks": (0.3, 0.8)}, desk(rate="75 / week"))
    assert [each.figure for each in found] == ["arrivals"]


def test_where_nothing_is_known_nothing_is_told() -> None:
    assert beyond_observed({}, desk(people=99)) == ()


@given(st.integers(1, 40), st.integers(0, 20), st.integers(0, 20))
def test_the_distance_is_0_exactly_within_the_range(people: int, low: int, more: int) -> None:
    found = beyond_observed({"arrivals": (0, 1e9), "people clerks": (low, low + more)}, desk(people=people))
    assert bool(found) == (not low <= people <= low + more)
    assert all(each.distance > 0 and not math.isnan(each.distance) for each in found)

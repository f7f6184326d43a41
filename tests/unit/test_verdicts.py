"""Measured, weakly identified, assumed: each by its rule, and the weakest are named."""

import pytest
from tiny import twin

from calibration.evidence import Evidence
from calibration.verdicts import judged, weakest
from twin.ensemble import Ensemble
from twin.spec import Twin


def desk(effort: str = "3 h", people: int = 1, share: float = 1.0, rate: int = 40, back: str = "1 h") -> Twin:
    more = {"back": 1 - share} if share < 1 else {}
    route = {
        "start": {"desk": 1},
        "next": {"desk": {"done": share} | more, "back": {"done": 1}},
        "efforts": {"desk": effort, "back": back},
    }
    arrivals = {"kind": "poisson", "rate": f"{rate} / week"}
    return twin({"team": people}, {"desk": "team", "back": "team"}, {"item": {"arrivals": arrivals, "route": route}})


def verdict(path: str, *members: Twin, rows: int = 100, of: Twin | None = None) -> Evidence:
    ensemble = Ensemble("by hand", members) if members else None
    (found,) = judged([Evidence(path, "3 h", "counted", rows)], of or desk(), ensemble)
    return found


EFFORT = "work.item.route.efforts.desk"


def test_a_narrow_interval_is_measured() -> None:
    found = verdict(EFFORT, desk("2.9 h"), desk("3.1 h"))
    assert (found.verdict, found.low, found.high) == ("measured", "2.9 h", "3.1 h")


def test_an_interval_wider_than_half_of_the_estimate_is_weak() -> None:
    assert verdict(EFFORT, desk("2 h"), desk("4 h")).verdict == "weakly identified"


def test_what_is_short_beside_the_longest_time_may_be_wide() -> None:
    path = "work.item.route.efforts.back"
    found = [
        verdict(path, desk(longest), desk(longest, back="3 h"), of=desk(longest)).verdict
        for longest in ("3 h", "600 h")
    ]
    assert found == ["weakly identified", "measured"]


def test_few_rows_are_weak_however_narrow() -> None:
    assert verdict(EFFORT, desk(), desk(), rows=19).verdict == "weakly identified"


def test_a_share_is_weak_from_twenty_points_on() -> None:
    path, usual = "work.item.route.next.desk", desk(share=0.5)
    close, far = (verdict(path, desk(share=low), desk(share=0.6), of=usual).verdict for low in (0.45, 0.35))
    assert (close, far) == ("measured", "weakly identified")


@pytest.mark.parametrize(("rate", "word"), [(40, "measured"), (20, "weakly identified")])
def test_people_are_measured_only_where_they_were_needed(rate: int, word: str) -> None:
    assert verdict("teams.team.people", of=desk(rate=rate)).verdict == word


@pytest.mark.parametrize(
    ("path", "rows"),
    [("log.start.desk", 50), ("teams.team.available", 50), (EFFORT, 0)],
)
def test_what_no_row_tells_is_assumed(path: str, rows: int) -> None:
    assert verdict(path, rows=rows).verdict == "assumed"


def test_what_is_no_part_of_the_twin_has_no_verdict() -> None:
    assert verdict("log.lead_time").verdict == ""


def test_the_widest_interval_is_named_first() -> None:
    narrow, wide = verdict(EFFORT, desk("2 h"), desk("4 h")), verdict(EFFORT, desk("1 h"), desk("9 h"))
    assert weakest([narrow, wide, verdict(EFFORT)], 5) == [wide, narrow]

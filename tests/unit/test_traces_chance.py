"""What chance decides about people, worked out by hand from the numbers that its names give.

Hours since Monday 2026-01-05 00:00. A number drawn is read from the stream by its name, its quantile taken by the
formula, and every instant that follows is derived in a comment; u and the hours are written down as well.
"""

from collections.abc import Iterator
from functools import partial
from math import log
from typing import Any

import pytest
from tiny import listed, run, spans, twin, waits, work

from twin.engine import simulate
from twin.eventlog import PLACE_BITS
from twin.outcome import Outcome
from twin.streams import Purpose, name_hash, uniform
from twin.units import HOUR, WEEK

HAIR = 0.02
"""Hours by which a table of quantiles may be off."""


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def desk(team: dict[str, Any], *hours: float, effort: str) -> Any:
    """A twin with one stage, one team and items that arrive at these hours."""
    return twin({"team": team}, {"desk": "team"}, {"item": work(listed(*hours), ("desk", effort))})


def who(outcome: Outcome) -> list[str]:
    people: list[str] = outcome.log().frame["person"].to_list()
    return people


def drawn(person: int, purpose: Purpose, mean: float) -> Iterator[float]:
    """Give exponential times, in hours, of one kind of a person's spells: -mean x ln(1 - u)."""
    for number in range(9):
        u = uniform(
            seed=1, replication=0, place=name_hash("team"), work=0, number=person, visit=number, purpose=purpose, draw=0
        )
        yield -mean * log(1 - u)


def test_any_of_those_who_are_free_takes_an_item_by_a_draw_of_its_visit() -> None:
    # Three people who are all free whenever an item comes: 30 min of work each, every hour. Person number
    # floor(3 u) of the three, counted from 0, takes it: u = 0.524, 0.122, 0.329, 0.791, 0.974, 0.257.
    name = {"seed": 1, "replication": 0, "place": name_hash("desk"), "work": name_hash("item"), "visit": 0}
    numbers = [uniform(**name, number=item, purpose=Purpose.WHO) for item in range(6)]
    assert [round(u, 3) for u in numbers] == [0.524, 0.122, 0.329, 0.791, 0.974, 0.257]
    outcome = run(desk({"people": 3, "who": "random"}, 0, 1, 2, 3, 4, 5, effort="30 min"))
    assert who(outcome) == ["team-2", "team-1", "team-1", "team-3", "team-3", "team-1"]
    assert [row[2:] for row in spans(outcome)] == [(hour, hour + 0.5) for hour in range(6)]


def test_of_those_who_are_free_only_the_free_are_drawn_from() -> None:
    # The item at 0 goes to one of two, for 4 h; so the one at 1 goes to the other whatever is drawn, and the one at 2
    # waits for the first of them, at 4.
    outcome = run(desk({"people": 2, "who": "random"}, 0, 1, 2, effort="4 h"))
    first, second, third = who(outcome)
    assert {first, second} == {"team-1", "team-2"}
    assert third == first
    assert [row[2:] for row in spans(outcome)] == [(0, 4), (1, 5), (4, 8)]


def test_who_falls_ill_is_away_and_goes_on_where_they_stopped() -> None:
    # One person round the clock, who is ill for 5 h whenever they have been well for an exponential time with mean
    # 24 h: well for 36.755 h, ill 36.755-41.755, well for 8.194 h, ill 49.949-54.949, well for 26.598 h. An item of
    # 46 h that comes at 0: 36.755 h are done by the first illness, 44.949 by the second, the rest takes from 54.949
    # until 56. One that comes at 50, alone, waits until 54.949.
    well = list(drawn(0, Purpose.ABSENCE, 24))[:3]
    assert well == pytest.approx([36.755, 8.194, 26.598], abs=0.001)
    sickness = {"every": "24 h", "lasting": "5 h"}
    outcome = run(desk({"people": 1, "sickness": sickness}, 0, effort="46 h"))
    assert spans(outcome) == [(0, "desk", 0, 56)]
    assert waits(outcome) == [(0, "desk", "OFF_CALENDAR", 0, 10)]
    [(_, _, started, finished)] = spans(run(desk({"people": 1, "sickness": sickness}, 50, effort="1 h")))
    assert (started, finished) == pytest.approx((54.949, 55.949), abs=HAIR)


def test_each_person_of_a_team_is_ill_by_luck_of_their_own() -> None:
    # Two people who are ill for 10 h. Of the first are drawn 73.511 h and 16.388 h, then 53.197 h: away 73.511-83.511,
    # 99.899-109.899 and 163.096-168, the end. Of the second, by its place, 28.035, 44.879, 48.213 and 1.654 h: away
    # 28.035-38.035, 82.914-92.914, 141.127-151.127, 152.781-162.781. Of 336 h they are there 336 - 24.904 - 40.
    assert list(drawn(0, Purpose.ABSENCE, 48))[:3] == pytest.approx([73.511, 16.388, 53.197], abs=0.001)
    assert list(drawn(1, Purpose.ABSENCE, 48))[:4] == pytest.approx([28.035, 44.879, 48.213, 1.654], abs=0.001)
    outcome = run(desk({"people": 2, "sickness": {"every": "48 h", "lasting": "10 h"}}, 0, effort="1 h"), until=WEEK)
    assert outcome.ledger.team_hours[0] / HOUR == pytest.approx(271.096, abs=5 * HAIR)


def test_who_leaves_for_good_is_replaced_after_the_time_it_takes() -> None:
    # One person, in the second group of the team, who stays for an exponential time with mean 40 h; the place is empty
    # for 24 h: 76.161 h, empty until 100.161, then 16.769 h, until 116.931. The item of 77 waits until 100.161; that of
    # 116 has 0.931 h done when the second one leaves, and the rest of it rests for 24 h.
    stays = list(drawn(1 << PLACE_BITS, Purpose.LEAVING, 40))[:2]
    assert stays == pytest.approx([76.161, 16.769], abs=0.001)
    people = [{"count": 0}, {"count": 1, "attrition": {"every": "40 h", "replaced_after": "24 h"}}]
    (first, second) = spans(run(desk({"people": people}, 77, 116, effort="1 h")))
    assert first[2:] == pytest.approx((100.161, 101.161), abs=HAIR)
    assert second[2:] == (116, 141)


def test_who_takes_the_place_of_somebody_who_has_left_is_new_to_it() -> None:
    # As above: the place is taken again at 100.161, by somebody who is at 50 % then and at 100 % after 20 h. An item of
    # 6 h that comes at 103 finds them at 50 % + 50 % x 2.839 / 20 = 57.1 %: 6 h take 10.508 h, to 113.508. The first
    # one, who was there from the start, was as fast as all: 6 h from 10 to 16.
    people = [
        {"count": 0},
        {
            "count": 1,
            "attrition": {"every": "40 h", "replaced_after": "24 h"},
            "ramp_up": {"from": "50 %", "over": "20 h"},
        },
    ]
    outcome = run(desk({"people": people}, 10, 103, effort="6 h"))
    (first, second) = spans(outcome)
    assert first[2:] == (10, 16)
    assert second[2:] == pytest.approx((103, 113.508), abs=HAIR)
    assert waits(outcome) == [(1, "desk", "RAMP_UP", 103, pytest.approx(4.508, abs=HAIR))]

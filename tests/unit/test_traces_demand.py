"""When work arrives, by hand: rates that change, schedules, programmes, and all of them at the same people.

Hours since Monday 2026-01-05 00:00.
"""

from typing import Any

import pytest
from tiny import listed, run, spans, twin, work

from twin.demand import draw_items
from twin.plan import compile_model
from twin.units import HOUR, WEEK


def hours(arrivals: dict[str, Any], until: int = 2 * 24) -> list[float]:
    """When items arrive before an hour."""
    start = twin({"team": 1}, {"desk": "team"}, {"x": work(arrivals, ("desk", "1 h"))})
    model = compile_model(start, until=until * HOUR)
    items = draw_items(model.intakes, model.inside, seed=1, replication=0, until=model.until, limit=None)
    return [round(each / HOUR, 3) for each in items.arrived.tolist()]


def every(gap: str, **more: Any) -> dict[str, Any]:
    """Arrivals one gap after another, in the clock that runs as fast as demand."""
    return {"kind": "renewal", "gap": gap, **more}


def test_all_of_a_day_comes_in_the_half_that_has_the_weight() -> None:
    # twice the rate until noon and nothing after: a gap of 7 h takes 3.5 h, and of that after 10.5 there are 2 h left
    assert hours(every("7 h", pattern={"every": [1, 0]})) == [3.5, 7, 10.5, 26, 29.5, 33]


def test_a_season_changes_the_rate_of_its_month() -> None:
    # half the rate in January: a gap of 6 h takes 12 h
    assert hours(every("6 h", season={"jan": "50 %"})) == [12, 24, 36]


def test_a_burst_at_a_known_time_raises_the_rate_until_it_is_over() -> None:
    # from 6 to 12 three times the rate: 2 h a gap
    burst = {"from": "2026-01-05T06:00", "to": "2026-01-05T12:00", "factor": 3}
    assert hours(every("6 h", bursts=[burst]), until=31) == [6, 8, 10, 12, 18, 24, 30]


def test_demand_that_doubles_in_a_year_comes_faster_by_the_hour() -> None:
    # N(t) = year / (8.766 h ln 2) (2^(t / year) - 1): the year of 8,766 h would have 1,000 at a level rate
    found = hours(every("8.766 h", growth="100 %"), until=8766)
    assert len(found) == int(1000 / 0.693147)  # 1,442.7: as many as a mean rate of 1 / ln 2 gives
    assert found[720] == pytest.approx(8766 * 0.584963, rel=1e-3)  # half of them, 721.3, when 2^x - 1 = 0.5


def test_several_items_may_come_at_once() -> None:
    assert hours(every("20 h", size=2)) == [20, 20, 40, 40]


def test_recurring_work_comes_on_its_weekdays_every_second_week_or_on_a_day_of_the_month() -> None:
    twice = {"kind": "recurring", "on": "mon, thu", "at": "10:00"}
    assert hours(twice, until=200) == [10, 82, 178]
    fortnight = {"kind": "recurring", "on": "mon", "every": "2 w"}  # at 9:00
    assert hours(fortnight, until=700) == [9, 345, 681]
    month = {"kind": "recurring", "day": 31}  # 26 days after the start, then on the 28th of February, 54 days after
    assert hours(month, until=1400) == [26 * 24 + 9, 54 * 24 + 9]


def test_a_programme_releases_its_items_evenly_early_or_in_tranches() -> None:
    whole = {"kind": "programme", "items": 4, "from": "2026-01-05", "over": "40 h"}
    assert hours(whole) == [0, 10, 20, 30]
    # 40 (1 - sqrt(1 - k / 4)): the rate falls to nothing
    assert hours(whole | {"shape": "front-loaded"}) == [0, 5.359, 11.716, 20]
    tranches = [{"at": "2026-01-05T06:00", "items": 2}, {"at": "2026-01-06", "items": 1}]
    assert hours({"kind": "programme", "tranches": tranches}) == [6, 6, 24]


def test_operations_a_project_and_a_programme_share_the_same_person() -> None:
    # the project comes at 8 and nobody is interrupted: 8-14; then the report of 9:00, which is urgent, 14-15, and the
    # programme's parts of 8 and 13, which are less so: 15-18, 18-21
    works = {
        "report": work({"kind": "recurring", "on": "mon"}, ("desk", "1 h"), priority=1),
        "project": work(listed(8), ("desk", "6 h")),
        "part": work(
            {"kind": "programme", "items": 2, "from": "2026-01-05T08:00", "over": "10 h"}, ("desk", "3 h"), priority=9
        ),
    }
    outcome = run(twin({"team": 1}, {"desk": "team"}, works), until=WEEK // 2)
    named = [outcome.labels.works[each] for each in outcome.visits.work.tolist()]
    assert sorted((begun, done, name) for name, (_, _, begun, done) in zip(named, spans(outcome), strict=True)) == [
        (8, 14, "project"), (14, 15, "report"), (15, 18, "part"), (18, 21, "part"),
    ]  # fmt: skip

import numpy as np

from calibration.completeness import COMPLETE, completeness, is_thinned
from twin.units import DAY


def test_where_every_item_is_recorded_the_share_is_one_from_the_shortest_lead_time_on() -> None:
    arrived = np.arange(100, dtype=np.int64) * DAY
    recorded = completeness(arrived, arrived + DAY, end=100 * DAY)
    assert recorded.at(np.array([99 * DAY + 1, 99 * DAY, 50 * DAY])).tolist() == [0, 1, 1]


def test_half_of_the_late_arrivals_are_missing_where_half_of_the_lead_times_are_too_long_for_them() -> None:
    # Each day one item takes 1 day and one takes 50; the log ends on day 100 and holds finished items only
    days = np.arange(100, dtype=np.int64)
    arrived = np.concatenate([days, days[days <= 50]]) * DAY
    finished = np.concatenate([days + 1, days[days <= 50] + 50]) * DAY
    recorded = completeness(arrived, finished, end=100 * DAY)
    assert recorded.at(np.array([90 * DAY, 50 * DAY])).tolist() == [0.5, 1]


def test_a_complete_log_holds_every_arrival_up_to_its_last_instant() -> None:
    assert COMPLETE.at(np.array([0, DAY])).tolist() == [1, 1]


def test_recent_weeks_that_are_as_full_as_old_ones_are_not_thinned() -> None:
    # an item a day; of those of the last half nobody knows when they will be done: their last step says a day ago
    days = np.arange(200, dtype=np.int64)
    lasted = np.where(days < 100, 60 + days % 7, 1)
    arrived, finished = days * DAY, (days + lasted) * DAY
    assert not is_thinned(arrived, completeness(arrived, finished, end=201 * DAY))


def test_a_log_of_finished_items_is_thinned_though_demand_grows() -> None:
    days = np.repeat(np.arange(200, dtype=np.int64), 1 + np.arange(200) // 50)
    arrived, finished = days * DAY, (days + np.resize([1, 3, 30, 60], days.size)) * DAY
    shown = finished <= 200 * DAY
    assert is_thinned(arrived[shown], completeness(arrived[shown], finished[shown], end=200 * DAY))


def test_short_logs_that_no_lead_time_fits_into_show_by_their_last_weeks_that_nothing_is_missing() -> None:
    # three items a day take 60 days, a step each third day; in 70 days none is done and hardly a week is settled
    days = np.repeat(np.arange(70, dtype=np.int64), 3)
    arrived, finished = days * DAY, (days + 3 * np.minimum(20, (69 - days) // 3)) * DAY + 1
    assert not is_thinned(arrived, completeness(arrived, finished, end=70 * DAY))


def test_short_logs_of_finished_items_are_thinned() -> None:
    days = np.repeat(np.arange(70, dtype=np.int64), 12)
    arrived, finished = days * DAY, (days + np.resize([3, 15, 40, 60], days.size)) * DAY
    shown = finished <= 70 * DAY
    assert is_thinned(arrived[shown], completeness(arrived[shown], finished[shown], end=70 * DAY))

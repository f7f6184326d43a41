"""Several visits open at once: who shares attention, and what of a visit's length is its effort."""

from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.attention import Attention, attention_of, integrated, shares_open
from calibration.evidence import Fitted
from calibration.hours import fit_hours, seen_at_work
from calibration.multitasking import LOSSES, Loss, Several, Stretch, fit_several, kept, loss_of, losses_written
from calibration.observed import observe
from calibration.teams import fit_teams
from calibration.workforce import Workforce, fit_workforce
from tests.observed_logs import START, Row, log_of
from twin.calendars import Calendar, timeline
from twin.cli.calibrate import say_verdicts
from twin.eventlog import EventLog
from twin.units import HOUR

WEEKS: Final = 20


def attention(rows: list[Row]) -> Attention:
    seen = observe(log_of(rows))
    always = timeline(Calendar(week={"mon-sun": "00:00-24:00"}), zone="UTC", start=START, since=0, until=1000 * HOUR)
    return attention_of(seen, np.ones(seen.item.size, bool), always)


def hours_alone(rows: list[Row]) -> list[float]:
    """Give each visit's hours at an even share of its person, in the order of the items."""
    found = attention(rows)
    even = np.append(0.0, 1 / np.arange(1, found.most + 1))
    return [round(each, 6) for each in (integrated(found, even) / HOUR).tolist()]


def test_a_visit_beside_another_gets_half_of_its_person_while_both_are_open() -> None:
    assert hours_alone([(0, "build", "a", 0, 4), (1, "build", "a", 2, 6)]) == [3, 3]


def test_another_persons_visits_take_nothing() -> None:
    assert hours_alone([(0, "build", "a", 0, 4), (1, "build", "b", 2, 6)]) == [4, 4]


def test_what_begins_as_another_ends_was_never_beside_it() -> None:
    assert attention([(0, "build", "a", 0, 4), (1, "build", "a", 4, 6)]).first.tolist() == [1, 1]


def test_visits_that_begin_at_once_are_beside_each_other() -> None:
    assert attention([(0, "build", "a", 0, 4), (1, "build", "a", 0, 2)]).first.tolist() == [2, 2]


def test_a_visit_of_no_length_is_beside_what_is_open() -> None:
    found = attention([(0, "build", "a", 0, 4), (1, "build", "a", 2, 2)])
    assert (found.first.tolist(), shares_open(found).tolist()) == ([1, 1], [0, 1])


spans = st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 12))


@settings(max_examples=25)
@given(st.lists(spans, min_size=1, max_size=30))
def test_attention_adds_up_to_the_time_in_which_people_have_something_open(drawn: list[tuple[int, int, int]]) -> None:
    rows: list[Row] = [(item, "build", f"p{who}", at, at + length) for item, (who, at, length) in enumerate(drawn)]
    busy = {(who, hour) for who, at, length in drawn for hour in range(at, at + length)}
    assert sum(hours_alone(rows)) == pytest.approx(len(busy), abs=1e-4)


# --- told from logs -------------------------------------------------------------------------------------------------


def begun(stretched: bool) -> list[Row]:  # noqa: FBT001 - one of two logs
    """Two people open up to three visits each weekday; beside others these take longer, or just as long."""
    rows: list[Row] = []
    for day in [day for day in range(7 * WEEKS) if day % 7 < 5]:
        for who in range(2):
            beside = (day * 3 + who * 2) % 5 % 3 + 1
            length = (0.75 + 0.05 * (day * 7 % 11)) * (beside if stretched else 1)
            at = 24 * day + 9 + who
            rows += [(1000 * who + 10 * day + k, "build", f"p{who}", at, at + length) for k in range(beside)]
    return [(item, stage, who, at, end + 0.01 * (item % 10)) for item, stage, who, at, end in rows]


@cache
def force(stretched: bool) -> Workforce:  # noqa: FBT001 - one of two logs
    log = log_of(begun(stretched))
    return fit_workforce(observe(log), log)


def said(found: Workforce, path: str) -> str:
    (entry,) = [each for each in found.evidence if each.path == f"teams.build team.{path}"]
    return f"{entry.estimate}; {entry.note}"


def test_visits_that_take_longer_beside_others_share_their_person() -> None:
    assert force(True).written["teams"]["build team"]["at_once"] == 3


def test_shared_work_is_not_counted_twice() -> None:
    found = force(True)
    assert found.times.mean() / HOUR == pytest.approx(1.0, rel=0.05)


def test_who_shares_attention_counts_once() -> None:
    assert force(True).written["teams"]["build team"]["people"] == 2


def test_visits_that_take_as_long_beside_others_only_wait_there() -> None:
    found = force(False)
    assert "at_once" not in found.written["teams"]["build team"]
    assert "take nothing of their person" in said(found, "at_once")


def test_what_waits_beside_keeps_its_whole_time() -> None:
    found = force(False)
    assert np.array_equal(found.times, found.opened)


def test_the_evidence_says_how_many_are_open_and_how_lengths_grow() -> None:
    (entry,) = [each for each in force(True).evidence if each.path == "teams.build team.at_once"]
    assert ("32.4% 3 of worked time; visits begun" in entry.method, entry.verdict) == (True, "measured")


def one_by_one() -> EventLog:
    return log_of([(k, "build", "a", 24 * k + 9.0, 24 * k + 10.0) for k in range(60)])


def several_of(log: EventLog) -> Fitted[dict[int, Several]]:
    seen = observe(log)
    teams = fit_teams(seen).value
    hours = tuple(each.open for each in seen_at_work(seen, teams, start=START, zone="UTC"))
    return fit_several(seen, teams, hours, ())


def test_a_log_without_overlaps_has_nothing_to_say_about_them() -> None:
    assert several_of(one_by_one()) == Fitted({}, ())


def test_starts_that_nobody_recorded_tell_nothing_of_what_was_open() -> None:
    log = replace(log_of(begun(True)), starts_assumed=True)
    assert not fit_workforce(observe(log), log).several


def always_three() -> EventLog:
    """Somebody has three visits open all the time: each takes three hours, and one ends every hour."""
    return log_of([(k, "build", "a", float(k), k + 3.0) for k in range(24 * 20)])


def test_where_the_number_open_never_changes_time_alone_decides_and_the_loss_is_assumed() -> None:
    log = always_three()
    found = fit_workforce(observe(log), log)
    verdicts = {each.path.rpartition(".")[2]: each.verdict for each in found.evidence if each.verdict}
    assert (found.written["teams"]["build team"]["at_once"], verdicts) == (3, {"at_once": "assumed", "loss": "assumed"})


def test_an_unknown_loss_lies_between_none_and_forty_percent() -> None:
    log = always_three()
    (loss,) = fit_workforce(observe(log), log).losses.values()
    assert (loss.quantile(0.025), loss.mean, loss.quantile(0.975)) == pytest.approx((0.01, 0.2, 0.39), abs=0.01)


def test_the_command_line_says_what_visits_open_beside_others_mean() -> None:
    said = [line for line in say_verdicts(force(True).evidence) if line.startswith("several visits open")]
    assert said == [
        "several visits open at a time are taken so: build team up to 3 visits at once, with attention shared"
    ]


# --- losses ---------------------------------------------------------------------------------------------------------


def test_losses_grow_with_the_number_and_are_as_asked_for_two() -> None:
    written = losses_written(4, 0.1)
    assert (written[2], list(written.values())) == (0.1, sorted(written.values()))


def test_no_loss_is_not_written() -> None:
    assert losses_written(4, 0.0) == {}


def crowded(open_: int) -> Several:
    rows: list[Row] = [(k, "build", "a", 0, 40) for k in range(open_)]
    return Several(attention(rows), 3, Stretch(np.nan, np.inf))


def test_more_open_than_people_work_on_cost_no_more() -> None:
    left = kept(crowded(5), 0.2)
    assert (left[2], left[3], left[5]) == pytest.approx((0.8, left[3], left[3]))


def test_a_team_that_coped_cannot_have_lost_more_than_it_had_to_spare() -> None:
    # half of the time two are open, half of the time one; with its hands full it must still do all of it
    rows: list[Row] = [(k, "build", "a", 8 * k, 8 * k + 8) for k in range(10)]
    rows += [(100 + k, "build", "a", 16 * k, 16 * k + 8) for k in range(5)]
    seen = observe(log_of(rows))
    (hours,) = fit_hours(seen, fit_teams(seen).value, start=START, zone="UTC").value
    loss = loss_of(Several(attention(rows), 2, Stretch(np.nan, np.inf)), seen, hours._replace(people=1))
    assert loss.quantile(1.0) < 0.07


def test_a_loss_told_by_the_log_has_the_logs_interval() -> None:
    several = crowded(3)._replace(stretch=Stretch(1 - np.log2(0.8), 0.02))
    seen = observe(log_of([(k, "build", "a", 0, 40) for k in range(3)]))
    (hours,) = fit_hours(seen, fit_teams(seen).value, start=START, zone="UTC").value
    loss = loss_of(several, seen, hours)
    assert (loss.quantile(0.025), loss.quantile(0.975)) == pytest.approx((0.178, 0.222), abs=0.006)


def test_weights_of_losses_sum_to_one() -> None:
    assert Loss(np.full(LOSSES.size, 1 / LOSSES.size)).mean == pytest.approx(0.2)

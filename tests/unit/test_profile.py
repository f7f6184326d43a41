"""A log is looked over before it is modelled, whatever its kind: what to doubt, how it flows, what is ageing."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import altair as alt
import pytest

from calibration import profile_charts as charts
from calibration.profile import Profile, profile_log
from calibration.profile_file import written
from calibration.profile_page import profile_page
from calibration.profile_words import doubts, headlines
from twin.units import DAY, HOUR

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
VISITS = "case_id,activity,resource,start_time,end_time"
HISTORY = "number,state,assigned_to,assignment_group,updated_at"
ITEMS = "Key,Created,Started,Done,Team"
FLOW = "ID,Backlog,Build,Test,Done"


def at(hours: float) -> str:
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def look(folder: Path, header: str, rows: Sequence[str], *, now: datetime = NOW) -> Profile:
    path = folder / "log.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return profile_log([path], now=now, accept_rejects=True)


def visits(count: int = 40) -> list[str]:
    """Give items that two people take from build to review, one a day."""
    return [
        f"K-{n},{stage},{who},{at(24 * n + begin)},{at(24 * n + begin + 2)}"
        for n in range(count)
        for stage, who, begin in (("build", "Ada Example", 0), ("review", "Bob Example", 5))
    ]


def tickets(count: int = 40) -> list[str]:
    """Give tickets that go from the desk to the network and are done, one a day; the last two stay open."""
    lives = (("New", "", "desk", 0), ("Active", "Ada Example", "network", 3), ("Resolved", "Ada Example", "network", 7))
    return [
        f"T-{n},{state},{who},{team},{at(24 * n + begin)}"
        for n in range(count)
        for state, who, team, begin in (lives if n < count - 2 else lives[:2])
    ]


def kinds() -> dict[str, tuple[str, list[str]]]:
    items = [f"I-{n},{at(24 * n)},{at(24 * n + 5)},{at(24 * n + 9) if n % 9 else ''},red" for n in range(40)]
    flow = [f"F-{n},{at(24 * n)},{at(24 * n + 5)},,{at(24 * n + 9)}" for n in range(40)]
    return {
        "visits": (VISITS, visits()),
        "history": (HISTORY, tickets()),
        "items": (ITEMS, items),
        "flow": (FLOW, flow),
    }


@pytest.mark.parametrize("kind", ["visits", "history", "items", "flow"])
def test_every_kind_of_log_is_looked_over(tmp_path: Path, kind: str) -> None:
    profile = look(tmp_path, *kinds()[kind])
    assert profile.items == 40
    assert profile.little.holds
    assert int(profile.weeks.arrivals.sum()) == 40
    assert int(profile.weeks.completions.sum()) == 40 - profile.inside.number == int(profile.lead.finished)


@pytest.mark.parametrize("kind", ["visits", "history", "items", "flow"])
def test_the_page_names_no_person_loads_nothing_and_its_charts_are_valid(tmp_path: Path, kind: str) -> None:
    profile = look(tmp_path, *kinds()[kind])
    page = profile_page(profile, [tmp_path / "log.csv"], made=NOW)
    figures = json.dumps(written(profile), allow_nan=False)
    assert "Example" not in page + figures
    assert "default-src 'none'" in unescape(page)
    handoffs = None if profile.handoffs is None else charts.handoff_chart(profile.handoffs, profile.teams)
    drawn = [
        charts.flow_chart,
        charts.inside_chart,
        charts.rate_chart,
        charts.scatter_chart,
        charts.ageing_chart,
        charts.waiting_chart,
    ]
    for chart in (*(each(profile) for each in drawn), handoffs):
        if chart is not None:
            alt.Chart.from_dict(dict(chart.spec))


def test_equal_logs_give_equal_pages(tmp_path: Path) -> None:
    profile = look(tmp_path, VISITS, visits())
    once, again = (profile_page(profile, [tmp_path / "log.csv"], made=NOW) for _ in range(2))
    assert once == again


def test_names_are_data_and_never_run(tmp_path: Path) -> None:
    rows = [row.replace("build", "</script><script>alert(1)</script>") for row in visits()]
    page = profile_page(look(tmp_path, VISITS, rows), [tmp_path / "log.csv"], made=NOW)
    assert "<script>alert" not in page


# how work flows


def test_waiting_belongs_to_the_way_it_was_on(tmp_path: Path) -> None:
    (first, *_) = look(tmp_path, VISITS, visits()).moves
    assert (first.before, first.stage, first.visits, first.mean) == ("build", "review", 40, 3 * HOUR)


def test_time_in_statuses_adds_up_to_the_time_before_done(tmp_path: Path) -> None:
    stays = look(tmp_path, HISTORY, tickets()).stays
    told = {each.status: (each.means, each.stays) for each in stays}
    assert told == {"New": ("waiting", 40), "Active": ("work", 40)}
    assert sum(each.share for each in stays) == pytest.approx(1)


def test_handoffs_between_teams_are_counted_by_pair(tmp_path: Path) -> None:
    handoffs = look(tmp_path, HISTORY, tickets()).handoffs
    assert handoffs is not None
    counts = {
        (source, target): handoffs.counts[row][column]
        for row, source in enumerate(handoffs.teams)
        for column, target in enumerate(handoffs.teams)
    }
    assert (counts["desk", "network"], counts["network", "desk"], handoffs.total) == (40, 0, 40)


def test_teams_nobody_named_are_learned_from_who_does_what(tmp_path: Path) -> None:
    profile = look(tmp_path, VISITS, visits())
    assert profile.handoffs is not None
    assert (sorted(profile.handoffs.teams), profile.handoffs.total) == (["build team", "review team"], 40)
    assert profile.teams.startswith("learned")


def test_weeks_begin_on_monday_and_know_what_is_inside(tmp_path: Path) -> None:
    weeks = look(tmp_path, HISTORY, tickets()).weeks
    assert (weeks.arrivals.tolist()[:2], weeks.inside.tolist()[-1]) == ([7, 7], 2)
    assert weeks.at.sum(axis=0).tolist() == weeks.inside.tolist()


# what is open


def test_an_open_item_nobody_touched_for_long_is_a_zombie(tmp_path: Path) -> None:
    old = ["Z-1,New,,desk," + at(2), "Z-2,New,,desk," + at(24 * 38)]
    inside = look(tmp_path, HISTORY, [*tickets(), *old]).inside
    assert [each.case for each in inside.oldest if each.zombie] == ["Z-1", "T-38", "Z-2"]
    assert (inside.number, inside.limit) == (4, 7 * HOUR)
    assert inside.oldest[0].age == pytest.approx(38.96 * DAY, rel=0.01)


def test_an_update_that_changes_nothing_touches_an_item(tmp_path: Path) -> None:
    rows = ["Z-1,New,,desk," + at(2), "Z-1,New,,desk," + at(24 * 39 + 3)]
    inside = look(tmp_path, HISTORY, [*tickets(), *rows]).inside
    assert [(each.case, each.idle) for each in inside.oldest[:1]] == [("Z-1", 0)]


def test_open_items_make_times_longer_than_finished_ones_alone_say(tmp_path: Path) -> None:
    rows = [f"Z-{n},New,,desk,{at(24 * n)}" for n in range(20)]
    lead = look(tmp_path, HISTORY, [*tickets(), *rows]).lead
    assert (lead.open, lead.finished, lead.method) == (22, 38, "censored")
    assert lead.bias is not None
    assert lead.bias < 0


# what to doubt


def said(profile: Profile, text: str) -> bool:
    return any(text in doubt for doubt in doubts(profile))


def test_items_closed_in_one_minute_are_told(tmp_path: Path) -> None:
    rows = [
        f"B-{n},{state},,desk,{at(24 * n + 1 if state == 'New' else 24 * 45)}"
        for n in range(12)
        for state in ("New", "Resolved")
    ]
    profile = look(tmp_path, HISTORY, [*tickets(), *rows])
    assert (profile.quality.bulk.minutes, profile.quality.bulk.in_bulk) == (1, 12)
    assert said(profile, "12 of 50 closings came in heaps")


def test_closing_on_friday_evening_is_told(tmp_path: Path) -> None:
    rows = [f"F-{n},{at(168 * n)},{at(168 * n + 5)},{at(168 * n + 4 * 24 + 17)},red" for n in range(20)]
    profile = look(tmp_path, ITEMS, rows)
    assert said(profile, "100% of closings fall into one hour of the week, fri 17:00")


def test_instants_in_the_future_are_told(tmp_path: Path) -> None:
    assert look(tmp_path, VISITS, visits(), now=START + timedelta(days=39)).quality.future == 3
    assert look(tmp_path, VISITS, visits()).quality.future == 0


def test_a_status_renamed_in_the_middle_is_told(tmp_path: Path) -> None:
    rows = [row.replace("Active", "Active" if n < 60 else "In Progress") for n, row in enumerate(tickets())]
    profile = look(tmp_path, HISTORY, rows)
    assert [(each.before, each.after) for each in profile.quality.renamed] == [("Active", "In Progress")]
    assert said(profile, "Active stops where In Progress begins, 2024-01-21: renamed?")


def test_stages_of_different_places_are_not_taken_for_renamed(tmp_path: Path) -> None:
    rows = [f"A-{n},alpha,x,{at(24 * n)},{at(24 * n + 2)}" for n in range(20)]
    rows += [
        f"B-{n},{stage},x,{at(24 * n + begin)},{at(24 * n + begin + 2)}"
        for n in range(22, 44)
        for stage, begin in (("beta", 0), ("gamma", 4), ("delta", 8))
    ]
    assert look(tmp_path, VISITS, rows).quality.renamed == ()


def test_duplicates_and_rejected_rows_are_told(tmp_path: Path) -> None:
    rows = [*visits(), visits()[0], f"K-9,build,Ada,{at(5)},{at(4)}"]
    profile = look(tmp_path, VISITS, rows)
    assert said(profile, "1 rows repeat another one")
    assert said(profile, "1 rows rejected: ends before it starts")
    assert "82 rows read = 80 used + 2 rejected." in headlines(profile)

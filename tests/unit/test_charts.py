"""Charts: what is drawn is what was measured, in units people read, and it can be drawn."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import altair as alt
import numpy as np
import pytest

from twin import drawings
from twin.answer import Answer
from twin.charts import (
    MOST_EFFECTS,
    MOST_TEAMS,
    Side,
    effect_chart,
    lead_time_chart,
    throughput_chart,
    utilisation_chart,
    wip_chart,
)
from twin.compare import Comparison, Key, Row, ScenarioComparison, judge
from twin.curves import MOST_POINTS, lead_time_curve, weekly_curve
from twin.estimate import mean_estimate, paired_difference
from twin.experiment import Replicated
from twin.page import Chart, Section, render
from twin.replication import Candidate

BASIS = "n = 4."
ANSWER = Answer.model_validate({"metric": "lead_time", "statistic": "p85", "better": "lower", "worth": "12 h"})
LONG = "let every second team review the work of the first one before it is built, on Tuesdays"
NOISE = np.array([-1.0, -0.5, 0.5, 1.0])
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def scenario(name: str, hours: float, teams: int = 0) -> ScenarioComparison:
    """Make a scenario that changes the asked figure by so many hours, give or take one."""
    base = np.full(4, 200.0)
    asked = paired_difference(base, base + hours + (NOISE if hours else 0), unit="h")
    rows = tuple(utilisation(f"team {number}", 0.5 + number / 100) for number in range(teams))
    return ScenarioComparison(name, (), asked, judge(name, asked, ANSWER), rows)


def utilisation(team: str, share: float) -> Row:
    before, after = share + NOISE / 1000, share + 0.1 + NOISE / 1000
    return Row(
        Key("utilisation", "mean", team),
        "share",
        "lower",
        mean_estimate(before),
        mean_estimate(after),
        paired_difference(before, after),
    )


def run(hours: float = 10.0, weeks: int = 8, growth: float = 0.0) -> Replicated:
    """Make four replications: lead times evenly spread up to `hours`, week after week so many items more inside."""
    grid = np.linspace(0, hours, 101)
    nothing, runs = np.zeros((4, weeks)), np.arange(4.0)[:, None]
    weekly = np.stack([nothing, nothing + 4 + runs, nothing + 10 + runs + growth * np.arange(weeks)], axis=2)
    lead_times = grid * (1 + NOISE[:, None] / 100)
    return Replicated(cast("Candidate", None), (), np.empty((4, 0)), weekly, lead_times, 0, ())


def compared(scenarios: Sequence[ScenarioComparison]) -> Comparison:
    return Comparison("Which?", ANSWER, mean_estimate(np.full(4, 200.0) + NOISE), tuple(scenarios), ())


def effects(*scenarios: ScenarioComparison) -> Chart:
    return effect_chart(compared(scenarios), scenarios, BASIS)


def points(chart: Chart, field: str) -> list[dict[str, Any]]:
    """Give the points of the chart's data that have a field."""
    return [point for points in chart.spec["datasets"].values() for point in points if field in point]


def side(changed: Replicated, base: Replicated | None = None) -> Side:
    return Side("more people", base or run(), changed)


def every_kind() -> tuple[Chart, ...]:
    """Draw every kind of chart, of scenarios that are good, very bad and of no effect, with awkward names."""
    scenarios = [scenario(name, hours, teams=3) for name, hours in (("good", -30), (LONG, 900), ("a.b[0]'", 0))]
    sides = [Side(each.name, run(), run(growth=30)) for each in scenarios]
    busy = utilisation_chart(scenarios, BASIS)
    assert busy is not None
    curves = (lead_time_chart(sides, BASIS), wip_chart(sides, BASIS), throughput_chart(sides, BASIS))
    return effects(*scenarios), *curves, busy


def test_a_difference_stands_with_its_interval_and_its_judgement_in_words() -> None:
    [point] = points(effects(scenario("more people", -30)), "judgement")

    assert (point["value"], point["judgement"], point["effect"]) == (-30, "worth it", "−30.0 h (−31.5 to −28.5)")  # noqa: RUF001 - a minus
    assert point["low"] < -30 < point["high"]


def test_judgements_differ_in_colour_where_they_differ_in_consequence() -> None:
    chart = effects(scenario("good", -30), scenario("bad", 30), scenario("nothing", 0))

    assert len({point["colour"] for point in points(chart, "judgement")}) == 3


def test_differences_of_two_days_and_more_are_drawn_in_days() -> None:
    [point] = points(effects(scenario("more people", -72)), "judgement")

    assert point["value"] == -3


def test_the_band_of_what_does_not_matter_reaches_from_minus_to_plus_worth() -> None:
    chart = effects(scenario("more people", -30))
    [band] = [point for point in points(chart, "high") if "name" not in point]

    assert (band, "less than the 12 h that matter" in chart.note) == ({"low": -12, "high": 12}, True)


def test_a_very_bad_scenario_does_not_hide_the_others() -> None:
    *_, worst = points(effects(scenario("good", -20), scenario("very bad", 900)), "judgement")

    assert (worst["shape"], worst["value"] < 50) == ("triangle-right", True)


def test_a_long_name_is_folded_and_loses_nothing() -> None:
    [point] = points(effects(scenario(LONG, -30)), "judgement")

    assert point["label"].replace("\n", "") == LONG
    assert max(map(len, point["label"].split("\n"))) <= 34


def test_scenarios_left_out_are_told() -> None:
    chart = effects(*(scenario(f"change {number}", -number) for number in range(MOST_EFFECTS + 5)))

    assert len(points(chart, "judgement")) == MOST_EFFECTS
    assert "The first 40 of 45 scenarios are drawn." in chart.note


def test_higher_is_better_turns_the_sides_of_the_axis() -> None:
    upside_down = compared([scenario("more people", -30)])._replace(
        answer=ANSWER.model_copy(update={"better": "higher"})
    )
    axis = json.dumps(effect_chart(upside_down, upside_down.scenarios, BASIS).spec, ensure_ascii=False)

    assert "← worse" in axis


def test_lead_times_are_drawn_up_to_the_slowest_items() -> None:
    drawn = points(lead_time_chart([side(run(hours=20))], BASIS), "at")

    assert max(point["at"] for point in drawn) == 0.95
    assert max(point["mean"] for point in drawn) == pytest.approx(19.0)


def test_lead_times_of_two_days_and_more_are_drawn_in_days() -> None:
    chart = lead_time_chart([side(run(hours=240), run(hours=240))], BASIS)

    assert chart.title == "Share of items done within so many days"
    assert max(point["mean"] for point in points(chart, "at")) == pytest.approx(9.5)


def test_a_curve_is_a_mean_over_replications_inside_its_interval() -> None:
    curve = lead_time_curve(run())

    assert curve.mean == pytest.approx(np.linspace(0, 10, 101))
    assert (curve.low[1:] < curve.mean[1:]).all()


def test_no_item_done_gives_no_curve() -> None:
    assert lead_time_curve(run()._replace(lead_times=np.empty((0, 101)))).at.size == 0


def test_weeks_count_from_one_and_hold_the_mean_and_eight_of_ten_replications() -> None:
    curve = weekly_curve(run(), "wip")

    assert (curve.at[0], curve.mean[0], curve.low[0], curve.high[0]) == (1, 11.5, 10.3, 12.7)


def test_a_long_horizon_is_drawn_in_steps_of_whole_weeks() -> None:
    curve = weekly_curve(run(weeks=3 * MOST_POINTS - 1, growth=1.0), "wip")

    assert curve.at.size == MOST_POINTS - 1
    assert (curve.at[0], curve.mean[0]) == (2, 12.5)


def test_a_curve_that_leaves_its_panel_is_told() -> None:
    assert "goes on outside" in wip_chart([side(run(growth=30))], BASIS).note
    assert "goes on outside" not in wip_chart([side(run())], BASIS).note


def test_throughput_says_how_many_weeks_a_point_takes_together() -> None:
    chart = throughput_chart([side(run(weeks=52), run(weeks=52))], BASIS)

    assert "Each point takes 2 weeks together." in chart.note


def test_the_busiest_team_stands_first() -> None:
    chart = utilisation_chart([scenario("more people", -30, teams=3)], BASIS)

    assert chart is not None
    assert points(chart, "team")[0]["team"] == "team 2"


def test_teams_left_out_are_told() -> None:
    chart = utilisation_chart([scenario("more people", -30, teams=MOST_TEAMS + 1)], BASIS)

    assert chart is not None
    assert "The first 20 of 21 teams are drawn." in chart.note


def test_without_working_hours_there_is_no_utilisation_to_draw() -> None:
    assert utilisation_chart([scenario("more people", -30)], BASIS) is None


def test_names_stand_in_the_data_only() -> None:
    chart = effects(scenario("datum.x", -30))

    assert "datum.x" not in json.dumps({name: part for name, part in chart.spec.items() if name != "datasets"})


def test_a_drawing_that_was_kept_is_filled_in_as_one_just_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKTWIN_CACHE", str(tmp_path))
    made = every_kind()
    monkeypatch.setattr(drawings, "_effects", None)
    monkeypatch.setattr(drawings, "_facets", None)

    assert every_kind() == made


def test_every_chart_obeys_the_schema_of_vega_lite() -> None:
    assert [alt.Root.validate(dict(chart.spec)) for chart in every_kind()] == [None] * 5  # raises where one does not


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path: the charts were not drawn in a browser")
def test_a_browser_draws_every_chart_without_a_word_of_warning(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(render("Charts", [Section("All", every_kind())]), encoding="utf-8")
    options = "--headless --no-sandbox --disable-gpu --enable-logging=stderr --virtual-time-budget=8000 --dump-dom"
    opened = subprocess.run(
        [str(CHROMIUM), *options.split(), f"--user-data-dir={tmp_path / 'profile'}", (tmp_path / "page.html").as_uri()],
        capture_output=True,
        timeout=120,
        check=True,
    )

    assert opened.stdout.decode().count('role="graphics-document"') == 5
    assert [line for line in opened.stderr.decode().splitlines() if "CONSOLE" in line] == []

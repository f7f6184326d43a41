import math
import time
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.demand import draw_items
from twin.engine import reference
from twin.errors import InputError
from twin.eventlog import EventLog
from twin.figures import METRICS, OF_MONEY
from twin.metrics import lead_time_grid, little, measure, weekly
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR, WEEK
from twin.yardstick import EARLY, Yardstick, yardstick

Row = tuple[int, str, str | None, float | None, float | None, float | None, float | None]
"""item, work, team, enabled, started, suspended, finished; in hours"""

WINDOW = (24 * HOUR, 192 * HOUR)  # the second to the eighth day: one week
OFFICE = {"days": "mon-sun", "hours": "08:00-16:00"}

ROWS: list[Row] = [
    # A feature: 8 h on the first day, 2 h on the second; the window cuts it at hour 24. Lead 34, cycle 26, worked 10.
    (0, "feature", "dev", 0, 8, 16, 34),
    # A feature with two visits. Lead 28, cycle 24, worked 2 + 2.
    (1, "feature", "dev", 30, 34, 0, 36),
    (1, "feature", "rev", 36, 56, 0, 58),
    # A bug. Lead 20, cycle 2, worked 2.
    (2, "bug", "dev", 40, 58, 0, 60),
    # A bug that is in work until the end: four days of 8 h until hour 192.
    (3, "bug", "dev", 100, 104, None, None),
    # A bug that was done before the window, and a feature that waits.
    (4, "bug", "dev", 10, 10, 0, 12),
    (5, "feature", None, 150, None, None, None),
]


def log_of(rows: list[Row], *, end: float = 200) -> EventLog:
    def ticks(place: int) -> list[int | None]:
        return [None if (hour := row[place]) is None else round(float(hour) * HOUR) for row in rows]

    frame = pl.DataFrame(
        {
            "item": pl.Series([row[0] for row in rows], dtype=pl.Int64),
            "work": pl.Series([row[1] for row in rows], dtype=pl.Enum(["feature", "bug", "chore"])),
            "stage": pl.Series(["work"] * len(rows), dtype=pl.Enum(["work"])),
            "visit": pl.Series([0] * len(rows), dtype=pl.Int32),
            "team": pl.Series([row[2] for row in rows], dtype=pl.Enum(["dev", "rev"])),
            "person": pl.Series([None] * len(rows), dtype=pl.Enum([])),
            **{
                name: pl.Series(ticks(place), dtype=pl.Int64)
                for name, place in (("enabled", 3), ("delayed", 3), ("queued", 3), ("started", 4), ("suspended", 5))
            },
            "finished": pl.Series(ticks(6), dtype=pl.Int64),
        }
    )
    return EventLog(frame, two_teams().start, "UTC", round(end * HOUR))


def two_teams(**changes: object) -> Twin:
    """Two developers at 50 EUR and a reviewer at 100 EUR, who work 8 h on each day."""
    effort = {"kind": "exponential", "mean": "2 h"}
    steps = [{"stage": "build", "effort": effort}, {"stage": "review", "effort": effort}]
    work = {"arrivals": {"kind": "poisson", "rate": "20 / week"}, "steps": steps}
    parts = {
        "twin": "two teams",
        "clock": {"starts": "2026-01-05"},
        "calendars": {"office": OFFICE, "late": {"days": "mon-fri", "hours": "12:00-20:00"}},
        "teams": {
            "dev": {"people": 2, "calendar": "office", "cost": "50 EUR/h"},
            "rev": {"people": 1, "calendar": "office", "cost": "100 EUR/h"},
        },
        "stages": {"build": {"team": "dev"}, "review": {"team": "rev"}},
        "work": {"feature": {**work, "sla": {"lead_time": "28 h", "share": "85 %"}}, "bug": work, "chore": work},
    }
    return Twin.model_validate({**parts, **changes})


def teams(dev: object, rev: object) -> Twin:
    return two_teams(teams={"dev": dev, "rev": rev})


def values(table: pl.DataFrame, metric: str, scope: str) -> list[float | None]:
    found = table.filter((pl.col("metric") == metric) & (pl.col("scope") == scope))["value"]
    return [None if value is None else round(value, 9) for value in found]


def near(*expected: float) -> list[float]:
    return [round(value, 9) for value in expected]


@pytest.fixture(scope="module")
def measured() -> pl.DataFrame:
    return measure(log_of(ROWS), yardstick(two_teams(), window=WINDOW))


@pytest.mark.parametrize(
    ("metric", "scope", "expected"),
    [
        # Lead times 20, 28 and 34: p85 lies 0.85 x 2 = 1.7 steps from the first, p95 1.9.
        ("lead_time", "all", near(82 / 3, 28, 28 + 0.7 * 6, 28 + 0.9 * 6)),
        ("lead_time", "feature", near(31, 31, 28 + 0.85 * 6, 28 + 0.95 * 6)),
        ("lead_time", "bug", near(20, 20, 20, 20)),
        # Cycle times 2, 24 and 26.
        ("cycle_time", "all", near(52 / 3, 24, 24 + 0.7 * 2, 24 + 0.9 * 2)),
        ("throughput", "all", near(3)),
        ("throughput", "feature", near(2)),
        # Inside the 168 h of the window: features 10 + 28 + 42 h, bugs 20 + 92 h.
        ("wip", "feature", near(80 / 168)),
        ("wip", "bug", near(112 / 168)),
        ("wip", "all", near(192 / 168)),
        # Worked 10 + 4 h of 62 h, and 2 h of 20 h.
        ("flow_efficiency", "feature", near(14 / 62)),
        ("flow_efficiency", "all", near(16 / 82)),
        # Of lead times 28 and 34 h, one is within 28 h; bugs have no promise.
        ("sla_share", "feature", near(0.5)),
        ("sla_share", "all", near(0.5)),
        ("sla_share", "bug", []),
        # Two people for 7 days of 8 h have 112 h, busy for 2 + 2 + 2 + 32; one has 56 h, busy for 2.
        ("utilisation", "dev", near(38 / 112)),
        ("utilisation", "rev", near(2 / 56)),
        # 112 h at 50 EUR and 56 h at 100 EUR, for 3 items.
        ("cost_per_item", "dev", near(5600 / 3)),
        ("cost_per_item", "all", near(11200 / 3)),
        ("running_cost", "dev", near(5600)),
        ("running_cost", "all", near(11200)),
        # Busy for 38 h at 50 EUR and 2 h at 100 EUR.
        ("cost_efficiency", "rev", near(2 / 56)),
        ("cost_efficiency", "all", near(2100 / 11200)),
        ("delay_cost", "all", []),
        ("total_cost", "all", []),
    ],
)
def test_a_small_log_gives_the_figures_computed_by_hand(
    measured: pl.DataFrame, metric: str, scope: str, expected: list[float]
) -> None:
    assert values(measured, metric, scope) == expected


def test_every_row_is_named_once_and_agrees_with_its_meaning(measured: pl.DataFrame) -> None:
    named = measured.select("metric", "statistic", "scope")
    shown = {
        metric: meaning for metric, meaning in METRICS.items() if metric not in {*EARLY, "delay_cost", "total_cost"}
    }
    told = {(m, s, meaning.better) for m, meaning in shown.items() for s in meaning.statistics}
    assert not named.is_duplicated().any()
    assert set(measured.select("metric", "statistic", "better").unique().iter_rows()) == told


def test_a_type_of_which_no_item_came_has_no_times_but_a_throughput_of_zero(measured: pl.DataFrame) -> None:
    assert values(measured, "lead_time", "chore") == [None] * 4
    assert values(measured, "throughput", "chore") == values(measured, "wip", "chore") == [0.0]


def test_a_log_alone_gives_all_that_needs_no_hours_costs_or_promises() -> None:
    table = measure(log_of(ROWS), Yardstick(WINDOW))
    assert set(table["metric"]) == set(METRICS) - {"utilisation", "sla_share", *EARLY, *OF_MONEY}


def test_without_a_clock_work_spreads_evenly_over_a_visit() -> None:
    hours = yardstick(two_teams(), window=WINDOW).hours
    table = measure(log_of(ROWS), Yardstick(WINDOW, hours))
    # 10 h of the first visit's 26 h lie inside, at 10 h of work; the open one lasts 88 h until the window's end.
    assert values(table, "utilisation", "dev") == near((10 * 10 / 26 + 2 + 2 + 88) / 112)


def test_suspensions_that_nobody_recorded_come_from_the_team_s_calendar(measured: pl.DataFrame) -> None:
    unrecorded = log_of([(*row[:5], None, row[6]) for row in ROWS])
    assert measure(unrecorded, yardstick(two_teams(), window=WINDOW)).equals(measured)


def test_an_item_is_inside_as_long_as_one_of_its_visits_is_open() -> None:
    rows: list[Row] = [(0, "feature", "dev", 30, 34, 0, 36), (0, "feature", "rev", 36, None, None, None)]
    table = measure(log_of(rows), Yardstick(WINDOW))
    assert values(table, "throughput", "all") + values(table, "wip", "all") == near(0, (192 - 30) / 168)


def test_a_window_without_length_has_no_value_at_all() -> None:
    table = measure(log_of(ROWS), yardstick(two_teams(), window=(24 * HOUR, 24 * HOUR)))
    assert table["value"].null_count() == table.height > 0


def test_a_log_without_rows_has_nulls_and_zeros_but_no_nan() -> None:
    table = measure(log_of([]), yardstick(two_teams(), window=WINDOW))
    assert set(table.filter(pl.col("metric") != "running_cost")["value"]) == {None, 0.0}
    assert table.height == measure(log_of(ROWS), yardstick(two_teams(), window=WINDOW)).height


@pytest.mark.parametrize("window", [(5, 4), (0, 201 * HOUR)])
def test_a_window_that_ends_before_it_begins_or_after_the_log_is_refused(window: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="the window ends"):
        measure(log_of(ROWS), Yardstick(window))


# --- yardsticks -------------------------------------------------------------------------------------------------------


def test_hours_and_costs_of_a_dated_change_count_from_its_day_on() -> None:
    before = two_teams()
    after = teams(
        {"people": [{"count": 2}, {"count": 1, "calendar": "late"}], "calendar": "office", "cost": "60 EUR/h"},
        {"people": 1, "calendar": "office"},
    )
    # Two days before the change: 32 h at 50 EUR. Five days after it: 80 h, and 24 h of the third (Thursday, Friday,
    # Monday), at 60 EUR.
    found = yardstick(before, window=WINDOW, changes=((before.start + timedelta(days=3), after),))
    assert dict(found.hours) == {"dev": (112 + 24) * HOUR, "rev": 56 * HOUR}
    assert dict(found.paid) == {"dev": (32 * 50 + 104 * 60, "EUR")}


def test_a_change_that_changes_nothing_leaves_every_figure(measured: pl.DataFrame) -> None:
    # The fourth item is in work when the same twin takes over, at hour 144.
    stick = yardstick(two_teams(), window=WINDOW, changes=((two_teams().start + timedelta(hours=144), two_teams()),))
    assert measure(log_of(ROWS), stick).equals(measured)


@pytest.mark.parametrize(("day", "promised"), [(-1, set()), (7, set()), (8, {"feature"})])
def test_the_promises_are_those_in_force_when_the_window_ends(day: int, promised: set[str]) -> None:
    before = two_teams()
    after = two_teams(work={name: work.model_copy(update={"sla": None}) for name, work in before.work.items()})
    found = yardstick(before, window=WINDOW, changes=((before.start + timedelta(days=day), after),))
    assert found.promises.keys() == promised


def test_the_cost_of_all_teams_is_given_only_where_every_team_s_cost_is_known() -> None:
    some = teams({"people": 2, "calendar": "office", "cost": "50 EUR/h"}, {"people": 1, "calendar": "office"})
    table = measure(log_of(ROWS), yardstick(some, window=WINDOW))
    assert table.filter(pl.col("metric") == "cost_per_item")["scope"].to_list() == ["dev"]


def test_costs_in_two_currencies_are_never_added() -> None:
    both = teams({"people": 2, "cost": "50 EUR/h"}, {"people": 1, "cost": "80 CHF/h"})
    costs = measure(log_of(ROWS), yardstick(both, window=WINDOW)).filter(pl.col("metric") == "cost_per_item")
    assert dict(costs.select("scope", "unit").iter_rows()) == {
        "dev": "EUR/item", "rev": "CHF/item", "EUR": "EUR/item", "CHF": "CHF/item",
    }  # fmt: skip


def test_hours_and_busy_time_equal_the_books_of_the_engine() -> None:
    twin = two_teams()
    model = compile_model(twin, until=3 * WEEK)
    arriving = draw_items(model.intakes, model.inside, seed=7, replication=0, until=model.until)
    outcome = reference.run(model, arriving, seed=7, replication=0)
    stick = yardstick(twin, window=(0, 3 * WEEK))
    table = measure(outcome.log(), stick)
    busy = [values(table, "utilisation", team)[0] for team in ("dev", "rev")]
    assert list(stick.hours.values()) == outcome.ledger.team_hours.tolist()
    assert busy == near(*(outcome.ledger.team_busy / outcome.ledger.team_hours).tolist())


# --- laws -------------------------------------------------------------------------------------------------------------


@st.composite
def logs(draw: st.DrawFn) -> EventLog:
    """Draw items of up to three visits at whole hours; any visit may still wait or be in work."""
    rows: list[Row] = []
    for item in range(draw(st.integers(0, 8))):
        work, at = draw(st.sampled_from(["feature", "bug"])), draw(st.integers(-20, 100))
        for _ in range(draw(st.integers(1, 3))):
            started = at + draw(st.integers(0, 40))
            finished = started + draw(st.integers(0, 40))
            state = draw(st.sampled_from(["finished", "finished", "finished", "in work", "waiting"]))
            team = draw(st.sampled_from(["dev", "rev"]))
            if state == "waiting":
                rows.append((item, work, None, at, None, None, None))
            else:
                open_ended = state == "in work"
                rows.append((item, work, team, at, started, None, None if open_ended else finished))
            if state != "finished":
                break
            at = finished
    return log_of(rows, end=150)


WINDOWS = st.tuples(st.integers(-30, 150), st.integers(-30, 150)).map(lambda ends: (min(ends) * HOUR, max(ends) * HOUR))


@given(logs(), WINDOWS)
def test_little_s_law_holds_to_the_tick_for_any_log_and_window(log: EventLog, window: tuple[int, int]) -> None:
    along_time, by_item = little(log, window)
    assert along_time == by_item


@given(logs(), WINDOWS)
def test_wip_is_the_one_of_little_s_law(log: EventLog, window: tuple[int, int]) -> None:
    length = window[1] - window[0]
    expected = near(little(log, window)[0] / length) if length else [None]
    assert values(measure(log, Yardstick(window)), "wip", "all") == expected


@given(st.data())
def test_the_order_of_rows_does_not_matter(data: st.DataObject) -> None:
    log = data.draw(logs())
    order = data.draw(st.permutations(range(log.visits)))
    stick = yardstick(two_teams(), window=(0, 150 * HOUR))
    shuffled = EventLog(log.frame[order], log.start, log.zone, log.end)
    assert measure(shuffled, stick).equals(measure(log, stick))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_quantiles_are_numpy_s_linear_ones(hours: list[int]) -> None:
    log = log_of([(item, "bug", "dev", 0, 0, 0, float(done)) for item, done in enumerate(hours)])
    expected = [float(np.mean(hours)), *np.quantile(hours, [0.5, 0.85, 0.95], method="linear").tolist()]
    assert values(measure(log, Yardstick((0, 200 * HOUR))), "lead_time", "bug") == near(*expected)


# --- charts -----------------------------------------------------------------------------------------------------------


def test_weeks_count_arrivals_items_done_and_mean_wip() -> None:
    table = weekly(log_of(ROWS, end=400), (0, 2 * WEEK + 5 * HOUR))
    # The first week: 34 + 28 + 20 + 68 + 2 + 18 h inside; the second: two items throughout.
    assert table.rows() == [(0, 0, 6, 4, 170 / 168), (1, WEEK, 0, 0, 2.0)]


def test_the_lead_time_grid_runs_from_the_shortest_to_the_longest() -> None:
    grid = lead_time_grid(log_of(ROWS), WINDOW, points=5)
    assert grid is not None
    assert grid.tolist() == [20, 24, 28, 31, 34]


def test_there_is_no_grid_where_nothing_was_done() -> None:
    assert lead_time_grid(log_of(ROWS), (61 * HOUR, 192 * HOUR)) is None


def test_twenty_thousand_visits_are_measured_in_a_moment() -> None:
    count = 20_000
    at = [item * 0.5 for item in range(count // 2) for _ in range(2)]
    rows: list[Row] = [
        (place // 2, "bug", "dev", hour, hour + 5 * (place % 2), 0, hour + 5 * (place % 2) + math.sin(place) + 2)
        for place, hour in enumerate(at)
    ]
    log = log_of(rows, end=6000)
    stick = yardstick(two_teams(), window=(100 * HOUR, 6000 * HOUR))
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        measure(log, stick)
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.15  # ten times what it takes


def test_who_has_three_visits_under_way_for_the_whole_week_is_busy_for_a_week_and_not_for_three() -> None:
    twin = two_teams()
    several = twin.model_copy(
        update={"teams": {**twin.teams, "dev": twin.teams["dev"].model_copy(update={"people": 1, "at_once": 3})}}
    )
    rows: list[Row] = [(item, "bug", "dev", 8, 8, None, None) for item in range(3)]
    table = measure(log_of(rows), yardstick(several, window=WINDOW))
    assert values(table, "utilisation", "dev") == near(1)

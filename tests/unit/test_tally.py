"""Measuring from arrays: the same figures as from a table, whatever the order, the numbers of items or the threads."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from flow_strategies import flow_cases
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from strategies import Case, cases
from tiny import START, listed, twin, work

from twin.causes import Cause
from twin.engine import counting, simulate
from twin.errors import InputError, TwinError
from twin.eventlog import NEVER, Labels, Visits, from_visits
from twin.metrics import Figure, Measured, Ruler, lead_time_grid, measure, measure_visits, ruler, weekly
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.rows import CANCELLED, TOGETHER, TURNED_AWAY
from twin.tally import counted, quantiles, rows_of, times
from twin.units import DAY, HOUR, WEEK
from twin.value import Delay, Machine, SlaClock, Terms
from twin.work import Sla
from twin.yardstick import Clock, Yardstick, yardstick

IN_REFERENCE = """
import sys
import numpy as np
from tiny import listed, run, twin, work
from twin.engine import counted
outcome = run(twin({"A": 1}, {"a": "A"}, {"x": work(listed(0), ("a", "4 h"))}))
counts = counted(outcome, (0, 10**8), np.array([-1, -1]), (None,))
print(counts.busy[0] / 3_600_000, "numba" in sys.modules)
"""

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TYPES, TEAMS, END = 4, 5, 52 * WEEK
LABELS = Labels(
    datetime(2026, 1, 5, tzinfo=UTC), "UTC",
    tuple(f"type {code}" for code in range(TYPES)), ("work",), tuple(f"team {code}" for code in range(TEAMS)),
)  # fmt: skip


def spread(count: int) -> Visits:
    """Items of three visits each over a year, in the order in which they start; what comes later is still open."""
    item = np.repeat(np.arange(count // 3), 3)
    place = np.arange(item.size)
    enabled = item * (END // (count // 3)) + place % 3 * DAY
    started, finished = enabled + place * 7919 % DAY, enabled + DAY + place * 104_729 % DAY
    begun, ended = started < END, finished < END
    nothing = np.zeros(item.size, np.int32)
    visits = Visits(
        item, (item % TYPES).astype(np.int32), nothing, nothing,
        np.where(begun, place % TEAMS, -1).astype(np.int32), np.where(begun, 0, -1).astype(np.int32),
        enabled, enabled, enabled,
        np.where(begun, started, NEVER), np.where(ended, HOUR, NEVER), np.where(ended, finished, NEVER), nothing,
    )  # fmt: skip
    return chosen(visits, np.argsort(started))


def chosen(visits: Visits, rows: np.ndarray) -> Visits:
    return Visits._make(column[rows] for column in visits)


def year() -> Ruler:
    """Eight weeks are left out; everyone works six hours of every twelve; one work type has a promise."""
    at = np.arange(0, END + 1, DAY // 4)
    worked = (np.arange(1, at.size + 1) // 2 * (DAY // 4)).astype(np.float64)
    clock = Clock(at, worked)
    teams = LABELS.teams
    stick = Yardstick(
        (8 * WEEK, END), dict.fromkeys(teams, 10 * WEEK), dict.fromkeys(teams, clock),
        dict.fromkeys(teams, (1e5, "EUR")), {"type 0": Sla.model_validate({"lead_time": "3 d", "share": "85 %"})},
    )  # fmt: skip
    return ruler(LABELS, stick)


def content(measured: Measured) -> tuple[bytes, ...]:
    return tuple(part.tobytes() for part in measured[1:])


def seconds(visits: Visits) -> float:
    """The shortest of several times that measuring takes."""
    taken, known = [], year()
    for _ in range(5):
        begun = time.perf_counter()
        measure_visits(visits, known, end=END)
        taken.append(time.perf_counter() - begun)
    return min(taken)


# --- one meaning ------------------------------------------------------------------------------------------------------


def replication(case: Case, seed: int, since: int) -> tuple[Outcome, Yardstick]:
    dated = tuple((START + timedelta(hours=hour), later) for hour, later in case.changes)
    known = yardstick(case.twin, window=(since, case.until), start=START, changes=dated)
    promise = Sla.model_validate({"lead_time": "5 h", "share": "85 %"})
    try:
        outcome = simulate(case.model(), seed=seed)
    except TwinError:  # items that wait for each other, or come without end
        reject()
    paid = dict.fromkeys(known.hours, (100.0, "EUR"))
    return outcome, known._replace(promises={"feature": promise}, paid=paid, terms=priced(case, since))


def priced(case: Case, since: int, *causes: int) -> Terms:
    """Features cost from two hours after their arrival on, a team by the visit, and a clock stands still at a stage."""
    edges = np.unique([since, max(since, case.until // 2), case.until])
    amounts = np.arange(1.0, edges.size)
    stage, team = next(iter(case.twin.stages)), next(iter(case.twin.teams))
    clocks = {"feature": SlaClock(5 * HOUR, None, frozenset({stage}), frozenset(causes))}
    delays, machines = (Delay("feature", 2 * HOUR, "EUR", amounts),), (Machine(team, "EUR", amounts),)
    return Terms(edges, delays, machines, clocks, 0 * amounts)


every_replication = {"case": cases(), "seed": st.integers(0, 99), "since": st.sampled_from([0, 7 * HOUR, DAY])}


@given(**every_replication)
@quick
def test_arrays_and_the_table_give_the_same_figures_bit_for_bit(case: Case, seed: int, since: int) -> None:
    outcome, known = replication(case, seed, since)
    measured, table = measured_of(outcome, known), measure(outcome.log(), known)
    values = table["value"].fill_null(float("nan")).to_numpy()
    assert measured.figures == tuple(Figure(*row) for row in table.drop("value").iter_rows())
    assert measured.values.tobytes() == values.tobytes()


@given(**every_replication)
@quick
def test_arrays_and_the_table_give_the_same_weeks_and_lead_times(case: Case, seed: int, since: int) -> None:
    outcome, known = replication(case, seed, since)
    measured, log = measured_of(outcome, known), outcome.log()
    grid = lead_time_grid(log, known.window)
    weeks = weekly(log, known.window).select("arrivals", "throughput", "wip").to_numpy()
    assert measured.weekly.tolist() == weeks.tolist()
    assert np.isnan(measured.lead_times).all() if grid is None else np.array_equal(measured.lead_times, grid)


def measured_of(outcome: Outcome, known: Yardstick) -> Measured:
    return measure_visits(outcome.visits, ruler(outcome.labels, known), end=outcome.ledger.end)


def test_an_open_visit_a_cut_visit_and_an_unknown_suspension_are_the_same_in_both() -> None:
    visits = spread(3000)
    unknown = visits._replace(suspended=np.where(visits.item % 2 == 0, NEVER, visits.suspended))
    known = year()
    at = known.clocks[0]
    assert at is not None
    stick = Yardstick(known.window, dict.fromkeys(LABELS.teams, 10 * WEEK), {"team 1": at})
    values = measure(from_visits(unknown, LABELS, end=END), stick)["value"].to_numpy()
    assert np.array_equal(measure_visits(unknown, ruler(LABELS, stick), end=END).values, values)


# --- rows -------------------------------------------------------------------------------------------------------------


def arrays(part: object) -> list[tuple[object, ...]]:
    """Every array of nested tuples, to the bit."""
    if isinstance(part, tuple):
        return [found for each in part for found in arrays(each)]
    assert isinstance(part, np.ndarray)
    return [(part.dtype, part.shape, part.tobytes())]


every_flag = st.lists(st.integers(0, CANCELLED | TURNED_AWAY | TOGETHER), max_size=12)


@given(**every_replication | {"case": cases() | flow_cases()}, flags=every_flag)
@settings(quick, max_examples=100)
def test_rows_give_the_same_counts_read_as_columns_or_as_words(
    case: Case, seed: int, since: int, flags: list[int]
) -> None:  # fmt: skip
    outcome, known = replication(case, seed, since)
    rows = outcome.rows.copy()
    rows[: len(flags), 4] |= np.array(flags, np.int64)[: len(rows)]
    outcome = replace(outcome, rows=rows, waits=outcome.waits.copy())
    laid = ruler(outcome.labels, known._replace(terms=priced(case, since, *map(int, Cause))))
    asked = laid.window, laid.promises, laid.clocks, laid.laid
    assert arrays(counting.counted(outcome, *asked)) == arrays(counted(rows_of(outcome.visits, outcome.waits), *asked))


def test_numbers_that_no_item_has_change_no_count() -> None:
    outcome = simulate(
        compile_model(twin({"A": 1}, {"a": "A"}, {"x": work(listed(0, 1), ("a", "4 h"))}), until=DAY), seed=0
    )
    asked = (0, DAY), np.array([NEVER, NEVER]), (None,)
    others = outcome.rows + np.array([50 << 32, 0, 0, 0, 0])  # as where others made these items
    later = replace(outcome, rows=others, ledger=outcome.ledger._replace(born=2))
    assert arrays(counting.counted(later, *asked)) == arrays(counted(rows_of(outcome.visits), *asked))


def test_without_the_compiled_engine_columns_are_counted_and_numba_is_left_alone() -> None:
    surroundings = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(
        [sys.executable, "-c", IN_REFERENCE], env=surroundings, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["4.0", "False"]


# --- items that left early --------------------------------------------------------------------------------------------


def early(flag: int) -> Measured:
    """Item 0 is an hour inside and item 1, which bears a flag, three; both are worked on for an hour by team 0."""
    visits = pack_of((0, 0, HOUR, 0), (0, 2 * HOUR, 3 * HOUR, flag))
    hours = Yardstick((0, WEEK), {"team 0": 10 * HOUR})
    return measure_visits(visits, ruler(LABELS, hours), end=END)


def pack_of(*visits: tuple[int, int, int, int]) -> Visits:
    """One visit an item, as (arrived, started, finished, flags)."""
    enabled, started, finished, flags = (np.array(column, np.int64) for column in zip(*visits, strict=True))
    nothing = np.zeros(enabled.size, np.int32)
    return Visits(
        np.arange(enabled.size), nothing, nothing, nothing, nothing, nothing,
        enabled, nothing.astype(np.int64), enabled, started, nothing.astype(np.int64), finished,
        flags.astype(np.int32),
    )  # fmt: skip


def figure(measured: Measured, metric: str) -> float:
    """The mean of all."""
    scope = "team 0" if metric == "utilisation" else "all"
    figures = [each[:3] for each in measured.figures]
    return float(measured.values[figures.index((metric, "mean", scope))])


@pytest.mark.parametrize("flag", [CANCELLED, TURNED_AWAY])
def test_an_item_that_left_early_is_not_done_but_was_inside_until_it_left(flag: int) -> None:
    measured = early(flag)
    lead_time, throughput, wip = (figure(measured, metric) for metric in ("lead_time", "throughput", "wip"))
    assert (lead_time, throughput, wip * 168) == (1, 1, pytest.approx(4))
    assert measured.weekly.tolist() == [[2, 1, wip]]


def test_the_work_of_a_visit_done_along_with_another_is_the_team_s_once() -> None:
    assert [figure(early(flag), "utilisation") for flag in (0, TOGETHER)] == [0.2, 0.1]


# --- what must not matter ---------------------------------------------------------------------------------------------


def test_the_order_of_rows_changes_no_bit() -> None:
    visits = spread(3000)
    turned = chosen(visits, np.arange(visits.item.size)[::-1])
    assert content(measure_visits(turned, year(), end=END)) == content(measure_visits(visits, year(), end=END))


@pytest.mark.parametrize("apart", [2, 10**9])
def test_how_far_apart_the_numbers_of_items_are_changes_no_bit(apart: int) -> None:
    visits = spread(3000)
    numbered = visits._replace(item=visits.item * apart + 5)
    assert content(measure_visits(numbered, year(), end=END)) == content(measure_visits(visits, year(), end=END))


def test_four_threads_give_the_bits_of_one() -> None:
    visits, known = spread(3000), year()
    with ThreadPoolExecutor(4) as threads:
        many = list(threads.map(lambda _: content(measure_visits(visits, known, end=END)), range(40)))
    assert set(many) == {content(measure_visits(visits, known, end=END))}


def test_what_was_measured_for_no_item_is_nan_in_arrays_and_null_in_the_table() -> None:
    nothing = chosen(spread(30), np.arange(0))
    measured = measure_visits(nothing, year(), end=END)
    table = measure(from_visits(nothing, LABELS, end=END), Yardstick((8 * WEEK, END)))
    assert np.isnan(measured.lead_times).all()
    assert table.filter(pl.col("metric") == "lead_time")["value"].null_count() == 4 * (TYPES + 1)


def test_a_window_beyond_the_run_is_refused() -> None:
    with pytest.raises(InputError, match="observed until"):
        measure_visits(spread(30), year(), end=END - 1)


# --- quantiles --------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-(10**12), 10**12)), max_size=40))
def test_quantiles_by_scope_are_numpy_s_linear_ones_bit_for_bit(rows: list[tuple[int, int]]) -> None:
    work, ticks = (np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ((), ())))
    shares = np.array([0, 0.05, 0.5, 0.85, 0.95, 1])
    found = quantiles(times(ticks, work.astype(np.int32), 4), shares[:, None], np.arange(4))
    scopes = [*(ticks[work == code] for code in range(3)), ticks]
    expected = [np.quantile(each, shares) if each.size else np.full(6, np.nan) for each in scopes]
    assert np.array_equal(found, np.transpose(expected), equal_nan=True)


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "most"), [(900, 0.005), (7000, 0.01), (300_000, 0.4)])
def test_measuring_takes_no_longer_than_simulating(count: int, most: float) -> None:
    assert seconds(spread(count)) < most  # ten to twenty times what it takes

"""One yardstick for real and simulated event logs.

A log says when items arrived, were worked on and were done; `twin.yardstick` adds what a log cannot say. Over a window
[since, until) of length L, for a work type or for all items:

    lead time = done - arrival,  cycle time = done - first start      of the items done inside the window
    throughput = items done inside the window / weeks in L
    WIP = sum of the times that items were inside, cut at the window's edges / L
    utilisation = working ticks of visits inside the window / working ticks of the team's people inside it
    flow efficiency = sum of working ticks / sum of lead times        of the items done inside the window
    turned away = items turned away / arrivals          cancelled = items cancelled / (items done + items cancelled)
    wasted effort = working ticks on items cancelled / working ticks on items done or cancelled      all in the window
    SLA share = items within the promised lead time / items           of the items done inside the window
    money: see `twin.money`

Quantiles interpolate linearly between order statistics (`linear` in NumPy; type 7 of Hyndman and Fan 1996, The American
Statistician 50). What nothing was measured for is null, never NaN and never 0. Instants are ticks (milliseconds), times
in results are hours. Source: definitions of the field; Little's law on the path: Stidham 1974, Operations Research 22.

The sums are those of `twin.tally`, on the arrays of an engine as well as on the table of a log: one meaning for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin import tally
from twin.accrual import Laid, lay
from twin.errors import InputError
from twin.eventlog import FLAGS, NEVER, Codes, EventLog, Labels, Ticks, Visits
from twin.figures import ALL, METRICS, OF_MONEY, OF_TEAMS
from twin.money import Money, amounts, money, promised_clocks, weekly_cost
from twin.money import named as named_amounts
from twin.ratios import GRID_POINTS, ratios
from twin.tally import Counts, Rows, Stays, Values
from twin.units import HOUR, WEEK
from twin.yardstick import EARLY, Clock, Window, Yardstick, forward

if TYPE_CHECKING:
    import polars as pl

WEEKLY: Final = ("arrivals", "throughput", "wip")
_FLOW: Final = tuple(
    (name, each) for name in METRICS if name not in {*OF_TEAMS, *OF_MONEY} for each in METRICS[name].statistics
)


class Figure(NamedTuple):
    """Names a number."""

    metric: str
    statistic: str
    scope: str
    unit: str
    better: str  # lower or higher


class Ruler(NamedTuple):
    """A yardstick laid out for the codes of arrays, once for all replications."""

    figures: tuple[Figure, ...]
    window: Window
    promises: Ticks  # (work types + 1,) promised lead time, NEVER where there is none
    told: NDArray[np.intp]  # (figures of items,) their places among all metrics, statistics and scopes of items
    clocks: tuple[Clock | None, ...]  # by code of the team
    places: NDArray[np.intp]  # (teams with hours,) their codes, -1 where the log knows no such team
    hours: Values  # (teams with hours,) working ticks, NaN where there are none
    laid: Laid | None  # what is counted of value
    money: Money


class Measured(NamedTuple):
    """What one log gives; NaN stands for what nothing was measured for."""

    figures: tuple[Figure, ...]
    values: Values  # (figures,)
    weekly: Values  # (whole weeks, 3) as in `WEEKLY`: items that arrived, items done, mean number inside; and where it
    # is known total cost as one column more
    lead_times: Values  # (GRID_POINTS,) evenly spaced quantiles of all lead times, hours


def ruler(labels: Labels, yardstick: Yardstick) -> Ruler:
    """Lay out a yardstick for the logs of one model.

    Parameters
    ----------
    labels
        Names behind the codes of the visits to measure.
    yardstick
        The window, and what is known of hours, costs and promises.

    Raises
    ------
    InputError
        Where the window ends before it begins.
    """
    return _ruler(labels.works, labels.stages, labels.teams, yardstick)


def _ruler(works: Sequence[str], stages: Sequence[str], teams: Sequence[str], yardstick: Yardstick) -> Ruler:
    promises = promised_clocks(yardstick)
    promised = {*yardstick.promises, ALL} if yardstick.promises else set()
    named = [(metric, statistic, scope) for (metric, statistic), scope in product(_FLOW, [*works, ALL])]
    shown = {"sla_share": promised} | {
        metric: {*works, ALL} if metric in yardstick.early else set() for metric in EARLY
    }
    told = [place for place, (metric, _, scope) in enumerate(named) if scope in shown.get(metric, {scope})]
    codes = {team: code for code, team in enumerate(teams)}
    laid = money(yardstick, works, teams)
    figures = (
        *(_figure(*named[place]) for place in told),
        *(_figure("utilisation", "mean", team) for team in yardstick.hours),
        *(_figure(metric, "mean", scope, unit) for metric, scope, unit in named_amounts(laid)),
    )
    return Ruler(
        figures,
        forward(yardstick.window),
        np.array([*(promises.get(work, NEVER) for work in works), NEVER]),
        np.array(told, np.intp),
        tuple(yardstick.clocks.get(team) for team in teams),
        np.array([codes.get(team, tally.UNKNOWN) for team in yardstick.hours], np.intp),
        np.array([ticks or np.nan for ticks in yardstick.hours.values()], np.float64),
        lay(yardstick.terms, works, stages, teams) if yardstick.terms else None,
        laid,
    )


def _figure(metric: str, statistic: str, scope: str, unit: str = "") -> Figure:
    meaning = METRICS[metric]
    return Figure(metric, statistic, scope, unit or meaning.unit, meaning.better)


def measure_visits(visits: Visits, ruler: Ruler, *, end: int) -> Measured:
    """Measure the rows of an engine: the figures of `measure`, the weeks and the lead times.

    It reads its arguments only, so that replications may be measured on several threads at once.

    Parameters
    ----------
    visits
        Rows; their order does not matter.
    ruler
        The yardstick, laid out for the codes of these rows.
    end
        Tick at which the run ended.

    Raises
    ------
    InputError
        Where the window ends after the run.
    """
    return _measured(tally.rows_of(visits), ruler, end)


def _measured(rows: Rows, ruler: Ruler, end: int) -> Measured:
    window = _observed(end, ruler.window)
    return measure_counts(tally.counted(rows, window, ruler.promises, ruler.clocks, ruler.laid), ruler, end=end)


def measure_counts(counts: Counts, ruler: Ruler, *, end: int) -> Measured:
    """Measure a run of which all is counted that metrics are made of, as `measure_visits` does.

    Parameters
    ----------
    counts
        Of the ruler's window, promises and clocks.
    ruler, end
        As in `measure_visits`.

    Raises
    ------
    InputError
        Where the window ends after the run.
    """
    window = _observed(end, ruler.window)
    length = window[1] - window[0] or np.nan  # a window without length has no rates
    of_items, grid = ratios(counts.flow, length)
    busy, of_money = counts.busy[ruler.places], amounts(ruler.money, counts, length)
    values = of_items.ravel()[ruler.told], busy / ruler.hours, of_money
    cost = weekly_cost(ruler.money, counts.accrued, len(counts.weeks))
    weeks = counts.weeks if cost is None else np.column_stack([counts.weeks, cost])
    return Measured(ruler.figures, np.concatenate(values), weeks, grid)


# --- logs as tables ---------------------------------------------------------------------------------------------------


def measure(log: EventLog, yardstick: Yardstick) -> pl.DataFrame:
    """Measure a log, observed or simulated.

    A visit counts as busy time with its finish less its start less its suspension. Where it reaches over the window's
    edge or its suspension was not recorded, with the working time of the team's clock instead; where there is no clock
    either, with its share of elapsed time. A person with two visits at once counts twice.

    Parameters
    ----------
    log
        Visits; the order of rows does not matter.
    yardstick
        The window, and what is known of hours, costs and promises.

    Returns
    -------
    polars.DataFrame
        Columns metric, statistic, scope, value (Float64), unit, better. `METRICS` says what each means. Scopes are
        the log's work types and `all`; for utilisation teams; for cost per item teams and, where the cost of every team
        with hours is known, `all` (or each currency, where there are several). Which rows there are depends only on the
        names in the log and the yardstick, so replications line up.

    Raises
    ------
    InputError
        Where the window ends before it begins, or after the log.
    """
    import polars as pl  # noqa: PLC0415 - a run is measured without a table

    (works, _), (stages, _), (teams, _) = (_names(log, column) for column in ("work", "stage", "team"))
    measured = _measured(_rows(log), _ruler(works, stages, teams, yardstick), log.end)
    values = pl.Series("value", measured.values).fill_nan(None)
    return pl.DataFrame(measured.figures, schema=dict.fromkeys(Figure._fields, pl.String), orient="row").insert_column(
        3, values
    )


def _names(log: EventLog, column: str) -> tuple[list[str], Codes]:
    """Give the names of a column and each row's code."""
    import polars as pl  # noqa: PLC0415 - as in `measure`

    kind = log.frame[column].dtype
    if not isinstance(kind, pl.Enum):
        return [], np.full(log.visits, tally.UNKNOWN, np.int32)
    codes = log.frame[column].to_physical().cast(pl.Int32).fill_null(tally.UNKNOWN)
    return kind.categories.to_list(), codes.to_numpy()


def _rows(log: EventLog) -> Rows:
    import polars as pl  # noqa: PLC0415 - as in `measure`

    work, team, stage = (_names(log, column)[1] for column in ("work", "team", "stage"))
    frame = log.frame.with_columns(arrived=pl.coalesce("enabled", "queued", "started"))
    item, arrived, started, suspended, finished = (
        frame[name].cast(pl.Int64).fill_null(NEVER).to_numpy()
        for name in ("item", "arrived", "started", "suspended", "finished")
    )
    flags = frame[FLAGS].to_numpy() if FLAGS in frame.columns else np.zeros(frame.height, np.int32)
    return Rows(item, work, team, arrived, started, suspended, finished, flags, stage, None)


def _stays(log: EventLog) -> Stays:
    rows = _rows(log)
    return tally.stays(rows, tally.working(rows))


def weekly(log: EventLog, window: Window) -> pl.DataFrame:
    """Count week by week, from the window's beginning; a last week that the window cuts short is left out.

    Returns
    -------
    polars.DataFrame
        week (from 0), start (tick), arrivals, throughput (items), wip (mean number of items inside over the week).

    Raises
    ------
    InputError
        Where the window ends before it begins, or after the log.
    """
    import polars as pl  # noqa: PLC0415 - as in `measure`

    since, _ = _observed(log.end, window)
    arrivals, throughput, wip = tally.weeks(_stays(log), window).T
    week = np.arange(wip.size)
    columns = {"week": week, "start": since + week * WEEK, "arrivals": arrivals, "throughput": throughput, "wip": wip}
    return pl.DataFrame(columns).with_columns(pl.col("arrivals", "throughput").cast(pl.Int64))


def lead_time_grid(log: EventLog, window: Window, points: int = GRID_POINTS) -> Values | None:
    """Give the lead times' distribution as evenly spaced quantiles, in hours.

    Parameters
    ----------
    log
        Visits.
    window
        Ticks [since, until): the items done inside count, of all work types.
    points
        Number of quantiles, from the shortest to the longest lead time.

    Returns
    -------
    Values or None
        Shape (points,), ascending; None where no item was done.

    Raises
    ------
    InputError
        Where the window ends before it begins, or after the log.
    """
    ended = tally.items_done(_stays(log), _observed(log.end, window))
    lead = tally.times(ended.done - ended.arrived, np.full(ended.done.size, tally.UNKNOWN, np.int32), 1)
    grid = tally.quantiles(lead, np.linspace(0, 1, points), np.zeros(points, np.intp))
    return grid / HOUR if ended.done.size else None


def little(log: EventLog, window: Window) -> tuple[int, int]:
    """Draw up both sides of Little's law on the path, which are equal for any log.

    Returns
    -------
    tuple[int, int]
        Mean WIP times the window's length, counted along time; and the times the items spent inside the window, summed
        item by item. Ticks.

    Raises
    ------
    InputError
        Where the window ends before it begins, or after the log.
    """
    since, until = _observed(log.end, window)
    items = _stays(log)
    arrived, left = tally.passages(items)
    instants = np.unique(np.concatenate([arrived, left, [since, until]]).clip(since, until))
    inside = arrived.searchsorted(instants[:-1], "right") - left.searchsorted(instants[:-1], "right")
    return int((inside * np.diff(instants)).sum()), int(tally.inside(items, (since, until)).sum())


def _observed(end: int, window: Window) -> Window:
    since, until = forward(window)
    if until > end:
        raise InputError(f"the window ends at tick {until}, but the log was observed until tick {end} only")
    return since, until

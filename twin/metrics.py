"""One yardstick for real and simulated event logs.

A log says when items arrived, were worked on and were done; `twin.yardstick` adds what a log cannot say. Over a window
[since, until) of length L, for a work type or for all items:

    lead time = done - arrival,  cycle time = done - first start      of the items done inside the window
    throughput = items done inside the window / weeks in L
    WIP = sum of the times that items were inside, cut at the window's edges / L
    utilisation = working ticks of visits inside the window / working ticks of the team's people inside it
    flow efficiency = sum of working ticks / sum of lead times        of the items done inside the window
    SLA share = items within the promised lead time / items           of the items done inside the window
    cost per item = cost of all hours inside the window / items done

Quantiles interpolate linearly between order statistics (`linear` in NumPy; type 7 of Hyndman and Fan 1996, The American
Statistician 50). What nothing was measured for is null, never NaN and never 0. Instants are ticks (milliseconds), times
in results are hours. Source: definitions of the field; Little's law on the path: Stidham 1974, Operations Research 22.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.errors import InputError
from twin.eventlog import EventLog, items
from twin.units import HOUR, WEEK
from twin.work import Sla
from twin.yardstick import Clock, Window, Yardstick, forward

Ticks = NDArray[np.int64]
Values = NDArray[np.float64]

ALL: Final = "all"
"""The scope that takes all work types, or all teams, together."""

QUANTILES: Final = {"p50": 0.50, "p85": 0.85, "p95": 0.95}
_MEAN: Final = ("mean",)
_TIMES: Final = ("mean", *QUANTILES)
_SEPARATOR: Final = " "
_ELAPSED: Final = pl.col("finished") - pl.col("started")
_SUSPENDED: Final = pl.col("suspended")


class Meaning(NamedTuple):
    """What a metric says."""

    text: str  # one plain sentence
    unit: str
    better: Literal["lower", "higher"]
    statistics: tuple[str, ...]


METRICS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "lead_time": Meaning("Clock time from arrival to done, of items done in the window.", "h", "lower", _TIMES),
        "cycle_time": Meaning("Clock time from first start to done, of items done in it.", "h", "lower", _TIMES),
        "throughput": Meaning("Items done per week of 168 hours.", "items/week", "higher", _MEAN),
        "wip": Meaning("Items inside, from arrival to done, on average over time.", "items", "lower", _MEAN),
        "flow_efficiency": Meaning(
            "Working time as a share of lead time; lead time counts nights too, so 100 % is out of reach.",
            "share", "higher", _MEAN,
        ),
        "sla_share": Meaning(
            "Share of items done that kept the promised lead time; what is still inside is not counted, however late.",
            "share", "higher", _MEAN,
        ),
        "utilisation": Meaning(
            "Share of a team's working hours with an item in work; it says nothing of effort, and full means queues.",
            "share", "lower", _MEAN,
        ),
        "cost_per_item": Meaning(
            "Cost of all hours of a team, or of all teams, busy or not, per item done.", "per item", "lower", _MEAN
        ),
    }
)  # fmt: skip


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
    window = _observed(log, yardstick.window)
    told = _with_suspensions(log, yardstick)
    flow = _flow(told, window, yardstick.promises)
    done = int(flow["done"][-1])
    promised = [*yardstick.promises, ALL] if yardstick.promises else []
    times = (
        flow.drop("done")
        .unpivot(index="scope", variable_name="name")
        .with_columns(pl.col("name").str.split_exact(_SEPARATOR, 1).struct.rename_fields(["metric", "statistic"]))
        .unnest("name")
        .filter((pl.col("metric") != "sla_share") | pl.col("scope").is_in(promised))
        .select("metric", "statistic", "scope", "value", unit=_meaning("metric", "unit"))
    )
    table = pl.concat([times, _utilisation(told, yardstick), _cost(done, yardstick)])
    return table.with_columns(better=_meaning("metric", "better"))


def _meaning(column: str, field: str) -> pl.Expr:
    return pl.col(column).replace_strict({name: getattr(meaning, field) for name, meaning in METRICS.items()})


def _with_suspensions(log: EventLog, yardstick: Yardstick) -> EventLog:
    """Fill in the suspensions that nobody recorded, from the clocks of the teams."""
    frame = log.frame
    if not yardstick.clocks or not frame.select((_ELAPSED.is_not_null() & _SUSPENDED.is_null()).any()).item():
        return log
    off_work = (_ELAPSED - _clocked(frame, "started", "finished", yardstick.clocks)).round().cast(pl.Int64)
    return replace(log, frame=frame.with_columns(pl.coalesce(_SUSPENDED, off_work).alias("suspended")))


def _clocked(rows: pl.DataFrame, begin: str, end: str, clocks: Mapping[str, Clock]) -> pl.Series:
    """Read the working ticks between two instants off the clock of each row's team; null where there is none."""
    found = np.full(rows.height, np.nan)
    teams = rows["team"].cast(pl.String).to_numpy()
    begins, ends = rows[begin].cast(pl.Float64).to_numpy(), rows[end].cast(pl.Float64).to_numpy()
    for team in clocks.keys() & set(teams):
        mine, clock = teams == team, clocks[team]
        found[mine] = np.interp(ends[mine], *clock) - np.interp(begins[mine], *clock)
    return pl.Series(found).fill_nan(None)


def _flow(log: EventLog, window: Window, promises: Mapping[str, Sla]) -> pl.DataFrame:
    """Measure what concerns items: a row per work type and the last for all, a column per metric and statistic."""
    since, until = window
    promised = {name: sla.lead_time for name, sla in promises.items()}
    within = pl.col("done").is_between(since, until, closed="left")
    told = (
        items(log)
        .lazy()
        .with_columns(pl.col("work").cast(pl.String).alias("scope"))
        .with_columns(
            lead=pl.when(within).then(pl.col("done") - pl.col("arrived")),
            cycle=pl.when(within).then(pl.col("done") - pl.col("first_start")),
            worked=pl.when(within).then(pl.col("worked")),
            inside=pl.col("done").fill_null(until).clip(since, until) - pl.col("arrived").clip(since, until),
            promise=pl.col("scope").replace_strict(promised, default=None, return_dtype=pl.Int64),
        )
    )
    figures = _figures(until - since)
    measured = pl.concat([told.group_by("scope").agg(figures), told.select(pl.lit(ALL).alias("scope"), *figures)])
    works = log.frame["work"].dtype
    names = works.categories.to_list() if isinstance(works, pl.Enum) else []
    scopes = pl.LazyFrame({"scope": [*names, ALL]}, schema={"scope": pl.String})
    nothing = {"done": 0, _name("throughput"): 0.0, _name("wip"): 0.0} if until > since else {"done": 0}
    return (
        scopes.join(measured, on="scope", how="left", maintain_order="left")
        .with_columns(pl.col(name).fill_null(value) for name, value in nothing.items())
        .collect()
    )


def _figures(length: int) -> list[pl.Expr]:
    """Write the definitions of the module as sums over items; a window without length has no rates."""
    lead, cycle, span = pl.col("lead"), pl.col("cycle"), pl.lit(length or None, pl.Float64)
    times = [
        (times.mean() if statistic == "mean" else times.quantile(QUANTILES[statistic], "linear")) / HOUR
        for times in (lead, cycle)
        for statistic in _TIMES
    ]
    names = [_name(metric, statistic) for metric in ("lead_time", "cycle_time") for statistic in _TIMES]
    return [
        lead.count().alias("done"),
        *(figure.alias(name) for figure, name in zip(times, names, strict=True)),
        (lead.count() / (span / WEEK)).alias(_name("throughput")),
        (pl.col("inside").sum() / span).alias(_name("wip")),
        (pl.col("worked").sum() / pl.when(lead.sum() > 0).then(lead.sum())).alias(_name("flow_efficiency")),
        (lead <= pl.col("promise")).mean().alias(_name("sla_share")),
    ]


def _name(metric: str, statistic: str = "mean") -> str:
    return metric + _SEPARATOR + statistic


def _utilisation(log: EventLog, yardstick: Yardstick) -> pl.DataFrame:
    busy = _busy(log, yardstick)
    values = {team: busy.get(team, 0.0) / ticks if ticks else None for team, ticks in yardstick.hours.items()}
    return _rows("utilisation", values, ["share"] * len(values))


def _busy(log: EventLog, yardstick: Yardstick) -> dict[str, float]:
    """Sum the working ticks of visits inside the window, by team."""
    since, until = yardstick.window
    started, finished = pl.col("started"), pl.col("finished")
    visits = log.frame.filter((started < until) & (finished.is_null() | (finished > since))).select(
        "team",
        begin=started.clip(since),
        end=finished.fill_null(until).clip(upper_bound=until),
        work=_ELAPSED - _SUSPENDED.fill_null(0),
        elapsed=_ELAPSED,
        known=((started >= since) & (finished <= until) & _SUSPENDED.is_not_null()).fill_null(value=False),
    )
    known, cut = visits.filter("known"), visits.filter(~pl.col("known"))
    density = (pl.col("work") / pl.when(pl.col("elapsed") > 0).then("elapsed")).fill_null(1.0)
    spread = (pl.col("end") - pl.col("begin")) * density
    parts = [
        known.select(pl.col("team").cast(pl.String), pl.col("work").cast(pl.Float64)),
        cut.select(
            pl.col("team").cast(pl.String),
            pl.coalesce(_clocked(cut, "begin", "end", yardstick.clocks), spread).alias("work"),
        ),
    ]
    return dict(pl.concat(parts).group_by("team").sum().iter_rows())


def _cost(done: int, yardstick: Yardstick) -> pl.DataFrame:
    costs = dict(yardstick.paid)
    if all(team in costs for team, ticks in yardstick.hours.items() if ticks):
        totals: dict[str, float] = {}
        for amount, currency in yardstick.paid.values():
            totals[currency] = totals.get(currency, 0.0) + amount
        costs |= {ALL if len(totals) == 1 else each: (amount, each) for each, amount in totals.items()}
    values = {scope: amount / done if done else None for scope, (amount, _) in costs.items()}
    return _rows("cost_per_item", values, [f"{currency}/item" for _, currency in costs.values()])


def _rows(metric: str, values: Mapping[str, float | None], units: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "metric": [metric] * len(values),
            "statistic": ["mean"] * len(values),
            "scope": list(values),
            "value": list(values.values()),
            "unit": units,
        },
        schema={
            "metric": pl.String,
            "statistic": pl.String,
            "scope": pl.String,
            "value": pl.Float64,
            "unit": pl.String,
        },
    )


# --- charts and checks ------------------------------------------------------------------------------------------------


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
    since, until = _observed(log, window)
    arrived, left = _passages(log)
    edges = np.arange(since, until + 1, WEEK)
    return pl.DataFrame(
        {
            "week": np.arange(edges.size - 1),
            "start": edges[:-1],
            "arrivals": np.diff(arrived.searchsorted(edges)),
            "throughput": np.diff(left.searchsorted(edges)),
            "wip": np.diff(_area(arrived, edges) - _area(left, edges)) / WEEK,
        }
    )


def lead_time_grid(log: EventLog, window: Window, points: int = 101) -> Values | None:
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
    since, until = _observed(log, window)
    done = items(log).filter(pl.col("done").is_between(since, until, closed="left"))
    if done.is_empty():
        return None
    times = (done["done"] - done["arrived"]).to_numpy() / HOUR
    grid: Values = np.quantile(times, np.linspace(0, 1, points), method="linear")
    return grid


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
    since, until = _observed(log, window)
    arrived, left = _passages(log)
    instants = np.unique(np.concatenate([arrived, left, [since, until]]).clip(since, until))
    inside = arrived.searchsorted(instants[:-1], "right") - left.searchsorted(instants[:-1], "right")
    stays = items(log).select(
        (pl.col("done").fill_null(until).clip(since, until) - pl.col("arrived").clip(since, until)).sum()
    )
    return int((inside * np.diff(instants)).sum()), int(stays.item())


def _passages(log: EventLog) -> tuple[Ticks, Ticks]:
    """List the instants at which items arrived, and at which they were done, each in order."""
    found = items(log)
    arrived, left = (np.sort(found[name].drop_nulls().to_numpy()) for name in ("arrived", "done"))
    return arrived, left


def _area(instants: Ticks, at: Ticks) -> Ticks:
    """Add up, for each tick, how long ago the instants before it were."""
    before = instants.searchsorted(at)
    total: Ticks = at * before - np.concatenate([[0], np.cumsum(instants)])[before]
    return total


def _observed(log: EventLog, window: Window) -> Window:
    since, until = forward(window)
    if until > log.end:
        raise InputError(f"the window ends at tick {until}, but the log was observed until tick {log.end} only")
    return since, until

"""Check a twin against weeks it has not seen.

As many items as the held-out log has are let in from its first start on, several times, and the same figures are taken
from the real and from each simulated log, both reduced to what a log file says: case, activity, person, start, end. If
the twin is right, the real log is one more replication, and lies with 95 % in the range where the next one would::

    mean ± t(n - 1, 97.5 %) · s · √(1 + 1/n)

A real value outside is something the twin does not reproduce.

The field's six distances stand beside those of replaying history: the last training cases, all of them where there are
fewer, shifted onto the new weeks. It is the bar under the bar: a twin that does not beat it has learned nothing about
that side of the work.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.distance import MEANINGS, Distances, distances
from calibration.history import replay_history
from twin.caseload import simulate_caseload
from twin.engine.telling import Tell, silent
from twin.errors import InputError
from twin.eventlog import EventLog, exported
from twin.figures import ALL
from twin.metrics import measure
from twin.spec import Twin
from twin.yardstick import Yardstick

FIGURES: Final = (
    ("throughput", "mean"), ("wip", "mean"), ("lead_time", "mean"), ("lead_time", "p50"), ("lead_time", "p85"),
    ("lead_time", "p95"),
)  # fmt: skip
REPLICATIONS: Final = 10
LEVEL: Final = 0.95


class Figure(NamedTuple):
    """A figure of the held-out log beside the twin's."""

    name: str
    unit: str
    observed: float
    simulated: float  # mean of the replications
    low: float  # the next replication lies between low and high with 95 %
    high: float

    @property
    def reproduced(self) -> bool:
        """Tell whether the observed value is one the twin could have given."""
        return self.low <= self.observed <= self.high


class Gap(NamedTuple):
    """One of the field's distances between the held-out log and the twin's."""

    name: str
    meaning: str
    twin: float  # mean over the replications
    spread: float  # standard deviation over the replications
    history: float  # of replaying history

    @property
    def better(self) -> bool:
        """Tell whether the twin is nearer to what happened than history repeating itself."""
        return self.twin <= self.history


@dataclass(frozen=True)
class Backtest:
    """A twin beside weeks it has not seen."""

    figures: tuple[Figure, ...]
    gaps: tuple[Gap, ...]
    items: int
    replications: int
    seed: int
    first: datetime
    last: datetime

    def shortcomings(self) -> tuple[str, ...]:
        """Say plainly what the twin does not reproduce."""
        missed = [
            f"does not reproduce {f.name}: {f.observed:.4g} {f.unit} observed, {f.low:.4g} to {f.high:.4g} simulated"
            for f in self.figures
            if not f.reproduced
        ]
        worse = [
            f"is further from what happened than replaying history in {gap.name} ({gap.twin:.3g} against "
            f"{gap.history:.3g}): {gap.meaning.rstrip('.')}"
            for gap in self.gaps
            if not gap.better
        ]
        return (*missed, *worse)

    def as_written(self) -> dict[str, Any]:
        """Give the backtest as plain values."""
        return {
            "schema_version": 1,
            "items": self.items,
            "replications": self.replications,
            "seed": self.seed,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "figures": [{**figure._asdict(), "reproduced": figure.reproduced} for figure in self.figures],
            "distances": [{**gap._asdict(), "better": gap.better} for gap in self.gaps],
            "does_not_reproduce": list(self.shortcomings()),
        }


def backtest_twin(
    twin: Twin,
    log: EventLog,
    history: pl.DataFrame,
    *,
    replications: int = REPLICATIONS,
    seed: int = 1,
    tell: Tell = silent,
) -> Backtest:
    """Replay a held-out period and hold the twin against it.

    Parameters
    ----------
    twin
        A calibrated twin.
    log
        The held-out period as observed.
    history
        The training log under the field's column names (`twin.eventlog.exported`).
    replications
        Simulated logs, at least 2.
    seed
        Names the random numbers.
    tell
        Called with one line where an engine has to be compiled first.

    Raises
    ------
    InputError
        Where the log has no finished visit or more cases than the history, or with fewer than two replications.
    """
    if replications < 2:
        raise InputError(f"a range needs at least 2 replications; got {replications}")
    observed = exported(log).drop_nulls(["start_time", "end_time"])
    if observed.is_empty():
        raise InputError("the held-out log has no finished visit")
    first, last = _ends(observed)
    items = observed["case_id"].n_unique()
    history = history.drop_nulls(["start_time", "end_time"])
    known = history["case_id"].n_unique()
    if items > known:
        raise InputError(
            f"the held-out log has {items} cases, more than the {known} the twin was learned from; hold out fewer"
        )
    simulated = [
        exported(outcome.log())
        for outcome in simulate_caseload(
            twin, items=items, start=first, seed=seed, replications=replications, tell=tell
        )
    ]
    replayed = replay_history(history, start=first, cases=items)
    return Backtest(
        _figures(observed, simulated), _gaps(observed, simulated, replayed), items, replications, seed, first, last
    )


def _ends(table: pl.DataFrame) -> tuple[datetime, datetime]:
    first, last = table["start_time"].min(), table["end_time"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        raise InputError("the log holds no instants")
    return first, last


def _figures(observed: pl.DataFrame, simulated: list[pl.DataFrame]) -> tuple[Figure, ...]:
    first, last = _ends(observed)
    real = _measured(observed, first, last)
    runs = [_measured(table, first, last) for table in simulated]
    found = []
    for key, (value, unit) in real.items():
        values = np.array([run[key][0] for run in runs if run[key][0] is not None], np.float64)
        if value is not None and values.size > 1:
            found.append(Figure(" ".join(key), unit, value, float(values.mean()), *next_value(values)))
    return tuple(found)


def next_value(values: NDArray[np.float64]) -> tuple[float, float]:
    """Give the range in which one more replication's value lies with 95 %; figures are never below 0.

    Parameters
    ----------
    values
        One value per replication, shape (replications,), two or more.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - help must answer at once

    n = values.size
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * float(values.std(ddof=1)) * math.sqrt(1 + 1 / n)
    # rounding may carry the mean of equal values past them
    mean = min(max(float(values.mean()), float(values.min())), float(values.max()))
    return max(0.0, mean - reach), mean + reach


def _measured(table: pl.DataFrame, first: datetime, last: datetime) -> dict[tuple[str, str], tuple[float | None, str]]:
    """Measure a table of cases from one instant to another, knowing no more than the table says."""
    window = (0, max(1, round((last - first) / timedelta(milliseconds=1))))
    log = _bare(table, first, window[1])
    chosen = measure(log, Yardstick(window)).filter(pl.col("scope") == ALL)
    rows = {(row["metric"], row["statistic"]): (row["value"], row["unit"]) for row in chosen.iter_rows(named=True)}
    return {key: rows[key] for key in FIGURES}


def _bare(table: pl.DataFrame, first: datetime, end: int) -> EventLog:
    """Make an event log of what a file with case, activity, start and end says."""
    stages = pl.Enum(table["activity"].unique().sort().to_list())

    def ticks(column: str) -> pl.Expr:
        return (pl.col(column) - first).dt.total_milliseconds()

    nothing = pl.lit(None)
    frame = table.select(
        pl.col("case_id").cast(pl.String).rank("dense").cast(pl.Int64).alias("item") - 1,
        pl.lit("case").cast(pl.Enum(["case"])).alias("work"),
        pl.col("activity").cast(stages).alias("stage"),
        pl.int_range(pl.len()).over("case_id", "activity").cast(pl.Int32).alias("visit"),
        nothing.cast(pl.Enum(["nobody"])).alias("team"),
        nothing.cast(pl.Enum(["nobody"])).alias("person"),
        *(nothing.cast(pl.Int64).alias(name) for name in ("enabled", "delayed", "queued")),
        ticks("start_time").alias("started"),
        nothing.cast(pl.Int64).alias("suspended"),
        ticks("end_time").alias("finished"),
    )
    latest = frame.select(pl.col("finished").max().fill_null(0)).item()
    return EventLog(frame, first, "UTC", max(end, int(latest)))


def _gaps(observed: pl.DataFrame, simulated: list[pl.DataFrame], replayed: pl.DataFrame) -> tuple[Gap, ...]:
    scores: NDArray[np.float64] = np.array([distances(observed, table) for table in simulated], np.float64)
    past = distances(observed, replayed)
    return tuple(
        Gap(name.upper(), MEANINGS[name], float(scores[:, i].mean()), float(scores[:, i].std()), past[i])
        for i, name in enumerate(Distances._fields)
    )

"""How far a simulated event log is from an observed one: the six distances of the field.

Instants become whole hours (UTC), so a log becomes a few histograms. Two histograms a and b over whole hours h lie

    W(a, b) = sum over h of |A(h) - B(h)|        A, B: share of the observations up to and including hour h

hours apart: the first Wasserstein distance, the mean number of hours one has to move an observation to turn a into b.

    AED  starts and ends of visits, hour of the clock
    CED  starts and ends of visits, hour of the day, weekday by weekday: the mean of the seven. A weekday on which
         neither log has anything counts 0, one that only one log has counts 23, the most it could
    RED  starts and ends of visits, whole hours since the case's first start
    CTD  cycle times (first start to last end of a case), in 1 h bins that begin at the shortest of both logs
    CAR  first starts of cases, hour of the clock
    NGD  sum of |count in a - count in b| over all sequences of three activities, divided by the sum of both counts;
         two blanks stand before and after each case; visits follow each other by start, then end, then row

All are symmetric and 0 for equal logs. Numbers of cases need not match, except for NGD, which compares counts.

Source: Chapela-Campa, Benchekroun, Baron, Dumas, Krass, Senderovich: Can I Trust My Simulation Model? Measuring the
Quality of Business Process Simulation Models, BPM 2023, doi:10.1007/978-3-031-41620-0_2. Where that leaves a choice,
the numbers equal those of the authors' package log-distance-measures with hour bins (tests/unit/test_distance.py).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from twin.errors import InputError, Problem

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "ngd": "How often three activities follow each other: share of occurrences without a match in the other log, "
        "from 0 (all match) to 1 (none do).",
        "aed": "When visits start and end on the time line: hours that a start or end has to move, on average.",
        "ced": "When in the day visits start and end, weekday by weekday: hours that a start or end has to move, "
        "on average, from 0 to 23.",
        "red": "How long after its case began a visit starts and ends: hours it has to move, on average.",
        "ctd": "How long cases take from first start to last end: hours that a cycle time has to change, on average.",
        "car": "When cases begin on the time line: hours that a first start has to move, on average.",
    }
)

SPOKEN: Mapping[str, str] = MappingProxyType(
    {
        "ngd": "the order of activities",
        "aed": "the times of events",
        "ced": "the times of events within the week",
        "red": "the times of events within their case",
        "ctd": "cycle times",
        "car": "the times cases begin",
    }
)

_HOUR = 3_600_000_000  # microseconds
WEEKDAY_APART: Final = 23.0
"""Hours that a weekday counts which one of the logs has and the other has not."""
_NEEDED = ("case_id", "activity", "start_time", "end_time")

_Integers = npt.NDArray[np.int64]


class Distances(NamedTuple):
    """The six distances between two logs; what each says stands in `MEANINGS`.

    Attributes
    ----------
    ngd
        Share between 0 and 1.
    aed, ced, red, ctd, car
        Hours.
    """

    ngd: float
    aed: float
    ced: float
    red: float
    ctd: float
    car: float


class _Visits(NamedTuple):
    """One log by case, start and end. Instants are microseconds since 1970 UTC."""

    activity: npt.NDArray[np.object_]  # (visits,) labels
    start: _Integers  # (visits,)
    end: _Integers  # (visits,)
    first: _Integers  # (cases,) row of each case's first visit
    case: _Integers  # (visits,) number of the visit's case, from 0


def distances(observed: pl.DataFrame, simulated: pl.DataFrame) -> Distances:
    """Measure how far a simulated log is from an observed one.

    Parameters
    ----------
    observed, simulated
        One row per visit: `case_id` (any type), `activity` (text, Enum or Categorical), `start_time` and `end_time`
        (Datetime with a zone, any time unit; read to the microsecond). Other columns and the order of rows do not
        matter, but for visits of one case with equal start and end.

    Returns
    -------
    Distances
        NGD as a share, the others in hours.

    Raises
    ------
    InputError
        Where a log is empty, lacks a column, has an empty cell in one, or its times are not Datetimes with a zone.
    """
    problems = [*_problems(observed, "observed"), *_problems(simulated, "simulated")]
    if problems:
        raise InputError(*problems)
    a, b = _visits(observed), _visits(simulated)
    clock_a, clock_b = _hours(a.start, a.end), _hours(b.start, b.end)
    return Distances(
        ngd=_sequence_distance(a, b),
        aed=_wasserstein(clock_a, clock_b),
        ced=_weekday_distance(clock_a, clock_b),
        red=_wasserstein(_hours_into_case(a), _hours_into_case(b)),
        ctd=_cycle_time_distance(a, b),
        car=_wasserstein(_hours(a.start[a.first]), _hours(b.start[b.first])),
    )


def _problems(log: pl.DataFrame, name: str) -> list[Problem]:
    if log.is_empty():
        return [Problem("no visits; a log to compare has at least one row", path=name)]
    problems = []
    for column in _NEEDED:
        path = f"{name}.{column}"
        if column not in log.columns:
            problems.append(Problem(f"column is missing; needed are {', '.join(_NEEDED)}", path=path))
            continue
        kind = log.schema[column]
        if column.endswith("_time") and not (isinstance(kind, pl.Datetime) and kind.time_zone):
            problems.append(Problem(f"is {kind}; allowed is a Datetime with the zone UTC", path=path))
        elif empty := log[column].null_count():
            problems.append(Problem(f"{empty} of {log.height} cells are empty; every visit needs one", path=path))
    return problems


def _visits(log: pl.DataFrame) -> _Visits:
    rows = (
        log.select(_NEEDED)
        .with_row_index("row")
        .select(
            pl.col("row").first().over("case_id").cast(pl.Int64).alias("case"),
            pl.col("activity").cast(pl.String),
            pl.col("start_time", "end_time").dt.epoch("us"),
        )
        .sort("case", "start_time", "end_time", maintain_order=True)
    )
    opens = np.diff(rows["case"].to_numpy(), prepend=-1) != 0
    return _Visits(
        activity=rows["activity"].to_numpy(),
        start=rows["start_time"].to_numpy(),
        end=rows["end_time"].to_numpy(),
        first=np.flatnonzero(opens),
        case=np.cumsum(opens) - 1,
    )


def _hours(*instants: _Integers) -> _Integers:
    return np.concatenate(instants) // _HOUR


def _hours_into_case(log: _Visits) -> _Integers:
    began = log.start[log.first][log.case]
    return _hours(log.start - began, log.end - began)


def _cycle_time_distance(a: _Visits, b: _Visits) -> float:
    times_a, times_b = (np.maximum.reduceat(log.end, log.first) - log.start[log.first] for log in (a, b))
    shortest = min(times_a.min(), times_b.min())
    return _wasserstein(_hours(times_a - shortest), _hours(times_b - shortest))


def _weekday_distance(a: _Integers, b: _Integers) -> float:
    weekday_a, weekday_b = a // 24 % 7, b // 24 % 7
    total = 0.0
    for weekday in range(7):
        day_a, day_b = a[weekday_a == weekday] % 24, b[weekday_b == weekday] % 24
        if day_a.size and day_b.size:
            total += _wasserstein(day_a, day_b)
        elif day_a.size or day_b.size:
            total += WEEKDAY_APART
    return total / 7


def _wasserstein(a: _Integers, b: _Integers) -> float:
    hours, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    up_to_a = np.bincount(place[: a.size], minlength=hours.size).cumsum()
    up_to_b = np.bincount(place[a.size :], minlength=hours.size).cumsum()
    # shares over the common denominator: whole numbers, so that equal histograms are exactly 0 apart
    gap = np.abs(up_to_a * b.size - up_to_b * a.size)[:-1]
    return float(gap @ np.diff(hours).astype(np.float64)) / (a.size * b.size)


def _sequence_distance(a: _Visits, b: _Visits) -> float:
    labels = pl.Series(np.concatenate([a.activity, b.activity]), dtype=pl.String)
    codes = labels.rank("dense").cast(pl.Int64).to_numpy()
    base = int(codes.max()) + 1
    triples_a = _triples(a, codes[: a.case.size], base)
    triples_b = _triples(b, codes[a.case.size :], base)
    kinds, place = np.unique(np.concatenate([triples_a, triples_b]), return_inverse=True)
    count_a = np.bincount(place[: triples_a.size], minlength=kinds.size)
    count_b = np.bincount(place[triples_a.size :], minlength=kinds.size)
    return float(np.abs(count_a - count_b).sum() / place.size)


def _triples(log: _Visits, codes: _Integers, base: int) -> _Integers:
    # cases one after another with two blanks (0) between: no three neighbours belong to two cases
    line = np.zeros(codes.size + 2 * (log.first.size + 1), dtype=np.int64)
    line[np.arange(codes.size) + 2 * (log.case + 1)] = codes
    return (line[:-2] * base + line[1:-1]) * base + line[2:]

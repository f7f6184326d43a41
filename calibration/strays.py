"""Items that are hardly a piece of work: a test or template case, a machine's heartbeat, with visits beyond all others.

Of visits per item n(1) >= n(2) >= ..., in a tail of any Pareto form the spacings

    k · ln(n(k) / n(k+1)),   k = 1, 2, ...

are independent and exponential with one mean, which the spacings below tell (Hill's estimator). So however long cases
naturally get, it can be told whether the first k stand apart. They are strays where the k-th, k <= 3, has 5 times the
visits of the next and a twentieth of all visits of the log, and its spacing has a chance below 1/1000: over the mean of
m others, exponential too, P(> x) = (1 + x / m)^-m. Such items shape routes, efforts, hours and people of all others;
they are left out of all that is learned, which is said. Units: visits.

Sources: Rényi (1953), On the theory of order statistics, Acta Mathematica Hungarica 4; Hill (1975), A simple general
approach to inference about the tail of a distribution, Annals of Statistics 3.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.evidence import Evidence, Fitted
from twin.eventlog import EventLog
from twin.units import HOUR

MOST: Final = 3
TIMES: Final = 5.0
SHARE: Final = 0.05
CHANCE: Final = 1e-3
OTHERS: Final = 20
"""Spacings below that tell how long cases naturally get."""
FEWEST: Final = 30
"""Items."""
FEWEST_VISITS: Final = 100


def strays_of(visits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the items whose visits stand apart from those of all others.

    Parameters
    ----------
    visits
        Visits of each item, shape (items,).

    Returns
    -------
    Places of the strays, those with most visits first; mostly none.
    """
    if visits.size < FEWEST or visits.max() < FEWEST_VISITS:
        return np.zeros(0, np.int64)
    order = np.argsort(-visits, kind="stable")
    counts = visits[order].astype(np.float64)
    spacing = np.log(counts[:-1] / np.maximum(counts[1:], 1)) * np.arange(1, counts.size)
    for k in range(MOST, 0, -1):
        others = spacing[k : k + OTHERS]
        beyond = spacing[k - 1] / max(float(others.mean()), 1e-9)
        chance = (1 + beyond / others.size) ** -others.size
        large = counts[k - 1] >= max(TIMES * counts[k], SHARE * counts.sum(), FEWEST_VISITS)
        if large and chance < CHANCE:
            return np.asarray(order[:k])
    return np.zeros(0, np.int64)


def without_strays(log: EventLog) -> Fitted[EventLog]:
    """Leave strays out of a log, with evidence of them; the same log where there are none."""
    items = log.frame.group_by("item").agg(pl.len().alias("visits")).sort("item")
    places = strays_of(items["visits"].to_numpy().astype(np.int64))
    if not places.size:
        return Fitted(log, ())
    chosen, counts = items["item"].gather(places), items["visits"].gather(places).to_list()
    theirs = pl.col("item").is_in(chosen.implode())
    left = replace(log, frame=log.frame.filter(~theirs))
    next_ = int(left.frame.group_by("item").len()["len"].max())  # type: ignore[arg-type]  # never empty
    names = [str(item) if log.cases is None else log.cases[item] for item in chosen.to_list()]
    begun = log.frame.filter(theirs & pl.col("finished").is_not_null())
    hours = float((begun["finished"] - begun["started"]).fill_null(0).sum()) / HOUR
    return Fitted(left, (_evidence(names, counts, (log.visits, next_, hours)),))


def _evidence(names: list[str], counts: list[int], around: tuple[int, int, float]) -> Evidence:
    visits, next_, hours = around
    listed = ", ".join(f"{name} ({count:,})" for name, count in zip(names, counts, strict=True))
    told = f"{len(names)} item{'s' * (len(names) > 1)} with {sum(counts):,} of {visits:,} visits"
    return Evidence(
        "log.strays",
        told,
        f"spacing of visits per item, chance below {CHANCE:g} in a tail like that of the others",
        sum(counts),
        note=f"left out of all that is learned: {listed}; {hours:,.0f} h from start to end are theirs",
        mind=f"{told}, any other has {next_:,} at most: {listed}. A test case, a template or a machine's heartbeat? "
        f"Left out of all that is learned; if it is work, its {hours:,.0f} h are missing in the load of its people",
    )

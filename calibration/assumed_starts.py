"""How much of the time from an assumed start to an end is work, where nobody recorded when work began.

A history of statuses has ends only. Work is taken to begin once the item is there and whoever finished it is free
(`calibration.sources.histories`), which fills every pause of busy people: efforts are too long, and people who are as
busy as that would let more work wait than did. So of each time from start to end only a share s is taken to be work,

    start(s) = end - s · (end - assumed start),

and the largest s of a few is taken with which the twin that is learned waits about as much like the log as with any: it
gains most of what the best gains over s = 1. How alike they wait is the mean distance, over teams by their visits, of
quantiles of log(1 + wait / 1 min): at short waits, where no delay can make up for a queue that is too long, it is as
strict as at long ones. Smaller shares than needed turn queues into delays, which more people do not shorten.
Units: ticks (milliseconds). Source: simulated minimum distance, as in Gourieroux, Monfort and Renault (1993), Indirect
inference, Journal of Applied Econometrics 8, S85-S118.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from calibration.backlog import as_it_came, backlogs_of
from calibration.evidence import Evidence, Fitted
from calibration.observed import Floats, Observed, Ticks, observe
from calibration.rerun import rerun
from twin.engine.telling import Tell, silent
from twin.eventlog import EventLog
from twin.spec import Twin
from twin.units import MINUTE

SHARES: Final = (1.0, 0.92, 0.85, 0.7, 0.5)
MOST: Final = 0.7
"""Part of what the best share gains that makes a larger one do."""
WORK_SHARE: Final = "log.work_share"
"""Path of its evidence."""
LEAST_OF_TEAM: Final = 50
LEVELS: Final = np.linspace(0.01, 0.99, 99)


def later_starts(log: EventLog, share: float) -> EventLog:
    """Give the log in which a share of each time from start to end is work, at its end."""
    if share == 1:
        return log
    work = ((pl.col("finished") - pl.col("started")) * share).round().cast(pl.Int64)
    started = pl.when(pl.col("finished").is_not_null()).then(pl.col("finished") - work).otherwise("started")
    return replace(log, frame=log.frame.with_columns(started.alias("started")))


def fit_work_share(learn: Callable[[float], tuple[Twin, EventLog]], *, tell: Tell = silent) -> Fitted[float]:
    """Find the share of the time from assumed start to end that is work.

    Parameters
    ----------
    learn
        Gives the twin that is learned with a share, and the log it was learned from.
    tell
        Called with one line where an engine has to be compiled first.

    Returns
    -------
    Fitted
        The share, above 0 and at most 1; 1 where the log is too small to tell.
    """
    apart = {share: distance(*learn(share), tell=tell) for share in SHARES}
    enough = apart[1.0] - MOST * (apart[1.0] - min(apart.values()))
    share = max(each for each, gap in apart.items() if gap <= enough)
    tried = ", ".join(f"{each:.0%} {gap:.2f}" for each, gap in apart.items())
    return Fitted(
        share,
        (
            Evidence(
                WORK_SHARE,
                f"{share:.0%}",
                "share of the time from assumed start to end that is work: the largest with which the twin waits about "
                f"as much like the log as with any; mean distance of quantiles of log(1 + minutes), by share: {tried}",
                learn(share)[1].visits,
                note="An assumption on an assumption: other work and pauses are told from too much waiting alone.",
                mind="" if share == 1 else f"{share:.0%} of the time from assumed starts to ends is taken for work",
            ),
        ),
    )


def distance(twin: Twin, log: EventLog, *, tell: Tell = silent) -> float:
    """Measure how unlike a log its twin waits: mean over teams, by their visits, of quantiles of log(1 + minutes)."""
    seen = observe(log)
    made = rerun(as_it_came(twin, log.start, backlogs_of(log)), seen, tell=tell)
    first = {name: stage.served_by()[0] for name, stage in twin.stages.items()}
    gaps, visits = [], []
    for team in twin.teams:
        ours, theirs = (_waits(each, first, team) for each in (seen, made))
        if min(ours.size, theirs.size) >= LEAST_OF_TEAM:
            gaps.append(np.abs(_quantiles(ours) - _quantiles(theirs)).mean())
            visits.append(ours.size)
    return float(np.average(gaps, weights=visits)) if gaps else 0.0


def _waits(observed: Observed, first: Mapping[str, str], team: str) -> Ticks:
    mine = np.array([first.get(stage) == team for stage in observed.stages])[observed.stage]
    waits: Ticks = (observed.started - observed.enabled)[mine]
    return waits


def _quantiles(waits: Ticks) -> Floats:
    return np.quantile(np.log1p(waits / MINUTE), LEVELS)

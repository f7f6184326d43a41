"""Rolling-origin backtest: at several instants of a log, calibrate on what was known, look ahead, and keep score.

At each origin (`calibration.origins`) the twin is learned anew from the log as it stood, and forecasts the next weeks
beside two forecasts that need no twin (`calibration.forecasts`). What happened is then held against all three
(`calibration.scores`):

    coverage        how often the central 80 % and 95 % of the twin's runs held what happened
    skill           1 - CRPS of the twin / CRPS of resampled throughput, and of history replayed
    discrepancy     p that what happened is one of the twin's runs, over all origins, Holm's over the figures
    spread          sqrt(max(0, mean of (observed / simulated - 1)^2 - mean of the runs' own (run / mean - 1)^2)):
                    what the model gets wrong beyond chance, about 0, so that a lasting bias counts
    distances       the field's six, of the cases that arrived in those weeks, beside history replayed

A good score says that the twin foresees work that goes on as before. It does not say what a change will do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.assumed_starts import later_starts
from calibration.distance import Distances, distances
from calibration.fit import Fit, fit_twin
from calibration.forecasts import (
    Past,
    Question,
    figure_names,
    happened,
    inside_at,
    level_spread,
    past_of,
    replayed,
    resampled,
    simulated,
    unit_of,
)
from calibration.history import replay_history
from calibration.origins import MOST_ORIGINS, choose_origins, known_at
from calibration.scores import crps, interval, place, skill, surprise
from twin.caseload import simulate_caseload
from twin.engine.telling import Tell, silent
from twin.errors import InputError
from twin.estimate import holm
from twin.eventlog import EventLog, exported
from twin.units import MILLISECOND, WEEK

Floats = NDArray[np.float64]

MEMBERS: Final = 79
CASELOADS: Final = 3
"""Simulated logs for the distances of each origin."""
LEVELS: Final = (0.8, 0.95)
LEAST_CASES: Final = 5
TESTED: Final = (
    "throughput mean", "wip mean", "lead_time mean", "lead_time p50", "lead_time p85", "lead_time p95",
)  # fmt: skip


class Ahead(NamedTuple):
    """The weeks after one origin: what was foreseen, and what happened."""

    origin: int  # tick of the log
    at: datetime
    inside: int  # items inside at the origin
    observed: Floats  # (figures,) NaN where nothing was done
    twin: Floats  # (members, figures)
    resampled: Floats  # (members, figures)
    replayed: Floats  # (1, figures)
    apart: tuple[Distances, Distances] | None  # of the twin and of history replayed; None with too few cases


class Score(NamedTuple):
    """A figure over all origins."""

    figure: str
    unit: str
    cases: int  # origins, times weeks for weekly figures
    hits: tuple[float, float]  # share of cases inside the 80 % and the 95 % interval
    crps: tuple[float, float, float]  # mean of the twin, of resampled throughput, of history replayed
    skills: tuple[float, float]  # against resampled throughput, against history replayed
    p_value: float | None  # of all origins together, Holm's; None for weekly figures
    bias: float  # mean of observed / simulated - 1
    spread: float  # relative standard deviation beyond chance


@dataclass(frozen=True)
class Rolling:
    """A rolling backtest.

    Attributes
    ----------
    aheads
        By origin, in time.
    scores
        By figure: throughput and WIP by week, then `TESTED`.
    weeks
        Horizon.
    members, seed
        Runs per forecast, and the name of the random numbers.
    skipped
        Origins at which no twin could be learned, and why.
    """

    aheads: tuple[Ahead, ...]
    scores: tuple[Score, ...]
    weeks: int
    members: int
    seed: int
    skipped: tuple[tuple[datetime, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures of every forecast, in order."""
        return figure_names(self.weeks)


def rolling_backtest(
    log: EventLog,
    *,
    members: int = MEMBERS,
    most: int = MOST_ORIGINS,
    seed: int = 1,
    tell: Tell = silent,
    progress: Callable[[int, int], None] = lambda _done, _planned: None,
) -> Rolling:
    """Look ahead from several origins of a log.

    Parameters
    ----------
    log
        Visits, rows in any order.
    members
        Runs per forecast, 39 at least; for exact intervals one less than a multiple of 40.
    most
        Origins at most.
    seed
        Names the random numbers.
    tell
        Called with one line where an engine has to be compiled first.
    progress
        Called with origins done and planned.

    Raises
    ------
    InputError
        Where the log is too short, or no twin can be learned at any origin.
    """
    if members < 39:
        raise InputError(f"an interval of 95 % needs at least 39 runs; got {members}")
    chosen = choose_origins(log, most=most)
    past, found, skipped = past_of(log), [], []
    for number, origin in enumerate(chosen.at):
        at = log.start + timedelta(milliseconds=origin * MILLISECOND)
        try:
            fit = fit_twin(known_at(log, origin), name="backtest", tell=tell)
            asked = Question(fit.log, origin, chosen.weeks, unseen=fit.unseen)
            found.append(_ahead(log, past, fit, asked, (chosen.since, members, seed), tell))
        except InputError as error:
            skipped.append((at, str(error).partition("\n")[0]))
        progress(number + 1, len(chosen.at))
    if not found:
        raise InputError(f"no twin can be learned at any of {len(skipped)} origins: {skipped[0][1]}")
    scores = score_figures(found, chosen.weeks)
    return Rolling(tuple(found), scores, chosen.weeks, members, seed, tuple(skipped))


def _ahead(log: EventLog, past: Past, fit: Fit, asked: Question, named: tuple[int, int, int], tell: Tell) -> Ahead:
    since, members, seed = named
    known, origin, weeks = past_of(asked.log), asked.origin, asked.weeks
    spreads = {work: level_spread(fit.evidence, work) for work in fit.twin.work}
    return Ahead(
        origin,
        log.start + timedelta(milliseconds=origin * MILLISECOND),
        inside_at(known, origin),
        happened(past, origin, weeks),
        simulated(fit.twin, asked, spreads, members=members, seed=seed, tell=tell),
        resampled(known, origin, weeks, since, members=members, seed=seed),
        replayed(known, origin, weeks, since),
        _apart(later_starts(log, fit.work_share), fit, asked, seed, tell),
    )


def _apart(log: EventLog, fit: Fit, asked: Question, seed: int, tell: Tell) -> tuple[Distances, Distances] | None:
    """Measure how far the cases of the weeks ahead are from simulated ones, and from the last known ones again."""
    coming = log.after(asked.origin).before(asked.origin + asked.weeks * WEEK)
    observed = exported(coming).drop_nulls(["start_time", "end_time"])
    history = exported(asked.log).drop_nulls(["start_time", "end_time"])
    cases = min(observed["case_id"].n_unique(), history["case_id"].n_unique())
    if cases < LEAST_CASES:
        return None
    start = observed["start_time"].min()
    if not isinstance(start, datetime):
        return None
    runs = simulate_caseload(fit.twin, items=cases, start=start, seed=seed, replications=CASELOADS, tell=tell)
    mine = [distances(observed, exported(outcome.log())) for outcome in runs]
    mean = Distances(*(float(np.mean(column)) for column in zip(*mine, strict=True)))
    return mean, distances(observed, replay_history(history, start=start, cases=cases))


# --- scores -----------------------------------------------------------------------------------------------------------


def score_figures(aheads: list[Ahead], weeks: int) -> tuple[Score, ...]:
    """Score every figure over all origins; those that were never observed are left out."""
    names = figure_names(weeks)
    groups = [
        (f"{each} by week", [f"{each} week {week + 1}" for week in range(weeks)]) for each in ("throughput", "wip")
    ]
    groups += [(name, [name]) for name in TESTED]
    scored = [_scored(title, [names.index(each) for each in inner], aheads) for title, inner in groups]
    found = [score for score in scored if score is not None]
    tested = [score for score in found if score.p_value is not None]
    adjusted = dict(
        zip((s.figure for s in tested), holm([s.p_value for s in tested if s.p_value is not None]), strict=True)
    )
    return tuple(score._replace(p_value=adjusted.get(score.figure)) for score in found)


def _scored(title: str, columns: list[int], aheads: list[Ahead]) -> Score | None:
    cases = [
        (ahead.observed[column], *(_told(part[:, column]) for part in (ahead.twin, ahead.resampled, ahead.replayed)))
        for ahead in aheads
        for column in columns
    ]
    cases = [case for case in cases if not np.isnan(case[0]) and all(part.size for part in case[1:])]
    if not cases:
        return None
    points = np.array([[crps(members, observed) for members in parts] for observed, *parts in cases])
    hits = [np.mean([_holds(interval(twin, level), observed) for observed, twin, *_ in cases]) for level in LEVELS]
    single = title in TESTED
    bias, spread = _relative([(observed, twin) for observed, twin, *_ in cases])
    return Score(
        title,
        unit_of(title),
        len(cases),
        (float(hits[0]), float(hits[1])),
        tuple(float(each) for each in points.mean(axis=0)),  # type: ignore[arg-type]  # three columns
        (skill(points[:, 0], points[:, 1]), skill(points[:, 0], points[:, 2])),
        surprise([place(twin, observed) for observed, twin, *_ in cases]) if single else None,
        bias,
        spread,
    )


def _told(members: Floats) -> Floats:
    return members[~np.isnan(members)]


def _holds(ends: tuple[float, float], value: float) -> bool:
    return ends[0] <= value <= ends[1]


def _relative(cases: list[tuple[float, Floats]]) -> tuple[float, float]:
    """Give mean and spread of observed / simulated - 1, the spread without what the runs' own spread explains."""
    usable = [(observed / twin.mean() - 1, twin / twin.mean() - 1) for observed, twin in cases if twin.mean() > 0]
    if not usable:
        return 0.0, 0.0
    off = np.array([each for each, _ in usable])
    chance = float(np.mean([runs.var(ddof=1) * (1 + 1 / runs.size) if runs.size > 1 else 0.0 for _, runs in usable]))
    return float(off.mean()), float(np.sqrt(max(0.0, float((off**2).mean()) - chance)))

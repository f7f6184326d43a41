"""A rolling backtest as plain values for programs. Lead times are hours, skills and shares dimensionless."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from calibration.grading import discrepancies, mean_distances, told_discrepancy, totals
from calibration.interventions import Tried
from calibration.rolling import LEVELS, Ahead, Rolling, Score
from calibration.scores import interval
from twin.credibility import Credibility

SCHEMA_VERSION: Final = 1


def written(rolling: Rolling, earned: Credibility, tried: Sequence[Tried] = ()) -> dict[str, Any]:
    """Give a backtest and its grade as plain values."""
    joined = totals(rolling)
    return {
        "schema_version": SCHEMA_VERSION,
        "worktwin": version("worktwin"),
        "grade": earned.grade,
        "reasons": list(earned.reasons),
        "does_not_reproduce": [f"{each.figure}: {told_discrepancy(each)}" for each in discrepancies(rolling)],
        "origins": len(rolling.aheads),
        "weeks": rolling.weeks,
        "members": rolling.members,
        "seed": rolling.seed,
        "skill": dict(zip(("resampled_throughput", "history_replayed"), map(finite, joined.skills), strict=True)),
        "coverage": {f"{level:.0%}": held for level, held in zip(LEVELS, joined.held, strict=True)},
        "figures": [_score(each) for each in rolling.scores],
        "distances": [
            {"name": name, "twin": twin, "history": history} for name, twin, history in mean_distances(rolling)
        ],
        "forecasts": [_ahead(each, rolling.names) for each in rolling.aheads],
        "skipped": [{"at": at.isoformat(), "why": why} for at, why in rolling.skipped],
        "interventions": [each.as_written() for each in tried],
        "discrepancy": dict(earned.discrepancy),
        "observed": {name: list(ends) for name, ends in earned.observed.items()},
    }


def _score(score: Score) -> dict[str, Any]:
    twin, resampled, replayed = score.crps
    return {
        "figure": score.figure,
        "unit": score.unit,
        "cases": score.cases,
        "coverage": {f"{level:.0%}": held for level, held in zip(LEVELS, score.hits, strict=True)},
        "crps": {"twin": twin, "resampled_throughput": resampled, "history_replayed": replayed},
        "skill": dict(zip(("resampled_throughput", "history_replayed"), map(finite, score.skills), strict=True)),
        "p_value": score.p_value,
        "bias": score.bias,
        "discrepancy": score.spread,
    }


def _ahead(ahead: Ahead, names: tuple[str, ...]) -> dict[str, Any]:
    figures = []
    for column, name in enumerate(names):
        runs = ahead.twin[:, column]
        runs = runs[~np.isnan(runs)]
        ends = [interval(runs, level) if runs.size else (None, None) for level in LEVELS]
        figures.append(
            {
                "figure": name,
                "observed": finite(ahead.observed[column]),
                "twin": finite(runs.mean()) if runs.size else None,
                **{f"{level:.0%}": list(pair) for level, pair in zip(LEVELS, ends, strict=True)},
                "resampled_throughput": _mean(ahead.resampled[:, column]),
                "history_replayed": _mean(ahead.replayed[:, column]),
            }
        )
    return {"at": ahead.at.isoformat(), "items_inside": ahead.inside, "figures": figures}


def _mean(values: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def finite(value: float) -> float | None:
    """Give a number, or None where it is none that JSON can say."""
    return float(value) if np.isfinite(value) else None

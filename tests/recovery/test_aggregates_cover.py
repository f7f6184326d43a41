"""Twins learned from aggregated metrics leave open what the metrics leave open, and not much more."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.aggregates import SHAPES, asked
from calibration.asked import effects_over
from calibration.inference import Budget
from calibration.inferred import infer_twins
from calibration.sources.aggregates import read_aggregates
from twin.scenario import Experiment

CASES = 5
"""Of each shape."""

METRICS = "\n".join(
    ["period_start,metric,value,unit"]
    + [
        f"2026-{month:02}-01,{figure}"
        for month, days in ((1, 31), (2, 28), (3, 31))
        for figure in (f"throughput,{19.2 * days:.1f},", "wip,4,", "lead_time,5,h")
    ]
)
MORE_DEMAND = Experiment.model_validate(
    {
        "question": "What if a fifth more came?",
        "base": "twin.yaml",
        "scenarios": {"a fifth more": [{"scale": "work.case.arrivals", "by": 1.2}]},
        "run": {"warm_up": "8 w", "length": "26 w", "replications": 4, "seed": 1},
        "answer": {"metric": "lead_time", "better": "lower", "worth": "1 h"},
    }
)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_a_fifth_more_demand_has_five_futures(tmp_path: Path) -> None:
    """CORRECTNESS C5: of a lead time of 5 h, 90 % of twins reach from 5.2 h to 16 h at least."""
    (tmp_path / "metrics.csv").write_text(METRICS + "\n")
    found = infer_twins(read_aggregates(tmp_path / "metrics.csv"), name="Queue", hours="always", budget=Budget())
    (effects,) = effects_over(found.ensemble, MORE_DEMAND).values()
    low, high = np.nanquantile(effects.mean(axis=1), (0.05, 0.95))
    assert (low <= 0.2, high >= 11.0) == (True, True)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_intervals_of_a_what_if_hold_the_organisations_own_answer() -> None:
    """No fewer inside than chance explains at 85 %; of the 48 cases of ``benchmarks/aggregates.md`` fewer are."""
    cases = [asked(shape, number, Budget(1200, 150)) for shape in SHAPES for number in range(CASES)]
    inside = sum(case.low <= case.truth <= case.high for case in cases)
    assert inside >= binom.ppf(0.01, len(cases), 0.85)

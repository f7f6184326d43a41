"""The exact values in `cases.py` are those of the table of queueing results that the project was given."""

import json
from pathlib import Path

import pytest
from theory.cases import daily_cycle, table

THEORY = Path(__file__).parents[3] / "shared" / "reference" / "theory.json"
EXCEPT = {"asym_var_Wq_per_item", "asym_var_N_per_time", "LIFO_np_Wq_sd", "p", "rate1", "rate2", "Wq_MM2"}
"""Of other orders than first come first served, or of no use to a test."""


@pytest.mark.shared
def test_every_exact_value_is_that_of_the_table() -> None:
    if not THEORY.exists():
        pytest.skip(f"{THEORY} is absent, so the values are not compared")
    known = json.loads(THEORY.read_text(encoding="utf-8"))
    for name, values in table().items():
        wanted = {key: value for key, value in known[name]["values"].items() if key not in EXCEPT}
        wanted = {key: value for key, value in wanted.items() if not key.startswith("approx")}
        # The table's R39 has a smooth rate, ours one that is constant within each slot of five minutes
        assert values == pytest.approx(wanted, rel=2e-4 if name == "R39" else 2e-6), name


def test_finer_slots_of_a_daily_cycle_change_little() -> None:
    assert daily_cycle(288) == pytest.approx(daily_cycle(96), rel=1e-3)

"""The exact values in `cases.py` are those of the table of queueing results that the project was given, all of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from theory.cases import LEFT_OUT, WITHOUT, table
from theory.chains import daily_cycle

THEORY = Path(__file__).parents[3] / "shared" / "reference" / "theory.json"


def known() -> dict[str, Any]:
    if not THEORY.exists():
        pytest.skip(f"{THEORY} is absent, so the values are not compared")
    return {name: case["values"] for name, case in json.loads(THEORY.read_text(encoding="utf-8")).items()}


@pytest.mark.shared
def test_every_exact_value_is_that_of_the_table() -> None:
    for name, values in table().items():
        wanted = {key: value for key, value in known()[name].items() if key not in LEFT_OUT.get(name, {})}
        # The table's R36 and R39 have smooth rates, ours are constant within each slot of five minutes
        assert values == pytest.approx(wanted, rel=2e-4 if name in {"R36", "R39"} else 2e-6), name


@pytest.mark.shared
def test_every_case_of_the_table_is_run_or_it_is_said_why_not() -> None:
    assert set(table()) | set(WITHOUT) == set(known())
    assert not set(table()) & set(WITHOUT)


def test_finer_slots_of_a_daily_cycle_change_little() -> None:
    assert daily_cycle(288) == pytest.approx(daily_cycle(96), rel=1e-3)

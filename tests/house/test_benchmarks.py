"""What the benchmarks name of the code is there, so that a table can be written again after any change."""

from importlib import import_module

import pytest

from benchmarks.calibration import STEPS

NAMES = sorted(name for names in STEPS.values() for name in names)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_a_calibration_that_is_timed_is_a_function(name: str) -> None:
    module, _, function = name.partition(":")
    assert callable(getattr(import_module(module), function))

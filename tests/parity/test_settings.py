"""The kernel means the same as plain Python, and reads no array beyond its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("setting", "examples"),
    [
        pytest.param("NUMBA_DISABLE_JIT", 30, id="plain Python"),
        pytest.param("NUMBA_BOUNDSCHECK", 100, id="every index checked"),
    ],
)
def test_the_kernel_agrees_with_the_reference(setting: str, examples: int) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "every_small_twin",
        "test_parity.py",
    ]
    surroundings = os.environ | {setting: "1", "PARITY_EXAMPLES": str(examples)}
    told = subprocess.run(command, cwd=HERE, env=surroundings, capture_output=True, text=True, check=False)
    assert "1 passed" in told.stdout, told.stdout[-2000:]

"""The kernel means the same as plain Python, and reads no array beyond its end.

Plain Python refuses an index beyond an array's end too; the compiled check, on more twins, takes minutes to compile and
is nightly. There the compiler is told to try less hard: it means the same and takes half the time.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.timeout(900)  # it compiles: minutes where other programs run
@pytest.mark.parametrize(
    ("settings", "examples", "chosen"),
    [
        pytest.param(
            {"NUMBA_DISABLE_JIT": "1"},
            20,
            ("every_small_twin", "plain_work_that_branches", "ring"),
            id="plain Python",
        ),
        pytest.param(
            {"NUMBA_BOUNDSCHECK": "1", "NUMBA_OPT": "1"},
            70,
            ("every_small_twin", "ring"),
            id="every index checked",
            marks=pytest.mark.nightly,
        ),
    ],
)
def test_the_kernel_agrees_with_the_reference(settings: dict[str, str], examples: int, chosen: tuple[str, ...]) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        " or ".join(chosen),
        "test_parity.py",
    ]
    surroundings = os.environ | settings | {"PARITY_EXAMPLES": str(examples)}
    told = subprocess.run(command, cwd=HERE, env=surroundings, capture_output=True, text=True, check=False)
    assert f"{len(chosen)} passed" in told.stdout, told.stdout[-2000:]

"""Student's t is SciPy's own, without the package that has it."""

import subprocess
import sys

import pytest
from scipy import special

from twin.student import t_quantile, t_share

ALONE = """
import sys
from twin.student import t_quantile
print(t_quantile(9, 0.975), "scipy.special" in sys.modules)
from scipy import special
print(special.stdtrit(9, 0.975), special.gammaln(1.0))
"""


def test_a_value_below_which_a_share_lies_has_that_share_below_it() -> None:
    assert t_share(9.5, t_quantile(9.5, 0.975)) == pytest.approx(0.975)


def test_it_is_loaded_alone_and_the_package_after_it_is_whole() -> None:
    expected = float(special.stdtrit(9, 0.975))
    told = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True).stdout
    assert told == f"{expected} False\n{expected} 0.0\n"

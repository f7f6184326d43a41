"""Student's t, chi-square and gamma: the share below a value, and the t below which a share lies, as SciPy has them.

Its functions come from the extension module that ``scipy.special`` takes them from. The package itself loads NumPy
anew for other array libraries, 0.15 s of every report; so while the extension loads, an empty package stands in its
place. Where SciPy is laid out otherwise, or is loaded already, they come from the package: they are the same.
Source: Cephes and Boost in SciPy, ``scipy.special.stdtr``, ``stdtrit``, ``chdtr``, ``gammainc`` and ``gammaln``.
"""

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

PACKAGE: Final = "scipy.special"


def t_share(freedom: float, t: float) -> float:
    """Give the share of the t distribution below t."""
    return float(_functions().stdtr(freedom, t))


def t_quantile(freedom: float, share: float) -> float:
    """Give the t below which a share of the distribution lies."""
    return float(_functions().stdtrit(freedom, share))


def chi_square_share(freedom: float, x: float) -> float:
    """Give the share of the chi-square distribution below x."""
    return float(_functions().chdtr(freedom, x))


def gamma_share(shape: float, x: float) -> float:
    """Give the share of the gamma distribution with scale 1 below x, which is G of `twin.partial_means`."""
    return float(_functions().gammainc(shape, x))


def log_gamma(x: float) -> float:
    """Give the logarithm of the gamma function of x, above 0."""
    return float(_functions().gammaln(x))


@cache
def _functions() -> Any:
    """Load what has the functions: the package where it is loaded already or has to be, else its extension."""
    if PACKAGE in sys.modules:
        return import_module(PACKAGE)
    scipy = import_module("scipy")
    package = sys.modules[PACKAGE] = ModuleType(PACKAGE)
    package.__path__ = [str(Path(str(scipy.__file__)).with_name("special"))]
    try:
        found = import_module(f"{PACKAGE}._ufuncs")
    except ImportError:
        found = None
    finally:
        del sys.modules[PACKAGE]
    return found if hasattr(found, "stdtrit") else import_module(PACKAGE)

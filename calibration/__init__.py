"""Learn a twin from an event log, with the evidence for every number, and check it against weeks it has not seen.

reading = read_log(["tracker.csv"], zone="Europe/Berlin")
learned = fit_twin(reading.log, name="Payments")
tested = backtest_twin(learned.twin, later.log, twin.exported(learned.log))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calibration.backtest import Backtest, backtest_twin
    from calibration.belief import believed
    from calibration.distance import Distances, distances
    from calibration.evidence import Evidence
    from calibration.fit import Fit, fit_twin
    from calibration.folder import read_history, write_fit
    from calibration.groups import by_group
    from calibration.profile import Profile, profile_log
    from calibration.rolling import Rolling, rolling_backtest
    from calibration.sources import Reading, read_log

_HOMES = {
    "Backtest": "backtest",
    "Distances": "distance",
    "Evidence": "evidence",
    "Fit": "fit",
    "Profile": "profile",
    "Reading": "sources",
    "Rolling": "rolling",
    "backtest_twin": "backtest",
    "believed": "belief",
    "by_group": "groups",
    "distances": "distance",
    "fit_twin": "fit",
    "profile_log": "profile",
    "read_history": "folder",
    "read_log": "sources",
    "rolling_backtest": "rolling",
    "write_fit": "folder",
}

__all__ = [
    "Backtest",
    "Distances",
    "Evidence",
    "Fit",
    "Profile",
    "Reading",
    "Rolling",
    "backtest_twin",
    "believed",
    "by_group",
    "distances",
    "fit_twin",
    "profile_log",
    "read_history",
    "read_log",
    "rolling_backtest",
    "write_fit",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'calibration' has no attribute {name!r}")
    return getattr(import_module(f"calibration.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)

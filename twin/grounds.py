"""What a calibrated twin rests on, kept beside it as ``grounds.json``: the weeks it has seen, and what it contradicts.

Ranges are the least and most of any week of the data: beyond them an answer rests on the twin's logic alone
(`twin.extrapolation`). What is missed are figures of the data that the twin does not show, in words: such a twin is
wrong where nobody doubts it, however narrow its intervals. Both are known as soon as a twin is calibrated; a backtest
(`twin.credibility`) says more. Units: items a week, people, shares.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from twin.beside import ranges_told, read_beside, write_beside
from twin.credibility import Credibility
from twin.spec import Twin

FILE: Final = "grounds.json"
SCHEMA_VERSION: Final = 1


class Grounds(NamedTuple):
    """What a twin rests on."""

    ranges: Mapping[str, tuple[float, float]]  # "arrivals", "people TEAM", "load TEAM": least and most in any week
    missed: tuple[str, ...] = ()  # a sentence for each figure of the data that the twin does not show, clearest first


def ranges_of(grounds: Grounds | None, earned: Credibility | None) -> Mapping[str, tuple[float, float]]:
    """Give the ranges that were seen, of the calibration or else of the backtest; empty where neither is there."""
    if grounds is not None:
        return grounds.ranges
    return {} if earned is None else earned.observed


def write_grounds(folder: Path, twin: Twin, grounds: Grounds) -> Path:
    """Write what a twin rests on beside it.

    Raises
    ------
    StorageError
        Where the file cannot be written.
    """
    return write_beside(folder / FILE, twin, grounds._asdict(), version=SCHEMA_VERSION)


def read_grounds(folder: Path, twin: Twin) -> Grounds | None:
    """Read what a twin rests on from its folder; None where that is not there, or is of another twin.

    Raises
    ------
    InputError
        Where the file is damaged.
    """
    return read_beside(folder / FILE, twin, _parsed, again="twin calibrate")


def _parsed(told: dict[str, Any]) -> Grounds:
    return Grounds(ranges_told(told["ranges"]), tuple(map(str, told["missed"])))

"""What a calibrated twin rests on, kept beside it as ``grounds.json``: the weeks it has seen, and what it contradicts.

Ranges are the least and most of any week of the data: beyond them an answer rests on the twin's logic alone
(`twin.extrapolation`). What is missed are figures of the data that the twin does not show, in words: such a twin is
wrong where nobody doubts it, however narrow its intervals. Both are known as soon as a twin is calibrated; a backtest
(`twin.credibility`) says more. Units: items a week, people, shares.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from twin.credibility import Credibility
from twin.ensemble import twin_hash
from twin.errors import InputError
from twin.files import write_text
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
    plain = {"schema_version": SCHEMA_VERSION, "twin": twin_hash(twin), **grounds._asdict()}
    write_text(folder / FILE, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    return folder / FILE


def read_grounds(folder: Path, twin: Twin) -> Grounds | None:
    """Read what a twin rests on from its folder; None where that is not there, or is of another twin.

    Raises
    ------
    InputError
        Where the file is damaged.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        grounds = Grounds(
            {str(name): (float(low), float(high)) for name, (low, high) in told["ranges"].items()},
            tuple(map(str, told["missed"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{file}: cannot be read; run `twin calibrate` again, or remove it") from None
    return grounds if told.get("twin") == twin_hash(twin) else None

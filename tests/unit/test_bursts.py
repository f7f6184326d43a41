"""What bursts leave of their variance in days and from one week to the next, drawn anew."""

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.bursts import LASTING, RARER, SHARE
from twin.streams import Purpose, name_hash, uniforms

BURSTS = 20_000
PARTS = [(days, share, parts[place]) for days, parts in LASTING.items() for place, share in enumerate((SHARE, RARER))]


def drawn(name: str, count: int) -> NDArray[np.float64]:
    place, numbers = name_hash(name), np.arange(count)
    return uniforms(seed=1, replication=0, place=place, work=0, numbers=numbers, visit=0, purpose=Purpose.DESIGN)


@pytest.mark.parametrize(("days", "share", "parts"), PARTS)
def test_bursts_leave_the_parts_that_are_written_down(days: int, share: float, parts: tuple[float, float]) -> None:
    quiet = -np.log(drawn("quiet", BURSTS)) * days * (1 - share) / share
    begins = np.cumsum(quiet + days) - days
    edges, spent = (np.stack([each, each + days], axis=1).ravel() for each in (begins, np.arange(BURSTS) * days))
    of_days, of_weeks = (np.diff(np.interp(np.arange(0, begins[-1], step), edges, spent)) / step for step in (1, 7))
    left = np.array([of_days.var(), np.mean(np.diff(of_weeks) ** 2) / 2]) / (share * (1 - share))
    assert left == pytest.approx(parts, abs=0.02)

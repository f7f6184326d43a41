"""Figures as people read them: one unit and as many decimals as the interval bears.

Times come in hours and are shown in days from 48 h on, in minutes below 1 h; shares come in 0 to 1 and are shown in %,
their differences in percentage points. A figure and the ends of its interval share unit and decimals: one digit of the
half-width, two where it begins with a 1, and at most three of the largest number. An end that is not 0 has so many that
it is seen on which side of 0 it lies, if three of the largest number are enough for that.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from twin.estimate import Difference, Estimate
from twin.units import WEEK, format_clock

MINUS: Final = "\N{MINUS SIGN}"
_LONG: Final = {"d": "days", "h": "hours", "min": "minutes"}


class Scale(NamedTuple):
    """A unit for people, and what to multiply a figure with to have it in that unit."""

    factor: float
    unit: str  # short, behind a number: d

    @property
    def name(self) -> str:
        """The unit on an axis: ``days``."""
        return _LONG.get(self.unit, self.unit)


def scale_for(unit: str, largest: float, *, change: bool = False) -> Scale:
    """Choose the unit in which figures up to `largest` are shown.

    >>> scale_for("h", 60).name, scale_for("share", 0.2, change=True).unit
    ('days', 'points')
    """
    if unit == "h":
        size = abs(largest)
        return Scale(1 / 24, "d") if size >= 48 else Scale(1, "h") if size >= 1 or size == 0 else Scale(60, "min")
    if unit == "share":
        return Scale(100, "points" if change else "%")
    return Scale(1, unit)


def figure(value: float, unit: str) -> str:
    """Write a figure alone, with three digits: ``3.10 d``."""
    scale = scale_for(unit, value)
    return f"{_number(value * scale.factor, _digits([value * scale.factor]), change=False)} {scale.unit}"


def figures(values: Sequence[float], unit: str, reach: float) -> list[str]:
    """Write half-widths in the unit of an interval that reaches so far, two digits of the largest, one unit for all.

    >>> figures([45.6, 7.2, 43.2], "h", 52), figures([45.6, 7.2, 43.2], "h", 40)
    (['1.9 d', '0.3', '1.8'], ['46 h', '7', '43'])
    """
    scale = scale_for(unit, reach, change=True)
    shown = [value * scale.factor for value in values]
    digits = max(0, min(6, 1 - _magnitude(max(map(abs, shown)))))
    first, *rest = [_number(value, digits, change=False) for value in shown]
    return [f"{first} {scale.unit}", *rest]


def say_estimate(estimate: Estimate, unit: str, *, behind: bool = True) -> str:
    """Write a figure with its interval, the unit behind it unless told otherwise: ``14.2 d (13.8 to 14.6)``."""
    return _with_interval((estimate.value, estimate.low, estimate.high), unit, change=False, behind=behind)


def say_difference(difference: Difference, unit: str, *, behind: bool = True) -> str:
    """Write a difference with its interval: ``+2.1 points (+1.4 to +2.8)``, or ``0 in every pair``."""
    if difference.identical:
        return "0 in every pair"
    return _with_interval((difference.effect, difference.low, difference.high), unit, change=True, behind=behind)


def say_change(difference: Difference, unit: str) -> str:
    """Write a difference as a part of a sentence: ``falls by 30 h (95 % interval 19 to 40)``."""
    way = "rises" if difference.effect > 0 else "falls"
    low, high = difference.low, difference.high
    if low is None or high is None:
        return f"{way} by {figure(abs(difference.effect), unit)} (no interval with n = {difference.n})"
    if low * high < 0:
        told = _with_interval((difference.effect, low, high), unit, change=True, behind=True)
    else:
        near, far = sorted((abs(low), abs(high)))
        told = _with_interval((abs(difference.effect), near, far), unit, change=True, behind=True).replace("+", "")
    named = told.replace("(", f"({difference.level * 100:g} % interval ", 1)
    return f"{'changes' if low * high < 0 else way} by {named}"


def say_duration(ticks: int) -> str:
    """Write a span of the run: ``52 weeks``, ``3.5 d``."""
    weeks, rest = divmod(ticks, WEEK)
    return f"{weeks} week{'s' if weeks != 1 else ''}" if weeks and not rest else format_clock(ticks)


def _with_interval(told: tuple[float, float | None, float | None], unit: str, *, change: bool, behind: bool) -> str:
    value, low, high = told
    known = [value] if low is None or high is None else [value, low, high]
    scale = scale_for(unit, max(map(abs, known)), change=change)
    figures = [number * scale.factor for number in known]
    digits = _digits(figures)
    shown, *ends = [_number(figure, digits, change=change) for figure in figures]
    interval = f"{ends[0]} to {ends[1]}" if ends else "no interval"
    return f"{shown} {scale.unit} ({interval})" if behind else f"{shown} ({interval})"


def _digits(figures: Sequence[float]) -> int:
    """Count decimals for a value alone, or a value and its ends."""
    bearable = 2 - _magnitude(max(map(abs, figures)))
    width = (figures[2] - figures[1]) / 2 if len(figures) == 3 else 0.0
    if width:
        place = _magnitude(width)
        wanted = max(0, -place + (width < 2 * 10.0**place))
        while wanted < bearable and any(end and not round(end, wanted) for end in figures[1:]):
            wanted += 1
        bearable = min(bearable, wanted)
    return max(0, min(6, bearable))


def _magnitude(number: float) -> int:
    return math.floor(math.log10(number)) if number > 0 else 0


def _number(value: float, digits: int, *, change: bool) -> str:
    text = f"{value:{'+' if change else '-'}z,.{digits}f}"
    return text.replace("-", MINUS)

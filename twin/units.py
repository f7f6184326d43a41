"""Quantities as people write them, and back.

Time inside is an int64 count of ticks; one tick is a millisecond. People write a number and a unit: ``30 min``,
``6 h``, ``2 w``, ``22 %``, ``6 / week``, ``95 EUR/h``. Bare numbers are refused where a unit is needed, since YAML
reads ``17:30`` as a number and nobody knows what ``20`` means.

A day is 24 hours and a week 168 hours of the clock. Effort is working time and therefore never written in days: how
many hours a working day has is the calendar's business.
"""

import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from twin.errors import shown

MILLISECOND = 1
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
MAX_TICKS = 200 * 365 * DAY
SLOWEST = 0.01
FASTEST = 100.0

_UNITS = {
    "ms": MILLISECOND,
    "s": SECOND,
    "min": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": WEEK,
}
_LONG = {"hour": "h", "hours": "h", "day": "d", "days": "d", "week": "w", "weeks": "w", "minute": "min", "second": "s"}
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"^\s*({_NUMBER})\s*([A-Za-z]+|%)?\s*$")
_PER = re.compile(rf"^\s*({_NUMBER})\s*([A-Z]{{3}})?\s*/\s*([A-Za-z]+)\s*$")
_AMOUNT = re.compile(rf"^\s*({_NUMBER})\s*([A-Z]{{3}})\s*$")
_LEADING_NUMBER = re.compile(rf"^\s*({_NUMBER})(.*)$", re.DOTALL)
_TEXT_LIMIT = 64
KNOWN: Final = 1 << 15
"""Durations remembered: an ensemble has some 20,000, and each of its twins is read and written once a scenario."""


def parse_duration(value: Any) -> int:
    """Read ``30 min`` as ticks (milliseconds).

    Raises
    ------
    ValueError
        Where the text is not a finite number with one of the units ms, s, min, h, d, w.
    """
    ticks = _ticks(value)[0] if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
    if ticks is None:
        raise ValueError(f"{shown(value)} is not a duration. Write a number and a unit: 30 min, 6 h, 3 d, 2 w")
    if not math.isfinite(ticks) or abs(ticks) > MAX_TICKS:
        raise ValueError(f"{shown(value)} is too long; at most 200 years")
    return round(ticks)


@lru_cache(maxsize=KNOWN)
def _ticks(text: str) -> tuple[float | None, bool]:
    """Read a number and a unit of time, None where it is none; and say whether the unit is days or weeks."""
    match = _QUANTITY.match(text)
    unit = _unit(match.group(2)) if match else None
    if match is None or unit is None:
        return None, False
    return float(match.group(1)) * _UNITS[unit], unit in {"d", "w"}


def parse_effort(value: Any) -> int:
    """Read working time as ticks; days and weeks are refused, see the module."""
    if isinstance(value, str) and len(value) <= _TEXT_LIMIT and _ticks(value)[1]:
        raise ValueError(
            f"{shown(value)}: effort is working time; write it in hours, "
            "since a working day is as long as a calendar says"
        )
    ticks = parse_duration(value)
    if ticks < 0:
        raise ValueError(f"{shown(value)} is negative; effort is at least 0 min")
    return ticks


@lru_cache(maxsize=KNOWN, typed=True)
def format_duration(ticks: int) -> str:
    """Write ticks with the largest unit up to hours that gives a short exact number: ``3.5 h``.

    >>> format_duration(12_600_000), format_duration(90_061)
    ('3.5 h', '90.061 s')
    """
    for unit in ("h", "min", "s"):
        text = f"{ticks / _UNITS[unit]:.3f}".rstrip("0").rstrip(".")
        if round(float(text) * _UNITS[unit]) == ticks and abs(float(text)) >= 1:
            return f"{text} {unit}"
    return f"{ticks} ms"


def format_clock(ticks: float) -> str:
    """Write elapsed time for people, rounded: ``3.2 d``, ``5.1 h``, ``12 min``."""
    for unit in ("d", "h", "min", "s"):
        if abs(ticks) >= _UNITS[unit]:
            return f"{ticks / _UNITS[unit]:.3g} {unit}"
    return f"{ticks:.0f} ms"


def parse_share(value: Any) -> float:
    """Read ``22 %`` or 0.22 as a share between 0 and 1.

    Raises
    ------
    ValueError
        Where it is no share.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        share = float(value)
    else:
        match = _QUANTITY.match(value) if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
        if match is None or match.group(2) != "%":
            raise ValueError(f"{shown(value)} is not a share. Write 22 % or 0.22")
        share = _percent(match.group(1))
    if not 0 <= share <= 1:
        raise ValueError(f"{shown(value)} is not between 0 % and 100 %")
    return share


def parse_speed(value: Any) -> float:
    """Read ``120 %`` or 1.2 as a speed, from 1 % to 10,000 %.

    Raises
    ------
    ValueError
        Where it is no speed.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        speed = float(value)
    else:
        match = _QUANTITY.match(value) if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
        if match is None or match.group(2) != "%":
            raise ValueError(f"{shown(value)} is not a speed. Write 120 % or 1.2")
        speed = _percent(match.group(1))
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"{shown(value)} is not between 1 % and 10,000 %")
    return speed


def format_share(share: float) -> str | float:
    """Write a share so that it reads back as the same float: ``22 %``, or the number where no short percentage is.

    >>> format_share(0.22), format_share(0.901384), format_share(1 / 3)
    ('22 %', '90.1384 %', 0.3333333333333333)
    """
    for digits in range(1, 8):
        candidate = f"{share * 100:.{digits}g}"
        if "e" not in candidate and _percent(candidate) == share:
            return f"{candidate} %"
    return share


def _percent(text: str) -> float:
    """Divide by 100 as decimals do, so that 90.1384 % is the float 0.901384."""
    return float(Decimal(text).scaleb(-2))


def say_share(share: float) -> str:
    """Write a share for people, rounded: ``90.14 %``."""
    return f"{share * 100:.4g} %"


def parse_rate(value: Any) -> float:
    """Read ``6 / week`` as items per week.

    Raises
    ------
    ValueError
        Where it is no rate.
    """
    match = _PER.match(value) if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
    unit = _unit(match.group(3)) if match else None
    if match is None or unit is None or match.group(2):
        raise ValueError(f"{shown(value)} is not a rate. Write a number per unit: 6 / week, 2 / day, 0.5 / hour")
    rate = float(match.group(1)) * (WEEK / _UNITS[unit])
    if not math.isfinite(rate) or rate < 0:
        raise ValueError(f"{shown(value)} is not a finite rate of at least 0")
    return rate


def format_rate(per_week: float) -> str:
    """Write items per week as ``6 / week``."""
    return f"{per_week!r} / week".replace(".0 /", " /")


def parse_cost(value: Any) -> tuple[float, str]:
    """Read ``95 EUR/h`` as an amount per hour and its currency.

    Raises
    ------
    ValueError
        Where it is no cost per hour.
    """
    match = _PER.match(value) if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
    if match is None or _unit(match.group(3)) != "h" or not match.group(2):
        raise ValueError(f"{shown(value)} is not a cost. Write an amount, a currency and per hour: 95 EUR/h")
    amount = float(match.group(1))
    if not math.isfinite(amount) or amount < 0:
        raise ValueError(f"{shown(value)} is not a finite amount of at least 0")
    return amount, match.group(2)


def parse_cost_of_delay(value: Any) -> tuple[float, str]:
    """Read ``5000 EUR / week`` as an amount per week and its currency.

    Raises
    ------
    ValueError
        Where it is no cost per unit of time.
    """
    match = _PER.match(value) if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
    unit = _unit(match.group(3)) if match else None
    if match is None or unit is None or not match.group(2):
        raise ValueError(
            f"{shown(value)} is not a cost of delay. Write an amount, a currency and per unit of time: 5000 EUR / week"
        )
    amount = float(match.group(1)) * (WEEK / _UNITS[unit])
    if not math.isfinite(amount) or amount < 0:
        raise ValueError(f"{shown(value)} is not a finite amount of at least 0")
    return amount, match.group(2)


def format_cost_of_delay(cost: tuple[float, str]) -> str:
    """Write a cost of delay as ``5000 EUR / week``."""
    return f"{cost[0]!r} {cost[1]} / week".replace(".0 ", " ")


def parse_amount(value: Any) -> tuple[float, str]:
    """Read ``0.40 EUR`` as an amount and its currency.

    Raises
    ------
    ValueError
        Where it is no amount of at least 0.
    """
    match = _AMOUNT.match(value) if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
    amount = float(match.group(1)) if match else -1.0
    if match is None or not math.isfinite(amount) or amount < 0:
        raise ValueError(f"{shown(value)} is not an amount. Write a number of at least 0 and a currency: 0.40 EUR")
    return amount, match.group(2)


def format_amount(amount: tuple[float, str]) -> str:
    """Write an amount as ``0.4 EUR``."""
    return f"{amount[0]:.12g} {amount[1]}"


def format_cost(cost: tuple[float, str]) -> str:
    """Write a cost as ``95 EUR/h``."""
    return f"{cost[0]:.12g} {cost[1]}/h"


def scaled(value: Any, factor: float) -> Any:
    """Multiply the number in a quantity and keep its unit: ``scaled("20 h", 0.5)`` is ``10 h``.

    Raises
    ------
    ValueError
        Where the value holds no number.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        product = value * factor
        return int(product) if isinstance(value, int) and product == int(product) else product
    match = _LEADING_NUMBER.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{shown(value)} is not a quantity that can be scaled")
    return f"{float(match.group(1)) * factor:.12g}{match.group(2)}"


def _unit(word: str | None) -> str | None:
    short = _LONG.get(word or "", word or "")
    return short if short in _UNITS else None


def _text(example: str, what: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": what, "examples": [example]})


def _not_negative(ticks: int) -> int:
    if ticks < 0:
        raise ValueError("a duration here is at least 0")
    return ticks


Duration = Annotated[
    int,
    BeforeValidator(lambda value: _not_negative(parse_duration(value))),
    PlainSerializer(format_duration, return_type=str),
    _text("3 d", "elapsed time: a number and one of ms, s, min, h, d (24 h), w (168 h)"),
]
Effort = Annotated[
    int,
    BeforeValidator(parse_effort),
    PlainSerializer(format_duration, return_type=str),
    _text("6 h", "working time: a number and one of ms, s, min, h"),
]
Share = Annotated[
    float,
    BeforeValidator(parse_share),
    PlainSerializer(format_share, return_type=str | float),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "number", "minimum": 0, "maximum": 1}],
            "description": "a share: 22 % or 0.22",
            "examples": ["22 %"],
        }
    ),
]
Speed = Annotated[
    float,
    BeforeValidator(parse_speed),
    PlainSerializer(format_share, return_type=str | float),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "number", "minimum": SLOWEST, "maximum": FASTEST}],
            "description": "a speed: 120 % or 1.2",
            "examples": ["120 %"],
        }
    ),
]
Rate = Annotated[
    float,
    BeforeValidator(parse_rate),
    PlainSerializer(format_rate, return_type=str),
    _text("6 / week", "items per unit of time: 6 / week, 2 / day, 0.5 / hour"),
]
Cost = Annotated[
    tuple[float, str],
    BeforeValidator(parse_cost),
    PlainSerializer(format_cost, return_type=str),
    _text("95 EUR/h", "an amount, a currency of three letters, per hour of a person"),
]
Amount = Annotated[
    tuple[float, str],
    BeforeValidator(parse_amount),
    PlainSerializer(format_amount, return_type=str),
    _text("0.40 EUR", "an amount and a currency of three letters"),
]
CostOfDelay = Annotated[
    tuple[float, str],
    BeforeValidator(parse_cost_of_delay),
    PlainSerializer(format_cost_of_delay, return_type=str),
    _text(
        "5000 EUR / week", "what a week of delay of one item costs: an amount, a currency of three letters, per time"
    ),
]


def three_digits(value: float) -> str:
    """Write three digits that count, without an exponent below a million: 0.512, 24, 1,750.

    Parameters
    ----------
    value
        Any number.
    """
    return f"{float(f'{value:.3g}'):,g}"

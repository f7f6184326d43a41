"""A lever is a place of a twin with the values it may have, and what they cost.

Values are a range, ``1..5``, ``10 h..30 h by 5 h``, ``60 %..90 %``, or a list, ``[6, 8, 12]``. A range of whole numbers
holds whole numbers; another holds all between its ends unless it says its steps. The lever sets the part to a value
(``to``, which a bare range means), adds to it (``add``) or multiplies it (``by``).

Units of values are those of the twin's file. Costs are amounts in one unit for the whole file, whatever it is.
"""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from twin.changes import Add, PathText, Scale, SetValue
from twin.errors import shown
from twin.part import Part, Several

MAX_LEVELS: Final = 1_000
MAX_LEVERS: Final = 100
LEVELS: Final = 5
"""Values tried of a range without steps, where a number has to be chosen."""
_END = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*([^\d\s.].*?)?\s*", re.ASCII | re.DOTALL)
_DIGITS: Final = 10

Choice = str | int | float | bool | dict[str, Any] | list[Any] | None


class Span(NamedTuple):
    """A range of numbers with one unit."""

    low: float
    high: float
    step: float | None  # None: all values between the ends
    unit: str  # behind a number as a person writes it, such as `` h``; may be empty
    whole: bool

    def write(self, number: float) -> str | int | float:
        """Write a number of the range as the twin's file does."""
        rounded = round(number, _DIGITS)
        plain = int(rounded) if rounded == int(rounded) else rounded
        if self.unit:
            return f"{plain}{self.unit}"
        return plain if self.whole else float(rounded)


def parse_span(text: str) -> Span:
    """Read ``10 h..30 h by 5 h``.

    Raises
    ------
    ValueError
        Where it is no range.
    """
    ends, _, step = text.partition(" by ")
    low, _, high = ends.partition("..")
    parts = [_END.fullmatch(part) for part in ([low, high, step] if step else [low, high])]
    if len(text) > 100 or not all(parts):
        raise ValueError(f"{shown(text)} is not a range. Write 1..5, 10 h..30 h, 60 %..90 % by 10 %, or a list")
    numbers = [float(part[1]) for part in parts if part]
    units = {part[2] for part in parts if part and part[2]}
    if len(units) > 1:
        raise ValueError(f"{shown(text)} has several units: {', '.join(sorted(units))}")
    unit = f" {units.pop()}" if units else ""
    whole = not unit and "." not in low + high + step
    span = Span(numbers[0], numbers[1], numbers[2] if step else 1.0 if whole else None, unit, whole)
    return _checked(text, span)


def parse_number(value: Choice) -> float:
    """Give the number in a value of a range: 10 of ``10 h``.

    Raises
    ------
    ValueError
        Where it holds none.
    """
    match = _END.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{shown(value)} holds no number")
    return float(match[1])


def _checked(text: str, span: Span) -> Span:
    if not span.low < span.high:
        raise ValueError(f"{shown(text)} must rise from its first value to its last")
    if span.step is not None and not 0 < span.step <= span.high - span.low:
        raise ValueError(f"{shown(text)}: a step lies above 0 and is no longer than the range")
    if span.step is not None and (span.high - span.low) / span.step >= MAX_LEVELS:
        raise ValueError(f"{shown(text)} holds more than {MAX_LEVELS} values; write steps: 0..10000 by 100")
    return span


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        parse_span(value)
    return value


LeverValues = Annotated[
    str | Annotated[Several[Choice], Field(min_length=2, max_length=MAX_LEVELS)],
    AfterValidator(_readable),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 2}], "examples": ["1..5", ["50 %", "70 %"]]}
    ),
]
"""A range or a list of values."""


class Lever(Part):
    """What values a part may have."""

    to: LeverValues | None = None
    """Values to set."""
    add: LeverValues | None = None
    """What to add."""
    by: LeverValues | None = None
    """What to multiply by."""
    cost: int | float | Several[int | float] | None = None
    """Amount for each 1 more than now (a person; for `by`, each 100 %), or a list with an amount for each value."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"to": value} if isinstance(value, str | list | tuple) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(each is not None for each in (self.to, self.add, self.by)) != 1:
            raise ValueError("write one of to, add and by, such as {to: 1..5}; a bare range means to")
        if isinstance(self.cost, tuple) and len(self.cost) != len(self.levels()):
            raise ValueError(f"cost holds {len(self.cost)} amounts for {len(self.levels())} values")
        return self

    @property
    def values(self) -> Span | tuple[Choice, ...]:
        """The range, or the list."""
        written = next(each for each in (self.to, self.add, self.by) if each is not None)
        return parse_span(written) if isinstance(written, str) else written

    @property
    def countable(self) -> bool:
        """Whether there are so many values and no more."""
        return not isinstance(self.values, Span) or self.values.step is not None

    def levels(self, count: int = LEVELS) -> tuple[Choice, ...]:
        """List the values in order, of a range without steps so many at equal distances."""
        span = self.values
        if not isinstance(span, Span):
            return span
        if span.step is None:
            return tuple(span.write(span.low + (span.high - span.low) * i / (count - 1)) for i in range(count))
        steps = int((span.high - span.low) / span.step + 1e-9)
        return tuple(span.write(span.low + span.step * i) for i in range(steps + 1))

    def at(self, share: float) -> Choice:
        """Give the value at a share between 0 and 1 of the way from the first to the last, each with equal right."""
        if self.countable:
            levels = self.levels()
            return levels[min(int(share * len(levels)), len(levels) - 1)]
        span = self.values
        assert isinstance(span, Span)  # noqa: S101 - what is not countable is a range
        digits = 3 - math.floor(math.log10(span.high - span.low))  # a thousandth of the range is exact enough
        return span.write(round(span.low + (span.high - span.low) * share, digits))

    def change(self, path: str, value: Choice) -> SetValue | Add | Scale:
        """Make the change that gives a part this value."""
        if self.to is not None:
            return SetValue(set=(path,), to=value)
        if self.add is not None:
            return Add(add=value, to=(path,))
        return Scale.model_validate({"scale": path, "by": value})

    def price(self, value: Choice, now: Any) -> float:
        """Give what a value costs where the part is `now` as it is.

        Raises
        ------
        ValueError
            Where one amount cannot say it: the values are no plain numbers.
        """
        if self.cost is None:
            return 0.0
        if isinstance(self.cost, tuple):
            return float(self.cost[self.levels().index(value)])
        factor = parse_number(value) / 100 if self.by is not None and isinstance(value, str) else value
        before = now if self.to is not None else 0 if self.add is not None else 1
        return self.cost * (_plain(factor) - _plain(before))


def _plain(value: Choice) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{shown(value)} is no plain number; give cost as a list with an amount for each value")  # noqa: TRY004 - one kind of mistake in a file
    return float(value)


AnyLever = Annotated[Lever, BeforeValidator(lambda value: value, json_schema_input_type=Lever | LeverValues)]
"""A lever, or in short the values to set."""

Levers = Annotated[dict[PathText, AnyLever], Field(min_length=1, max_length=MAX_LEVERS)]
"""Levers by their path."""
Setting = Mapping[str, Choice]
"""A value for each lever."""


def changes_of(levers: Mapping[str, Lever], setting: Setting) -> tuple[SetValue | Add | Scale, ...]:
    """Make the changes of a setting, in the levers' order."""
    return tuple(levers[path].change(path, value) for path, value in setting.items())


def say_setting(levers: Mapping[str, Lever], setting: Setting) -> str:
    """Write a setting for people, without what adds 0: ``teams.reviewers.people 3, teams.developers.people + 1``."""
    told = [say_value(levers[path], path, value) for path, value in setting.items() if not _idle(levers[path], value)]
    return ", ".join(told) or "as it is"


def _idle(lever: Lever, value: Choice) -> bool:
    return (lever.add is not None and value == 0) or (lever.by is not None and value == 1)


def say_value(lever: Lever, path: str, value: Choice) -> str:
    """Write one value of a lever for people."""
    told = "none" if value is None else str(value)
    return f"{path} {'' if lever.to is not None else '+ ' if lever.add is not None else '× '}{told}"  # noqa: RUF001

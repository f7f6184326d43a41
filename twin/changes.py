"""What a change to a twin may say.

A change has a verb, the path or paths it is about (`twin.paths`), and may have a date from when on it holds. Values are
written as in the twin's file; `twin.scenario` makes the change.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from twin.errors import shown
from twin.instants import Instant
from twin.part import Part, Several
from twin.paths import parse_path

VERBS: Final = {
    "set": "{set: teams.developers.people, to: 9}",
    "add": "{add: 1, to: teams.developers.people}",
    "remove": "{remove: stages.build.wip_limit}",
    "scale": "{scale: work.feature.steps.build.effort, by: 0.8}",
}
_PERCENT = re.compile(r"\s*(\d+(?:\.\d*)?)\s*%\s*", re.ASCII)


def _checked_path(text: str) -> str:
    parse_path(text)
    return text


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _factor(value: Any) -> float:
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    factor = float(match[1]) / 100 if match else value
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor <= 1e6:
        raise ValueError(f"{shown(value)} is not a factor. Write a number above 0, such as 0.8, or 80 %")
    return float(factor)


def _addend(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str | dict):
        raise ValueError(  # noqa: TRY004 - pydantic collects ValueError
            f"{shown(value)} cannot be added. Write a number, a quantity (2 h), or an entry for a list"
        )
    return value


PathText = Annotated[str, AfterValidator(_checked_path)]
Paths = Annotated[
    Several[PathText], Field(min_length=1, max_length=1000), BeforeValidator(_as_list, json_schema_input_type=Any),
    WithJsonSchema({
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        "examples": ["teams.developers.people", ["stages.build.team", "stages.review.team"]],
    }),
]  # fmt: skip
"""One path or several."""
Factor = Annotated[
    float,
    BeforeValidator(_factor),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}], "examples": [0.8, "80 %"]}
    ),
]


class Dated(Part):
    """A change that may have a date."""

    since: Annotated[Instant | None, Field(alias="from")] = None
    """From when on the change holds; from the start, if left out."""


class SetValue(Dated):
    """Give a part another value; a new team, stage or optional field may be made this way."""

    set: Paths
    """What, one path or several: teams.developers.people."""
    to: Any
    """The value, as the twin's file would write it."""


class Add(Dated):
    """Add to a number or quantity, or an entry to a list."""

    add: Annotated[
        Any, BeforeValidator(_addend), WithJsonSchema({"type": ["number", "string", "object"], "examples": [1, "2 h"]})
    ]
    """How much, or the entry: 1, 2 h, {from: test, to: risk, delay: 1 d}; -1 takes away."""
    to: Paths
    """To what, one path or several: teams.developers.people."""


class Remove(Dated):
    """Take a part away."""

    remove: Paths
    """What, one path or several: stages.build.wip_limit."""


class Scale(Dated):
    """Multiply a number, a quantity, a distribution's durations or a rate of arrivals."""

    scale: Paths
    """What, one path or several: work.feature.steps.build.effort."""
    by: Factor
    """The factor: 0.8, or 80 %."""


def _one_verb(value: Any) -> Any:
    if isinstance(value, Part) or (isinstance(value, dict) and sum(verb in value for verb in VERBS) == 1):
        return value
    raise ValueError(f"a change has one of {', '.join(VERBS)}: {'; '.join(VERBS.values())}")


def _verb(value: Any) -> str:
    known = value if isinstance(value, dict) else type(value).model_fields
    return next(verb for verb in VERBS if verb in known)


Change = Annotated[
    Annotated[SetValue, Tag("set")] | Annotated[Add, Tag("add")] | Annotated[Remove, Tag("remove")]
    | Annotated[Scale, Tag("scale")],
    Discriminator(_verb),
    BeforeValidator(_one_verb),
]  # fmt: skip
Changes = Sequence[SetValue | Add | Remove | Scale]

"""The base every written part shares: frozen, no unknown field, no guessing of types."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

Several = Annotated[tuple[T, ...], Field(strict=False)]
"""A list as YAML writes it, kept as a tuple."""

Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f>]+$")]
"""A name of a team, stage, calendar or work type: no control characters and no ``>``, which joins paths."""


class Part(BaseModel):
    """A frozen part of a twin or scenario file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, use_attribute_docstrings=True, defer_build=True
    )

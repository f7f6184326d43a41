"""The base every written part shares: frozen, no unknown field, no guessing of types.

The text below a field says in the JSON Schema what the field is for. It is read from the source when a schema is asked
for: pydantic (`use_attribute_docstrings`) would read it whenever a part is defined, 0.1 s of every command.
"""

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core.core_schema import CoreSchema

T = TypeVar("T")

Several = Annotated[tuple[T, ...], Field(strict=False)]
"""A list as YAML writes it, kept as a tuple."""

Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f>]+$")]
"""A name of a team, stage, calendar or work type: no control characters and no ``>``, which joins paths."""


class Part(BaseModel):
    """A frozen part of a twin or scenario file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Say of each field what it is for."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema)["properties"]
        for name, text in _said_of(cls).items():
            field = cls.model_fields[name]
            properties[field.alias or name]["description"] = field.description or text
        return schema


def _said_of(part: type[Part]) -> dict[str, str]:
    """Give what stands below the fields of a part and of those it rests on."""
    said: dict[str, str] = {}
    for each in reversed(part.__mro__):
        if issubclass(each, Part):
            said |= _texts(each.__module__).get(each.__qualname__, {})
    return said


@cache
def _texts(module: str) -> dict[str, dict[str, str]]:
    """Read what stands below the fields of each class of a module."""
    written = ast.parse(inspect.getsource(sys.modules[module])).body
    return {each.name: dict(_below_fields(each)) for each in written if isinstance(each, ast.ClassDef)}


def _below_fields(part: ast.ClassDef) -> list[tuple[str, str]]:
    return [
        (field.target.id, inspect.cleandoc(below.value.value))
        for field, below in pairwise(part.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    ]

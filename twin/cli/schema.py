"""``twin schema``: the JSON Schema by which editors complete and check a file."""

from typing import Annotated

import typer

from twin.cli.console import say_json

NAME = "schema"


def command(kind: Annotated[str, typer.Argument(help="twin or scenario")] = "twin") -> None:
    """Print the JSON Schema of a twin or scenario file, for editors."""
    from twin.project import schema  # noqa: PLC0415 - help must answer at once

    say_json(schema(kind))

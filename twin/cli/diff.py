"""``twin diff``: what differs between two twins, in words."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import Json, say, say_json

NAME = "diff"


def command(
    before: Annotated[Path, typer.Argument(help="A twin file or calibrated folder.")],
    after: Annotated[Path, typer.Argument(help="Another one.")],
    *,
    as_json: Json = False,
) -> None:
    """Say in words what differs between two twins."""
    from twin.project import load_twin  # noqa: PLC0415 - help must answer at once
    from twin.scenario import difference  # noqa: PLC0415 - the same

    lines = difference(load_twin(before), load_twin(after))
    if as_json:
        say_json(list(lines))
        return
    for line in lines or ("no difference",):
        say(line)

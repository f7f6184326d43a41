"""``twin diff``: what differs between two twins or two scenario files, in words."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import Json, say, say_json

if TYPE_CHECKING:
    from twin.differing import Difference

NAME = "diff"


def command(
    before: Annotated[Path, typer.Argument(help="A twin file, calibrated folder or scenario file.")],
    after: Annotated[Path, typer.Argument(help="Another one of the same kind.")],
    *,
    as_json: Json = False,
) -> None:
    """Say in words what differs between two twins or two scenario files."""
    found = _between(before, after)
    if as_json:
        say_json([each._asdict() for each in found])
        return
    for line in [each.words for each in found] or ["no difference"]:
        say(line)


def _between(before: Path, after: Path) -> "tuple[Difference, ...]":
    """Compare two files of one kind.

    Raises
    ------
    InputError
        Where a file is wrong, or one is a twin and the other a scenario.
    """
    from twin.cli.check import is_scenario  # noqa: PLC0415 - help must answer at once
    from twin.differing import between_questions, between_twins  # noqa: PLC0415 - the same
    from twin.errors import InputError  # noqa: PLC0415 - the same
    from twin.project import load_experiment, load_twin  # noqa: PLC0415 - the same

    asked = [is_scenario(file) for file in (before, after)]
    if asked[0] != asked[1]:
        one, other = ("a scenario" if each else "a twin" for each in asked)
        raise InputError(f"{before} is {one} and {after} is {other}; compare two of a kind")
    if asked[0]:
        return between_questions(load_experiment(before), load_experiment(after))
    return between_twins(load_twin(before), load_twin(after))

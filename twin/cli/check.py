"""``twin check``: what is wrong with a file, and what is allowed but unwise."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from twin.cli.console import Json, Quiet, say, say_json

if TYPE_CHECKING:
    from twin.errors import Problem

NAME = "check"
OF_A_SCENARIO: Final = frozenset({"question", "base", "scenarios", "extends", "answer"})
"""Names that only a scenario file has at its top."""


def command(
    files: Annotated[list[Path], typer.Argument(help="Twin or scenario files, or calibrated folders.")],
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check twin and scenario files: every mistake at once, and what is allowed but unwise."""
    from twin.errors import InputError, Problem  # noqa: PLC0415 - help must answer at once

    found: list[tuple[Path, str, tuple[Problem, ...]]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found.append((file, *_checked(file)))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    if as_json:
        say_json([{"file": str(f), "kind": kind, "warnings": [str(w) for w in ws]} for f, kind, ws in found])
        return
    for file, kind, warnings in found:
        for warning in warnings:
            say(f"warning: {warning}")
        say(f"{file}: a valid {kind}, {len(warnings) or 'no'} warning{'' if len(warnings) == 1 else 's'}", quiet=quiet)


def _checked(file: Path) -> tuple[str, "tuple[Problem, ...]"]:
    """Tell whether a file is a twin or a scenario, and what is unwise about it."""
    from twin.project import load_experiment, read_twin  # noqa: PLC0415 - help must answer at once

    if is_scenario(file):
        return "scenario", load_experiment(file).warnings
    return "twin", read_twin(file).warnings


def is_scenario(file: Path) -> bool:
    """Tell scenario files from twins by what stands at their top."""
    from twin.files import read_yaml  # noqa: PLC0415 - help must answer at once

    return not file.is_dir() and bool(OF_A_SCENARIO & read_yaml(file).value.keys())

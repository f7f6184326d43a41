"""``twin check``: what is wrong with a file, and what is allowed but unwise."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import Json, Quiet, say, say_json

NAME = "check"


def command(
    files: Annotated[list[Path], typer.Argument(help="Twin or scenario files, or calibrated folders.")],
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check twin and scenario files: every mistake at once, and what is allowed but unwise."""
    from twin.files import read_yaml  # noqa: PLC0415 - help must answer at once
    from twin.project import load_experiment, read_twin  # noqa: PLC0415 - the same

    found = []
    for file in files:
        scenario = not file.is_dir() and "scenarios" in read_yaml(file).value
        warnings = load_experiment(file).warnings if scenario else read_twin(file).warnings
        found.append((file, "scenario" if scenario else "twin", warnings))
    if as_json:
        say_json([{"file": str(f), "kind": kind, "warnings": [str(w) for w in ws]} for f, kind, ws in found])
        return
    for file, kind, warnings in found:
        for warning in warnings:
            say(f"warning: {warning}")
        say(f"{file}: a valid {kind}, {len(warnings) or 'no'} warning{'' if len(warnings) == 1 else 's'}", quiet=quiet)

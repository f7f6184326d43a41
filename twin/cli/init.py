"""``twin init``: a small project to start from."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import Json, Quiet, leaving_no_empty_folder, say, say_json

NAME = "init"


def command(
    folder: Annotated[Path, typer.Argument(help="Folder to make; it must not hold these files yet.")],
    *,
    example: Annotated[str, typer.Option(help="Which example: payments or demo.")] = "payments",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a small twin and a scenario to start from."""
    from twin.errors import InputError, StorageError  # noqa: PLC0415 - help must answer at once
    from twin.examples import example as folder_of  # noqa: PLC0415 - the same
    from twin.files import write_text  # noqa: PLC0415 - the same

    sources = sorted(folder_of(example).glob("*.yaml"))
    taken = [source.name for source in sources if (folder / source.name).exists()]
    if taken:
        raise InputError(f"{folder} already holds {', '.join(taken)}; nothing was written")
    with leaving_no_empty_folder(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder}: cannot be made a folder: {error.strerror}") from None
        for source in sources:
            write_text(folder / source.name, source.read_text(encoding="utf-8"))
    if as_json:
        say_json({"files": [str(folder / source.name) for source in sources]})
        return
    for source in sources:
        say(f"{folder / source.name}", quiet=quiet)

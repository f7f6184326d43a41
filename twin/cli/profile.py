"""``twin profile``: look a log over before anything is modelled."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.calibrate import MEANINGS, say_assumed, write_inferred
from twin.cli.console import (
    AcceptRejects,
    Columns,
    Json,
    Kind,
    LogFiles,
    Mapping,
    Quiet,
    RejectFile,
    TimeFormat,
    Zone,
    columns_of,
    leaving_no_empty_folder,
    say,
    say_json,
    table,
)

if TYPE_CHECKING:
    from calibration.profile import Profile

NAME = "profile"
PAGE = "profile.html"
FIGURES = "profile.json"

Folder = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for profile.html and profile.json.")]


def command(  # noqa: PLR0913 - each option is a parameter
    logs: LogFiles,
    *,
    out: Folder = None,
    columns: Columns = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    accept_rejects: AcceptRejects = False,
    reject_file: RejectFile = None,
    kind: Kind = None,
    mapping: Mapping = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look a log over: data quality, flow, ageing, waiting, handoffs; write OUT/profile.html and OUT/profile.json."""
    from contextlib import nullcontext  # noqa: PLC0415 - help must answer at once
    from datetime import UTC  # noqa: PLC0415 - the same

    from calibration.profile import profile_log  # noqa: PLC0415 - the same
    from calibration.profile_file import written  # noqa: PLC0415 - the same
    from calibration.profile_words import doubts, headlines, rates, say_handoffs, say_law, times  # noqa: PLC0415 - the same

    now = datetime.now(UTC)
    with nullcontext() if out is None else leaving_no_empty_folder(out):
        if out is not None:
            prepare(out, logs if mapping is None else [*logs, mapping])
        profile = profile_log(
            logs,
            now=now,
            columns=columns_of(columns),
            zone=zone,
            time_format=time_format,
            accept_rejects=accept_rejects,
            reject_file=reject_file,
            kind=kind,
            mapping=mapping,
        )
        values = written(profile)
        files = () if out is None else write_profile(out, profile, logs, made=now, inferred=mapping is None)
    if as_json:
        say_json(values)
        return
    tells = f"{FIGURES} (--out FOLDER)" if out is None else f"{out}/{FIGURES}"
    assumed = say_assumed(profile.assumptions, tells=tells)
    minded = [f"mind: {doubt}" for doubt in doubts(profile)]
    tables = (table(*rates(profile)), table(*times(profile)))
    for line in (*headlines(profile), *tables, say_law(profile), say_handoffs(profile), *assumed, *minded):
        say(line, quiet=quiet)
    for file in files:
        told = ": what each status was taken to mean; correct it and use --mapping" if file.name == MEANINGS else ""
        say(f"{file}{told}", quiet=quiet)


def prepare(out: Path, inputs: Sequence[Path]) -> None:
    """Make the folder and see that its files can be written, before any work is done.

    Raises
    ------
    StorageError
        Where it cannot be made or written to.
    """
    from twin.files import prepare_folder  # noqa: PLC0415 - help must answer at once

    prepare_folder(out, (PAGE, FIGURES), inputs=inputs)


def write_profile(
    out: Path, profile: "Profile", logs: Sequence[Path], *, made: datetime, inferred: bool
) -> tuple[Path, ...]:
    """Write page and figures, and what statuses were taken to mean where that was inferred."""
    import json  # noqa: PLC0415 - help must answer at once

    from calibration.profile_file import written  # noqa: PLC0415 - the same
    from calibration.profile_page import profile_page  # noqa: PLC0415 - the same
    from twin.files import write_text  # noqa: PLC0415 - the same

    write_text(out / PAGE, profile_page(profile, logs, made=made))
    write_text(out / FIGURES, json.dumps(written(profile), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    names = ", ".join(log.name for log in logs)
    inferred_files = write_inferred(out, profile.meanings, profile.statuses, log=names) if inferred else ()
    return (out / PAGE, out / FIGURES, *inferred_files)

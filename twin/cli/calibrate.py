"""``twin calibrate``: learn a twin from event logs."""

from typing import Annotated

import typer

from twin.cli.console import (
    AcceptRejects,
    Columns,
    Json,
    LogFiles,
    Out,
    Quiet,
    RejectFile,
    TimeFormat,
    Zone,
    columns_of,
    say,
    say_json,
)

NAME = "calibrate"


def command(  # noqa: PLR0913 - each option is a parameter
    logs: LogFiles,
    out: Out,
    *,
    name: Annotated[str | None, typer.Option(help="Name of the twin; the folder's, if left out.")] = None,
    columns: Columns = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    accept_rejects: AcceptRejects = False,
    reject_file: RejectFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a twin from event logs with start, end and person; write OUT/twin.yaml and OUT/evidence.json."""
    from calibration.fit import fit_twin  # noqa: PLC0415 - help must answer at once
    from calibration.folder import prepare, write_fit  # noqa: PLC0415 - the same
    from calibration.sources import read_log  # noqa: PLC0415 - the same

    prepare(out, inputs=logs)
    reading = read_log(
        logs,
        columns=columns_of(columns),
        zone=zone,
        time_format=time_format,
        accept_rejects=accept_rejects,
        reject_file=reject_file,
    )
    for line in reading.intake.lines():
        say(line, quiet=quiet or as_json)
    learned = fit_twin(reading.log, name=name or out.resolve().name)
    written = write_fit(out, learned, reading, logs)
    if as_json:
        say_json({"files": [str(file) for file in written], "parameters": len(learned.evidence)})
        return
    for line in learned.summary():
        say(line, quiet=quiet)
    say(
        f"{out}/twin.yaml: edit it by hand as you like; {out}/evidence.json says why each number is what it is",
        quiet=quiet,
    )

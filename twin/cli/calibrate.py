"""``twin calibrate``: learn a twin from event logs."""

from collections.abc import Mapping as Names
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    leaving_no_empty_folder,
    say,
    say_json,
    table,
    warn,
)

if TYPE_CHECKING:
    from calibration.evidence import Evidence
    from calibration.sources import Reading
    from calibration.sources.meanings import Meanings
    from twin.spec import Twin

NAME = "calibrate"
MEANINGS = "statuses.yaml"

Kind = Annotated[
    str | None,
    typer.Option("--format", help="visits, history, items or flow; told from the columns, if left out."),
]
Mapping = Annotated[
    Path | None, typer.Option("--mapping", help="YAML file that says what each status means; inferred, if left out.")
]

Until = Annotated[
    str | None,
    typer.Option("--until", help="Learn from the log as it stood at this date: what was open then is open."),
]


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
    kind: Kind = None,
    mapping: Mapping = None,
    until: Until = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a twin from event logs, histories or tables of items; write OUT/twin.yaml and OUT/evidence.json."""
    from dataclasses import replace  # noqa: PLC0415 - help must answer at once

    from calibration.fit import fit_twin  # noqa: PLC0415 - the same
    from calibration.folder import prepare, write_fit  # noqa: PLC0415 - the same
    from calibration.groups import by_group  # noqa: PLC0415 - the same
    from calibration.open_items import time_evidence  # noqa: PLC0415 - the same
    from calibration.sources import read_log  # noqa: PLC0415 - the same

    with leaving_no_empty_folder(out):
        prepare(out, inputs=logs if mapping is None else [*logs, mapping])
        reading = read_log(
            logs,
            columns=columns_of(columns),
            zone=zone,
            time_format=time_format,
            accept_rejects=accept_rejects,
            reject_file=reject_file,
            kind=kind,
            mapping=mapping,
        )
        for line in reading.intake.lines():
            say(line, quiet=quiet or as_json)
        reading = reading if until is None else as_it_stood(reading, until)
        learned = fit_twin(by_group(reading.log), name=name or out.resolve().name, tell=warn)
        learned = replace(learned, evidence=(*learned.evidence, *reading.assumptions, *time_evidence(reading.log)))
        written = write_fit(out, learned, reading, logs)
        if mapping is None:
            names = ", ".join(log.name for log in logs)
            written += write_inferred(out, reading.meanings, reading.statuses, log=names)
    if as_json:
        say_json({"files": [str(file) for file in written], "parameters": len(learned.evidence)})
        return
    for line in (*say_assumed(reading.assumptions), *_summary(learned.twin)):
        say(line, quiet=quiet)
    if out / MEANINGS in written:
        say(f"{out}/{MEANINGS}: what each status was taken to mean; correct it and use --mapping", quiet=quiet)
    told = f"{out}/twin.yaml: edit it by hand as you like; {out}/evidence.json says why each number is what it is"
    say(told, quiet=quiet)


def as_it_stood(reading: "Reading", until: str) -> "Reading":
    """Give what was read as it stood at a date, as ``--until`` names it.

    Raises
    ------
    InputError
        Where that is no date inside the log.
    """
    from dataclasses import replace  # noqa: PLC0415 - help must answer at once
    from datetime import timedelta  # noqa: PLC0415 - the same

    from calibration.origins import known_at  # noqa: PLC0415 - the same
    from twin.errors import InputError  # noqa: PLC0415 - the same
    from twin.instants import parse_instant, utc  # noqa: PLC0415 - the same

    log = reading.log
    try:
        at = utc(parse_instant(until), log.zone)
    except ValueError as error:
        raise InputError(f"--until: {error}") from None
    tick = (at - log.start) // timedelta(milliseconds=1)
    if not 0 < tick <= log.end:
        last = log.start + timedelta(milliseconds=log.end)
        raise InputError(f"--until {until} lies outside the log, {log.start:%Y-%m-%d} to {last:%Y-%m-%d}")
    known = known_at(log, tick)
    noticed = {**reading.intake.noticed, f"visits not known at {until}, left out": log.visits - known.visits}
    return replace(reading, log=known, intake=replace(reading.intake, last=at, noticed=noticed))


def write_inferred(out: Path, meanings: "Meanings | None", statuses: Names[str, int], *, log: str) -> tuple[Path, ...]:
    """Write what statuses were taken to mean beside the result, unless a file of that name is there already."""
    if meanings is None:
        return ()
    if (out / MEANINGS).exists():
        warn(f"{out}/{MEANINGS} is there already and was left as it is, unused; give it with --mapping")
        return ()
    from calibration.sources.meanings import write_meanings  # noqa: PLC0415 - help must answer at once

    write_meanings(out / MEANINGS, meanings, statuses, log=log)
    return (out / MEANINGS,)


def say_assumed(assumptions: "Sequence[Evidence]") -> list[str]:
    """Say what had to be assumed, with its bounds."""
    return [
        f"assumed: {each.path}: {each.estimate} (at least {each.low}, at most {each.high}); {each.method}"
        for each in assumptions
    ]


def _summary(twin: "Twin") -> list[str]:
    """Say what was learned, and what is unwise about it."""
    from twin.checks import findings  # noqa: PLC0415 - help must answer at once
    from twin.offered import loads  # noqa: PLC0415 - the same
    from twin.rates import items_per_week  # noqa: PLC0415 - the same

    people = {name: sum(group.count for group in team.groups()) for name, team in twin.teams.items()}
    rate = sum(items_per_week(work.arrivals) for work in twin.work.values())
    rows = [(name, str(people[name]), f"{load * 100:.0f} %") for name, load in loads(twin).items()]
    return [
        f"{len(twin.stages)} stages, {len(twin.work)} work type(s), {rate:.1f} items a week",
        table(("team", "people", "offered load"), rows),
        *(f"{finding.level}: {finding.path}: {finding.message}" for finding in findings(twin)),
    ]

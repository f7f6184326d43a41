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
    progress,
    say,
    say_json,
    table,
    warn,
)

if TYPE_CHECKING:
    from calibration.evidence import Evidence
    from calibration.sources.meanings import Meanings
    from twin.spec import Twin

NAME = "calibrate"
MEANINGS = "statuses.yaml"
LONGEST = 70
"""Letters of a path in a table."""
WEAKEST = 5
"""Parameters that are named because little is known of them."""

Kind = Annotated[
    str | None,
    typer.Option("--format", help="visits, history, items or flow; told from the columns, if left out."),
]
Mapping = Annotated[
    Path | None, typer.Option("--mapping", help="YAML file that says what each status means; inferred, if left out.")
]
Members = Annotated[
    int, typer.Option(min=0, max=200, help="Equally plausible twins to write beside the twin; 0 for none.")
]
"""As many as `calibration.bootstrap.REPLICATES` at most."""


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
    members: Members = 20,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a twin from event logs, histories or tables of items; write OUT/twin.yaml and OUT/evidence.json."""
    from dataclasses import replace  # noqa: PLC0415 - help must answer at once

    from calibration.belief import believed  # noqa: PLC0415 - the same
    from calibration.fit import fit_twin  # noqa: PLC0415 - the same
    from calibration.folder import prepare, write_fit  # noqa: PLC0415 - the same
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
        learned = fit_twin(reading.log, name=name or out.resolve().name, tell=warn)
        learned = replace(learned, evidence=(*learned.evidence, *reading.assumptions, *time_evidence(reading.log)))
        with progress("ensemble", quiet=quiet or as_json) as show:
            learned, ensemble = believed(learned, reading.assumptions, members=members, tell=warn, show=show)
        written = write_fit(out, learned, reading, logs, ensemble)
        if mapping is None:
            names = ", ".join(log.name for log in logs)
            written += write_inferred(out, reading.meanings, reading.statuses, log=names)
    if as_json:
        say_json({"files": [str(file) for file in written], "parameters": len(learned.evidence)})
        return
    for line in (*say_assumed(reading.assumptions), *_summary(learned.twin), *say_verdicts(learned.evidence)):
        say(line, quiet=quiet)
    if out / MEANINGS in written:
        say(f"{out}/{MEANINGS}: what each status was taken to mean; correct it and use --mapping", quiet=quiet)
    say(
        f"{out}/twin.yaml: edit it by hand as you like; {out}/evidence.json says why each number is what it is",
        quiet=quiet,
    )


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


def say_verdicts(evidence: "Sequence[Evidence]") -> list[str]:
    """Count verdicts, name the weakest parameters, and what time the log may hide."""
    from calibration.verdicts import WORDS, weakest  # noqa: PLC0415 - help must answer at once

    counts = [sum(each.verdict == word for each in evidence) for word in WORDS]
    rows = [(_cut(each.path), each.verdict, each.why) for each in weakest(evidence, WEAKEST)]
    told = ", ".join(f"{count} {word}" for count, word in zip(counts, WORDS, strict=True))
    hidden = [
        f"{each.path.removeprefix('teams.').removesuffix('.hidden')} {each.high or 'unknown'}"
        for each in evidence
        if each.path.endswith(".hidden")
    ]
    return [
        f"{sum(counts)} parameters: {told}",
        *([table(("weakest", "verdict", "why"), rows)] if rows else []),
        f"people's time that the log may hide, at most: {', '.join(hidden)}",
        "what is identified is delay + hidden work, and effort / (1 - share hidden)",
    ]


def _cut(path: str) -> str:
    """Leave out the middle of a long path."""
    return path if len(path) <= LONGEST else f"{path[: LONGEST // 2]} … {path[-LONGEST // 2 :]}"


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

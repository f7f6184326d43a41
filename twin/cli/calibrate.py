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
    Kind,
    LogFiles,
    Mapping,
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
    import polars as pl

    from calibration.evidence import Evidence
    from calibration.fit import Fit
    from calibration.sources import Reading
    from calibration.sources.meanings import Meanings
    from calibration.sources.recording import ReadOptions
    from twin.ensemble import Ensemble
    from twin.spec import Twin

NAME = "calibrate"
MEANINGS = "statuses.yaml"
LONGEST = 70
"""Letters of a path in a table."""
WEAKEST = 5
"""Parameters that are named because little is known of them."""
NAMED = 3
"""Teams that are named where nothing is known of what they may hide, and stages whose starts nobody recorded."""

Stages = Annotated[
    str | None,
    typer.Option("--stages", help="Of metrics: stages in order, with their teams: build=developers,review=reviewers."),
]
Hours = Annotated[
    str | None, typer.Option("--hours", help="Of metrics: when people work: 'mon-fri 09:00-17:00', or always.")
]
Ask = Annotated[
    Path | None,
    typer.Option("--ask", help="Of metrics: a scenario file; says which measurement would narrow its answer most."),
]
Members = Annotated[
    int, typer.Option(min=0, max=200, help="Equally plausible twins to write beside the twin; 0 for none.")
]
"""As many as `calibration.bootstrap.REPLICATES` at most."""
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
    stages: Stages = None,
    hours: Hours = None,
    ask: Ask = None,
    until: Until = None,
    members: Members = 20,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a twin from logs, histories, tables of items or metrics; write OUT/twin.yaml and OUT/evidence.json."""
    from calibration.sources.aggregates import is_metrics  # noqa: PLC0415 - help must answer at once

    if kind == "metrics" or (kind is None and is_metrics(logs[0], columns_of(columns))):
        from twin.cli.aggregates import Options, calibrate_metrics  # noqa: PLC0415 - the same

        _refuse({"--mapping": mapping, "--until": until, "--reject-file": reject_file}, "a log, not for metrics")
        shape = Options(columns_of(columns), time_format, stages, hours, ask, name or out.resolve().name)
        calibrate_metrics(logs, out, shape, as_json=as_json, quiet=quiet)
        return
    _refuse({"--stages": stages, "--hours": hours, "--ask": ask}, "a file of metrics; a log says it itself")
    options: ReadOptions = {
        "columns": columns_of(columns),
        "zone": zone,
        "time_format": time_format,
        "accept_rejects": accept_rejects,
        "reject_file": reject_file,
        "kind": kind,
        "mapping": mapping,
    }
    learned, reading, written = _learned(
        logs, out, (name or out.resolve().name, members, until), options, quiet=quiet or as_json
    )
    if as_json:
        say_json({"files": [str(file) for file in written], "parameters": len(learned.evidence)})
        return
    told = (*_summary(learned.twin), *(f"mind: {each.path}: {each.mind}" for each in learned.evidence if each.mind))
    for line in (
        *say_assumed(reading.assumptions, tells=f"{out}/evidence.json"),
        *told,
        *say_verdicts(learned.evidence),
    ):
        say(line, quiet=quiet)
    if out / MEANINGS in written:
        say(f"{out}/{MEANINGS}: what each status was taken to mean; correct it and use --mapping", quiet=quiet)
    say(
        f"{out}/twin.yaml: edit it by hand as you like; {out}/evidence.json says why each number is what it is",
        quiet=quiet,
    )


def _learned(
    logs: Sequence[Path], out: Path, asked: tuple[str, int, str | None], options: "ReadOptions", *, quiet: bool
) -> "tuple[Fit, Reading, tuple[Path, ...]]":
    """Learn from logs, as the name, the members of the ensemble and the date ask for it, and write the folder."""
    from calibration.folder import prepare, write_fit  # noqa: PLC0415 - help must answer at once
    from calibration.sources import read_log  # noqa: PLC0415 - the same
    from calibration.sources.attributes import read_attributes  # noqa: PLC0415 - the same

    (name, members, until), mapping = asked, options.get("mapping")
    with leaving_no_empty_folder(out):
        prepare(out, inputs=logs if mapping is None else [*logs, mapping])
        reading = read_log(logs, **options)
        reading = reading if until is None else as_it_stood(reading, until)
        for line in reading.intake.lines():
            say(line, quiet=quiet)
        histories = reading.meanings is not None  # of which cases have no attributes: no need to read them again
        known = None if histories else read_attributes(logs, columns=options.get("columns"), kind=options.get("kind"))
        learned, ensemble = learn(reading, name, members, known, quiet=quiet)
        written = write_fit(out, learned, reading, logs, ensemble)
        if mapping is None:
            names = ", ".join(log.name for log in logs)
            written += write_inferred(out, reading.meanings, reading.statuses, log=names)
    return learned, reading, written


def learn(
    reading: "Reading", name: str, members: int, known: "pl.DataFrame | None", *, quiet: bool
) -> "tuple[Fit, Ensemble | None]":
    """Learn a twin from what was read, draw its ensemble and judge its parameters."""
    from dataclasses import replace  # noqa: PLC0415 - help must answer at once

    from calibration.belief import believed  # noqa: PLC0415 - the same
    from calibration.fit import fit_twin  # noqa: PLC0415 - the same
    from calibration.groups import by_group  # noqa: PLC0415 - the same
    from calibration.open_items import time_evidence  # noqa: PLC0415 - the same

    fit = fit_twin(by_group(reading.log), name=name, tell=warn, attributes=known)
    fit = replace(fit, evidence=(*fit.evidence, *reading.assumptions, *time_evidence(reading.log)))
    with progress("ensemble", quiet=quiet) as show:
        return believed(fit, reading.assumptions, members=members, tell=warn, show=show)


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


def _refuse(options: Names[str, object], what: str) -> None:
    """Refuse options that are for another kind of file."""
    from twin.errors import InputError  # noqa: PLC0415 - only where it is raised

    for option, value in options.items():
        if value is not None:
            raise InputError(f"{option} is for {what}")


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


def say_assumed(assumptions: "Sequence[Evidence]", *, tells: str) -> list[str]:
    """Say what had to be assumed, with its bounds; of many stages without starts those with most visits.

    Parameters
    ----------
    assumptions
        What had to be assumed.
    tells
        What tells of each: the name of a file.
    """
    from calibration.evidence import STARTS  # noqa: PLC0415 - help must answer at once

    starts = sorted((each for each in assumptions if each.path.startswith(STARTS)), key=lambda each: -each.rows)
    rest = starts[NAMED:] if len(starts) > NAMED + 1 else []
    visits = sum(each.rows for each in rest)
    return [
        *(
            f"assumed: {each.path}: {each.estimate} (at least {each.low}, at most {each.high}); {each.method}"
            for each in assumptions
            if each not in rest
        ),
        *(
            [f"assumed: {STARTS}*: the same for {len(rest)} more stages, {visits:,} visits; {tells} tells of each"]
            * bool(rest)
        ),
    ]


def say_verdicts(evidence: "Sequence[Evidence]") -> list[str]:
    """Count verdicts, name the weakest parameters, and say what was taken how and what the log may hide."""
    from calibration.verdicts import WORDS, weakest  # noqa: PLC0415 - help must answer at once

    counts = [sum(each.verdict == word for each in evidence) for word in WORDS]
    rows = [(_cut(each.path), each.verdict, each.why) for each in weakest(evidence, WEAKEST)]
    told = ", ".join(f"{count} {word}" for count, word in zip(counts, WORDS, strict=True))
    beside = [
        f"{each.path.removeprefix('teams.').removesuffix('.at_once')} {each.estimate}"
        for each in evidence
        if each.path.endswith(".at_once")
    ]
    held = [
        f"{each.path.removeprefix('calendars.').partition(' hours.occasional.')[0]} in {each.estimate}"
        for each in evidence
        if ".occasional." in each.path
    ]
    return [
        f"{sum(counts)} parameters: {told}",
        *([table(("weakest", "verdict", "why"), rows)] if rows else []),
        *([f"several visits open at a time are taken so: {'; '.join(beside)}"] if beside else []),
        *([f"shifts that some weeks hold beside the regular hours: {'; '.join(held)}"] if held else []),
        f"people's time that the log may hide, at most: {_hidden(evidence)}",
        "what is identified is delay + hidden work, and effort / (1 - share hidden)",
    ]


def _hidden(evidence: "Sequence[Evidence]") -> str:
    """Name the share by team; teams of which nothing is known together."""
    most = {
        each.path.removeprefix("teams.").removesuffix(".hidden"): each.high
        for each in evidence
        if each.path.endswith(".hidden")
    }
    known = [f"{team} {high}" for team, high in most.items() if high is not None]
    unknown = [team for team, high in most.items() if high is None]
    rest = ["unknown for " + (", ".join(unknown) if len(unknown) <= NAMED else f"{len(unknown)} teams")] * bool(unknown)
    return ", ".join(known + rest)


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

"""``twin backtest``: a twin beside weeks it has not seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import (
    AcceptRejects,
    Columns,
    Json,
    Kind,
    Mapping,
    Quiet,
    RejectFile,
    Seed,
    TimeFormat,
    Zone,
    columns_of,
    files_of,
    say,
    say_json,
    table,
    warn,
)

if TYPE_CHECKING:
    from polars import DataFrame

    from calibration.backtest import Backtest
    from twin.eventlog import EventLog
    from twin.spec import Twin

NAME = "backtest"
PAGE = ".html"
YAML = (".yaml", ".yml")

Source = Annotated[Path, typer.Argument(help="A calibrated folder, or an event log.", show_default=False)]
Logs = Annotated[
    list[Path] | None,
    typer.Argument(help="Event logs: weeks the folder's twin has not seen, or more of the log.", show_default=False),
]
Past = Annotated[
    Path | None,
    typer.Option("--interventions", help="YAML file of dated changes that really happened, for the twin to foretell."),
]


def command(  # noqa: PLR0913 - each option is a parameter
    twin: Source,
    logs: Logs = None,
    *,
    rolling: Annotated[
        bool, typer.Option("--rolling", help="Look ahead from several dates of the log; so without a held-out log.")
    ] = False,
    interventions: Past = None,
    replications: Annotated[
        int | None, typer.Option(min=2, max=1000, help="Simulated logs to compare with: 10, or 79 when rolling.")
    ] = None,
    columns: Columns = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    accept_rejects: AcceptRejects = False,
    reject_file: RejectFile = None,
    kind: Kind = None,
    mapping: Mapping = None,
    seed: Seed = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also write the figures to this JSON file, and a page beside it.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Replay weeks the twin has not seen, beside what happened and beside history repeating itself.

    Of a folder or a log alone, the twin is learned anew at several dates, each time from what was known then, and
    graded by what it foresaw; a folder keeps its grade, which heads every report made from it.
    """
    from functools import partial  # noqa: PLC0415 - help must answer at once

    from calibration.folder import read_history  # noqa: PLC0415 - the same
    from calibration.sources import read_log  # noqa: PLC0415 - the same
    from twin.cli.rolling import Wanted, roll  # noqa: PLC0415 - the same
    from twin.project import load_twin  # noqa: PLC0415 - the same

    folder = twin if twin.is_dir() or twin.suffix in YAML else None
    files = [*([] if folder else [twin]), *(logs or [])]
    held_out = folder is not None and bool(files) and not rolling and interventions is None
    inputs = [*files, *(files_of(twin) if folder else []), *(each for each in (interventions, mapping) if each)]
    check_writable(out, inputs, page=not held_out)
    model = None if folder is None else load_twin(folder)
    history = read_history(folder) if held_out and folder else None
    read = partial(
        read_log,
        columns=columns_of(columns),
        zone=zone or (model.clock.zone if model else None),
        time_format=time_format,
        accept_rejects=accept_rejects,
        reject_file=reject_file,
        kind=kind,
        mapping=mapping,
    )
    reading = read(files) if files else None
    for line in reading.intake.lines() if reading else ():
        say(line, quiet=quiet or as_json)
    chosen = 1 if seed is None else seed
    if history is not None and model and reading:
        log = _as_learned(reading.log, model, twin)
        _hold_out(model, history, log, (replications or 10, chosen), out=out, as_json=as_json)
    else:
        wanted = Wanted(interventions, replications, chosen, out)
        roll(folder, model, None if reading is None else reading.log, wanted, files, as_json=as_json, quiet=quiet)


def check_writable(out: Path | None, inputs: Sequence[Path], *, page: bool) -> None:
    """See that the figures, and the page beside them, can be written before any work is done.

    Raises
    ------
    StorageError
        Where they cannot.
    """
    from twin.errors import StorageError  # noqa: PLC0415 - help must answer at once
    from twin.files import writable  # noqa: PLC0415 - the same

    if out is None:
        return
    if page and out.suffix == PAGE:
        raise StorageError(f"{out}: name the JSON file, such as {out.with_suffix('.json')}; the page is put beside it")
    for each in (out, out.with_suffix(PAGE)) if page else (out,):
        writable(each, inputs=inputs)


def _as_learned(log: "EventLog", model: "Twin", folder: Path) -> "EventLog":
    """Give a log with the stages of a folder's twin, and starts as it took them."""
    from calibration.assumed_starts import later_starts  # noqa: PLC0415 - help must answer at once
    from calibration.groups import by_known_group  # noqa: PLC0415 - the same
    from calibration.past import read_work_share  # noqa: PLC0415 - the same

    return later_starts(by_known_group(log, model.stages), read_work_share(folder) if log.starts_assumed else 1.0)


def _hold_out(
    model: "Twin", history: "DataFrame", log: "EventLog", named: tuple[int, int], *, out: Path | None, as_json: bool
) -> None:
    """Hold the twin of a folder against a log it has not seen."""
    import json  # noqa: PLC0415 - help must answer at once

    from calibration.backtest import backtest_twin  # noqa: PLC0415 - the same
    from twin.files import write_text  # noqa: PLC0415 - the same

    replications, seed = named
    tested = backtest_twin(model, log, history, replications=replications, seed=seed, tell=warn)
    if out is not None:
        write_text(out, json.dumps(tested.as_written(), indent=2) + "\n")
    if as_json:
        say_json(tested.as_written())
    else:
        _tell(tested)


def _tell(tested: "Backtest") -> None:
    """Print the figures and distances, and what the twin does not reproduce."""
    figures = [
        (f.name, f"{f.observed:.4g}", f"{f.simulated:.4g}", f"{f.low:.4g} to {f.high:.4g}", f.unit, _word(f.reproduced))
        for f in tested.figures
    ]
    gaps = [
        (g.name, f"{g.twin:.3f} ± {g.spread:.3f}", f"{g.history:.3f}", "twin" if g.better else "history")
        for g in tested.gaps
    ]
    say(f"\n{tested.items} items from {tested.first:%Y-%m-%d} to {tested.last:%Y-%m-%d}, {tested.replications} runs")
    say("\n" + table(("figure", "observed", "simulated", "95 % of runs within", "unit", "reproduced"), figures))
    say("\n" + table(("distance", "twin", "history replayed", "nearer"), gaps) + "\n")
    for line in tested.shortcomings() or ("reproduces the weeks it had not seen, as far as these figures can tell",):
        say(f"- The twin {line}.")
    say("\nThe ranges say what the twin could have given; they do not say that it stays right once people change.")


def _word(reproduced: object) -> str:
    return "yes" if reproduced else "NO"

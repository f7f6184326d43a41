"""``twin backtest``: a twin beside weeks it has not seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import (
    AcceptRejects,
    Columns,
    Json,
    LogFiles,
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
    from calibration.backtest import Backtest

NAME = "backtest"


def command(  # noqa: PLR0913 - each option is a parameter
    twin: Annotated[Path, typer.Argument(help="A calibrated folder.")],
    logs: LogFiles,
    *,
    replications: Annotated[int, typer.Option(min=2, max=1000, help="Simulated logs to compare with.")] = 10,
    columns: Columns = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    accept_rejects: AcceptRejects = False,
    reject_file: RejectFile = None,
    seed: Seed = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also write the figures to this JSON file.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Replay weeks the twin has not seen, beside what happened and beside history repeating itself."""
    import json  # noqa: PLC0415 - help must answer at once

    from calibration.backtest import backtest_twin  # noqa: PLC0415 - the same
    from calibration.folder import read_history  # noqa: PLC0415 - the same
    from calibration.sources import read_log  # noqa: PLC0415 - the same
    from twin.files import writable, write_text  # noqa: PLC0415 - the same
    from twin.project import load_twin  # noqa: PLC0415 - the same

    if out is not None:
        writable(out, inputs=[*logs, *files_of(twin)])
    model, history = load_twin(twin), read_history(twin)
    reading = read_log(
        logs,
        columns=columns_of(columns),
        zone=zone or model.clock.zone,
        time_format=time_format,
        accept_rejects=accept_rejects,
        reject_file=reject_file,
    )
    for line in reading.intake.lines():
        say(line, quiet=quiet or as_json)
    chosen = 1 if seed is None else seed
    tested = backtest_twin(model, reading.log, history, replications=replications, seed=chosen, tell=warn)
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

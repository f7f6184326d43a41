"""``twin simulate``: simulated event logs under the field's column names."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from twin.cli.console import EngineName, Json, Quiet, Seed, engine_of, files_of, progress, say, say_json, warn

if TYPE_CHECKING:
    import polars as pl

    from twin.eventlog import EventLog

NAME = "simulate"
ENDINGS: Final = (".csv", ".csv.gz", ".parquet")
MAX_ROWS: Final = 20_000_000
"""The table is made in memory."""


def command(  # noqa: PLR0913 - each option is a parameter
    twin: Annotated[Path, typer.Argument(help="A twin file or calibrated folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .csv, .csv.gz or .parquet.")],
    *,
    items: Annotated[int | None, typer.Option(min=1, help="Let so many items arrive and leave.")] = None,
    length: Annotated[str | None, typer.Option(help="Or run so long, open items included: 26w.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="When time begins: 2026-01-05T09:00.")] = None,
    replications: Annotated[int, typer.Option(min=1, max=100_000, help="How many runs.")] = 1,
    seed: Seed = None,
    engine: EngineName = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Simulate event logs from a twin."""
    from twin.caseload import simulate_logs  # noqa: PLC0415 - help must answer at once
    from twin.errors import InputError, Problem  # noqa: PLC0415 - the same
    from twin.exports import write_table  # noqa: PLC0415 - the same
    from twin.files import writable  # noqa: PLC0415 - the same
    from twin.project import read_twin  # noqa: PLC0415 - the same

    if not out.name.lower().endswith(ENDINGS):
        raise InputError(Problem(f"names no format of tables; allowed endings: {', '.join(ENDINGS)}", file=str(out)))
    writable(out, inputs=files_of(twin))
    model, _, warnings = read_twin(twin)
    chosen = 1 if seed is None else seed
    runs = simulate_logs(
        model,
        items=items,
        length=length,
        start=start,
        seed=chosen,
        replications=replications,
        engine=engine_of(engine),
        tell=warn,
    )
    with progress("simulating", quiet=quiet or as_json) as step:
        table = _joined(runs, replications, step)
    write_table(table, out)
    if as_json:
        told = {"file": str(out), "visits": table.height, "replications": replications, "seed": chosen}
        say_json({**told, "warnings": [str(warning) for warning in warnings]})
    else:
        for warning in warnings:
            warn(f"warning: {warning}")
        say(f"{out}: {table.height:,} visits, {replications} replication(s), seed {chosen}", quiet=quiet)


def _joined(runs: "Iterator[EventLog]", replications: int, step: Callable[[int, int], None]) -> "pl.DataFrame":
    """Put all runs into one table."""
    import polars as pl  # noqa: PLC0415 - help must answer at once

    from twin.errors import BudgetError  # noqa: PLC0415 - the same
    from twin.eventlog import exported  # noqa: PLC0415 - the same

    tables, rows = [], 0
    for replication, log in enumerate(runs):
        tables.append(exported(log, replication=replication))
        rows += tables[-1].height
        if rows > MAX_ROWS:
            raise BudgetError(f"more than {MAX_ROWS:,} visits; one table holds no more. Make fewer replications")
        step(replication + 1, replications)
    return pl.concat(tables)

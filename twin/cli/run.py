"""``twin run``: answer the question of a scenario file."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import (
    EngineName,
    Json,
    Out,
    Quiet,
    Seed,
    engine_of,
    leaving_no_empty_folder,
    progress,
    say,
    say_json,
    table,
    warn,
)

NAME = "run"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    out: Out,
    *,
    seed: Seed = None,
    replications: Annotated[int | None, typer.Option(min=2, max=100_000, help="Instead of the file's.")] = None,
    engine: EngineName = "auto",
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="Threads; all cores, if left out.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Run on a Dask cluster instead: tcp://host:port.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario file: print the answer, write OUT/report.html, results.json and manifest.json."""
    from twin.cli.answering import Settings, answer_question  # noqa: PLC0415 - help must answer at once
    from twin.method import say_basis  # noqa: PLC0415 - the same

    with leaving_no_empty_folder(out), progress("replications", quiet=quiet or as_json) as step:
        settings = Settings(seed, replications, engine_of(engine), workers, cluster)
        answered = answer_question(scenario, out, settings, progress=step, tell=warn)
    if as_json:
        say_json(answered.as_written())
        return
    for warning in answered.warnings:
        warn(f"warning: {warning}")
    say(answered.comparison.question, quiet=quiet)
    for compared in answered.comparison.scenarios:
        say(f"- {compared.verdict.sentence}", quiet=quiet)
    say("\n" + table(*answered.figures()), quiet=quiet)
    say(f"\n{say_basis(answered.results)} Engine: {answered.results.engine}.\n{out}/report.html", quiet=quiet)

"""``twin optimize``: the best setting of levers within a budget, or the best of a file's scenarios."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import Alone, Cluster, EngineName, Json, PageFolder, Quiet, Seed, Workers, engine_of

NAME = "optimize"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: Annotated[Path, typer.Argument(help="A scenario file with an optimize part, or with scenarios.")],
    *,
    out: PageFolder = None,
    seed: Seed = None,
    replications: Annotated[int | None, typer.Option(min=2, max=100_000, help="Most of each finalist.")] = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    cluster: Cluster = None,
    alone: Alone = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose levers within a budget, or among scenarios, with a stated probability of being right."""
    from twin.cli.answering import Settings  # noqa: PLC0415 - help must answer at once
    from twin.cli.deciding import Speaking, decide  # noqa: PLC0415 - the same
    from twin.decide.optimizing import optimize_levers  # noqa: PLC0415 - the same
    from twin.decide.recommending import told_of_optimum  # noqa: PLC0415 - the same

    decide(
        scenario,
        out,
        Settings(seed, replications, engine_of(engine), workers, cluster, alone),
        Speaking("optimizing", as_json, quiet),
        lambda *asked: told_of_optimum(optimize_levers(*asked)),
    )

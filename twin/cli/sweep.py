"""``twin sweep``: the asked figure over the values of levers, and which levers carry it."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import Alone, Cluster, EngineName, Json, PageFolder, Quiet, Replications, Seed, Workers, engine_of

NAME = "sweep"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: Annotated[Path, typer.Argument(help="A scenario file with a sweep.")],
    *,
    out: PageFolder = None,
    seed: Seed = None,
    replications: Replications = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    cluster: Cluster = None,
    alone: Alone = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Move levers over their ranges: the asked figure at each point, and which levers carry it."""
    from twin.cli.answering import Settings  # noqa: PLC0415 - help must answer at once
    from twin.cli.deciding import Speaking, decide  # noqa: PLC0415 - the same
    from twin.decide.sweeping import run_sweep, told_of_sweep  # noqa: PLC0415 - the same

    decide(
        scenario,
        out,
        Settings(seed, replications, engine_of(engine), workers, cluster, alone),
        Speaking("sweeping", as_json, quiet),
        lambda *asked: told_of_sweep(run_sweep(*asked)),
    )

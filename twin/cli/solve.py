"""``twin solve``: the smallest set of changes that reaches a goal, and the assumptions on which the answer turns."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import Alone, Cluster, EngineName, Json, PageFolder, Quiet, Replications, Seed, Workers, engine_of

NAME = "solve"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: Annotated[Path, typer.Argument(help="A scenario file with a solve part.")],
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
    """Find the smallest set of changes that reaches a goal, and the assumptions on which the answer turns."""
    from twin.cli.answering import Settings  # noqa: PLC0415 - help must answer at once
    from twin.cli.deciding import Speaking, decide  # noqa: PLC0415 - the same
    from twin.decide.solving import solve_experiment, told_of_solution  # noqa: PLC0415 - the same

    decide(
        scenario,
        out,
        Settings(seed, replications, engine_of(engine), workers, cluster, alone),
        Speaking("solving", as_json, quiet),
        lambda *asked: told_of_solution(solve_experiment(*asked)),
    )

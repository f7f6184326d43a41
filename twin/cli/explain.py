"""``twin explain``: which change of a bundle gains what, which team limits, and which will."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.console import Cluster, EngineName, Json, PageFolder, Quiet, Replications, Seed, Workers, engine_of

NAME = "explain"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    *,
    out: PageFolder = None,
    growth: Annotated[str, typer.Option(help="Of demand per year, for which team is full next.")] = "10 %",
    seed: Seed = None,
    replications: Replications = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Explain a scenario file: what each change of a bundle gains, which team limits, and which will."""
    from twin.cli.answering import Settings  # noqa: PLC0415 - help must answer at once
    from twin.cli.deciding import Speaking, decide  # noqa: PLC0415 - the same
    from twin.decide.explaining import explain, told_of_explanation  # noqa: PLC0415 - the same
    from twin.errors import InputError  # noqa: PLC0415 - the same
    from twin.units import parse_share  # noqa: PLC0415 - the same

    try:
        share = parse_share(growth)
    except ValueError as error:
        raise InputError(f"--growth: {error}") from None
    explained = partial(explain, growth=share)
    decide(
        scenario,
        out,
        Settings(seed, replications, engine_of(engine), workers, cluster),
        Speaking("explaining", as_json, quiet),
        lambda experiment, base, running: told_of_explanation(explained(experiment, base, running)),
    )

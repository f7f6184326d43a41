"""``twin explain``: which change of a bundle gains what, which team limits, and which will."""

from functools import partial
from typing import Annotated, Literal

import typer

from twin.cli.console import (
    Alone,
    Cluster,
    EngineName,
    Json,
    PageFolder,
    Quiet,
    Replications,
    ScenarioFile,
    Seed,
    Workers,
    engine_of,
)

NAME = "explain"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: ScenarioFile,
    *,
    out: PageFolder = None,
    growth: Annotated[
        str | None,
        typer.Option(help="Of demand per year, for which team is full next; else the twin's own trend, or 10 %."),
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(help="Also follow one item, visit by visit: its number within its work type, or 'typical'."),
    ] = None,
    seed: Seed = None,
    replications: Replications = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    cluster: Cluster = None,
    alone: Alone = False,
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
        share = None if growth is None else parse_share(growth)
    except ValueError as error:
        raise InputError(f"--growth: {error}") from None
    followed = _item(item)
    explained = partial(explain, growth=share, item=followed)
    decide(
        scenario,
        out,
        Settings(seed, replications, engine_of(engine), workers, cluster, alone),
        Speaking("explaining", as_json, quiet),
        lambda *asked: told_of_explanation(explained(*asked)),
    )


def _item(text: str | None) -> int | Literal["typical"] | None:
    """Read which item to follow."""
    from twin.errors import InputError, shown  # noqa: PLC0415 - only where one is named

    if text is None:
        return None
    if text == "typical":
        return "typical"
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InputError(f"--item: {shown(text)} is neither a number nor 'typical'")
    return int(text)

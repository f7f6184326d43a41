"""``twin compare``: the table a decision is taken from, and gates for checks without a person."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import (
    Alone,
    Cluster,
    EngineName,
    Gates,
    Json,
    Markdown,
    Quiet,
    Replications,
    ScenarioFile,
    Seed,
    Workers,
    engine_of,
    leaving_no_empty_folder,
    progress,
    say,
    say_json,
    table,
    warn,
)

if TYPE_CHECKING:
    from twin.cli.answering import Answered

NAME = "compare"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: ScenarioFile,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of `twin run`: use and keep its results.")
    ] = None,
    seed: Seed = None,
    replications: Replications = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    cluster: Cluster = None,
    alone: Alone = False,
    gates: Gates = None,
    markdown: Markdown = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare the scenarios of a file, with gates that make it fail; use what is kept, and run the rest."""
    from twin.cli.answering import Settings, compare_question  # noqa: PLC0415 - help must answer at once

    leaving = nullcontext() if out is None else leaving_no_empty_folder(out)
    with leaving, progress("replications", quiet=quiet or as_json) as step:
        asked = Settings(seed, replications, engine_of(engine), workers, cluster, alone, tuple(gates or ()), markdown)
        answered = compare_question(scenario, out, asked, progress=step, tell=warn)
    if as_json:
        say_json(answered.as_written())
    else:
        for line in _lines(answered):
            say(line, quiet=quiet)
        for warning in answered.warnings:
            warn(f"warning: {warning}")
    answered.pass_gates()


def _lines(answered: "Answered") -> list[str]:
    from twin.certainty import say_knowledge, say_parts, say_standing  # noqa: PLC0415 - help must answer at once
    from twin.compare import unit_of  # noqa: PLC0415 - the same
    from twin.method import say_basis  # noqa: PLC0415 - the same
    from twin.summary import changes, decision_table  # noqa: PLC0415 - the same

    names = [each.name for each in answered.comparison.scenarios]
    unit = unit_of(answered.comparison.answer)
    parts = [(each.name, say_parts(each.asked, unit)) for each in answered.comparison.scenarios]
    passed = [f"gate passed: {each}" for each in answered.gates if not each.holds]
    return [
        f"{say_standing(answered.results.credibility, answered.results.grounds)}\n",
        f"{answered.comparison.question}\n",
        table(*decision_table(answered.comparison)),
        "",
        *(f"- {line}" for line in changes(answered.results, names)),
        *(f"- {name}: {told}" for name, told in parts if told),
        *(f"- {told}" for told in answered.told_ways()),
        f"\n{say_basis(answered.results)}",
        say_knowledge(answered.results),
        *passed,
    ]

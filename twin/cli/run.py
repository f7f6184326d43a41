"""``twin run``: answer the question of a scenario file."""

from twin.cli.console import (
    Alone,
    Cluster,
    EngineName,
    Gates,
    Json,
    Markdown,
    Out,
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

NAME = "run"


def command(  # noqa: PLR0913 - each option is a parameter
    scenario: ScenarioFile,
    out: Out,
    *,
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
    """Run a scenario file: print the answer, write OUT/report.html, results.json and manifest.json.

    Finished replications are kept in OUT/results.sqlite as they come: run again, it goes on where it was ended.
    """
    from twin.certainty import say_knowledge, say_standing  # noqa: PLC0415 - help must answer at once
    from twin.cli.answering import Settings, answer_question  # noqa: PLC0415 - the same
    from twin.method import say_basis  # noqa: PLC0415 - the same

    with leaving_no_empty_folder(out), progress("replications", quiet=quiet or as_json) as step:
        asked = Settings(seed, replications, engine_of(engine), workers, cluster, alone, tuple(gates or ()), markdown)
        answered = answer_question(scenario, out, asked, progress=step, tell=warn)
    if as_json:
        say_json(answered.as_written())
        answered.pass_gates()
        return
    for warning in answered.warnings:
        warn(f"warning: {warning}")
    say(
        f"{say_standing(answered.results.credibility, answered.results.grounds)}\n\n{answered.comparison.question}",
        quiet=quiet,
    )
    for compared in answered.comparison.scenarios:
        say(f"- {compared.verdict.sentence}", quiet=quiet)
    for told in answered.told_ways():
        say(f"- {told}", quiet=quiet)
    say("\n" + table(*answered.figures()), quiet=quiet)
    basis = f"{say_basis(answered.results)} Engine: {answered.results.engine}.\n{say_knowledge(answered.results)}"
    say(f"\n{basis}\n{out}/report.html", quiet=quiet)
    answered.pass_gates()

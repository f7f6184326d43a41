"""``twin demo``: learn a made-up organisation from its log, and see how close the answers come."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import Json, Quiet, leaving_no_empty_folder, progress, say, say_json, table, warn

if TYPE_CHECKING:
    from calibration.demo import Demonstration

NAME = "demo"


def command(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path("demo"),
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a made-up organisation from its tracker log, and compare four answers with its known truth."""
    from calibration.demo import demonstrate  # noqa: PLC0415 - help must answer at once
    from twin.cli.answering import prepare, report_on  # noqa: PLC0415 - the same
    from twin.examples import example  # noqa: PLC0415 - the same

    truth = example("demo") / "twin.yaml"
    with leaving_no_empty_folder(out), progress("replications", quiet=quiet or as_json) as step:
        prepare(out, inputs=[truth])
        shown = demonstrate(truth, out, progress=step, tell=warn)
    report_on(shown.results, shown.comparison, out, sources=[out / "learned" / "twin.yaml", out / "past.csv"])
    if as_json:
        say_json(
            {"backtest": shown.backtest.as_written(), "answers": [answer.as_written() for answer in shown.answers]}
        )
        return
    for line in _lines(shown, out):
        say(line, quiet=quiet)


def _lines(shown: "Demonstration", out: Path) -> list[str]:
    tested = shown.backtest
    figures = [
        (f.name, f"{f.observed:.4g}", f"{f.low:.4g} to {f.high:.4g}", f.unit, "yes" if f.reproduced else "NO")
        for f in tested.figures
    ]
    answers = [
        (
            answer.scenario,
            f"{answer.truth:+.1f} h ({answer.truth_low:+.1f} to {answer.truth_high:+.1f})",
            f"{answer.learned:+.1f} h ({answer.low:+.1f} to {answer.high:+.1f})",
            f"{answer.learned - answer.truth:+.1f} h",
            answer.verdict,
        )
        for answer in shown.answers
    ]
    return [
        "A made-up product organisation worked for a year; the twin was learned from its tracker log alone.",
        f"\nWeeks the twin has not seen ({tested.items} items, {tested.replications} replications):",
        table(("figure", "observed", "95 % of runs within", "unit", "reproduced"), figures),
        *(f"- {line}" for line in tested.shortcomings()),
        f"\n{shown.comparison.question} Change of the p85 cycle time of features, with 95 % intervals:",
        table(("scenario", "in truth", "by the learned twin", "miss", "verdict"), answers),
        "\nIntervals of the learned twin hold luck and what its log leaves open, those of the truth luck alone. What a",
        "model gets wrong is in neither, and the demonstration's model is of the truth's own kind.",
        f"{out}/report.html answers the question as a manager would read it; {out}/learned holds the twin.",
    ]

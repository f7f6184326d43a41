"""What ``twin backtest`` does with a past: look ahead from several dates of it, grade, tell, and write it down."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from twin.cli.console import progress, say, say_json, table, warn

if TYPE_CHECKING:
    from calibration.interventions import Tried
    from calibration.rolling import Rolling
    from twin.credibility import Credibility
    from twin.eventlog import EventLog
    from twin.spec import Twin


class Wanted(NamedTuple):
    """What was asked for."""

    interventions: Path | None
    replications: int | None
    seed: int
    out: Path | None  # JSON file; the page is put beside it


def roll(
    folder: Path | None,
    model: "Twin | None",
    log: "EventLog | None",
    wanted: Wanted,
    files: Sequence[Path],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Backtest a log, or the past of a folder, which then keeps its grade."""
    from calibration.fit import fit_twin  # noqa: PLC0415 - help must answer at once
    from calibration.grading import credibility_of  # noqa: PLC0415 - the same
    from calibration.groups import by_group  # noqa: PLC0415 - the same
    from calibration.interventions import load_interventions, try_interventions  # noqa: PLC0415 - the same
    from calibration.past import read_past  # noqa: PLC0415 - the same
    from calibration.rolling import MEMBERS, rolling_backtest  # noqa: PLC0415 - the same
    from calibration.rolling_file import written  # noqa: PLC0415 - the same
    from twin.credibility import write_credibility  # noqa: PLC0415 - the same

    loaded = None if wanted.interventions is None else load_interventions(wanted.interventions)
    if log is None and folder is not None and model is not None:
        log = read_past(folder, model)
    if log is None:
        return
    log = by_group(log)
    members = wanted.replications or MEMBERS
    with progress("looking ahead", quiet=quiet or as_json) as step:
        rolled = rolling_backtest(log, members=members, seed=wanted.seed, tell=warn, progress=step)
    tried = () if loaded is None else try_interventions(log, loaded, members=members, seed=wanted.seed, tell=warn)
    if model is None:
        model = fit_twin(log, name="backtest", tell=warn).twin
    wrong = [each.fault for each in tried if each.fault is not None]
    earned = credibility_of(rolled, log, model, wrong, tried=sum(each.visible for each in tried))
    kept: tuple[Path, ...] = (
        (write_credibility(folder, model, earned),) if folder is not None and folder.is_dir() else ()
    )
    values = written(rolled, earned, tried)
    kept += _written(wanted.out, rolled, earned, tried, values, _names(folder, files))
    if as_json:
        say_json(values)
        return
    _tell(rolled, earned, tried)
    for file in kept:
        say(str(file), quiet=quiet)


def _names(folder: Path | None, files: Sequence[Path]) -> str:
    return ", ".join(each.name for each in files) or (folder.resolve().name if folder else "")


def _written(
    out: Path | None,
    rolled: "Rolling",
    earned: "Credibility",
    tried: Sequence["Tried"],
    values: dict[str, object],
    name: str,
) -> tuple[Path, ...]:
    """Write figures and page."""
    import json  # noqa: PLC0415 - help must answer at once

    from calibration.rolling_page import rolling_page  # noqa: PLC0415 - the same
    from twin.files import write_text  # noqa: PLC0415 - the same

    if out is None:
        return ()
    page = out.with_suffix(".html")
    write_text(out, json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(page, rolling_page(rolled, earned, tried, name=name))
    return (out, page)


def _tell(rolled: "Rolling", earned: "Credibility", tried: Sequence["Tried"]) -> None:
    from calibration.rolling_words import distance_rows, grade_line, intervention_lines, score_rows  # noqa: PLC0415

    say("\n" + grade_line(rolled, earned))
    for reason in earned.reasons:
        say(f"- The twin {reason}.")
    say("\n" + table(*score_rows(rolled)))
    header, distances = distance_rows(rolled)
    if distances:
        say("\n" + table(header, distances))
    for line in intervention_lines(tried):
        say(line)
    for at, why in rolled.skipped:
        say(f"left out {at:%Y-%m-%d}: {why}")
    say("\nA grade is about the work as it was, and about changes like those tried; it promises nothing beyond.")

"""How ``twin calibrate`` learns from aggregated metrics, and says what they do not tell."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from twin.cli.console import leaving_no_empty_folder, progress, say, say_json, table

if TYPE_CHECKING:
    from calibration.identifiability import Finding, Replay
    from calibration.inferred import Inferred
    from calibration.inferred_folder import Judged
    from calibration.measurements import Answered
    from calibration.sources.aggregates import Aggregates

SHOWN: Final = 3
"""Measurements that are named for each question."""
WORTH_NAMING: Final = 0.05
WORDS: Final = {
    ".people": "number of people in {}",
    ".available": "share of their time that {} give this work",
    ".effort.cv": "how much efforts at {} differ",
    ".effort": "effort at {}",
    ".delay": "delay on the way to {}",
    ".rework.chance": "share sent back at {}",
}
MISSED: Final = (
    "organisations of the assumed form (a line of stages at a steady level) do not look so: check how these figures "
    "are counted, or calibrate a part of the periods; what follows rests on twins that do not fit"
)
FAR: Final = 2.0
"""Root mean square of what remains between metrics and twins, in standard deviations of a run."""
FAR_APART: Final = 2.0
"""Ends of an answer that differ by such a factor, or in sign, are different futures."""


class Options(NamedTuple):
    """How to read a file of metrics."""

    columns: Mapping[str, str] | None
    time_format: str | None
    stages: str | None
    hours: str | None
    ask: Path | None
    name: str


def calibrate_metrics(files: Sequence[Path], out: Path, options: Options, *, as_json: bool, quiet: bool) -> None:
    """Learn an ensemble of twins from a file of metrics, write the folder, and say what is known.

    Raises
    ------
    InputError
        Where the file or an option cannot be used.
    """
    from calibration.inferred_folder import prepare, write_inferred  # noqa: PLC0415 - help must answer at once
    from calibration.sources.aggregates import read_aggregates  # noqa: PLC0415 - the same
    from twin.errors import InputError  # noqa: PLC0415 - the same

    if len(files) > 1:
        raise InputError(f"{files[0]} holds metrics, and is learned from alone; put all figures into one file")
    with leaving_no_empty_folder(out):
        prepare(out, inputs=[*files, *([options.ask] if options.ask else [])])
        given = read_aggregates(files[0], columns=options.columns, time_format=options.time_format)
        for line in given.notices:
            say(line, quiet=quiet or as_json)
        found, judged = _judged(given, options, quiet=quiet or as_json)
        written = write_inferred(out, found, judged, given, files[0])
    if as_json:
        say_json({"files": [str(file) for file in written], "parameters": len(judged.parameters)})
        return
    for line in _lines(found, judged):
        say(line, quiet=quiet)
    say(f"{out}/ensemble.jsonl: {len(found.ensemble.members)} twins that these metrics cannot tell apart", quiet=quiet)
    say(f"{out}/twin.yaml: the one in their middle; {out}/evidence.json says why each number is so", quiet=quiet)


def _judged(given: "Aggregates", options: Options, *, quiet: bool) -> "tuple[Inferred, Judged]":
    from calibration.asked import answers, read_question, usual_question  # noqa: PLC0415 - help must answer at once
    from calibration.identifiability import findings, product_findings, replays  # noqa: PLC0415 - the same
    from calibration.inferred import learn, ordinary_twin, set_up  # noqa: PLC0415 - the same
    from calibration.inferred_folder import Judged  # noqa: PLC0415 - the same
    from calibration.misfits import misfits  # noqa: PLC0415 - the same
    from calibration.organisation import organisation_of  # noqa: PLC0415 - the same

    stages = tuple(part.strip() for part in options.stages.split(",")) if options.stages else ()
    setup = set_up(given, organisation_of(given, stages=stages, hours=options.hours))
    question = read_question(options.ask, ordinary_twin(setup, name=options.name)) if options.ask else None
    with progress("learning", quiet=quiet) as step:
        found = learn(setup, name=options.name, tell=step)
    with progress("asking", quiet=quiet) as step:
        told = answers(found, question or usual_question(found), tell=step)
    rows, missed = given.rows, misfits(found)
    parameters = findings(found, rows=rows, missed=missed)
    known = product_findings(found, rows=rows, missed=missed)
    return found, Judged(parameters, known, replays(found), told, missed)


def _lines(found: "Inferred", judged: "Judged") -> Iterator[str]:
    yield from (f"the twins do not show your metrics: {each}" for each in judged.missed)
    if judged.missed:
        yield MISSED
    yield from (f"assumed: {each}" for each in found.setup.organisation.assumed)
    yield from _limits(found)
    yield table(("parameter", "middle", "95 % from", "to", "verdict"), list(map(_row, judged.parameters)))
    yield table(("known together", "middle", "95 % from", "to", "verdict"), list(map(_row, judged.products)))
    unknown = [each.evidence.path for each in judged.parameters if each.verdict == "assumed"]
    if unknown:
        yield f"not identified by these data (what is written is what was assumed): {', '.join(map(_told, unknown))}"
    yield from _not_reproduced(judged.replays)
    for answer in judged.answers:
        yield from _answer(answer)
    if judged.answers:
        yield (
            "take an interval for the least that is open: all these twins are of one kind, and "
            "benchmarks/aggregates.md says how often such intervals held a truth that was known"
        )


def _told(path: str) -> str:
    """Say a path the way people do."""
    place = path.removeprefix("teams.") if path.startswith("teams.") else path.partition(".steps.")[2] or path
    for field, words in WORDS.items():
        if place.endswith(field):
            return words.format(place.removesuffix(field))
    return path


def _limits(found: "Inferred") -> Iterator[str]:
    posterior, setup = found.posterior, found.setup
    if setup.weeks < setup.given_weeks:
        yield f"runs have {setup.weeks} of the {setup.given_weeks} weeks, for speed; intervals are wider for it"
    if posterior.apart > FAR:
        yield (
            f"the metrics lie {posterior.apart:.1f} times as far from what plausible twins show as one run lies from "
            "another: twins of this kind do not fit them, and intervals may be wrong"
        )


def _row(finding: "Finding") -> tuple[str, ...]:
    evidence = finding.evidence
    return evidence.path, evidence.estimate, evidence.low or "", evidence.high or "", finding.verdict


def _not_reproduced(replays: "Sequence[Replay]") -> Iterator[str]:
    from calibration.identifiability import written  # noqa: PLC0415 - it loads SciPy

    missed = [each for each in replays if not each.reproduced]
    for each in missed:
        given, low, high = (written(value, each.unit) for value in (each.given, each.low, each.high))
        yield f"does not reproduce {each.figure}: {given}, twins show {low} to {high}"
    if not missed:
        yield f"all {len(replays)} figures are reproduced by the twins (none at p < 1 %)"


def _answer(answer: "Answered") -> Iterator[str]:
    low, middle, high = answer.interval
    unit = answer.unit and f" {answer.unit}"
    ends = f"90 % of twins: {low:+.3g} to {high:+.3g}{unit}"
    yield f"{answer.scenario}: {answer.figure} changes by {middle:+.3g}{unit} ({ends})"
    if low * high <= 0 or max(abs(low), abs(high)) > FAR_APART * min(abs(low), abs(high)):
        yield "one set of metrics, several futures: twins that fit alike answer differently; do not take the middle"
    worth = [each for each in answer.narrowings[:SHOWN] if each.share >= WORTH_NAMING]
    if not worth:
        yield "no single measurement would take away 5 % of what these twins disagree on"
        return
    best, *others = worth
    yield f"measure next, to narrow this answer most: {best.measurement}"
    yield f"known exactly, it takes away some {best.share * 100:.0f} % of the variance between these answers"
    yield from (f"then: {each.measurement} (alone, {each.share * 100:.0f} %)" for each in others)

"""A folder of twins learned from aggregated metrics: as any calibrated folder, without a history.

twin.yaml        the member nearest to the middle, to read and to edit by hand
ensemble.jsonl   equally plausible twins; answers are theirs
evidence.json    what the twins miss of the metrics; each parameter with interval and verdict; products; what was taken
                 for granted; each figure of the file beside those of the twins
grounds.json     the range of every week seen, and what the twins miss, which heads every report (`twin.grounds`)
"""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

from calibration.folder import EVIDENCE, TWIN
from calibration.identifiability import Finding, Replay
from calibration.inferred import Inferred
from calibration.measurements import Answered
from calibration.misfits import Misfit, told
from calibration.ranges import given_ranges
from calibration.sources.aggregates import Aggregates
from twin.ensemble import FILE, write_ensemble
from twin.files import digest, prepare_folder, write_text
from twin.grounds import FILE as GROUNDS
from twin.grounds import Grounds, write_grounds
from twin.layout import dump_yaml

HEAD: Final = f"""\
# One of many twins that fit the metrics: the one nearest to their middle. {EVIDENCE} says of each number whether it was
# measured or assumed; {FILE} holds the others, and what they disagree on is not known. Once this file is edited,
# they are no longer of it and are left unused.
"""
KEPT: Final = 5
"""Measurements that are written for each question."""


class Judged(NamedTuple):
    """What the file of metrics tells."""

    parameters: tuple[Finding, ...]
    products: tuple[Finding, ...]
    replays: tuple[Replay, ...]  # what is reproduced worst first
    answers: tuple[Answered, ...]
    missed: tuple[Misfit, ...]  # the clearest first


def prepare(folder: Path, *, inputs: Sequence[Path] = ()) -> None:
    """Make the folder, and see that its files can be written, before any work is done.

    Raises
    ------
    StorageError
        Where it cannot be made or written to.
    """
    prepare_folder(folder, (TWIN, EVIDENCE, FILE, GROUNDS), inputs=inputs)


def write_inferred(folder: Path, found: Inferred, judged: Judged, given: Aggregates, file: Path) -> tuple[Path, ...]:
    """Write the folder; the same metrics give the same bytes.

    Raises
    ------
    StorageError
        Where a file cannot be written.
    """
    write_text(folder / TWIN, HEAD + dump_yaml(found.twin.as_written()))
    write_text(
        folder / EVIDENCE, json.dumps(_evidence(found, judged, given, file), indent=1, ensure_ascii=False) + "\n"
    )
    grounds = Grounds(given_ranges(given, found.twin, found.ensemble), told(judged.missed))
    rests = write_grounds(folder, found.twin, grounds)
    return (folder / TWIN, folder / EVIDENCE, write_ensemble(folder, found.twin, found.ensemble), rests)


def _evidence(found: Inferred, judged: Judged, given: Aggregates, file: Path) -> dict[str, Any]:
    posterior, setup = found.posterior, found.setup
    return {
        "schema_version": 1,
        "worktwin": version("worktwin"),
        "missed": [{"figure": each.figure, "kind": each.kind, "told": str(each)} for each in judged.missed],
        "logs": [{"file": file.name, "sha256": digest(file)}],
        "rows": {"read": given.rows, "used": given.rows, "rejected": {}},
        "noticed": list(given.notices),
        "assumed": [*setup.organisation.assumed, "no limit on work in progress, no holidays, no priorities"],
        "method": {
            "kind": found.ensemble.method,
            "runs": posterior.runs,
            "weeks_of_each": setup.weeks,
            "weeks_of_the_file": setup.given_weeks,
            "apart": round(posterior.apart, 3),
        },
        "parameters": [each.as_written() for each in judged.parameters],
        "products": [each.as_written() for each in judged.products],
        "figures": [{**each._asdict(), "reproduced": each.reproduced} for each in judged.replays],
        "answers": [_answered(each) for each in judged.answers],
    }


def _answered(answer: Answered) -> dict[str, Any]:
    low, middle, high = answer.interval
    return {
        "scenario": answer.scenario,
        "figure": answer.figure,
        "unit": answer.unit,
        "low": low,
        "middle": middle,
        "high": high,
        "share_of_luck": answer.luck,
        "would_narrow": [each._asdict() for each in answer.narrowings[:KEPT]],
    }

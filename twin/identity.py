"""What makes a result what it is, as one hash: two runs with the same hash give the same bytes.

    experiment = SHA-256 of (twin, scenarios, warm-up, length, seed, versions)
    scenario   = SHA-256 of (the twins in force and from when, warm-up, length, seed, figures, versions)

The scenarios are those of the file after what it extends. Versions: of the meaning of a twin file, of the random
numbers' names, of the time zones and of the public holidays. Left out is what changes no replication: the question, the
figure asked for, how many replications. A scenario's hash names all that its replications depend on, so that they serve
again where another experiment has the same scenario.

The JSON behind a hash has its parts in the order of the file, not sorted as in RFC 8785: the order of teams and stages
decides who comes first at a tie, so twins in another order are other twins. Units: ticks (milliseconds).
"""

import json
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Final

from twin.replication import LAYOUT_VERSION, Candidate
from twin.scenario import Experiment, full_form
from twin.spec import Twin
from twin.streams import STREAM_VERSION

SEMANTICS_VERSION: Final = 1
"""Of the meaning of a twin file: raised where the same file and seed come to give other results."""


def canonical(value: Any) -> str:
    """Write plain values as JSON, the same text for the same values in the same order."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def written(experiment: Experiment, base: Twin) -> dict[str, Any]:
    """Write down all that a run needs, as plain values that can be read back."""
    return {"twin": full_form(base), "experiment": experiment.model_dump(mode="json", by_alias=True)}


def experiment_hash(experiment: Experiment, base: Twin) -> str:
    """Name an experiment by its hash."""
    told = written(experiment, base)
    run = experiment.run
    return _hash(told["twin"], told["experiment"]["scenarios"], run.warm_up, run.length, run.seed)


def scenario_hash(candidate: Candidate, *, seed: int) -> str:
    """Name what one candidate's replications depend on by its hash."""
    twins = [[at.isoformat(), full_form(twin)] for at, twin in candidate.changes]
    window = candidate.ruler.window
    figures = [list(figure) for figure in candidate.ruler.figures]
    return _hash(full_form(candidate.twin), twins, *window, seed, figures)


def _hash(*parts: Any) -> str:
    versions = {
        "semantics": SEMANTICS_VERSION,
        "streams": STREAM_VERSION,
        "tick": "ms",
        "layout": LAYOUT_VERSION,
        **{name: version(name) for name in ("tzdata", "holidays")},
    }
    return sha256(canonical([*parts, versions]).encode("utf-8", "surrogatepass")).hexdigest()

"""What makes a result what it is, as one hash: two runs with the same hash give the same bytes.

    experiment = SHA-256 of (twin, scenarios, warm-up, length, seed, versions, members of its ensemble if any)
    decision   = SHA-256 of (twin, all of the scenario file but its question, which decision, versions, members if any)
    scenario   = SHA-256 of (the twins in force and from when, warm-up, length, seed, figures, versions, the same twins
                             of each member if any)

The scenarios are those of the file after what it extends. Versions: of the meaning of a twin file, of the random
numbers' names, of the time zones and of the public holidays. Left out is what changes no replication: the question, the
figure asked for, how many replications. A scenario's hash names all that its replications depend on, so that they serve
again where another experiment has the same scenario.

The JSON behind a hash has its parts in the order of the file, not sorted as in RFC 8785: the order of teams and stages
decides who comes first at a tie, so twins in another order are other twins. Units: ticks (milliseconds).
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from twin.errors import InputError
from twin.marks import Document
from twin.member import Changes
from twin.replication import LAYOUT_VERSION, Candidate
from twin.scenario import Experiment, full_form
from twin.software import version_of
from twin.spec import Twin
from twin.streams import STREAM_VERSION
from twin.validation import validate

SEMANTICS_VERSION: Final = 2
"""Of the meaning of a twin file: raised where the same file and seed come to give other results."""

Versions = Mapping[str, str | int]
"""What besides the inputs decides the bytes of a result, by name."""


def canonical(value: Any) -> str:
    """Write plain values as JSON, the same text for the same values in the same order."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Inputs(NamedTuple):
    """All that a run needs, as it is written down to be run again."""

    experiment: Experiment
    base: Twin
    versions: Versions
    members: tuple[Twin, ...] = ()  # of the ensemble
    decision: str = ""  # what was asked of it: "sweeping"; nothing, where its scenarios were compared


def versions() -> Versions:
    """Give the versions that are part of a hash."""
    return {
        "semantics": SEMANTICS_VERSION,
        "streams": STREAM_VERSION,
        "tick": "ms",
        "layout": LAYOUT_VERSION,
        **{name: version_of(name) for name in ("tzdata", "holidays")},
    }


def written(inputs: Inputs) -> str:
    """Write inputs as text that `read` understands."""
    experiment = inputs.experiment.model_dump(mode="json", by_alias=True)
    told: dict[str, Any] = {"twin": full_form(inputs.base), "experiment": experiment, "versions": dict(inputs.versions)}
    told |= {"ensemble": list(map(full_form, inputs.members))} if inputs.members else {}
    return canonical(told | ({"decision": inputs.decision} if inputs.decision else {}))


def read(text: str) -> Inputs:
    """Read inputs back.

    Raises
    ------
    InputError
        Where they are none, or not those of this version.
    """
    try:
        told = json.loads(text)
        twin, experiment, known = (dict(told[name]) for name in ("twin", "experiment", "versions"))
        members, decision = [dict(each) for each in told.get("ensemble", ())], str(told.get("decision", ""))
    except (ValueError, KeyError, TypeError):
        raise InputError("the inputs of this run cannot be read") from None
    base = validate(Twin, Document(twin, {}, "twin of the run"))
    ensemble = tuple(validate(Twin, Document(each, {}, "ensemble of the run")) for each in members)
    asked = validate(Experiment, Document(experiment, {}, "experiment of the run"))
    return Inputs(asked, base, known, ensemble, decision)


def experiment_hash(inputs: Inputs) -> str:
    """Name an experiment by its hash."""
    run = inputs.experiment.run
    told = inputs.experiment.model_dump(mode="json", by_alias=True)
    members = [[full_form(each) for each in inputs.members]] if inputs.members else []
    if inputs.decision:
        told.pop("question")
        return _hash(full_form(inputs.base), told, inputs.decision, inputs.versions, *members)
    parts = full_form(inputs.base), told["scenarios"], run.warm_up, run.length, run.seed, inputs.versions
    return _hash(*parts, *members)


def scenario_hash(candidate: Candidate, *, seed: int, versions: Versions) -> str:
    """Name what one candidate's replications depend on by its hash."""
    members = [[full_form(each.twin), _later(each.changes)] for each in candidate.members]
    window = candidate.ruler.window
    figures = [list(figure) for figure in candidate.ruler.figures]
    parts = full_form(candidate.twin), _later(candidate.changes), *window, seed, figures, versions
    return _hash(*parts, members) if members else _hash(*parts)


def _later(changes: Changes) -> list[list[Any]]:
    return [[at.isoformat(), full_form(twin)] for at, twin in changes]


def _hash(*parts: Any) -> str:
    return sha256(canonical(parts).encode("utf-8", "surrogatepass")).hexdigest()

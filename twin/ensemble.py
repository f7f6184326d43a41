"""Twins that the data holds as plausible as the one it gave, kept beside it.

A calibrated parameter is an estimate. An ensemble is a draw of whole twins from what the data leaves open, so that the
spread of an answer over its members is what the parameters' uncertainty does to that answer. The first line of the
file says how it was drawn and of which twin; each other line is one twin:

    {"schema_version": 1, "method": "bootstrap over items and weeks", "twin": SHA-256 of the twin, "members": n}

A twin that was edited by hand since has another hash; its ensemble is then no longer one of it, and is left unused.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from twin.errors import InputError
from twin.files import write_text
from twin.identity import canonical
from twin.marks import Document
from twin.scenario import full_form
from twin.spec import Twin
from twin.validation import validate

FILE: Final = "ensemble.jsonl"
SCHEMA_VERSION: Final = 1


class Ensemble(NamedTuple):
    """Equally plausible twins, all with the names of the one they belong to."""

    method: str  # how they were drawn, in a few words
    members: tuple[Twin, ...]


def twin_hash(twin: Twin) -> str:
    """Name a twin by what it says, defaults left out: so a later version, which knows of more keys, names it alike."""
    return sha256(canonical(twin.as_written()).encode("utf-8", "surrogatepass")).hexdigest()


def write_ensemble(folder: Path, twin: Twin, ensemble: Ensemble) -> Path:
    """Write an ensemble beside its twin; the same members give the same bytes.

    Raises
    ------
    StorageError
        Where the file cannot be written.
    """
    head = {
        "schema_version": SCHEMA_VERSION,
        "method": ensemble.method,
        "twin": twin_hash(twin),
        "members": len(ensemble.members),
    }
    lines = [canonical(head), *(canonical(full_form(member)) for member in ensemble.members)]
    write_text(folder / FILE, "\n".join(lines) + "\n")
    return folder / FILE


def read_ensemble(folder: Path, twin: Twin) -> Ensemble | None:
    """Read the ensemble of a twin from its folder; None where there is none, or it is that of another twin.

    Raises
    ------
    InputError
        Where the file is damaged.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    head, *lines = file.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    try:
        told = json.loads(head)
        known, method, members = told["twin"], str(told["method"]), int(told["members"])
        plain = [dict(json.loads(line)) for line in lines]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{file}: cannot be read; run `twin calibrate` again, or remove it") from None
    if known != twin_hash(twin):
        return None
    if len(plain) != members:
        raise InputError(f"{file}: holds {len(plain)} of {members} twins; run `twin calibrate` again, or remove it")
    return Ensemble(method, tuple(validate(Twin, Document(each, {}, str(file))) for each in plain))

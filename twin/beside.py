"""What is known of a calibrated twin, kept beside it as JSON that names the twin it is of.

A twin that is edited by hand has another hash (`twin.ensemble.twin_hash`), and what was kept of the one before is left
unused.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from twin.ensemble import twin_hash
from twin.errors import InputError
from twin.files import write_text
from twin.spec import Twin

Told = TypeVar("Told")


def write_beside(file: Path, twin: Twin, told: Mapping[str, Any], *, version: int) -> Path:
    """Write what is known of a twin.

    Parameters
    ----------
    file
        Where to.
    twin
        What it is known of.
    told
        Plain values by name.
    version
        Of the schema.

    Raises
    ------
    StorageError
        Where the file cannot be written.
    """
    plain = {"schema_version": version, "twin": twin_hash(twin), **told}
    write_text(file, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    return file


def read_beside(file: Path, twin: Twin, parse: Callable[[dict[str, Any]], Told], *, again: str) -> Told | None:
    """Read what is known of a twin; None where the file is not there, or is of another twin.

    Parameters
    ----------
    file
        Where from.
    twin
        What it should be of.
    parse
        Gives what is known from plain values by name.
    again
        The command that writes the file.

    Raises
    ------
    InputError
        Where the file is damaged.
    """
    if not file.is_file():
        return None
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        found = parse(told)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{file}: cannot be read; run `{again}` again, or remove it") from None
    return found if told.get("twin") == twin_hash(twin) else None


def ranges_told(told: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Read least and most by name."""
    return {str(name): (float(low), float(high)) for name, (low, high) in told.items()}

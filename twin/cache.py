"""What costs time to make and may be made again: quantile tables, the script of charts.

Entries lie in the user's cache folder, or in ``$WORKTWIN_CACHE``, each behind the SHA-256 of its content. A damaged
entry counts as absent and a folder that cannot be written to is bypassed: the cache saves time and changes no result.
Now and then the entries written first are removed beyond `MOST_ENTRIES` of a kind.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

VARIABLE: Final = "WORKTWIN_CACHE"
DIGEST_SIZE: Final = 32
MOST_ENTRIES: Final = 4096
LOOKED_AFTER: Final = 16
"""One entry in so many, by its content, is the occasion to count them."""


def cache_folder() -> Path:
    """Give the folder of the cache, which need not exist."""
    # Loaded here: not every verb asks for the cache.
    from platformdirs import user_cache_path  # noqa: PLC0415 - see above

    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else user_cache_path("worktwin", appauthor=False)


def recall(name: str) -> bytes | None:
    """Give an entry's content, or None where it is absent or damaged."""
    try:
        kept = (cache_folder() / name).read_bytes()
    except OSError:
        return None
    digest, content = kept[:DIGEST_SIZE], kept[DIGEST_SIZE:]
    return content if hashlib.sha256(content).digest() == digest else None


def keep(name: str, content: bytes) -> None:
    """Keep an entry, whole or not at all; nothing happens where the folder cannot be written to."""
    place = cache_folder() / name
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".part", delete=False) as draft:
            try:
                draft.write(hashlib.sha256(content).digest() + content)
                draft.close()
                Path(draft.name).replace(place)
            except OSError:
                Path(draft.name).unlink(missing_ok=True)
        if hashlib.sha256(content).digest()[0] % LOOKED_AFTER == 0:
            _thin_out(place.parent)


def can_keep(folder: str) -> bool:
    """Tell whether entries can be written to a folder of the cache."""
    return can_write(cache_folder() / folder)


def can_write(folder: Path) -> bool:
    """Tell whether files can be written to a folder, which is made where it is missing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _thin_out(folder: Path) -> None:
    """Remove the entries of a folder that were written first, beyond the most there may be."""
    entries = [entry for entry in folder.iterdir() if entry.is_file()]
    if len(entries) <= MOST_ENTRIES:
        return
    written = {entry: entry.stat().st_mtime_ns for entry in entries}
    for entry in sorted(entries, key=lambda each: written[each])[: len(entries) - MOST_ENTRIES]:
        entry.unlink(missing_ok=True)

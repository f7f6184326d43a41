"""One run at a time in a folder: a lock that ends with the process that holds it, however it ends.

A file in the folder is locked by the operating system (flock) and holds who has locked it, so that another run can say
whom it waits for. It is removed when the folder is let go; a lock on a file that is no longer in the folder is no lock,
so whoever gets one looks again. Where there is no flock (Windows), runs are not kept apart: each finds what the other
has kept, and the store refuses different bytes.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Final

from twin.errors import StorageError

try:
    import fcntl
except ModuleNotFoundError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

FILE: Final = ".results.lock"
PATIENCE: Final = 60.0
"""Seconds to wait for another run."""
BETWEEN: Final = 0.1


@contextmanager
def held(folder: Path, *, tell: Callable[[str], None], patience: float = PATIENCE) -> Iterator[None]:
    """Hold a folder, after waiting for whoever holds it.

    Parameters
    ----------
    folder
        An existing folder.
    tell
        Called with one line where another run holds the folder.
    patience
        Seconds to wait for it.

    Raises
    ------
    StorageError
        Where another run still holds the folder, saying which, or no file can be made in it.
    """
    if fcntl is None:  # pragma: no cover - Windows
        yield
        return
    place = folder / FILE
    try:
        lock = _locked(place, tell, patience)
    except OSError as error:
        raise StorageError(f"{place} cannot be written: {error.strerror}") from None
    try:
        with suppress(OSError):  # a full disk: only the name of the holder is missing
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        with suppress(OSError):
            place.unlink(missing_ok=True)
        os.close(lock)


def _locked(place: Path, tell: Callable[[str], None], patience: float) -> int:
    """Open and lock the file that is in its place, waiting for who has it."""
    for turn in range(1 + round(patience / BETWEEN)):
        lock = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
        if _is_ours(place, lock):
            return lock
        if turn == 0:
            tell(f"waits for {_holder(lock)}, which writes to {place.parent}")
        holder = _holder(lock)
        os.close(lock)
        sleep(BETWEEN)
    raise StorageError(f"{place.parent} is in use by {holder}; run again when that is done")


def _is_ours(place: Path, lock: int) -> bool:
    """Lock an open file, and see that it is still in its place."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(place.stat(), os.fstat(lock))
    except (BlockingIOError, FileNotFoundError):
        return False


def _holder(lock: int) -> str:
    return os.pread(lock, 200, 0).decode("utf-8", "replace") or "another run"

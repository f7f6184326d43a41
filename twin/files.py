"""Reach files safely: what is read lies inside the project, what is written is there whole or not at all.

A path inside a file is relative to that file and stays under the project's folder, links followed. A file is written
under another name beside its own, then renamed: a reader, or a crash, finds the old file or the new one.
"""

import contextlib
import hashlib
import os
import re
import stat
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from twin.errors import InputError, Problem, StorageError, shown
from twin.marks import MAX_BYTES, Document, read_marked

CHUNK = 1 << 20
SLUG_LENGTH = 40
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


def read_yaml(path: Path, *, shown_as: str | None = None) -> Document:
    """Read a YAML file as plain values with their lines, see `twin.marks`.

    Parameters
    ----------
    path
        A regular file of at most 5 MB.
    shown_as
        The name errors show, the path itself by default.

    Raises
    ------
    InputError
        Where it is no such file or not one mapping of plain values; with all problems found.
    """
    file = str(path) if shown_as is None else shown_as
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "is a folder, not a file" if stat.S_ISDIR(mode) else "is not a regular file"
            raise InputError(Problem(what, file=file))
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", file=file)) from None
    except ValueError as error:
        raise InputError(Problem(f"is no path: {error}", file=shown(file))) from None
    return read_marked(content, file)


def inside(root: Path, base: Path, text: str) -> Path:
    """Find the regular file a path written in a file means, links followed.

    Parameters
    ----------
    root
        The project's folder, which no path leaves.
    base
        The folder of the file the path is written in.
    text
        A relative path with ``/`` between folders.

    Raises
    ------
    InputError
        Where it is absolute, a home folder, an address, outside the project or no regular file.
    """
    if not text or "\0" in text:
        raise InputError(f"{shown(text)} is no path")
    absolute = PurePosixPath(text).is_absolute() or PureWindowsPath(text).anchor
    if absolute or "\\" in text or text.startswith("~") or _SCHEME.match(text):
        raise InputError(f"{shown(text)} is not a path inside the project; write it relative to this file, with /")
    target = Path(os.path.realpath(base / text))
    if not target.is_relative_to(os.path.realpath(root)):
        raise InputError(f"{shown(text)} lies outside the project folder {root}")
    try:
        mode = target.stat().st_mode
    except OSError as error:
        raise InputError(f"{shown(text)} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        raise InputError(f"{shown(text)} is {'a folder' if stat.S_ISDIR(mode) else 'not a regular file'}")
    return target


def prepare_folder(folder: Path, names: Iterable[str], *, inputs: Sequence[Path] = ()) -> None:
    """Make a folder, and see that its files can be written, before any work is done.

    Raises
    ------
    StorageError
        Where it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be made a folder: {error.strerror}") from None
    for name in names:
        writable(folder / name, inputs=inputs)


def writable(path: Path, *, inputs: Iterable[Path] = ()) -> Path:
    """Make sure, before the work begins, that a file can be written; give its path with links followed.

    Parameters
    ----------
    path
        The file to write later.
    inputs
        Files being read, which must not be overwritten.

    Raises
    ------
    StorageError
        Where the name is none, the folder is missing or takes no files, or the file is an input, a folder or a device.
    """
    if "\0" in str(path) or _RESERVED.fullmatch(path.name) or not path.name:
        raise StorageError(f"{shown(str(path))} is not a file name")
    target = Path(os.path.realpath(path))
    if target in {Path(os.path.realpath(each)) for each in inputs}:
        raise StorageError(f"{path} is an input of this run; choose another output")
    try:
        if target.exists() and not target.is_file():
            raise StorageError(f"{path} is {'a folder' if target.is_dir() else 'not a regular file'}")
        with tempfile.TemporaryFile(dir=target.parent):
            return target
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from None


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all.

    Raises
    ------
    StorageError
        Where it cannot be written; the file is then as it was.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise StorageError(f"{path} cannot be written: {error.reason}") from None
    write_bytes(path, content)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, whole or not at all; see `write_text`."""
    target = writable(path)
    beside = target.with_name(f".{safe_name(target.name)}.{os.getpid()}-{threading.get_ident()}.partial")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def clear_drafts(folder: Path) -> None:
    """Remove what a program that was ended had begun to write; nobody else may be writing there."""
    for draft in folder.glob(".*.partial"):
        with contextlib.suppress(OSError):
            draft.unlink()


def safe_name(text: str) -> str:
    """Make a file name of any text: what is readable of it, and a hash that keeps different texts apart.

    >>> safe_name("One more reviewer?")
    'one-more-reviewer-e531ee72dbe3'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower())[:SLUG_LENGTH].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{slug}-{digest}" if slug else digest


def digest(file: Path) -> str:
    """Give the SHA-256 of a file."""
    total = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()

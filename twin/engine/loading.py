"""Load the compiled kernel: from the cache where it is whole, else compiled anew, once a machine.

What numba keeps lies in the user's cache folder under a name that says what it was compiled from: the kernel's sources,
the constants it takes from elsewhere, numba and its settings, the processor. Numba itself looks at one source file
only. Beside it lie the SHA-256 sums of the files; where one differs, all are removed and made again, since a damaged
file may end the program instead of raising an error (numba issue 10434). A folder that cannot be written to is done
without. Who sets NUMBA_CACHE_DIR has the files below it.
"""

import gc
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, Final

import numba
from llvmlite.binding import get_host_cpu_name
from numba import typeof
from numba.core import config
from numba.core.compiler_lock import global_compiler_lock

try:
    import fcntl
except ModuleNotFoundError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

from twin import (
    causes,
    choosing,
    eventlog,
    gating,
    graph,
    leaving,
    outcome,
    plan,
    quantile_tables,
    rows,
    staffing,
    streams,
)
from twin.cache import cache_folder, can_write, keep, recall
from twin.demand import Items
from twin.engine.inlining import doors_only
from twin.engine.kept import SOURCES, note_kept
from twin.engine.telling import Tell, silent
from twin.units import WEEK

_FIRST: Final = Lock()
"""Held by the thread that compiles; the others wait for it."""

_ready: Final[set[tuple[str, str]]] = set()
"""Functions that are compiled, and for which kind of twin."""

RUNS: Final = "advance"
"""The function that a replication is run by."""
CONSTANTS: Final = (
    plan.NONE, plan.ELAPSED, graph.LEAVE, eventlog.NEVER, quantile_tables.CELLS, quantile_tables.LEVELS,
    quantile_tables.STRIDE, quantile_tables.TAIL, quantile_tables.WIDEN, streams.STREAM_VERSION, list(streams.Purpose),
    Items._fields, list(causes.Cause), outcome.KIND_BITS, outcome.GOES_ON, list(choosing.Rule), choosing.KEY_BITS,
    choosing.VALUE_SCALE, outcome.OF_AGE, outcome.OUT_OF_PATIENCE, leaving.LEAST_PATIENCE, gating.AT_ONCE, gating.BATCH,
    gating.GATE, WEEK,
    choosing.VALUE_SCALE, list(staffing.WHO.values()), list(staffing.SHIFT_END.values()),
    staffing.FLOAT_BITS,
)  # fmt: skip


def call(name: str, *arguments: Any, tell: Tell = silent, kind: str = "plain") -> int:
    """Call the function that a module of the kernel is named after; tell in one line where it had to be compiled.

    For each kind of twin (`twin.plan.Model.kind`) it is compiled when first called.
    """
    door = _door(name)
    if (name, kind) in _ready or not hasattr(door, "signatures"):  # plain Python, as with NUMBA_DISABLE_JIT, has none
        return int(door(*arguments))
    with _FIRST:
        if (name, kind) not in _ready:
            types = tuple(typeof(argument) for argument in arguments)
            with _alone(_folder()):
                seconds = _compiled(door, types)
            _ready.add((name, kind))
            if name == RUNS:
                note_kept(kind)
            if seconds is not None:
                tell(f"compiled the engine for this machine in {seconds:.0f} s")
    return int(door(*arguments))


@cache
def _door(name: str) -> Any:
    """Import a module of the kernel with its cache in our folder, and leave numba's settings as they were."""
    before = config.CACHE_DIR
    with _alone(_folder()):
        config.CACHE_DIR = str(_folder()) if _is_ready(_folder()) else ""
    try:
        return getattr(import_module(f"twin.engine.kernel.{name}"), name)  # the setting is read at the import
    finally:
        config.CACHE_DIR = before


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Compile in one process at a time, so that others find what it has kept; where that cannot be told, in several."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = folder.with_suffix(".lock").open("w")
    except OSError:
        yield
        return
    with lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compiled(door: Any, types: tuple[Any, ...]) -> float | None:
    """Compile the door and keep it, which took so many seconds; None where it was kept already."""
    begun, found = perf_counter(), door.stats.cache_hits.total()
    _compile(door, types)
    if door.stats.cache_hits.total() != found:
        return None
    keep(_sums_name(_folder()), _sums(_folder()))
    return perf_counter() - begun


def _compile(door: Any, types: tuple[Any, ...]) -> None:
    """Compile the door or load it, whatever state its files are in."""
    try:
        with _unprepared(door), _uncollected(), doors_only():
            door.compile(types)
    except Exception:  # noqa: BLE001 - a damaged file raises whatever its bytes happen to mean
        if types not in door.signatures:  # otherwise it was compiled and only could not be kept
            shutil.rmtree(_folder(), ignore_errors=True)
            with doors_only():
                door.compile(types)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: compiling makes millions of objects and leaves little, and looking is a tenth."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextmanager
def _unprepared(door: Any) -> Iterator[None]:
    """Look into the cache before numba loads what it compiles with: a kept kernel needs nothing of it; 0.15 s less.

    Numba refreshes its context first before it looks, and again before it compiles: only the latter is left.
    """
    context = getattr(door, "targetctx", None)
    if context is None:
        yield
        return
    with global_compiler_lock:
        context.refresh = lambda: vars(context).pop("refresh", None)
        try:
            yield
        finally:
            vars(context).pop("refresh", None)


@cache
def _folder() -> Path:
    """Name the folder by all that the machine code depends on."""
    told = hashlib.sha256(
        repr((CONSTANTS, numba.__version__, config.BOUNDSCHECK, config.OPT, get_host_cpu_name())).encode()
    )
    for source in (*sorted(SOURCES.glob("*.py")), Path(str(rows.__file__))):
        told.update(source.read_bytes())
    place = Path(config.CACHE_DIR) / "worktwin" if config.CACHE_DIR else cache_folder() / "kernel"
    return place / told.hexdigest()[:32]


@cache
def _is_ready(folder: Path) -> bool:
    """Remove what is damaged, and tell whether files can be kept."""
    if recall(_sums_name(folder)) != _sums(folder):
        shutil.rmtree(folder, ignore_errors=True)
    return can_write(folder)


def _sums_name(folder: Path) -> str:
    """Name the entry that holds the sums of a folder; a path of its own where the folder is not in our cache."""
    return str(folder.absolute().with_suffix(".sums"))


def _sums(folder: Path) -> bytes:
    """Sum up every file of a folder."""
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.name}\n" for path in files).encode()
    except OSError:  # another process has just removed them
        return b"gone"

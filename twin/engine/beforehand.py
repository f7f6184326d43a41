"""Compile the engine beside, in a process of its own, before it is wanted; where it is wanted, it is waited for.

Compiling holds the interpreter lock, so a thread would not do. Both processes ask for the lock of the cache folder
(`twin.engine.loading`): while the other compiles, whoever needs the engine waits there, and then finds it kept. The
other one reads a pipe that nobody writes to, and ends when that closes: with this process, however this one ends.
Where it cannot be begun or fails, the engine is compiled where it is wanted, as if nothing had been tried.
"""

import atexit
import os
import sys
from collections.abc import Callable
from subprocess import DEVNULL, PIPE, Popen
from threading import Thread
from typing import Any, Final

from twin.cache import can_keep
from twin.engine import WORTH_LOADING
from twin.engine.kept import ENGINE, is_kept
from twin.engine.telling import Tell, silent

PROGRAM: Final = "from sys import argv; from twin.engine.beforehand import compile_kind; compile_kind(argv[1])"
SETTINGS: Final = ("NUMBA_DISABLE_JIT", "NUMBA_CACHE_DIR")
"""Who sets one of these wants nothing compiled, or kept elsewhere."""
FEWEST_CORES: Final = 2
SMALL: Final[dict[str, Any]] = {
    "twin": "small",
    "clock": {"starts": "2026-01-05"},
    "teams": {"people": {"people": 1}},
    "stages": {"desk": {"team": "people"}},
    "work": {
        "item": {
            "arrivals": {"kind": "renewal", "gap": {"kind": "exponential", "mean": "1 h"}},
            "steps": [{"stage": "desk", "effort": "1 h"}],
        }
    },
}
"""A twin that needs all that a run of any other needs, once it is said to be of that kind."""

_begun: Final[dict[str, Popen[bytes]]] = {}
"""Processes that compile, by kind of twin."""


def compile_beforehand(kind: Callable[[], str | None], visits: float, *, tell: Tell = silent) -> None:
    """Begin to compile the engine for runs ahead, where that is worth it and another core is there for it.

    Parameters
    ----------
    kind
        Gives the kind of the twin that will be run, as `twin.plan.Model.kind` names it; None where it is not sure yet.
    visits
        Expected of all runs ahead.
    tell
        Called with one line where it is begun.
    """
    if visits < WORTH_LOADING or ENGINE in sys.modules or _cores() < FEWEST_CORES or not _can_share():
        return
    wanted = kind()
    if wanted is None or wanted in _begun or is_kept(wanted) or not can_keep("kernel"):
        return
    try:
        command = [sys.executable, "-P", "-c", PROGRAM, wanted]
        _begun[wanted] = Popen(command, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, bufsize=0)  # noqa: S603 - our own
    except OSError:
        return
    atexit.register(end, wanted)
    tell("compiling the engine for this machine, beside: up to a minute, once")


def end(kind: str) -> None:
    """End the process that compiles for a kind of twin, where it still does."""
    process = _begun.pop(kind, None)
    if process is not None:
        process.kill()
        process.communicate()


def compile_kind(kind: str) -> None:
    """Compile and keep the engine for a kind of twin, in this process, which ends with the one that began it."""
    Thread(target=_end_with_parent, daemon=True).start()
    # Loaded here: whoever begins this process needs none of it.
    from twin.engine import simulate  # noqa: PLC0415 - see above
    from twin.plan import compile_model  # noqa: PLC0415 - see above
    from twin.spec import Twin  # noqa: PLC0415 - see above
    from twin.units import WEEK  # noqa: PLC0415 - see above

    model = compile_model(Twin.model_validate(SMALL), until=WEEK)
    simulate(model._replace(rich=kind == "rich", branched=kind == "branched"), seed=1, engine="compiled")


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def _can_share() -> bool:
    """Tell whether what another process compiles is waited for and found."""
    return bool(sys.executable) and sys.platform != "win32" and not any(map(os.environ.get, SETTINGS))


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1

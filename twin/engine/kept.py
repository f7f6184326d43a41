"""Whether this machine keeps the compiled engine, told without loading what compiles it.

Loading a kept engine takes about as long as the reference takes for `WORTH_LOADING_KEPT` visits; compiling it takes
many times that. So whoever knows how many runs are ahead, each of them short, loads a kept one before the first, and
has it compiled where `auto` would come to that in their middle. A note of each kind lies in the cache under the
kernel's sources and numba's version. Where the note is wrong, the engine is compiled anew and nothing else changes.
"""

import hashlib
import sys
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final

from twin.cache import keep, recall
from twin.engine import WORTH_LOADING

WORTH_LOADING_KEPT: Final = 30_000
"""Visits ahead from which on a kept engine is loaded."""
SOURCES: Final = Path(__file__).with_name("kernel")
ENGINE: Final = "twin.engine.compiled"


@cache
def note_kept(kind: str) -> None:
    """Note that the kernel for a kind of twin is kept."""
    if not is_kept(kind):
        keep(_note(kind), kind.encode())


def is_kept(kind: str) -> bool:
    """Tell whether the kernel for a kind of twin is noted as kept."""
    return recall(_note(kind)) is not None


def load_if_worth(kind: str, visits: float) -> None:
    """Load the compiled engine before runs worth it: sooner where it is kept, else where `auto` would in their middle.

    Parameters
    ----------
    kind
        As `twin.plan.Model.kind` names it.
    visits
        Expected of all runs ahead.
    """
    if ENGINE in sys.modules or visits < WORTH_LOADING_KEPT:
        return
    if visits >= WORTH_LOADING or is_kept(kind):
        import_module(ENGINE)


def _note(kind: str) -> str:
    told = hashlib.sha256(version("numba").encode())
    for source in sorted(SOURCES.glob("*.py")):
        told.update(source.read_bytes())
    return f"kept/{told.hexdigest()[:32]}.{kind}"

"""Memory for logs, used again by later runs once nobody looks at the log any more.

Fresh memory is handed out by the machine page by page, which takes as long as a tenth of a run. A block goes back when
the last array on it is gone; a few are kept, and none that is very large.
"""

import os
import weakref
from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.int64]

MOST_KEPT: Final = 1 << 25
"""Words of a block that is kept, 256 MB."""

_kept: Final[deque[Words]] = deque(maxlen=os.cpu_count() or 1)


class _Lease:
    """Owns a block while arrays on it are in use."""

    __slots__ = ("__array_interface__", "__weakref__")

    def __init__(self, block: Words) -> None:
        self.__array_interface__: dict[str, Any] = block.__array_interface__


def block(words: int) -> Words:
    """Give at least so many words, whatever is in them."""
    try:
        memory = _kept.pop()
    except IndexError:
        memory = np.empty(words, np.int64)
    if memory.size < words:
        memory = np.empty(words, np.int64)
    lease = _Lease(memory)
    weakref.finalize(lease, _give_back, memory).atexit = False
    return np.asarray(lease)


def _give_back(memory: Words) -> None:
    if memory.size <= MOST_KEPT:
        _kept.append(memory)

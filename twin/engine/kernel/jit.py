"""How the kernel is compiled, said once.

Without the interpreter lock, and with the order and the bits of every product and sum kept: nothing is rearranged and
nothing runs in parallel inside a replication. Nothing in the kernel makes or keeps an array, so numba need not count
who uses one (`_nrt`): counting took thirty times as long as all the rest.

`inlined` is for what takes the whole hall: handing over that many arrays costs more than the work. `called` is for what
takes an array or two and stands in several places. Only the `door` is kept in the cache, and only where whoever loads
the kernel has named a folder (`twin.engine.loading`).
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from numba import config, njit

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final = {"nogil": True, "error_model": "numpy", "_nrt": False}
INNER: Final = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

at: Final = np.uintp
"""An index that is not negative, and said to be: else numba asks at every access whether it counts from the end."""


def inlined(function: Function) -> Function:
    """Compile a function into each of its callers."""
    compiled: Function = njit(**INNER, forceinline=True)(function)
    return compiled


def called(function: Function) -> Function:
    """Compile a function by itself, for the compiler to inline where that is short."""
    compiled: Function = njit(**INNER)(function)
    return compiled


def door(function: Function) -> Function:
    """Compile a function that Python calls."""
    compiled: Function = njit(**OPTIONS, cache=bool(config.CACHE_DIR))(function)
    return compiled

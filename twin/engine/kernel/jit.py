"""How the kernel is compiled, said once.

Without the interpreter lock, and with the order and the bits of every product and sum kept: nothing is rearranged and
nothing runs in parallel inside a replication. Nothing in the kernel makes or keeps an array, so numba need not count
who uses one (`_nrt`): counting took thirty times as long as all the rest.

`inlined` is for what takes the hall or a phase, which are handed over by their address (`addresses`): only what is
compiled into the door sees through it. `for_rich` is the same for what rich twins alone need: for others an empty
function stands in its place, so that they need not wait until it is compiled; and so is `for_branched`, for what those
need as well that are plain but that ways branch. `called` is for what takes an array or two and stands in several
places. Only the `door` is kept in the cache, and only where whoever loads the kernel has named a folder
(`twin.engine.loading`).
"""

import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from numba import config, njit, types
from numba.extending import overload

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final = {"nogil": True, "error_model": "numpy", "_nrt": False}
INNER: Final = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

at: Final = np.uintp
"""An index that is not negative, and said to be: else numba asks at every access whether it counts from the end."""


def inlined(function: Function) -> Function:
    """Compile a function into each of its callers."""
    compiled: Function = njit(**INNER, forceinline=True)(function)
    return compiled


def for_rich(otherwise: Any = None) -> Callable[[Function], Function]:
    """Compile a function into each of its callers, for rich twins; for others something that gives `otherwise`."""
    return _where("rich", otherwise)


def for_branched(otherwise: Any = None) -> Callable[[Function], Function]:
    """Compile a function into each of its callers, for rich twins and those whose ways branch; as `for_rich`."""
    return _where("branched", otherwise)


def _where(field: str, otherwise: Any) -> Callable[[Function], Function]:
    """Compile a function where a field of the phase is not empty."""

    def decorate(function: Function) -> Function:
        def plain(*_: Any) -> Any:
            return otherwise

        def choose(*kinds: Any) -> Callable[..., Any]:
            return function if any(_is_filled(kind, field) for kind in kinds) else plain

        plain.__signature__ = choose.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        overload(function, jit_options=INNER | {"forceinline": True}, strict=False)(choose)
        return function

    return decorate


def _is_filled(kind: Any, field: str) -> bool:
    """Tell whether a type is that of a phase of which a field is not empty."""
    kind = getattr(kind, "inner", kind)  # a tuple by its address (`addresses`)
    named = isinstance(kind, types.NamedTuple) and field in kind.fields
    return named and len(kind.types[kind.fields.index(field)]) > 0


def called(function: Function) -> Function:
    """Compile a function by itself, for the compiler to inline where that is short."""
    compiled: Function = njit(**INNER)(function)
    return compiled


def door(function: Function) -> Function:
    """Compile a function that Python calls."""
    compiled: Function = njit(**OPTIONS, cache=bool(config.CACHE_DIR))(function)
    return compiled

"""How the kernel is compiled, said once.

Without the interpreter lock, and with the order and the bits of every product and sum kept: nothing is rearranged and
nothing runs in parallel inside a replication. Nothing in the kernel makes or keeps an array, so numba need not count
who uses one (`_nrt`): counting took thirty times as long as all the rest.

`inlined` is for what takes the hall or a phase, which are handed over by their address (`addresses`): only what is
compiled into the door sees through it. `for_rich` is the same for what rich twins alone need: for others an empty
function stands in its place, so that they need not wait until it is compiled; and so is `for_branched`, for what those
need as well that are plain but that ways branch. `called` is for what takes an array or two and stands in several
places. `apart` is for what takes the hall, is long and happens seldom, in rich twins only: their door has it once, and
calls it where it stands (`twin.engine.inlining` sees to that). Only the `door` is kept in the cache, and only where
whoever loads the kernel has named a folder (`twin.engine.loading`).
"""

import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from numba import config, njit, types
from numba.extending import overload

from twin.engine.kernel.passes import Passes

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final = {"nogil": True, "error_model": "numpy", "_nrt": False, "pipeline_class": Passes}
INNER: Final = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

APART: Final[set[str]] = set()
"""How symbols of such functions begin."""

at: Final = np.uintp
"""An index that is not negative, and said to be: else numba asks at every access whether it counts from the end."""


def inlined(function: Function) -> Function:
    """Compile a function into each of its callers."""
    return _compiled(function, INNER | {"forceinline": True})


def for_rich(otherwise: Any = None, *, apart: bool = False) -> Callable[[Function], Function]:
    """Compile a function into its callers, or `apart`, for rich twins; for others something that gives `otherwise`."""
    return _where("rich", otherwise, apart=apart)


def for_branched(otherwise: Any = None) -> Callable[[Function], Function]:
    """Compile a function into each of its callers, for rich twins and those whose ways branch; as `for_rich`."""
    return _where("branched", otherwise, apart=False)


def _where(field: str, otherwise: Any, *, apart: bool) -> Callable[[Function], Function]:
    """Compile a function where a field of the phase is not empty."""

    def decorate(function: Function) -> Function:
        def plain(*_: Any) -> Any:
            return otherwise

        def choose(*kinds: Any) -> Callable[..., Any]:
            return function if any(_is_filled(kind, field) for kind in kinds) else plain

        plain.__signature__ = choose.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        if apart:
            APART.add(symbol(function))
        overload(function, jit_options=INNER | {"forceinline": not apart}, strict=False)(choose)
        return function

    return decorate


def _is_filled(kind: Any, field: str) -> bool:
    """Tell whether a type is that of a phase of which a field is not empty."""
    kind = getattr(kind, "inner", kind)  # a tuple by its address (`addresses`)
    named = isinstance(kind, types.NamedTuple) and field in kind.fields
    return named and len(kind.types[kind.fields.index(field)]) > 0


def called(function: Function) -> Function:
    """Compile a function by itself, for the compiler to inline where that is short."""
    return _compiled(function, INNER)


def apart(function: Function) -> Function:
    """Compile a function once for a door, which calls it: it is long, happens seldom and in rich twins only."""
    APART.add(symbol(function))
    return _compiled(function, INNER | {"forceinline": False})


def symbol(function: Callable[..., Any]) -> str:
    """Name how numba's symbols for a function begin: the parts of its name, each behind its length."""
    parts = f"{function.__module__}.{function.__qualname__}".split(".")
    return f"_ZN{''.join(f'{len(part)}{part}' for part in parts)}B"


def _compiled(function: Function, options: dict[str, Any]) -> Function:
    """Compile a function for types of arguments, whether these are constants or not: literals make no copies of it."""
    compiled: Any = njit(**options)(function)
    if compiled is not function:  # it is with NUMBA_DISABLE_JIT
        usual = compiled.get_call_template
        compiled.get_call_template = lambda given, named: usual(tuple(map(types.unliteral, given)), named)
    same: Function = compiled
    return same


def door(function: Function) -> Function:
    """Compile a function that Python calls."""
    compiled: Function = njit(**OPTIONS, cache=bool(config.CACHE_DIR))(function)
    return compiled

"""Compile what stands inside a door as a part of that door, and not once more by itself.

Numba optimises every function with all that is compiled into it, and makes machine code of it. A kernel whose functions
are all compiled into one door, six calls deep, was optimised six times over and translated for nobody: some two fifths
of the time. Here functions of the kernel that Python never calls are left as they were typed; the door takes them all
and is optimised whole. What is `apart` (`twin.engine.kernel.jit`) has one copy in it, of which the compiler knows that
nobody else calls it. What comes out computes the same: no step of the optimiser may change a product or a sum.

This reaches into numba: where it has other insides one day, everything is compiled as numba does by itself.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from weakref import WeakSet

from numba.core.codegen import JITCodeLibrary, JITCPUCodegen

from twin.engine.kernel.jit import APART

KERNEL: Final = "4twin6engine6kernel"
CALLED: Final = "7cpython" + KERNEL
"""How symbols of the kernel begin, and those of the wrappers that Python calls: names with their lengths."""
STEPS: Final = (
    (JITCodeLibrary, "finalize"),
    (JITCodeLibrary, "_optimize_final_module"),
    (JITCPUCodegen, "set_env"),
)

_left: Final[WeakSet[Any]] = WeakSet()
"""Libraries inside doors, which lack what they need of others."""


@contextmanager
def doors_only() -> Iterator[None]:
    """Leave out what only doors need, for all else of the kernel that is compiled meanwhile."""
    if not all(hasattr(kind, step) for kind, step in STEPS):
        yield
        return
    with ExitStack() as undone:
        for (kind, step), instead in zip(STEPS, (_finalise, _optimise, _set_environment), strict=True):
            usual = vars(kind).get(step)
            undone.callback(_restore, kind, step, usual)
            setattr(kind, step, instead(getattr(kind, step)))
        yield


def _restore(kind: type, step: str, usual: Any) -> None:
    if usual is None:
        delattr(kind, step)  # it was inherited
    else:
        setattr(kind, step, usual)


def _is_inside(library: Any) -> bool:
    """Tell whether a library holds a function of the kernel and none that Python calls."""
    defined = [function.name for function in library._final_module.functions if not function.is_declaration]  # noqa: SLF001 - numba has no other name for it
    return any(KERNEL in name for name in defined) and not any(CALLED in name for name in defined)


def _finalise(usual: Callable[[Any], None]) -> Callable[[Any], None]:
    def finalise(library: Any) -> None:
        if not _is_inside(library):
            library._linking_libraries = _needed(library)  # noqa: SLF001 - the same
            usual(library)
            return
        library._finalize_dynamic_globals()  # noqa: SLF001 - the same
        library._finalized = True  # noqa: SLF001 - the same
        _left.add(library)

    return finalise


def _needed(library: Any) -> list[Any]:
    """List all that a library needs, what calls before what is called: of the latter only what is wanted is taken."""
    found: set[Any] = set()
    order: list[Any] = []

    def visit(one: Any) -> None:
        for other in one._linking_libraries:  # noqa: SLF001 - the same
            if other not in found:
                found.add(other)
                if other in _left:
                    visit(other)
                order.append(other)

    visit(library)
    return order[::-1]


def _optimise(usual: Callable[[Any], None]) -> Callable[[Any], None]:
    def optimise(library: Any) -> None:
        for function in library._final_module.functions:  # noqa: SLF001 - the same
            if not function.is_declaration and function.name.startswith(tuple(APART)):
                function.add_function_attribute("noinline")
                function.linkage = "internal"
        usual(library)

    return optimise


def _set_environment(usual: Callable[..., None]) -> Callable[..., None]:
    def set_environment(codegen: Any, name: str, environment: Any) -> None:
        if codegen._engine.is_symbol_defined(name):  # noqa: SLF001 - what has no machine code needs none
            usual(codegen, name, environment)

    return set_environment

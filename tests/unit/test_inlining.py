"""What stands inside a door is compiled with it, and numba is left as it was."""

from numba import njit

from twin.engine.inlining import STEPS, doors_only
from twin.engine.kernel.jit import called, symbol


def steps() -> list[object]:
    return [getattr(kind, step) for kind, step in STEPS]


def test_numba_has_its_own_steps_back_once_a_door_is_compiled() -> None:
    usual = steps()
    with doors_only():
        meanwhile = steps()
    assert (steps() == usual, [step in usual for step in meanwhile]) == (True, [False] * len(STEPS))


@called
def one_more(number: int, step: int) -> int:
    return number + step


@njit
def three_more(number: int) -> int:
    return one_more(one_more(number, 1), 2)


def test_constants_make_no_copies_of_a_function() -> None:
    assert three_more(4) == 7
    assert len(one_more.signatures) == 1  # type: ignore[attr-defined]


def test_the_symbol_of_a_function_begins_as_numba_names_it() -> None:
    three_more(4)
    (compiled,) = one_more.overloads.values()  # type: ignore[attr-defined]
    assert compiled.fndesc.mangled_name.startswith(symbol(one_more.py_func))  # type: ignore[attr-defined]

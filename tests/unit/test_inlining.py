"""What stands inside a door is compiled with it, and numba is left as it was."""

from twin.engine.inlining import STEPS, doors_only


def steps() -> list[object]:
    return [getattr(kind, step) for kind, step in STEPS]


def test_numba_has_its_own_steps_back_once_a_door_is_compiled() -> None:
    usual = steps()
    with doors_only():
        meanwhile = steps()
    assert (steps() == usual, [step in usual for step in meanwhile]) == (True, [False] * len(STEPS))

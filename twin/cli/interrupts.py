"""Ctrl-C that is not lost.

Compiled libraries that call back into Python may take a KeyboardInterrupt for a failed value and go on without it
(pydantic does while it tells the kinds of a union apart). So it is noted as well, and raised again at the next step.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_NOTED: Final = threading.Event()


@contextmanager
def noted_interrupts() -> Iterator[None]:
    """Note every interrupt beside raising it, where the program has not said otherwise."""
    usual = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return
    _NOTED.clear()
    signal.signal(signal.SIGINT, _note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        _NOTED.clear()


def raise_if_interrupted() -> None:
    """Raise an interrupt that a library has swallowed.

    Raises
    ------
    KeyboardInterrupt
        Where one was noted.
    """
    if _NOTED.is_set():
        raise KeyboardInterrupt


def _note(signum: int, frame: FrameType | None) -> None:
    _NOTED.set()
    signal.default_int_handler(signum, frame)

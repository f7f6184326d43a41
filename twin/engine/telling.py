"""Whom an engine tells what takes long: nobody, unless whoever runs it asks."""

from collections.abc import Callable

Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody."""

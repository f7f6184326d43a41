"""Errors speak to the person who wrote the file.

The whole tree::

    TwinError                    exit code 1
    ├── InputError               2    a file or an option is wrong: one or more `Problem`s, all at once
    ├── BudgetError              3    a run reached a bound on events, items or time
    │   └── DeadlockError        3    nothing can move any more although work is inside
    ├── StorageError             4    a result could not be written or read back
    └── GateError                5    a `--fail-if` condition holds

A `Problem` is printed as ``file:line  path: what is wrong; what is allowed``.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_LENGTH = 80
SHOWN_PATH = 300
SHOWN_PROBLEMS = 50


class TwinError(Exception):
    """Any error a user of the command line can meet."""

    exit_code = 1


@dataclass(frozen=True)
class Problem:
    """One mistake, with its place.

    Attributes
    ----------
    message
        What is wrong, what is allowed and the nearest match, as one sentence.
    path
        Where inside the file, as names joined by dots: ``teams.reviewers.people``. Empty for the whole file.
    file
        The file's path as the user wrote it, or None where the input is not a file.
    line
        Line number, counted from 1, or None where it is unknown.
    """

    message: str
    path: str = ""
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = "" if self.file is None else self.file if self.line is None else f"{self.file}:{self.line}"
        path = self.path if len(self.path) <= SHOWN_PATH else f"{self.path[: SHOWN_PATH - 1]}…"
        head = "  ".join(part for part in (place, path) if part)
        return f"{head}: {self.message}" if head else self.message


class InputError(TwinError):
    """Input that cannot be used, with every problem found in it."""

    exit_code = 2

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        rest = len(self.problems) - SHOWN_PROBLEMS
        return "\n".join([*lines, f"and {rest} more problems"] if rest > 0 else lines)


class BudgetError(TwinError):
    """A run reached a bound on events, items or time."""

    exit_code = 3


class DeadlockError(BudgetError):
    """Nothing can move any more although work is inside."""


class CalendarError(BudgetError):
    """Work takes longer than calendars are laid out for."""


class StorageError(TwinError):
    """A result could not be written or read back."""

    exit_code = 4


class GateError(TwinError):
    """A condition the user asked to fail on holds."""

    exit_code = 5


def shown(value: object) -> str:
    """Write a value the way errors show it: escaped, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def nearest(word: str, options: Iterable[str]) -> str | None:
    """Find the option a mistyped word was most likely meant to be, or None."""
    matches = difflib.get_close_matches(word[:SHOWN_LENGTH], list(options), n=1, cutoff=0.6)
    return matches[0] if matches else None


def one_of(word: str, options: Iterable[str], *, noun: str) -> str:
    """Say that a word is none of the allowed ones, with the nearest match and the list."""
    allowed = sorted(options)
    match = nearest(word, allowed)
    hint = f" Did you mean {match!r}?" if match else ""
    listed = ", ".join(allowed[:20]) + (f" and {len(allowed) - 20} more" if len(allowed) > 20 else "")
    return f"{shown(word)} is not {noun}.{hint} Allowed: {listed or 'none'}."

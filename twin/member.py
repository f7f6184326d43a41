"""One twin of an ensemble with a scenario's changes, laid out when its first replication asks for it.

An experiment over an ensemble has as many twins as scenarios times members, and each takes longer to lay out than many
of them take to run. A member is written down at once, so that a change that does not fit is known before anything runs,
and is compiled by whoever runs it first. Units: ticks.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from twin.errors import InputError, Problem
from twin.metrics import Figure, Ruler, ruler
from twin.plan import Model, compile_model
from twin.spec import Twin
from twin.yardstick import Window, Yardstick, yardstick

Changes = tuple[tuple[datetime, Twin], ...]
"""Twins that take over later, each from its date on."""


class LaidOut(NamedTuple):
    """A twin that can run, and what is measured of it."""

    model: Model
    yardstick: Yardstick
    ruler: Ruler


def lay_out(
    twin: Twin, changes: Changes, window: Window, start: datetime, early: frozenset[str] | None = None
) -> LaidOut:
    """Compile a twin and lay out what is measured of it.

    Parameters
    ----------
    twin, changes
        The twin at the start, and those that take over later.
    window
        Ticks [since, until) to measure.
    start
        Instant of tick 0.
    early
        Which metrics of items that leave early to measure; those that can happen, if left out.

    Raises
    ------
    InputError
        Where the twin cannot be compiled.
    """
    model = compile_model(twin, until=window[1], changes=changes, start=start)
    known = yardstick(twin, window=window, start=start, changes=changes)
    known = known if early is None else known._replace(early=early)
    return LaidOut(model, known, ruler(model.labels, known))


@dataclass(frozen=True, eq=False)
class Member:
    """One twin of an ensemble with a scenario's changes."""

    name: str  # for people: twin 3 of the ensemble
    twin: Twin
    changes: Changes
    window: Window
    start: datetime
    early: frozenset[str]
    figures: tuple[Figure, ...]  # that the scenario has, and so every member

    @cached_property
    def laid_out(self) -> LaidOut:
        """The member as it runs.

        Raises
        ------
        InputError
            Where it cannot be compiled, or would measure other figures than the calibrated twin.
        """
        try:
            laid_out = lay_out(self.twin, self.changes, self.window, self.start, self.early)
        except InputError as error:
            raise InputError(*(Problem(f"{self.name}: {each.message}", each.path) for each in error.problems)) from None
        if laid_out.ruler.figures != self.figures:
            raise InputError(f"{self.name} has other work, teams or promises than the twin; run `twin calibrate` again")
        return laid_out

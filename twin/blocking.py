"""Work that is held up from outside while somebody is at it, as a person writes it, and as arrays.

The more a visit is worked on, the likelier it is to be blocked: after exponential times with mean `every` that somebody
is at it, switching and interruptions included. It then waits as long as the obstacle lasts, and goes back to its line.
Meanwhile it keeps its place of every limit; where it is parked it gives them up, and has them again when it comes back,
even where a limit is reached by then: nobody else comes in until there is room.
Units: ticks.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from twin.distributions import Distribution, Exponential
from twin.part import Part
from twin.units import Effort, format_duration

NONE: Final = -1
UNKNOWN: Final = -1
"""Stands for work until a block that is not drawn yet."""
MAX_BLOCKS: Final = (1 << 24) - 1
"""Blocks of a visit that random numbers have names for; those beyond share the last."""


def _above_zero(ticks: int) -> int:
    if ticks == 0:
        raise ValueError("the time between two blocks must be above 0")
    return ticks


class Blocked(Part):
    """Obstacles: ``blocked: {every: 40 h, lasting: {kind: lognormal, mean: 2 d, cv: 1}}``."""

    every: Annotated[Effort, AfterValidator(_above_zero)]
    """Mean time worked on a visit until it is blocked, and from one block to the next: 40 h."""
    lasting: Distribution
    """How long an obstacle lasts: 2 d."""
    counted: Literal["clock", "working"] = "clock"
    """Whether that is elapsed time, or working time of the people who were at it."""
    parks: bool = False
    """Whether blocked work is put aside, so that other work may have its places under WIP limits."""


class Obstacles(NamedTuple):
    """The obstacles of one plan; every array has shape (stages,)."""

    gap: NDArray[np.int64]  # table of the working ticks until a block, NONE where there are none
    lasting: NDArray[np.int64]  # table
    working: NDArray[np.bool_]  # whether that is working time
    parks: NDArray[np.bool_]  # whether a blocked visit gives its places up


def obstacles(stages: Mapping[str, Any], names: Sequence[str], table: Callable[[Distribution], int]) -> Obstacles:
    """Lay the obstacles of a plan out; `table` numbers distributions."""
    found = [stages[name].blocked if name in stages else None for name in names]
    gaps = [None if each is None else _exponential(each.every) for each in found]
    return Obstacles(
        np.array([NONE if each is None else table(each) for each in gaps], np.int64),
        np.array([NONE if each is None else table(each.lasting) for each in found], np.int64),
        np.array([each is not None and each.counted == "working" for each in found], np.bool_),
        np.array([each is not None and each.parks for each in found], np.bool_),
    )


def _exponential(ticks: int) -> Distribution:
    return Exponential(kind="exponential", mean=format_duration(ticks))  # type: ignore[arg-type]  # read as text

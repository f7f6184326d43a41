"""Going round: one person serves the stages of a team in turns, and takes time to change from one to the next.

The person is at one stage at a time, serves it until it is empty (exhaustive) or those that were there when they came
(gated), and goes on to the next in the order of the twin's stages, also when nothing waits anywhere. With one stage
this is a person who turns to other things whenever nothing is left to do, and looks again later.

Source: Takagi (1986), Analysis of Polling Systems; with one stage, vacations after Levy and Yechiali (1975, Management
Science 22). Units: working time of the person.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator

from twin.part import Part
from twin.units import Effort


def _above_zero(ticks: int) -> int:
    if ticks == 0:
        raise ValueError("the time to switch is above 0, or else whoever finds nothing to do would go round for ever")
    return ticks


class Turns(Part):
    """How a person goes round: ``turns: {switch: 15 min, service: exhaustive}``."""

    switch: Annotated[Effort, AfterValidator(_above_zero)]
    """From one stage to the next; with one stage, until the person looks again."""
    service: Literal["exhaustive", "gated"] = "exhaustive"
    """Until nothing waits at the stage, or as many as waited when the person came."""

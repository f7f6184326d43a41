"""How much work a visit is, and how long an item waits for reasons outside: efforts and delays as a person writes them.

Units: efforts are working time, delays elapsed or working time.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from twin.distributions import Distribution, EffortDistribution
from twin.part import Name, Part


class EffortByTeam(Part):
    """Effort that depends on which team does the work."""

    kind: Literal["by_team"]
    teams: dict[Name, EffortDistribution] = Field(min_length=1)
    """Effort of each team that serves the stage."""


def _effort_kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return "by_team" if kind == "by_team" else "any_team"


AnyEffort = Annotated[
    Annotated[EffortByTeam, Tag("by_team")] | Annotated[EffortDistribution, Tag("any_team")],
    Discriminator(_effort_kind),
]


class Delay(Part):
    """Waiting that no queue explains: a customer, a supplier, the post."""

    time: Distribution
    """How long."""
    counted: Literal["clock", "working"] = "clock"
    """Elapsed time, or working time of a calendar."""
    calendar: Name | None = None
    """Whose working time; the serving team's, if left out."""


def _short_delay(value: Any) -> Any:
    is_delay = isinstance(value, Delay) or (isinstance(value, dict) and "time" in value)
    return value if is_delay else {"time": value}


AnyDelay = Annotated[Delay, BeforeValidator(_short_delay, json_schema_input_type=Delay | Distribution)]

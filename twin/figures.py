"""What each metric means: one plain sentence, its unit, and which way is better.

The equations stand where they are measured, in `twin.metrics` and `twin.money`. Units: hours, items, items per week,
shares of 1, amounts in the currency of the twin.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from twin.ratios import TIMES

ALL: Final = "all"
"""The scope that takes all work types, or all teams, together."""

_MEAN: Final = ("mean",)


class Meaning(NamedTuple):
    """What a metric says."""

    text: str  # one plain sentence
    unit: str
    better: Literal["lower", "higher"]
    statistics: tuple[str, ...]


METRICS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "lead_time": Meaning("Clock time from arrival to done, of items done in the window.", "h", "lower", TIMES),
        "cycle_time": Meaning("Clock time from first start to done, of items done in it.", "h", "lower", TIMES),
        "throughput": Meaning("Items done per week of 168 hours.", "items/week", "higher", _MEAN),
        "wip": Meaning("Items inside, from arrival to done, on average over time.", "items", "lower", _MEAN),
        "flow_efficiency": Meaning(
            "Working time as a share of lead time; lead time counts nights too, so 100 % is out of reach.",
            "share", "higher", _MEAN,
        ),
        "sla_share": Meaning(
            "Share of items done that kept the promised lead time; what is still inside is not counted, however late.",
            "share", "higher", _MEAN,
        ),
        "turned_away": Meaning("Share of arrivals that were not taken in.", "share", "lower", _MEAN),
        "cancelled": Meaning(
            "Share of items that left before they were done, of all that left after being taken in.",
            "share", "lower", _MEAN,
        ),
        "wasted_effort": Meaning(
            "Working time on cancelled items, as a share of that on all items that left.",
            "share", "lower", _MEAN,
        ),
        "utilisation": Meaning(
            "Share of a team's working hours with an item in work; it says nothing of effort, and full means queues.",
            "share", "lower", _MEAN,
        ),
        "cost_per_item": Meaning(
            "Cost of all hours of a team, or of all teams and machines, busy or not, per item done.",
            "per item", "lower", _MEAN,
        ),
        "running_cost": Meaning(
            "Cost of all hours of a team, or of all teams and machines, busy or not, per week.",
            "per week", "lower", _MEAN,
        ),
        "cost_efficiency": Meaning(
            "Share of the cost of people's hours that falls on hours with an item in work; 100 % means queues.",
            "share", "higher", _MEAN,
        ),
        "delay_cost": Meaning(
            "Cost of delay per week, of items done or still inside; what is cancelled costs nothing from then on.",
            "per week", "lower", _MEAN,
        ),
        "total_cost": Meaning(
            "Running cost and delay cost together, per week; worth and penalties of items are not in it.",
            "per week", "lower", _MEAN,
        ),
    }
)  # fmt: skip


OF_TEAMS: Final = ("utilisation", "cost_per_item", "running_cost", "cost_efficiency")
"""Metrics whose scopes are teams."""
OF_MONEY: Final = ("cost_per_item", "running_cost", "cost_efficiency", "delay_cost", "total_cost")
"""Metrics of money, which are there where costs are known."""

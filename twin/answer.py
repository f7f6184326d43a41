"""The figure that answers a question, and the smallest difference of it that matters.

Units are those of `twin.metrics`: hours, items per week, items, shares of 1, amounts.
"""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from twin.errors import shown
from twin.part import Name, Part
from twin.units import HOUR, parse_duration, parse_rate, parse_share

ALL: Final = "all"
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d*)?)\s*[A-Z]{3}\s*(?:/\s*(week|item)\s*)?", re.ASCII)

Metric = Literal[
    "lead_time", "cycle_time", "throughput", "wip", "utilisation", "sla_share", "flow_efficiency",
    "cost_per_item", "running_cost", "cost_efficiency", "delay_cost", "total_cost",
]  # fmt: skip
_TIMES: Final = {"lead_time", "cycle_time"}
_OF_TEAMS: Final = {"utilisation", "cost_per_item", "running_cost", "cost_efficiency"}
_AMOUNTS: Final = {"cost_per_item", "running_cost", "delay_cost", "total_cost"}


class Answer(Part):
    """The figure that answers the question."""

    metric: Metric
    """Which figure: lead_time, throughput, wip, utilisation, total_cost."""
    statistic: Literal["mean", "p50", "p85", "p95"] = "mean"
    """Percentiles are for lead_time and cycle_time."""
    work: Name | None = None
    """The work type it is of; all, if left out."""
    team: Name | None = None
    """The team it is of, for utilisation, cost_per_item, running_cost and cost_efficiency; all, if left out."""
    better: Literal["lower", "higher"]
    """Which way is better: lower or higher."""
    worth: Annotated[str | int | float, Field(examples=["8 h", "0.5 / week", "5 %"])]
    """Smallest difference that matters: 8 h, 0.5 / week, 5 %, 2 (items), 50 EUR (per item, or per week)."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.statistic != "mean" and self.metric not in _TIMES:
            raise ValueError(f"{self.metric} has no {self.statistic}, only a mean")
        if self.team is not None and self.metric not in _OF_TEAMS:
            raise ValueError(f"{self.metric} is not of a team; write work, or leave team out")
        if self.work is not None and self.metric in _OF_TEAMS:
            raise ValueError(f"{self.metric} is not of a work type; write team, or leave work out")
        if self.work is not None and self.metric == "total_cost":
            raise ValueError("total_cost is of all work together; leave work out")
        if not self.figure(self.worth) > 0:
            raise ValueError("worth must be above 0: the smallest difference that matters")
        return self

    @property
    def scope(self) -> str:
        """The work type or team the figure is of, or ``all``."""
        return self.work or self.team or ALL

    @property
    def worth_in_units(self) -> float:
        """The smallest difference that matters, in hours, items per week, items, share or amount."""
        return self.figure(self.worth)

    def figure(self, value: str | float) -> float:
        """Read a figure of this metric in hours, items per week, items, share or amount.

        Raises
        ------
        ValueError
            Where it is of another kind.
        """
        if self.metric in _TIMES:
            return parse_duration(value) / HOUR
        if self.metric == "throughput":
            return parse_rate(value)
        if self.metric not in {"wip", *_AMOUNTS}:
            return parse_share(value)
        amount = _AMOUNT.fullmatch(value) if isinstance(value, str) and self.metric in _AMOUNTS else None
        if amount and amount[2] not in {None, "item" if self.metric == "cost_per_item" else "week"}:
            raise ValueError(f"{shown(value)} is not per {'item' if self.metric == 'cost_per_item' else 'week'}")
        if isinstance(value, str) and not amount:
            form = "a number of items: 2" if self.metric == "wip" else "an amount: 50 EUR"
            raise ValueError(f"{shown(value)} is not {form}")
        return float(amount[1] if amount else value)

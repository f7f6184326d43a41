"""Who goes first: queue rules of teams, classes of service, and what they go by.

A class has a rank, and the lower rank goes first; work without a class ranks by its priority. Source: Anderson (2010),
Kanban, chapter 11, which names expedite, fixed date, standard and intangible; Reinertsen (2009), The Principles of
Product Development Flow, chapter 2, for cost of delay over duration.
"""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Discriminator, Field, Tag

from twin.part import Part
from twin.units import CostOfDelay, Duration

ClassRule = Literal["fifo", "lifo", "random", "due_date", "shortest", "cost_of_delay"]
"""An order of equals: of the items of one rank."""

PlainRule = Literal["priority", "fifo", "lifo", "random", "due_date", "shortest", "shortest_remaining", "cost_of_delay"]


class Ageing(Part):
    """Priorities that grow with age: ``{kind: priority, ageing: 5 d}``."""

    kind: Literal["priority"]
    ageing: Annotated[Duration, Field(gt=0)]
    """Time after which an item is as urgent as one that arrives then with a priority one number lower."""


QueueRule = Annotated[
    Annotated[Ageing, Tag("ageing")] | Annotated[PlainRule, Tag("rule")],
    Discriminator(lambda value: "ageing" if isinstance(value, dict | Ageing) else "rule"),
]
"""``priority``: most urgent first, then first come. ``fifo``, ``lifo``, ``random``: whatever the class or priority.
``due_date``: soonest due. ``shortest``: least effort. ``shortest_remaining``: the same, and it interrupts who has more
left. ``cost_of_delay``: highest cost of delay over effort. All but the first three of these go by rank before."""


class LateCost(Part):
    """A cost of delay that does not count from the arrival: ``{amount: 5000 EUR / week, from: due}``."""

    amount: CostOfDelay
    """What a week of delay of one item costs: 5000 EUR / week."""
    since: Annotated[Literal["arrival", "due"], Field(alias="from")] = "due"
    """From when on: its arrival, or its due date."""


AnyCostOfDelay = Annotated[
    Annotated[LateCost, Tag("since")] | Annotated[CostOfDelay, Tag("amount")],
    Discriminator(lambda value: "since" if isinstance(value, dict | LateCost) else "amount"),
]
"""``5000 EUR / week``: every item costs as much for each week that it is inside, in a straight line."""


class DelayCost(NamedTuple):
    """What the delay of an item costs."""

    amount: float  # per week
    currency: str
    is_after_due: bool  # counts from the due date, not from the arrival


def delay_cost(said: LateCost | tuple[float, str] | None) -> DelayCost | None:
    """Read either form; None where nothing is said."""
    if said is None:
        return None
    if isinstance(said, LateCost):
        return DelayCost(*said.amount, said.since == "due")
    return DelayCost(*said, False)


class ServiceClass(Part):
    """A class of service: ``expedite: {rank: 1, breaks_wip: true, preempts: true, at_most: 1}``."""

    rank: Annotated[int, Field(ge=1, le=99)]
    """1 goes first, on the scale of priorities."""
    queue: ClassRule | None = None
    """Order within the class; that of the team, if left out."""
    breaks_wip: bool = False
    """Waits for no place: WIP limits count it, but do not hold it."""
    at_most: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Items of the class inside at once: 1. Others wait outside, before their first stage, first come first in."""
    preempts: bool = False
    """Takes a person from work of a higher rank where nobody is free; that work is resumed later where it stopped."""
    cost_of_delay: AnyCostOfDelay | None = None
    """What an item's delay costs, where its work type does not say: 5000 EUR / week."""


class Due(Part):
    """When an item should be done: ``due: 10 d`` or ``{after: 10 d}``."""

    after: Duration
    """Elapsed time from its arrival."""


def _short_due(value: Any) -> Any:
    return value if isinstance(value, Due | dict) else {"after": value}


AnyDue = Annotated[Due, BeforeValidator(_short_due, json_schema_input_type=Due | Duration)]

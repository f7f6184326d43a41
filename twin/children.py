"""Work that brings forth work, and work that waits for other work, as a person writes them.

A step may have children: items of another type that arrive when a visit is done and not sent back; the parent goes on
when all of them are done, if it waits. Failure demand is bred: with a chance, after a visit or when an item is done, so
many items arrive, at once or after a time. Items may wait before their first stage for items that came earlier.
"""

from twin.arrivals import Size
from twin.distributions import Distribution
from twin.part import Name, Part
from twin.units import Share


class Children(Part):
    """Items that arrive when a visit is done: ``children: {work: story, count: {3: 60 %, 5: 40 %}}``."""

    work: Name
    """Their work type."""
    count: Size = 1
    """How many: 5, or counts with their shares, {3: 60 %, 5: 40 %}."""
    wait: bool = True
    """Whether the parent waits until all of them are done, before the step after."""


class Breeds(Part):
    """Failure demand: ``breeds: {work: incident, chance: 10 %, after: {kind: exponential, mean: 5 d}}``."""

    work: Name
    """The type of the work that is bred."""
    chance: Share = 1.0
    """How often; always, if left out."""
    count: Size = 1
    """How many items at once: 1, or counts with their shares."""
    after: Distribution | None = None
    """How much later they arrive, by the clock; at once, if left out."""


class Depends(Part):
    """Waiting for one earlier item: ``depends: {on: platform, chance: 20 %}``."""

    on: Name
    """The type of the item it waits for: the latest that came before and has not left."""
    chance: Share = 1.0
    """How often; always, if left out."""

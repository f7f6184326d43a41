"""Random numbers of one replication, drawn in blocks of item numbers.

A block holds the numbers of consecutive items of one work type, for one purpose at one stage and visit; each is the
same as if it were drawn alone, since a random number has a name (`twin.streams`). Few items come back often, so the
numbers of later visits are drawn alone.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from twin.demand import Items
from twin.engine.item import Item
from twin.plan import Floats, Model
from twin.sampling import lookup, lookup_one
from twin.streams import Purpose, uniform, uniforms

MOST_BITS: Final = 11
"""A block has at most 2,048 numbers, and no more than twice as many as a work type has items."""

VISITS_IN_BLOCKS: Final = 4

NUMBER_BITS: Final = 32
FOREIGN: Final = 1 << 64
"""Added to the number of an item whose name is not its type's: then it holds work and number, 32 bits each."""


class Source(NamedTuple):
    """What all numbers of one work type, place and purpose have in common in their names."""

    seed: int
    replication: int
    place: int
    work: int
    purpose: Purpose


class Draw:
    """Gives the uniforms of a source, or the durations in ticks, not yet rounded, that a table makes of them."""

    __slots__ = ("bits", "blocks", "mask", "name", "table")

    def __init__(self, source: Source, table: Floats | None, bits: int) -> None:
        self.name: dict[str, Any] = source._asdict()
        self.table, self.bits, self.mask = table, bits, (1 << bits) - 1
        self.blocks: tuple[dict[int, list[float]], ...] = tuple({} for _ in range(VISITS_IN_BLOCKS))

    def at(self, number: int, visit: int) -> float:
        """Give the number of an item, by its number within its type, at one of its visits."""
        if visit < VISITS_IN_BLOCKS:
            block = self.blocks[visit].get(number >> self.bits)
            if block is not None:
                return block[number & self.mask]
        return self._drawn(number, visit)

    def _drawn(self, number: int, visit: int) -> float:
        """Draw a number that is in no block so far."""
        if number >= FOREIGN:
            return self._foreign(number - FOREIGN, visit)
        if visit >= VISITS_IN_BLOCKS:
            u = uniform(**self.name, number=number, visit=visit)
            return u if self.table is None else lookup_one(self.table, u)
        block = self.blocks[visit][number >> self.bits] = self._block(number >> self.bits, visit)
        return block[number & self.mask]

    def _foreign(self, name: int, visit: int) -> float:
        """Give the number of an item that another one brought forth, by work and number of its own."""
        work, number = name >> NUMBER_BITS, name & (1 << NUMBER_BITS) - 1
        u = uniform(**self.name | {"work": work}, number=number, visit=visit)
        return u if self.table is None else lookup_one(self.table, u)

    def _block(self, block: int, visit: int) -> list[float]:
        numbers = np.arange(block << self.bits, (block + 1) << self.bits, dtype=np.int64)
        u = uniforms(**self.name, numbers=numbers, visit=visit)
        drawn: list[float] = (u if self.table is None else lookup(self.table, u)).tolist()
        return drawn


class Draws:
    """The sources of a replication."""

    def __init__(self, model: Model, items: Items, *, seed: int, replication: int) -> None:
        self.seed, self.replication = seed, replication
        self.stages, self.works = model.stage_codes, model.work_codes
        most = int(np.bincount(items.work).max()) if items.work.size else 0
        self.bits = min(MOST_BITS, most.bit_length())

    def draw(self, work: int, stage: int, purpose: Purpose, table: Floats | None = None) -> Draw:
        """Open the source of a work type at a stage, or at NONE before any stage."""
        place = self.stages[stage] if stage >= 0 else 0
        return Draw(Source(self.seed, self.replication, place, self.works[work], purpose), table, self.bits)

    def one(self, item: Item, purpose: Purpose, draw: int) -> float:
        """Draw a uniform number of an item's visit alone."""
        work, number = self.works[item.work], item.number
        if number >= FOREIGN:
            work, number = (number - FOREIGN) >> NUMBER_BITS, number & (1 << NUMBER_BITS) - 1
        return uniform(
            seed=self.seed, replication=self.replication, place=self.stages[item.stage], work=work, number=number,
            visit=item.visit, purpose=purpose, draw=draw,
        )  # fmt: skip

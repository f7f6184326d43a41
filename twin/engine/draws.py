"""Random numbers of one replication, drawn in blocks of item numbers.

A block holds the numbers of 1,024 consecutive items for one purpose at one stage and visit; each is the same as if it
were drawn alone, since a random number has a name (`twin.streams`). Few items come back often, so the numbers of later
visits are drawn alone.
"""

from typing import Final

import numpy as np

from twin.plan import Floats, Model
from twin.sampling import lookup, lookup_one
from twin.streams import Purpose, uniform, uniforms

BLOCK_BITS: Final = 10
MASK: Final = (1 << BLOCK_BITS) - 1
VISITS_IN_BLOCKS: Final = 8
DrawName = tuple[int, int, int, int, Purpose]
"""Work type, number within it, place (0 is no stage, s + 1 is stage s), visit, purpose."""


class Draws:
    """Gives uniforms and durations by their names."""

    def __init__(self, model: Model, *, seed: int, replication: int) -> None:
        self.seed, self.replication = seed, replication
        self.places = (0, *model.stage_codes)
        self.works = model.work_codes
        self.uniform_blocks: dict[DrawName, list[float]] = {}
        self.value_blocks: dict[tuple[DrawName, int], list[float]] = {}

    def uniform(self, name: DrawName) -> float:
        """Give a uniform."""
        work, number, place, visit, purpose = name
        if visit >= VISITS_IN_BLOCKS:
            return self._draw_alone(name)
        key = (work, number >> BLOCK_BITS, place, visit, purpose)
        block = self.uniform_blocks.get(key)
        if block is None:
            block = self.uniform_blocks[key] = self._draw(key).tolist()
        return block[number & MASK]

    def value(self, name: DrawName, table: Floats) -> float:
        """Give a duration in ticks, not yet rounded, from a quantile table."""
        work, number, place, visit, purpose = name
        if visit >= VISITS_IN_BLOCKS:
            return lookup_one(table, self._draw_alone(name))
        key = (work, number >> BLOCK_BITS, place, visit, purpose)
        block = self.value_blocks.get((key, id(table)))
        if block is None:
            block = self.value_blocks[key, id(table)] = lookup(table, self._draw(key)).tolist()
        return block[number & MASK]

    def _draw(self, key: DrawName) -> Floats:
        work, block, place, visit, purpose = key
        return uniforms(
            seed=self.seed, replication=self.replication, place=self.places[place], work=self.works[work],
            numbers=np.arange(block << BLOCK_BITS, (block + 1) << BLOCK_BITS, dtype=np.int64), visit=visit,
            purpose=purpose,
        )  # fmt: skip

    def _draw_alone(self, name: DrawName) -> float:
        work, number, place, visit, purpose = name
        return uniform(
            seed=self.seed, replication=self.replication, place=self.places[place], work=self.works[work],
            number=number, visit=visit, purpose=purpose,
        )  # fmt: skip

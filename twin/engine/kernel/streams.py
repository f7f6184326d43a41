"""Threefry-2x64-20 on machine words: bit for bit what `twin.streams` draws under the same name."""

from typing import Final

import numpy as np

from twin.engine.kernel.arrays import Names, Record
from twin.engine.kernel.jit import at, called, inlined
from twin.streams import STREAM_VERSION, Purpose

Pair = tuple[np.uint64, np.uint64]

WORD: Final = np.uint64(64)
PARITY: Final = np.uint64(0x1BD11BDAA9FC1A22)
R0, R1, R2, R3 = np.uint64(16), np.uint64(42), np.uint64(12), np.uint64(31)
R4, R5, R6, R7 = np.uint64(16), np.uint64(32), np.uint64(24), np.uint64(21)
ONE, TWO, THREE, FOUR, FIVE = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4), np.uint64(5)
DROPPED: Final = np.uint64(12)
VISIT: Final = np.uint64(48)
DRAW: Final = np.uint64(16)
HALF: Final = np.uint64(32)
PURPOSE: Final = np.uint64(40)
UNIT: Final = 2.0**-52


def _low(purpose: Purpose) -> np.uint64:
    """Lay out what names the purpose."""
    return np.uint64(purpose << 40 | STREAM_VERSION)


START, ROUTE, REWORK = _low(Purpose.START), _low(Purpose.ROUTE), _low(Purpose.REWORK)
ARRIVAL, CHOICE, WHO = _low(Purpose.ARRIVAL), _low(Purpose.CHOICE), _low(Purpose.WHO)
PATIENCE, CANCELLATION = _low(Purpose.PATIENCE), _low(Purpose.CANCELLATION)
INTERRUPTION_GAP, INTERRUPTION = _low(Purpose.INTERRUPTION_GAP), _low(Purpose.INTERRUPTION)
EFFORT, EXTERNAL, HANDOFF = _low(Purpose.EFFORT), _low(Purpose.EXTERNAL), _low(Purpose.HANDOFF)
AUTOMATION, CHILDREN, BREEDS = _low(Purpose.AUTOMATION), _low(Purpose.CHILDREN), _low(Purpose.BREEDS)
BRED_COUNT, BRED_AFTER, BIRTH = _low(Purpose.BRED_COUNT), _low(Purpose.BRED_AFTER), _low(Purpose.BIRTH)
DEPENDS, REST = _low(Purpose.DEPENDS), _low(Purpose.REST)
BLOCKED, BLOCKED_FOR = _low(Purpose.BLOCKED), _low(Purpose.BLOCKED_FOR)


@inlined
def turn(x: np.uint64, y: np.uint64, rotation: np.uint64) -> Pair:
    """Do one round."""
    x = x + y
    return x, ((y << rotation) | (y >> (WORD - rotation))) ^ x


@inlined
def first_turns(x: np.uint64, y: np.uint64) -> Pair:
    """Do four rounds with the first half of the rotations."""
    x, y = turn(x, y, R0)
    x, y = turn(x, y, R1)
    x, y = turn(x, y, R2)
    return turn(x, y, R3)


@inlined
def second_turns(x: np.uint64, y: np.uint64) -> Pair:
    """Do four rounds with the second half of the rotations."""
    x, y = turn(x, y, R4)
    x, y = turn(x, y, R5)
    x, y = turn(x, y, R6)
    return turn(x, y, R7)


@called
def threefry(key: np.uint64, other: np.uint64, x: np.uint64, y: np.uint64) -> np.uint64:
    """Give the first word of the encrypted counter (x, y) under a key of two words."""
    parity = key ^ other ^ PARITY
    x, y = first_turns(x + key, y + other)
    x, y = second_turns(x + other, y + parity + ONE)
    x, y = first_turns(x + parity, y + key + TWO)
    x, y = second_turns(x + key, y + other + THREE)
    x, y = first_turns(x + other, y + parity + FOUR)
    return x + parity


@inlined
def uniform(names: Names, item: Record, purpose: np.uint64) -> float:
    """Give an item's uniform number in (0, 1) at its stage and visit, for a purpose."""
    return uniform_there(names, item, item.stage, item.visit, purpose)


@inlined
def uniform_there(names: Names, item: Record, stage: int, visit: int, purpose: np.uint64) -> float:
    """Give an item's uniform number in (0, 1) at a stage and visit, for a purpose."""
    word = threefry(names.seed, names.places[at(stage + 1)], name_of(names, item), np.uint64(visit) << VISIT | purpose)
    return (np.float64(word >> DROPPED) + 0.5) * UNIT


@inlined
def uniform_at(names: Names, item: Record, purpose: np.uint64, draw: int) -> float:
    """Give one of several uniform numbers of an item at its stage and visit, for a purpose."""
    return uniform(names, item, purpose | np.uint64(draw) << DRAW)


@inlined
def name_of(names: Names, item: Record) -> np.uint64:
    """Give the work and number in an item's name; of what others brought forth the number holds how they differ."""
    return names.works[at(item.work)] ^ np.uint64(item.number)


@inlined
def born(names: Names, item: Record, child: int, purpose: np.uint64, count: int) -> np.uint64:
    """Name an item that a visit of another one brings forth, as `twin.streams.born` does."""
    place = names.places[at(item.stage + 1)] << HALF | names.works[at(child)] >> HALF
    low = np.uint64(item.visit) << VISIT | np.uint64(count) << DRAW | BIRTH
    return threefry(purpose >> PURPOSE, place, name_of(names, item), low)

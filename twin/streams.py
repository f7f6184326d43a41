"""Every random number has a name, so a change to the twin changes no one else's luck.

A draw is the value of a bijection at its name. Threefry-2x64 with 20 rounds turns a key and a counter of 128 bits each
into 128 random bits; the name fills key and counter, each field in bits of its own::

    key 0      seed 64
    key 1      replication 32 | place 32
    counter 0  work 32        | number 32
    counter 1  visit 16 | purpose 8 | draw 24 | stream version 16

Fields are checked, never cut: two names share a draw only if they are equal. A place is a stage or a team, a work is
a work type, both by their `name_hash`; the number counts items within their type, so more demand renames nobody.
The first output word x gives u = (floor(x / 2^12) + 1/2) / 2^52, strictly inside (0, 1) and symmetric about 1/2.

Source: Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC'11; constants and known
answers as published with their Random123 library.
"""

import hashlib
from enum import IntEnum
from operator import index
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STREAM_VERSION = 1
"""Counts the meanings a name has had; a new number renews every draw."""

_ROTATIONS = (16, 42, 12, 31, 16, 32, 24, 21)
_PARITY = 0x1BD11BDAA9FC1A22
_ROUNDS = 20
_MASK = (1 << 64) - 1
_UNIT = 2.0**-52
_BLOCK = 16_384


class Purpose(IntEnum):
    """What a draw decides. Numbers are part of every published result: never change or reuse one."""

    ARRIVAL = 1
    EFFORT = 2
    ROUTE = 3
    REWORK = 4
    EXTERNAL = 5
    HANDOFF = 6
    START = 7
    BOOTSTRAP = 8
    ABSENCE = 9
    BLOCKING = 10
    PATIENCE = 11
    CHOICE = 12
    ATTRIBUTE = 13
    AUTOMATION = 14
    BATCH = 15
    BURST = 16
    CANCELLATION = 25
    WHO = 30
    INTERRUPTION_GAP = 31
    INTERRUPTION = 32
    LEAVING = 38
    CHILDREN = 40
    BREEDS = 41
    BRED_COUNT = 42
    BRED_AFTER = 43
    BIRTH = 44
    DEPENDS = 45
    REST = 46
    BLOCKED = 47
    BLOCKED_FOR = 48
    DESIGN = 64


class Name(NamedTuple):
    """The name of one draw; the bits of each field are the module's layout."""

    seed: int
    replication: int
    place: int
    work: int
    number: int
    visit: int
    purpose: int
    draw: int


_BITS = Name(seed=64, replication=32, place=32, work=32, number=32, visit=16, purpose=8, draw=24)
Words = tuple[int, int]


def name_hash(text: str) -> int:
    """Turn the name of a stage, team or work type into 32 bits that never change.

    They are the first four bytes of the SHA-256 of its UTF-8, first byte highest. Zero also stands for "no place".
    Two names of one twin may collide (n names: n^2 / 2^33); whoever compiles a twin checks that they do not.
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def threefry(key: Words, counter: Words) -> Words:
    """Encrypt a counter of two 64-bit words under a key of two: Threefry-2x64-20.

    The reference: plain integers, to be read beside the paper.
    """
    keys = (key[0], key[1], key[0] ^ key[1] ^ _PARITY)
    x, y = (counter[0] + keys[0]) & _MASK, (counter[1] + keys[1]) & _MASK
    for turn in range(_ROUNDS):
        rotation = _ROTATIONS[turn % 8]
        x = (x + y) & _MASK
        y = (((y << rotation) & _MASK) | (y >> (64 - rotation))) ^ x
        if turn % 4 == 3:
            injection = turn // 4 + 1
            x = (x + keys[injection % 3]) & _MASK
            y = (y + keys[(injection + 1) % 3] + injection) & _MASK
    return x, y


def pack(name: Name) -> tuple[Words, Words]:
    """Lay a name out as key and counter.

    Raises
    ------
    ValueError
        Where a field is negative or does not fit its bits.
    """
    seed, replication, place, work, number, visit, purpose, draw = map(index, name)
    for field, value, bits in zip(Name._fields, name, _BITS, strict=True):
        if not 0 <= value < 1 << bits:
            raise _out_of_range(field, value, bits)
    last = visit << 48 | purpose << 40 | draw << 16 | STREAM_VERSION
    return (seed, replication << 32 | place), (work << 32 | number, last)


def unpack(key: Words, counter: Words) -> Name:
    """Read the name back from key and counter; what `pack` did is undone exactly."""
    low = (1 << 32) - 1
    last = counter[1]
    return Name(
        seed=key[0],
        replication=key[1] >> 32,
        place=key[1] & low,
        work=counter[0] >> 32,
        number=counter[0] & low,
        visit=last >> 48,
        purpose=last >> 40 & 0xFF,
        draw=last >> 16 & 0xFFFFFF,
    )


def uniform(
    *, seed: int, replication: int, place: int, work: int, number: int, visit: int, purpose: int, draw: int = 0
) -> float:
    """Give the uniform number in (0, 1) that has this name.

    Raises
    ------
    ValueError
        Where a field is negative or does not fit its bits.
    """
    word, _ = threefry(*pack(Name(seed, replication, place, work, number, visit, purpose, draw)))
    return ((word >> 12) + 0.5) * _UNIT


def uniforms(
    *,
    seed: int,
    replication: int,
    place: int,
    work: int,
    numbers: NDArray[np.int64],
    visit: int | NDArray[np.int64],
    purpose: int,
    draw: int = 0,
) -> NDArray[np.float64]:
    """Give the uniform numbers in (0, 1) of many items at once, bit for bit those of `uniform`.

    Parameters
    ----------
    numbers
        Numbers of the items within their work type, shape (n,).
    visit
        Which visit of the item at the place: one for all, or shape (n,).

    Returns
    -------
    Shape (n,).

    Raises
    ------
    ValueError
        Where a field is negative or does not fit its bits.
    """
    visits = np.broadcast_to(np.asarray(visit), numbers.shape)
    for field, values, bits in (("number", numbers, _BITS.number), ("visit", visits, _BITS.visit)):
        for extreme in (int(values.min()), int(values.max())) if values.size else ():
            if not 0 <= extreme < 1 << bits:
                raise _out_of_range(field, extreme, bits)
    key, base = pack(Name(seed, replication, place, work, 0, 0, purpose, draw))
    u = np.empty(numbers.shape, dtype=np.float64)
    for start in range(0, len(numbers), _BLOCK):
        block = slice(start, start + _BLOCK)
        x = numbers[block].astype(np.uint64)
        y = visits[block].astype(np.uint64)
        x |= np.uint64(base[0])
        y <<= np.uint64(48)
        y |= np.uint64(base[1])
        _encrypt(key, x, y)
        x >>= np.uint64(12)
        u[block] = x
    u += 0.5
    u *= _UNIT
    return u


def born(parent: tuple[int, int], child: int, event: tuple[int, int, int], born_before: int) -> tuple[int, int]:
    """Name an item that another one brings forth, by a draw under its parent's name: a work and a number.

    Parameters
    ----------
    parent
        Work and number in the parent's name.
    child
        32-bit name of the work type that is brought forth.
    event
        What brings it forth: 32-bit name of the stage, 0 when the parent is done; purpose; and the visit there.
    born_before
        How many others came of the same event.
    """
    place, purpose, visit = event
    word, _ = threefry(*pack(Name(purpose, place, child, *parent, visit, Purpose.BIRTH, born_before)))
    return word >> 32, word & ((1 << 32) - 1)


def _encrypt(key: Words, x: NDArray[np.uint64], y: NDArray[np.uint64]) -> None:
    """Do to the counters (x, y) in place what `threefry` does to one."""
    keys = (key[0], key[1], key[0] ^ key[1] ^ _PARITY)
    spare = np.empty_like(y)
    x += np.uint64(keys[0])
    y += np.uint64(keys[1])
    for turn in range(_ROUNDS):
        rotation = _ROTATIONS[turn % 8]
        x += y
        np.right_shift(y, np.uint64(64 - rotation), out=spare)
        y <<= np.uint64(rotation)
        y |= spare
        y ^= x
        if turn % 4 == 3:
            injection = turn // 4 + 1
            x += np.uint64(keys[injection % 3])
            y += np.uint64((keys[(injection + 1) % 3] + injection) & _MASK)


def _out_of_range(field: str, value: int, bits: int) -> ValueError:
    return ValueError(f"{field} {value} of a random number's name is not between 0 and 2^{bits} - 1")

"""When items arrive.

A type's expected number of arrivals until t is C(t), piecewise linear: its rate, spread over the week by its pattern,
changed at dated changes. Gaps g_1, g_2, … have mean 1, and item k arrives when

    C(t) = g_1 + … + g_k,

which gives a Poisson process of that rate for exponential gaps (Çinlar 1975, Introduction to Stochastic Processes,
§4.7) and a time-changed renewal process otherwise. Gap k is drawn under the item's own name, so more demand renames
nobody. Random bursts make C faster for a while: from the beginning of one to the beginning of the next pass its length
and an exponential gap, and at tick 0 this has gone on for ever. An arrival may bring several items, numbered on.
Units: ticks; gaps are kept as integers, 10^9 to one expected arrival.
"""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import BudgetError
from twin.rates import raised
from twin.sampling import draw_ticks
from twin.spec import MAX_ITEMS
from twin.streams import Purpose, uniforms

GAP_UNIT: Final = 1_000_000_000
SPREAD: Final = 4.0
"""Standard deviations of a Poisson count drawn beyond its mean, to draw too few gaps hardly ever."""

ROUNDING: Final = 1e-9
"""Expected arrivals by which sums may be off: at a set pace, what comes on the hour shall not come beside it."""

INSIDE_NUMBER: Final = 1 << 31
"""Items already inside at the start are numbered from here, apart from those that arrive."""


class BurstTimes(NamedTuple):
    """When random bursts come in one phase, and what they do."""

    since: int  # tick at which the phase begins
    until: int  # tick at which it ends
    number: int  # of the burst in its list
    lasting: int  # ticks
    share: float  # of all time
    gaps: NDArray[np.float64]  # quantile table of the time from an end to the next beginning
    factor: float  # how many times as fast C runs


class Batches(NamedTuple):
    """How many items an arrival brings in one phase."""

    since: int  # tick at which the phase begins
    cumulative: NDArray[np.float64]  # shares summed up, shape (sizes,)
    items: NDArray[np.int64]  # shape (sizes,)


class Intake(NamedTuple):
    """How one work type arrives."""

    work: int  # index of the work type
    code: int  # its 32-bit name
    gaps: NDArray[np.float64]  # quantile table of gaps, mean GAP_UNIT
    ticks: NDArray[np.float64]  # breakpoints of C, shape (breakpoints,)
    expected: NDArray[np.float64]  # C at the breakpoints, shape (breakpoints,)
    listed: NDArray[np.int64]  # instants that are known beforehand, shape (arrivals,)
    bursts: tuple[BurstTimes, ...]
    batches: tuple[Batches, ...]  # by phase; none where each arrival brings one item
    set_pace: bool = False  # gaps are all alike
    from_the_first: bool = False  # the first arrives as soon as demand runs, and gaps are counted from there


class Items(NamedTuple):
    """The items of a run, in the order of their arrival; every array has shape (items,)."""

    arrived: NDArray[np.int64]  # ticks; negative for items inside at the start
    work: NDArray[np.int32]  # index of the work type
    number: NDArray[np.int64]  # number within the type
    node: NDArray[np.int32]  # where it waits at the start, or -1: it arrives from outside


Gaps = Callable[[Intake, int, int, int, int], NDArray[np.int64]]
"""Draws gaps by intake, seed, replication, first number and count; gives their running sums, shape (count,)."""


def sums_of_gaps(intake: Intake, seed: int, replication: int, first: int, count: int) -> NDArray[np.int64]:
    """Draw gaps, and give their running sums."""
    u = uniforms(
        seed=seed, replication=replication, place=0, work=intake.code,
        numbers=np.arange(first, first + count, dtype=np.int64), visit=0, purpose=Purpose.ARRIVAL,
    )  # fmt: skip
    sums: NDArray[np.int64] = np.cumsum(draw_ticks(intake.gaps, u))
    return sums


def arrivals(
    intake: Intake, *, seed: int, replication: int, until: int, limit: int = MAX_ITEMS + 1, gaps: Gaps = sums_of_gaps
) -> NDArray[np.int64]:
    """Draw the instants at which a type's items arrive before a tick, in order; the first so many, if limited.

    Raises
    ------
    BudgetError
        Where more than 20 million would arrive.
    """
    instants = intake.listed[: intake.listed.searchsorted(until)][:limit]
    if intake.ticks.size > 1:
        instants = _drawn(intake, seed, replication, until, limit, gaps)
    if intake.batches:
        instants = _in_batches(intake, instants, seed, replication, limit)
    if instants.size > MAX_ITEMS:
        raise BudgetError(f"more than {MAX_ITEMS:,} items arrive within one replication")
    return instants


def _drawn(intake: Intake, seed: int, replication: int, until: int, limit: int, gaps: Gaps) -> NDArray[np.int64]:
    """Draw the instants of arrivals with a rate."""
    ticks, expected = intake.ticks, intake.expected
    for burst in intake.bursts:
        ticks, expected = raised(ticks, expected, burst_windows(burst, intake.code, seed, replication), burst.factor)
    budget = float(np.interp(until, ticks, expected))
    if budget > MAX_ITEMS:
        raise BudgetError(f"{budget:.3g} arrivals are expected; at most {MAX_ITEMS:,} fit into one replication")
    total, parts, first = 0, [np.empty(0, np.int64)], 0
    if intake.from_the_first:
        total -= int(gaps(intake, seed, replication, 0, 1)[0])
    while total < budget * GAP_UNIT and first < limit:
        count = min(max(first, _enough(budget - total / GAP_UNIT)), limit - first)
        parts.append(total + gaps(intake, seed, replication, first, count))
        total, first = int(parts[-1][-1]), first + count
    counted = np.concatenate(parts) / GAP_UNIT
    counted = counted[: counted.searchsorted(budget)]
    exact = np.interp(counted, expected, ticks)
    if intake.set_pace:
        exact = _on_time(exact, counted, expected, ticks)
    if intake.from_the_first:
        exact[:1] = ticks[expected.searchsorted(0.0, "right") - 1]
    instants = np.floor(exact).astype(np.int64)
    return instants[: instants.searchsorted(until)]


def _on_time(
    exact: NDArray[np.float64], counted: NDArray[np.float64], expected: NDArray[np.float64], ticks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Put arrivals at a set pace on the first instant at which C is there, and on the tick that rounding missed."""
    place = expected.searchsorted(counted - ROUNDING).clip(max=expected.size - 1)
    there = np.where(np.abs(expected[place] - counted) <= ROUNDING, ticks[place], exact)
    whole = np.rint(there)
    return np.where(np.abs(there - whole) < 2.0**-9, whole, there)


def _in_batches(
    intake: Intake, instants: NDArray[np.int64], seed: int, replication: int, limit: int
) -> NDArray[np.int64]:
    """Let as many items come at each instant as its batch has, the first so many, if limited."""
    u = uniforms(
        seed=seed, replication=replication, place=0, work=intake.code,
        numbers=np.arange(instants.size, dtype=np.int64), visit=0, purpose=Purpose.BATCH,
    )  # fmt: skip
    sizes = np.empty(instants.size, np.int64)
    begins = instants.searchsorted([batches.since for batches in intake.batches])
    for batches, first, end in zip(intake.batches, begins, [*begins[1:], instants.size], strict=True):
        sizes[first:end] = batches.items[batches.cumulative[:-1].searchsorted(u[first:end], "right")]
    enough = int(sizes.cumsum().searchsorted(limit)) + 1
    return np.repeat(instants[:enough], sizes[:enough])[:limit]


def burst_windows(burst: BurstTimes, code: int, seed: int, replication: int) -> NDArray[np.int64]:
    """Draw when random bursts begin and end within their phase, in turn, shape (2 * bursts,)."""
    count, begins = 0, np.zeros(1, np.int64)
    while begins[-1] < burst.until:
        count = max(2 * count, _enough(burst.until * burst.share / burst.lasting))
        u = uniforms(
            seed=seed, replication=replication, place=0, work=code,
            numbers=np.arange(count + 1, dtype=np.int64), visit=burst.number, purpose=Purpose.BURST,
        )  # fmt: skip
        gaps = draw_ticks(burst.gaps, u[1:])
        under_way = u[0] < burst.share
        gaps[0] = -math.floor(burst.lasting * u[0] / burst.share) if under_way else gaps[0]
        gaps[1:] += burst.lasting
        begins = gaps.cumsum()
    bounds = np.column_stack([begins, begins + burst.lasting]).ravel()
    return bounds.clip(burst.since, burst.until)


def _enough(expected: float) -> int:
    """Give a number that a Poisson count of this mean hardly ever exceeds."""
    return math.ceil(expected + SPREAD * math.sqrt(expected)) + 1


def draw_items(
    intakes: tuple[Intake, ...],
    inside: Items,
    *,
    seed: int,
    replication: int,
    until: int,
    limit: int | None = None,
    gaps: Gaps = sums_of_gaps,
) -> Items:
    """Draw the items of one replication: those inside at the start, then arrivals by instant, type and number.

    Parameters
    ----------
    intakes
        One per work type.
    inside
        Items in the system at tick 0.
    until
        Arrivals stop here, in ticks.
    limit
        At most this many arrivals, or None.
    gaps
        Draws the gaps; whoever does, they are the same.
    """
    most = MAX_ITEMS + 1 if limit is None else limit
    drawn = [
        arrivals(intake, seed=seed, replication=replication, until=until, limit=most, gaps=gaps) for intake in intakes
    ]
    tick = np.concatenate([*drawn, np.empty(0, np.int64)])
    work = np.repeat([i.work for i in intakes], [d.size for d in drawn]).astype(np.int32)
    number = np.concatenate([*(np.arange(d.size, dtype=np.int64) for d in drawn), np.empty(0, np.int64)])
    order = np.argsort(tick, kind="stable")[:limit]  # within an instant by type and number, as they stand
    return Items(
        np.concatenate([inside.arrived, tick[order]]),
        np.concatenate([inside.work, work[order]]),
        np.concatenate([inside.number, number[order]]),
        np.concatenate([inside.node, np.full(order.size, -1, np.int32)]),
    )

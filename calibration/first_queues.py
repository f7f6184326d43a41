"""Queues in front of the first stage, where nobody recorded when items came.

An item that began at s while somebody had been free for it came at s. One that began as somebody had just become free,
or as its team opened, came between u, until when somebody was free for it (`calibration.contention`), and s. The n
items of one such stretch, with starts s_1 <= ... <= s_n after u, came as demand comes, given that those that began had
come and that nobody waited when somebody was free again,

    N(s_k) >= k   for all k,     N(s_n) = n,     N(t) a Poisson process on (u, s_n] with the clock C of demand,

whatever the order in which people took them. So the queue q_k = N(s_k) - k that each start leaves is a random walk

    q_k = q_(k-1) + m_k - 1,     m_k ~ Poisson(C(s_k) - C(s_(k-1))),     q_0 = q_n = 0,     q_k >= 0,

which is drawn exactly: chances of a good end are found backwards, and steps drawn forwards. Within (s_(k-1), s_k]
arrivals are uniform in C. The week of demand is learned from arrivals drawn, and these are drawn again, in turn
(stochastic EM), from the likeliest on between an even week and that of starts. What starts do not tell stays even: a
week is kept where it makes them likelier than an even one by more than one nat for each of its parameters (Akaike).

Units: ticks (milliseconds). Sources: Larson (1990), The queue inference engine: deducing queue statistics from
transactional data, Management Science 36(5), 586-601; drawing a hidden chain: Scott (2002), Bayesian methods for hidden
Markov models, Journal of the American Statistical Association 97, 337-351; Celeux and Diebolt (1985), The SEM
algorithm, Computational Statistics Quarterly 2.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from calibration.completeness import Completeness
from calibration.contention import PAUSE
from calibration.seasonality import CELLS, Slots, counted, fit_seasonality, slots
from twin.streams import Purpose, name_hash, uniforms
from twin.units import HOUR

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]
Clock = tuple[Ticks, Floats]
"""Instants, and how much demand is expected until each."""

ROUNDS: Final = 16
"""How often arrivals and the week of demand are drawn and learned in turn."""
MOST_LEARNED: Final = 20_000
"""Of more items the last ones tell the week."""
MOST_TOGETHER: Final = 10_000
"""Of a team that nobody saw free for longer than that nothing is told."""
BETWEEN: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the week of starts at which a week of demand begins to be learned; the first is even."""
PARAMETERS: Final = 29
"""Of a week of hours and weekdays."""
FLOOR: Final = 0.02
"""Share of demand that may come at any hour: what begins as a team opens has come before."""
MOST_WAITING: Final = 400
"""No longer queue is thought of."""
REACH: Final = 8.0
"""Standard deviations beyond which more arrivals between two starts are not thought of."""
SEED: Final = 1


class Begun(NamedTuple):
    """First visits at one stage in order of start; arrays of shape (items,)."""

    name: str  # under which draws are made
    item: Ticks
    started: Ticks
    free: Ticks  # until when somebody was free for each, at most `started`

    def since(self, tick: int) -> Self:
        """Keep those that came at a tick or later."""
        kept = self.free >= tick
        return self._replace(item=self.item[kept], started=self.started[kept], free=self.free[kept])

    def waited(self) -> float:
        """Give the share of items that may have waited."""
        may = sum(last - first for first, last in stretches(self))
        return may / self.started.size


class Week(NamedTuple):
    """When demand comes."""

    cut: Slots
    rates: Floats  # by hour of the local week, shape (168,)

    def clock(self) -> Clock:
        """Give the clock of demand, which never stands still."""
        rates = (1 - FLOOR) * self.rates + FLOOR * self.rates.mean()
        hours = np.maximum(self.cut.exposure, 1e-6)
        return self.cut.edges, np.append(0.0, np.cumsum(hours * rates[self.cut.cell]))


def learn_week(begun: Sequence[Begun], others: Ticks, recorded: Completeness, *, start: datetime, zone: str) -> Week:
    """Learn when demand comes, drawing arrivals and learning their week in turn.

    Parameters
    ----------
    begun
        First visits of a work type, by stage.
    others
        Instants at which other items of it are taken to have come.
    recorded
        Share of arrivals that the log holds.
    start, zone
        UTC instant of tick 0, and the IANA zone of local time.
    """
    seen = np.concatenate([others, *(each.started for each in begun)])
    first = min(int(seen.min()), *(int(each.free.min()) for each in begun))
    whole = slots(first, int(seen.max()), start, zone, recorded)
    since = int(np.sort(seen)[-min(seen.size, MOST_LEARNED)])
    late = [each.since(since) for each in begun] if seen.size > MOST_LEARNED else begun
    cut = slots(since, int(seen.max()), start, zone, recorded) if seen.size > MOST_LEARNED else whole
    return Week(whole, _rates(late, others[others >= since], cut))


def _rates(begun: Sequence[Begun], others: Ticks, cut: Slots) -> Floats:
    """Learn how busy the hours of the week are, shape (168,)."""
    seen = np.concatenate([others, *(each.started for each in begun)])
    even, rates = np.ones(CELLS), fit_seasonality(counted(seen, cut), cut).rates
    between = [Week(cut, share * rates / rates.mean() + (1 - share) * even) for share in BETWEEN]
    week = max(between, key=lambda each: likelihood(begun, others, each))
    for number in range(ROUNDS):
        clock = week.clock()
        came = np.concatenate([others, *(drawn(each, clock, number) for each in begun)])
        week = Week(cut, fit_seasonality(counted(came, cut), cut).rates)
    gain = likelihood(begun, others, week) - likelihood(begun, others, between[0])
    return week.rates if gain > PARAMETERS else even


def drawn(begun: Begun, clock: Clock, number: int) -> Ticks:
    """Draw when items came, in order, given when they began; shape (items,).

    Parameters
    ----------
    begun
        When they began.
    clock
        Instants, and the demand expected until each.
    number
        Which draw this is.
    """
    came = begun.started.copy()
    steps, inside = (_uniforms(begun, number, visit) for visit in (0, 1))
    for first, last in stretches(begun):
        mine = slice(first, last)
        bounds = np.append(begun.free[first], begun.started[mine])
        edges = np.interp(bounds, *clock)
        expected = np.diff(edges) * (last - first) / (edges[-1] - edges[0])
        place = np.repeat(np.arange(last - first), _numbers_between(expected, steps[mine]))
        reached = edges[place] + inside[mine] * (edges[place + 1] - edges[place])
        at = np.interp(reached, clock[1], clock[0]).astype(np.int64)
        came[mine] = np.sort(np.clip(at, bounds[place], bounds[place + 1]))
    return came


def likelihood(begun: Sequence[Begun], others: Ticks, week: Week) -> float:
    """Give the logarithm of how likely starts are under a week of demand with as many arrivals as there were."""
    clock = week.clock()
    level = (others.size + sum(each.started.size for each in begun)) / clock[1][-1]
    lasting = np.maximum(np.diff(clock[0]), 1)  # an hour that a zone skips takes no time
    rates = np.diff(clock[1]) / lasting * level * HOUR
    found = float(np.log(_at(rates, clock[0], others)).sum())
    for each in begun:
        alone = np.ones(each.started.size, np.bool_)
        for first, last in stretches(each):
            alone[first:last] = False
            edges = np.interp(np.append(each.free[first], each.started[first:last]), *clock)
            found += _walk(np.diff(edges) * level).logarithm
        found += float(np.log(_at(rates, clock[0], each.started[alone])).sum())
    return found


def _at(rates: Floats, edges: Ticks, at: Ticks) -> Floats:
    return np.asarray(rates[np.clip(np.searchsorted(edges, at, "right") - 1, 0, rates.size - 1)])


def stretches(begun: Begun) -> Iterator[tuple[int, int]]:
    """Give the first of items that may have waited since the same instant, and the one after the last."""
    if not begun.free.size:
        return
    changes = np.flatnonzero(np.diff(begun.free)) + 1
    for first, last in pairwise([0, *changes.tolist(), begun.free.size]):
        if last - first <= MOST_TOGETHER and begun.started[last - 1] - begun.free[first] > PAUSE:
            yield first, last


def _uniforms(begun: Begun, number: int, visit: int) -> Floats:
    return uniforms(
        seed=SEED, replication=number, place=name_hash(begun.name), work=0, numbers=np.arange(begun.started.size),
        visit=visit, purpose=Purpose.BOOTSTRAP,
    )  # fmt: skip


class _Walk(NamedTuple):
    """What a stretch allows: steps by number of arrivals, and what is likely of the rest from each queue on."""

    steps: list[Floats]  # chances of 0, 1, ... arrivals before each start, relative to each other
    likely: Floats  # (starts + 1, queue + 1)
    logarithm: float  # of the chance of the starts, but for the expected number, which stands in all


def _walk(expected: Floats) -> _Walk:
    """Look back from the end of a stretch, shape of expected (starts,)."""
    size, most = expected.size, min(expected.size, MOST_WAITING) + 1
    steps, scale = zip(*(_poisson(each, most) for each in expected.tolist()), strict=True)
    total = sum(scale)
    # by queue + 1, since a start that nobody has come for is not possible
    likely = np.zeros((size + 1, most + 1))
    likely[size, 1] = 1.0
    for k in range(size - 1, -1, -1):
        found = np.correlate(np.append(likely[k + 1], np.zeros(steps[k].size - 1)), steps[k], "valid")[:most]
        greatest = max(float(found.max()), 1e-300)
        likely[k, 1:] = found / greatest
        total += float(np.log(greatest))
    return _Walk(list(steps), likely, total + float(np.log(max(likely[0, 1], 1e-300))))


def _numbers_between(expected: Floats, u: Floats) -> Ticks:
    """Draw how many came before each start since the one before, shape as expected; they sum to its length."""
    if expected.size == 1:
        return np.ones(1, np.int64)
    steps, likely, _ = _walk(expected)
    counts, queue = np.zeros(expected.size, np.int64), 0
    for k in range(expected.size):
        after = likely[k + 1, queue : queue + steps[k].size]
        chance = np.cumsum(steps[k][: after.size] * after)
        counts[k] = int(np.searchsorted(chance, u[k] * chance[-1], "right"))
        queue += int(counts[k]) - 1
    return counts


def _poisson(mean: float, most: int) -> tuple[Floats, float]:
    """Give mean^m / m! for m = 0, 1, ..., up to `most`, over the greatest, as far as they matter; and its logarithm."""
    from scipy.special import gammaln  # noqa: PLC0415 - only calibration pays for loading scipy

    mean = max(mean, 1e-9)
    number = np.arange(min(most, int(mean + REACH * (mean**0.5 + 1))) + 1)
    logarithm = number * np.log(mean) - gammaln(number + 1.0)
    return np.exp(logarithm - logarithm.max()), float(logarithm.max())

"""Weeks that vary more than chance: busy times that come again and again, nobody knows when.

Counts of weeks beside what is expected of them, y_w and m_w, vary by c^2 m_w where gaps have a cv of c. What they vary
beyond that is taken from one week to the next, and m_w follows the level of a quarter, so that a slow drift of demand,
or a level that changed, counts little:

    v = mean of ((y_w+1 / m_w+1 - y_w / m_w)^2 / 2 - c^2 (1 / m_w+1 + 1 / m_w) / 2)

It is taken for random bursts (`twin.seasons.RandomBurst`), of which one is under way for a share p of all time and
demand is f times as much meanwhile. That multiplies demand by a factor of relative variance

    s^2 = (f - 1)^2 p (1 - p) / (1 + (f - 1) p)^2,

of which weeks have a part that hangs on how long bursts last, and days another one: `LASTING`. The length is that whose
days vary as the log's do beside its weeks. Bursts make gaps vary too, by 2 m (p / f + 1 - p) - 1 with m = 1 + (f - 1) p
instead of 1, and what they explain is no cv of the gaps any more.

Bursts are learned only where counts of held-out weeks are likelier with v than without, by more than two standard
errors (negative binomial of variance (c^2 + v m) m), and where v matters. The mean rate stays.

Sources: Cox and Lewis (1966), The Statistical Analysis of Series of Events, ch. 4 and 7; the difference estimator of a
variance: von Neumann et al. (1941), Annals of Mathematical Statistics 12(2).
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.evidence import Evidence
from twin.seasons import RandomBurst
from twin.units import format_duration

Floats = NDArray[np.float64]

LEAST_WEEKS: Final = 20
LEAST: Final = 0.01
"""Weeks whose demand varies by a tenth beyond chance: less is not worth a burst."""
MOST: Final = 1.0
"""From here on demand is another one, not a busy week."""
SHARE: Final = 0.5
RARER: Final = 0.2
"""Share of time where half of it could not vary as much."""
LASTING: Final = {
    # days: (relative variance left in days, from one week to the next) for SHARE and for RARER
    1: ((0.470, 0.071), (0.611, 0.110)),
    2: ((0.706, 0.138), (0.801, 0.205)),
    3: ((0.795, 0.202), (0.864, 0.292)),
    7: ((0.908, 0.466), (0.939, 0.507)),
    14: ((0.953, 0.466), (0.968, 0.380)),
}
"""By how long bursts last; simulated over 40,000 of them (`tests/unit/test_bursts.py` draws them anew)."""
QUARTER: Final = 13
FOLDS: Final = 5
BESIDE: Final = np.array([1.0, 1.0, 0.0, 1.0, 1.0])
"""Weeks that say what a week's demand is about: two before and two after."""


class Counts(NamedTuple):
    """What came and what rate and season make of it, one after the other; both of shape (counts,)."""

    seen: Floats
    expected: Floats

    def levelled(self, over: int) -> "Counts":
        """Let what is expected follow the level of so many counts around each."""
        around = np.ones(min(over, self.seen.size // 2 * 2 - 1))
        came, due = (np.convolve(each, around, "same") for each in self)
        return Counts(self.seen, self.expected * (came + 0.5) / (due + 0.5))


class Bursts(NamedTuple):
    """Busy times, and what is left for gaps."""

    weekly: float  # relative variance of demand from week to week
    burst: RandomBurst
    gain: float  # held-out log-likelihood per week
    cv: float  # of gaps, without what bursts explain

    def mean(self) -> float:
        """Give how many times as much demand there is on average as outside of bursts."""
        return 1 + (self.burst.factor - 1) * self.burst.lasting / self.burst.every


def variation(seen: Floats, expected: Floats, cv: float) -> float:
    """Give the relative variance from one count to the next, beyond that of gaps of a cv; shape of both (counts,)."""
    ratio = seen / expected
    chance = cv**2 * (1 / expected[1:] + 1 / expected[:-1]) / 2
    weight = np.sqrt(expected[1:] * expected[:-1])
    return float(np.average(np.diff(ratio) ** 2 / 2 - chance, weights=weight))


def find_bursts(weeks: Counts, days: Counts, cv: float) -> Bursts | None:
    """Find bursts that make weeks vary as they do, if they vary beyond chance.

    Parameters
    ----------
    weeks, days
        Arrivals by week and by day, over the same time.
    cv
        Of gaps.
    """
    if weeks.seen.size < LEAST_WEEKS or weeks.expected.min() <= 0:
        return None
    weeks, days = weeks.levelled(QUARTER), days.levelled(7 * QUARTER)
    left, found = cv, None
    for _ in range(2):
        weekly = variation(*weeks, left)
        if not LEAST < weekly < MOST:
            return None
        gain = _gain(*weeks, left)
        if gain.sum() <= 2 * gain.std(ddof=1) * math.sqrt(gain.size):
            return None
        daily = float(((days.seen - days.expected) ** 2 - left**2 * days.expected).sum() / (days.expected**2).sum())
        found = Bursts(weekly, _burst(weekly, daily), float(gain.mean()), left)
        left = math.sqrt(max(cv**2 / _of_gaps(found), 1.0)) if cv > 1 else cv
    return None if found is None else found._replace(cv=left)


def bursts_evidence(path: str, bursts: Bursts, rows: int) -> Evidence:
    """Say how weeks vary.

    Parameters
    ----------
    path
        Of the arrivals.
    bursts
        As found.
    rows
        Arrivals they were found in.
    """
    every, lasting = (format_duration(each) for each in (bursts.burst.every, bursts.burst.lasting))
    return Evidence(
        path=f"{path}.bursts",
        estimate=f"{bursts.burst.factor:.3g} times the demand for {lasting} every {every}",
        method=f"demand of weeks varies by {math.sqrt(bursts.weekly):.0%} (standard deviation) beyond what gaps give, "
        f"from one week to the next; held-out log-likelihood per week {bursts.gain:+.3g}; days tell how long they last",
        rows=rows,
        note="No interval. It is the spread that was learned: two heights of demand are a way to write it. "
        "The rate of the twin is that outside of bursts; over all time it is as its evidence says.",
    )


def _of_gaps(bursts: Bursts) -> float:
    """Give the squared cv of gaps that bursts alone make."""
    share = bursts.burst.lasting / bursts.burst.every
    return 2 * bursts.mean() * (share / bursts.burst.factor + 1 - share) - 1


def _gain(seen: Floats, expected: Floats, cv: float) -> Floats:
    """Give each week's log-likelihood with what other weeks vary above that without, shape (weeks,).

    Its mean is that of the weeks beside it, which is known only as well as these are.
    """
    beside = np.convolve(np.ones(seen.size), BESIDE, "same")
    mean = expected * (np.convolve(seen, BESIDE, "same") + 0.5) / (np.convolve(expected, BESIDE, "same") + 0.5)
    known, weekly = 1 + 1 / beside, np.zeros(seen.size)
    for out in np.array_split(np.arange(seen.size), FOLDS):
        parts = [(seen[part], expected[part]) for part in (slice(0, out[0]), slice(out[-1] + 1, None))]
        told = [(variation(*part, cv), part[0].size) for part in parts if part[0].size > BESIDE.size]
        weekly[out] = max(sum(each * size for each, size in told) / sum(size for _, size in told), 0.0)
    plain = known * cv**2
    return _told(seen, mean, plain + known * weekly * mean) - _told(seen, mean, plain)


def _told(seen: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Give the log-likelihood of counts of so many times Poisson's variance; of fewer that of Poisson counts."""
    from scipy.special import gammaln  # noqa: PLC0415 - only calibration pays for loading scipy

    over = np.maximum(dispersion - 1, 1e-6)
    size = mean / over
    ways = gammaln(seen + size) - gammaln(size) - gammaln(seen + 1)
    return np.asarray(ways - size * np.log1p(over) + seen * np.log(over / (1 + over)))


def _burst(weekly: float, daily: float) -> RandomBurst:
    """Write the burst with which weeks vary so, and days as near as any."""
    fits = {}
    for days, parts in LASTING.items():
        for share, (of_days, of_weeks) in zip((SHARE, RARER), parts, strict=True):
            whole = weekly / of_weeks
            if _factor(whole, share) is not None:
                fits[days, share] = (share == RARER, abs(math.log(max(daily, 1e-9) / (whole * of_days))))
    rare = all(each[0] for each in fits.values())
    days, share = min((key for key in fits if fits[key][0] == rare), key=lambda key: fits[key][1])
    factor = _factor(weekly / LASTING[days][int(share == RARER)][1], share)
    return RandomBurst.model_validate(
        {"every": f"{days / share:g} d", "for": f"{days} d", "factor": float(f"{factor:.3g}")}
    )


def _factor(variance: float, share: float) -> float | None:
    """Give how many times as much demand is in a burst for demand to vary so; None where it cannot."""
    spread = math.sqrt(variance)
    room = math.sqrt(share * (1 - share)) - spread * share
    return 1 + spread / room if room > 0 and spread / room < 20 else None

"""Find at which value of an assumption another scenario becomes the best.

The leader is the best as the twin is. Along one assumption, from the low to the high end of its range, the mean paired
difference between the leader and each rival is followed on the same random numbers, so it is a fixed function of the
assumption. Where its signs at the ends differ, bisection finds where it is zero; the interval holds all values at which
the 95 % interval of the difference holds zero, found by bisection too.

Over an ensemble the difference is the mean over its twins, and the interval knows what the data leave open. What the
model gets wrong is not in it: that is a share of the difference, and so nothing where two scenarios are equal.

Assumed: the difference crosses zero once within the range. Units: those of the assumption; differences those of the
asked figure.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

import numpy as np

from twin.answer import Answer
from twin.changes import Changes
from twin.decide.trials import Trials
from twin.errors import InputError
from twin.estimate import Difference
from twin.levers import Choice, Lever, say_value

STEPS: Final = 256
"""Places tried of a range without steps: the answer is as fine as 1/256 of the range."""

Outcome = Literal["turns", "leader stays ahead", "rival is ahead at both ends", "no difference"]


class Tip(NamedTuple):
    """Where the order of two scenarios turns along one assumption."""

    path: str
    rival: str
    outcome: Outcome
    at: Choice  # the value where they are equal; None where the order does not turn
    low: Choice  # ends of the interval; None where it goes on beyond the range
    high: Choice
    leads_below: str  # who is ahead at the low end
    now: Difference  # rival less leader, as the twin is
    ends: tuple[Difference, Difference]  # rival less leader, at the ends of the range


class Tipping(NamedTuple):
    """What the answer turns on."""

    leader: str
    tips: tuple[Tip, ...]
    n: int


def find_tips(
    trials: Trials, scenarios: Mapping[str, Changes], tipping: Mapping[str, Lever], answer: Answer, *, replications: int
) -> Tipping:
    """Find where the best scenario changes along each assumption.

    Parameters
    ----------
    trials
        Runs the twins.
    scenarios
        Two or more, the baseline among them where it is an option.
    tipping
        Ranges of assumptions by path.
    answer
        The asked figure.
    replications
        Of each twin at each value, at least 2.

    Raises
    ------
    InputError
        Where a scenario is no valid twin at some value, or nothing could be measured.
    """
    sign = 1.0 if answer.better == "lower" else -1.0
    numbers = [trials.add(name, changes) for name, changes in scenarios.items()]
    figures = dict(zip(scenarios, trials.values(numbers, answer, 0, replications), strict=True))
    if not np.isfinite(list(figures.values())).all():
        raise InputError("in some replication nothing could be measured; run longer")
    leader = min(figures, key=lambda name: sign * float(figures[name].mean()))
    tips = []
    for path, lever in tipping.items():
        for rival in (name for name in scenarios if name != leader):
            gap = _gap(trials, (scenarios[leader], scenarios[rival]), (path, lever), answer, replications)
            now = trials.difference(figures[leader], figures[rival], answer, of_model=False)
            tips.append(_tip(gap, lever, path, (leader, rival), now, sign))
    return Tipping(leader, tuple(tips), replications)


Gap = Callable[[int], Difference]
"""Give rival less leader at a place of the range."""


def places_of(lever: Lever) -> tuple[Choice, ...]:
    """List the values of an assumption, low to high, each where it is tried."""
    return lever.levels() if lever.countable else lever.levels(STEPS + 1)


def ends_of(scenarios: Mapping[str, Changes], tipping: Mapping[str, Lever]) -> Iterator[tuple[str, Changes]]:
    """List every scenario at both ends of every assumption, by a name of its own."""
    for path, lever in tipping.items():
        for value in (places_of(lever)[0], places_of(lever)[-1]):
            for name, changes in scenarios.items():
                yield f"{name}, {say_value(lever, path, value)}", (lever.change(path, value), *changes)


def _gap(
    trials: Trials, sides: tuple[Changes, Changes], assumption: tuple[str, Lever], answer: Answer, replications: int
) -> Gap:
    path, lever = assumption
    values, known = places_of(lever), dict[int, Difference]()

    def gap(place: int) -> Difference:
        if place not in known:
            change, name = lever.change(path, values[place]), say_value(lever, path, values[place])
            numbers = [trials.add(name, (change, *changes)) for changes in sides]
            leader, rival = trials.values(numbers, answer, 0, replications)
            if not (np.isfinite(leader).all() and np.isfinite(rival).all()):
                raise InputError(
                    f"{name}: in some replication nothing could be measured; narrow the range or run longer"
                )
            known[place] = trials.difference(leader, rival, answer, of_model=False)
        return known[place]

    return gap


def _tip(gap: Gap, lever: Lever, path: str, names: tuple[str, str], now: Difference, sign: float) -> Tip:
    """Find where the gap changes its sign."""
    leader, rival = names
    values = places_of(lever)
    last = len(values) - 1
    ends = gap(0), gap(last)
    below, above = sign * ends[0].effect, sign * ends[1].effect
    ahead_below = leader if below >= 0 else rival
    if below * above >= 0:
        outcome: Outcome = (
            "no difference" if below == above == 0 else "leader stays ahead" if below + above > 0
            else "rival is ahead at both ends"
        )  # fmt: skip
        return Tip(path, rival, outcome, None, None, None, ahead_below, now, ends)
    way = 1.0 if below > 0 else -1.0
    middle = first_place(lambda place: way * sign * gap(place).effect <= 0, last)
    low = first_place(lambda place: not _surely(gap(place), way * sign), last)
    high = first_place(lambda place: _surely(gap(place), -way * sign), last)
    return Tip(
        path, rival, "turns", values[middle],
        None if not _surely(ends[0], way * sign) else values[low],
        None if not _surely(ends[1], -way * sign) else values[high],
        ahead_below, now, ends,
    )  # fmt: skip


def told_apart(difference: Difference) -> bool:
    """Say whether the interval of a difference leaves zero out."""
    return _surely(difference, 1.0) or _surely(difference, -1.0)


def _surely(difference: Difference, sign: float) -> bool:
    """Say whether the whole interval lies on one side of zero."""
    if difference.low is None or difference.high is None:
        return False
    return difference.low > 0 if sign > 0 else difference.high < 0


def first_place(holds: Callable[[int], bool], last: int) -> int:
    """Find by bisection the first place from 0 to `last` where something holds, which then holds up to `last`.

    >>> first_place(lambda place: place >= 6, 10)
    6
    """
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low

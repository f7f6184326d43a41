"""Which team limits the flow, how surely, and which limits next.

Two readings, because they can differ and the difference tells something:

* the busiest: the team whose people had an item in work for the largest share of their open hours. Its probability is
  the share of replications in which it was the busiest of all;
* the one that gains most: one person more in each team in turn, on the same random numbers. Its probability is the
  share of replications in which that team's person improved the asked figure most.

Over an ensemble replications go round its twins, so these are shares over luck and twins.

Beside both stands how long the team can keep up while demand changes (`twin.decide.saturation`), over an
ensemble with the least and the most of any twin; of a scenario with dates as it is after the last of them.

Units: utilisation and loads are shares, gains those of the asked figure, times in years of 365.25 days.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.changes import Add, Changes
from twin.decide.saturation import Room, room
from twin.decide.trials import Trials
from twin.errors import InputError
from twin.estimate import Difference, Estimate
from twin.paths import written

Values = NDArray[np.float64]

MOST_STAFFED: Final = 8
"""Teams that get one more person in turn: the busiest."""


class Pressure(NamedTuple):
    """How hard one team is pressed."""

    team: str
    utilisation: Estimate
    busiest: float  # share of replications in which it was the busiest
    gain: Difference | None  # of the asked figure, with one person more; None where that was not tried
    gains_most: float | None  # share of replications in which its person improved the figure most
    load: float  # offered, as a share of its time
    years: float | None  # until demand saturates it; 0 where it is already, None where it never is
    rooms: tuple[Room, ...] = ()  # load and years of each twin of an ensemble

    @property
    def load_span(self) -> tuple[float, float] | None:
        """Least and most load of any twin; None without an ensemble."""
        found = [each.load for each in self.rooms]
        return (min(found), max(found)) if found else None

    @property
    def years_span(self) -> tuple[float | None, float | None] | None:
        """Soonest and latest saturation of any twin; None without an ensemble."""
        found = sorted(math.inf if each.years is None else each.years for each in self.rooms)
        ends = [None if math.isinf(each) else each for each in (found[0], found[-1])] if found else []
        return (ends[0], ends[1]) if ends else None


class Limits(NamedTuple):
    """Who limits a scenario's flow."""

    name: str
    teams: tuple[Pressure, ...]  # the busiest first
    n: int  # replications

    @property
    def busiest(self) -> Pressure:
        """The team that was the busiest in most replications."""
        return max(self.teams, key=lambda each: each.busiest)

    @property
    def gains_most(self) -> Pressure:
        """The team whose additional person improved the asked figure in most replications more than the others'."""
        return max(self.teams, key=lambda each: each.gains_most or 0.0)


def find_limits(
    trials: Trials, name: str, changes: Changes, answer: Answer, *, replications: int, growth: float | None
) -> Limits:
    """Find which team limits, and which will.

    Parameters
    ----------
    trials
        Runs the twins.
    name, changes
        The scenario; no change is the baseline.
    answer
        The asked figure.
    replications
        Of each twin, at least 2.
    growth
        Of the demand of every work type, a share per year; may be 0 or negative, or None (`saturation.room`).

    Raises
    ------
    InputError
        Where no team has working hours, or in some replication nothing could be measured.
    """
    number = trials.add(name, changes)
    teams, used = _utilisation(trials, number, replications)
    busiest = _shares_of_first(used)
    order = np.argsort(-used.mean(axis=1), kind="stable")
    staffed = [teams[place] for place in order[:MOST_STAFFED]]
    gains = _gains(trials, name, changes, answer, staffed, replications)
    sign = 1.0 if answer.better == "higher" else -1.0
    firsts = dict(zip(staffed, _shares_of_first(sign * (gains[1:] - gains[0])), strict=True))
    effects = {team: trials.difference(gains[0], row, answer) for team, row in zip(staffed, gains[1:], strict=True)}
    left = room(trials.last(number), growth)
    rooms = [room(twin, growth) for twin in trials.last_of_each(number)]
    told = tuple(
        Pressure(
            teams[place],
            trials.estimate(used[place], _used(teams[place])),
            float(busiest[place]),
            effects.get(teams[place]),
            firsts.get(teams[place]),
            *left[teams[place]],
            tuple(each[teams[place]] for each in rooms),
        )
        for place in order
    )
    return Limits(name, told, replications)


def _utilisation(trials: Trials, number: int, replications: int) -> tuple[list[str], Values]:
    """Give the teams that have hours and their utilisation, shape (teams, replications)."""
    names = list(trials.twin(number).teams)
    rows = [trials.values([number], _used(team), 0, replications)[0] for team in names]
    known = [place for place, row in enumerate(rows) if np.isfinite(row).all()]
    if not known:
        raise InputError("no team of the twin has working hours in the run")
    return [names[place] for place in known], np.array([rows[place] for place in known])


def _used(team: str) -> Answer:
    return Answer(metric="utilisation", team=team, better="lower", worth="1 %")


def _gains(
    trials: Trials, name: str, changes: Changes, answer: Answer, teams: Sequence[str], replications: int
) -> Values:
    """Give the asked figure as it is and with one person more in each team; shape (1 + teams, replications)."""
    numbers = [trials.add(name, changes)]
    numbers += [trials.add(f"{name}, one more in {team}", one_more(changes, team)) for team in teams]
    values = trials.values(numbers, answer, 0, replications)
    if not np.isfinite(values).all():
        raise InputError(f"{name}: in some replication nothing could be measured; run longer")
    return values


def one_more(changes: Changes, team: str) -> Changes:
    """Add a person to a team of a scenario."""
    return (*changes, Add(add=1, to=(written(("teams", team, "people")),)))


def _shares_of_first(values: Values) -> Values:
    """Give each row's share of columns in which it is the highest; equals share a column."""
    top = values == values.max(axis=0)
    shares: Values = (top / top.sum(axis=0)).mean(axis=1)
    return shares

"""How far a changed twin lies beyond anything that was observed.

Data speak for what they have shown. For a figure x (arrivals in a week, people of a team, its offered load) of which
weeks between low and high were seen, the distance beyond is

    d = x / high - 1 where x > high,     d = 1 - x / low where x < low,     0 in between,

and without bound for what was never there, such as a new team. A load is told where it is above all that was seen and
neither arrivals nor the team's people say so already: efforts, routes or hours were changed. A distance is no error and
no probability: it says that from there on the answer rests on the model's logic alone. Source: own; the range is that
of the data, as in the hidden-extrapolation checks of regression (Cook, Weisberg: Residuals and Influence in Regression,
1982, section 2.2).
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from twin.offered import loads
from twin.rates import items_per_week
from twin.spec import Twin

ARRIVALS: Final = "arrivals"
PEOPLE: Final = "people"
LOAD: Final = "load"
SLACK: Final = 1e-9
"""What rounding may add to a bound."""


class Beyond(NamedTuple):
    """A figure of a twin that lies outside all weeks that were seen."""

    figure: str  # "arrivals", "people TEAM", "load TEAM"
    value: float  # items a week, people, or a share
    seen: tuple[float, float] | None  # least and most in any week; None where it was never there
    distance: float  # share of the nearest bound by which it lies beyond; infinite where nothing is near

    def __str__(self) -> str:
        """Say it in a line for people."""
        if self.seen is None:
            return f"{self.figure}: {self.value:.4g}; there was no such team in the log"
        low, high = self.seen
        if self.figure.startswith(LOAD):
            share, least, most = (f"{100 * each:.0f}" for each in (self.value, low, high))
            far = f"{share} % is {self.distance * 100:.0f} % beyond anything seen"
            return f"{self.figure}: {far} ({least} % to {most} % in a week)"
        far = f"{self.distance * 100:.0f} % beyond" if math.isfinite(self.distance) else "beyond"
        return f"{self.figure}: {self.value:.4g} is {far} anything seen ({low:.4g} to {high:.4g} in a week)"


def people_figure(team: str) -> str:
    """Name the figure of a team's people, as ranges do (`twin.grounds`)."""
    return f"{PEOPLE} {team}"


def load_figure(team: str) -> str:
    """Name the figure of a team's offered load."""
    return f"{LOAD} {team}"


def figures_of(twin: Twin) -> dict[str, float]:
    """Give the figures of a twin that can be held against observed ranges: items a week, people by team."""
    people = {people_figure(name): sum(group.count for group in team.groups()) for name, team in twin.teams.items()}
    return {ARRIVALS: sum(items_per_week(work.arrivals) for work in twin.work.values()), **people}


def beyond_observed(observed: Mapping[str, tuple[float, float]], twin: Twin) -> tuple[Beyond, ...]:
    """List what of a changed twin lies beyond anything observed, the farthest first.

    Parameters
    ----------
    observed
        Least and most in any week seen, by figure (`twin.grounds`). Where it is empty nothing is known, and
        nothing is told.
    twin
        The changed twin; of a dated change, each of its twins may be asked for.
    """
    if not observed:
        return ()
    found = list(_beyond(observed, figures_of(twin)))
    found += _overloaded(observed, twin, {each.figure for each in found})
    return tuple(sorted(found, key=lambda each: (-each.distance, each.figure)))


def _beyond(observed: Mapping[str, tuple[float, float]], figures: Mapping[str, float]) -> Iterator[Beyond]:
    for figure, value in figures.items():
        seen = observed.get(figure)
        if seen is None and value > 0:
            yield Beyond(figure, value, None, math.inf)
        elif seen is not None and (distance := _distance(value, *seen)) > SLACK:
            yield Beyond(figure, value, seen, distance)


def _overloaded(observed: Mapping[str, tuple[float, float]], twin: Twin, told: set[str]) -> Iterator[Beyond]:
    """List loads above all that was seen, where neither demand nor people say so."""
    known = {team for team in twin.teams if load_figure(team) in observed and people_figure(team) not in told}
    if ARRIVALS in told or not known:
        return
    for team, load in loads(twin).items():
        seen = observed.get(load_figure(team), (0.0, math.inf))
        if team in known and load > seen[1] * (1 + SLACK):
            yield Beyond(load_figure(team), load, seen, _distance(load, *seen))


def _distance(value: float, low: float, high: float) -> float:
    if value > high:
        return value / high - 1 if high > 0 else math.inf
    return 1 - value / low if value < low else 0.0

"""How long each team's people can keep up while demand changes.

A team's offered load (`twin.offered`) is proportional to demand where each stage has one team. With a load L now and
growth g per year it reaches all of its time after

    ln(1 / L) / ln(1 + g)  years.

Where the twin's own demand has a trend or seasons, the load is taken over four weeks at a time, ten years ahead, growth
that is asked for on top; the team is full at the first four weeks whose load is 1 or more. From then on its queue grows
as long as that lasts. Holidays, WIP limits and delays do not count; who joins or leaves counts as in the first year.

Units: loads are shares, times years of 365.25 days.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from twin.arrivals import Flowing, varies
from twin.machines import with_machines
from twin.offered import A_YEAR, arriving, has_trend, items_within, loads, team_loads, with_offspring
from twin.spec import Twin
from twin.units import DAY, WEEK

SATURATED: Final = 1.0
USUAL_GROWTH: Final = 0.1
"""A year, where nobody says and the twin has no trend of its own."""
PERIOD: Final = 4 * WEEK
AHEAD: Final = 10.0
"""Years looked ahead where demand varies."""
_YEAR: Final = 365.25 * DAY


class Room(NamedTuple):
    """What a team has left."""

    load: float  # now: over the first year, as a share of its time
    years: float | None  # until it is full; 0 where it is already, None where it never is, or not within ten years


def room(twin: Twin, growth: float | None) -> Mapping[str, Room]:
    """Say how long each team can keep up.

    Parameters
    ----------
    twin
        The twin, with its own trend and seasons of demand.
    growth
        Of all demand, a share per year, on top of the twin's own; None adds a tenth where the twin has no trend.
    """
    asked = growth if growth is not None else 0.0 if has_trend(twin) else USUAL_GROWTH
    now = loads(twin)
    if not any(isinstance(each.arrivals, Flowing) and varies(each.arrivals) for each in twin.work.values()):
        return {team: Room(load, years_until_saturated(load, asked)) for team, load in now.items()}
    ahead = _ahead(twin, asked)
    return {team: Room(load, _first(ahead[team])) for team, load in now.items()}


def years_until_saturated(load: float, growth: float) -> float | None:
    """Say when demand that grows so fills a team; None where it never does.

    >>> round(years_until_saturated(0.8, 0.1) or 0, 2), years_until_saturated(1.2, 0.1), years_until_saturated(0.8, 0.0)
    (2.34, 0.0, None)
    """
    if load >= SATURATED:
        return 0.0
    return math.log(SATURATED / load) / math.log1p(growth) if growth > 0 and load > 0 else None


def _ahead(twin: Twin, growth: float) -> Mapping[str, list[float]]:
    """Give each team's load over four weeks at a time."""
    twin = with_machines(twin)
    bounds = np.arange(0, AHEAD * _YEAR + PERIOD, PERIOD, dtype=np.float64)
    more = (1 + growth) ** ((bounds[:-1] + PERIOD / 2) / _YEAR)
    weekly = {
        name: items_within(twin, work.arrivals, bounds) * WEEK / PERIOD * more for name, work in twin.work.items()
    }
    moving = arriving(twin, A_YEAR)
    found: dict[str, list[float]] = {team: [] for team in twin.teams}
    for place in range(more.size):
        here = tuple(flow._replace(items=float(weekly[flow.work][place])) for flow in moving)
        for team, load in team_loads(twin, with_offspring(twin, here)).items():
            found[team].append(load)
    return found


def _first(ahead: list[float]) -> float | None:
    return next((place * PERIOD / _YEAR for place, load in enumerate(ahead) if load >= SATURATED), None)

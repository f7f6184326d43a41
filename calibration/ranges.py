"""The least and most that any week of the data has shown, of what scenarios change.

Arrivals are counted by whole weeks of the stretch in which a log is whole (`calibration.origins`), or of all the log
where that is too short to tell; people are those who began a visit in the week; a team's load in a week is the twin's,
times the visits begun in that week over their mean. What the twin itself has counts as seen. Of a file of metrics,
weeks are its periods; people and loads that it does not give are taken from the least to the most that its plausible
twins have. Units: items a week, people, shares.
"""

from collections.abc import Mapping

import numpy as np

from calibration.observed import NOBODY, observe
from calibration.origins import whole_stretch
from calibration.sources.aggregates import Aggregates
from calibration.workforce import crews_of
from twin.ensemble import Ensemble
from twin.errors import InputError
from twin.eventlog import EventLog, items
from twin.extrapolation import ARRIVALS, figures_of, load_figure, people_figure
from twin.offered import loads
from twin.spec import Twin
from twin.units import WEEK

Ranges = dict[str, tuple[float, float]]


def observed_ranges(log: EventLog, twin: Twin) -> Ranges:
    """Give the least and most of any whole week: items that arrived, and people of each team who were at work.

    Parameters
    ----------
    log
        What the twin was learned from.
    twin
        The twin; what it has itself counts as seen.
    """
    since, until = _stretch(log)
    edges = until - WEEK * np.arange((until - since) // WEEK, -1, -1)
    arrived = np.sort(items(log)["arrived"].to_numpy())
    seen = {ARRIVALS: np.diff(np.searchsorted(arrived, edges))}
    busy = {}
    crews = crews_of(observe(log))
    observed, teams = crews.alone, crews.teams.value
    week = np.searchsorted(edges, observed.started, side="right") - 1
    inside = (observed.person != NOBODY) & (week >= 0) & (week < edges.size - 1)
    for index, name in enumerate(teams.names):
        mine = inside & (teams.of_visit == index)
        pairs = np.unique(np.column_stack([week[mine], observed.person[mine]]), axis=0)
        seen[people_figure(name)] = np.bincount(pairs[:, 0].astype(np.int64), minlength=edges.size - 1)
        begun = np.bincount(week[mine].astype(np.int64), minlength=edges.size - 1)
        busy[load_figure(name)] = begun / max(float(begun.sum()) / max(begun.size, 1), 1e-9)
    own, load = figures_of(twin), loads_of(twin)
    told = {name: values.astype(np.float64) for name, values in seen.items()}
    told |= {name: load[name] * values for name, values in busy.items() if name in load}
    return _with_own(told, {**own, **load})


def loads_of(twin: Twin) -> dict[str, float]:
    """Give the offered loads of a twin that are finite, by their figure."""
    return {load_figure(team): load for team, load in loads(twin).items() if np.isfinite(load)}


def _stretch(log: EventLog) -> tuple[int, int]:
    """Give the ticks between which the log is whole, or all of it where that is less than a week."""
    try:
        since, until = whole_stretch(log)
    except InputError:
        return 0, log.end
    return (since, until) if until - since >= WEEK else (0, log.end)


def given_ranges(given: Aggregates, twin: Twin, ensemble: Ensemble) -> Ranges:
    """Give the same of a file of metrics.

    Parameters
    ----------
    given
        The file.
    twin, ensemble
        The twin that was learned from it, and those as plausible.
    """
    own = {**figures_of(twin), **loads_of(twin)}
    members = [{**figures_of(member), **loads_of(member)} for member in ensemble.members]
    seen = {name: np.array([member[name] for member in members if name in member]) for name in own}
    come = [
        each for each in given.series if each.metric.name in {ARRIVALS, "throughput"} and each.scope.told() == "all"
    ]
    for series in sorted(come, key=lambda each: each.metric.name == ARRIVALS):
        seen[ARRIVALS] = series.values * 7 / (series.ends - series.starts)
    for series in given.series:
        figure = people_figure(series.scope.team)
        if series.metric.name == "people" and figure in seen:
            seen[figure] = series.values
    return _with_own(seen, own)


def _with_own(
    seen: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]], own: Mapping[str, float]
) -> Ranges:
    """Give the range of each figure of a twin, its own value included."""
    return {
        name: (min(value, float(seen[name].min())), max(value, float(seen[name].max())))
        if name in seen and seen[name].size
        else (value, value)
        for name, value in own.items()
    }

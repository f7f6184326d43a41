"""What is believed of an organisation before its metrics are looked at, as a function of standard normal numbers.

A twin is a point z of as many dimensions as it has parameters, and a priori z ~ N(0, I). With u = Phi(z) uniform,

    arrivals        mean of the file x exp(s z), s three standard errors of a Poisson count, at least 3 %
    people          floor(11^u), so 1 to 10, where no head-count is given
    hidden share    h, Beta(1.5, 3.5) quantile at u: mean 30 %, 90 % of it between 5 and 64 %; available = 1 - h
    load            0.98 Beta(3, 1.5) quantile at u of a team's time: half of it between 54 and 81 %, 5 % below 27 %;
                    where utilisation is given, it +- three standard errors of as much work, between 0.01 and 0.98
    effort          follows: load = visits x effort / (people x available x hours); a team's stages share by exp(0.7 z)
    effort cv       exp(0.4 z): half of it between 0.76 and 1.3, 95 % between 0.46 and 2.2; of the values in `CVS`
    rework          Beta(1, 6) quantile at u, back to the stage before: mean 14 %; none at the first stage
    delay           none with 50 %, else 1.1 times the mean time that k stages share, x 10^(-(k + 1) v), v uniform;
                    exponential, by the clock

and WIP limits: none, since metrics do not tell them from few people. Load instead of effort, since a team that coped
bears less than it can, and few are paid to wait. Three standard errors, since the same figures are held against runs
later and are not to count twice. A delay may be all of the time at hand (1.1, since the file gives a mean of few), and
its logarithm is uniform: then how likely a delay between 10 and 20 hours is does not hang on how long items take. A
uniform share of that time would have it that they take long through delays, before anything is held against the file,
and busy teams would be believed idle. Where a stage has no time of its own, its delay may be all that the others leave
of the whole, and the more stages share that, the less is likely at each.

Sources: people 1 to 10, and that 30 % invisible work cannot be seen in a log, are the cases of this project's study of
what metrics cannot tell (C4, C5). For cv, rework and delay no source holds across organisations: the ranges are a
judgement, wide on purpose, and a parameter whose posterior is no narrower than this is reported as assumed.

Units: hours of working time for efforts, of the clock for delays; rates by week.
"""

from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from calibration.organisation import Organisation
from calibration.sources.aggregates import Aggregates, Series
from twin.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CVS: Final = (0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5)
MOST_PEOPLE: Final = 10
LEAST_LOAD: Final = 0.01
MOST_LOAD: Final = 0.98
LEAST_SPREAD: Final = 0.06
"""Of load about a given utilisation: dashboards round, and leave out some of what people do."""
NODES: Final = np.linspace(-6.0, 6.0, 4801)
"""Standard normal numbers at which quantiles are worked out."""
HOURS_A_WEEK: Final = 168.0
MOST_DELAY: Final = 1.1
"""Of the mean time in which a delay lies."""
UNKNOWN_TIME: Final = 24.0
"""Time at a stage, in hours, that delays are a share of where the file says nothing about times."""
_MEAN_TO: Final = {0.0: 1.0, 50.0: 1.3, 85.0: 0.6, 95.0: 0.4}
"""Mean as a multiple of a percentile, roughly; only the range of delays rests on it."""


class Prior(NamedTuple):
    """What the mapping from z rests on."""

    organisation: Organisation
    rate: Floats  # (works,) items a week
    rate_spread: Floats  # (works,)
    used: Floats  # (teams,) given utilisation, NaN where there is none
    used_spread: Floats  # (teams,)
    time: Floats  # (stages,) mean time in which a stage's delay lies, roughly, hours
    sharing: Ints  # (stages,) how many stages that is the time of

    @property
    def whole(self) -> float:
        """Mean time of an item at all stages, roughly, hours."""
        return float((self.time / self.sharing).sum())


class Settings(NamedTuple):
    """Parameters of one twin, or of many with a first axis (twins,) on every array."""

    rate: Floats  # (works,) items a week
    people: Ints  # (teams,)
    available: Floats  # (teams,) share
    load: Floats  # (teams,) share
    effort: Floats  # (stages,) mean, hours
    cv: Ints  # (stages,) index into CVS
    rework: Floats  # (stages,) chance to go back to the stage before
    delay: Floats  # (stages,) mean, hours of the clock, 0 for none


def prior_of(given: Aggregates, organisation: Organisation) -> Prior:
    """Centre the prior on what the file says of rates, utilisation and times.

    Raises
    ------
    InputError
        Where nothing tells how much work comes.
    """
    rates = [_rate(given, work, organisation) for work in organisation.works]
    rate, counts = np.array([each for each, _ in rates]), np.array([count for _, count in rates])
    used = [
        level_of(given, "utilisation", team=team, stages=_stages_of(organisation, number))
        for number, team in enumerate(organisation.teams)
    ]
    busy = np.array([np.nan if each is None else each for each in used])
    return Prior(
        organisation,
        rate,
        np.maximum(3 / np.sqrt(counts), 0.03),
        busy,
        np.maximum(3 * busy * np.sqrt(2 / counts.sum()), LEAST_SPREAD),
        *_times(given, organisation, float(rate.sum())),
    )


def dimensions(prior: Prior) -> int:
    """Count the parameters that are drawn."""
    known = prior.organisation
    teams, stages = len(known.teams), len(known.stages)
    unknown = sum(people is None for people in known.people)
    return len(known.works) + 2 * teams + unknown + 4 * stages - 1


def settings_of(prior: Prior, z: Floats) -> Settings:
    """Turn standard normal numbers into the parameters of twins.

    Parameters
    ----------
    prior
        What the mapping rests on.
    z
        Shape (twins, `dimensions`).

    Returns
    -------
    Settings
        Each array with a first axis (twins,).
    """
    known = prior.organisation
    works, teams, stages = len(known.works), len(known.teams), len(known.stages)
    sizes = [works, teams, teams, teams, stages, stages, stages - 1, stages]
    unknown = [team for team, people in enumerate(known.people) if people is None]
    sizes[2] = len(unknown)
    rates, loads, crowd, hidden, split, spread, back, late = np.split(z, np.cumsum(sizes)[:-1], axis=1)
    rate = prior.rate * np.exp(prior.rate_spread * rates)
    free = MOST_LOAD * _beta(3.0, 1.5, loads)
    load = np.where(np.isnan(prior.used), free, _near(prior, ndtr(loads)))
    counted = np.array([people or 1.0 for people in known.people])
    people = np.tile(np.maximum(1, np.floor(counted + 0.5)).astype(np.int64), (len(z), 1))
    people[:, unknown] = np.minimum(np.floor((MOST_PEOPLE + 1) ** ndtr(crowd)), MOST_PEOPLE).astype(np.int64)
    rounded = np.where([each is None for each in known.people], 1.0, counted / people)
    available = np.minimum((1 - _beta(1.5, 3.5, hidden)) * rounded, 1.0)
    rework = np.zeros((len(z), stages))
    rework[:, 1:] = _beta(1.0, 6.0, back)
    effort = _efforts(
        known, rate.sum(axis=1), np.asarray(load * people * available, np.float64), np.exp(0.7 * split), rework
    )
    cv = np.abs(np.log(CVS) - 0.4 * spread[..., None]).argmin(axis=-1)
    some = 2 * ndtr(late) - 1
    delay = np.where(some > 0, prior.time * MOST_DELAY * 10.0 ** ((some - 1) * (1 + prior.sharing)), 0.0)
    return Settings(rate, people, available, load, effort, cv, rework, delay)


@cache
def _beta_quantiles(a: float, b: float) -> Floats:
    return np.asarray(betaincinv(a, b, ndtr(NODES)))


def _beta(a: float, b: float, z: Floats) -> Floats:
    """Give the quantile of a beta distribution at Phi(z), from a table: the function itself takes 30 times as long."""
    return np.asarray(np.interp(z, NODES, _beta_quantiles(a, b)))


def _near(prior: Prior, u: Floats) -> Floats:
    """Give loads near the given utilisation: quantiles of a normal distribution between the least and the most load."""
    low, high = (ndtr((end - prior.used) / prior.used_spread) for end in (LEAST_LOAD, MOST_LOAD))
    near = prior.used + prior.used_spread * ndtri(low + u * (high - low))
    return np.asarray(np.clip(near, LEAST_LOAD, MOST_LOAD))


def _efforts(known: Organisation, rate: Floats, busy: Floats, split: Floats, rework: Floats) -> Floats:
    """Give the efforts that load teams so: work of a stage = visits x effort; shape (twins, stages)."""
    serving = np.array(known.serving)
    member = serving[:, None] == serving[None, :]
    share = split / (split @ member.T)
    visits = visits_of(rework) * rate[:, None]
    efforts: Floats = busy[:, serving] * known.weekly_hours * share / visits
    return efforts


def visits_of(rework: Floats) -> Floats:
    """Count the visits of an item to each stage of a line with ways back, shape (twins, stages).

    >>> visits_of(np.array([[0.0, 0.5]]))
    array([[2., 2.]])
    """
    twins, stages = rework.shape
    way = np.zeros((twins, stages, stages))
    place = np.arange(stages - 1)
    way[:, place + 1, place] = 1 - rework[:, :-1]
    way[:, place, place + 1] += rework[:, 1:]
    start = np.zeros((twins, stages, 1))
    start[:, 0] = 1.0
    return np.asarray(np.linalg.solve(np.eye(stages) - way, start)[..., 0])


# --- what the file says -----------------------------------------------------------------------------------------------


def level_of(
    given: Aggregates, metric: str, *, team: str = "", work: str = "", stages: tuple[str, ...] = ()
) -> float | None:
    """Give a figure of a team, a type, one of some stages, or all, averaged over periods; None where there is none."""
    for each in given.series:
        scope, named = each.scope, each.scope.team == team and not each.scope.stage
        mine = scope.stage in stages if stages and scope.stage else named
        if each.metric.name == metric and mine and scope.work == work:
            return _level(each)
    return None


def _level(series: Series) -> float:
    """Average a series: counts by week."""
    if series.metric.name in {"arrivals", "throughput"}:
        return float(series.values.sum() * 7 / (series.ends - series.starts).sum())
    return float(np.mean(series.values)) * _MEAN_TO.get(series.metric.percent, 1.0)


def _rate(given: Aggregates, work: str, known: Organisation) -> tuple[float, float]:
    """Give items a week and how many were counted."""
    only = len(known.works) == 1  # then figures of all are of it
    for each in given.series:
        whole = each.scope.work in ({work, ""} if only else {work}) and not each.scope.stage and not each.scope.team
        if each.metric.name in {"arrivals", "throughput"} and whole and each.values.any():
            return _level(each), float(each.values.sum())
    first, last = known.stages[0], known.stages[-1]
    for metric, stage in (("arrivals", first), ("throughput", last), ("throughput", first)):
        ends = {stage, known.teams[known.serving[known.stages.index(stage)]]}
        for each in given.series:
            if only and each.metric.name == metric and {each.scope.stage, each.scope.team} & ends:
                return _level(each), max(float(each.values.sum()) / 4, 9.0)
    whose = "" if only else work
    wip, time = (level_of(given, name, work=whose) for name in ("wip", "lead_time"))
    time = time or level_of(given, "cycle_time", work=whose)
    if wip and time:
        return wip / time * HOURS_A_WEEK, 9.0
    of = "" if only else f" of type {work}"
    raise InputError(f"nothing tells how much work{of} comes: give arrivals or throughput, or WIP and lead time")


def _stages_of(known: Organisation, team: int) -> tuple[str, ...]:
    mine = tuple(stage for stage, each in zip(known.stages, known.serving, strict=True) if each == team)
    return mine if len(mine) == 1 else ()


def _times(given: Aggregates, known: Organisation, rate: float) -> tuple[Floats, Ints]:
    """Give the mean time at each stage, roughly, by Little's law if need be, or what others leave of the whole.

    A cycle time of the whole begins at the first start, so what is waited for before is known from WIP alone.
    """
    whole = _time(given, frozenset(), rate)
    found = [_time(given, {stage, *_own_team(known, number)}, rate) for number, stage in enumerate(known.stages)]
    missing = sum(each is None for each in found)
    rest = (whole or UNKNOWN_TIME * len(found)) - sum(each or 0.0 for each in found)
    left = max(rest, 0.1 * (whole or UNKNOWN_TIME))
    return (
        np.array([left if each is None else each for each in found]),
        np.array([missing if each is None else 1 for each in found], np.int64),
    )


def _own_team(known: Organisation, stage: int) -> tuple[str, ...]:
    """Name the team of a stage, where it serves no other: its figures are the stage's."""
    team = known.serving[stage]
    return (known.teams[team],) if known.serving.count(team) == 1 else ()


def _time(given: Aggregates, names: AbstractSet[str], rate: float) -> float | None:
    times, waiting, passing, lead = [], None, rate, False
    for each in given.series:
        scope = each.scope
        if scope.work or not ((scope.stage or scope.team) in names if names else scope.told() == "all"):
            continue
        if each.metric.name in {"lead_time", "cycle_time"}:
            times.append(_level(each))
            lead |= each.metric.name == "lead_time" or bool(names)
        elif each.metric.name == "wip":
            waiting = _level(each)
        elif each.metric.name == "throughput":
            passing = _level(each)
    little = waiting / passing * HOURS_A_WEEK if waiting and passing else None
    if times:
        return float(np.mean(times)) if lead else max(float(np.mean(times)), little or 0.0)
    return little

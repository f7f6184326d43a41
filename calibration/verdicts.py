"""What to think of each parameter: measured, weakly identified, or assumed.

    assumed            no row of the log says it: nobody recorded it, or nothing of the kind was seen
    weakly identified  fewer than 20 rows stand behind it; or the 90 % interval over the ensemble is wider than half of
                       the estimate, for a share wider than 20 points; or it is a lower bound that was never reached:
                       people and hours of a team with less than 60 % offered load
    measured           all others

Times are held against the estimate, or against a twentieth of the longest mean time of their route where that is more:
whether a minute is two matters little beside a week. Of n members drawn like the truth, the truth lies below all in
1 of n + 1 cases, so the ends are the quantiles at places k / (n + 1): of 20 members, about the least and the greatest.

A verdict is about sampling. That the twin's form is right, or that tomorrow is like the log, no verdict says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np

from calibration.evidence import STARTS, Evidence
from calibration.trend import format_growth
from twin.arrivals import DAYS, Arrivals, Poisson, Renewal
from twin.distributions import mean
from twin.effort import EffortByTeam
from twin.ensemble import Ensemble
from twin.offered import loads
from twin.rates import items_per_week
from twin.spec import Twin
from twin.units import format_clock, format_rate, say_share
from twin.work import START, Route, Work

Word = Literal["measured", "weakly identified", "assumed"]
WORDS: Final[tuple[Word, ...]] = ("measured", "weakly identified", "assumed")

FEW: Final = 20
WIDE: Final = 0.5
"""Width of an interval, as a share of the estimate, from which on it is wide."""
WIDE_SHARE: Final = 0.2
"""The same of a share, in itself."""
NEEDED: Final = 0.6
"""Offered load below which not all people and hours were needed at once."""
MATTERS: Final = 0.05
"""Times shorter than this share of the longest one are held against that."""
ENDS: Final = (0.05, 0.95)
LOG: Final = "log."


class Figure(NamedTuple):
    """A parameter as one number."""

    value: float
    against: float  # what a width is held against
    most: float  # width, held against that, from which on it is wide
    say: Callable[[float], str]


class Width(NamedTuple):
    """An interval over the ensemble."""

    low: str
    high: str
    wide: float  # 1 is the width from which on it is wide


def figures(twin: Twin, fitted: Twin) -> dict[str, Figure]:
    """Give the parameters of a member that are numbers, by the path of their evidence.

    Parameters
    ----------
    twin
        The member.
    fitted
        The twin it belongs to: a row of a route is the share of what is largest there.
    """
    found = {}
    for name, team in twin.teams.items():
        if isinstance(team.people, int):
            found[f"teams.{name}.people"] = Figure(team.people, team.people, WIDE, "{:.0f}".format)
    for name, calendar in twin.calendars.items():
        for number, shift in enumerate(calendar.occasional):
            path = f"calendars.{name}.occasional.{number}.share"
            found[path] = Figure(shift.share, 1.0, WIDE_SHARE, say_share)
    for name, work in twin.work.items():
        found |= {f"work.{name}.{path}": each for path, each in _of_work(work, fitted.work[name])}
    return found


def _of_work(work: Work, fitted: Work) -> Iterator[tuple[str, Figure]]:
    if isinstance(work.arrivals, Poisson | Renewal):
        rate = items_per_week(work.arrivals)
        path = "rate" if isinstance(work.arrivals, Poisson) else "gap.mean"
        yield f"arrivals.{path}", Figure(rate, rate, WIDE, format_rate)
        if work.arrivals.growth:
            yield "arrivals.growth", Figure(work.arrivals.growth, 1.0, WIDE_SHARE, format_growth)
        yield "arrivals.pattern", Figure(_moved(work.arrivals, fitted.arrivals), 1.0, WIDE_SHARE, say_share)
    if work.route is not None and fitted.route is not None:
        yield from ((f"route.{path}", figure) for path, figure in _of_route(work.route, fitted.route))


def _of_route(route: Route, fitted: Route) -> Iterator[tuple[str, Figure]]:
    for key, shares in {START: route.start, **route.next}.items():
        usual = fitted.start if key == START else fitted.next[key]
        share = shares[max(usual, key=lambda name: usual[name])]
        yield key if key == START else f"next.{key}", Figure(share, 1.0, WIDE_SHARE, say_share)
    times = {f"delays.{key}": mean(delay.time) for key, delay in route.delays.items()}
    for stage, effort in route.efforts.items():
        if isinstance(effort, EffortByTeam):
            times |= {f"efforts.{stage}.teams.{team}": mean(each) for team, each in effort.teams.items()}
        else:
            times[f"efforts.{stage}"] = mean(effort)
    least = MATTERS * max(times.values(), default=0.0)
    yield from ((path, Figure(time, max(time, least, 1.0), WIDE, format_clock)) for path, time in times.items())


def _moved(arrivals: Arrivals, usual: Arrivals) -> float:
    """Give the share of arrivals that two patterns put into different hours."""
    week = [
        np.concatenate([np.asarray(each.pattern.day(day), np.float64) for day in range(len(DAYS))])
        for each in (arrivals, usual)
        if isinstance(each, Poisson | Renewal) and each.pattern is not None
    ]
    if len(week) < len((arrivals, usual)) or week[0].size != week[1].size:
        return 0.0
    return float(np.abs(week[0] / week[0].sum() - week[1] / week[1].sum()).sum() / 2)


def widths(twin: Twin, ensemble: Ensemble) -> dict[str, Width]:
    """Give the 90 % interval over the ensemble of each parameter that is a number, by its path."""
    members = [figures(member, twin) for member in ensemble.members]
    found = {}
    for path, figure in figures(twin, twin).items():
        drawn = np.array([member[path].value for member in members if path in member])
        if drawn.size:
            low, high = np.quantile(drawn, ENDS, method="weibull").tolist()
            wide = (high - low) / figure.against / figure.most if figure.against > 0 else 0.0
            found[path] = Width(figure.say(low), figure.say(high), wide)
    return found


def judged(evidence: Iterable[Evidence], twin: Twin, ensemble: Ensemble | None) -> tuple[Evidence, ...]:
    """Give each parameter its verdict, and those without an interval that of the ensemble.

    Parameters
    ----------
    evidence
        Of all parameters.
    twin
        The twin they are of.
    ensemble
        Drawn from the same log; without one, rows and loads decide alone.
    """
    spread = {} if ensemble is None else widths(twin, ensemble)
    load = loads(twin)
    return tuple(_judged(each, spread.get(each.path), load) for each in evidence)


def _judged(evidence: Evidence, width: Width | None, load: Mapping[str, float]) -> Evidence:
    if evidence.path.startswith(LOG) and not evidence.path.startswith(STARTS):
        return evidence
    word, why = evidence.verdict, evidence.why
    if not word:
        word, why = _verdict(evidence, width, load)
    wide = evidence.wide if width is None else width.wide
    found = replace(evidence, verdict=word, why=why, wide=None if wide is None else round(wide, 3))
    if width is None or found.low is not None or width.low == width.high or found.path.endswith(".pattern"):
        return found
    note = "; ".join(part for part in (found.note, "the interval is the 90 % one over the ensemble") if part)
    return replace(found, low=width.low, high=width.high, note=note)


def _verdict(evidence: Evidence, width: Width | None, load: Mapping[str, float]) -> tuple[Word, str]:
    path = evidence.path
    if assumed := _assumption(evidence):
        return "assumed", assumed
    if evidence.rows < FEW:
        return "weakly identified", f"{evidence.rows} rows"
    for team, share in load.items():
        if path in {f"teams.{team}.people", f"calendars.{team} hours"} and share < NEEDED:
            return "weakly identified", f"a lower bound: with a load of {share:.0%} not all were needed at once"
    if width is not None and width.wide > 1:
        return "weakly identified", f"between {width.low} and {width.high} over the ensemble"
    return "measured", f"{evidence.rows:,} rows"


def _assumption(evidence: Evidence) -> str:
    """Say why no row of the log tells this; an empty text where some do."""
    path = evidence.path
    reasons = {
        "nothing of the kind was seen": evidence.rows == 0,
        "nobody recorded it": path.startswith(STARTS),
        "people at work at once are taken to be there for this work alone": path.startswith("teams.")
        and path.endswith(".available"),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def weakest(evidence: Iterable[Evidence], most: int) -> list[Evidence]:
    """List what is assumed or weakly identified: the widest intervals first, then what fewest rows stand behind."""
    doubtful = [each for each in evidence if each.verdict in WORDS[1:]]
    return sorted(doubtful, key=lambda each: (-(each.wide or 0.0), each.rows))[:most]

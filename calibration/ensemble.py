"""Twins that the data holds as plausible as the one it gave.

Each member is the log learned again with items, and weeks, weighed anew: item i counts w_i = -ln u_i, which is the
Bayesian bootstrap (`calibration.bootstrap`). No weight is 0, so rare stages stay and all members have the same names.

    efforts, shares   moved by what the item weights change (`calibration.reweighed`)
    rate, cv of gaps  drawn from the interval that weekly counts give; growth beside the rate of the log's end
    week's pattern    each hour and each weekday by the weights of weeks; arrivals nobody recorded are drawn anew
    occasional shifts their share of weeks, as far as those that held them tell it (`calibration.occasional_hours`)
    people            those seen at work in weeks drawn anew; more, of those ever seen, where they would be overrun
    delays            D + what the weights change about waiting - what the member's own queues change about queueing

The last needs a run of the twin and one of each member, with the same luck: where the member is the twin, both are
alike and D stays. Members hold what the fit chose: teams, calendars, the paths a route remembers, kinds of durations.

Member k takes replicate k, whatever the number of members; draws have names, so the order of rows decides nothing.
Units: ticks (milliseconds). Sources: Rubin (1981), Annals of Statistics 9(1); for intervals over members see
Efron and Tibshirani (1993), ch. 13.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from calibration.blocks import NO_BLOCKS, as_places
from calibration.bootstrap import item_weights_anew, normal_anew, week_weights_anew
from calibration.delays import waits_of
from calibration.efforts import LEAST_VISITS
from calibration.evidence import Evidence
from calibration.first_queues import MOST_LEARNED, ROUNDS
from calibration.fit import Fit
from calibration.headcount import enough
from calibration.hours import Hours
from calibration.multitasking import loss_anew, losses_written, shared_times
from calibration.observed import Codes, Floats, Observed, Ticks
from calibration.occasional_hours import calendars_of
from calibration.patterns import Weeks, pattern_again, week_again, weeks_of
from calibration.rerun import Runs, rerun_after_delays
from calibration.reweighed import Rows, Times, duration_again, lasting, rows_of, shares_again, with_cv
from calibration.routes import weighed_moves
from calibration.shifts import Level, Way, change_of, moved, queued, states_of, ways_of
from calibration.states import told_apart
from calibration.teams import Teams, serving_teams
from calibration.trend import parse_growth
from calibration.unseen_arrivals import busier, with_arrivals
from calibration.workforce import Workforce
from twin.arrivals import Arrivals, Poisson, Renewal
from twin.distributions import scaled
from twin.effort import AnyEffort, EffortByTeam
from twin.engine.telling import Tell, silent
from twin.ensemble import Ensemble
from twin.eventlog import EventLog
from twin.offered import loads, without_trend
from twin.people import Team
from twin.scenario import full_form
from twin.spec import Twin
from twin.units import format_rate, parse_rate
from twin.work import START, Route

MEMBERS: Final = 20
OVERRUN: Final = 0.97
"""Load from which on a member's team gets more people: the log is of a team that coped."""
METHOD: Final = "Bayesian bootstrap over items and weeks, delays corrected by simulation"
RUNS: Final = Runs(visits=1_000, most=60_000)
"""Visits of a member's run: fewer are enough than for the fit, since two runs with the same luck are compared."""
TOGETHER: Final = math.sqrt(3) / 2
"""Correlation of a level at the end of a log with its slope."""
_SPREAD: Final = 2 * 1.959964
"""Width of a normal 95 % interval in standard deviations."""


Show = Callable[[int, int], None]
Name = tuple[str, str]
"""Work type and way of a delay."""


class Basis(NamedTuple):
    """What the log says, as every member reads it."""

    fit: Fit
    log: EventLog  # as estimators read it
    items: int  # above each item's number
    observed: Observed
    teams: Teams
    hours: tuple[Hours, ...]
    efforts: dict[str, dict[str, dict[str | None, Times]]]  # by work, stage and team; None is all teams
    rows: dict[str, Rows]  # by work
    people: dict[str, Codes]  # by team, all weeks first
    named: dict[str, int]  # by team, people whose names the log has
    weeks: dict[str, Weeks]  # by work
    ways: dict[Name, Way]
    force: Workforce
    told: dict[str, Evidence]  # by path


def draw_ensemble(
    basis: Basis, *, members: int = MEMBERS, tell: Tell = silent, show: Show = lambda _done, _planned: None
) -> Ensemble:
    """Draw twins that the log of a fit holds as plausible as its twin.

    Parameters
    ----------
    basis
        The twin, and what its log says.
    members
        How many, at most `calibration.bootstrap.REPLICATES`.
    tell
        Called with one line where an engine has to be compiled first.
    show
        Called with (done, planned) after each member.
    """
    usual = _queueing(basis, basis.fit.twin, tell)
    drawn = []
    for number in range(members):
        drawn.append(_member(basis, usual, number, tell))
        show(number + 1, members)
    return Ensemble(METHOD, tuple(drawn))


def read_basis(fit: Fit) -> Basis:
    """Look at the log of a fit once for all members."""
    twin, (log, blocks, observed, force) = fit.twin, fit.read
    alone, teams, hours, times = force.alone, force.teams, force.hours, force.times
    waits = waits_of(observed, teams, hours)
    return Basis(
        fit=fit,
        log=log,
        items=int(log.frame.select(pl.col("item").max()).item()) + 1,
        observed=observed,
        teams=teams,
        hours=hours,
        efforts={work: _efforts(alone, times, teams, work) for work in observed.works},
        rows={work: _rows(as_places(log, work, blocks.get(work, NO_BLOCKS)), twin, work) for work in observed.works},
        people={teams.names[team]: hours[team].counts for team in serving_teams(teams)},
        named={name: int((teams.member == team).sum()) for team, name in enumerate(teams.names) if teams.member.size},
        weeks={work: weeks_of(with_arrivals(log, fit.unseen), work) for work in observed.works},
        ways={(work, way.key): way for work in observed.works for way in ways_of(twin, observed, waits, work)},
        force=force,
        told={each.path: each for each in fit.evidence},
    )


def _efforts(observed: Observed, times: Ticks, teams: Teams, work: str) -> dict[str, dict[str | None, Times]]:
    """Gather the times behind each effort; a team with few visits has those of all."""
    found: dict[str, dict[str | None, Times]] = {}
    of_work = observed.work == observed.works.index(work)
    for stage, name in enumerate(observed.stages):
        here = np.flatnonzero(of_work & (observed.stage == stage))
        if not here.size:
            continue
        found[name] = {None: Times(times[here], observed.weight[here], observed.item[here])}
        for team in teams.serving[stage]:
            own = here[teams.of_visit[here] == team]
            used = own if own.size >= LEAST_VISITS else here
            found[name][teams.names[team]] = Times(times[used], observed.weight[used], observed.item[used])
    return found


def _rows(log: EventLog, twin: Twin, work: str) -> Rows:
    route = twin.work[work].route
    if route is None:
        raise ValueError(f"work.{work} has no route")
    moves, weight, _ = weighed_moves(told_apart(log, work, states_of(route)), work)
    return rows_of(route, moves, weight)


def _member(basis: Basis, usual: Mapping[Name, float], number: int, tell: Tell) -> Twin:
    """Draw one member."""
    observed, fitted = basis.observed, basis.fit.twin
    anew = item_weights_anew(np.arange(basis.items), number)
    lost = {team: loss_anew(loss, basis.teams.names[team], number) for team, loss in basis.force.losses.items()}
    works = {
        work: written.model_copy(
            update={
                "arrivals": _arrivals(basis, work, written.arrivals, number),
                "route": None if written.route is None else _route(basis, work, written.route, anew, lost),
            }
        )
        for work, written in fitted.work.items()
    }
    twin = _staffed(_rebuilt(fitted, work=works, teams=_losing(fitted, basis, lost)), basis, number)
    weight = observed.weight * anew[observed.item]
    change = {name: change_of(way, weight) for name, way in basis.ways.items()}
    first = _delayed(twin, change, {})
    if not change:
        return first
    own = _queueing(basis, first, tell)
    queueing = {name: own[name] - usual[name] for name in own.keys() & usual.keys()}
    # within chance the log's own queue is what it is: what it shows of a delay does not depend on the member's
    more = {name: each for name, each in queueing.items() if abs(each) > basis.ways[name].apart}
    return _delayed(twin, change, more)


def _rebuilt(twin: Twin, **parts: Any) -> Twin:
    """Replace parts and check the twin again."""
    return Twin.model_validate(full_form(twin.model_copy(update=parts)))


def _losing(fitted: Twin, basis: Basis, lost: Mapping[int, float]) -> dict[str, Team]:
    """Write what several visits at once cost."""
    teams = dict(fitted.teams)
    for team, loss in lost.items():
        name = basis.teams.names[team]
        written = losses_written(basis.force.several[team].most, loss)
        teams[name] = teams[name].model_copy(update={"loss": written})
    return teams


def _route(basis: Basis, work: str, route: Route, anew: Floats, lost: Mapping[int, float]) -> Route:
    """Move shares and efforts; where more is lost to several visits at once, the log tells of less effort."""
    shares = shares_again(route, basis.rows[work], anew)
    times = basis.efforts[work]
    efforts = {
        stage: _effort(effort, times[stage], anew) if stage in times else effort
        for stage, effort in route.efforts.items()
    }
    if lost:
        force = basis.force
        now = _efforts(force.alone, shared_times(force.opened, force.several, lost), basis.teams, work)
        efforts = {
            stage: _lasting(effort, times[stage], now[stage]) if stage in times else effort
            for stage, effort in efforts.items()
        }
    return route.model_copy(update={"start": shares.pop(START), "next": shares, "efforts": efforts})


def _effort(effort: AnyEffort, times: Mapping[str | None, Times], anew: Floats) -> AnyEffort:
    if not isinstance(effort, EffortByTeam):
        return duration_again(effort, times[None], anew)
    teams = {team: duration_again(each, times.get(team, times[None]), anew) for team, each in effort.teams.items()}
    return effort.model_copy(update={"teams": teams})


def _lasting(effort: AnyEffort, was: Mapping[str | None, Times], now: Mapping[str | None, Times]) -> AnyEffort:
    if not isinstance(effort, EffortByTeam):
        return lasting(effort, was[None], now[None])
    known = {team: team if team in was else None for team in effort.teams}
    teams = {team: lasting(each, was[known[team]], now[known[team]]) for team, each in effort.teams.items()}
    return effort.model_copy(update={"teams": teams})


def _arrivals(basis: Basis, work: str, arrivals: Arrivals, number: int) -> Arrivals:
    """Draw rate and cv from their intervals, and weigh the weeks of the pattern anew."""
    if not isinstance(arrivals, Poisson | Renewal):
        return arrivals
    path = f"work.{work}.arrivals"
    rate = _drawn(basis.told.get(f"{path}.rate", basis.told.get(f"{path}.gap.mean")), parse_rate, number)
    fields: dict[str, Any] = {"growth": _growth(basis.told, path, arrivals.growth, number)}
    if isinstance(arrivals, Poisson):
        fields["rate"] = parse_rate(format_rate(float(f"{arrivals.rate * rate:.5g}")))
    else:
        cv = _drawn(basis.told.get(f"{path}.gap.cv"), float, number) if hasattr(arrivals.gap, "cv") else 1.0
        gap = scaled(arrivals.gap, 1 / rate)
        fields["gap"] = with_cv(gap, cv) if hasattr(gap, "cv") else gap
    if arrivals.pattern is not None:
        weeks, form = basis.weeks[work], basis.told.get(f"{path}.pattern")
        anew = week_weights_anew(path, len(weeks.counts), number)
        free = form is not None and form.estimate == "slots"
        drawn = _drawn_anew(basis, work, week_again(weeks, anew, free=free), number)
        fields["pattern"] = pattern_again(arrivals.pattern, weeks, anew, free=free, drawn=drawn)
    return arrivals.model_copy(update=fields)


def _growth(told: Mapping[str, Evidence], path: str, growth: float, number: int) -> float:
    """Draw growth as far off as the level at the log's end goes with it, and as far again by itself.

    Of weeks that are all alike the errors of level and slope have a correlation of half the root of three.
    """
    evidence, rate = (told.get(f"{path}.{name}") for name in ("growth", "rate"))
    rate = rate or told.get(f"{path}.gap.mean")
    if not growth or evidence is None or rate is None:
        return growth
    low, high = (math.log1p(parse_growth(end or "")) for end in (evidence.low, evidence.high))
    with_level, alone = (normal_anew(f"{each.path}: {each.estimate}", number) for each in (rate, evidence))
    off = TOGETHER * with_level + math.sqrt(1 - TOGETHER**2) * alone
    return round(math.expm1(math.log1p(growth) + (high - low) / _SPREAD * off), 3)


def _drawn_anew(basis: Basis, work: str, ratio: Floats, number: int) -> Weeks | None:
    """Draw arrivals that nobody recorded once more, in a week that is so many times as busy.

    None where they were recorded, or are so many that another draw is much the same.
    """
    unseen = basis.fit.unseen.get(work)
    if unseen is None or basis.weeks[work].counts.sum() > MOST_LEARNED:
        return None
    log = with_arrivals(basis.log, {work: busier(unseen, ratio)}, ROUNDS + 1 + number)
    return weeks_of(log, work, basis.weeks[work])


def _drawn(evidence: Evidence | None, read: Callable[[str], float], number: int) -> float:
    """Draw a factor on a value whose interval is symmetric on the logarithmic scale; 1 where it has none."""
    if evidence is None or evidence.low is None or evidence.high is None or read(evidence.low) <= 0:
        return 1.0
    width = math.log(read(evidence.high) / read(evidence.low))
    # the name holds what the log says, so that not all logs have the same luck
    return math.exp(width / _SPREAD * normal_anew(f"{evidence.path}: {evidence.estimate}", number))


def _staffed(twin: Twin, basis: Basis, number: int) -> Twin:
    """Draw numbers of people: those seen at work in other weeks, and more where a team that coped would be overrun.

    Of people with names no more come than there are; somebody nobody saw would take the blame for a queue.
    """
    teams = {}
    for name, team in twin.teams.items():
        counts = basis.people.get(name)
        moved = team.people
        if counts is not None and isinstance(team.people, int):
            moved = max(1, team.people + int(counts[1 + number] - counts[0]))
        teams[name] = team.model_copy(update={"people": moved})
    force = basis.force
    calendars = calendars_of(force.teams, force.hours, force.shifts, number)
    moved_twin = _rebuilt(twin, teams=teams, calendars={**twin.calendars, **calendars})
    # the log's team coped with the log's demand, not with what demand grows to
    for name, load in loads(without_trend(moved_twin)).items():
        people = teams[name].people
        if isinstance(people, int) and load > OVERRUN:
            more = enough(people, load, basis.named.get(name, 0), most=OVERRUN)
            teams[name] = teams[name].model_copy(update={"people": more})
    return _rebuilt(moved_twin, teams=teams)


def _delayed(twin: Twin, change: Mapping[Name, Level], queueing: Mapping[Name, float]) -> Twin:
    """Move the delays of the fit by changes of waiting and of queueing."""
    works = {}
    for name, work in twin.work.items():
        if work.route is None:
            works[name] = work
            continue
        delays = {
            key: moved(delay, change[name, key], queueing.get((name, key), 0.0)) if (name, key) in change else delay
            for key, delay in work.route.delays.items()
        }
        works[name] = work.model_copy(update={"route": work.route.model_copy(update={"delays": delays})})
    return _rebuilt(twin, work=works)


def _queueing(basis: Basis, twin: Twin, tell: Tell) -> dict[Name, float]:
    """Run a twin and look at how long visits queue, way by way; ways that few took are left out."""
    if not basis.ways:
        return {}
    run = rerun_after_delays(twin, basis.observed, RUNS, tell=tell)
    if run is None:
        return {}
    waits = waits_of(run, basis.teams, basis.hours, queued={way.code for way in basis.ways.values()})
    found = {}
    for (work, key), way in basis.ways.items():
        mean = queued(way, waits, run.work == run.works.index(work)) if work in run.works else None
        if mean is not None:
            found[work, key] = mean
    return found

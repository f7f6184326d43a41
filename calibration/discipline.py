"""Which of those who wait is taken next, told from who overtakes whom.

Whenever a visit starts, others that are ready wait on. Under a rule that takes the least key k first, the visit taken
has a smaller key than each of them. The concordance of a rule is the share of such pairs,

    C = mean over starts of the mean over who waits on of [k(taken) < k(waiting)],     ties count 1/2;

1 if the rule is kept, about 1/2 if it has nothing to do with the choice. Keys are the instant of being ready (first
come, or last come), the effort (shortest), and what the log says of cases (an amount, a due date). The simplest rule
within `MARGIN` of the best is taken where that is above `KEPT`, and chance where even first come is no better than
chance.

Names of priorities, such as work types or urgencies, have no order of their own: who is taken while who waits on tells
it. A name's rank is that of its share of such pairs against each of the others, on average; within a rank first come
goes first. A twin serves by the order of its work types.

Only a queue has an order. Where people mostly do not go on to a waiting visit as they finish one, waiting is delay, and
nothing is concluded.

Source of the measure: Kendall (1938), A new measure of rank correlation, Biometrika 30; own in its use here.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours
from calibration.observed import NOBODY, Codes, Floats, Observed, Ticks
from calibration.presence import Booleans
from calibration.teams import Teams, serving_teams
from twin.eventlog import EventLog
from twin.timelines import worked_at
from twin.units import MINUTE

DECISIONS: Final = 400
"""Starts that are looked at, at most, evenly over the log."""
LEAST_DECISIONS: Final = 50
MOST_NAMES: Final = 8
"""Names that may be priorities."""
KEPT: Final = 0.75
MARGIN: Final = 0.05
KEPT_BY_THE_LAST: Final = 0.95
"""The same for last come, first served: any order by what is not known lets newcomers pass those left over."""
INDIFFERENT: Final = 0.6
"""Where no rule is kept and first come, first served is not above this, what decides is not known: chance."""
SEAMLESS: Final = 5 * MINUTE
"""Working time between two visits of a person that are one after the other."""
QUEUEING: Final = 0.6
"""Share of waiting visits that start so, from which on waiting is a queue."""
FIRST_COME, LAST_COME, SHORTEST, CHANCE = (
    "first come, first served",
    "last come, first served",
    "shortest first",
    "chance",
)
WORK_TYPES: Final = "work type"
PRIORITY, FIFO = "priority", "fifo"
"""Rules of teams where some go by work types: those who do, and those who do not."""
WRITTEN: Final = {LAST_COME: "lifo", SHORTEST: "shortest", CHANCE: "random"}
"""Rules that a twin's team writes; first come, first served is what it does anyway."""
NOT_CARRIED: Final = (
    "the twin's items have no such attribute, so it serves first come, first: waits are alike on average, long ones "
    "are not. A column of few names can be the work type: --map work_type=COLUMN"
)


class Queues(NamedTuple):
    """Whom people take first."""

    rules: dict[int, str]  # of teams, by index, that do not take first come first, in the words of `twin.people.Team`
    ranks: dict[str, int]  # priorities of work types, where people go by them


class Names(NamedTuple):
    """What the log says of cases by name."""

    codes: Codes  # (visits,) index of the name, -1 where there is none
    names: tuple[str, ...]


class Order(NamedTuple):
    """How well rules agree with what was taken."""

    rule: str
    concordance: dict[str, float]
    error: float  # standard error of a concordance, at most
    decisions: int


def fit_disciplines(
    observed: Observed, times: Ticks, teams: Teams, hours: tuple[Hours, ...], attributes: Mapping[str, Floats | Names]
) -> Fitted[Queues]:
    """Find the queue rule of each team; teams that serve a stage together have one queue.

    Parameters
    ----------
    observed
        Visits.
    times
        Working time of each, shape (visits,).
    teams, hours
        Who did them, and when they work.
    attributes
        By name, what the log says of each visit's case: numbers, NaN where it does not, shape (visits,), or names.
    """
    found: dict[int, str] = {}
    ranked: dict[int, Sequence[str]] = {}
    evidence: list[Evidence] = []
    named = _named(observed, attributes)
    for group in _sharing(teams):
        stages = [stage for stage, serving in enumerate(teams.serving) if set(serving) & group]
        mine = np.isin(observed.stage, stages)
        if not _queues(observed, mine, hours[min(group)]):
            continue
        ready, started = observed.enabled[mine], observed.started[mine]
        orders = {name: names_in_order(ready, started, _of(each, mine)) for name, each in named.items()}
        keys = {name: key[mine] for name, key in _keys(observed, times, attributes).items()}
        keys |= {
            _in_words(name, told): _ranked(told, named[name], mine, ready) for name, told in orders.items() if told
        }
        order = order_of(ready, started, keys)
        if order is None:
            continue
        evidence += [_evidence(teams.names[team], order) for team in sorted(group)]
        if order.rule in WRITTEN:
            found |= dict.fromkeys(sorted(group), WRITTEN[order.rule])
        if order.rule == _in_words(WORK_TYPES, orders.get(WORK_TYPES, ())):
            ranked |= dict.fromkeys(sorted(group), orders[WORK_TYPES])
    return Fitted(_with_ranks(found, ranked, teams, observed.works), tuple(evidence))


def _with_ranks(
    found: dict[int, str], ranked: Mapping[int, Sequence[str]], teams: Teams, works: Sequence[str]
) -> Queues:
    """Give work types the ranks of the first team that goes by them, and say of the others that they do not."""
    if not ranked:
        return Queues(found, {})
    order = next(iter(ranked.values()))
    places = {name: place + 1 for place, name in enumerate(order)}
    others = {team: FIFO for team in serving_teams(teams) if list(ranked.get(team, ())) != list(order)}
    return Queues(others | found, {work: places.get(work, len(places) + 1) for work in works})


def _named(observed: Observed, attributes: Mapping[str, Floats | Names]) -> dict[str, Names]:
    """List what has names: work types, and attributes that are text."""
    found = {WORK_TYPES: Names(observed.work, tuple(observed.works))} if len(observed.works) > 1 else {}
    return found | {name: each for name, each in attributes.items() if isinstance(each, Names)}


def _of(named: Names, mine: Booleans) -> Names:
    return Names(named.codes[mine], named.names)


def _in_words(name: str, order: Sequence[str]) -> str:
    return f"{name} ({', '.join(order)}), then first come"


def _ranked(order: Sequence[str], named: Names, mine: Booleans, ready: Ticks) -> Floats:
    """Give the key of an order of names: rank, and within it first come; unknown names come last."""
    places = np.array([*(order.index(name) if name in order else len(order) for name in named.names), len(order)])
    arrival = (ready - ready.min()) / max(int(np.ptp(ready)) + 1, 1)
    return np.asarray(places[named.codes[mine]] + arrival)


def names_in_order(ready: Ticks, started: Ticks, named: Names) -> tuple[str, ...]:
    """Tell which names go before which, from who is taken while others wait on.

    Parameters
    ----------
    ready, started
        When visits could have started, and did; shape (visits,).
    named
        Names of these visits.

    Returns
    -------
    Those that met others in a queue, the first to be taken first.
    """
    size = len(named.names)
    if not 2 <= size <= MOST_NAMES:
        return ()
    won = np.zeros((size, size))
    for taken, waiting in _decisions(ready, started):
        others = np.unique(named.codes[waiting])
        if (name := named.codes[taken]) >= 0:
            won[name, others[others >= 0]] += 1
    np.fill_diagonal(won, 0)
    met = won + won.T
    shares = np.divide(won, met, out=np.zeros_like(won), where=met > 0)
    seen = np.flatnonzero(met.any(axis=1))
    score = shares.sum(axis=1) / np.maximum((met > 0).sum(axis=1), 1)
    return tuple(named.names[name] for name in seen[np.argsort(-score[seen], kind="stable")])


def by_visit(attributes: pl.DataFrame, log: EventLog, observed: Observed) -> dict[str, Floats | Names]:
    """Give each visit what is known of its case, NaN or no name where it is not.

    Parameters
    ----------
    attributes
        `case_id` and a column of numbers or text for each attribute.
    log
        The log, which knows the names of its cases.
    observed
        Its visits.
    """
    if log.cases is None or attributes.is_empty():
        return {}
    placed = pl.DataFrame({"case_id": log.cases}).join(attributes, on="case_id", how="left", maintain_order="left")
    return {name: _read(placed[name], observed.item) for name in attributes.columns if name != "case_id"}


def _read(of_case: pl.Series, item: Codes) -> Floats | Names:
    if of_case.dtype != pl.String:
        return of_case.cast(pl.Float64).fill_null(math.nan).to_numpy()[item]
    names = of_case.drop_nulls().unique().sort()
    place = {name: code for code, name in enumerate(names.to_list())}
    codes = np.array([place.get(name, -1) for name in of_case.to_list()], np.int64)
    return Names(codes[item], tuple(place))


def _keys(observed: Observed, times: Ticks, attributes: Mapping[str, Floats | Names]) -> dict[str, Floats]:
    ready = observed.enabled.astype(np.float64)
    keys = {FIRST_COME: ready, LAST_COME: -ready, SHORTEST: times.astype(np.float64)}
    for name, values in attributes.items():
        if isinstance(values, Names):
            continue
        keys |= {f"{name}, least first": values, f"{name}, greatest first": -values}
    return keys


def order_of(ready: Ticks, started: Ticks, keys: Mapping[str, Floats]) -> Order | None:
    """Find the rule that agrees best with what was taken, the simplest first.

    Parameters
    ----------
    ready, started
        When visits could have started, and did; shape (visits,).
    keys
        Rules in order of preference, `FIRST_COME` among them, each with its key by visit, the least first.

    Returns
    -------
    None where too few visits were chosen among several, or no rule can be told.
    """
    shares = [
        [_share(key[taken], key[waiting]) for key in keys.values()] for taken, waiting in _decisions(ready, started)
    ]
    if len(shares) < LEAST_DECISIONS:
        return None
    told = np.array(shares)
    means = dict(zip(keys, told.mean(axis=0).tolist(), strict=True))
    error = 0.5 / math.sqrt(len(shares))
    kept = {name: mean for name, mean in means.items() if mean >= (KEPT_BY_THE_LAST if name == LAST_COME else KEPT)}
    if not kept and means[FIRST_COME] > INDIFFERENT:
        return None
    rule = next((name for name, mean in kept.items() if mean >= max(kept.values()) - MARGIN), CHANCE)
    return Order(rule, means, error, len(shares))


def _decisions(ready: Ticks, started: Ticks) -> Iterator[tuple[int, Booleans]]:
    """List starts before which a visit waited while others did: its index, and who waits on."""
    by_start = np.argsort(started, kind="stable")
    found = 0
    for taken in by_start[np.linspace(0, by_start.size - 1, min(5 * DECISIONS, by_start.size)).astype(int)].tolist():
        waiting = (ready <= started[taken]) & (started > started[taken])
        if ready[taken] < started[taken] and waiting.any() and found < 2 * DECISIONS:
            found += 1
            yield taken, waiting


def _share(taken: float, waiting: Floats) -> float:
    if math.isnan(taken):
        return 0.5
    return float(np.nanmean(np.where(np.isnan(waiting), 0.5, (taken < waiting) + 0.5 * (taken == waiting))))


def _sharing(teams: Teams) -> list[set[int]]:
    """Put teams together that serve a stage together."""
    groups = [{team} for team in serving_teams(teams)]
    for serving in teams.serving:
        together = [group for group in groups if group & set(serving)]
        groups = [group for group in groups if not group & set(serving)] + [set().union(*together)]
    return groups


def _queues(observed: Observed, mine: Booleans, hours: Hours) -> bool:
    """Tell whether people mostly go on to a waiting visit as they finish one."""
    known = np.flatnonzero(mine & (observed.person != NOBODY))
    if known.size < LEAST_DECISIONS:
        return False
    order = known[np.lexsort((observed.started[known], observed.person[known]))]
    same = observed.person[order][1:] == observed.person[order][:-1]
    left, taken = order[:-1][same], order[1:][same]
    waited = observed.started[taken] - observed.enabled[taken] > SEAMLESS
    gap = worked_at(hours.open, observed.started[taken]) - worked_at(hours.open, observed.finished[left])
    return bool(waited.sum() >= LEAST_DECISIONS and (np.abs(gap[waited]) <= SEAMLESS).mean() >= QUEUEING)


def _evidence(team: str, order: Order) -> Evidence:
    others = ", ".join(f"{name} {share:.2f}" for name, share in order.concordance.items())
    carried = order.rule in WRITTEN or order.rule == FIRST_COME or order.rule.startswith(f"{WORK_TYPES} (")
    best = max(order.concordance.values())
    return Evidence(
        f"teams.{team}.queue",
        order.rule,
        f"who was taken against who waited on, share of pairs in the rule's order: {others}",
        order.decisions,
        f"{max(best - 1.96 * order.error, 0):.2f}",
        f"{min(best + 1.96 * order.error, 1):.2f}",
        "The interval is that of the best share. By chance means by nothing that the log tells."
        if carried
        else "The interval is that of its share. The twin's items have no such attribute; it serves first come, first.",
        mind="" if carried else f"people take {order.rule}; {NOT_CARRIED}",
    )

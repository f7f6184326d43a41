"""Which of those who wait is taken next, told from who overtakes whom.

Whenever a visit starts, others that are ready wait on. Under a rule that takes the least key k first, the visit taken
has a smaller key than each of them. The concordance of a rule is the share of such pairs,

    C = mean over starts of the mean over who waits on of [k(taken) < k(waiting)],     ties count 1/2;

1 if the rule is kept, about 1/2 if it has nothing to do with the choice. Keys are the instant of being ready (first
come, or last come), the effort (shortest), and what the log says of cases (an amount, a due date). The simplest rule
within `MARGIN` of the best is taken where that is above `KEPT`, and chance where even first come is no better than
chance.

Only a queue has an order. Where people mostly do not go on to a waiting visit as they finish one, waiting is delay, and
nothing is concluded.

Source of the measure: Kendall (1938), A new measure of rank correlation, Biometrika 30; own in its use here.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours
from calibration.observed import NOBODY, Floats, Observed, Ticks
from calibration.presence import Booleans
from calibration.teams import Teams, serving_teams
from twin.eventlog import EventLog
from twin.timelines import worked_at
from twin.units import MINUTE

DECISIONS: Final = 400
"""Starts that are looked at, at most, evenly over the log."""
LEAST_DECISIONS: Final = 50
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
WRITTEN: Final = {LAST_COME: "lifo", SHORTEST: "shortest", CHANCE: "random"}
"""Rules that a twin's team writes; first come, first served is what it does anyway."""


class Order(NamedTuple):
    """How well rules agree with what was taken."""

    rule: str
    concordance: dict[str, float]
    error: float  # standard error of a concordance, at most
    decisions: int


def fit_disciplines(
    observed: Observed, times: Ticks, teams: Teams, hours: tuple[Hours, ...], attributes: Mapping[str, Floats]
) -> Fitted[dict[int, str]]:
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
        By name, what the log says of each visit's case, NaN where it does not; shape (visits,).

    Returns
    -------
    Fitted[dict[int, str]]
        Rule, in the words of `twin.people.Team`, of teams that do not take first come first.
    """
    found: dict[int, str] = {}
    evidence: list[Evidence] = []
    for group in _sharing(teams):
        stages = [stage for stage, serving in enumerate(teams.serving) if set(serving) & group]
        mine = np.isin(observed.stage, stages)
        if not _queues(observed, mine, hours[min(group)]):
            continue
        keys = _keys(observed, times, attributes)
        order = order_of(
            observed.enabled[mine], observed.started[mine], {name: key[mine] for name, key in keys.items()}
        )
        if order is None:
            continue
        evidence += [_evidence(teams.names[team], order) for team in sorted(group)]
        if order.rule in WRITTEN:
            found |= dict.fromkeys(sorted(group), WRITTEN[order.rule])
    return Fitted(found, tuple(evidence))


def by_visit(attributes: pl.DataFrame, log: EventLog, observed: Observed) -> dict[str, Floats]:
    """Give each visit what is known of its case, NaN where it is not.

    Parameters
    ----------
    attributes
        `case_id` and a column of numbers for each attribute.
    log
        The log, which knows the names of its cases.
    observed
        Its visits.
    """
    if log.cases is None or attributes.is_empty():
        return {}
    placed = pl.DataFrame({"case_id": log.cases}).join(attributes, on="case_id", how="left", maintain_order="left")
    return {
        name: placed[name].cast(pl.Float64).fill_null(math.nan).to_numpy()[observed.item]
        for name in attributes.columns
        if name != "case_id"
    }


def _keys(observed: Observed, times: Ticks, attributes: Mapping[str, Floats]) -> dict[str, Floats]:
    ready = observed.enabled.astype(np.float64)
    keys = {FIRST_COME: ready, LAST_COME: -ready, SHORTEST: times.astype(np.float64)}
    for name, values in attributes.items():
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
    by_start = np.argsort(started, kind="stable")
    shares: list[list[float]] = []
    for taken in by_start[np.linspace(0, by_start.size - 1, min(5 * DECISIONS, by_start.size)).astype(int)].tolist():
        waiting = (ready <= started[taken]) & (started > started[taken])
        if ready[taken] < started[taken] and waiting.any() and len(shares) < 2 * DECISIONS:
            shares.append([_share(key[taken], key[waiting]) for key in keys.values()])
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
    carried = order.rule in WRITTEN or order.rule == FIRST_COME
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
    )

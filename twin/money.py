"""Figures of money, as sums of what people, machines and delay come to inside a window of length L.

    running cost = (cost of all hours that people are there + cost of machines) / weeks in L
    cost per item = the same sum / items done inside the window
    delay cost = cost of delay / weeks in L                 total cost = running cost + delay cost
    cost efficiency = sum over teams of (cost of the team's hours x its busy hours / those hours) / cost of all hours

A figure is there where all is known that it is made of, in one currency: no cost is taken to be zero but that of a
machine, of which `twin check` says so. Nothing is added across currencies. Penalties are not in it, nor what an item is
worth: what is cancelled costs no delay from then on, so cancelling alone looks cheap.

Units: amounts per week of 168 hours, or per item. Source: bookkeeping, elementary.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.accrual import Accrued
from twin.tally import UNKNOWN, Counts, Values
from twin.units import WEEK
from twin.yardstick import Yardstick

ALL = "all"


class Account(NamedTuple):
    """Costs that are told together."""

    scope: str
    currency: str


class Money(NamedTuple):
    """What is told of money, laid out for the codes of arrays."""

    accounts: tuple[Account, ...]  # teams, machines and, where all is known, all
    staff: Values  # (accounts,) cost of people's hours
    of_machines: Values  # (accounts, machines) 1 where an account holds a machine
    efficient: tuple[str, ...]  # teams of which the worth of hours is known, and all
    worth: Values  # (efficient, teams + 1) cost of a busy tick as a share of the cost of all hours
    delays: tuple[Account, ...]  # work types and all
    of_delays: Values  # (delays, kinds of delay) 1 where an account holds it
    visit: Values  # (machines, segments) amounts
    item_week: Values  # (kinds of delay, segments) amounts
    weekly: Values | None  # (segments,) cost of people's hours, where total cost is known
    weeks: NDArray[np.int64]  # (segments,) number of the week each lies in

    @property
    def total(self) -> Account | None:
        """What total cost is told of, the sum of the last account of either kind; None where it is not known."""
        return None if self.weekly is None else self.accounts[-1]


def money(yardstick: Yardstick, works: Sequence[str], teams: Sequence[str]) -> Money:
    """Lay out what can be told of money.

    Parameters
    ----------
    yardstick
        What is known of costs.
    works, teams
        Names behind the codes of arrays.
    """
    terms = yardstick.terms
    delays, machines = (terms.delays, terms.machines) if terms else ((), ())
    edges = terms.edges if terms else np.zeros(1, np.int64)
    accounts, staff, holds = _accounts(yardstick)
    efficient, worth = _worth(yardstick, accounts, teams)
    told, of_delays = _delay_accounts(yardstick, works)
    is_total = accounts[-1:] == told[-1:] and bool(told) and told[-1].scope == ALL
    return Money(
        accounts,
        staff,
        holds,
        efficient,
        worth,
        told,
        of_delays,
        _stacked([each.amounts for each in machines], edges),
        _stacked([each.amounts for each in delays], edges),
        terms.staff if terms and is_total else None,
        (edges[:-1] - yardstick.window[0]) // WEEK,
    )


def _stacked(rows: Sequence[Values], edges: NDArray[np.int64]) -> Values:
    return np.array(rows, np.float64).reshape(len(rows), edges.size - 1 if edges.size else 0)


def _accounts(yardstick: Yardstick) -> tuple[tuple[Account, ...], Values, Values]:
    """List who costs what: teams, machines, and all of them where every team with hours is paid."""
    machines = yardstick.terms.machines if yardstick.terms else ()
    found: dict[Account, tuple[float, set[int]]] = {
        Account(team, currency): (amount, set()) for team, (amount, currency) in yardstick.paid.items()
    }
    for place, each in enumerate(machines):
        found[Account(each.team, each.currency)] = 0.0, {place}
    own = {each.scope for each in found} | yardstick.machines
    if all(team in own for team, ticks in yardstick.hours.items() if ticks):
        sums: dict[str, tuple[float, set[int]]] = {}
        for account, (amount, places) in found.items():
            before, others = sums.get(account.currency, (0.0, set()))
            sums[account.currency] = before + amount, others | places
        found |= {Account(ALL if len(sums) == 1 else each, each): total for each, total in sums.items()}
    holds = [[float(place in places) for place in range(len(machines))] for _, places in found.values()]
    staff = np.array([amount for amount, _ in found.values()], np.float64)
    return tuple(found), staff, np.array(holds, np.float64).reshape(len(found), len(machines))


def _worth(yardstick: Yardstick, accounts: tuple[Account, ...], teams: Sequence[str]) -> tuple[tuple[str, ...], Values]:
    """Say what share of the cost of hours a busy tick of each team is, for each team and for all."""
    code = {team: place for place, team in enumerate(teams)}
    known = {team: amount for team, (amount, _) in yardstick.paid.items() if amount and yardstick.contract.get(team)}
    worth = np.zeros((len(known) + 1, len(teams) + 1))
    total = sum(known.values())
    for row, (team, amount) in enumerate(known.items()):
        worth[row, code.get(team, UNKNOWN)] = 1 / yardstick.contract[team]
        worth[-1, code.get(team, UNKNOWN)] = amount / yardstick.contract[team] / total
    if known and accounts[-1].scope == ALL:
        return (*known, ALL), worth
    return tuple(known), worth[:-1]


def _delay_accounts(yardstick: Yardstick, works: Sequence[str]) -> tuple[tuple[Account, ...], Values]:
    """List whose delay costs what: work types, and all of them."""
    delays = yardstick.terms.delays if yardstick.terms else ()
    found: dict[Account, list[float]] = {}
    for work in works:
        mine = [each for each in delays if each.work == work]
        if len({each.currency for each in mine}) == 1:
            found[Account(work, mine[0].currency)] = [float(each.work == work) for each in delays]
    currencies = sorted({each.currency for each in delays})
    for currency in currencies:
        scope = ALL if len(currencies) == 1 else currency
        found[Account(scope, currency)] = [float(each.currency == currency) for each in delays]
    return tuple(found), np.array(list(found.values()), np.float64).reshape(len(found), len(delays))


def named(laid: Money) -> list[tuple[str, str, str]]:
    """Name the figures that `amounts` gives: metric, scope and unit."""
    total = [laid.total] if laid.total else []
    return [
        *(("cost_per_item", each.scope, f"{each.currency}/item") for each in laid.accounts),
        *(("running_cost", each.scope, f"{each.currency}/week") for each in laid.accounts),
        *(("cost_efficiency", scope, "share") for scope in laid.efficient),
        *(("delay_cost", each.scope, f"{each.currency}/week") for each in laid.delays),
        *(("total_cost", each.scope, f"{each.currency}/week") for each in total),
    ]


def amounts(laid: Money, counts: Counts, length: float) -> Values:
    """Give the figures of `named`; NaN where nothing was done to share a cost.

    Parameters
    ----------
    laid
        What to tell.
    counts
        All that was counted.
    length
        Of the window in ticks, NaN where it has none.
    """
    found, weeks = counts.accrued, length / WEEK
    done = int(counts.flow.times.number[counts.flow.inside.size - 1])
    running = laid.staff + laid.of_machines @ (found.visits * laid.visit).sum(axis=1)
    delay = laid.of_delays @ (found.delay / WEEK * laid.item_week).sum(axis=1)
    total = running[-1:] + delay[-1:] if laid.total else np.empty(0)
    rates = np.concatenate([delay, total]) / weeks
    return np.concatenate([running / (done or np.nan), running / weeks, laid.worth @ counts.busy, rates])


def weekly_cost(laid: Money, found: Accrued, weeks: int) -> Values | None:
    """Give total cost by whole week, shape (weeks,); None where it is not known."""
    if laid.weekly is None:
        return None
    by_segment = (found.visits * laid.visit).sum(axis=0) + (found.delay / WEEK * laid.item_week).sum(axis=0)
    total = np.zeros(max(weeks, int(laid.weeks.max(initial=-1)) + 1))
    np.add.at(total, laid.weeks, laid.weekly + by_segment)
    return total[:weeks]


def promised_clocks(yardstick: Yardstick) -> Mapping[str, int]:
    """Give the promises that are plain elapsed time, in ticks by work type; the others have clocks of their own."""
    clocks = yardstick.terms.clocks if yardstick.terms else {}
    return {work: sla.lead_time for work, sla in yardstick.promises.items() if work not in clocks}

"""What else a person has open beside a visit, and how much of their attention it gets.

With k visits of a person open at an instant, one of them gets at most 1 / k of the person: over its time

    a = ∫ 1/k dt,     and where work on k at once goes at a rate r(k) each,     effort = ∫ r(k) dt,

both over the working time of the team's hours. Only instants at which something begins or ends change k, so every such
integral is the difference of one running sum over the person's instants.
Units: ticks (milliseconds) of working time. Source: Kleinrock (1967), Time-shared systems: a theoretical treatment,
Journal of the ACM 14(2), 242-261 (processor sharing).
"""

from typing import NamedTuple

import numpy as np

from calibration.observed import NOBODY, Codes, Floats, Observed, Ticks
from calibration.presence import Booleans
from twin.timelines import Timeline, worked_at


class Attention(NamedTuple):
    """Visits of a team whose person is known, and how many that person had open, instant by instant."""

    rows: Codes  # (visits,) index among all visits
    begin: Codes  # (visits,) place of its begin among the instants
    end: Codes  # (visits,)
    first: Codes  # (visits,) visits of its person that are open once it has begun, itself included
    open: Codes  # (instants,) visits of a person that are open from then on
    lasting: Ticks  # (instants,) working time until the person's next instant

    @property
    def most(self) -> int:
        """The most visits that anybody ever had open."""
        return int(self.open.max(initial=0))

    @property
    def attended(self) -> int:
        """Working time in which somebody has a visit open, each person's counted once."""
        return int(self.lasting[self.open > 0].sum())


def attention_of(observed: Observed, mine: Booleans, hours: Timeline) -> Attention:
    """Look at what each person of a team had open.

    Parameters
    ----------
    observed
        Visits.
    mine
        Which of them are the team's, shape (visits,); those of nobody known are left out.
    hours
        When the team works.
    """
    rows = np.flatnonzero(mine & (observed.person != NOBODY))
    started, finished = (worked_at(hours, each[rows]) for each in (observed.started, observed.finished))
    who, at = np.tile(observed.person[rows], 2), np.concatenate([started, finished])
    change = np.repeat([1, -1], rows.size)
    order = np.lexsort((change, at, who))  # what ends at an instant is no longer open when something begins there
    who, at = who[order], at[order]
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    open_ = np.maximum(np.cumsum(change[order]), 0)  # the end of a visit of no length comes before its begin
    same = np.append(who[1:] == who[:-1], np.zeros(min(who.size, 1), bool))
    lasting = np.where(same, np.append(at[1:], 0) - at, 0)
    # of several that begin at once each is beside all others
    settled = np.flatnonzero(~same | (lasting > 0))
    first = open_[settled[np.searchsorted(settled, place[: rows.size])]] if rows.size else open_
    return Attention(rows, place[: rows.size], place[rows.size :], np.maximum(first, 1), open_, lasting)


def integrated(attention: Attention, rate: Floats) -> Floats:
    """Add up over each visit a rate that depends on how many are open.

    Parameters
    ----------
    attention
        Visits, and how many were open.
    rate
        By number open, at least to the most that were, shape (`Attention.most` + 1,).

    Returns
    -------
    In ticks, shape (visits,).
    """
    total = np.append(0.0, np.cumsum(rate[attention.open] * attention.lasting))
    return np.asarray(total[attention.end] - total[attention.begin])


def shares_open(attention: Attention) -> Floats:
    """Give the share of worked time, in which something is open, by number open; shape (`Attention.most` + 1,)."""
    total = np.bincount(attention.open, attention.lasting.astype(np.float64), minlength=attention.most + 1)
    total[0] = 0.0
    return np.asarray(total / max(total.sum(), 1.0))

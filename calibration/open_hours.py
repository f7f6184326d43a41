"""Hours of the week in which a team works, from how often it was seen.

An hour is open where the team was seen often enough beside its usual hours,

    seen / held >= 20 % of the 75 % quantile over the hours in which it was seen at all,

with held the weeks of which the log holds that hour, each by the share of the team's work that it holds of it
(`calibration.work_held`; 1 but in a log of what was done since a date). Days that few weeks hold are no regular ones,
and hours that a short log does not reach are taken to be like those of other workdays or weekends.
Units: hours of the week, Monday first.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from calibration.closing import HOURS_PER_DAY
from calibration.observed import Floats
from calibration.presence import Booleans, Presence

WORKDAYS: Final = 5
USUAL: Final = 0.75
"""Quantile over the hours of the week in which a team was seen at all: the presence of a usual hour."""
RARE: Final = 0.2
"""Hours with less than this share of the usual presence are closed."""
GAP: Final = 2
"""Hours without work between hours of work that are taken for chance."""
SELDOM: Final = 0.5
"""Days worked in less than this share of the weeks since they first were are no regular ones (`occasional_hours`),"""
MOSTLY: Final = 0.75
"""if the team's usual day was worked in this share, so that no work on a day says that nobody was there."""
LEAST_HELD: Final = 2
"""Weeks that held such a day: one alone says neither."""


def open_hours(presence: Presence, held: Floats | None = None) -> Booleans:
    """Choose the hours in which a team was seen often enough.

    Parameters
    ----------
    presence
        When it was seen.
    held
        Share of its work that the log holds, shape (weeks, SLOTS); None where it holds all.

    Returns
    -------
    Shape (SLOTS,).
    """
    seen: Floats = np.nansum(presence.people, axis=0)
    beyond: Booleans = np.asarray(np.isnan(presence.people).all(axis=0))
    weights = np.ones(presence.people.shape) if held is None else held
    if held is not None:
        share = np.maximum(held.sum(axis=0), 1 / max(presence.marks.sum(), 1.0))  # no less than that of one visit
        seen = seen / share
        beyond = _as_good_as_beyond(seen, share, beyond)
    usual = np.quantile(seen[seen > 0], USUAL)
    opened = _without_seldom_days(seen >= np.maximum(RARE * usual, 1e-9), presence, weights)
    return banded(_with_unseen_days(opened, beyond))


def _as_good_as_beyond(seen: Floats, share: Floats, beyond: Booleans) -> Booleans:
    """Add hours of workdays of which the log holds so little that a usual one would not have been seen once."""
    expected = share * np.quantile(seen[seen > 0], USUAL)
    workday = np.arange(seen.size) < WORKDAYS * HOURS_PER_DAY
    return np.asarray(beyond | (workday & (expected < 1)))


def _without_seldom_days(opened: Booleans, presence: Presence, weights: Floats) -> Booleans:
    """Close days of the week that few weeks hold, of a team that is there on its usual days in most weeks."""
    days = opened.reshape(-1, HOURS_PER_DAY)
    seen = presence.people.reshape(-1, *days.shape)
    counted = weights.reshape(seen.shape).mean(axis=2)  # (weeks, days)
    seen_hours = (seen > 0).sum(axis=2)
    worked = seen_hours > 0
    since = np.maximum.accumulate(worked, axis=0) & ~np.isnan(seen).all(axis=2)
    often = (counted * worked).sum(axis=0) / np.maximum((counted * since).sum(axis=0), 1e-9)
    seldom = (often < SELDOM) & ((seen_hours > 1).sum(axis=0) >= LEAST_HELD)  # one hour alone makes no shift
    usual = np.median(often[days.any(axis=1)])
    return (days & ~seldom[:, None]).ravel() if usual >= MOSTLY else opened


def _with_unseen_days(opened: Booleans, beyond: Booleans) -> Booleans:
    """Take hours of the week that a short log does not reach to be like those of its days, of workdays or weekends.

    Of a log shorter than a day, those of the day that it does not reach are like most that it does.
    """
    unseen = beyond.reshape(-1, HOURS_PER_DAY)
    days = opened.reshape(-1, HOURS_PER_DAY).copy()
    reached = (~unseen).sum(axis=1)
    days |= unseen.all(axis=0) & (days.sum(axis=1) > reached / 2)[:, None]
    for part in (slice(WORKDAYS), slice(WORKDAYS, None)):
        days[part] |= unseen[part] & days[part].any(axis=0)
    return days.ravel()


def banded(opened: Booleans) -> Booleans:
    """Close short gaps within a day of the hours of a week, shape (SLOTS,)."""
    filled = opened.reshape(-1, HOURS_PER_DAY).copy()
    for day in filled:
        at_work = np.flatnonzero(day)
        for before, after in pairwise(at_work.tolist()):
            day[before:after] |= after - before <= GAP + 1
    return filled.ravel()

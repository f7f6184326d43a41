"""Over the ensemble, the truth of known twins lies where its intervals say."""

from functools import cache
from typing import Final

import numpy as np
import pytest
from scipy import stats

from benchmarks.recovery import NOMINAL, TWINS, Trial, trials, uniform

FEW_LOGS: Final = 2
LOGS: Final = 20
MEMBERS: Final = 20
MISSED: Final = 1e-3


@cache
def told(name: str, logs: int) -> tuple[Trial, ...]:
    """Look at parameters of one twin in so many logs; people are a lower bound and tested by themselves."""
    return tuple(each for number in range(logs) for each in trials(name, number, MEMBERS) if each.kind != "people")


def least_covered(n: int) -> int:
    """Count how many of n intervals hold the truth at least, but in one of a thousand cases."""
    return int(stats.binom.ppf(MISSED, n, NOMINAL))


def test_the_truth_of_a_plain_twin_lies_within_its_ensembles() -> None:
    found = told("plain", FEW_LOGS)
    assert sum(each.covered for each in found) >= least_covered(len(found))


def test_estimates_are_off_by_no_more_than_their_ensembles_say() -> None:
    errors = np.array([each.error for each in told("plain", FEW_LOGS)])
    assert float(np.mean(errors**2)) < stats.chi2.ppf(1 - MISSED, errors.size) / errors.size


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TWINS)
def test_intervals_over_the_ensemble_cover_as_often_as_they_say(name: str) -> None:
    found = told(name, LOGS)
    assert sum(each.covered for each in found) >= least_covered(len(found))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_the_truth_ranks_anywhere_among_members() -> None:
    ranks = [each.rank for each in told("plain", LOGS)]
    assert float(uniform(ranks, MEMBERS)) > MISSED

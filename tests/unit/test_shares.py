"""Shapley shares of a bundle: known games, the laws that define them, and a desk whose bottleneck is known."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from questions import CLERK, SENIOR, desk, question

from twin.decide.shares import Bundle, Subset, Worths, drawn_shares, exact_shares, groups_of, split_effect
from twin.decide.trials import Running, Trials
from twin.errors import InputError
from twin.scenario import Experiment

Values = NDArray[np.float64]
GLOVES = {frozenset({0, 1}): 1.0, frozenset({0, 2}): 1.0, frozenset({0, 1, 2}): 1.0}
"""One left glove and two right ones: a pair is worth 1. The shares are known: 4/6, 1/6, 1/6."""
NEW_DESK: list[dict[str, Any]] = [
    {"set": "teams.checkers", "to": {"people": 1}},
    {"set": "stages.sign.team", "to": "checkers"},
    CLERK,
]


def game(value: dict[Subset, float]) -> Worths:
    def worths(subsets: Sequence[Subset], _first: int, count: int) -> Values:
        return np.repeat([[value.get(subset, 0.0)] for subset in subsets], count, axis=1)

    return worths


def by_orders(value: dict[Subset, float], players: int) -> Values:
    """Average over every order, as the definition says."""
    orders = list(permutations(range(players)))
    shares = np.zeros(players)
    for order in orders:
        for at, player in enumerate(order):
            before = frozenset(order[:at])
            shares[player] += value.get(before | {player}, 0.0) - value.get(before, 0.0)
    return shares / len(orders)


games = st.integers(2, 4).flatmap(
    lambda players: st.tuples(
        st.just(players),
        st.fixed_dictionaries(
            {
                frozenset(p for p in range(players) if code >> p & 1): st.floats(-100, 100)
                for code in range(1, 1 << players)
            }
        ),
    )
)


def split(changes: list[dict[str, Any]], **more: Any) -> Bundle | None:
    asked = ask(changes, **more)
    return split_effect(
        Trials(asked, desk(), Running("reference"), planned=1),
        "all",
        asked.scenarios["all"],
        asked.answer,
        replications=6,
    )


def ask(changes: list[dict[str, Any]], **more: Any) -> Experiment:
    return question(scenarios={"all": changes}, **more)


def test_the_glove_game_has_its_textbook_shares() -> None:
    assert exact_shares(game(GLOVES), 3, 1)[:, 0] == pytest.approx([4 / 6, 1 / 6, 1 / 6])


@settings(deadline=None)
@given(games)
def test_shares_are_the_average_over_every_order(drawn: tuple[int, dict[Subset, float]]) -> None:
    players, value = drawn
    assert exact_shares(game(value), players, 1)[:, 0] == pytest.approx(by_orders(value, players), abs=1e-9)


@settings(deadline=None)
@given(games)
def test_shares_sum_to_the_effect_of_the_whole_exact_or_drawn(drawn: tuple[int, dict[Subset, float]]) -> None:
    players, value = drawn
    whole = value[frozenset(range(players))]
    for shares in (exact_shares(game(value), players, 3), drawn_shares(game(value), players, 3, seed=1)):
        assert shares.sum(axis=0) == pytest.approx(whole, abs=1e-9)


def test_a_change_that_adds_nothing_has_no_share() -> None:
    value = {subset | extra: worth for subset, worth in GLOVES.items() for extra in (frozenset[int](), frozenset({3}))}
    assert exact_shares(game(value), 4, 1)[3, 0] == 0


def test_drawn_orders_come_near_the_exact_shares() -> None:
    """600 orders and their reverses: the standard error of each share is below 0.02."""
    drawn = drawn_shares(game(GLOVES), 3, 600, seed=1).mean(axis=1)
    assert drawn == pytest.approx([4 / 6, 1 / 6, 1 / 6], abs=0.06)


def test_orders_depend_on_the_seed_only() -> None:
    first, again, other = (drawn_shares(game(GLOVES), 3, 20, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_most_of_the_gain_is_the_bottlenecks() -> None:
    bundle = split([SENIOR, CLERK])
    assert bundle is not None
    assert bundle.parts[0].changed == ("teams.clerks.people: 2 → 3",)
    assert bundle.parts[0].share.effect < 0.8 * bundle.total.effect < 0


def test_the_parts_sum_to_the_total() -> None:
    bundle = split([SENIOR, CLERK, {"scale": "work.letter.steps.sign.effort", "by": 0.5}])
    assert bundle is not None
    assert sum(part.share.effect for part in bundle.parts) == pytest.approx(bundle.total.effect, rel=1e-12)


def test_alone_and_last_are_the_first_and_the_last_place_in_an_order() -> None:
    """With two changes, the share is the mean of both."""
    bundle = split([SENIOR, CLERK])
    assert bundle is not None
    for part in bundle.parts:
        assert part.share.effect == pytest.approx((part.alone.effect + part.last.effect) / 2)


def test_one_change_has_nothing_to_split() -> None:
    assert split([CLERK]) is None


def test_too_many_changes_are_told_before_anything_is_tried() -> None:
    with pytest.raises(InputError, match="all: 41 changes are too many to split; at most 40"):
        split([CLERK] * 41)


def test_changes_that_need_each_other_share_as_one() -> None:
    assert groups_of(desk(), ask(NEW_DESK).scenarios["all"]) == ((0, 1), (2,))


def test_seven_changes_are_split_by_drawn_orders() -> None:
    slower = {"scale": "work.letter.steps.answer.effort", "by": 0.99}
    bundle = split([CLERK, SENIOR, *[slower] * 5], run={"length": "2 w"})
    assert bundle is not None
    assert (bundle.exact, len(bundle.parts)) == (False, 7)
    assert sum(part.share.effect for part in bundle.parts) == pytest.approx(bundle.total.effect, rel=1e-9)

"""The compiled engine gives what the reference gives, byte for byte: rows, their order, the books and the errors.

Twins are drawn at whole hours, so that ties are everywhere; every feature meets every other. The compiled engine begins
in arrays for one item and one row, so that all of them grow on the way.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pytest
from flow_strategies import block_cases, branched_cases, flow_cases, held_cases, locked_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import CALENDARS, Case, cases, contents
from tiny import listed, twin, work

from twin.demand import Items, draw_items
from twin.engine import compiled, reference
from twin.engine.kernel import hall
from twin.errors import TwinError
from twin.outcome import Outcome
from twin.plan import Model
from twin.presence import present
from twin.spec import Twin
from twin.units import DAY

Run = Callable[..., Outcome]
EXAMPLES = int(os.environ.get("PARITY_EXAMPLES", "300"))


@pytest.fixture(scope="module", autouse=True)
def _least_room() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hall, "FIRST_SLOTS", 1)
        patch.setattr(compiled, "FIRST_ROWS", 1)
        patch.setattr(compiled, "SPARE", 0)
        yield


class Prepared(NamedTuple):
    """A model with the items that come, which both engines take: neither may change anything of it."""

    model: Model
    items: Items
    seed: int
    drained: int | None


def prepared(case: Case, seed: int, drained: int | None) -> Prepared:
    model = present(case.model(), seed=seed, replication=seed % 3)
    items = draw_items(model.intakes, model.inside, seed=seed, replication=seed % 3, until=model.until, limit=drained)
    return Prepared(model, items, seed, drained)


def told(run: Run, given: Prepared, *, rich: bool = False) -> str:
    """Tell all there is to say of a run: the digest of its bytes, or the error."""
    model, items, seed, drained = given
    model = model._replace(rich=model.rich or rich)
    try:
        with np.errstate(over="ignore"):  # plain Python warns where words wrap around, as they should
            outcome = run(model, items, seed=seed, replication=seed % 3, drain=drained is not None, limit=drained)
    except TwinError as error:
        return f"{type(error).__name__}: {error}"
    return hashlib.sha256(repr(contents(outcome)).encode()).hexdigest()


def both_tell_the_same(case: Case, seed: int, drained: int | None, *, plain: bool = True) -> None:
    given = prepared(case, seed, drained)
    expected = told(reference.run, given)
    assert told(compiled.run, given, rich=True) == expected
    assert not plain or told(compiled.run, given) == expected


every_run = {"case": cases(), "seed": st.integers(0, 2**64 - 1), "drained": st.none() | st.integers(0, 20)}
free = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(**every_run)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=free)
def test_both_engines_say_the_same_of_every_small_twin(case: Case, seed: int, drained: int | None) -> None:
    both_tell_the_same(case, seed, drained)


@given(case=flow_cases(), seed=st.integers(0, 2**64 - 1), drained=st.none() | st.integers(0, 20))
@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=free)
def test_both_engines_say_the_same_of_work_that_branches_and_depends_on_other_work(
    case: Case, seed: int, drained: int | None
) -> None:
    both_tell_the_same(case, seed, drained, plain=False)


@given(case=block_cases(), seed=st.integers(0, 2**64 - 1), drained=st.none() | st.integers(0, 20))
@settings(max_examples=EXAMPLES // 10, deadline=None, suppress_health_check=free)
def test_both_engines_say_the_same_of_routes_with_branches(case: Case, seed: int, drained: int | None) -> None:
    both_tell_the_same(case, seed, drained, plain=False)


@given(case=held_cases(), seed=st.integers(0, 2**64 - 1), drained=st.none() | st.integers(0, 20))
@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=free)
def test_both_engines_tell_the_same_deadlock_at_the_same_instant(case: Case, seed: int, drained: int | None) -> None:
    both_tell_the_same(case, seed, drained, plain=False)


@given(case=branched_cases(), seed=st.integers(0, 2**64 - 1), drained=st.none() | st.integers(0, 20))
@settings(max_examples=EXAMPLES // 3, deadline=None, suppress_health_check=free)
def test_both_engines_say_the_same_of_plain_work_that_branches(case: Case, seed: int, drained: int | None) -> None:
    both_tell_the_same(case, seed, drained)


@given(case=locked_cases(), seed=st.integers(0, 2**64 - 1), drained=st.none() | st.integers(0, 20))
@settings(max_examples=EXAMPLES // 3, deadline=None, suppress_health_check=free)
def test_both_engines_tell_the_same_ring_of_full_stages_at_the_same_instant(
    case: Case, seed: int, drained: int | None
) -> None:
    both_tell_the_same(case, seed, drained)


def test_both_engines_finish_work_by_the_hours_by_which_it_was_begun() -> None:
    # begun round the clock, and two changes of hours before it is done
    def desk(calendar: str) -> Twin:
        people = {"people": 2, "calendar": calendar}
        return twin(
            {"team": people}, {"desk": "team"}, {"x": work(listed(0, 1), ("desk", "12 h"))}, calendars=CALENDARS
        )

    both_tell_the_same(Case(desk("always"), ((2, desk("office")), (4, desk("night"))), 5 * DAY), 1, None)


def test_both_engines_write_down_every_delay_of_many_branches_that_begin_at_once() -> None:
    # two waits for each of nine branches, of twelve items at one instant
    names = [f"{number}" for number in range(10)]
    steps = [{"stage": name, "effort": "1 h", "delay": "1 h"} for name in names]
    ways = {"x": work(listed(*[0] * 12), steps[0], {"parallel": [[step] for step in steps[1:]]})}
    handoffs = [{"from": "0", "to": name, "delay": "1 h"} for name in names[1:]]
    system = twin(dict.fromkeys(names, 1), {name: name for name in names}, ways, handoffs=handoffs)
    both_tell_the_same(Case(system, (), 2 * DAY), 1, None)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@given(**every_run)
@settings(max_examples=10_000, deadline=None, suppress_health_check=free)
def test_both_engines_say_the_same_of_ten_thousand_small_twins(case: Case, seed: int, drained: int | None) -> None:
    both_tell_the_same(case, seed, drained)

"""Work that is done together is one piece of work, and chance meetings are not batches."""

from typing import Any

import pytest

import twin
from calibration.batching import done_alone, fit_batching
from calibration.fit import fit_twin
from calibration.observed import observe
from tests.observed_logs import Row, log_of
from twin.eventlog import EventLog
from twin.spec import Twin


def board(**more: Any) -> Twin:
    """Two people prepare cases and then decide on up to eight of them at once, which takes an hour."""
    route = {
        "start": {"prepare": 1},
        "next": {"prepare": {"decide": 1}, "decide": {"done": 1}},
        "efforts": {
            "prepare": {"kind": "gamma", "mean": "17 min", "cv": 0.5},
            "decide": {"kind": "gamma", "mean": "1 h", "cv": 0.5},
        },
    }
    return Twin.model_validate(
        {
            "twin": "board",
            "clock": {"starts": "2026-01-05", "zone": "UTC"},
            "calendars": {"office": {"week": {"mon-fri": "08:00-16:00"}}},
            "teams": {"board": {"people": 2, "calendar": "office"}},
            "stages": {"prepare": {"team": "board"}, "decide": {"team": "board", **more}},
            "work": {"case": {"arrivals": {"kind": "poisson", "rate": "80 / week"}, "route": route}},
        }
    )


@pytest.fixture(scope="module")
def together() -> EventLog:
    return next(twin.simulate_logs(board(batch={"size": 8, "together": True}), length="26 w", seed=3))


def test_the_size_of_a_batch_is_recovered_and_nobody_is_invented_for_it(together: EventLog) -> None:
    fitted = fit_twin(together, name="learned").twin
    (team,) = fitted.teams.values()
    batch = fitted.stages["decide"].batch
    assert batch is not None
    assert (batch.size, batch.together, fitted.stages["prepare"].batch, team.people) == (8, True, None, 2)


def test_a_batch_is_worked_on_once(together: EventLog) -> None:
    seen = observe(together)
    alone = done_alone(seen, fit_batching(seen))
    assert len({*zip(alone.stage, alone.person, alone.started, strict=True)}) == alone.stage.size < seen.stage.size


def test_work_that_is_done_one_by_one_has_no_batches() -> None:
    seen = observe(next(twin.simulate_logs(board(), length="13 w", seed=3)))
    assert not fit_batching(seen).stages


@pytest.mark.parametrize(("length", "grain"), [(1.0, 0.25), (0.0, 1 / 60)])
def test_round_or_empty_times_tell_no_batches(length: float, grain: float) -> None:
    # three items a time, 40 times; hours are rounded to quarters, or the visits take no time
    rows: list[Row] = [
        (3 * at + k, "sign", "a", at * 7 + grain, at * 7 + grain + length) for at in range(40) for k in range(3)
    ]
    assert not fit_batching(observe(log_of(rows))).stages

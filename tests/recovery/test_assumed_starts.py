"""Where nobody recorded when work began, the twin neither overworks people nor lets items wait for them too long."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import fmean

import polars as pl
import pytest

from calibration.assumed_starts import fit_work_share, later_starts
from calibration.fit import Fit, fit_twin
from calibration.past import read_work_share
from calibration.sources import read_log
from twin.caseload import simulate_logs
from twin.eventlog import EventLog
from twin.spec import Twin
from twin.units import HOUR

TRUTH = Twin.model_validate(
    {
        "twin": "claims",
        "clock": {"starts": "2026-01-05", "zone": "UTC"},
        "calendars": {"office": {"week": {"mon-fri": "09:00-17:00"}}},
        "teams": {"clerks": {"people": 3, "calendar": "office"}, "payers": {"people": 2, "calendar": "office"}},
        "stages": {"decide": {"team": "clerks"}, "pay": {"team": "payers"}},
        "work": {
            "claim": {
                "arrivals": {"kind": "poisson", "rate": "36 / week"},
                "route": {
                    "start": {"decide": "100 %"},
                    "next": {"decide": {"pay": "100 %"}, "pay": {"done": "100 %"}},
                    "delays": {"decide > pay": {"time": "4 h", "counted": "working"}},
                    "efforts": {
                        "decide": {"kind": "lognormal", "mean": "2 h", "cv": 1},
                        "pay": {"kind": "lognormal", "mean": "1.33 h", "cv": 1},
                    },
                },
            }
        },
    }
)


@cache
def recorded() -> EventLog:
    """What a tracker of status changes shows: work begins once the item is there and its person is free."""
    log = next(iter(simulate_logs(TRUTH, length="30w", seed=5)))
    free = pl.col("finished").shift(1).over("person", order_by=["finished", "item", "visit"])
    begun = pl.min_horizontal(pl.max_horizontal("enabled", free), "finished")
    unknown = [pl.lit(None, pl.Int64).alias(name) for name in ("delayed", "queued", "suspended")]
    frame = log.frame.with_columns(pl.when(pl.col("finished").is_not_null()).then(begun).alias("started"), *unknown)
    return replace(log, frame=frame.drop("flags", strict=False), starts_assumed=True)


def mean_lead(twin: Twin) -> float:
    """Mean lead time in hours."""
    logs = simulate_logs(twin, length="26w", seed=9, replications=4)
    frames = [log.frame.group_by("item").agg(pl.col("enabled").min(), pl.col("finished").max()) for log in logs]
    return fmean((frame["finished"] - frame["enabled"]).drop_nulls().mean() / HOUR for frame in frames)  # type: ignore[operator]  # a mean of integers


@cache
def learned(*, assumed: bool) -> Fit:
    return fit_twin(replace(recorded(), starts_assumed=assumed), name="claims")


def test_items_stay_nearly_as_long_as_they_did() -> None:
    assert mean_lead(learned(assumed=True).twin) == pytest.approx(mean_lead(TRUTH), rel=0.15)


def test_starts_taken_as_they_stand_let_items_wait_far_too_long() -> None:
    assert mean_lead(learned(assumed=False).twin) > 1.3 * mean_lead(TRUTH)


def test_the_share_is_evidence_and_an_assumption() -> None:
    fit = learned(assumed=True)
    told = next(each for each in fit.evidence if each.path == "log.work_share")
    assert told.estimate == f"{fit.work_share:.0%}"
    assert told.estimate in told.mind
    assert 0.5 <= fit.work_share < 1


def test_the_work_is_at_the_end_of_the_time() -> None:
    log = recorded()
    moved = later_starts(log, 0.5).frame.drop_nulls("finished")
    stood = log.frame.drop_nulls("finished")
    assert moved["finished"].equals(stood["finished"])
    assert ((moved["finished"] - moved["started"]) * 2 - (stood["finished"] - stood["started"])).abs().max() <= 1  # type: ignore[operator]  # integers


def test_a_log_that_is_too_small_to_compare_keeps_its_starts() -> None:
    few = replace(recorded(), frame=recorded().frame.filter(pl.col("item") < 20))
    fit = fit_work_share(lambda share: (TRUTH, later_starts(few, share)))
    assert fit.value == 1


@pytest.mark.parametrize(
    ("written", "share"),
    [('{"work_share": 0.7}', 0.7), ('{"work_share": 7}', 1.0), ('{"work_share": "x"}', 1.0), ("{", 1.0)],
)
def test_a_folder_keeps_the_share_and_a_spoilt_one_means_all(tmp_path: Path, written: str, share: float) -> None:
    (tmp_path / "evidence.json").write_text(written, encoding="utf-8")
    assert read_work_share(tmp_path) == share


def test_a_history_of_statuses_has_assumed_starts_and_a_log_of_visits_has_none(tmp_path: Path) -> None:
    history, visits = tmp_path / "history.csv", tmp_path / "visits.csv"
    history.write_text(
        "number,state,assigned_to,updated_at\n"
        + "".join(
            f"{item},New,?,2024-02-{item:02}T08:00:00Z\n{item},Resolved,Ada,2024-02-{item:02}T11:00:00Z\n"
            for item in range(1, 9)
        ),
        encoding="utf-8",
    )
    visits.write_text(
        "case_id,activity,resource,start_time,end_time\n"
        + "".join(
            f"{item},build,Ada,2024-02-{item:02}T08:00:00Z,2024-02-{item:02}T09:00:00Z\n" for item in range(1, 9)
        ),
        encoding="utf-8",
    )
    assert (read_log([history]).log.starts_assumed, read_log([visits]).log.starts_assumed) == (True, False)

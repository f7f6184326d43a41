"""Starts that nobody recorded are found again where people do one thing at a time and nothing the log hides."""

from pathlib import Path

import polars as pl
import pytest

from calibration.sources import Reading, read_log
from twin.caseload import simulate_logs
from twin.eventlog import EventLog, exported
from twin.spec import Twin


def queue(load: float) -> Twin:
    """Give one clerk who works round the clock, at a load."""
    return Twin.model_validate(
        {
            "twin": "Desk",
            "clock": {"starts": "2026-01-05"},
            "calendars": {"always": {"days": "mon-sun", "hours": "00:00-24:00"}},
            "teams": {"clerks": {"people": 1, "calendar": "always"}},
            "stages": {"answer": {"team": "clerks"}},
            "work": {
                "letter": {
                    "arrivals": {"kind": "poisson", "rate": f"{168 * load} / week"},
                    "steps": [{"stage": "answer", "effort": {"kind": "exponential", "mean": "1 h"}}],
                }
            },
        }
    )


def without_starts(log: EventLog, folder: Path) -> Reading:
    """Write when items came and were done, and read that again."""
    done = exported(log).filter(pl.col("end_time").is_not_null())
    stamp = pl.col("created", "done").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    table = done.select(
        "case_id", pl.col("enabled_time").alias("created"), pl.col("end_time").alias("done"), "resource"
    )
    table.with_columns(stamp).rename({"resource": "assignee"}).write_csv(folder / "items.csv")
    return read_log([folder / "items.csv"])


@pytest.mark.parametrize("load", [0.5, 0.8, 0.95])
def test_effort_is_found_again_at_any_load(tmp_path: Path, load: float) -> None:
    log = next(simulate_logs(queue(load), length="20 w", seed=3))
    truth = log.frame.filter(pl.col("finished").is_not_null())
    found = without_starts(log, tmp_path)
    lasted = pl.col("finished") - pl.col("started")
    assert found.log.frame.select(lasted.mean()).item() == pytest.approx(truth.select(lasted.mean()).item(), rel=0.01)
    (assumed,) = found.assumptions
    assert assumed.rows == truth.height

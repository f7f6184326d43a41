"""A learned twin that cannot do the log's work is told as a fault of what was learned from, not of an engine."""

from datetime import UTC, datetime

import polars as pl
import pytest

from calibration.observed import observe
from calibration.rerun import rerun
from twin.errors import InputError
from twin.eventlog import COLUMNS, EventLog
from twin.spec import Twin
from twin.units import HOUR

OVERLOADED = Twin.model_validate(
    {
        "twin": "desk",
        "clock": {"starts": "2026-01-05", "zone": "UTC"},
        "calendars": {"office": {"week": {"mon": "09:00-10:00"}}},
        "teams": {"desk": {"people": 1, "calendar": "office"}},
        "stages": {"answer": {"team": "desk"}},
        "work": {
            "case": {
                "arrivals": {"kind": "poisson", "rate": "10 / week"},
                "steps": [{"stage": "answer", "effort": "30 h"}],
            }
        },
    }
)


def test_a_twin_that_never_gets_done_is_a_fault_of_the_log() -> None:
    frame = pl.DataFrame({"item": range(20)}).with_columns(
        pl.lit("case").alias("work"),
        pl.lit("answer").alias("stage"),
        (pl.col("item") * HOUR).alias("started"),
        ((pl.col("item") + 1) * HOUR).alias("finished"),
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    log = EventLog(frame.with_columns(empty).select(COLUMNS), datetime(2026, 1, 5, tzinfo=UTC), "UTC", 20 * HOUR)
    with pytest.raises(InputError, match="does not get its work done in 32 times the log's time"):
        rerun(OVERLOADED, observe(log, stages=("answer",)))

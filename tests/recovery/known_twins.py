"""Known twins whose logs are learned again, and what a tracker would export of them."""

import polars as pl

from twin.engine import simulate
from twin.eventlog import EventLog
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import WEEK

EFFORTS = {"check": 2 / 3, "assess": 1.5}
"""Mean efforts of `claims`, in hours."""
SQUARED_CV = {"check": 0.49, "assess": 1.0}
ALWAYS = {"week": {"mon-sun": "00:00-24:00"}}
OFFICE = {"week": {"mon-fri": "09:00-17:00"}}


def tracked(twin: Twin, *, seed: int, weeks: int = 26) -> EventLog:
    """Let a twin work and leave out what only an engine knows."""
    log = simulate(compile_model(twin, until=weeks * WEEK), seed=seed).log()
    hidden = [pl.lit(None, pl.Int64).alias(name) for name in ("delayed", "queued", "suspended")]
    frame = log.frame.with_columns(*hidden, pl.lit(None, pl.Enum(["nobody"])).alias("team"))
    return EventLog(frame, log.start, log.zone, log.end)


def claims(rate: float) -> Twin:
    """Let clerks check claims and experts assess most of them, round the clock."""
    efforts = {
        "check": {"kind": "gamma", "mean": "40 min", "cv": 0.7},
        "assess": {"kind": "lognormal", "mean": "90 min", "cv": 1},
    }
    shares = {"check": {"assess": 0.6, "done": 0.4}, "assess": {"done": 1}}
    return _twin(efforts, dict.fromkeys(efforts, ALWAYS), {"start": {"check": 1}, "next": shares}, rate)


def desk(load: float) -> Twin:
    """Let two clerks answer letters in office hours, 80 h a week, at a load."""
    efforts = {"answer": {"kind": "exponential", "mean": "1 h"}}
    route = {"start": {"answer": 1}, "next": {"answer": {"done": 1}}}
    return _twin(efforts, {"answer": OFFICE}, route, 80 * load)


def delayed() -> Twin:
    """Let orders wait on every way: by the clock and in working time, for teams that are there always or by day."""
    stages = ("order", "pick", "pack", "check", "send")
    efforts = {stage: {"kind": "gamma", "mean": "20 min", "cv": 0.5} for stage in stages}
    hours = {"order": ALWAYS, "pick": ALWAYS, "pack": OFFICE, "check": OFFICE, "send": ALWAYS}
    delays = {
        "order > pick": {"time": {"kind": "exponential", "mean": "20 h"}, "counted": "clock"},
        "pick > pack": {"time": {"kind": "gamma", "mean": "5 h", "cv": 0.8}, "counted": "clock"},
        "pack > check": {"time": {"kind": "gamma", "mean": "6 h", "cv": 0.5}, "counted": "working"},
        "check > send": {"time": "3 h", "counted": "clock"},
    }
    shares = {stage: {after: 1} for stage, after in zip(stages, (*stages[1:], "done"), strict=True)}
    return _twin(efforts, hours, {"start": {"order": 1}, "next": shares, "delays": delays}, 40)


def _twin(efforts: dict[str, object], hours: dict[str, object], route: dict[str, object], rate: float) -> Twin:
    """Write a twin of one work type whose stages have two people each."""
    return Twin.model_validate(
        {
            "twin": "known",
            "clock": {"starts": "2026-01-05"},
            "calendars": hours,
            "teams": {f"{stage} team": {"people": 2, "calendar": stage} for stage in efforts},
            "stages": {stage: {"team": f"{stage} team"} for stage in efforts},
            "work": {
                "claim": {
                    "arrivals": {"kind": "poisson", "rate": f"{rate:g} / week"},
                    "route": {**route, "efforts": efforts},
                }
            },
        }
    )

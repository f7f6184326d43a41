"""One organisation, exported in the ways trackers are: what a twin learned from each says of it.

Claims of `benchmarks.recovery` come 50 a week, 60 % are assessed after a delay of 5, 100 or 500 h on average, and a
quarter of these return. It has worked for 40 weeks; an export holds

    all that is done        every item done by the end
    done since              items done in the last 26 or 13 weeks, whenever they came
    done since, or open     these and all open items, with who waits
    came since, done        items that came in these weeks and are done
    the same, 3 left open   three of these besides that nobody ended
    visits since            every visit begun in these weeks; those at work have no end; when items came is not told
    ended visits since      the same without those at work

Run ``python -m benchmarks.exports``; it writes ``exports.md`` beside it: means over logs of other luck, and by how much
they differ, as a standard deviation. Lead times are those of a long run of the learned twin.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.recovery import known
from calibration.fit import fit_twin
from twin.engine import simulate
from twin.eventlog import COLUMNS, INSTANTS, EventLog
from twin.offered import loads
from twin.plan import compile_model
from twin.rates import items_per_week
from twin.spec import Twin
from twin.units import HOUR, WEEK

PAGE: Final = Path(__file__).with_suffix(".md")
END: Final = 40 * WEEK
SETTLED: Final = (10 * WEEK, 40 * WEEK)
RUN: Final = 60 * WEEK
LOGS: Final = 3
RATE: Final = 50
DELAYS: Final = ("5 h", "100 h", "500 h")
WEEKS: Final = (26, 13)
CLERKS: Final = 100
LONG: Final = "300 h"
LAST: Final = (2, 4, 8, 26)
"""Weeks of exports where visits take as long."""
ABOUT: Final = """\
# What a twin learns from one organisation, exported in several ways

Written by `python -m benchmarks.exports`, which says what each export holds. 50 items a week come, 60 % of them go from
check to assess after the delay. Mean over {logs} logs, ± standard deviation between them; lead times in hours.
"""

Frame = pl.DataFrame


class Learned(NamedTuple):
    """What a twin says."""

    rate: float  # items a week
    lead: float  # hours, mean
    assessed: float  # share of checks after which an item is assessed


def seen(frame: Frame) -> Frame:
    """Take away what was not known at the end."""
    known_ = [pl.when(pl.col(name) <= END).then(name).alias(name) for name in ("queued", "started", "finished")]
    return frame.filter(pl.col("enabled") < END).with_columns(known_)


def done_since(frame: Frame, since: int) -> Frame:
    """Keep the items done since."""
    return _items(frame, (pl.col("done") >= since) & (pl.col("done") <= END))


def done_since_or_open(frame: Frame, since: int) -> Frame:
    """Keep the items done since or open."""
    return seen(_items(frame, (pl.col("done") >= since) & (pl.col("came") < END)))


def came_since(frame: Frame, since: int) -> Frame:
    """Keep the items that came since and are done."""
    return _items(frame, (pl.col("came") >= since) & (pl.col("done") <= END))


def left_open(frame: Frame, since: int) -> Frame:
    """Keep the same, and begin three more that nobody ends."""
    done = came_since(frame, since)
    first = done.sort("enabled", "started").group_by("item", maintain_order=True).first().head(3)
    forgotten = first.select(done.columns).with_columns(
        pl.col("item") + int(frame["item"].to_numpy().max()) + 1,
        pl.lit(None, pl.Int64).alias("finished"),
    )
    return pl.concat([done, forgotten])


def visits_since(frame: Frame, since: int) -> Frame:
    """Keep the visits begun since; when items came is not told."""
    return seen(frame).filter(pl.col("started") >= since).with_columns(pl.lit(None, pl.Int64).alias("enabled"))


def ended_since(frame: Frame, since: int) -> Frame:
    """Keep those of them that have ended."""
    return visits_since(frame, since).filter(pl.col("finished").is_not_null())


EXPORTS: Final[dict[str, Callable[[Frame, int], Frame]]] = {
    "done since": done_since,
    "done since, or open": done_since_or_open,
    "came since, done": came_since,
    "the same, 3 left open": left_open,
    "visits since": visits_since,
    "ended visits since": ended_since,
}


def _items(frame: Frame, chosen: pl.Expr) -> Frame:
    """Keep items by when they came and when they will be done."""
    ends = frame.group_by("item").agg(pl.col("enabled").min().alias("came"), pl.col("finished").max().alias("done"))
    return frame.join(ends.filter(chosen).select("item"), on="item", how="semi")


def organisation(delay: str) -> Twin:
    """Write the twin whose logs are exported."""
    delayed = {"time": {"kind": "exponential", "mean": delay}}
    return known(rate=RATE, clerks=4, experts=4, back=0.25, delay=delayed)


def worked(twin: Twin, seed: int) -> EventLog:
    """Let it work, and leave out what only an engine knows."""
    log = simulate(compile_model(twin, until=RUN), seed=seed).log()
    closed = pl.col("finished").null_count().over("item") == 0
    hidden = [pl.lit(None, pl.Int64).alias(name) for name in ("delayed", "queued", "suspended")]
    frame = log.frame.filter(closed).with_columns(*hidden, pl.lit(None, pl.Enum(["nobody"])).alias("team"))
    return EventLog(frame.select(COLUMNS), log.start, log.zone, log.end)


def lead_time(twin: Twin) -> float:
    """Give the mean lead time of a run in hours."""
    frame = simulate(compile_model(twin, until=RUN), seed=LOGS).log().frame
    ends = frame.group_by("item").agg(
        pl.col("enabled").min().alias("came"), pl.col("finished").max(), pl.col("finished").null_count().alias("open")
    )
    settled = ends.filter(pl.col("came").is_between(*SETTLED) & (pl.col("open") == 0))
    return float((settled["finished"] - settled["came"]).to_numpy().mean()) / HOUR


def learned(log: EventLog, frame: Frame) -> Learned:
    """Learn a twin from an export, whose time counts from its first week."""
    weeks = int(frame["started"].min() or 0) // WEEK  # type: ignore[operator]  # a column of integers
    later = frame.with_columns(pl.col(name) - weeks * WEEK for name in INSTANTS)
    start = log.start + timedelta(weeks=weeks)
    twin = fit_twin(EventLog(later, start, log.zone, END - weeks * WEEK), name="twin").twin
    (work,) = twin.work.values()
    if work.route is None:
        raise AssertionError
    return Learned(items_per_week(work.arrivals), lead_time(twin), work.route.next["check"].get("assess", 0.0))


def row(name: str, found: NDArray[np.float64]) -> str:
    """Write a line of the table; `found` is of shape (logs, figures)."""
    cells = [f"{mean:.3g} ± {spread:.2g}" for mean, spread in zip(found.mean(axis=0), found.std(axis=0), strict=True)]
    return f"| {name} | {' | '.join(cells)} |"


def table(delay: str) -> list[str]:
    """Measure all exports with one delay."""
    truth = organisation(delay)
    logs = [worked(truth, seed) for seed in range(LOGS)]
    rows = [f"| the organisation | {RATE} | {lead_time(truth):.3g} | 0.6 |"]
    whole = [learned(log, done_since(log.frame, 0)) for log in logs]
    rows.append(row("all that is done", np.array(whole)))
    for weeks in WEEKS:
        for name, export in EXPORTS.items():
            found = np.array([learned(log, export(log.frame, END - weeks * WEEK)) for log in logs])
            rows.append(row(f"{name}, {weeks} weeks", found))
    head = ["| export | items a week | lead time, h | to assess |", "|---|---|---|---|"]
    return [f"## A delay of {delay}", "", *head, *rows, ""]


def crowded() -> list[str]:
    """Measure people and their load where visits take as long as an export reaches back."""
    truth = known(clerks=CLERKS, check=LONG)
    log = worked(truth, seed=0)
    rows = [_staff("the organisation", truth)]
    for weeks in LAST:
        part = EventLog(done_since(log.frame, END - weeks * WEEK), log.start, log.zone, END)
        rows.append(_staff(f"done since, {weeks} weeks", fit_twin(part, name="twin").twin))
    head = ["| export | clerks | their load |", "|---|---|---|"]
    return [f"## {CLERKS} clerks whose visits take {LONG}", "", "One log.", "", *head, *rows, ""]


def _staff(name: str, twin: Twin) -> str:
    return f"| {name} | {twin.teams['check team'].people} | {loads(twin)['check team']:.2f} |"


def main() -> None:
    """Measure, print and write."""
    pages = [ABOUT.format(logs=LOGS), "\n".join(crowded())]
    for delay in DELAYS:
        pages.append("\n".join(table(delay)))
        print(pages[-1], flush=True)
    PAGE.write_text("\n".join(pages), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What a train log leaves out of its weeks, and what a twin learned from it, or from all, foresees of the next.

The train log of BPIC12W (`benchmarks.fidelity`) was made from a public log of 13,087 cases by leaving cases out: those
not done at the split, and those of which a visit ended that nobody had started, which a clock closes after a month.
Both are long cases. Neither is left out of the weeks to forecast, which end with the log. So those weeks hold more
cases than the train log lets expect, and hold them cut short. How much of the distance this makes can be seen, since
the whole log is public: here a second twin learns from all that stood in it at the split, as an organisation's own
export would hold it, with cases open.

Run ``python -m benchmarks.left_out BPI_Challenge_2012.xes.gz``; it writes ``left_out.md`` beside it. The log is got
from 4TU (doi 10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f). The train and test logs are looked for where
`benchmarks.fidelity` looks; without them it says so and writes nothing.
"""

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import polars as pl

from benchmarks.fidelity import DATA, GOALS, METRICS, Scores, Task, measured
from calibration.sources import read_log
from calibration.sources.content import read_content
from calibration.sources.xes import CASE, read_xes
from twin.eventlog import EventLog, exported

PAGE: Final = Path(__file__).with_suffix(".md")
NAME: Final = "BPIC12W"
WEEKS: Final = 12
"""Weeks before the split that the table shows one by one."""
COLUMNS: Final = (CASE, "concept:name", "lifecycle:transition", "org:resource", "time:timestamp")
WAYS: Final = (
    "twin",
    "true arrivals",
    "resampled",
    "twin as far as seen",
    "true arrivals as far as seen",
    "resampled as far as seen",
)
ABOUT: Final = """\
# What the train log of BPIC12W leaves out

Written by `python -m benchmarks.left_out BPI_Challenge_2012.xes.gz`, which says what is compared. Lead times are hours
from a case's first start to its last end; those of cases that came before the split are as the whole log shows them,
a month later. A small distance to past weeks does not say that a twin answers rightly once something changes.
"""


class Logs(NamedTuple):
    """The same weeks, whole and as published; the columns of exported logs."""

    whole: pl.DataFrame  # visits that have an end, to the end of the log
    stood: EventLog  # what stood in the log at the split, with cases open
    train: EventLog
    test: pl.DataFrame

    def split(self) -> datetime:
        """Give the instant from which on cases are to be forecast."""
        began: datetime = self.test["start_time"].min()  # type: ignore[assignment]  # a column of instants
        return began


def logs(path: Path) -> Logs:
    """Read all."""
    table = read_xes(read_content(path), path.name)
    rows = pl.concat([part.frame.select(COLUMNS) for part in table.rows(COLUMNS)])
    work = rows.filter(
        pl.col("concept:name").str.starts_with("W_") & (pl.col("lifecycle:transition") != "SCHEDULE")
    ).with_columns(pl.col("time:timestamp").str.to_datetime(time_zone="UTC").alias("at"))
    train = read_log([DATA / "event_logs" / f"{NAME}_train.csv.gz"]).log
    test = exported(read_log([DATA / "event_logs" / f"{NAME}_test.csv.gz"]).log)
    begin = test["start_time"].min()
    stood = _as_log(work.filter(pl.col("at") < begin))
    return Logs(done(_as_log(work)), stood, train, test)


def _as_log(rows: pl.DataFrame) -> EventLog:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "log.csv"
        rows.select(COLUMNS).write_csv(file)
        return read_log([file]).log


def done(log: EventLog) -> pl.DataFrame:
    """Give the visits that have an end, under the field's names."""
    return exported(log).drop_nulls("end_time")


def cases(log: pl.DataFrame) -> pl.DataFrame:
    """Give of each case its first start and its lead time in hours."""
    begin, end = pl.col("start_time").min(), pl.col("end_time").max()
    return log.group_by("case_id").agg(began=begin, lead=(end - begin).dt.total_seconds() / 3600)


def weekly(found: Logs) -> list[str]:
    """Write how many cases came in each week, and how many of them are in the logs."""
    came = cases(found.whole)
    kept = {"train": set(exported(found.train)["case_id"]), "test": set(found.test["case_id"])}
    week = ((pl.col("began") - found.split()).dt.total_seconds() / (7 * 86400)).floor().cast(pl.Int64)
    counted = (
        came.with_columns(
            week.alias("week"), *(pl.col("case_id").is_in(names).alias(name) for name, names in kept.items())
        )
        .group_by("week")
        .agg(pl.len().alias("came"), pl.col("train", "test").sum(), pl.col("lead").mean())
        .sort("week")
    )
    shown = counted.filter(pl.col("week") >= -WEEKS)
    rows = [
        "| week from the split | came | in the train log | in the test log | mean lead time |",
        "|---:|---:|---:|---:|---:|",
    ]
    rows += [f"| {n} | {c} | {a or ''} | {b or ''} | {lead:.0f} |" for n, c, a, b, lead in shown.iter_rows()]
    return [*rows, ""]


def totals(found: Logs) -> list[str]:
    """Write what is missing of the cases that came before the split."""
    came = cases(found.whole).filter(pl.col("began") < found.split())
    names = exported(found.train)["case_id"].unique()
    train, missing = (came.filter(pl.col("case_id").is_in(names.implode()) == kept) for kept in (True, False))
    means = [f"{len(part):,} cases, {part['lead'].mean():.0f} h" for part in (came, train, missing)]
    return [
        f"Came before the split: {means[0]} in the mean. In the train log: {means[1]}. Left out: {means[2]}.",
        "",
    ]


def table(scores: dict[str, Scores]) -> list[str]:
    """Write the distances of both twins."""
    rows = [f"| learned from | what | {' | '.join(m.upper() for m in METRICS)} |", f"|---|---|{'---:|' * len(METRICS)}"]
    goals = [f"{GOALS[NAME][metric]:g}" if metric in GOALS[NAME] else "" for metric in METRICS]
    rows += [f"| | goal | {' | '.join(goals)} |"]
    for name, score in scores.items():
        for way in WAYS:
            means = score.ways[way].mean(axis=0)
            rows.append(f"| {name} | {way} | {' | '.join(f'{mean:.3f}' for mean in means)} |")
    return [*rows, ""]


def foreseen(scores: dict[str, Scores]) -> list[str]:
    """Write what each twin lets expect of the weeks ahead."""
    lines = []
    for name, score in scores.items():
        made = [cases(log) for log in score.twins]
        weeks = [_weeks(log) for log in made]
        rate = sum(len(log) for log in made) / sum(weeks)
        lead = pl.concat(made)["lead"].mean()
        lines += [f"Learned from {name}: {rate:.0f} cases a week, {lead:.0f} h each.", ""]
    test = cases(next(iter(scores.values())).task.test)
    return [*lines, f"Came: {len(test) / _weeks(test):.0f} a week; how long each took is cut off.", ""]


def _weeks(made: pl.DataFrame) -> float:
    first, last = made["began"].min(), made["began"].max()
    return float((last - first).total_seconds()) / (7 * 86400)  # type: ignore[operator, union-attr]  # instants


def main(arguments: list[str]) -> None:
    """Measure, print and write."""
    if len(arguments) != 1:
        sys.exit("usage: python -m benchmarks.left_out BPI_Challenge_2012.xes.gz")
    if not (DATA / "event_logs").exists():
        print(f"{DATA} is not there; nothing was measured")
        return
    found = logs(Path(arguments[0]))
    end: datetime = found.test["end_time"].max()  # type: ignore[assignment]  # a column of instants
    learned = {"the train log": found.train, "all that stood at the split": found.stood}
    scores = {name: measured(Task(name, log, found.test, end, whole=False)) for name, log in learned.items()}
    parts = [ABOUT, *totals(found), *weekly(found), *foreseen(scores), *table(scores)]
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])

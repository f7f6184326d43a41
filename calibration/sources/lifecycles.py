"""Visits from rows that each tell one step of a visit's life: scheduled, started, suspended, resumed, completed.

    start or resume … suspend or complete      a visit of whoever began it
    schedule or assign                         since when the item was there
    complete without a start                   done at once: a step of a system, or one whose start nobody records
    no such word, where most rows have one     as complete: tools add a first and a last event of their own

Visits of one activity of one case that are open side by side end in the order in which they began. A start that nothing
ends is a visit still open where it is the last row of its case, and is left out where the case went on. Where every row
is a completion, rows are the history of their items, as without this column. Instants are milliseconds since 1970 UTC.

Source: IEEE 1849-2016 (XES), section 6.3, the standard transitional model of the lifecycle extension.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

OPENS: Final = frozenset({"start", "resume"})
CLOSES: Final = frozenset({"complete", "suspend", "ate_abort", "pi_abort", "withdraw", "abort_activity", "abort_case"})
READIES: Final = frozenset({"schedule", "assign", "reassign", "enable", "create"})
SILENT: Final = frozenset({"autoskip", "manualskip", "unknown"})
TRANSITIONS: Final = OPENS | CLOSES | READIES | SILENT

Key = tuple[str, str]
Row = tuple[str, str, str, str | None, str | None, str | None, int]
"""case_id, activity, transition, resource, team, work_type, time."""
_VISIT: Final = ("case_id", "activity", "resource", "team", "work_type", "start_time", "enabled_time", "end_time")
_TEXTS: Final = ("case_id", "status", "sub_status", "resource", "team", "work_type")


class Lives(NamedTuple):
    """What rows of lives say."""

    visits: pl.DataFrame  # case_id, activity, resource, team, work_type, start_time, end_time, enabled_time
    noticed: dict[str, int]


@dataclass
class _Open:
    """Visits under way, by case and activity."""

    begun: defaultdict[Key, deque[tuple[Row, int | None]]] = field(default_factory=lambda: defaultdict(deque))
    ready: dict[Key, int] = field(default_factory=dict)
    paused: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))
    sudden: int = 0
    cut: int = 0


def transitions_of(rows: pl.DataFrame) -> frozenset[str]:
    """Give the steps of lives that a history's sub-statuses are; none where most rows name anything else.

    Parameters
    ----------
    rows
        Usable rows of a history, with a column sub_status.
    """
    counts = rows["sub_status"].value_counts().cast({"sub_status": pl.String}).with_columns(_step())
    steps = counts.filter(pl.col("sub_status").is_in(list(TRANSITIONS)))
    return frozenset(steps["sub_status"]) if 2 * steps["count"].sum() > rows.height else frozenset()


def _step() -> pl.Expr:
    return pl.col("sub_status").str.strip_chars().str.to_lowercase()


def lives_of(rows: pl.DataFrame) -> Lives:
    """Turn rows, one for each step, into visits.

    Parameters
    ----------
    rows
        Usable rows of a history: case_id, status, sub_status, resource, team, work_type and time, in the order of the
        file.
    """
    ordered = rows.select(pl.col(*_TEXTS).cast(pl.String), "time").sort("case_id", "time", maintain_order=True)
    ordered, known = ordered.with_columns(_step()), pl.col("sub_status").is_in(list(TRANSITIONS))
    others = ordered.height - int(ordered.select(known.sum()).item())
    ordered = ordered.with_columns(pl.when(known).then("sub_status").otherwise(pl.lit("complete")).alias("sub_status"))
    last = dict(ordered.group_by("case_id").agg(pl.col("time").last()).iter_rows())
    under_way = _Open()
    visits = list(_visits(ordered.iter_rows(), under_way))
    left = [each for waiting in under_way.begun.values() for each in waiting]
    still_open = [(*_told(row, ready), None) for row, ready in left if row[6] == last[row[0]]]
    schema = {name: pl.Int64 if name.endswith("_time") else pl.String for name in _VISIT}
    noticed = {
        "visits told by their start and their completion": len(visits) - under_way.sudden - under_way.cut,
        "visits that were suspended, each part a visit of its own": under_way.cut,
        "completions without a start, taken as done at once": under_way.sudden,
        "steps that are none of XES's, taken as completions": others,
        "starts that nothing ends though their item went on, left out": len(left) - len(still_open),
    }
    frame = pl.DataFrame([*visits, *still_open], schema=schema, orient="row").with_columns(
        pl.col("case_id", "activity", "resource", "team", "work_type").cast(pl.Categorical)
    )
    return Lives(frame, {what: count for what, count in noticed.items() if count})


def _visits(rows: Iterable[Row], under_way: _Open) -> Iterable[tuple[object, ...]]:
    """Give each visit as its row of names, start, enabled, end; what is left under way stays there."""
    for row in rows:
        key, step, time = (row[0], row[1]), row[2], row[6]
        if step in READIES:
            under_way.ready.setdefault(key, time)
        elif step in OPENS:
            under_way.paused[key] = 0
            under_way.begun[key].append((row, under_way.ready.pop(key, None)))
        elif step in CLOSES and under_way.begun[key]:
            begun, ready = under_way.begun[key].popleft()
            under_way.paused[key] += step == "suspend"
            under_way.cut += step == "suspend"
            yield (*_told(begun, ready), time)
        elif step == "complete" and not under_way.paused[key]:
            under_way.sudden += 1
            yield (*_told(row, under_way.ready.pop(key, None)), time)


def _told(row: Row, ready: int | None) -> tuple[object, ...]:
    """Give case, activity, resource, team, work type, start and when it was enabled."""
    return row[0], row[1], row[3], row[4], row[5], row[6], ready

"""What real logs get wrong without being unusable: counted and told, never changed.

    busy       a visit starts while the same person is in another: start < latest end of the visits before it
    parallel   the same, within an item: a branch that runs beside another, or a stamp that is off
    gap        nobody worked: the next start in the log minus the latest end so far

Instants are ticks (milliseconds). A person appears in counts only. Source: the imperfection patterns of Suriadi,
Andrews, ter Hofstede, Wynn: Event log imperfection patterns for process mining, Information Systems 64 (2017), and own.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from twin.eventlog import EventLog
from twin.units import WEEK, format_clock

LONG_GAP: Final = WEEK


@dataclass(frozen=True)
class Oddities:
    """Counts of what a fit should know about a log.

    Attributes
    ----------
    visits
        Visits of the log.
    instant
        Visits that end when they start: effort below the resolution of the clock, or recorded by one stamp.
    unended
        Visits without an end.
    unassigned
        Visits without a person.
    busy
        Visits that start while their person is in another one: several items at once, or shared accounts.
    parallel
        Visits that start while their item is in another one: parallel branches.
    gaps
        Gaps of more than a week in which nobody worked.
    longest_gap
        The longest gap, in ticks; 0 where there is none.
    lookalikes
        Names of stages that differ from an earlier one by capitals or blanks only.
    """

    visits: int
    instant: int
    unended: int
    unassigned: int
    busy: int
    parallel: int
    gaps: int
    longest_gap: int
    lookalikes: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """Say what was found, a line each; nothing where nothing is odd."""
        told = (
            (self.instant, "end when they start: kept as visits of no length"),
            (self.unended, "have no end: their length is unknown, not zero"),
            (self.unassigned, "have no person: they tell about stages, not about teams"),
            (self.busy, "start while their person is in another visit: several at once, or a shared account"),
            (self.parallel, "start while their item is in another visit: parallel work, not waiting"),
        )
        gaps = f"{self.gaps:,} gaps of more than {format_clock(LONG_GAP)} without work, the longest"
        return (
            *(f"{count:,} of {self.visits:,} visits {what}" for count, what in told if count),
            *((f"{gaps} {format_clock(self.longest_gap)}: closed, or a part of the log is missing",) * bool(self.gaps)),
            *(
                f"stage {name!r} looks like another one; capitals and blanks tell them apart"
                for name in self.lookalikes
            ),
        )


def count_oddities(log: EventLog) -> Oddities:
    """Count what is odd in a log; see `Oddities`."""
    frame = log.frame.filter(pl.col("started").is_not_null()).sort("started", "finished", maintain_order=True)
    gaps = frame.select(pl.col("started") - _latest_end()).to_series()
    return Oddities(
        visits=frame.height,
        instant=int((frame["finished"] == frame["started"]).sum()),
        unended=frame["finished"].null_count(),
        unassigned=frame["person"].null_count(),
        busy=_overlapping(frame, "person"),
        parallel=_overlapping(frame, "item"),
        gaps=int((gaps > LONG_GAP).sum()),
        longest_gap=max(0, int(gaps.drop_nulls().to_numpy().max(initial=0))),
        lookalikes=_lookalikes(frame),
    )


def _overlapping(frame: pl.DataFrame, column: str) -> int:
    known = frame.filter(pl.col(column).is_not_null())
    return int(known.select((pl.col("started") < _latest_end().over(column)).sum()).item())


def _latest_end() -> pl.Expr:
    """Give the latest end of the rows before, null for the first."""
    return pl.col("finished").cum_max().forward_fill().shift(1)


def _lookalikes(frame: pl.DataFrame) -> tuple[str, ...]:
    seen: set[str] = set()
    again = []
    for name in sorted(frame["stage"].cast(pl.String).unique().to_list()):
        plain = "".join(name.split()).casefold()
        if plain in seen:
            again.append(name)
        seen.add(plain)
    return tuple(again)

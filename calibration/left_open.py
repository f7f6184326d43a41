"""A few open items in a log of finished ones: visits that nobody ended, and whose items were done or given up.

A log that shows what is open shows all of it: about as many items as a log of the finished ones alone would hide,

    H = sum over finished items of (1 / F(end - arrival) - 1),

or as demand would leave, if that is less (`calibration.completeness.hidden_items`). Where open items are less than a
quarter of H, and so few by chance in one log of a thousand (Poisson), they are not what was under way: the log is one
of finished items in which some were left open. Taken for all that is open, they would say that no recent arrival is
missing, and that work had become quick. They are left out, which is said; but where weekly arrivals say that recent
ones are all there, so are the open ones.
Source of the share F: Lynden-Bell (1971), as in `calibration.completeness`.
"""

from dataclasses import replace
from typing import Final

import polars as pl

from calibration.completeness import PART, completeness, hidden_items, is_thinned
from calibration.done_since import done_since
from calibration.evidence import Evidence, Fitted
from twin.eventlog import EventLog, items

CHANCE: Final = 1e-3
"""That so few are open where all that is open is shown."""


def without_left_open(log: EventLog) -> Fitted[EventLog]:
    """Leave items that were left open in a log of finished ones out, with evidence; the same log where none were."""
    table = items(log)
    opened = table.filter(pl.col("done").is_null())
    if opened.is_empty() or opened.height == table.height:
        return Fitted(log, ())
    finished = table.filter(pl.col("done").is_not_null()).sort("arrived", "item")
    hidden = sum(_hidden(each, log.end) for each in finished.partition_by("work", maintain_order=True))
    if not is_few(opened.height, hidden):
        return Fitted(log, ())
    left = replace(log, frame=log.frame.filter(~pl.col("item").is_in(opened["item"].implode())))
    told = f"{opened.height:,} of {table.height:,} items are open where {hidden:,.0f} were under way"
    evidence = Evidence(
        "log.left_open",
        told,
        f"items that a log of finished ones hides; chance of so few below {CHANCE:g}",
        opened.height,
        note="left out of all that is learned; no interval: the log is one of finished items or not",
        mind=f"{told} as the log ends: taken as a log of finished items in which these were left open, and left out. "
        "If they are all that was open, work has become much quicker of late",
    )
    return Fitted(left, (evidence,))


def is_few(opened: int, hidden: float) -> bool:
    """Tell whether open items are too few to be all that was under way.

    Parameters
    ----------
    opened
        How many there are.
    hidden
        How many a log of the finished items alone would hide.

    >>> is_few(3, 1500.0), is_few(3, 4.0), is_few(60, 100.0)
    (True, False, False)
    """
    from scipy.special import pdtr  # noqa: PLC0415 - only calibration pays for loading scipy

    return opened < PART * hidden and bool(pdtr(opened, hidden) < CHANCE)


def _hidden(done: pl.DataFrame, end: int) -> float:
    """Count the items that a log of a work type's finished ones would hide; none where it holds what was done since."""
    arrived, finished = done["arrived"].to_numpy(), done["done"].to_numpy()
    if done_since(arrived, finished) is not None:
        return 0.0
    recorded = completeness(arrived, finished, max(end, int(finished.max())))
    return hidden_items(arrived, recorded) if is_thinned(arrived, recorded) else 0.0

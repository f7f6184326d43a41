"""Read what organisations have recorded, whatever its form, behind one door: `read_log`.

    content         a file's bytes, unpacked within limits
    delimited       text with separators: CSV and its relatives       ┐
    parquet         Parquet                                            │ each gives a `table.Table`:
    xes             XES, event logs as XML                             │ a header and rows with their place
    jira            JSON that Jira gave for a search with changelogs   ┘
    formats         the kinds of tables: visits, history, items, flow
    columns         which kind a file is of, and which column plays which role
    instants        times as people write them, as UTC; fixed_width where all have one layout
    rows, sifting   what makes a row unusable, and the others as compact rows
    stays           the history of an item as stays in statuses
    meanings        what a status means: work, waiting, blocked, done
    histories       stays as visits, with what has to be assumed
    assembly        visits as an `EventLog`: pseudonyms, numbers, ticks
    reading         the door, and its account: rows read = rows used + rows collapsed + rows rejected

Nothing is dropped silently: each row is used, collapses into another, or is rejected for a counted reason.
"""

from calibration.sources.reading import Reading, read_log
from calibration.sources.reconciliation import Reconciliation

__all__ = ["Reading", "Reconciliation", "read_log"]

"""Read event logs as organisations have them, one module per format, behind one door: `read_log`.

    content    a file's bytes, unpacked within limits
    delimited  text with separators: CSV and its relatives       ┐ both give a `table.Table`:
    parquet    Parquet                                            ┘ a header and rows with their place
    columns    which column plays which role
    instants   times as people write them, as UTC
    rows       what makes a row unusable
    assembly   usable rows as an `EventLog`: pseudonyms, numbers, ticks
    reading    the door and its reconciliation: rows read = rows used + rows rejected

Nothing is dropped silently: each row is used, or rejected for a counted reason.
"""

from calibration.sources.reading import Reading, read_log
from calibration.sources.reconciliation import Reconciliation

__all__ = ["Reading", "Reconciliation", "read_log"]

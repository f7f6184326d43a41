"""Which column of a file plays which role.

Known without being told are the names that Simod and Prosimos write, those of XES attributes in CSV exports and of
process mining tools, read without regard to capitals, spaces and underscores. Anything else is mapped: a role to the
name of a column, or to ``=text`` where every row has the same value, such as the only stage of a ticket log.

Source: XES attribute names, IEEE 1849-2016; columns of Simod and Prosimos, https://github.com/AutomatedProcessImprovement.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from twin.errors import InputError, Problem, nearest, one_of, shown

NEEDED: Final[tuple[str, ...]] = ("case_id", "activity", "start_time", "end_time")
TIMES: Final[tuple[str, ...]] = ("start_time", "end_time", "enabled_time")

KNOWN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "case_id": ("case_id", "case:concept:name", "case", "ticket_id", "id"),
        "activity": ("activity", "concept:name", "activity_name", "stage"),
        "resource": ("resource", "org:resource", "agent"),
        "start_time": ("start_time", "start_timestamp", "started"),
        "end_time": ("end_time", "end_timestamp", "complete_time", "complete_timestamp", "time:timestamp", "finished"),
        "enabled_time": ("enabled_time", "enable_time", "enabled_timestamp", "arrival"),
        "work_type": ("work_type", "case:work_type"),
    }
)

CONSTANT: Final = "="
_SHOWN_COLUMNS: Final = 30


def recognised(header: Sequence[str], mapping: Mapping[str, str] | None, file: str) -> dict[str, str]:
    """Find the column of each role.

    Parameters
    ----------
    header
        Names of the file's columns.
    mapping
        Role to column, or to ``=text`` for one value in all rows; goes before what is known.
    file
        Name for messages.

    Returns
    -------
    dict
        Role to column, roles in the order of `KNOWN`; roles that may be absent are left out where they are.

    Raises
    ------
    InputError
        Where a role or column does not exist, or a role that every log needs has no column; with all problems.
    """
    given = dict(mapping or {})
    found = {role: column for role in KNOWN if (column := given.get(role) or _known(role, header))}
    problems = [Problem(one_of(role, KNOWN, noun="a role"), path="columns") for role in given if role not in KNOWN]
    problems += [
        Problem(one_of(column, header, noun="a column"), path=f"columns.{role}", file=file)
        for role, column in given.items()
        if column not in header and not _constant(role, column)
    ]
    problems += [Problem(_missing(role, header), file=file, line=1) for role in NEEDED if role not in found]
    if problems:
        raise InputError(*problems)
    return found


def _constant(role: str, column: str) -> bool:
    return column.startswith(CONSTANT) and len(column) > 1 and role in {"activity", "work_type"}


def _known(role: str, header: Sequence[str]) -> str | None:
    columns = {_plain(column): column for column in reversed(header)}
    return next((columns[_plain(name)] for name in KNOWN[role] if _plain(name) in columns), None)


def _plain(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "")


def _missing(role: str, header: Sequence[str]) -> str:
    listed = ", ".join(map(shown, header[:_SHOWN_COLUMNS]))
    rest = f" and {len(header) - _SHOWN_COLUMNS} more" if len(header) > _SHOWN_COLUMNS else ""
    matches = {nearest(name, header) for name in KNOWN[role]} - {None}
    closest = f" Nearest: {', '.join(sorted(map(shown, matches)))}." if matches else ""
    return f"no column is known as {role}; map one: {_example(role, header)}.{closest} The file has {listed}{rest}"


def _example(role: str, header: Sequence[str]) -> str:
    if role == "activity":
        return "activity=COLUMN, or activity==work for a log of a single stage"
    if role == "start_time" and any(_plain(column) == "time:timestamp" for column in header):
        return (
            "start_time=COLUMN; one time per row tells no durations: "
            "write start and end of a visit into one row, or say start_time=time:timestamp for visits of no length"
        )
    return f"{role}=COLUMN"

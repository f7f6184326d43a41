"""Which kind of table a file holds, and which of its columns plays which role.

Known without being told are the names in `calibration.sources.formats`. Anything else is mapped: a role to the name of
a column, or to ``=text`` where every row has the same value, such as the only stage of a ticket log. The kind follows
from the columns:

1. case, activity, start and end: visits;
2. case, status and the time of a change: history, unless created and done are there too and no case comes twice;
3. two columns or more that hold dates and are no known dates of items: flow;
4. case, done, and created or started: items.

Case, start and end without an activity, where no case comes twice, are visits of a log with one stage.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from calibration.sources.formats import (
    ENTERED,
    FLOW,
    FORMATS,
    HISTORY,
    ITEMS,
    NO_STAGES,
    STAGES,
    VISITS,
    Format,
    plain,
)
from calibration.sources.instants import read_instants
from calibration.sources.table import Table
from twin.errors import InputError, Problem, nearest, one_of, shown

CONSTANT: Final = "="
ONLY_STAGE: Final = "=work"
"""Activity of a log that has one stage and does not name it."""
_CONSTANTS: Final = frozenset({"activity", "work_type", "team"})
_MISSPELT: Final = ("activity", "concept:name", "stage")
"""A column named nearly so is taken for a misspelt one; words of other languages are near to too many others."""
_SHOWN_COLUMNS: Final = 30
_LEAST_DATES: Final = 0.5
"""Share of a column's cells that must be dates for it to be a stage: half, since rows with a bad date are refused one
by one, and a column with a few must not be overlooked for them."""


def format_of(
    table: Table, mapping: Mapping[str, str] | None = None, *, asked: str | None = None, time_format: str | None = None
) -> Format:
    """Tell what kind of table a file holds.

    Parameters
    ----------
    table
        Header and first rows decide.
    mapping
        Role to column, as the user gave it; only kinds that have these roles are considered.
    asked
        Name of a kind, where the user gave it.
    time_format
        How times are written, where it is not ISO 8601.

    Raises
    ------
    InputError
        Where the kind asked for does not exist.
    """
    if asked is not None:
        if asked not in FORMATS:
            raise InputError(Problem(one_of(asked, FORMATS, noun="a kind of table"), path="format"))
        return FORMATS[asked]
    given = mapping or {}
    fits = [each for each in FORMATS.values() if set(given) <= set(each.known) and _complete(each, table, given)]
    if VISITS in fits:
        return VISITS
    if HISTORY in fits and not (ITEMS in fits and _no_case_twice(table, given)):
        return HISTORY
    if FLOW in fits and (STAGES in given or len(_new_dates(table, time_format)) >= 2):
        return FLOW
    return ITEMS if ITEMS in fits else VISITS


def recognised(
    table: Table, kind: Format, mapping: Mapping[str, str] | None = None, *, time_format: str | None = None
) -> dict[str, str]:
    """Find the column of each role.

    Parameters
    ----------
    table
        The file; of a flow table, the first rows tell which columns hold dates.
    kind
        What kind of table it is.
    mapping
        Role to column, or to ``=text`` for one value in all rows; goes before what is known.
    time_format
        How times are written, where it is not ISO 8601.

    Returns
    -------
    dict
        Role to column, roles in the order of the kind; roles that may be absent are left out where they are.

    Raises
    ------
    InputError
        Where a role or column does not exist, or a role that is needed has no column; with all problems.
    """
    given, header, file = dict(mapping or {}), table.header, table.file
    problems = [
        Problem(one_of(role, kind.known, noun="a role"), path="columns") for role in given if role not in kind.known
    ]
    problems += [
        Problem(one_of(column, header, noun="a column"), path=f"columns.{role}", file=file)
        for role, columns in given.items()
        for column in (columns.split("|") if role == STAGES else [columns])
        if column not in header and not _constant(role, column)
    ]
    found = _with_one_stage(kind, table, _roles(kind, header, given))
    problems += [Problem(no_column(kind, role, header), file=file, line=1) for role in kind.needed if role not in found]
    if problems:
        raise InputError(*problems)
    if kind is not FLOW:
        return found
    stages = given[STAGES].split("|") if STAGES in given else _dates(table, time_format, set(found.values()))
    if table.head().height == 0:
        raise InputError(Problem("has a header and no rows", file=file, line=1))
    if len(stages) < 2:
        message = f"{len(stages)} columns hold the dates of stages; a flow table has at least 2; say stages=Build|Done"
        raise InputError(Problem(message, file=file, line=1))
    return {**found, **{f"{ENTERED}{column}": column for column in stages}}


def _roles(kind: Format, header: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    names = {role: given.get(role) or _known(kind, role, header) for role in kind.known if role != STAGES}
    found = {role: column for role, column in names.items() if column}
    if kind is HISTORY:
        return _as_changelog(found, given)
    return found


def _with_one_stage(kind: Format, table: Table, found: dict[str, str]) -> dict[str, str]:
    """Take visits that name no activity for those of the only stage, where no case has more than one of them."""
    missing = {role for role in kind.needed if role not in found}
    if kind is not VISITS or missing != {"activity"} or found["case_id"] not in table.header:
        return found
    free = [column for column in table.header if column not in found.values()]
    cases = table.head()[found["case_id"]]
    misspelt = any(nearest(name, free) for name in _MISSPELT)
    if misspelt or not cases.len() or cases.n_unique() < cases.len():
        return found
    return {role: found.get(role, ONLY_STAGE) for role in kind.known if role in found or role in missing}


def _as_changelog(found: dict[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Read the columns of a changelog: ``created`` is when a change was, and its author is not the assignee."""
    if "time" not in found and "from_status" in found and "created" in found:
        found["time"] = found.pop("created")
    if "field" in found and "resource" not in given:
        found.pop("resource", None)
    if found.get("created") == found.get("time"):
        found.pop("created", None)
    return found


def _complete(kind: Format, table: Table, given: Mapping[str, str]) -> bool:
    found = _roles(kind, table.header, given)
    begun = kind is not ITEMS or "created" in found or "started" in found
    return begun and all(role in found for role in kind.needed)


def _no_case_twice(table: Table, given: Mapping[str, str]) -> bool:
    cases = table.head()[_roles(ITEMS, table.header, given)["case_id"]]
    return bool(cases.n_unique() == cases.len())


def _new_dates(table: Table, time_format: str | None) -> list[str]:
    """List the columns that hold dates and are not the known dates of visits or items."""
    known = {plain(name) for kind in (VISITS, ITEMS) for role in kind.times for name in kind.known[role]}
    return [column for column in _dates(table, time_format, set()) if plain(column) not in known]


def _dates(table: Table, time_format: str | None, taken: set[str]) -> list[str]:
    head = table.head()
    return [
        column
        for column in head.columns
        if column not in taken and plain(column) not in NO_STAGES and _holds_dates(head[column], time_format)
    ]


def _holds_dates(cells: pl.Series, time_format: str | None) -> bool:
    read = read_instants(cells, time_format=time_format)
    known = read.ticks.len() - read.ticks.null_count()
    return known > 0 and known >= _LEAST_DATES * (known + read.reason.len() - read.reason.null_count())


def _constant(role: str, column: str) -> bool:
    return column.startswith(CONSTANT) and len(column) > 1 and role in _CONSTANTS


def _known(kind: Format, role: str, header: Sequence[str]) -> str | None:
    columns = {plain(column): column for column in reversed(header)}
    return next((columns[plain(name)] for name in kind.known[role] if plain(name) in columns), None)


def no_column(kind: Format, role: str, header: Sequence[str]) -> str:
    """Say that a role has no column, and which there are."""
    listed = ", ".join(map(shown, header[:_SHOWN_COLUMNS]))
    rest = f" and {len(header) - _SHOWN_COLUMNS} more" if len(header) > _SHOWN_COLUMNS else ""
    matches = {nearest(name, header) for name in kind.known[role]} - {None}
    closest = f" Nearest: {', '.join(sorted(map(shown, matches)))}." if matches else ""
    others = ", ".join(name for name in FORMATS if name != kind.name)
    return (
        f"no column is known as {role}; map one: {_example(role)}.{closest} The file has {listed}{rest}; it was read "
        f"as {kind.name}, {kind.about}; others: {others}"
    )


def _example(role: str) -> str:
    if role == "activity":
        return "activity=COLUMN, or activity==work for a log of a single stage"
    return f"{role}=COLUMN"

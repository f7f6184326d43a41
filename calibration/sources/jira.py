"""Read what the REST API of Jira gives for a search with ``expand=changelog``, saved as a file.

Each history of an issue says which fields changed, from what to what, and when. Played forwards from the values before
the first change, they give the state of the issue after each change:

    state(0) = what each field was before its first change, or is now where it never changed, since `created`
    state(k) = state(k - 1) with the fields of history k.

Kept are status, assignee, team and the flag for an impediment; a flagged issue is in ``STATUS (flagged)``. A history of
other fields leaves the state as it is, and is later collapsed. What the file says about a status by its category is
handed on. Read are one page, ``{"issues": […]}``, a list of pages, or a list of issues.

Source: Atlassian, The Jira Cloud platform REST API, version 3: search, changelog.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import polars as pl

from calibration.sources.table import PLACE, REFUSED, Rows, Table
from twin.errors import InputError, Problem, shown

MAX_BYTES: Final = 256 << 20
HEADER: Final = ("case_id", "status", "resource", "team", "work_type", "time", "created")
FLAGGED: Final = " (flagged)"
CATEGORIES: Final = MappingProxyType({"new": "waiting", "indeterminate": "work", "done": "done"})
"""Keys of Jira's status categories, as what they mean here."""

_FIELDS: Final = MappingProxyType(
    {
        "status": "status", "assignee": "resource", "flagged": "flagged", "team": "team", "squad": "team",
        "assigned team": "team", "assignment group": "team", "group": "team",
    }
)  # fmt: skip
_MOST_PROBLEMS: Final = 50


class _Change(NamedTuple):
    time: str
    fields: tuple[tuple[str, str | None, str | None], ...]  # which, from, to


class _Issue(NamedTuple):
    key: str
    created: str
    kind: str | None
    now: Mapping[str, str | None]
    changes: tuple[_Change, ...]


def looks_like_json(data: bytes) -> bool:
    """Tell whether a file begins as JSON does."""
    return data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def read_jira(data: bytes, file: str) -> Table:
    """Read issues with their changelogs as a history.

    Parameters
    ----------
    data
        JSON in UTF-8, at most 256 MiB.
    file
        Name for messages.

    Raises
    ------
    InputError
        Where it is no JSON, has a name twice in one object, or is no result of a search with changelogs.
    """
    if len(data) > MAX_BYTES:
        raise InputError(Problem(f"is larger than {MAX_BYTES >> 20} MiB; save the search in several files", file=file))
    pages = _parsed(data, file)
    listed, problems = _listed(pages, file)
    issues: list[_Issue] = []
    for place, each in enumerate(listed):
        found = _issue(each, f"issues[{place}]")
        if isinstance(found, _Issue):
            issues.append(found)
        else:
            problems.append(Problem(found, file=file))
    if problems:
        raise InputError(*problems[:_MOST_PROBLEMS])
    frame = _frame(issues)
    hints = _hints(listed)

    def rows(columns: Sequence[str]) -> Iterator[Rows]:
        yield Rows(frame.select(PLACE, *columns), REFUSED.to_frame())

    changes = sum(len(issue.changes) for issue in issues)
    dialect = f"Jira JSON, {len(issues):,} issues with {changes:,} changes; lines count issues and changes"
    return Table(file, dialect, HEADER, ", ".join(HEADER), rows, lambda: frame.drop(PLACE).head(200), hints)


def _parsed(data: bytes, file: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(Problem(f"has {shown(twice)} twice in one object", file=file))
        return value

    def number(text: str) -> None:
        raise InputError(Problem(f"holds {text}, which is no number in JSON", file=file))

    try:
        return json.loads(data, object_pairs_hook=once, parse_constant=number)
    except json.JSONDecodeError as error:
        problem = Problem(f"is no whole JSON: {error.msg} in column {error.colno}", file=file, line=error.lineno)
        raise InputError(problem) from None
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"is not UTF-8 at byte {error.start:,}", file=file)) from None
    except RecursionError:
        raise InputError(Problem("is nested too deep for a result of a search", file=file)) from None
    except ValueError as error:  # a number of thousands of digits
        raise InputError(Problem(f"holds a number that cannot be read: {error}", file=file)) from None


def _listed(pages: Any, file: str) -> tuple[list[Any], list[Problem]]:
    """List the issues of all pages, and what is wrong with these."""
    issues: list[Any] = []
    for page in pages if isinstance(pages, list) else [pages]:
        if isinstance(page, dict) and isinstance(page.get("issues"), list):
            issues += page["issues"]
        elif isinstance(page, dict) and "key" in page:
            issues.append(page)
        else:
            message = 'is no result of a search: expected {"issues": […]}, saved with expand=changelog'
            return [], [Problem(message, file=file)]
    return issues, [] if issues else [Problem("holds no issues", file=file)]


def _issue(value: Any, place: str) -> _Issue | str:
    """Read one issue, or say what is wrong with it."""
    fields = value.get("fields") if isinstance(value, dict) else None
    if not isinstance(fields, dict) or not isinstance(value.get("key"), str):
        return f"{place} has no key or no fields"
    key = f"{place} ({shown(value['key'])})"
    log = value.get("changelog")
    histories = log.get("histories") if isinstance(log, dict) else None
    if not isinstance(histories, list):
        return f"{key} has no changelog.histories; save the search with expand=changelog"
    total = log.get("total", len(histories)) if isinstance(log, dict) else 0
    if isinstance(total, int) and total > len(histories):
        return f"{key} holds {len(histories)} of {total} histories; fetch its changelog whole"
    changes = [_change(each) for each in histories]
    if None in changes or not isinstance(fields.get("created"), str) or _named(fields.get("status")) is None:
        return f"{key} has no created, no status or a history without created and items"
    now = {
        "status": _named(fields.get("status")),
        "resource": _person(fields.get("assignee")),
        "team": _named(fields.get("team")),
        "flagged": None,
    }
    ordered = sorted((each for each in changes if each is not None), key=lambda each: each.time)
    return _Issue(value["key"], fields["created"], _named(fields.get("issuetype")), now, tuple(ordered))


def _change(value: Any) -> _Change | None:
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list) or not isinstance(value.get("created"), str):
        return None
    fields = []
    for item in items:
        role = _FIELDS.get(str(item.get("field", "")).lower()) if isinstance(item, dict) else None
        if role is not None:
            fields.append((role, *_ends(item, role)))
    return _Change(value["created"], tuple(fields))


def _ends(item: Mapping[str, Any], role: str) -> tuple[str | None, str | None]:
    """Give what a field was and became; of people the id, where there is one, since names are changed."""
    names = (("from", "fromString"), ("to", "toString"))
    order = [names_of if role == "resource" else names_of[::-1] for names_of in names]
    before, after = ((_text(item.get(first)) or _text(item.get(second))) for first, second in order)
    return before, after


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _named(value: Any) -> str | None:
    """Give the name of a status, a type or a team, however it is written."""
    if isinstance(value, dict):
        return _text(value.get("name")) or _text(value.get("value"))
    return _text(value)


def _person(value: Any) -> str | None:
    keys = ("accountId", "key", "name", "displayName")
    return next((text for key in keys if (text := _text(value.get(key)))), None) if isinstance(value, dict) else None


def _frame(issues: Sequence[_Issue]) -> pl.DataFrame:
    """Play the changes of all issues, one row for each state."""
    rows = [
        (issue.key, *_written(state), issue.kind, time, issue.created)
        for issue in issues
        for state, time in _states(issue)
    ]
    columns = ("case_id", "status", "resource", "team", "work_type", "time", "created")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.with_row_index(PLACE, 1).cast({PLACE: pl.Int64})


def _states(issue: _Issue) -> Iterator[tuple[dict[str, str | None], str]]:
    state = dict(issue.now)
    for change in reversed(issue.changes):
        state |= {role: before for role, before, _ in change.fields}
    yield dict(state), issue.created
    for change in issue.changes:
        state |= {role: after for role, _, after in change.fields}
        yield dict(state), change.time


def _written(state: Mapping[str, str | None]) -> tuple[str | None, str | None, str | None]:
    flag = FLAGGED if state["flagged"] and state["status"] else ""
    return (f"{state['status']}{flag}" if state["status"] else None), state["resource"], state["team"]


def _hints(issues: Sequence[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for issue in issues:
        status = issue["fields"]["status"]
        category = status.get("statusCategory") if isinstance(status, dict) else None
        means = CATEGORIES.get(str(category.get("key"))) if isinstance(category, dict) else None
        name = _named(status)
        if means and name:
            found[name] = means
    return found

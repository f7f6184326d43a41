"""Address a part of a twin by the names a person reads.

A path is names joined by dots, as the file nests them: ``teams.developers.people``. Entries of a list that have names
of their own go by them, steps by their stage and handoffs by their teams: ``work.feature.steps.review.rework``,
``work.feature.steps.1.parallel.0.build.effort``, ``handoffs.developers > reviewers.delay``; other entries, and two of
one name, by their number from 0. A name that holds a dot stands in quotes: ``stages."v1.2".wip_limit``. A ``*`` in a
name stands for any text, so that a path may mean many parts: ``work.*.route.next.*review.build``.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from twin.errors import nearest, shown

Names = tuple[str, ...]
Keys = tuple[str | int, ...]

MAX_LENGTH = 2000
MAX_LISTED = 10
MAX_COMPARED = 5000
_NAME = re.compile(r'"((?:[^"\\]|\\.)+)"|([^."]+)')


def parse_path(text: Any) -> Names:
    """Split a path into its names.

    Raises
    ------
    ValueError
        Where it is no path.
    """
    names: list[str] = []
    match = _NAME.match(text) if isinstance(text, str) and len(text) <= MAX_LENGTH else None
    while match:
        names.append(re.sub(r"\\(.)", r"\1", match[1]) if match[1] else match[2].strip())
        if match.end() == len(text):
            return tuple(names)
        match = _NAME.match(text, match.end() + 1) if text[match.end()] == "." else None
    raise ValueError(
        f"{shown(text)} is not a path. Write names joined by dots: teams.developers.people; "
        'a name that holds a dot in quotes: stages."v1.2".team'
    )


def written(names: Names) -> str:
    """Join names to the path that `parse_path` splits, unprintable characters escaped.

    >>> written(("stages", "v1.2", "wip_limit"))
    'stages."v1.2".wip_limit'
    """
    return ".".join(_quoted(name if name.isprintable() else repr(name)[1:-1]) for name in names)


def _quoted(name: str) -> str:
    if name and name == name.strip() and not set(name) & {".", '"'}:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def entries(value: Any, name: str = "") -> dict[str, str | int]:
    """List what a mapping or list holds: the key of each entry by its name.

    Parameters
    ----------
    value
        A mapping or list of plain values; anything else has no entries.
    name
        The name of the list itself, which tells what its entries go by.
    """
    if isinstance(value, dict):
        return {key: key for key in value}
    if not isinstance(value, list):
        return {}
    own = [_own_name(entry, name) for entry in value]
    often = Counter(own)
    return {each if each and often[each] == 1 else str(index): index for index, each in enumerate(own)}


def _own_name(entry: Any, list_name: str) -> str | None:
    in_a_branch = list_name.isdecimal()
    fields = ("stage",) if in_a_branch else {"steps": ("stage",), "handoffs": ("from", "to")}.get(list_name, ())
    found = [str(entry[field]) for field in fields if isinstance(entry, dict) and field in entry]
    return " > ".join(found) if fields and len(found) == len(fields) else None


def resolve(value: Any, names: Names) -> Keys:
    """Find the keys, list indexes among them, that lead along a path.

    Raises
    ------
    ValueError
        Where the path leads nowhere, with the nearest that exists.
    """
    keys: list[str | int] = []
    part = value
    for depth, name in enumerate(names):
        known = entries(part, names[depth - 1] if depth else "")
        if name.isdecimal() and isinstance(part, list) and int(name) < len(part):
            known.setdefault(name, int(name))
        if name not in known:
            raise ValueError(_nowhere(value, names, names[:depth], known))
        keys.append(known[name])
        part = part[known[name]]
    return tuple(keys)


def matching(value: Any, names: Names) -> tuple[Names, ...]:
    """List the paths a pattern means: itself where no name holds a ``*``, or where parts are called so.

    Raises
    ------
    ValueError
        Where a pattern matches nothing.
    """
    if not any("*" in name for name in names):
        return (names,)
    found: list[Names] = [()]
    for depth, name in enumerate(names):
        found = [(*path, each) for path in found for each in _alike(value, path, name, names[depth - 1 : depth])]
    if not found:
        raise ValueError(f"{written(names)} matches nothing in the twin")
    return tuple(found)


def _alike(value: Any, path: Names, name: str, above: Names) -> list[str]:
    try:
        known = entries(look_up(value, resolve(value, path)), *above)
    except ValueError:
        return []
    if name in known or "*" not in name:
        return [name] if name in known else []
    pattern = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
    return [each for each in known if pattern.fullmatch(each)]


def look_up(value: Any, keys: Keys) -> Any:
    """Follow keys into plain values."""
    for key in keys:
        value = value[key]
    return value


def named(value: Any, keys: Keys) -> Names:
    """Write keys as names: an entry's own where it has one, its number otherwise."""
    names: list[str] = []
    for key in keys:
        by_key = {own: name for name, own in entries(value, names[-1] if names else "").items()}
        names.append(by_key[key])
        value = value[key]
    return tuple(names)


def _nowhere(value: Any, names: Names, found: Names, known: dict[str, str | int]) -> str:
    match = _nearest_path(value, names)
    if match:
        return f"{written(names)} does not exist. Did you mean {match}?"
    missing = written((*found, names[len(found)]))
    there = ", ".join(list(known)[:MAX_LISTED]) + (" and more" if len(known) > MAX_LISTED else "")
    return f"{missing} does not exist. {written(found) or 'The twin'} holds {there or 'no parts'}"


def _nearest_path(value: Any, names: Names) -> str | None:
    """Go along the path by the nearest name at each place; failing that, look for a path with the same end."""
    part: Any = value
    found: Names = ()
    for depth, name in enumerate(names):
        known = entries(part, found[-1] if found else "")
        match = name if name in known else nearest(name, known)
        if match is None:
            return None if depth and depth == len(names) - 1 else _same_end(value, names)
        part, found = part[known[match]], (*found, match)
    return written(found)


def _same_end(value: Any, names: Names) -> str | None:
    ending = (path for path in _every_path(value, ()) if path[-1] == names[-1])
    return nearest(written(names), [written(path) for path in islice(ending, MAX_COMPARED)])


def _every_path(value: Any, above: Names) -> Iterator[Names]:
    for name, key in entries(value, above[-1] if above else "").items():
        yield (*above, name)
        yield from _every_path(value[key], (*above, name))

"""A scenario is a named change to a twin, and an experiment is a question with its scenarios.

Changes address parts of the twin by path (`twin.paths`) and are made on its written form with every default filled in;
the result is validated as a whole. So changes may pass through what is invalid (a stage without its team) as long as
the end is a twin. A change with a date holds from then on, the others from the start.

Units are those of the twin's file; an experiment's figures are in the units of `twin.metrics`, times in hours.
"""

import copy
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from twin.answer import Answer
from twin.arithmetic import added, keep_whole, multiplied
from twin.changes import Add, Change, Changes, Remove, Scale, SetValue
from twin.decisions import Optimize, Solve, Sweep
from twin.errors import InputError, Problem, one_of, shown
from twin.instants import format_instant, utc
from twin.marks import Document, dotted
from twin.part import Part, Several
from twin.paths import Keys, Names, entries, look_up, matching, named, parse_path, resolve, written
from twin.spec import Twin
from twin.units import Duration, parse_share, say_share
from twin.validation import validate

BASELINE: Final = "baseline"
DEFAULT_SEED: Final = 1
MAX_SEED: Final = 2**64 - 1
MAX_REPLICATIONS: Final = 100_000
MAX_SCENARIOS: Final = 1_000
MAX_CHANGES: Final = 1_000
MAX_SETS: Final = 5_000
SECTIONS: Final = ("calendars", "teams", "stages", "classes", "work")
"""Parts by name."""


class Run(Part):
    """How long and how often to run."""

    warm_up: Duration = 0
    """Time before the measurement begins; none for a question that starts from today's board."""
    length: Duration
    """Time that is measured."""
    replications: Literal["auto"] | Annotated[int, Field(ge=2, le=MAX_REPLICATIONS)] = "auto"
    """How many; auto runs until the interval of the difference is narrow enough."""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = DEFAULT_SEED
    """Names the random numbers: the same seed gives the same results. 1, if left out."""
    precision: str | int | float | None = None
    """Half-width asked of the difference's interval, in the unit of worth; half of worth, if left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.length == 0:
            raise ValueError("length must be above 0")
        return self


def _scenario_name(name: str) -> str:
    if name.strip().lower() == BASELINE:
        raise ValueError(f"{shown(name)} is the twin without changes, which always runs; call the scenario otherwise")
    return name


ScenarioName = Annotated[
    str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$"), AfterValidator(_scenario_name)
]


class Experiment(Part):
    """A question, the scenarios that could be its answer, and how to find out."""

    question: Annotated[str, Field(min_length=1, max_length=1000)]
    """In a sentence, as a person would ask it."""
    base: Annotated[str, Field(min_length=1, max_length=1000)]
    """The twin to change: a file or a calibrated folder, relative to this file."""
    extends: str | None = None
    """Another scenario file whose parts hold where this one does not say otherwise."""
    scenarios: Annotated[
        dict[ScenarioName, Annotated[Several[Change], Field(max_length=MAX_CHANGES)]],
        Field(max_length=MAX_SCENARIOS),
    ] = Field(default_factory=dict)
    """Changes by name; an empty list is the baseline under another name."""
    run: Run
    """How long and how often to run: {warm_up: 12 w, length: 52 w}."""
    answer: Answer
    """The figure that decides: {metric: lead_time, statistic: p85, better: lower, worth: 8 h}."""
    sweep: Sweep | None = None
    """Levers to move over their ranges, for ``twin sweep``."""
    optimize: Optimize | None = None
    """Levers to choose within a budget, for ``twin optimize``."""
    solve: Solve | None = None
    """A goal to reach with the scenarios, for ``twin solve``."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.scenarios and self.sweep is None and self.optimize is None:
            raise InputError(Problem("is required, but missing or empty; or write sweep or optimize", "scenarios"))
        if self.sweep is not None and self.sweep.effect_of not in {None, *self.scenarios}:
            told = one_of(str(self.sweep.effect_of), self.scenarios, noun="a scenario here")
            raise InputError(Problem(told, "sweep.effect_of"))
        if self.solve is not None:
            _check_solve(self.solve, self.scenarios)
        try:
            positive = self.precision is None or self.precision > 0
        except ValueError as error:
            raise InputError(Problem(str(error), "run.precision")) from None
        if not positive:
            raise InputError(Problem("must be above 0", "run.precision"))
        return self

    @property
    def precision(self) -> float | None:
        """The half-width asked, in the unit of `Answer.worth_in_units`."""
        return None if self.run.precision is None else self.answer.figure(self.run.precision)


def _check_solve(solve: Solve, scenarios: Iterable[str]) -> None:
    names = list(scenarios)
    if not names:
        raise InputError(Problem("needs scenarios to choose from", "solve"))
    sets = sum(math.comb(len(names), size) for size in range(1, solve.together + 1))
    if solve.goal is not None and sets > MAX_SETS:
        told = (
            f"{sets:,} sets of {len(names)} scenarios are too many to try, at most {MAX_SETS:,}; write a smaller number"
        )
        raise InputError(Problem(told, "solve.together"))
    unknown = [name for name in solve.costs if name not in names]
    if unknown:
        raise InputError(*(Problem(one_of(n, names, noun="a scenario here"), f"solve.costs.{n}") for n in unknown))


def full_form(twin: Twin) -> dict[str, Any]:
    """Give the twin as plain values with every default filled in; what is not set is left out."""
    return twin.model_dump(mode="json", by_alias=True, exclude_none=True)


def apply(twin: Twin, changes: Changes, *, at: str = "") -> Twin:
    """Make the changed twin, whatever the changes' dates.

    Parameters
    ----------
    twin
        The twin to change, which stays as it is.
    changes
        In order.
    at
        Path of the list of changes in its file, put before the number of a change in problems: ``scenarios.one more``.

    Raises
    ------
    InputError
        Where a path does not exist, a value does not fit or the result is no valid twin.
    """
    return _applied(twin, tuple(enumerate(changes)), at)


def phases(twin: Twin, changes: Changes, *, at: str = "") -> tuple[Twin, tuple[tuple[datetime, Twin], ...]]:
    """Make the twin of the start and those that take over later, each with all changes up to its date.

    Returns
    -------
    tuple
        The twin at the start, and for each date (UTC), in order, the twin from then on.

    Raises
    ------
    InputError
        As in `apply`, and where a date lies before the twin's start.
    """
    numbered = tuple(enumerate(changes))
    first = _applied(twin, tuple(entry for entry in numbered if entry[1].since is None), at)
    dated: dict[datetime, list[tuple[int, SetValue | Add | Remove | Scale]]] = {}
    early: list[Problem] = []
    for index, change in numbered:
        if change.since is None:
            continue
        instant = utc(change.since, first.clock.zone)
        if instant < first.start:
            starts = format_instant(first.clock.starts)
            early.append(Problem(f"lies before the twin's start, {starts}", _place(at, f"{index}.from")))
        dated.setdefault(instant, []).append((index, change))
    if early:
        raise InputError(*early)
    current, later = first, []
    for instant in sorted(dated):
        current = _applied(current, tuple(dated[instant]), at)
        later.append((instant, current))
    return first, tuple(later)


class _Touched(NamedTuple):
    """What a change wrote to, by keys and by names, for telling whose fault a problem is."""

    change: int  # its number
    keys: Keys
    paths: tuple[str, ...]


def _applied(twin: Twin, numbered: Sequence[tuple[int, Any]], at: str) -> Twin:
    if not numbered:
        return twin
    value = full_form(twin)
    touched: list[_Touched] = []
    problems: list[Problem] = []
    for index, change in numbered:
        for path in _paths(change):
            try:
                found = matching(value, parse_path(path))
                touched.extend(_Touched(index, *_change(value, names, change)) for names in found)
            except ValueError as error:
                problems.append(Problem(str(error), _place(at, str(index))))
    if problems:
        raise InputError(*problems)
    try:
        return validate(Twin, Document(value | _untouched(twin, value, touched), {}, ""))
    except InputError as error:
        raise InputError(*(_blamed(problem, touched, at) for problem in error.problems)) from None


def _untouched(twin: Twin, value: dict[str, Any], touched: Sequence[_Touched]) -> dict[str, dict[str, Any]]:
    """Give the sections of parts by name with the parts that no change wrote to as they were: they are read already."""
    written_to = {each.keys[:2] for each in touched}
    kept = {}
    for section in SECTIONS:
        parts = getattr(twin, section)
        if parts and (section,) not in written_to:
            told = value[section].items()
            kept[section] = {
                name: parts[name] if name in parts and (section, name) not in written_to else part
                for name, part in told
            }
    return kept


def _place(at: str, inner: str) -> str:
    return f"{at}.{inner}" if at and inner else at or inner


def _paths(change: Any) -> tuple[str, ...]:
    match change:
        case SetValue(set=paths) | Add(to=paths) | Remove(remove=paths) | Scale(scale=paths):
            return paths
    raise TypeError(change)


def _change(value: dict[str, Any], names: Names, change: Any) -> tuple[Keys, tuple[str, ...]]:
    """Change plain values in place; give the keys written to, and their path as it may be told in a problem."""
    if isinstance(change, SetValue):
        keys = _keys_to_set(value, names)
        look_up(value, keys[:-1])[keys[-1]] = copy.deepcopy(change.to)
    else:
        keys = resolve(value, names)
        parent, old = look_up(value, keys[:-1]), look_up(value, keys)
        try:
            if isinstance(change, Remove):
                del parent[keys[-1]]
                keep_whole(value, keys)
                return keys, (dotted(keys), dotted(names))
            new = added(old, change.add) if isinstance(change, Add) else multiplied(old, change.by)
        except ValueError as error:
            raise ValueError(f"{written(names)}: {error}") from None
        parent[keys[-1]] = new
    keep_whole(value, keys)
    return keys, (dotted(keys), dotted(named(value, keys)))


def _keys_to_set(value: dict[str, Any], names: Names) -> Keys:
    """Find where to write: the last name may be new in a mapping, all before it must exist."""
    try:
        above = resolve(value, names[:-1])
    except ValueError:
        return resolve(value, names)  # tells the nearest whole path
    return (*above, names[-1]) if isinstance(look_up(value, above), dict) else resolve(value, names)


def _blamed(problem: Problem, touched: list[_Touched], at: str) -> Problem:
    """Lay a problem of the changed twin at the last change that wrote there, or at them all."""
    place = f"{problem.path}."
    guilty = [
        each.change
        for each in touched
        if any(place.startswith(f"{path}.") or f"{path}.".startswith(place) for path in each.paths)
    ]
    everyone = {each.change for each in touched}
    last = guilty[-1] if guilty else min(everyone) if len(everyone) == 1 else None
    return Problem(f"{problem.path}: {problem.message}", _place(at, "" if last is None else str(last)))


class Changed(NamedTuple):
    """A part that two twins do not share, as plain values."""

    path: Names
    before: Any  # None where it is not there
    after: Any
    is_order: bool = False  # the same parts, in another order

    def __str__(self) -> str:
        if self.is_order:
            return f"{written(self.path)}: another order, {', '.join(self.after)}"
        return f"{written(self.path)}: {' → '.join(sides(self.before, self.after))}"


def difference(a: Twin, b: Twin) -> tuple[str, ...]:
    """Tell line by line what two twins do not share: ``teams.reviewers.people: 2 → 3``."""
    return tuple(map(str, changes_between(a, b)))


def changes_between(a: Twin, b: Twin) -> tuple[Changed, ...]:
    """List the parts that two twins do not share."""
    return tuple(_differences(full_form(a), full_form(b), ()))


def _differences(a: Any, b: Any, path: Names) -> Iterator[Changed]:
    if a == b:
        return
    list_name = path[-1] if path else ""
    before, after = entries(a, list_name), entries(b, list_name)
    same_kind = type(a) is type(b) and bool(before) and bool(after)
    if not same_kind or (isinstance(a, dict) and a.get("kind") != b.get("kind")):
        yield Changed(path, a, b)
        return
    for name in dict.fromkeys([*before, *after]):
        inner = (*path, name)
        if name not in after:
            yield Changed(inner, a[before[name]], None)
        elif name not in before:
            yield Changed(inner, None, b[after[name]])
        else:
            yield from _differences(a[before[name]], b[after[name]], inner)
    common = [name for name in before if name in after]
    if isinstance(a, list) and common != [name for name in after if name in before]:
        yield Changed(path, list(before), list(after), is_order=True)


def sides(before: Any, after: Any) -> tuple[str, str]:
    """Write both sides of a change, shares with four digits where these tell them apart.

    >>> sides("87.205 %", 0.934513124201), sides(2, 3)
    (('87.2 %', '93.45 %'), ('2', '3'))
    """
    shares = [_share(each) for each in (before, after)]
    if any(isinstance(each, str) for each in (before, after)) and None not in shares:
        rounded = [say_share(each) for each in shares if each is not None]
        if rounded[0] != rounded[1]:
            return rounded[0], rounded[1]
    return told(before), told(after)


def _share(value: Any) -> float | None:
    """Read a share as a twin writes it: a percentage, or a number where no short one is exact."""
    if isinstance(value, float):
        return value
    try:
        return parse_share(value) if isinstance(value, str) and value.endswith("%") else None
    except ValueError:
        return None


def told(value: Any) -> str:
    """Write plain values in a line, as the file would."""
    if value is None:
        return "none"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {told(part)}" for name, part in value.items() if part not in ([], {})) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(told, value)) + "]"
    return str(value)

"""What differs between two twins, or two questions, in words: ``2 → 3 reviewers``.

A difference is found part by part on the written form (`twin.scenario.changes_between`) and said the way one would say
it of an organisation: whose it is, what it is, from what to what; long parts are cut short. Scenarios are compared by
what they do to their twins, not by how they are written.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from twin.calendars import Calendar
from twin.part import Part
from twin.paths import Names, written
from twin.people import Team
from twin.project import LoadedExperiment
from twin.scenario import Changed, changes_between, phases, sides, told
from twin.spec import Stage, Twin
from twin.units import WEEK, format_clock
from twin.work import Work
from twin.zones import time_zone

NOUNS: Final = {
    "teams": "team",
    "stages": "stage",
    "calendars": "calendar",
    "work": "work type",
    "scenarios": "scenario",
}

FORMS: Final[Mapping[str, type[Part]]] = {"teams": Team, "stages": Stage, "calendars": Calendar, "work": Work}

LONGEST: Final = 120


class Difference(NamedTuple):
    """One thing that differs."""

    path: str
    before: Any
    after: Any
    words: str


def between_twins(a: Twin, b: Twin) -> tuple[Difference, ...]:
    """List what two twins do not share."""
    return tuple(_said(changed) for changed in changes_between(a, b))


def done(base: Twin, first: Twin, later: Sequence[tuple[datetime, Twin]]) -> tuple[str, ...]:
    """Say what a scenario does: what differs from the base at the start, and what comes with a date."""
    lines = [each.words for each in between_twins(base, first)]
    before = first
    for at, twin in later:
        begins = at.astimezone(time_zone(base.clock.zone))
        lines += [f"from {begins:%Y-%m-%d} {each.words}" for each in between_twins(before, twin)]
        before = twin
    return tuple(lines)


def between_questions(a: LoadedExperiment, b: LoadedExperiment) -> tuple[Difference, ...]:
    """List what two scenario files do not share: the question, its settings, what each scenario does, the twin.

    Raises
    ------
    InputError
        Where a change does not fit its twin.
    """
    before, after = _plain(a), _plain(b)
    twins = (
        each._replace(path=f"base.{each.path}", words=f"twin: {each.words}") for each in between_twins(a.base, b.base)
    )
    return (*_unequal(before, after), *twins)


def _plain(loaded: LoadedExperiment) -> dict[Names, Any]:
    """Write a question down, part by part."""
    experiment = loaded.experiment
    run, answer = experiment.run, experiment.answer
    settings = {"warm_up": _span(run.warm_up), "length": _span(run.length)} | run.model_dump(
        include={"replications", "seed", "precision"}, exclude_none=True
    )
    parts: dict[Names, Any] = {("question",): experiment.question}
    parts |= {("run", name): value for name, value in settings.items()}
    parts |= {("answer", name): value for name, value in answer.model_dump(mode="json", exclude_none=True).items()}
    return parts | {("scenarios", name): _done(loaded, name) for name in experiment.scenarios}


def _span(ticks: int) -> str:
    weeks, rest = divmod(ticks, WEEK)
    return format_clock(ticks) if rest or not weeks else f"{weeks} w"


def _done(loaded: LoadedExperiment, name: str) -> str:
    """Say what a scenario does to its twin."""
    first, later = phases(loaded.base, loaded.experiment.scenarios[name])
    return "; ".join(done(loaded.base, first, later)) or "nothing"


def _unequal(before: dict[Names, Any], after: dict[Names, Any]) -> Iterator[Difference]:
    for path in dict.fromkeys([*before, *after]):
        changed = Changed(path, before.get(path), after.get(path))
        if changed.before != changed.after:
            yield _said(changed)


def _said(changed: Changed) -> Difference:
    path, before, after, is_order = changed
    return Difference(written(path), before, after, _order(changed) if is_order else _words(path, before, after))


def _order(changed: Changed) -> str:
    subject, part = _named(changed.path)
    return f"{subject}{part}: now in the order {', '.join(changed.after)}"


def _words(path: Names, before: Any, after: Any) -> str:
    """Say whose part it is, what it is, from what to what."""
    if len(path) == 2 and path[0] in NOUNS:
        return _whole(path[0], path[1], before, after)
    if path[0] == "teams" and path[2:] == ("people",) and isinstance(before, int) and isinstance(after, int):
        team = path[1]
        return f"{before} → {after} {team}" if team.endswith("s") else f"{team}: {before} → {after} people"
    subject, part = _named(path)
    return f"{subject}{part} {' → '.join(map(_cut, sides(before, after)))}"


def _whole(part: str, name: str, before: Any, after: Any) -> str:
    noun = NOUNS[part]
    if before is None:
        return f"new {noun} {name}: {_short(_as_written(part, after))}"
    if after is None:
        return f"{noun} {name} is gone"
    return f"{noun} {name}: {_short(after)}, before: {_short(before)}"


def _as_written(part: str, value: Any) -> Any:
    """Leave out what is as it would be if it were left out."""
    form = FORMS.get(part)
    return (
        value
        if form is None
        else form.model_validate(value).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    )


def _named(path: Names) -> tuple[str, str]:
    """Split a path into whose it is and what it is: ``feature, review: ``, ``rework chance``."""
    own: Names = ()
    rest = path
    if path[0] in NOUNS and len(path) > 2:
        own, rest = path[1:2], path[2:]
        if rest[0] == "steps" and len(rest) > 2:
            own, rest = (*own, rest[1]), rest[2:]
    subject = f"{', '.join(own)}: " if own else ""
    return subject, " ".join(name.replace("_", " ").replace("wip", "WIP").replace("sla", "SLA") for name in rest)


def _short(value: Any) -> str:
    return _cut(told(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

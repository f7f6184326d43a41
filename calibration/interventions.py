"""Changes that really happened, foretold by a twin that knew only what was before.

A file names them in the language of scenarios, each change with its date::

    interventions:
      a third clerk joined: [{add: 1, to: teams.clerks.people, from: 2026-03-02}]

The twin is learned from the log as it stood at the date, and foretells the weeks after it twice, with the change and
without, under the same luck. A third forecast is persistence: what was in as many weeks before is again. Of each,

    skill = 1 - CRPS with the change / CRPS without it, or of persistence

over throughput, WIP and lead time, each metric counting the same. The direction is that of the figure which the change
moves most, in standard deviations of the runs, and is right if what happened lies on that side of the forecast without.
A change that moves no figure by half a standard deviation cannot be seen in these weeks: it is no evidence either way.

Validity for what-ifs is a matter of changes foretold, not of forecasts of work that goes on as before. Source of the
comparison: own; of persistence as the bar: Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 5.2.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from calibration.fit import fit_twin
from calibration.forecasts import Past, Question, figure_names, happened, level_spread, past_of, simulated
from calibration.origins import Origins, choose_origins, known_at
from calibration.rolling import LEVELS, MEMBERS, TESTED
from calibration.scores import crps, interval, skill, together
from twin.changes import Change
from twin.checks import findings
from twin.engine.telling import Tell, silent
from twin.errors import InputError, Problem
from twin.eventlog import EventLog
from twin.files import read_yaml
from twin.instants import utc
from twin.marks import Document
from twin.part import Name, Part, Several
from twin.scenario import apply
from twin.spec import Twin
from twin.units import MILLISECOND, WEEK
from twin.validation import validate

Floats = NDArray[np.float64]

MOST_WEEKS: Final = 8
SEEN: Final = 0.5
"""Standard deviations by which a change has to move a figure to be seen."""


class Interventions(Part):
    """What a file of past changes says."""

    interventions: Annotated[
        dict[Name, Annotated[Several[Change], Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=50),
    ]
    """Changes by name, each with the date from which on it really held."""

    @model_validator(mode="after")
    def _check(self) -> "Interventions":
        problems = []
        for name, changes in self.interventions.items():
            dates = [change.since for change in changes]
            for index, date in enumerate(dates):
                place = f"interventions.{name}.{index}"
                if date is None:
                    problems.append(Problem("has no date; add from: 2026-03-02, the day it really happened", place))
                elif date != dates[0] and dates[0] is not None:
                    problems.append(Problem("has another date; give it a name of its own", f"{place}.from"))
        if problems:
            raise InputError(*problems)
        return self


class Loaded(NamedTuple):
    """A file of past changes, with the lines to blame."""

    content: Interventions
    document: Document


@dataclass(frozen=True)
class Tried:
    """A change that happened, beside what the twin foretold of it.

    Attributes
    ----------
    name, at, weeks
        Which change, when, and how many weeks after it were looked at.
    figure, unit
        What the change moves most.
    before, without, foretold, happened
        Mean of the weeks before, forecasts without and with the change, and what happened.
    moved
        How far the change moves that figure, in standard deviations of the runs.
    skills
        Against the forecast without the change, and against persistence.
    held
        Share of the figures inside the 80 % and the 95 % intervals of the forecast with the change.
    """

    name: str
    at: datetime
    weeks: int
    figure: str
    before: float
    without: float
    foretold: float
    happened: float
    moved: float
    skills: tuple[float, float]
    held: tuple[float, float]

    @property
    def visible(self) -> bool:
        """Tell whether the change moves anything by enough to be seen."""
        return self.moved >= SEEN

    @property
    def direction(self) -> bool:
        """Tell whether what happened lies on the side that the change was to move it to."""
        return (self.foretold - self.without) * (self.happened - self.without) > 0

    @property
    def fault(self) -> str | None:
        """Say what is wrong with what was foretold, or None."""
        if not self.visible:
            return None
        told = f"of {self.name!r} ({self.at:%Y-%m-%d}) it foretold {self.figure} {self.foretold:.4g} instead of "
        told += f"{self.without:.4g} without it; {self.happened:.4g} happened"
        if not self.direction:
            return f"{told}: the wrong direction"
        if self.skills[0] <= 0:
            return f"{told}: what happened is nearer to no change (CRPS skill {self.skills[0]:+.2f})"
        if self.skills[1] <= 0:
            return f"{told}: no better than taking the weeks before (CRPS skill {self.skills[1]:+.2f})"
        return None

    def as_written(self) -> dict[str, Any]:
        """Give it as plain values."""
        told = asdict(self) | {"at": self.at.isoformat(), "skills": [_finite(each) for each in self.skills]}
        return told | {"visible": self.visible, "direction_right": self.direction, "fault": self.fault}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def load_interventions(path: Path) -> Loaded:
    """Read a file of past changes.

    Raises
    ------
    InputError
        Where the file cannot be read or says anything else, with file and line of all problems.
    """
    document = read_yaml(path)
    return Loaded(validate(Interventions, document), document)


def try_interventions(
    log: EventLog, loaded: Loaded, *, members: int = MEMBERS, seed: int = 1, tell: Tell = silent
) -> tuple[Tried, ...]:
    """Foretell every change from what was known before it, and hold that against what happened.

    Parameters
    ----------
    log
        Visits before and after the changes, rows in any order.
    loaded
        The changes.
    members, seed
        Runs per forecast, and the name of the random numbers.
    tell
        Called with one line where an engine has to be compiled first.

    Raises
    ------
    InputError
        Where a date leaves nothing to learn from or to look at, or a change does not fit the twin learned before it;
        with file and line of all problems.
    """
    whole, past = choose_origins(log), past_of(log)
    dates = {name: _tick(log, changes[0].since) for name, changes in loaded.content.interventions.items()}
    problems, tried = [], []
    for name, origin in sorted(dates.items(), key=lambda each: (each[1], each[0])):
        later = [each for each in dates.values() if each > origin]
        try:
            weeks = _weeks(origin, min([whole.until, *later]), whole, name)
            asked = Question(known_at(log, origin), origin, weeks)
            tried.append(_tried(name, asked, past, whole, loaded, (members, seed), tell))
        except InputError as error:
            problems += [loaded.document.located(_placed(problem, name)) for problem in error.problems]
    if problems:
        raise InputError(*problems)
    return tuple(tried)


def _tick(log: EventLog, since: datetime | None) -> int:
    if since is None:
        raise InputError("an intervention without a date")
    return round((utc(since, log.zone) - log.start) / timedelta(milliseconds=1) / MILLISECOND)


def _placed(problem: Problem, name: str) -> Problem:
    place = f"interventions.{name}"
    return problem if problem.path.startswith(place) else Problem(str(problem), place)


def _weeks(origin: int, end: int, whole: Origins, name: str) -> int:
    """Give how many whole weeks after a date can be looked at."""
    place = f"interventions.{name}.0.from"
    if origin < whole.since + WEEK:
        raise InputError(Problem("lies before the log shows a week of work as it went; nothing to learn from", place))
    if end < origin + WEEK:
        raise InputError(
            Problem("leaves less than a whole week to look at before the log ends or the next change comes", place)
        )
    return min(MOST_WEEKS, (end - origin) // WEEK)


def _tried(
    name: str, asked: Question, past: Past, whole: Origins, loaded: Loaded, named: tuple[int, int], tell: Tell
) -> Tried:
    members, seed = named
    fit = fit_twin(asked.log, name="before the change", tell=tell)
    changed = _changed(fit.twin, loaded, name)
    spreads = {work: level_spread(fit.evidence, work) for work in changed.work}
    asked = asked._replace(unseen=fit.unseen)
    without, foretold = (
        simulated(fit.twin, each, spreads, members=members, seed=seed, tell=tell)
        for each in (asked, asked._replace(changes=((asked.origin, changed),)))
    )
    back = min(asked.weeks, (asked.origin - whole.since) // WEEK)
    before = happened(past, asked.origin - back * WEEK, back)[-len(TESTED) :]
    after = happened(past, asked.origin, asked.weeks)[-len(TESTED) :]
    at = asked.log.start + timedelta(milliseconds=asked.origin * MILLISECOND)
    figures = figure_names(asked.weeks)[-len(TESTED) :]
    return _scored(
        (name, at, asked.weeks), figures, (before, without[:, -len(TESTED) :], foretold[:, -len(TESTED) :], after)
    )


def _changed(twin: Twin, loaded: Loaded, name: str) -> Twin:
    place = f"interventions.{name}"
    changed = apply(twin, loaded.content.interventions[name], at=place)
    errors = [Problem(f"{f.path}: {f.message}", place) for f in findings(changed) if f.level == "error"]
    if errors:
        raise InputError(*errors)
    return changed


def _scored(
    what: tuple[str, datetime, int], figures: tuple[str, ...], told: tuple[Floats, Floats, Floats, Floats]
) -> Tried:
    """Score forecasts of shape (members, figures) against figures before and after."""
    before, without, foretold, after = told
    name, at, weeks = what
    known = [k for k in range(len(figures)) if _complete(before[k], after[k], without[:, k], foretold[:, k])]
    if not known:
        raise InputError("nothing was done in the weeks before or after it")
    moved = np.array([_moved(without[:, k], foretold[:, k]) for k in known])
    most = known[int(moved.argmax())]
    skills = [_skill(figures, known, after, foretold, other) for other in (without, before[None, :])]
    held = [np.mean([_holds(foretold[:, k], after[k], level) for k in known]) for level in LEVELS]
    return Tried(
        name, at, weeks, figures[most], float(before[most]), float(without[:, most].mean()),
        float(foretold[:, most].mean()), float(after[most]), float(moved.max()), (skills[0], skills[1]),
        (float(held[0]), float(held[1])),
    )  # fmt: skip


def _complete(*values: Any) -> bool:
    return all(bool(np.isfinite(value).all()) for value in values)


def _moved(without: Floats, foretold: Floats) -> float:
    spread = float(np.sqrt((without.var(ddof=1) + foretold.var(ddof=1)) / 2))
    gap = abs(float(foretold.mean() - without.mean()))
    return gap / spread if spread > 0 else float(np.inf if gap > 0 else 0.0)


def _holds(members: Floats, value: float, level: float) -> bool:
    low, high = interval(members, level)
    return low <= value <= high


def _skill(figures: tuple[str, ...], known: list[int], after: Floats, mine: Floats, other: Floats) -> float:
    """Join the skills of the figures, each metric counting the same."""
    by_metric: dict[str, list[float]] = {}
    for metric, k in _metrics(figures, known):
        scores = (np.array([crps(members[:, k], float(after[k]))]) for members in (mine, other))
        by_metric.setdefault(metric, []).append(skill(*scores))
    return together([together(each) for each in by_metric.values()])


def _metrics(figures: tuple[str, ...], known: list[int]) -> Iterator[tuple[str, int]]:
    for k in known:
        yield figures[k].partition(" ")[0], k

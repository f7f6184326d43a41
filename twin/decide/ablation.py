"""What would be gained without a cause of waiting, beside the time that items spend on it.

A cause is removed from the baseline by changes to the twin: gates and batches away, meetings away, WIP limits away, ten
people where there is one. The changed twin runs on the same random numbers, and the paired difference of mean lead time
stands beside the mean hours that items spend on the cause (`twin.decide.waiting`). The two differ, and that is what
there is to learn: whoever no longer waits for one thing waits for the next, and people who are held up hold up others.

Over an ensemble both are means over its twins: beside the time spent stand the least and the most of any twin, and the
gain has the interval of the whole (`twin.uncertainty`) and the least and the most that any twin gains on average. Twins
that spend much on a cause also gain much without it, so which of the two is more is asked in each twin, and told where
19 of 20 agree.

Two causes are not taken away: waiting for other items, which is what the work is; and time outside working hours, since
people who are there at night would be more people too.

Units: hours of the clock. Source: ablation as in the study of any mechanism; common random numbers as in Law (2015),
Simulation Modeling and Analysis, ch. 11.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from twin.answer import Answer
from twin.attribution import SPOKEN, Spent
from twin.changes import Changes, Remove, SetValue
from twin.decide.telling import difference_of, parts_column
from twin.decide.trials import Trials, Values
from twin.decide.waiting import Waits
from twin.errors import InputError
from twin.estimate import Difference
from twin.page import Cell, Table
from twin.paths import Keys, named, written
from twin.people import MAX_PEOPLE
from twin.scenario import full_form
from twin.spec import Twin
from twin.wording import figure, figures, say_difference

PLENTY: Final = 10
"""People where there is one, so that hardly anybody waits for them."""
AGREED: Final = 0.95
"""Share of the twins that have to agree."""
SLACK: Final = 1e-9
LEAST: Final = 0.005
"""Share of lead time from which on a cause is looked at."""

Removal = Callable[[dict[str, Any]], Iterator[tuple[Keys, Any]]]
"""List what to set where in a twin's plain values; None is to be removed."""


Span = tuple[float, float]


class Ablated(NamedTuple):
    """A cause of waiting, and what is gained without it."""

    cause: Spent
    spent: float  # mean hours of an item as it is
    lead_time: Difference  # mean lead time without the cause, less as it is
    asked: Difference | None  # the same for the asked figure; None where it could not be measured
    spent_span: Span | None = None  # least and most mean hours of any twin of an ensemble; None without one
    lead_time_span: Span | None = None  # the same of what its mean lead time changes by
    more_in: float | None = None  # share of the twins in which more is gained than spent


def ablate(trials: Trials, waits: Waits, answer: Answer, *, replications: int) -> tuple[Ablated, ...]:
    """Remove each cause from the baseline in turn.

    Parameters
    ----------
    trials
        Runs the twins.
    waits
        Where lead time goes in the baseline; causes below half a per cent of it are left out.
    answer
        The asked figure.
    replications
        Of each twin, at least 2.

    Returns
    -------
    tuple of Ablated
        The cause that items spend the most time on first.
    """
    lead = Answer(metric="lead_time", work=answer.work, better="lower", worth="1 h")
    base, found = trials.add("baseline", ()), []
    for cause in sorted(_REMOVALS, key=lambda each: -waits.hours[each]):
        if waits.hours[cause] < LEAST * waits.lead_time or not waits.items:
            continue
        number = _without(trials, cause)
        if number is None or number == base:
            continue
        leads, asked = (trials.values([base, number], each, 0, replications) for each in (lead, answer))
        if not np.isfinite(leads).all():
            continue
        effect = trials.difference(asked[0], asked[1], answer) if np.isfinite(asked).all() else None
        gain, span = trials.difference(leads[0], leads[1], lead), _span(trials, leads)
        more = _more_in(trials, waits, cause, leads)
        found.append(Ablated(cause, float(waits.hours[cause]), gain, effect, waits.span(cause), span, more))
    return tuple(found)


def _of_twins(trials: Trials, leads: Values) -> Values:
    """Give what the mean lead time of each twin of the ensemble changes by, shape (twins,)."""
    changes: Values = (leads[1] - leads[0]).reshape(-1, trials.members).mean(axis=0)
    return changes


def _more_in(trials: Trials, waits: Waits, cause: Spent, leads: Values) -> float | None:
    """Give the share of twins that gain more than they spend; None where some twin has no item done."""
    if not trials.members or waits.of_twins is None or len(waits.of_twins) != trials.members:
        return None
    return float((-_of_twins(trials, leads) > waits.of_twins[:, cause]).mean())


def _span(trials: Trials, leads: Values) -> Span | None:
    """Give the least and the most that the mean of any twin of the ensemble changes by."""
    if not trials.members:
        return None
    changes = _of_twins(trials, leads)
    return float(changes.min()), float(changes.max())


def _without(trials: Trials, cause: Spent) -> int | None:
    """Give the number of the twin without a cause; None where that is no valid twin."""
    try:
        return trials.add(f"without {SPOKEN[cause]}", removal(trials.base, cause))
    except InputError:
        return None


def removal(twin: Twin, cause: Spent) -> Changes:
    """List the changes that take a cause of waiting out of a twin; none where it has no such part."""
    value = full_form(twin)
    changes: list[SetValue | Remove] = []
    for keys, to in _REMOVALS[cause](value):
        path = (written(named(value, keys)),)
        changes.append(Remove(remove=path) if to is None else SetValue(set=path, to=to))
    return tuple(changes)


def _each(value: dict[str, Any], part: str, *fields: str) -> Iterator[tuple[Keys, Any]]:
    """Find fields that are there and not empty in the entries of a part."""
    for name, entry in value.get(part, {}).items():
        for field in fields:
            if entry.get(field):
                yield (part, name, field), entry[field]


def _people(value: dict[str, Any], *fields: str) -> Iterator[tuple[Keys, Any]]:
    """Find fields of teams, and of groups of people in them."""
    yield from _each(value, "teams", *fields)
    for keys, group in _groups(value):
        yield from (((*keys, field), group[field]) for field in fields if group.get(field))


def _groups(value: dict[str, Any]) -> Iterator[tuple[Keys, Any]]:
    """List the groups of people of the teams that have some."""
    for name, team in value["teams"].items():
        if isinstance(team["people"], list):
            yield from ((("teams", name, "people", place), group) for place, group in enumerate(team["people"]))


def _removed(found: Iterator[tuple[Keys, Any]]) -> Iterator[tuple[Keys, Any]]:
    return ((keys, [] if isinstance(old, list) else None) for keys, old in found)


def _batches(value: dict[str, Any]) -> Iterator[tuple[Keys, Any]]:
    """Find gates and batches; work that is done together stays so, since apart it would be more work."""
    for keys, old in _each(value, "stages", "batch", "opens"):
        if keys[-1] == "opens" or not old.get("together"):
            yield keys, [] if isinstance(old, list) else None


def _limits(value: dict[str, Any]) -> Iterator[tuple[Keys, Any]]:
    yield from _removed(_each(value, "stages", "wip_limit"))
    yield from _removed(_each(value, "teams", "wip_limit_per_person"))
    yield from _removed(_each(value, "classes", "at_most"))
    if value.get("wip_limits"):
        yield ("wip_limits",), []
    held = [keys for keys, old in _each(value, "work", "intake") if old["beyond"] == "wait"]
    if value.get("intake", {}).get("beyond") == "wait":
        held.append(("intake",))
    yield from ((keys, None) for keys in held)


def _ranks(value: dict[str, Any]) -> Iterator[tuple[Keys, Any]]:
    """Let everybody come first who came first, and nobody be interrupted for others."""
    yield from ((("teams", name, "queue"), "fifo") for name, team in value["teams"].items() if team["queue"] != "fifo")
    yield from ((keys, False) for keys, _ in _each(value, "classes", "preempts"))


def _delays(value: Any, keys: Keys = ("work",)) -> Iterator[tuple[Keys, Any]]:
    """Find delays of steps and routes, at any depth."""
    part = value["work"] if keys == ("work",) else value
    for key, entry in part.items() if isinstance(part, dict) else enumerate(part):
        if key == "delay" or (key == "delays" and entry):
            yield (*keys, key), {} if key == "delays" else None
        elif isinstance(entry, dict | list) and key not in {"arrivals", "effort", "automation"}:
            yield from _delays(entry, (*keys, key))


def _plenty(value: dict[str, Any]) -> Iterator[tuple[Keys, Any]]:
    teams = value["teams"].items()
    counts: list[tuple[Keys, int]] = [
        (("teams", name, "people"), team["people"]) for name, team in teams if isinstance(team["people"], int)
    ]
    counts += [((*keys, "count"), group["count"]) for keys, group in _groups(value)]
    yield from ((keys, min(PLENTY * count, MAX_PEOPLE)) for keys, count in counts if count)


_REMOVALS: Final[dict[Spent, Removal]] = {
    Spent.CONTENTION: _plenty,
    Spent.OVERTAKEN: _ranks,
    Spent.WIP_LIMIT: _limits,
    Spent.MEETING: lambda value: _removed(_people(value, "meetings")),
    Spent.BATCH: _batches,
    Spent.BLOCKED: lambda value: _removed(_each(value, "stages", "blocked")),
    Spent.EXTERNAL: _delays,
    Spent.HANDOFF: lambda value: iter([(("handoffs",), [])] if value.get("handoffs") else []),
    Spent.SWITCHING: lambda value: _removed(_people(value, "switching")),
    Spent.RAMP_UP: lambda value: _removed(_people(value, "ramp_up")),
    Spent.INTERRUPTED: lambda value: _removed(_people(value, "interruptions")),
    Spent.SHARED: lambda value: (
        (keys, 1 if keys[-1] == "at_once" else {}) for keys, old in _each(value, "teams", "at_once", "loss") if old != 1
    ),
}

_MEANT: Final = {
    Spent.CONTENTION: "ten people where there is one",
    Spent.OVERTAKEN: "first come, first served",
    Spent.WIP_LIMIT: "no WIP limits",
    Spent.MEETING: "no meetings",
    Spent.BATCH: "no batches, releases or approval dates",
    Spent.BLOCKED: "nothing blocked",
    Spent.EXTERNAL: "no delays outside",
    Spent.HANDOFF: "handoffs that take no time",
    Spent.SWITCHING: "switching that takes no time",
    Spent.RAMP_UP: "new people at full speed at once",
    Spent.INTERRUPTED: "no interruptions",
    Spent.SHARED: "one thing at a time",
}


def say_ablated(found: tuple[Ablated, ...]) -> Iterator[str]:
    """Say where most more, and where most less, is gained without a cause than items spend on it."""
    known = [(each, each.lead_time.low, each.lead_time.high) for each in found]
    sure = [(each, low, high) for each, low, high in known if low is not None and high is not None]
    more = [each for each, _, high in sure if _agreed(each.more_in, likely=high < -_ends(each)[1])]
    less = [
        each
        for each, low, _ in sure
        if _agreed(None if each.more_in is None else 1 - each.more_in, likely=low > -_ends(each)[0])
    ]
    for several, why in (
        (more, "which is more than they spend: other waiting goes with it, in queues and over nights."),
        (less, "which is less than they spend: who no longer waits for that waits for something else."),
    ):
        if several:
            most = max(several, key=lambda each: abs(each.spent + each.lead_time.effect))
            yield f"{_gained(most)}, {why}{_in_twins(most)}"
    if sure and not more and not less:
        first = sure[0][0]
        yield f"{_gained(first)}: as far as can be told, what items spend on a cause is what is gained without it."


def _agreed(share: float | None, *, likely: bool) -> bool:
    """Say whether nearly all twins agree; without an ensemble, whether the intervals do not meet."""
    return likely if share is None else share >= AGREED - SLACK


def _in_twins(each: Ablated) -> str:
    """Say in how many twins it is so; nothing without an ensemble."""
    if each.more_in is None:
        return ""
    share = max(each.more_in, 1 - each.more_in)
    return f" So it is in {100 * share:.0f} % of the twins of the ensemble."


def _ends(each: Ablated) -> Span:
    """Give the least and the most hours spent on a cause that have to be reckoned with."""
    return each.spent_span or (each.spent, each.spent)


def _gained(each: Ablated) -> str:
    effect = each.lead_time
    told = "does not change at all" if effect.identical else f"changes by {say_difference(effect, 'h')}"
    spent = f"Items spend {_told(each.spent, each.spent_span)} on {SPOKEN[each.cause]}"
    return f"{spent}; with {_MEANT[each.cause]} mean lead time {told}"


def ablation_table(found: tuple[Ablated, ...], waits: Waits, asked: str, unit: str) -> Table:
    """Show what items spend on each cause beside what is gained without it."""
    parts = parts_column([each.lead_time for each in found], "h")
    rows: list[tuple[Cell, ...]] = [
        (
            SPOKEN[each.cause],
            _told(each.spent, each.spent_span),
            f"{100 * each.spent / waits.lead_time:.0f} %",
            _MEANT[each.cause],
            say_difference(each.lead_time, "h"),
            *made_of,
            *(() if each.lead_time_span is None else (_told(*each.lead_time_span),)),
            None if each.asked is None else say_difference(each.asked, unit),
        )
        for each, made_of in zip(found, parts.cells, strict=True)
    ]
    over = any(each.lead_time_span is not None for each in found)
    twins = ("of any twin, least and most",) if over else ()
    then = ("mean lead time then", *parts.heads, *twins, f"{asked} then")
    heads = ("cause", "spent on it", "of lead time", "without it", *then)
    mean = "; means over the twins of the ensemble (least to most of any twin)" if over else ""
    return Table(heads, tuple(rows), f"As it is: what items spend on a cause, and what is gained without it{mean}")


def _told(first: float, other: Span | float | None) -> str:
    """Write a mean with its ends, or two ends."""
    if isinstance(other, float):
        return " to ".join(figures((first, other), "h", max(abs(first), abs(other))))
    if other is None:
        return figure(first, "h")
    mean, low, high = figures((first, *other), "h", max(map(abs, other)))
    return f"{mean} ({low} to {high})"


def ablation_numbers(found: tuple[Ablated, ...]) -> list[dict[str, Any]]:
    """Write causes and gains for programs."""
    return [
        {
            "cause": each.cause.name.lower(),
            "spent": each.spent,
            "lead_time": difference_of(each.lead_time),
            "asked": None if each.asked is None else difference_of(each.asked),
            **({} if each.spent_span is None else {"spent_in_twins": each.spent_span}),
            **({} if each.lead_time_span is None else {"lead_time_in_twins": each.lead_time_span}),
            **({} if each.more_in is None else {"gains_more_in": each.more_in}),
        }
        for each in found
    ]

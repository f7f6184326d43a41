"""Explain a scenario file: which change of a bundle gains what, where time goes, which team limits, and which will.

The baseline and every scenario are run on the same random numbers; a scenario of several changes is split by
`twin.decide.shares`, and each has its limiting teams by `twin.decide.bottleneck`. Units as there.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from twin.attribution import SPOKEN, Spent
from twin.cautions import skewed
from twin.changes import Changes
from twin.compare import unit_of, words_of
from twin.decide.ablation import Ablated, ablate, ablation_numbers, ablation_table, say_ablated
from twin.decide.bottleneck import Limits, Pressure, find_limits, one_more
from twin.decide.enough import enough
from twin.decide.pictures import shares_chart
from twin.decide.saturation import USUAL_GROWTH
from twin.decide.shares import Bundle, split_effect
from twin.decide.shares_telling import bundle_numbers, bundle_table, say_bundle
from twin.decide.telling import Told, difference_of, ensemble_numbers, number_of, parts_column, say_basis, say_count
from twin.decide.tracing import Traced, item_numbers, say_traced, trace_item, trace_table
from twin.decide.transition import Transition, Weeks, between, first_date
from twin.decide.transition_telling import (
    say_transition,
    transition_cautions,
    transition_chart,
    transition_numbers,
    transition_table,
)
from twin.decide.trials import SURE, Doubt, Running, Trials
from twin.decide.waiting import Waits, say_waits, waits_of, waits_table
from twin.experiment import whole
from twin.method import Conduct
from twin.offered import has_trend
from twin.page import Cell, Chart, Table
from twin.scenario import BASELINE, Experiment
from twin.spec import Twin
from twin.wording import say_difference, say_estimate

USUAL: Final = 20
"""Replications to begin with where the file says ``auto``."""
_ROOM: Final = ("scenario", "team", "offered load", "full in")

_CAUSES: Final = tuple(each.name.lower() for each in Spent)


class Explanation(NamedTuple):
    """Why scenarios do what they do."""

    experiment: Experiment
    bundles: tuple[Bundle, ...]  # of scenarios with several changes
    limits: tuple[Limits, ...]  # the baseline first
    waits: tuple[Waits, ...]  # where lead time goes, the baseline first
    traced: Traced | None  # one item in the baseline and in every scenario, if asked for
    ablated: tuple[Ablated, ...]  # what is gained without each cause, as it is
    growth: float | None  # of demand, a share per year; None: the twin's own, or the usual
    trend: bool  # whether the twin's own demand has one
    replications: int
    ways: tuple[Transition, ...]  # from dated changes
    conduct: Conduct
    warnings: tuple[str, ...]


def explain(
    experiment: Experiment,
    base: Twin,
    running: Running,
    doubt: Doubt = SURE,
    *,
    growth: float | None,
    item: int | Literal["typical"] | None = None,
) -> Explanation:
    """Explain the scenarios of a file.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    running, doubt
        Where and how to run, and over which ensemble.
    growth
        Of demand per year, as a share, for what is saturated next; None takes the twin's own trend, or a tenth.
    item
        Also follow this one, by its number within the work type asked for.

    Raises
    ------
    InputError
        Where a scenario cannot be made or measured.
    """
    run = experiment.run
    planned = whole(USUAL if run.replications == "auto" else run.replications, len(doubt.members))
    scenarios = {BASELINE: (), **experiment.scenarios}
    each = len(base.teams) + 1
    twins = sum(each + min(1 << len(changes), 64) for changes in scenarios.values())
    trials = Trials(experiment, base, running, doubt, planned=planned * twins, weeks=True)
    answer = experiment.answer
    numbers = [trials.add(name, changes) for name, changes in scenarios.items()]
    replications = enough(trials, experiment, numbers, answer, usual=USUAL, twins=twins)
    split = [split_effect(trials, name, c, answer, replications=replications) for name, c in scenarios.items()]
    limits = [
        find_limits(trials, name, changes, answer, replications=replications, growth=growth)
        for name, changes in scenarios.items()
    ]
    waits = waits_of(experiment, base, running, doubt.members)
    ablated = ablate(trials, waits[0], answer, replications=replications)
    number = None if item == "typical" else item
    traced = None if item is None else trace_item(experiment, base, running, number, doubt.members)
    bundles = tuple(bundle for bundle in split if bundle is not None)
    ways = tuple(way for name, changes in scenarios.items() for way in _ways(trials, name, changes, replications))
    conduct = trials.conduct(f"{replications} of the baseline and of each twin changed", ran=replications)
    warnings = (
        *_cautions(trials, experiment, limits[0]),
        *transition_cautions(ways),
        *_skewed(bundles, limits, ablated),
    )
    return Explanation(
        experiment, bundles, tuple(limits), waits, traced, ablated, growth, has_trend(base), replications, ways,
        conduct, warnings,
    )  # fmt: skip


def _skewed(bundles: Sequence[Bundle], limits: Sequence[Limits], ablated: Sequence[Ablated]) -> tuple[str, ...]:
    """Warn of skewed effects: of bundles and their parts, of one person more, of a cause taken away."""
    wholes = [(bundle.name, bundle.total.warning) for bundle in bundles]
    shares = [(f"share of {'; '.join(p.changed)}", p.share.warning) for bundle in bundles for p in bundle.parts]
    gains = [
        (f"{each.name}, one more in {team.team}", team.gain.warning)
        for each in limits
        for team in each.teams
        if team.gain is not None
    ]
    causes = [(f"without {SPOKEN[each.cause]}", each.lead_time.warning) for each in ablated]
    return skewed([*wholes, *shares, *gains, *causes])


def _cautions(trials: Trials, experiment: Experiment, limits: Limits) -> tuple[str, ...]:
    """Warn of the scenarios, and of one person more as it is; a twin without a cause is meant to be beyond the data."""
    more = {f"one more in {team.team}": one_more((), team.team) for team in limits.teams if team.gain is not None}
    made = {BASELINE: (), **experiment.scenarios, **more}
    return trials.cautions({name: trials.add(name, changes) for name, changes in made.items()}, (experiment.answer,))


def _ways(trials: Trials, name: str, changes: Changes, replications: int) -> tuple[Transition, ...]:
    """Look at the weeks of a scenario, which has run, where it has a date."""
    before, after = trials.add(BASELINE, ()), trials.add(name, changes)
    plan = trials.plan(after)
    at = first_date(trials.base, plan.twin, plan.later)
    if at is None:
        return ()
    of_twins = trials.numbers(0, replications)
    sides = (Weeks(trials.names(number), trials.weekly(number, replications), of_twins) for number in (before, after))
    return tuple(between(name, *sides, at=at, window=trials.window))


def told_of_explanation(found: Explanation) -> Told:
    """Put an explanation into words, tables and numbers."""
    return Told(
        "What each change gains, and what limits",
        (
            *(say_bundle(bundle, found.experiment.answer) for bundle in found.bundles),
            say_waits(found.waits),
            *say_ablated(found.ablated),
            *_say_limits(found),
            *(() if found.traced is None else say_traced(found.traced)),
            *map(say_transition, found.ways),
        ),
        (
            *(bundle_table(bundle, found.experiment.answer) for bundle in found.bundles),
            waits_table(found.waits, found.experiment.answer.work),
            *_ablation(found),
            _limits_table(found),
            _room_table(found),
            *(() if found.traced is None else (trace_table(found.traced),)),
            *((transition_table(found.ways),) if found.ways else ()),
        ),
        (*(shares_chart(bundle, found.experiment.answer) for bundle in found.bundles), *_way_chart(found)),
        (
            "A share divides what the twin gains; it does not say what a change gains beside changes not in the list.",
            "A cause says what items waited for, not what would be gained without it: both stand side by side.",
            *_notes(found),
            "Without a cause, all else is left as it is: nobody works differently because of it.",
            "Utilisation says who is busy, not who works well; teams are compared, never persons.",
            f"Saturation assumes that {_demand(found)} from now on, and that nothing else changes.",
        ),
        _numbers(found),
        _basis(found),
        found.conduct,
        found.warnings,
    )


def _basis(found: Explanation) -> str:
    return say_basis(found.conduct, f"{found.replications} replications of each twin")


def _notes(found: Explanation) -> Iterator[str]:
    members = found.conduct.members
    if found.traced is not None:
        alone = "; its visits are those of the calibrated twin, others have other efforts and delays" if members else ""
        yield f"One item shows how a change works, not how much it is worth{alone}."
    if members:
        yield "The least and the most of any twin hold the luck of its runs too: hours 2 of each, gains as many as ran."


def _ablation(found: Explanation) -> Iterator[Table]:
    answer = found.experiment.answer
    if found.ablated:
        yield ablation_table(found.ablated, found.waits[0], words_of(answer), unit_of(answer))


def _way_chart(found: Explanation) -> Iterator[Chart]:
    drawn = transition_chart(found.ways, _basis(found))
    if drawn is not None:
        yield drawn


def _say_limits(found: Explanation) -> Iterator[str]:
    base = found.limits[0]
    yield f"As it is, {_who(base)}."
    for limits in found.limits[1:]:
        moved = limits.busiest.team != base.busiest.team
        yield f"With {limits.name}, the limit {'moves' if moved else 'stays'}: {_who(limits)}."
    waiting = [each for each in base.teams if each.years is not None]
    if waiting:
        first = min(waiting, key=lambda each: each.years or 0.0)
        when, span = f"in {_when(first.years)}" if first.years else "already", first.years_span
        of_twins = "" if span is None else f" ({_between(span)} in the twins of the ensemble)"
        yield f"If {_demand(found)}, the first team to be full is {first.team}, {when}{of_twins}."


def _demand(found: Explanation) -> str:
    """Say how demand is taken to go on."""
    own = "demand goes on with the trend it has in the twin's file"
    if found.growth is None:
        return own if found.trend else f"demand grows by {100 * USUAL_GROWTH:g} % a year"
    beside = " on top of the trend in the twin's file" if found.trend else ""
    return f"demand grows by {100 * found.growth:g} % a year{beside}"


def _who(limits: Limits) -> str:
    busy, gains = limits.busiest, limits.gains_most
    told = f"the busiest team is {busy.team} (in {say_count(busy.busiest, limits.n)} replications)"
    if not gains.gains_most:
        return told
    where = "there" if gains.team == busy.team else f"in {gains.team}"
    return f"{told}; one person more helps most {where} (in {say_count(gains.gains_most, limits.n)})"


def _limits_table(found: Explanation) -> Table:
    unit = unit_of(found.experiment.answer)
    teams = [(limits, place, team) for limits in found.limits for place, team in enumerate(limits.teams)]
    parts = parts_column([team.gain for *_, team in teams], unit)
    rows: list[tuple[Cell, ...]] = [
        (
            limits.name if place == 0 else "",
            team.team,
            say_estimate(team.utilisation, "share"),
            say_count(team.busiest, limits.n),
            None if team.gain is None else say_difference(team.gain, unit),
            *made_of,
            None if team.gains_most is None else say_count(team.gains_most, limits.n),
        )
        for (limits, place, team), made_of in zip(teams, parts.cells, strict=True)
    ]
    heads = ("scenario", "team", "utilisation", "busiest in", "one person more", *parts.heads, "gains most in")
    return Table(heads, tuple(rows), f"What limits; one person more: {words_of(found.experiment.answer)}")


def _room_table(found: Explanation) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (limits.name if place == 0 else "", team.team, _load(team), _years(team))
        for limits in found.limits
        for place, team in enumerate(limits.teams)
    ]
    of_twins = " (least to most of any twin)" if found.conduct.members else ""
    return Table(_ROOM, tuple(rows), f"How long each team keeps up if {_demand(found)}{of_twins}")


def _load(team: Pressure) -> str:
    if not math.isfinite(team.load):
        return "nobody is there"
    span = team.load_span
    return f"{100 * team.load:.0f} %" + ("" if span is None else f" ({100 * span[0]:.0f} to {100 * span[1]:.0f})")


def _years(team: Pressure) -> str:
    span = team.years_span
    return _when(team.years) + ("" if span is None else f" ({_between(span)})")


def _between(span: tuple[float | None, float | None]) -> str:
    """Write two times, the unit once where both have one: ``0.6 to 2.2 years``."""
    low, high = map(_when, span)
    return f"{low.removesuffix(' years') if high.endswith(' years') else low} to {high}"


def _when(years: float | None) -> str:
    if years is None:
        return "never"
    return f"{years:.1f} years" if years else "now"


def _numbers(found: Explanation) -> dict[str, Any]:
    return {
        "bundles": [bundle_numbers(bundle) for bundle in found.bundles],
        "limits": [{"name": each.name, "teams": _team_numbers(each.teams)} for each in found.limits],
        "waits": [
            {
                "name": each.name,
                "items": each.items,
                "hours": dict(zip(_CAUSES, each.hours.tolist(), strict=True)),
                **({} if each.of_twins is None else {"hours_in_twins": _spans(each)}),
            }
            for each in found.waits
        ],
        "without": ablation_numbers(found.ablated),
        **({} if found.traced is None else {"item": item_numbers(found.traced)}),
        "transitions": [transition_numbers(way) for way in found.ways],
        **ensemble_numbers(found.conduct),
        "growth": found.growth,
        "replications": found.replications,
    }


def _spans(waits: Waits) -> dict[str, tuple[float, float] | None]:
    """Give the least and the most hours of any twin by cause."""
    return {cause.name.lower(): waits.span(cause) for cause in Spent}


def _team_numbers(teams: Sequence[Pressure]) -> list[dict[str, Any]]:
    return [
        {
            "team": each.team,
            "utilisation": number_of(each.utilisation),
            "busiest": each.busiest,
            "gain": None if each.gain is None else difference_of(each.gain),
            "gains_most": each.gains_most,
            "load": each.load if math.isfinite(each.load) else None,
            "years_until_saturated": each.years,
            **({"years_in_twins": each.years_span} if each.rooms else {}),
        }
        for each in teams
    ]

"""Answer the ``solve`` part of a scenario file: what reaches the goal, and on which assumptions the answer turns."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from twin.cautions import skewed
from twin.changes import Changes
from twin.compare import unit_of, words_of
from twin.decide.enough import enough
from twin.decide.knowing import Knowing, knowing_numbers, knowing_table, say_knowing, value_of_knowing
from twin.decide.pictures import attempts_chart
from twin.decide.reaching import LOOKS, Attempt, Reached, reach
from twin.decide.telling import Told, difference_of, ensemble_numbers, parts_column, say_basis
from twin.decide.tipping import Tip, Tipping, ends_of, find_tips, told_apart
from twin.decide.trials import SURE, Doubt, Running, Trials
from twin.decisions import Goal, Solve
from twin.errors import InputError, Problem
from twin.estimate import Difference
from twin.levers import Choice
from twin.method import Conduct
from twin.page import Cell, Table
from twin.scenario import BASELINE, Experiment
from twin.spec import Twin
from twin.wording import say_difference, say_duration

USUAL: Final = 20
"""Replications for tipping points where the file says ``auto``, at least."""
PLACES: Final = 8
"""Values of an assumption at which scenarios usually run."""


class Solved(NamedTuple):
    """What reaches the goal, and what the answer turns on."""

    experiment: Experiment
    goal: Goal | None
    reached: Reached | None
    tipping: Tipping | None
    knowing: Knowing | None
    conduct: Conduct
    warnings: tuple[str, ...]


def solve_experiment(experiment: Experiment, base: Twin, running: Running, doubt: Doubt = SURE) -> Solved:
    """Solve a scenario file.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    running, doubt
        Where and how to run, and over which ensemble.

    Raises
    ------
    InputError
        Where the file has no solve part, a scenario cannot be made or nothing could be measured.
    BudgetError
        Where the runs would be larger than a machine can hold.
    """
    solve = experiment.solve
    if solve is None:
        raise InputError(Problem("is required, but missing: a goal to reach, or tipping", "solve"))
    trials = Trials(experiment, base, running, doubt, planned=LOOKS[2] * (1 + len(experiment.scenarios)))
    reached = None if solve.goal is None else reach(trials, experiment, solve, solve.goal)
    scenarios: Mapping[str, Changes] = {BASELINE: (), **experiment.scenarios}
    tipping = _tipping(trials, scenarios, solve, experiment) if solve.tipping else None
    knowing = (
        None
        if solve.knowing is None
        else value_of_knowing(trials, scenarios, solve.tipping, experiment.answer, points=solve.knowing)
    )
    conduct = trials.conduct(_ran(reached, tipping, knowing))
    warnings = (*_cautions(trials, experiment, solve, reached), *_skewed(tipping))
    return Solved(experiment, solve.goal, reached, tipping, knowing, conduct, warnings)


def _tipping(trials: Trials, scenarios: Mapping[str, Changes], solve: Solve, experiment: Experiment) -> Tipping:
    numbers = [trials.add(name, changes) for name, changes in scenarios.items()]
    twins = PLACES * len(scenarios) * len(solve.tipping)
    replications = enough(trials, experiment, numbers, experiment.answer, usual=USUAL, twins=twins)
    return find_tips(trials, scenarios, solve.tipping, experiment.answer, replications=replications)


def _skewed(tipping: Tipping | None) -> tuple[str, ...]:
    """Warn of skewed differences between scenarios, as the twin is and at the ends of an assumption."""
    if tipping is None:
        return ()
    places = ((tip, place, each) for tip in tipping.tips for place, each in _places(tip))
    return skewed((f"{tip.rival} against {tipping.leader}{place}", each.warning) for tip, place, each in places)


def _places(tip: Tip) -> Iterator[tuple[str, Difference]]:
    yield "", tip.now
    yield f", low end of {tip.path}", tip.ends[0]
    yield f", high end of {tip.path}", tip.ends[1]


def _cautions(trials: Trials, experiment: Experiment, solve: Solve, reached: Reached | None) -> tuple[str, ...]:
    """Warn of the sets that were tried and of the ends of the assumptions."""
    named: dict[str, Changes] = {BASELINE: ()}
    for attempt in reached.attempts if reached is not None else ():
        if attempt.verdict != "do not go together":
            named[str(attempt)] = tuple(change for name in attempt.names for change in experiment.scenarios[name])
    if solve.tipping:
        named |= experiment.scenarios
        named |= dict(ends_of({BASELINE: (), **experiment.scenarios}, solve.tipping))
    asked = (experiment.answer, *(() if solve.goal is None else (solve.goal.asked,)))
    return trials.cautions({name: trials.add(name, changes) for name, changes in named.items()}, asked)


def _ran(reached: Reached | None, tipping: Tipping | None, knowing: Knowing | None) -> str:
    """Say how many replications ran, and of what."""
    known = []
    if reached is not None:
        known.append(f"up to {max(each.n for each in reached.attempts)} of each set, as many as it takes to tell")
    if tipping is not None:
        known.append(f"{tipping.n} of each scenario at each value of an assumption")
    if knowing is not None:
        known.append(f"one of each scenario at each of {knowing.points} points for what knowing is worth")
    return "; ".join(known)


def told_of_solution(found: Solved) -> Told:
    """Put a solution into words, tables, a chart and numbers."""
    tables, charts, sentences, most = [], [], list[str](), 0
    if found.goal is not None and found.reached is not None:
        sentences += _reached_sentences(found, found.goal, found.reached)
        tables.append(_attempts_table(found.reached, found.goal))
        charts.append(attempts_chart(found.reached, found.goal.probability))
        most = max(each.n for each in found.reached.attempts)
    if found.tipping is not None:
        sentences += _tip_sentences(found.tipping)
        tables.append(_tips_table(found.tipping, unit_of(found.experiment.answer)))
        most = max(most, found.tipping.n)
    if found.knowing is not None:
        sentences += say_knowing(found.knowing, found.experiment.answer)
        tables.append(knowing_table(found.knowing, found.experiment.answer))
    return Told(
        "What reaches the goal, and what it turns on",
        tuple(sentences),
        tuple(tables),
        tuple(charts),
        (
            "Only the scenarios of the file were tried, as they stand there; others may reach the goal for less.",
            "A tipping point moves one assumption and leaves all others as they are.",
            *_notes(found),
        ),
        _numbers(found),
        say_basis(found.conduct, f"up to {most} replications of each twin"),
        found.conduct,
        found.warnings,
    )


def _notes(found: Solved) -> Iterator[str]:
    if found.knowing is not None:
        yield "What knowing is worth holds for the ranges given, all values alike."
    if found.conduct.members:
        yield "A goal's probability is over luck and the twins of the ensemble; what the model gets wrong is not in it."
        yield "Nor is it in the interval of a tipping point, where it is nothing: it is a share of the difference."


def _reached_sentences(found: Solved, goal: Goal, reached: Reached) -> Iterator[str]:
    over = f", over {found.conduct.members} plausible twins" if found.conduct.members else ""
    period = say_duration(found.experiment.run.length)
    aim = f"{say_goal(goal)} in {100 * goal.probability:g} % of periods of {period}{over}"
    fewest, cheapest = reached.fewest, reached.cheapest
    if fewest is None or cheapest is None:
        yield f"Nothing tried is sure to reach the goal: {aim}."
        nearest = max(reached.attempts, key=lambda each: each.share)
        yield f"The nearest is {nearest}: {_kept(nearest)}."
        return
    if not fewest.names:
        yield f"The goal is reached as it is: {aim}. {_kept(fewest)[:1].upper()}{_kept(fewest)[1:]}."
        return
    yield f"The smallest set that reaches the goal, {aim}: {fewest}, at a cost of {fewest.cost:g}; {_kept(fewest)}."
    if cheapest.cost < fewest.cost:
        yield f"Cheaper with more changes: {cheapest}, at a cost of {cheapest.cost:g}; {_kept(cheapest)}."
    unsure = [str(each) for each in reached.attempts if each.verdict == "cannot tell" and each.cost < cheapest.cost]
    if unsure:
        yield f"Cheaper, but it cannot be told whether they reach it: {'; '.join(unsure)}."


def say_goal(goal: Goal) -> str:
    """Write the bound of a goal: ``p85 lead time of feature at most 20 d``."""
    return f"{words_of(goal.asked)} {'at least' if goal.at_least is not None else 'at most'} {goal.value}"


def _kept(attempt: Attempt) -> str:
    low, high = 100 * attempt.low, 100 * attempt.high
    return f"kept in {attempt.kept} of {attempt.n} periods ({100 * attempt.share:.0f} %, {low:.0f} to {high:.0f})"


def _tip_sentences(tipping: Tipping) -> Iterator[str]:
    unsure = [tip.rival for tip in tipping.tips if not told_apart(tip.now)]
    caution = f", though not surely of {' and '.join(dict.fromkeys(unsure))}" if unsure else ""
    yield f"As the twin is, {tipping.leader} is ahead{caution}."
    turning = [tip for tip in tipping.tips if tip.outcome == "turns"]
    for tip in turning:
        yield _say_turn(tip, tipping.leader)
    for tip in tipping.tips:
        if tip.outcome == "rival is ahead at both ends":
            yield f"{tip.path}: {tip.rival} is ahead at both ends of the range; the order turns more than once."
    steady = [path for path in dict.fromkeys(t.path for t in tipping.tips) if path not in {t.path for t in turning}]
    if steady:
        yield f"Over the whole range given, the answer does not turn on {'; '.join(steady)}."


def _say_turn(tip: Tip, leader: str) -> str:
    other = tip.rival if tip.leads_below == leader else leader
    where = f"{tip.path} at about {_told(tip.at)} ({_interval(tip)})"
    return (
        f"The order of {leader} and {tip.rival} turns with {where}: below, {tip.leads_below} is ahead; above, {other}."
    )


def _interval(tip: Tip) -> str:
    if tip.low is None and tip.high is None:
        return "95 % interval: anywhere in the range"
    low = "below the range" if tip.low is None else _told(tip.low)
    high = "above the range" if tip.high is None else _told(tip.high)
    return f"95 % interval {low} to {high}"


def _told(value: Choice) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _attempts_table(reached: Reached, goal: Goal) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            str(each),
            f"{each.cost:g}",
            f"{each.kept} of {each.n}" if each.n else None,
            f"{100 * each.share:.0f} % ({100 * each.low:.0f} to {100 * each.high:.0f})" if each.n else None,
            each.verdict,
        )
        for each in reached.attempts
    ]
    heads = ("changes", "cost", "periods that keep it", "share", f"the {100 * goal.probability:g} % asked")
    return Table(heads, tuple(rows), f"Sets tried: {say_goal(goal)}")


def _tips_table(tipping: Tipping, unit: str) -> Table:
    parts = parts_column([tip.now for tip in tipping.tips], unit)
    rows: list[tuple[Cell, ...]] = [
        (
            tip.path,
            tip.rival,
            f"{_told(tip.at)} ({_interval(tip).removeprefix('95 % interval ')})"
            if tip.outcome == "turns"
            else tip.outcome,
            say_difference(tip.ends[0], unit),
            say_difference(tip.now, unit),
            *made_of,
            say_difference(tip.ends[1], unit),
        )
        for tip, made_of in zip(tipping.tips, parts.cells, strict=True)
    ]
    heads = (
        "assumption",
        f"{tipping.leader} against",
        "turns at",
        "difference at the low end",
        "now",
        *parts.heads,
        "at the high end",
    )
    return Table(heads, tuple(rows), "Tipping points; differences are the rival's figure less the leader's")


def _numbers(found: Solved) -> dict[str, Any]:
    reached, tipping = found.reached, found.tipping
    return {
        "goal": None if found.goal is None else {"says": say_goal(found.goal), "probability": found.goal.probability},
        "fewest": None if reached is None or reached.fewest is None else list(reached.fewest.names),
        "cheapest": None if reached is None or reached.cheapest is None else list(reached.cheapest.names),
        "attempts": []
        if reached is None
        else [each._asdict() | {"names": list(each.names)} for each in reached.attempts],
        "knowing": None if found.knowing is None else knowing_numbers(found.knowing),
        **ensemble_numbers(found.conduct),
        "leader": None if tipping is None else tipping.leader,
        "tips": []
        if tipping is None
        else [
            tip._asdict() | {"now": difference_of(tip.now), "ends": [difference_of(end) for end in tip.ends]}
            for tip in tipping.tips
        ],
    }

"""Say which setting or scenario is best, how surely, and what ties with it."""

from collections.abc import Iterator
from typing import Any

from twin.answer import Answer
from twin.certainty import say_parts
from twin.compare import unit_of, words_of
from twin.decide.optimizing import SEARCHED, Finalist, Objective, Optimum, tied
from twin.decide.pictures import finalists_chart, front_chart
from twin.decide.selection import Call, Standing
from twin.decide.shares_telling import bundle_numbers, bundle_table, say_largest
from twin.decide.telling import Told, difference_of, ensemble_numbers, number_of, parts_column, say_basis
from twin.estimate import Difference, say_probability
from twin.page import Cell, Table
from twin.wording import say_change, say_difference, say_estimate

SHOWN = 5
"""Names in a sentence."""
WORDS: dict[Call, str] = {
    "best": "selected",
    "same": "the same",
    "tie": "a tie",
    "behind": "behind, maybe a tie",
    "worse": "worse",
    "undecided": "not told apart",
}


def told_of_optimum(found: Optimum) -> Told:
    """Put what was selected into words, a table, charts and numbers."""
    most = max(standing.n for standing in found.selection.standings)
    also = len(found.objectives) > 1
    return Told(
        "The finalists",
        tuple(_sentences(found)),
        (_table(found), *(() if found.why is None else (bundle_table(found.why, found.experiment.answer),))),
        ((front_chart(found),) if also else ()) + (finalists_chart(found),),
        tuple(_notes(found)),
        _numbers(found),
        say_basis(found.conduct, f"up to {most} replications of each finalist, {found.selection.runs} in all"),
        found.conduct,
        found.warnings,
    )


def _sentences(found: Optimum) -> Iterator[str]:
    answer, best, selection = found.experiment.answer, found.best, found.selection
    level = say_estimate(best.estimate, unit_of(answer))
    cost = f", at a cost of {best.entry.cost:g}" if best.entry.cost else ""
    yield f"Best: {best.entry.name}. {words_of(answer)} is {level}{cost}."
    if found.gain is not None:
        told = f"Against the twin as it is, {words_of(answer)} {say_change(found.gain, unit_of(answer))}."
        yield f"{told} {say_parts(found.gain, unit_of(answer))}".rstrip()
    if found.why is not None and found.gain is not None and not _unclear(found.gain):
        yield f"Why: {say_largest(found.why)}"
    if not selection.decided:
        yield f"After the most replications allowed it is not yet told apart from: {_names(list(tied(found)))}."
    elif len(found.finalists) > 1:
        sure = say_probability(selection.confidence)
        count = len(found.finalists) - 1
        others = "the other finalist is not" if count == 1 else f"none of the other {count} finalists is"
        yield (
            f"With a probability of at least {sure} {others} better by the {answer.worth} that matter{_given(found)}."
        )
    yield from _in_twins(found)
    ties = [each for each in tied(found) if selection.decided]
    if ties:
        yield f"Ties with it, by less than the {answer.worth} that matter: {_names(ties)}."
        if any(not each.entry.changes for each in ties):
            yield "The twin as it is, is among the ties: of what was tried, nothing is shown to be worth it."
        cheapest = min(ties, key=lambda each: each.entry.cost)
        if cheapest.entry.cost < best.entry.cost:
            saved = best.entry.cost - cheapest.entry.cost
            yield f"Of the ties, {cheapest.entry.name} costs {cheapest.entry.cost:g}, which is {saved:g} less."
    yield from _searched(found)


def _unclear(difference: Difference) -> bool:
    low, high = difference.low, difference.high
    return low is None or high is None or low <= 0 <= high


def _given(found: Optimum) -> str:
    """Say what the probability is about."""
    members = found.conduct.members
    if not members:
        return ""
    return f" on average over the {members} plausible twins; it is given these twins, over the luck of the runs"


def _in_twins(found: Optimum) -> Iterator[str]:
    """Say in how many twins of the ensemble the best on average is the best."""
    best, members = found.best, found.conduct.members
    if best.first_in is not None and len(found.finalists) > 1:
        others = max((each for each in found.finalists if each is not best), key=lambda each: each.first_in or 0.0)
        told = f"In {best.first_in:.3g} of {members} twins {best.entry.name} is itself the best"
        more = f"; {others.entry.name} is in {others.first_in:.3g}" if others.first_in else ""
        yield f"{told}{more}, as far as their runs tell."


def _names(finalists: list[Finalist]) -> str:
    more = f"; and {len(finalists) - SHOWN} more" if len(finalists) > SHOWN else ""
    return "; ".join(each.entry.name for each in finalists[:SHOWN]) + more


def _searched(found: Optimum) -> Iterator[str]:
    searched = found.searched
    if searched is None:
        return
    if searched.complete:
        within = " within the budget" if found.experiment.optimize and found.experiment.optimize.budget else ""
        yield f"All {searched.tried} settings{within} were tried."
    else:
        of = "" if searched.affordable is None else f" of {searched.affordable:,}"
        yield f"{searched.tried}{of} settings were tried; one that was not may be better."
    yield from _shortlisted(found)


def _shortlisted(found: Optimum) -> Iterator[str]:
    """Say by what the finalists were chosen, where there is an ensemble."""
    members = found.conduct.members
    if found.shortlisted is not None:
        yield (
            f"The search judged by {SEARCHED} of the twins; the finalists were then chosen by all {members}, among the "
            f"{found.shortlisted} settings that looked best."
        )
    elif found.searched is not None and members:
        yield f"The search judged every setting in all {members} twins."


def _notes(found: Optimum) -> Iterator[str]:
    yield "The probability is among the finalists: a good setting that the search misjudged did not become one."
    if found.why is not None:
        yield "Shares say how the gain of the selected setting falls on its levers, not what other settings would gain."
    if found.conduct.members:
        yield "It is the best on average over the twins: which of them is nearest to the organisation nobody knows."
        yield (
            "What a finalist is called holds on average over the twins; its interval knows how far they lie apart too, "
            "so that a worse one may have an interval that holds 0."
        )
    if found.experiment.optimize and found.experiment.optimize.limits:
        yield "A limit is kept when its mean over replications is; single periods may break it."
    if len(found.objectives) > 1:
        yield "On a front nothing is best by itself; which trade is worth it is for people to decide."


def _table(found: Optimum) -> Table:
    answer, unit = found.experiment.answer, unit_of(found.experiment.answer)
    optimize = found.experiment.optimize
    weighed = [each for each in found.objectives[1:] if isinstance(each, Answer)]
    limits = optimize.limits if optimize else ()
    rows: list[tuple[Cell, ...]] = []
    ranked = _ranked(found)
    parts = parts_column([None if each.call == "best" else each.gap for each, _ in ranked], unit)
    for (standing, finalist), made_of in zip(ranked, parts.cells, strict=True):
        also = [estimate for estimate in finalist.also if estimate is not None]
        rows.append(
            (
                finalist.entry.name,
                *((f"{finalist.entry.cost:g}",) if _costs(found) else ()),
                say_estimate(finalist.estimate, unit),
                "" if standing.call == "best" else say_difference(standing.gap, unit),
                *made_of,
                WORDS[standing.call],
                *(() if finalist.first_in is None else (f"{finalist.first_in:.3g}",)),
                *(say_estimate(estimate, estimate.unit) for estimate in (*also, *finalist.limits)),
            )
        )
    heads = (
        "finalist",
        *(("cost",) if _costs(found) else ()),
        words_of(answer),
        "against the best",
        *parts.heads,
        "called, on average over the twins" if found.conduct.members else "called",
        *_twins(found),
    )
    more = [words_of(each) for each in weighed]
    more += [f"{words_of(b.asked)}, {'at least' if b.at_least is not None else 'at most'} {b.value}" for b in limits]
    return Table((*heads, *more), tuple(rows), "Finalists, on replications the search has not seen")


def _twins(found: Optimum) -> tuple[str, ...]:
    return (f"best in, of {found.conduct.members} twins",) if found.conduct.members else ()


def _costs(found: Optimum) -> bool:
    return any(finalist.entry.cost for finalist in found.finalists)


def _ranked(found: Optimum) -> list[tuple[Standing, Finalist]]:
    sign = -1 if found.experiment.answer.better == "higher" else 1
    pairs = zip(found.selection.standings, found.finalists, strict=True)
    return sorted(pairs, key=lambda each: (each[0].call != "best", sign * each[0].gap.effect))


def _numbers(found: Optimum) -> dict[str, Any]:
    searched = found.searched
    return {
        "best": found.best.entry.name,
        "decided": found.selection.decided,
        "confidence": found.selection.confidence,
        "runs": found.selection.runs,
        "gain": None if found.gain is None else difference_of(found.gain),
        "searched": None if searched is None else searched._asdict(),
        "shortlisted": found.shortlisted,
        "why": None if found.why is None else bundle_numbers(found.why),
        **ensemble_numbers(found.conduct),
        "finalists": [
            {
                "name": finalist.entry.name,
                "cost": finalist.entry.cost,
                "call": standing.call,
                "estimate": number_of(finalist.estimate),
                "gap": difference_of(standing.gap),
                "weighed": _weighed(found.objectives[1:], finalist),
                "limits": [number_of(each) for each in finalist.limits],
                **({} if finalist.first_in is None else {"best_in_twins": finalist.first_in}),
            }
            for standing, finalist in _ranked(found)
        ],
    }


def _weighed(objectives: tuple[Objective, ...], finalist: Finalist) -> list[Any]:
    pairs = zip(objectives, finalist.also, strict=True)
    return [finalist.entry.cost if estimate is None else number_of(estimate) for _, estimate in pairs]

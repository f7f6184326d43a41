"""How sure an answer is, in words: what its intervals know, what they do not, and what would narrow them.

Of the three parts of an interval (`twin.uncertainty`) a part that nobody has measured is said to be unknown, and is
never shown as 0.
"""

from typing import Final, Literal

from twin.credibility import Credibility
from twin.estimate import Difference, Parts
from twin.experiment import Results, whole
from twin.grounds import Grounds
from twin.wording import figures

NOT_BACKTESTED: Final = (
    "Not backtested: this twin was never held against weeks it has not seen (`twin backtest`), so no grade says how "
    "far it can be believed."
)
FIRST: Final = 2
"""Reasons that head a report."""
_NARROWS: Final = {
    "simulation": "more replications would narrow it",
    "parameters": "more data would narrow it, more replications hardly",
    "model": "a model closer to how people work would narrow it; neither replications nor data would",
}


def say_grade(credibility: Credibility | None) -> str:
    """Say what a twin has earned with the gravest reasons; it heads every report, whose `limits` have all of them."""
    if credibility is None:
        return NOT_BACKTESTED
    first = [reason.partition(": ")[0] for reason in credibility.reasons[:FIRST]]
    more = len(credibility.reasons) - FIRST
    first += [f"and {more} more reason{'s' if more > 1 else ''}"] if more > 0 else []
    why = f": {'; '.join(first)}" if first else ""
    return f"Credibility {credibility.grade}{why}."


def say_standing(credibility: Credibility | None, grounds: Grounds | None) -> str:
    """Say what of the data a twin contradicts, if anything, and what it has earned."""
    if grounds is None or not grounds.missed:
        return say_grade(credibility)
    more = len(grounds.missed) - FIRST
    told = [*grounds.missed[:FIRST], *([f"and {more} more"] if more > 0 else [])]
    return f"The twin does not fit its data: {'; '.join(told)}. {say_grade(credibility)}"


def narrowing(parts: Parts) -> str:
    """Tell which part of an interval is the largest, and so is worth working on: simulation, parameters or model."""
    known = {name: value for name, value in parts._asdict().items() if value is not None}
    return max(known, key=lambda name: known[name])


def say_parts(difference: Difference, unit: str) -> str:
    """Say what the interval of a difference is made of, and what would narrow it; nothing where that is luck alone.

    Such as ``Of the half-width 1.9 d: simulation 0.3, parameters 1.8, model 0.5; more data would narrow it, ...``.
    """
    parts, half_width = difference.parts, difference.half_width
    if parts is None or half_width is None or parts[1:] == (None, None) or difference.identical:
        return ""
    known = {name: value for name, value in parts._asdict().items() if value is not None}
    whole_of_it, *told = figures((half_width, *known.values()), unit, abs(difference.effect) + half_width)
    named = dict(zip(known, told, strict=True)) | {
        name: f"unknown ({why})"
        for name, why in (("parameters", "no ensemble"), ("model", "not backtested"))
        if name not in known
    }
    if parts.parameters == 0:
        named["parameters"] += " (no difference between the twins is seen beside the luck)"
    listed = ", ".join(f"{name} {named[name]}" for name in Parts._fields)
    return f"Of the half-width {whole_of_it}: {listed}; {_NARROWS[narrowing(parts)]}."


PARTS: Final = f"± {', '.join(Parts._fields)}"
"""Heads a column of `parts_in_brief`."""
UNKNOWN: Final = "?"
"""Stands for a part that nobody has measured."""


def parts_in_brief(difference: Difference, unit: str) -> str:
    """Write the half-widths of the parts for a column under `PARTS`: ``0.3, 1.8, ? d``.

    Nothing where the interval is of luck alone, since the interval itself says that.
    """
    parts, half_width = difference.parts, difference.half_width
    if parts is None or half_width is None or parts[1:] == (None, None) or difference.identical:
        return ""
    known = [each for each in parts if each is not None]
    whole_of_it, *told = figures((half_width, *known), unit, abs(difference.effect) + half_width)
    shown, unit_of_it = iter(told), whole_of_it.partition(" ")[2]
    return f"{', '.join(UNKNOWN if each is None else next(shown) for each in parts)} {unit_of_it}"


def say_knowledge(results: Results) -> str:
    """Say in a line what the intervals know and what they do not."""
    answer = results.experiment.answer
    is_tested = results.discrepancy(answer.metric, answer.statistic) is not None
    return say_known(results.members, None if is_tested else untested(results.credibility))


def say_known(members: int, untested: str | None) -> str:
    """Say in a line what intervals know and what they do not.

    Parameters
    ----------
    members
        How many twins of an ensemble ran; 0 where it was the calibrated one alone.
    untested
        Why what the model gets wrong is not in them; None where it is.
    """
    known = ["the luck of the simulation"]
    missing = []
    if members > 1:
        known.append(f"what the data leave open of the parameters ({members} equally plausible twins)")
    else:
        missing.append("how uncertain the twin's parameters are (it has no ensemble)")
    if untested is None:
        known.append("what the backtest found the model to get wrong")
    else:
        missing.append(f"what the model gets wrong ({untested})")
    unknown = f"; not in them: {'; '.join(missing)}" if missing else ""
    return f"In the intervals: {', '.join(known)}{unknown}."


def untested(credibility: Credibility | None) -> str:
    """Say why what the model gets wrong of a figure is not known."""
    return "not backtested" if credibility is None else "the backtest did not measure this figure"


def limits(results: Results) -> tuple[str, ...]:
    """Say what not to conclude from intervals, and all that a backtest found."""
    return limits_of(results.members, results.credibility, results.grounds)


def limits_of(members: int, earned: Credibility | None, grounds: Grounds | None) -> tuple[str, ...]:
    """Say it by how many twins ran, what the twin has earned, and what it was calibrated from."""
    if members > 1:
        first = "The intervals know the luck of the simulation and how sure the data make the twin's own figures."
    else:
        first = "The intervals know the luck of the simulation, not how sure the twin's own figures are."
    second = "Where the twin's rules differ from how people work, no interval knows; that can be the larger error."
    found = (
        [f"Why no better grade than {earned.grade}: the twin {reason}" for reason in earned.reasons] if earned else []
    )
    missed = [f"The twin contradicts what it was learned from: {each}." for each in grounds.missed] if grounds else []
    return first, second, *missed, *found


def say_rounding(results: Results) -> str:
    """Say where more replications ran than were asked for, so that each member of the ensemble has as many."""
    return say_rounded(results.experiment.run.replications, results.replications, results.members)


def say_rounded(asked: int | Literal["auto"], run: int, members: int) -> str:
    """Say where `run` replications ran instead of those asked for; nothing where they are the same."""
    if asked == "auto" or whole(asked, members) == asked:
        return ""
    return (
        f"{asked} replications were asked for and {run} run: as many of each of the {members} twins "
        "of the ensemble, at least 2"
    )

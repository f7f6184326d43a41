"""What a decision tells, in one form for the terminal, for the page and for programs.

The sentences answer the question; tables and charts stand behind them; notes say what not to conclude. Every figure
rests on the basis: replications, seed, horizon, intervals. Where a figure cannot be taken at its word, the warnings of
`twin.cautions` say so, as they do in a comparison.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from twin.certainty import PARTS, UNKNOWN, parts_in_brief
from twin.estimate import Difference, Estimate
from twin.method import Conduct, section_of
from twin.page import Bullets, Cell, Chart, Paragraph, Section, Table, minded, render
from twin.wording import say_duration


class Told(NamedTuple):
    """What a decision tells."""

    heading: str  # of the tables' section
    answers: tuple[str, ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]
    numbers: Mapping[str, Any]
    basis: str
    conduct: Conduct
    warnings: tuple[str, ...]


class Column(NamedTuple):
    """A column of a table that is left out where it has nothing to say: then all is empty."""

    heads: tuple[str, ...]  # one or none
    cells: tuple[tuple[Cell, ...], ...]  # by row, one or none each


def parts_column(differences: Sequence[Difference | None], unit: str) -> Column:
    """Say of the interval of each row what it is made of; of luck alone the interval itself says it."""
    told = ["" if each is None else parts_in_brief(each, unit) for each in differences]
    if not any(told):
        return Column((), tuple(() for _ in told))
    return Column((PARTS,), tuple((each or None,) for each in told))


def say_parts_column(told: Told) -> str:
    """Say how a column of `parts_column` is to be read; nothing where no table has one."""
    if not any(PARTS in table.columns for table in told.tables):
        return ""
    unknown = f"; {UNKNOWN} is not known" if told.conduct.members else ""
    return f"{PARTS}: what makes up the half-width of the interval before it (squares add up{unknown})."


def say_basis(conduct: Conduct, n: str) -> str:
    """Say what every figure stands on: n, seed, horizon and interval."""
    run, members = conduct.experiment.run, conduct.members
    after = f" after a warm-up of {say_duration(run.warm_up)}" if run.warm_up else ", without warm-up"
    over = f", over {members} equally plausible twins" if members else ""
    return f"n = {n}{over}, seed {conduct.seed}, {say_duration(run.length)}{after}; 95 % intervals."


def ensemble_numbers(conduct: Conduct) -> dict[str, Any]:
    """Write for programs over how many twins it ran; nothing where that was the calibrated one alone."""
    return {"members": conduct.members} if conduct.members else {}


def page_of(told: Told, *, title: str, question: str, provenance: tuple[str, ...], standing: str = "") -> str:
    """Write what is told as one page that opens offline, headed by how far the twin can be believed."""
    warned = (Bullets(minded(told.warnings)),) if told.warnings else ()
    sections = [
        Section(
            told.heading,
            (*told.charts, *warned, *told.tables, Paragraph(f"{told.basis} {say_parts_column(told)}".rstrip())),
        ),
        section_of(told.conduct, (), told.notes),
    ]
    last = (told.basis, *provenance)
    return render(title, sections, standing=standing, question=question, answers=told.answers, provenance=last)


def number_of(estimate: Estimate) -> dict[str, Any]:
    """Write an estimate for programs."""
    return {name: getattr(estimate, name) for name in ("value", "standard_error", "low", "high", "n", "level")}


def difference_of(difference: Difference) -> dict[str, Any]:
    """Write a difference for programs, and what its interval is made of where an ensemble tells."""
    told = {name: getattr(difference, name) for name in ("effect", "standard_error", "low", "high", "n", "level")}
    parts = difference.parts
    return told if parts is None or parts.parameters is None else told | {"parts": parts._asdict()}


def say_count(share: float, n: int) -> str:
    """Say in how many of n replications something was so: ``9 of 10``."""
    return f"{share * n:.3g} of {n}"

"""What a decision tells, in one form for the terminal, for the page and for programs.

The sentences answer the question; tables and charts stand behind them; notes say what not to conclude. Every figure
rests on the basis: replications, seed, horizon, intervals.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from twin.estimate import Difference, Estimate
from twin.page import Bullets, Chart, Paragraph, Section, Table, render
from twin.scenario import Run
from twin.wording import say_duration

LUCK_ONLY: Final = (
    "Intervals and probabilities know the luck of the simulation, not how sure the twin's own figures are.",
    "Where the twin's rules differ from how people work, no interval knows; that can be the larger error.",
)
"""What not to conclude, whatever was asked."""


class Told(NamedTuple):
    """What a decision tells."""

    heading: str  # of the tables' section
    answers: tuple[str, ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]
    numbers: Mapping[str, Any]
    basis: str


def say_basis(run: Run, n: str) -> str:
    """Say what every figure stands on: n, seed, horizon and interval."""
    after = f" after a warm-up of {say_duration(run.warm_up)}" if run.warm_up else ", without warm-up"
    return f"n = {n}, seed {run.seed}, {say_duration(run.length)}{after}; 95 % intervals."


def page_of(told: Told, *, title: str, question: str, provenance: tuple[str, ...], standing: str = "") -> str:
    """Write what is told as one page that opens offline, headed by how far the twin can be believed."""
    sections = [
        Section(told.heading, (*told.charts, *told.tables, Paragraph(told.basis))),
        Section("What not to conclude", (Bullets((*told.notes, *LUCK_ONLY)),)),
    ]
    last = (told.basis, *provenance)
    return render(title, sections, standing=standing, question=question, answers=told.answers, provenance=last)


def number_of(estimate: Estimate) -> dict[str, Any]:
    """Write an estimate for programs."""
    return {name: getattr(estimate, name) for name in ("value", "standard_error", "low", "high", "n", "level")}


def difference_of(difference: Difference) -> dict[str, Any]:
    """Write a difference for programs."""
    return {name: getattr(difference, name) for name in ("effect", "standard_error", "low", "high", "n", "level")}


def say_count(share: float, n: int) -> str:
    """Say in how many of n replications something was so: ``9 of 10``."""
    return f"{share * n:.3g} of {n}"

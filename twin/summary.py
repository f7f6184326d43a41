"""A comparison on one page of Markdown: what a reviewer of a change needs, short enough to be read there.

Question, verdicts, a table, what was changed, gates, how sure it is and what not to conclude; at most 60 lines however
many scenarios there are. Names are written so that they stay text: no markup, no link, nobody is called by an @.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from twin.certainty import limits, say_knowledge, say_standing
from twin.compare import Comparison, ScenarioComparison, unit_of, words_of
from twin.differing import done
from twin.estimate import say_probability
from twin.experiment import Results
from twin.gates import Checked
from twin.method import say_basis
from twin.report import headline, ranked, say_baseline
from twin.wording import say_difference, say_estimate

SENTENCES: Final = 4
ROWS: Final = 8
CHANGES: Final = 8
GATES: Final = 6
WARNINGS: Final = 3
LONGEST: Final = 400

LIMIT: Final = "What a change costs to introduce, and what people then do differently, is not in the twin."
_MARKUP: Final = re.compile(r"([\\`*_\[\]|~])")
_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", "#": "&#35;"}


def summary(results: Results, comparison: Comparison, gates: Sequence[Checked] = ()) -> str:
    """Write the page."""
    return "\n".join(_lines(results, comparison, gates)) + "\n"


def decision_table(comparison: Comparison) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Give the table a decision is taken from: the asked figure as it is and with each scenario, best first."""
    answer, unit = comparison.answer, unit_of(comparison.answer)
    header: tuple[str, ...] = ("scenario", "verdict", words_of(answer), "difference", "helps", f"gains {answer.worth}")
    rows: list[tuple[str, ...]] = [("as it is", "", say_estimate(comparison.baseline, unit), "", "", "")]
    rows += [
        (
            each.name,
            each.verdict.judgement,
            _level(each, comparison),
            say_difference(each.asked, unit),
            say_probability(each.verdict.helps),
            say_probability(each.verdict.worth),
        )
        for each in ranked(comparison)
    ]
    return header, rows


def changes(results: Results, order: Sequence[str]) -> list[str]:
    """Say what each scenario changes: ``one more reviewer: 2 → 3 reviewers``."""
    base, *others = (run.candidate for run in results.runs)
    said = {each.name: done(base.twin, each.twin, each.changes) or ("nothing",) for each in others}
    return [f"{name}: {words}" for name in order for words in said[name]]


def _level(scenario: ScenarioComparison, comparison: Comparison) -> str:
    answer = comparison.answer
    asked = (answer.metric, answer.statistic, answer.scope)
    return next((say_estimate(row.changed, row.unit) for row in scenario.rows if row.key == asked), "not measured")


def _lines(results: Results, comparison: Comparison, gates: Sequence[Checked]) -> Iterator[str]:
    best = ranked(comparison)
    yield from (f"## {_plain(comparison.question)}", "", _plain(say_standing(results.credibility, results.grounds)), "")
    yield from (f"**{_plain(headline(comparison))}**", "")
    yield _plain(say_baseline(comparison))
    yield from _listed([each.verdict.sentence for each in best], SENTENCES)
    header, rows = decision_table(comparison)
    yield from ("", _row(header), _row(["---"] * len(header)), *(_row(map(_plain, row)) for row in rows[: ROWS + 1]))
    yield from _more(len(rows) - 1 - ROWS, "scenarios")
    yield from ("", "**What was changed**", "")
    yield from _listed(changes(results, [each.name for each in best]), CHANGES)
    if gates:
        yield from ("", "**Gates**", "")
        order = sorted(gates, key=lambda each: not each.holds)
        yield from _listed([f"{'fails' if each.holds else 'passes'}: {each}" for each in order], GATES)
    yield from ("", "**How sure**", "", f"- {_plain(say_basis(results))}", f"- {_plain(say_knowledge(results))}")
    yield from _listed(comparison.warnings, WARNINGS)
    yield from ("", "**What not to conclude**", "", *(f"- {limit}" for limit in (*limits(results), LIMIT)))


def _listed(texts: Sequence[str], most: int) -> Iterator[str]:
    yield from (f"- {_plain(text)}" for text in texts[:most])
    yield from _more(len(texts) - most, "")


def _more(count: int, noun: str) -> Iterator[str]:
    if count > 0:
        yield f"- and {count} more{' ' if noun else ''}{noun}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Keep text from being read as markup."""
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    escaped = "".join(_ENTITIES.get(letter, letter) for letter in " ".join(short.split()))
    return _MARKUP.sub(r"\\\1", escaped)

"""The report of a comparison: a page for people, numbers for programs, and where both come from.

The first screen answers the question: what is worth doing, a sentence per scenario in the order of what helps most, and
one chart. Below stand the figures, what was changed, how it was found and what not to conclude. A comparison without
replications to take intervals from does not become a report.

Files: ``report.html`` (`twin.page`), ``results.json`` (`twin.results_file`) and, written last, ``manifest.json``::

    schema_version, command, started, ended, version, software, platform, seed, semantics_version, stream_version,
    hashes: {what was read: SHA-256}, files: {what was written: SHA-256}
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from twin.certainty import say_knowledge, say_standing
from twin.charts import Side, effect_chart, lead_time_chart, throughput_chart, utilisation_chart, wip_chart
from twin.compare import Comparison, Judgement, Key, Row, ScenarioComparison, unit_of, words_of
from twin.decide.transition import transitions
from twin.decide.transition_telling import (
    say_transition,
    transition_cautions,
    transition_chart,
    transition_numbers,
    transition_table,
)
from twin.errors import InputError
from twin.experiment import Results
from twin.figures import ALL
from twin.files import write_text
from twin.method import method_section, say_basis
from twin.page import Bullets, Cell, Chart, Paragraph, Section, Table, minded, render
from twin.results_file import SCHEMA_VERSION, as_json, results_json
from twin.streams import STREAM_VERSION
from twin.wording import say_difference, say_estimate

SHOWN: Final = 6
"""Scenarios that have their sentence on the first screen, their panels and their tables: those that help most."""

MOST_ROWS: Final = 80
MOST_SENTENCES: Final = 200
_ORDER: Final[tuple[Judgement, ...]] = ("worth it", "cannot tell", "not worth it", "no difference", "harmful")
_COLUMNS: Final = ("figure", "baseline", "with the change", "difference (95 % interval)", "reads as")


@dataclass(frozen=True)
class Provenance:
    """Where a report comes from.

    Attributes
    ----------
    command
        The command line.
    started, ended
        Instants of the run, with their zone.
    version
        Of Worktwin.
    software
        Versions by name: Python, numpy, simpy, polars, tzdata.
    platform
        Operating system and machine.
    hashes
        SHA-256 of what was read, by what it is: twin, scenario, data.
    seed
        That names the random numbers.
    engine
        Which engine ran; it changes no result and stands in the manifest only.
    semantics
        Version of the meaning of a twin file.
    streams
        Version of the random numbers' names.
    """

    command: str
    started: datetime
    ended: datetime
    version: str
    software: Mapping[str, str]
    platform: str
    hashes: Mapping[str, str]
    seed: int
    semantics: int
    streams: int = STREAM_VERSION
    engine: str = ""


def write_report(
    folder: Path, results: Results, comparison: Comparison, *, provenance: Provenance
) -> tuple[Path, Path, Path]:
    """Write ``report.html``, ``results.json`` and ``manifest.json`` into an existing folder, each whole or not at all.

    Returns
    -------
    tuple[Path, Path, Path]
        The files, in that order.

    Raises
    ------
    InputError
        Where the comparison has no intervals to show.
    StorageError
        Where a file cannot be written.
    """
    texts = {
        "report.html": report_page(results, comparison, provenance=provenance),
        "results.json": results_json(results, comparison, [transition_numbers(way) for way in transitions(results)]),
    }
    texts["manifest.json"] = manifest_of(provenance, texts)
    for name, text in texts.items():
        write_text(folder / name, text)
    report, numbers, manifest = (folder / name for name in texts)
    return report, numbers, manifest


def report_page(results: Results, comparison: Comparison, *, provenance: Provenance) -> str:
    """Write the report as one page; equal results give equal bytes, whenever, wherever and in how many goes they came.

    Raises
    ------
    InputError
        Where the comparison has no intervals to show.
    """
    sections = comparison_sections(results, comparison, provenance=provenance)
    best = ranked(comparison)[:SHOWN]
    answers = (headline(comparison), say_baseline(comparison), *(each.verdict.sentence for each in best))
    last = (
        f"{say_basis(results)} {say_knowledge(results)}",
        f"Worktwin {provenance.version}; when and how it was run stands in manifest.json",
        *(f"{name}: SHA-256 {digest}" for name, digest in provenance.hashes.items()),
    )
    title = results.runs[0].candidate.twin.twin
    standing = say_standing(results.credibility, results.grounds)
    return render(title, sections, standing=standing, question=comparison.question, answers=answers, provenance=last)


def ranked(comparison: Comparison) -> tuple[ScenarioComparison, ...]:
    """Order the scenarios by what helps most, by the mean effect on the asked figure."""
    sign = -1 if comparison.answer.better == "higher" else 1
    return tuple(sorted(comparison.scenarios, key=lambda each: sign * each.asked.effect))


def headline(comparison: Comparison) -> str:
    """Sort the scenarios by judgement: ``Worth it: one more reviewer. Harmful: half the reviewers.``."""
    best = ranked(comparison)
    groups = {judgement: [each.name for each in best if each.verdict.judgement == judgement] for judgement in _ORDER}
    return " ".join(
        f"{judgement.capitalize()}: {'; '.join(names[:SHOWN])}{_and_more(len(names) - SHOWN)}."
        for judgement, names in groups.items()
        if names
    )


def say_baseline(comparison: Comparison) -> str:
    """Say how the asked figure is without any change, a percentile in plain words."""
    level, answer = comparison.baseline, comparison.answer
    figure = say_estimate(level, unit_of(answer))
    if answer.statistic == "mean":
        return f"Without a change, {words_of(answer)} is {figure}; 95 % interval, n = {level.n}."
    items = f"items of {answer.work}" if answer.work else "items"
    clock = "arrival" if answer.metric == "lead_time" else "first start"
    return (
        f"Without a change, {answer.statistic[1:]} of 100 {items} are done within {figure} of their {clock}: that is "
        f"{words_of(answer)}; 95 % interval, n = {level.n}."
    )


def comparison_sections(results: Results, comparison: Comparison, *, provenance: Provenance) -> tuple[Section, ...]:
    """Lay out what follows the first screen's sentences, in reading order.

    Raises
    ------
    InputError
        Where the comparison has no intervals to show.
    """
    _check(results, comparison)
    order, basis = ranked(comparison), say_basis(results)
    best = order[:SHOWN]
    others = (Bullets(tuple(each.verdict.sentence for each in order[SHOWN:MOST_SENTENCES])),) if order[SHOWN:] else ()
    warnings = (Bullets(minded(comparison.warnings)),) if comparison.warnings else ()
    effects = Section("What each change does", (effect_chart(comparison, order, basis), *warnings, *others))
    return (
        effects,
        _key_figures(comparison, best, basis),
        *_drawn(results, best, basis),
        _changes(order),
        method_section(results, comparison),
        _all_figures(best, basis),
        _provenance(provenance),
    )


def _check(results: Results, comparison: Comparison) -> None:
    """Refuse a report without n, horizon and intervals."""
    problems = []
    if not comparison.scenarios:
        problems.append("a report compares at least one scenario with the baseline; there is none")
    if results.experiment.run.length <= 0:
        problems.append("a report needs a horizon above 0")
    problems.extend(
        f"{each.name}: no interval from {each.asked.n} pair of replications; run at least 2"
        for each in comparison.scenarios
        if each.asked.low is None or each.asked.high is None
    )
    if problems:
        raise InputError(*problems)


def _key_figures(comparison: Comparison, best: Sequence[ScenarioComparison], basis: str) -> Section:
    answer = comparison.answer
    asked = Key(answer.metric, answer.statistic, answer.scope)
    tables = []
    for each in best:
        busy = [row for row in each.rows if row.key.metric == "utilisation"]
        busiest = {max(busy, key=lambda row: row.base.value).key} if busy else set()
        rows = [row for row in each.rows if row.key.scope == ALL or row.key in {asked, *busiest}]
        rows.sort(key=lambda row: row.key != asked)
        tables.append(_table_or_words(each, rows, best))
    words = Paragraph(
        "Of all work together, unless a row says otherwise. p85: 85 of 100 items took at most so long. Times count "
        "nights and weekends. Differences between percentages are percentage points. Unclear: the interval of the "
        f"difference holds 0. Best and worst: better or worse, and the furthest of the scenarios shown. {basis}"
    )
    return Section("Key figures", (words, *tables))


def _all_figures(best: Sequence[ScenarioComparison], basis: str) -> Section:
    tables = [_table_or_words(each, each.rows[:MOST_ROWS], best) for each in best]
    cut = any(len(each.rows) > MOST_ROWS for each in best)
    rest = f"The first {MOST_ROWS} of each scenario; the rest stand in results.json. " if cut else ""
    return Section("All figures, by type of work and team", (Paragraph(rest + basis), *tables))


def _table_or_words(
    scenario: ScenarioComparison, rows: Sequence[Row], all_of_them: Sequence[ScenarioComparison]
) -> Table | Paragraph:
    if _all_equal(scenario):
        return Paragraph(f"{scenario.name}: no difference; every figure is the same in every pair.")
    return _table(scenario, rows, all_of_them)


def _all_equal(scenario: ScenarioComparison) -> bool:
    return all(row.difference.identical for row in scenario.rows)


def _table(scenario: ScenarioComparison, rows: Sequence[Row], all_of_them: Sequence[ScenarioComparison]) -> Table:
    cells: list[tuple[Cell, ...]] = [
        (
            say_figure(row.key) + _unit(row),
            say_estimate(row.base, row.unit, behind=row.unit == "h"),
            say_estimate(row.changed, row.unit, behind=row.unit == "h"),
            say_difference(row.difference, row.unit, behind=row.unit == "h"),
            _reading(scenario, row, all_of_them),
        )
        for row in rows
    ]
    return Table(_COLUMNS, tuple(cells), scenario.name)


def _unit(row: Row) -> str:
    # Times change their unit from cell to cell and carry it there.
    return "" if row.unit == "h" else ", %" if row.unit == "share" else f", {row.unit}"


def say_figure(key: Key) -> str:
    """Name a figure: ``p85 lead time of feature``, ``WIP``."""
    words = key.metric.replace("_", " ").replace("wip", "WIP").replace("sla", "SLA")
    statistic = f"{key.statistic} " if key.metric in {"lead_time", "cycle_time"} else ""
    return f"{statistic}{words}" + (f" of {key.scope}" if key.scope != ALL else "")


def _reading(scenario: ScenarioComparison, row: Row, all_of_them: Sequence[ScenarioComparison]) -> str:
    """Say in words which way a figure went, and where it went furthest of all scenarios shown."""
    way = _way(row)
    if way in {"same", "unclear"} or len(all_of_them) < 2:
        return way
    sign = 1 if row.better == "higher" else -1
    effects = {
        each.name: sign * other.difference.effect for each in all_of_them for other in each.rows if other.key == row.key
    }
    furthest, superlative = (max, "best") if way == "better" else (min, "worst")
    extreme = way in {"better", "worse"} and len(effects) > 1
    return superlative if extreme and furthest(effects, key=effects.__getitem__) == scenario.name else way


def _way(row: Row) -> str:
    difference = row.difference
    if difference.identical:
        return "same"
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return "unclear"
    rises = difference.effect > 0
    if row.key.metric == "utilisation":  # neither way is better by itself
        return "busier" if rises else "less busy"
    return "better" if rises == (row.better == "higher") else "worse"


def _drawn(results: Results, best: Sequence[ScenarioComparison], basis: str) -> Iterator[Section]:
    base, *others = results.runs
    by_name = {run.candidate.name: run for run in others}
    different = [each for each in best if not _all_equal(each)] or best
    sides = [Side(each.name, base, by_name[each.name]) for each in different]
    left = len(others) - len(best)
    words = (
        (Paragraph(f"The {SHOWN} scenarios that help most; the other {left} stand in results.json."),) if left else ()
    )
    yield Section("How long items take", (*words, lead_time_chart(sides, basis)))
    if not base.weekly.size:
        yield Section("Over time", (Paragraph("The horizon is shorter than a week, so there is no week to draw."),))
    else:
        yield Section("Over time", (wip_chart(sides, basis), throughput_chart(sides, basis)))
        yield from _ways(results, basis)
    busy: Chart | None = utilisation_chart(different, basis)
    if busy is not None:
        yield Section("How busy the teams are", (busy,))


def _ways(results: Results, basis: str) -> Iterator[Section]:
    """Show the way from dated changes: what they cost at first, when they have paid, what remains."""
    found = transitions(results)
    if not found:
        return
    drawn = transition_chart(found, basis)
    words = Paragraph(
        "A gain is what a week is better than the same week without the change. The dip is told where the gain so far "
        "is lowest before it turns, and noise makes a small one: its interval then holds 0. Not reached: not within "
        "the horizon, which says nothing of later. " + basis
    )
    told = Bullets((*map(say_transition, found), *minded(transition_cautions(found))))
    chart = () if drawn is None else (drawn,)
    yield Section("The way there, from dated changes", (*chart, told, transition_table(found), words))


def _changes(order: Sequence[ScenarioComparison]) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (each.name if place == 0 else "", line)
        for each in order[:MOST_SENTENCES]
        for place, line in enumerate(each.changed)
    ]
    return Section("What was changed", (Table(("scenario", "change to the baseline"), tuple(rows)),))


def _provenance(provenance: Provenance) -> Section:
    software = ", ".join(f"{name} {version}" for name, version in provenance.software.items())
    lines = (
        f"Software: Worktwin {provenance.version}, {software}; {provenance.platform}",
        f"Versions: semantics {provenance.semantics}, random numbers {provenance.streams}; seed {provenance.seed}",
        *(f"SHA-256 of {name}: {digest}" for name, digest in provenance.hashes.items()),
    )
    return Section("Where this comes from", (Bullets(lines),))


def manifest_of(provenance: Provenance, texts: Mapping[str, str]) -> str:
    """Write ``manifest.json``: where the files come from and what they are."""
    return as_json(
        {
            "schema_version": SCHEMA_VERSION,
            "command": provenance.command,
            "started": _instant(provenance.started),
            "ended": _instant(provenance.ended),
            "version": provenance.version,
            "software": dict(provenance.software),
            "platform": provenance.platform,
            "engine": provenance.engine,
            "seed": provenance.seed,
            "semantics_version": provenance.semantics,
            "stream_version": provenance.streams,
            "hashes": dict(provenance.hashes),
            "files": {name: sha256(text.encode()).hexdigest() for name, text in texts.items()},
        },
        indent=1,
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _and_more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""

"""The page of a rolling backtest: grade and reasons first, then what is not reproduced, then all figures and charts."""

from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from calibration.grading import discrepancies, told_discrepancy
from calibration.interventions import Tried
from calibration.profile_charts import HEIGHT
from calibration.rolling import LEVELS, TESTED, Ahead, Rolling
from calibration.rolling_words import distance_rows, grade_line, intervention_lines, score_rows
from calibration.scores import interval
from twin.charts import COLOURS
from twin.credibility import Credibility
from twin.drawings import BLUE, INK, WIDTHS, Point
from twin.page import Bullets, Chart, Paragraph, Section, Table, render
from twin.units import WEEK

RED: Final = COLOURS["harmful"]
_UTC: Final[dict[str, Any]] = {"type": "utc"}
_TITLES: Final = {"throughput": "Items done by week", "wip": "Items inside at the end of each week (WIP)"}


def rolling_page(rolled: Rolling, earned: Credibility, tried: Sequence[Tried] = (), *, name: str) -> str:
    """Write the page; equal arguments give equal bytes.

    Parameters
    ----------
    rolled, earned
        The backtest and the grade it gives.
    tried
        Changes that happened, and what was foretold of them.
    name
        Whose backtest it is.
    """
    last = (
        f"Worktwin {version('worktwin')}; {rolled.members} runs per forecast, seed {rolled.seed}",
        *(f"Left out {at:%Y-%m-%d}: {why}" for at, why in rolled.skipped),
    )
    answers = (grade_line(rolled, earned) + ".", *(f"The twin {reason}." for reason in earned.reasons))
    sections = (_wrong(rolled), _figures(rolled), _charts(rolled), _changes(tried), _limits())
    return render(
        f"Backtest of {name}",
        sections,
        question="How far can this twin be believed, as weeks say that it had not seen?",
        answers=answers,
        provenance=last,
    )


def _wrong(rolled: Rolling) -> Section:
    lines = tuple(f"{each.figure}: {told_discrepancy(each)}" for each in discrepancies(rolled))
    none = Paragraph("No figure differs from what the twin foretold by more than chance explains, at p < .01.")
    return Section("What the twin does not reproduce", (Bullets(lines) if lines else none,))


def _figures(rolled: Rolling) -> Section:
    words = Paragraph(
        "Off by: what happened against the mean of the runs, on average. Beyond chance: its spread over the origins "
        "that the runs' own spread does not explain. CRPS: mean distance of the forecast from what happened, in the "
        "figure's unit, smaller is better; weeks drawn and history are the forecasts without a twin."
    )
    scores, distances = score_rows(rolled), distance_rows(rolled)
    parts: tuple[Paragraph | Table, ...] = (words, Table(scores[0], tuple(scores[1])))
    if distances[1]:
        parts += (Table(distances[0], tuple(distances[1]), "The field's distances, mean over the origins"),)
    return Section("All figures", parts)


def _charts(rolled: Rolling) -> Section:
    fans = tuple(_fan(rolled, metric) for metric in _TITLES)
    return Section("What was foretold, and what happened", (*fans, _lead_times(rolled)))


def _fan(rolled: Rolling, metric: str) -> Chart:
    """Draw the intervals of each origin's weeks, and what happened as dots."""
    import altair as alt  # noqa: PLC0415 - 0.3 s, only where a chart is made

    columns = [rolled.names.index(f"{metric} week {week + 1}") for week in range(rolled.weeks)]
    points = [
        _point(ahead, column) | {"day": f"{_day(ahead, week)}", "origin": f"{ahead.at:%Y-%m-%d}"}
        for ahead in rolled.aheads
        for week, column in enumerate(columns)
    ]
    base = alt.Chart(alt.InlineData(values=points)).encode(
        x=alt.X("day:T", title=None, scale=alt.Scale(**_UTC), axis=alt.Axis(grid=False))
    )
    unit = "items/week" if metric == "throughput" else "items"
    layers = [
        base.mark_rule(color=BLUE, strokeWidth=9, opacity=0.25).encode(
            y=alt.Y("low95:Q", title=unit, scale=alt.Scale(zero=False)), y2="high95:Q"
        ),
        base.mark_rule(color=BLUE, strokeWidth=9, opacity=0.45).encode(y="low80:Q", y2="high80:Q"),
        base.mark_line(color=BLUE, strokeWidth=2).encode(y="mean:Q", detail="origin:N"),
        base.mark_point(filled=True, size=55, opacity=1).encode(
            y="happened:Q",
            color=alt.Color(
                "side:N",
                scale=alt.Scale(domain=["inside 95 %", "outside"], range=[INK, RED]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=[alt.Tooltip("day:T"), alt.Tooltip("happened:Q"), alt.Tooltip("mean:Q"), alt.Tooltip("origin:T")],
        ),
    ]
    note = (
        "Bars: 80 % (dark) and 95 % of the twin's runs; line: their mean; dots: what happened. Each stretch was "
        "foretold from its beginning, with nothing that came later."
    )
    return Chart(_TITLES[metric], note, _sized(alt.layer(*layers)))


def _lead_times(rolled: Rolling) -> Chart:
    """Draw lead times of each origin's weeks beside what happened."""
    import altair as alt  # noqa: PLC0415 - see above

    figures = [name for name in TESTED if name.startswith("lead_time")]
    points = [
        _point(ahead, rolled.names.index(name)) | {"origin": f"{ahead.at:%Y-%m-%d}", "figure": name.partition(" ")[2]}
        for ahead in rolled.aheads
        for name in figures
    ]
    base = alt.Chart().encode(x=alt.X("origin:O", title=None, axis=alt.Axis(labelAngle=-40)))
    layers = [
        base.mark_rule(color=BLUE, strokeWidth=12, opacity=0.25).encode(y=alt.Y("low95:Q", title="h"), y2="high95:Q"),
        base.mark_rule(color=BLUE, strokeWidth=12, opacity=0.45).encode(y="low80:Q", y2="high80:Q"),
        base.mark_tick(color=BLUE, thickness=2, size=16).encode(y="mean:Q"),
        base.mark_point(filled=True, size=55, opacity=1).encode(
            y="happened:Q",
            color=alt.Color(
                "side:N", scale=alt.Scale(domain=["inside 95 %", "outside"], range=[INK, RED]), legend=None
            ),
        ),
    ]
    chart = (
        alt.layer(*layers, data=alt.InlineData(values=points))
        .properties(width=WIDTHS[2] - 20, height=HEIGHT - 60)
        .facet(facet=alt.Facet("figure:N", title=None, sort=[name.partition(" ")[2] for name in figures]), columns=2)
        .resolve_scale(y="independent")
    )
    note = "Of items done in the weeks after each origin, from arrival, in hours; nights and weekends count."
    return Chart("Lead times", note, chart.to_dict(validate=False))


def _point(ahead: Ahead, column: int) -> Point:
    runs = ahead.twin[:, column]
    runs = runs[~np.isnan(runs)]
    happened = ahead.observed[column]
    if not runs.size:
        return {}
    inner, outer = (interval(runs, level) for level in LEVELS)
    point: Point = {
        "low80": _rounded(inner[0]), "high80": _rounded(inner[1]),
        "low95": _rounded(outer[0]), "high95": _rounded(outer[1]), "mean": _rounded(float(runs.mean())),
    }  # fmt: skip
    if np.isfinite(happened):
        side = "inside 95 %" if outer[0] <= happened <= outer[1] else "outside"
        point |= {"happened": _rounded(float(happened)), "side": side}
    return point


def _day(ahead: Ahead, week: int) -> str:
    return f"{ahead.at + timedelta(milliseconds=(week + 1) * WEEK):%Y-%m-%d}"


def _sized(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width=WIDTHS[1], height=HEIGHT).to_dict(validate=False)
    return spec


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _changes(tried: Sequence[Tried]) -> Section:
    none = Paragraph(
        "None was tried. Forecasts of work that goes on as before say little about what a change will do; give a file "
        "of dated changes that really happened with --interventions."
    )
    lines = tuple(intervention_lines(tried))
    return Section("Changes that really happened", (Bullets(lines) if lines else none,))


def _limits() -> Section:
    return Section(
        "What not to conclude",
        (
            Bullets(
                (
                    "A good grade is about work as it was; a change that was never tried may be foretold wrongly.",
                    "Weeks after one origin hang together: few origins say little, and the grade says how few.",
                    "A poor grade does not say which part of the twin is wrong; the figures say where to look.",
                )
            ),
        ),
    )

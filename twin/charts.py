"""Charts of a comparison, one per question a reader has.

What is drawn is aggregated before: a chart holds a few hundred points however long the run was. Baseline and change
have the same two colours everywhere; a judgement is written in words beside its colour. Field names are fixed and the
names of a twin stand in the data only, so no name can become a part of a chart's grammar.

Altair takes 0.3 s to load and is loaded where a chart is made. Its check against the schema takes as long again for
five charts and is done in the tests, for every kind of chart.
"""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any, Final, NamedTuple

from twin.compare import Comparison, Judgement, ScenarioComparison, unit_of, words_of
from twin.curves import MOST_POINTS, Band, lead_time_curve, weekly_curve
from twin.experiment import Replicated
from twin.page import Chart
from twin.wording import Scale, say_difference, scale_for

BEFORE: Final = "baseline"
AFTER: Final = "with the change"
GREY: Final = "#8a96a3"
BLUE: Final = "#2f6db3"
COLOURS: Final[dict[Judgement, str]] = {
    "worth it": BLUE,
    "harmful": "#c2501b",
    "cannot tell": "#6b5b95",
    "not worth it": "#5f6c79",
    "no difference": "#5f6c79",
}
MOST_EFFECTS: Final = 40
MOST_TEAMS: Final = 20
SLOWEST_SHOWN: Final = 0.95
NAME_WIDTH: Final = 34
HEADER_WIDTH: Final = 58
WIDE: Final = 860
NARROW: Final = 400
FOREST: Final = 440
ROW: Final = 48
LINE: Final = 16
INK: Final = "#33404d"
STRETCH: Final = 2.0
EDGE: Final = 2.0
_RIGHT: Final[dict[str, Any]] = {"x": FOREST + 18, "align": "left", "fontSize": 13}
_SHARES: Final = [0, 0.25, 0.5, 0.85, 1]

Point = dict[str, float | str]


class Side(NamedTuple):
    """The runs of one scenario and of the baseline, to be drawn in one panel."""

    name: str
    base: Replicated
    changed: Replicated


def effect_chart(comparison: Comparison, scenarios: Sequence[ScenarioComparison], basis: str) -> Chart:
    """Show what each scenario does to the asked figure.

    Parameters
    ----------
    comparison
        Gives the asked figure and the smallest effect that matters.
    scenarios
        To show, from top to bottom; those beyond `MOST_EFFECTS` are left out.
    basis
        n, seed, horizon and interval in words, for the note.
    """
    answer, shown = comparison.answer, scenarios[:MOST_EFFECTS]
    edge, beyond = _edge(shown, answer.worth_in_units)
    scale = scale_for(unit_of(answer), edge, change=True)
    points = [_effect(order, each, scale, edge, unit_of(answer)) for order, each in enumerate(shown)]
    left, right = ("better", "worse") if answer.better == "lower" else ("worse", "better")
    dot = "\N{MIDDLE DOT}"
    title = f"\N{LEFTWARDS ARROW} {left}  {dot}  difference in {scale.name}  {dot}  {right} \N{RIGHTWARDS ARROW}"
    spec = _forest(points, answer.worth_in_units * scale.factor, title)
    note = (
        "Dot: mean difference from the baseline; line: its 95 % interval. Grey band: less than the "
        f"{answer.worth!s} that matter. "
        f"{beyond}{_left_out(len(scenarios), len(shown), 'scenarios')}{basis}"
    )
    return Chart(f"Change in {words_of(answer)}, against the baseline", note, spec)


def lead_time_chart(sides: Sequence[Side], basis: str) -> Chart:
    """Show what share of items is done within how many days, baseline and change, a panel per scenario."""
    import altair as alt  # noqa: PLC0415 - see the module

    curves = [(side, [_cut(lead_time_curve(side.base)), _cut(lead_time_curve(side.changed))]) for side in sides]
    reach, beyond = _reach(curves)
    scale = scale_for("h", reach)
    axis = alt.Axis(format="%", values=_SHARES)
    share = alt.Y("at:Q", title="items done", scale=alt.Scale(domain=[0, 1]), axis=axis)
    span = alt.Scale(domain=[0, _rounded(reach * scale.factor)])
    base = alt.Chart().encode(y=share, color=_colour("stroke"))
    band = base.mark_area(opacity=0.2, orient="horizontal", clip=True).encode(x=alt.X("low:Q", scale=span), x2="high:Q")
    line = base.mark_line(strokeWidth=2.2, clip=True).encode(
        x=alt.X("mean:Q", title=f"{scale.name} from arrival to done", scale=span), strokeDash=_dash()
    )
    note = (
        f"Of all items done, the share that was done within so many {scale.name}; further left is faster. Band: 95 % "
        f"interval of the curve. The slowest 5 % of items are not drawn: few items decide about them. {beyond}"
    )
    spec = _panels([band, line], _curve_points(curves, scale.factor), len(sides))
    return Chart(f"Share of items done within so many {scale.name}", note + basis, spec)


def wip_chart(sides: Sequence[Side], basis: str) -> Chart:
    """Show how many items are inside, week by week, baseline and change, a panel per scenario."""
    curves = [(side, [weekly_curve(run, "wip") for run in (side.base, side.changed)]) for side in sides]
    return _weekly_chart(curves, "Work inside (WIP), over time", "items inside", basis)


def throughput_chart(sides: Sequence[Side], basis: str) -> Chart:
    """Show how many items are done per week, baseline and change, a panel per scenario."""
    points = MOST_POINTS // 4  # counts of single weeks are so small that they hide what they count
    curves = [(side, [weekly_curve(run, "throughput", points) for run in (side.base, side.changed)]) for side in sides]
    return _weekly_chart(curves, "Work done (throughput), over time", "items done per week", basis)


def utilisation_chart(scenarios: Sequence[ScenarioComparison], basis: str) -> Chart | None:
    """Show how busy each team is, baseline and change, a panel per scenario; None where no team has working hours."""
    import altair as alt  # noqa: PLC0415 - see the module

    points = [point for order, each in enumerate(scenarios) for point in _loads(order, each)]
    if not points:
        return None
    most = max(1.0, *(float(point["high"]) for point in points))
    axis = alt.Axis(format="%", tickCount=5)
    share = alt.X("value:Q", title="utilisation", scale=alt.Scale(domain=[0, most]), axis=axis)
    teams = alt.Axis(labelLimit=150, domain=False, ticks=False)
    tips = [alt.Tooltip("team:N"), alt.Tooltip("side:N"), alt.Tooltip("value:Q", format=".1%")]
    busiest_first = alt.EncodingSortField("place", op="min")
    base = alt.Chart().encode(y=alt.Y("team:N", title=None, sort=busiest_first, axis=teams), color=_colour("circle"))
    before, after = (
        base.transform_filter(alt.FieldEqualPredicate(field="side", equal=side)) for side in (BEFORE, AFTER)
    )
    layers = [
        before.mark_bar(height=14, opacity=0.55).encode(x=share, tooltip=tips),
        after.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"),
        after.mark_point(filled=True, size=70, opacity=1).encode(x=share, tooltip=tips),
    ]
    spec = _panels(layers, points, len(scenarios), height=26 * len({point["team"] for point in points}))
    teams_left = max(sum(row.key.metric == "utilisation" for row in each.rows) for each in scenarios)
    note = (
        "Bar: baseline; dot: with the change, with its 95 % interval where wider than the dot. A full bar means "
        f"queues, not good use of people. {_left_out(teams_left, MOST_TEAMS, 'teams')}"
    )
    return Chart("Share of working hours with an item in work (utilisation), by team", note + basis, spec)


def _ends(scenario: ScenarioComparison) -> tuple[float, float, float]:
    asked = scenario.asked
    low, high = (asked.effect if end is None else end for end in (asked.low, asked.high))
    return asked.effect, low, high


def _edge(scenarios: Sequence[ScenarioComparison], worth: float) -> tuple[float, str]:
    """Say how far from zero to draw, so that one very bad change does not hide all others; and what to say of it."""
    sizes = [(each, max(map(abs, _ends(each)))) for each in scenarios]
    longest = max([worth, *(size for _, size in sizes)])
    others = [size for each, size in sizes if each.verdict.judgement != "harmful"]
    usual = EDGE * max([worth, *others])
    if not others or usual >= longest:
        return longest, ""
    return usual, "A triangle: the difference lies beyond the axis; its figures stand beside it. "


def _effect(order: int, scenario: ScenarioComparison, scale: Scale, edge: float, unit: str) -> Point:
    asked = scenario.asked
    value, low, high = (_rounded(max(-edge, min(edge, end)) * scale.factor) for end in _ends(scenario))
    shape = "circle" if abs(asked.effect) <= edge else "triangle-right" if asked.effect > 0 else "triangle-left"
    label = _folded(scenario.name, NAME_WIDTH)
    return {
        "order": order,
        "name": scenario.name,
        "label": label,
        "lines": label.count("\n") + 1,
        "judgement": scenario.verdict.judgement,
        "effect": say_difference(asked, unit),
        "shape": shape,
        "colour": COLOURS[scenario.verdict.judgement],
        "value": value,
        "low": low,
        "high": high,
    }


def _forest(points: list[Point], worth: float, title: str) -> dict[str, Any]:
    """Draw effects with their intervals below each other, names to the left and words to the right."""
    import altair as alt  # noqa: PLC0415 - see the module

    base = alt.Chart(alt.InlineData(values=points)).encode(
        y=alt.Y("order:O", axis=None),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("judgement:N"), alt.Tooltip("effect:N")],
    )
    colour = alt.Color("colour:N", scale=None)
    axis = alt.Axis(tickCount=6, gridColor="#eef1f5")
    too_small = alt.Chart(alt.InlineData(values=[{"low": -worth, "high": worth}])).mark_rect(color="#e4e9ef")
    zero = alt.Chart(alt.InlineData(values=[{"low": 0}])).mark_rule(color="#4a5765")
    left = base.encode(text="label:N")
    layers = [
        too_small.encode(x="low:Q", x2="high:Q"),
        zero.encode(x="low:Q"),
        base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q", color=colour),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            x="value:Q", color=colour, shape=alt.Shape("shape:N", scale=None)
        ),
        *(
            left.transform_filter(alt.FieldEqualPredicate(field="lines", equal=lines)).mark_text(
                x=-16,
                dy=-LINE / 2 * (lines - 1),
                align="right",
                fontSize=13,
                color=INK,
                lineBreak="\n",
                lineHeight=LINE,
            )
            for lines in sorted({int(point["lines"]) for point in points})
        ),
        base.mark_text(dy=-9, fontWeight="bold", **_RIGHT).encode(text="judgement:N", color=colour),
        base.mark_text(dy=9, color=INK, **_RIGHT).encode(text="effect:N"),
    ]
    spec: dict[str, Any] = alt.layer(*layers).properties(width=FOREST, height=ROW * len(points)).to_dict(validate=False)
    return spec


def _weekly_chart(curves: list[tuple[Side, list[Band]]], title: str, axis: str, basis: str) -> Chart:
    import altair as alt  # noqa: PLC0415 - see the module

    reach, beyond = _reach(curves)
    weeks = [band.at for _, bands in curves for band in bands]
    step = max(round(float(at[1] - at[0])) if at.size > 1 else 1 for at in weeks)
    week = alt.X(
        "at:Q", title="week after the warm-up", scale=alt.Scale(nice=False), axis=alt.Axis(grid=False, format="d")
    )
    span = alt.Scale(domain=[0, _rounded(reach)])
    base = alt.Chart().encode(x=week, color=_colour("stroke"))
    band = base.mark_area(opacity=0.15, clip=True).encode(y=alt.Y("low:Q", scale=span), y2="high:Q")
    line = base.mark_line(strokeWidth=2, clip=True).encode(
        y=alt.Y("mean:Q", title=axis, scale=span, axis=alt.Axis(tickCount=5)), strokeDash=_dash()
    )
    each = f"Each point takes {step} weeks together. " if step > 1 else ""
    note = (
        f"Line: mean of the replications; band: 8 of 10 replications lie inside. The warm-up is cut off. {each}{beyond}"
    )
    return Chart(title, note + basis, _panels([band, line], _curve_points(curves), len(curves)))


def _loads(order: int, scenario: ScenarioComparison) -> Iterator[Point]:
    """Give the teams' utilisation, the busiest first."""
    rows = [row for row in scenario.rows if row.key.metric == "utilisation"]
    rows.sort(key=lambda row: -row.base.value)
    for place, row in enumerate(rows[:MOST_TEAMS]):
        for side, level in ((BEFORE, row.base), (AFTER, row.changed)):
            yield {
                "order": order,
                "panel": _folded(scenario.name, HEADER_WIDTH),
                "place": place,
                "team": row.key.scope,
                "side": side,
                "value": _rounded(level.value),
                "low": _rounded(level.value if level.low is None else level.low),
                "high": _rounded(level.value if level.high is None else level.high),
            }


def _panels(layers: list[Any], points: list[Point], panels: int, height: int | None = None) -> dict[str, Any]:
    """Lay the same layers out once per scenario, two beside each other."""
    import altair as alt  # noqa: PLC0415 - see the module

    columns = min(2, panels)
    size = {"width": WIDE if columns == 1 else NARROW, "height": height or (280 if columns == 1 else 190)}
    header = alt.Header(
        title=None, labelExpr="split(datum.label, '\\n')", labelLimit=size["width"], labelAnchor="start"
    )
    panel = alt.Facet("panel:N", sort=alt.EncodingSortField("order", op="min"), header=header)
    chart = alt.layer(*layers).properties(**size).facet(panel, columns=columns, data=alt.InlineData(values=points))
    spec: dict[str, Any] = chart.properties(spacing=28).resolve_axis(x="independent").to_dict(validate=False)
    return spec


def _curve_points(curves: list[tuple[Side, list[Band]]], factor: float = 1.0) -> list[Point]:
    return [
        {
            "order": order,
            "panel": _folded(side.name, HEADER_WIDTH),
            "side": name,
            "at": _rounded(at),
            "mean": _rounded(mean * factor),
            "low": _rounded(low * factor),
            "high": _rounded(high * factor),
        }
        for order, (side, bands) in enumerate(curves)
        for name, band in zip((BEFORE, AFTER), bands, strict=True)
        for at, mean, low, high in zip(*band, strict=True)
    ]


def _cut(band: Band) -> Band:
    """Leave out the slowest items, which few items decide about."""
    kept = band.at <= SLOWEST_SHOWN + 1e-9
    return Band(*(values[kept] for values in band))


def _reach(curves: list[tuple[Side, list[Band]]]) -> tuple[float, str]:
    """Say how far to draw, so that one very bad change does not flatten all others; and what to say of it."""
    tops = [[float(band.high.max()) if band.high.size else 0.0 for band in bands] for _, bands in curves]
    longest = max((top for each in tops for top in each), default=0.0) or 1.0
    usual = STRETCH * max((each[0] for each in tops), default=0.0)
    if not 0 < usual < longest:
        return longest, ""
    return usual, "A curve that leaves its panel goes on outside. "


def _colour(symbol: str) -> Any:
    import altair as alt  # noqa: PLC0415 - see the module

    legend = alt.Legend(
        orient="top",
        title=None,
        symbolType=symbol,
        symbolOpacity=1,
        symbolSize=120 if symbol == "circle" else 260,
        symbolStrokeWidth=2,
    )
    return alt.Color("side:N", scale=alt.Scale(domain=[BEFORE, AFTER], range=[GREY, BLUE]), legend=legend)


def _dash() -> Any:
    import altair as alt  # noqa: PLC0415 - see the module

    return alt.StrokeDash("side:N", scale=alt.Scale(domain=[BEFORE, AFTER], range=[[5, 3], [1, 0]]))


def _left_out(all_of_them: int, shown: int, noun: str) -> str:
    return f"The first {shown} of {all_of_them} {noun} are drawn. " if all_of_them > shown else ""


def _folded(name: str, width: int) -> str:
    """Break a long name into lines, keeping every character, so that different names stay different."""
    return "\n".join(wrap(name, width, drop_whitespace=False, replace_whitespace=False, expand_tabs=False) or [name])


def _rounded(value: float) -> float:
    """Keep four digits: more than a pixel shows, and half of the bytes."""
    return float(f"{value:.4g}")

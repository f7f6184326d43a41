"""Charts of a comparison, one per question a reader has.

What is drawn is aggregated before: a chart holds a few hundred points however long the run was. Baseline and change
have the same two colours everywhere; a judgement is written in words beside its colour. Field names are fixed and the
names of a twin stand in the data only, so no name can become a part of a chart's grammar.

What Altair draws of each kind of chart stands in `twin.drawings`.
"""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any, Final, Literal, NamedTuple

from twin.compare import Comparison, Judgement, ScenarioComparison, unit_of, words_of
from twin.curves import MOST_POINTS, Band, lead_time_curve, weekly_curve
from twin.drawings import AFTER, BEFORE, BLUE, ROW, Drawing, Point, effects, panels
from twin.experiment import Replicated
from twin.page import Chart
from twin.wording import Scale, say_difference, scale_for

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
BAR: Final = 26
STRETCH: Final = 2.0
EDGE: Final = 2.0


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
    worth = answer.worth_in_units * scale.factor
    data: dict[str, list[Point]] = {
        "points": points,
        "too small": [{"low": -worth, "high": worth}],
        "zero": [{"low": 0}],
    }
    spec = effects(data, {"title": title, "height": ROW * len(points)}, lines={int(point["lines"]) for point in points})
    note = (
        "Dot: mean difference from the baseline; line: its 95 % interval. Grey band: less than the "
        f"{answer.worth!s} that matter. "
        f"{beyond}{_left_out(len(scenarios), len(shown), 'scenarios')}{basis}"
    )
    return Chart(f"Change in {words_of(answer)}, against the baseline", note, spec)


def lead_time_chart(sides: Sequence[Side], basis: str) -> Chart:
    """Show what share of items is done within how many days, baseline and change, a panel per scenario."""
    curves = [(side, [_cut(lead_time_curve(side.base)), _cut(lead_time_curve(side.changed))]) for side in sides]
    reach, beyond = _reach(curves)
    scale = scale_for("h", reach)
    note = (
        f"Of all items done, the share that was done within so many {scale.name}; further left is faster. Band: 95 % "
        f"interval of the curve. The slowest 5 % of items are not drawn: few items decide about them. {beyond}"
    )
    title = f"{scale.name} from arrival to done"
    points = _curve_points(curves, scale.factor)
    spec = _panels("lead_times", points, title=title, reach=_rounded(reach * scale.factor))
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
    points = [point for order, each in enumerate(scenarios) for point in _loads(order, each)]
    if not points:
        return None
    most = max(1.0, *(float(point["high"]) for point in points))
    height = BAR * len({point["team"] for point in points})
    spec = _panels("utilisation", points, reach=most, height=height)
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
    label = folded(scenario.name, NAME_WIDTH)
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


def _weekly_chart(curves: list[tuple[Side, list[Band]]], title: str, axis: str, basis: str) -> Chart:
    reach, beyond = _reach(curves)
    weeks = [band.at for _, bands in curves for band in bands]
    step = max(round(float(at[1] - at[0])) if at.size > 1 else 1 for at in weeks)
    each = f"Each point takes {step} weeks together. " if step > 1 else ""
    note = (
        f"Line: mean of the replications; band: 8 of 10 replications lie inside. The warm-up is cut off. {each}{beyond}"
    )
    spec = _panels("weeks", _curve_points(curves), title=axis, reach=_rounded(reach))
    return Chart(title, note + basis, spec)


def _loads(order: int, scenario: ScenarioComparison) -> Iterator[Point]:
    """Give the teams' utilisation, the busiest first."""
    rows = [row for row in scenario.rows if row.key.metric == "utilisation"]
    rows.sort(key=lambda row: -row.base.value)
    for place, row in enumerate(rows[:MOST_TEAMS]):
        for side, level in ((BEFORE, row.base), (AFTER, row.changed)):
            yield {
                "order": order,
                "panel": folded(scenario.name, HEADER_WIDTH),
                "place": place,
                "team": row.key.scope,
                "side": side,
                "value": _rounded(level.value),
                "low": _rounded(level.value if level.low is None else level.low),
                "high": _rounded(level.value if level.high is None else level.high),
            }


def _panels(kind: Literal["lead_times", "weeks", "utilisation"], points: list[Point], **figures: Any) -> Drawing:
    """Lay the same layers out once per scenario."""
    several = len({point["order"] for point in points}) > 1
    return panels(kind, {"points": points}, figures, several=several)


def _curve_points(curves: list[tuple[Side, list[Band]]], factor: float = 1.0) -> list[Point]:
    return [
        {
            "order": order,
            "panel": folded(side.name, HEADER_WIDTH),
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


def _left_out(all_of_them: int, shown: int, noun: str) -> str:
    return f"The first {shown} of {all_of_them} {noun} are drawn. " if all_of_them > shown else ""


def folded(name: str, width: int) -> str:
    """Break a long name into lines, keeping every character, so that different names stay different."""
    return "\n".join(wrap(name, width, drop_whitespace=False, replace_whitespace=False, expand_tabs=False) or [name])


def _rounded(value: float) -> float:
    """Keep four digits: more than a pixel shows, and half of the bytes."""
    return float(f"{value:.4g}")

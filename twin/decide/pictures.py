"""Charts of decisions: shares of a bundle, figures over a lever, ranks of assumptions, a front, a tipping point.

As in `twin.charts`: what is drawn is aggregated before, field names are fixed, and the names of a twin stand in the
data only. Altair is loaded where a chart is made.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from twin.answer import Answer
from twin.compare import unit_of, words_of
from twin.decide.optimizing import Optimum
from twin.decide.reaching import Reached
from twin.decide.sensitivity import Weight
from twin.decide.shares import Bundle
from twin.drawings import BLUE, GREY
from twin.estimate import Estimate
from twin.levers import Choice, Lever, Setting, parse_number
from twin.page import Chart
from twin.wording import Scale, scale_for

WIDE: Final = 640
NARROW: Final = 380
BAR: Final = 34
MOST_BARS: Final = 60
MOST_PANELS: Final = 12
REPEATED: Final = 2
MOST_POINTS: Final = 500
LONGEST: Final = 70
_HEAD: Final = re.compile(r"\b(?:teams|stages|work)\.")

Point = dict[str, float | str | None]


def shares_chart(bundle: Bundle, answer: Answer) -> Chart:
    """Show what each change of a bundle adds, with its interval."""
    whole = max(abs(end) for part in bundle.parts for end in _ends(part.share.effect, part.share.low, part.share.high))
    scale = scale_for(unit_of(answer), whole, change=True)
    points: list[Point] = []
    for order, part in enumerate(bundle.parts):
        value, low, high = (end * scale.factor for end in _ends(part.share.effect, part.share.low, part.share.high))
        points.append({"order": order, "name": cut("; ".join(part.changed)), "value": value, "low": low, "high": high})
    note = "Bar: what a change adds, averaged over the orders of making them; line: 95 % interval. The bars sum to all."
    title = f"{bundle.name}: difference in {words_of(answer)} by change"
    return Chart(title, note, _bars(points, f"difference in {scale.name}"))


def _bars(points: Sequence[Point], axis: str) -> dict[str, Any]:
    """Draw bars with intervals below each other, in the order given."""
    spec: dict[str, Any] = (
        _bar_layers(points, axis).properties(width=WIDE, height=BAR * len(points)).to_dict(validate=False)
    )
    return spec


def _bar_layers(points: Sequence[Point], axis: str) -> Any:
    import altair as alt  # noqa: PLC0415 - see the module

    names = alt.Axis(labelLimit=420, domain=False, ticks=False)
    y = alt.Y("name:N", title=None, sort=alt.EncodingSortField("order", op="min"), axis=names)
    base = alt.Chart(alt.InlineData(values=list(points))).encode(y=y)
    bars = base.mark_bar(height=16, color=BLUE, opacity=0.75).encode(x=alt.X("value:Q", title=axis))
    lines = base.mark_rule(strokeWidth=2, color="#33404d").encode(x=alt.X("low:Q"), x2="high:Q")
    return alt.layer(bars, lines)


def cut(name: str) -> str:
    """Shorten a name for an axis: paths without their first part, and no more than fits."""
    name = _HEAD.sub("", name)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _ends(value: float, low: float | None, high: float | None) -> tuple[float, float, float]:
    return value, value if low is None else low, value if high is None else high


def weights_chart(weights: Sequence[Weight], measure: str, answer: Answer, words: str) -> Chart:
    """Show how much each lever carries."""
    scale = scale_for(unit_of(answer), max(weight.value for weight in weights)) if measure == "mu*" else Scale(100, "%")
    points: list[Point] = [
        {
            "order": order,
            "name": cut(weight.path),
            "value": weight.value * scale.factor,
            "low": max(0.0, weight.value - weight.half_width) * scale.factor,  # a weight is never below 0
            "high": (weight.value + weight.half_width) * scale.factor,
        }
        for order, weight in enumerate(weights)
    ]
    axis = f"effect of the range, {scale.name} (mu*)" if measure == "mu*" else "share of the variance, % (ST)"
    parts = ["the choice of points", "the luck of the runs"]
    parts += ["the twins of the ensemble"] if any(weight.twins is not None for weight in weights) else []
    known = f"{', '.join(parts[:-1])} and {parts[-1]}"
    note = f"Bar: weight of a lever over the range given; line: its 95 % interval, which knows {known}."
    return Chart(f"What {words} hangs on", note, _bars(points, axis))


def sweep_chart(
    levers: Mapping[str, Lever], found: Sequence[tuple[Setting, str, Estimate | None]], answer: Answer, words: str
) -> Chart:
    """Show the asked figure against each lever's value, a panel per lever."""
    import altair as alt  # noqa: PLC0415 - see the module

    known = [(setting, name, estimate) for setting, name, estimate in found if estimate is not None]
    scale = scale_for(unit_of(answer), max((abs(estimate.value) for *_, estimate in known), default=1.0))
    panels = list(levers)[:MOST_PANELS]
    points = [
        _swept(levers[path], path, order, each, scale, alone=len(levers) == 1)
        for order, path in enumerate(panels)
        for each in known[:MOST_POINTS]
    ]
    tips = [alt.Tooltip("name:N"), alt.Tooltip("value:Q", format=".4g")]
    figures = alt.Y("value:Q", title=f"{words}, {scale.name}", scale=alt.Scale(zero=False))
    base = alt.Chart().encode(
        x=alt.X("at:Q", title="value of the lever", scale=alt.Scale(zero=False), axis=_whole(points))
    )
    repeated = len(known) >= REPEATED * max(len({str(setting[path]) for setting, *_ in known}) for path in panels)
    means = [base.mark_line(color=BLUE, strokeWidth=2).encode(y=alt.Y("value:Q", aggregate="mean"))]
    layers = [
        *(means if repeated or len(levers) == 1 else []),
        base.mark_rule(color=BLUE).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_point(filled=True, size=40, opacity=0.6, color=BLUE).encode(y=figures, tooltip=tips),
    ]
    header = alt.Header(title=None, labelLimit=NARROW)
    panel = alt.Facet("panel:N", sort=alt.EncodingSortField("order", op="min"), header=header)
    size = {"width": NARROW if len(panels) > 1 else WIDE, "height": 240}
    chart = alt.layer(*layers).properties(**size).facet(panel, columns=2, data=alt.InlineData(values=points))
    spec: dict[str, Any] = chart.resolve_scale(x="independent").to_dict(validate=False)
    mean = "Line: mean over all points with that value. " if repeated else ""
    line = "Upright lines: 95 % intervals. " if len(levers) == 1 else mean
    note = f"A point for each setting. {line}What has no number is numbered from 0."
    return Chart(f"{words} against each lever", note, spec)


def _whole(points: Sequence[Point]) -> Any:
    """Leave ticks between whole numbers out where nothing stands there."""
    import altair as alt  # noqa: PLC0415 - see the module

    whole = all(float(point["at"] or 0).is_integer() for point in points)
    return alt.Axis(tickMinStep=1, format="d") if whole else alt.Axis()


def _swept(
    lever: Lever, path: str, order: int, found: tuple[Setting, str, Estimate], scale: Scale, *, alone: bool
) -> Point:
    setting, name, estimate = found
    _, low, high = _ends(estimate.value, estimate.low, estimate.high)
    ends = (low, high) if alone else (estimate.value, estimate.value)
    return {
        "panel": cut(path),
        "order": order,
        "name": name,
        "at": place_of(lever, setting[path]),
        "value": estimate.value * scale.factor,
        "low": ends[0] * scale.factor,
        "high": ends[1] * scale.factor,
    }


def place_of(lever: Lever, value: Choice) -> float:
    """Give where a value stands on an axis: its number where all have one and no two the same, else its place."""
    levels = lever.levels()
    numbers = {number_in(level) for level in levels}
    own = number_in(value)
    if own is not None and None not in numbers and len(numbers) == len(levels):
        return own
    return float(levels.index(value))


def number_in(value: Choice) -> float | None:
    """Give the number in a value: 10 of ``10 h``; None where there is none."""
    try:
        return None if isinstance(value, bool) else parse_number(value)
    except ValueError:
        return None


def finalists_chart(found: Optimum) -> Chart:
    """Show the asked figure of the finalists with its interval."""
    answer = found.experiment.answer
    scale = scale_for(unit_of(answer), max(abs(each.estimate.value) for each in found.finalists))
    sign = -1 if answer.better == "higher" else 1
    ranked = sorted(found.finalists, key=lambda each: sign * each.estimate.value)
    points: list[Point] = []
    for order, each in enumerate(ranked):
        ends = _ends(each.estimate.value, each.estimate.low, each.estimate.high)
        value, low, high = (end * scale.factor for end in ends)
        points.append({"order": order, "name": cut(each.entry.name), "value": value, "low": low, "high": high})
    note = "Bar: mean; line: its 95 % interval. The same luck for all, so differences are surer than these lines show."
    return Chart(f"{words_of(answer)} of the finalists", note, _bars(points, f"{words_of(answer)}, {scale.name}"))


def front_chart(found: Optimum) -> Chart:
    """Show the finalists by the answer and the first other figure that is weighed."""
    import altair as alt  # noqa: PLC0415 - see the module

    answer, other = found.experiment.answer, found.objectives[1]
    scale = scale_for(unit_of(answer), max(abs(each.estimate.value) for each in found.finalists))
    title = "cost" if other == "cost" else f"{words_of(other)}, {unit_of(other)}"
    places: dict[tuple[float, float], list[str]] = {}
    for each in found.finalists:
        at = each.entry.cost if each.also[0] is None else each.also[0].value
        places.setdefault((at, each.estimate.value * scale.factor), []).append(each.entry.name)
    points: list[Point] = [
        {
            "name": "; ".join(names),
            "label": "; ".join(map(cut, names)),
            "at": at,
            "value": value,
            "colour": BLUE if found.best.entry.name in names else GREY,
        }
        for (at, value), names in places.items()
    ]
    base = alt.Chart(alt.InlineData(values=points)).encode(
        x=alt.X("at:Q", title=title, scale=alt.Scale(zero=False)),
        y=alt.Y("value:Q", title=f"{words_of(answer)}, {scale.name}", scale=alt.Scale(zero=False)),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("at:Q", format=".4g"), alt.Tooltip("value:Q", format=".4g")],
    )
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(color=alt.Color("colour:N", scale=None))
    names = base.mark_text(align="left", dx=10, fontSize=11, color="#33404d").encode(text="label:N")
    spec: dict[str, Any] = alt.layer(dots, names).properties(width=WIDE, height=320).to_dict(validate=False)
    note = (
        "Each point is a finalist; the selected one is blue. Along the front, more of one figure costs some of another."
    )
    return Chart(f"{words_of(answer)} against {title}", note, spec)


def attempts_chart(reached: Reached, asked: float) -> Chart:
    """Show in what share of periods each set keeps the bound, beside the probability asked."""
    import altair as alt  # noqa: PLC0415 - see the module

    points: list[Point] = [
        {"order": order, "name": cut(str(each)), "value": each.share, "low": each.low, "high": each.high}
        for order, each in enumerate(reached.attempts[:MOST_BARS])
        if each.n
    ]
    line = alt.Chart(alt.InlineData(values=[{"value": asked}])).mark_rule(color="#c2501b", strokeDash=[5, 3])
    spec = alt.layer(_bar_layers(points, "share of periods"), line.encode(x="value:Q"))
    drawn: dict[str, Any] = spec.properties(width=WIDE, height=BAR * len(points)).to_dict(validate=False)
    note = "Bar: share of replications that keep the bound; line: its interval; dashed: the probability asked."
    return Chart("What keeps the bound, and how often", note, drawn)

"""Drawings: what Altair makes of each kind of chart, once on each machine, with gaps for titles and figures.

A drawing depends on a few choices only (how many panels, how many lines a name takes), never on the figures. So it is
made with gaps, kept in the user's cache as Vega-Lite and filled in afterwards: Altair takes 0.3 s to load, and is
loaded where a drawing is not kept yet. A gap is a text such as ``<reach>``; data stand under names, in ``datasets``.
The cache names a drawing by a digest of Altair's version and of this module. Altair's check against the schema takes as
long again for five charts and is done in the tests, for every kind of chart, filled in.
"""

import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from twin.cache import keep, recall
from twin.software import version_of

BEFORE: Final = "baseline"
AFTER: Final = "with the change"
GREY: Final = "#8a96a3"
BLUE: Final = "#2f6db3"
INK: Final = "#33404d"
ROW: Final = 48
LINE: Final = 16
FOREST: Final = 440
WIDTHS: Final = {1: 860, 2: 400}
HEIGHTS: Final = {1: 280, 2: 190}
"""Of a panel, by the number of panels beside each other."""
_RIGHT: Final[dict[str, Any]] = {"x": FOREST + 18, "align": "left", "fontSize": 13}
_SHARES: Final = [0, 0.25, 0.5, 0.85, 1]

Point = dict[str, float | str]
Kind = Literal["lead_times", "weeks", "gains", "utilisation"]
Drawing = dict[str, Any]
"""A chart in Vega-Lite."""


def effects(data: Mapping[str, list[Point]], figures: Mapping[str, Any], *, lines: Collection[int]) -> Drawing:
    """Draw effects with their intervals below each other, names to the left and words to the right.

    Parameters
    ----------
    data
        The points, what is too small to matter, and zero.
    figures
        The axis' title and the height.
    lines
        Over how many lines a name goes: all numbers there are.
    """
    return _filled(f"effects-{'-'.join(map(str, sorted(lines)))}", lambda: _effects(lines), data, figures)


def panels(kind: Kind, data: Mapping[str, list[Point]], figures: Mapping[str, Any], *, several: bool) -> Drawing:
    """Draw the same layers once per scenario, two panels beside each other where there are several.

    Parameters
    ----------
    kind
        Which layers.
    data
        The points of all panels.
    figures
        How far to draw, and a title or the height of a panel.
    several
        Whether there is more than one panel.
    """
    columns = 2 if several else 1
    return _filled(
        f"{kind}-{columns}", lambda: _facets(_LAYERS[kind](), columns), data, {"height": HEIGHTS[columns], **figures}
    )


def _filled(name: str, draw: Callable[[], Any], data: Mapping[str, list[Point]], figures: Mapping[str, Any]) -> Drawing:
    """Take a drawing from the cache, or make and keep it; and fill it in."""
    entry = f"drawings/{name}-{_made_by()}.json"
    kept = recall(entry)
    drawing = draw().to_dict(validate=False) if kept is None else json.loads(kept)
    if kept is None:
        keep(entry, json.dumps(drawing).encode())
    spec: Drawing = _with_figures(drawing, {_gap(name): figure for name, figure in figures.items()})
    return spec | {"datasets": dict(data)}


@cache
def _made_by() -> str:
    return sha256(version_of("altair").encode() + Path(__file__).read_bytes()).hexdigest()[:16]


def _gap(name: str) -> Any:
    """Give what stands in a drawing for a figure or a title to come."""
    return f"<{name}>"


def _with_figures(part: Any, figures: Mapping[str, Any]) -> Any:
    if isinstance(part, str):
        return figures.get(part, part)
    if isinstance(part, dict):
        return {name: _with_figures(each, figures) for name, each in part.items()}
    return [_with_figures(each, figures) for each in part] if isinstance(part, list) else part


# --- what Altair draws ------------------------------------------------------------------------------------------------


def _effects(lines: Collection[int]) -> Any:
    import altair as alt  # noqa: PLC0415 - see the module

    base = alt.Chart(alt.NamedData("points")).encode(
        y=alt.Y("order:O", axis=None),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("judgement:N"), alt.Tooltip("effect:N")],
    )
    colour = alt.Color("colour:N", scale=None)
    axis = alt.Axis(tickCount=6, gridColor="#eef1f5")
    too_small = alt.Chart(alt.NamedData("too small")).mark_rect(color="#e4e9ef")
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color="#4a5765")
    left = base.encode(text="label:N")
    layers = [
        too_small.encode(x="low:Q", x2="high:Q"),
        zero.encode(x="low:Q"),
        base.mark_rule(strokeWidth=3).encode(
            x=alt.X("low:Q", title=_gap("title"), axis=axis), x2="high:Q", color=colour
        ),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            x="value:Q", color=colour, shape=alt.Shape("shape:N", scale=None)
        ),
        *(
            left.transform_filter(alt.FieldEqualPredicate(field="lines", equal=several)).mark_text(
                x=-16,
                dy=-LINE / 2 * (several - 1),
                align="right",
                fontSize=13,
                color=INK,
                lineBreak="\n",
                lineHeight=LINE,
            )
            for several in sorted(lines)
        ),
        base.mark_text(dy=-9, fontWeight="bold", **_RIGHT).encode(text="judgement:N", color=colour),
        base.mark_text(dy=9, color=INK, **_RIGHT).encode(text="effect:N"),
    ]
    return alt.layer(*layers, width=FOREST, height=_gap("height"))


def _lead_times() -> list[Any]:
    import altair as alt  # noqa: PLC0415 - see the module

    axis = alt.Axis(format="%", values=_SHARES)
    share = alt.Y("at:Q", title="items done", scale=alt.Scale(domain=[0, 1]), axis=axis)
    span = alt.Scale(domain=[0, _gap("reach")])
    base = alt.Chart().encode(y=share, color=_colour("stroke"))
    band = base.mark_area(opacity=0.2, orient="horizontal", clip=True).encode(x=alt.X("low:Q", scale=span), x2="high:Q")
    line = base.mark_line(strokeWidth=2.2, clip=True).encode(
        x=alt.X("mean:Q", title=_gap("title"), scale=span), strokeDash=_dash()
    )
    return [band, line]


def _weeks() -> list[Any]:
    import altair as alt  # noqa: PLC0415 - see the module

    week = alt.X(
        "at:Q", title="week after the warm-up", scale=alt.Scale(nice=False), axis=alt.Axis(grid=False, format="d")
    )
    span = alt.Scale(domain=[0, _gap("reach")])
    base = alt.Chart().encode(x=week, color=_colour("stroke"))
    band = base.mark_area(opacity=0.15, clip=True).encode(y=alt.Y("low:Q", scale=span), y2="high:Q")
    line = base.mark_line(strokeWidth=2, clip=True).encode(
        y=alt.Y("mean:Q", title=_gap("title"), scale=span, axis=alt.Axis(tickCount=5)), strokeDash=_dash()
    )
    return [band, line]


def _gains() -> list[Any]:
    import altair as alt  # noqa: PLC0415 - see the module

    week = alt.X("at:Q", title="week after the change", scale=alt.Scale(nice=False), axis=alt.Axis(format="d"))
    span = alt.Scale(domain=[_gap("lowest"), _gap("reach")])
    base = alt.Chart().encode(x=week)
    band = base.mark_area(opacity=0.2, color=BLUE, clip=True).encode(y=alt.Y("low:Q", scale=span), y2="high:Q")
    zero = base.mark_line(color="#4a5765", strokeWidth=1).encode(y=alt.Y("zero:Q", scale=span))
    line = base.mark_line(strokeWidth=2.2, color=BLUE, clip=True).encode(
        y=alt.Y("mean:Q", title=_gap("title"), scale=span, axis=alt.Axis(tickCount=5))
    )
    return [band, zero, line]


def _bars() -> list[Any]:
    import altair as alt  # noqa: PLC0415 - see the module

    axis = alt.Axis(format="%", tickCount=5)
    share = alt.X("value:Q", title="utilisation", scale=alt.Scale(domain=[0, _gap("reach")]), axis=axis)
    teams = alt.Axis(labelLimit=150, domain=False, ticks=False)
    tips = [alt.Tooltip("team:N"), alt.Tooltip("side:N"), alt.Tooltip("value:Q", format=".1%")]
    busiest_first = alt.EncodingSortField("place", op="min")
    base = alt.Chart().encode(y=alt.Y("team:N", title=None, sort=busiest_first, axis=teams), color=_colour("circle"))
    before, after = (
        base.transform_filter(alt.FieldEqualPredicate(field="side", equal=side)) for side in (BEFORE, AFTER)
    )
    return [
        before.mark_bar(height=14, opacity=0.55).encode(x=share, tooltip=tips),
        after.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"),
        after.mark_point(filled=True, size=70, opacity=1).encode(x=share, tooltip=tips),
    ]


def _facets(layers: list[Any], columns: int) -> Any:
    import altair as alt  # noqa: PLC0415 - see the module

    width = WIDTHS[columns]
    header = alt.Header(title=None, labelExpr="split(datum.label, '\\n')", labelLimit=width, labelAnchor="start")
    panel = alt.Facet("panel:N", sort=alt.EncodingSortField("order", op="min"), header=header)
    layered = alt.layer(*layers, width=width, height=_gap("height"))
    chart = layered.facet(panel, columns=columns, data=alt.NamedData("points"))
    return chart.properties(spacing=28).resolve_axis(x="independent")


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


_LAYERS: Final[dict[Kind, Callable[[], list[Any]]]] = {
    "lead_times": _lead_times,
    "weeks": _weeks,
    "gains": _gains,
    "utilisation": _bars,
}

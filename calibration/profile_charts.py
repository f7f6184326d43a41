"""Charts of a profile, one per question: how work flows, how long it takes, what is ageing, where it waits.

What is drawn is aggregated or evenly chosen before: a page holds some thousand points however long the log is. Names
stand in the data only. Dates are drawn as days of UTC. Colours are those of `twin.charts`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from calibration.lifetimes import Lifetimes
from calibration.profile import Profile
from calibration.waiting import Handoffs
from twin.charts import COLOURS
from twin.drawings import BLUE, GREY, WIDTHS, Point
from twin.page import Chart
from twin.units import DAY, MILLISECOND
from twin.zones import EPOCH

MOST_WEEKS: Final = 104
MOST_BARS: Final = 15
HEIGHT: Final = 260
RED: Final = COLOURS["harmful"]
_UTC: Final[dict[str, Any]] = {"type": "utc"}
_LIMIT: Final = 260


def flow_chart(profile: Profile) -> Chart:
    """Show arrivals and completions, added up."""
    import altair as alt  # noqa: PLC0415 - 0.3 s, only where a chart is made

    weeks, step = profile.weeks, _step(profile)
    arrived, done = weeks.arrivals.cumsum(), weeks.completions.cumsum()
    points = [
        {"week": _day(weeks.edges[place + 1]), "arrived": int(arrived[place]), "done": int(done[place])}
        for place in range(step - 1, arrived.size, step)
    ]
    base = alt.Chart(alt.InlineData(values=points)).encode(x=_week())
    layers = [
        base.mark_area(opacity=0.25, color=BLUE).encode(y=alt.Y("arrived:Q", title="items"), y2="done:Q"),
        base.mark_line(color=BLUE, strokeWidth=2).encode(y="arrived:Q"),
        base.mark_line(color=GREY, strokeWidth=2).encode(y="done:Q"),
    ]
    note = (
        "Upper line: items that had arrived; lower line: items that were done. Height between them: items inside; "
        "width: about how long an item takes. A band that widens is a backlog that grows."
    )
    return Chart("Cumulative flow", note, _sized(alt.layer(*layers)))


def inside_chart(profile: Profile) -> Chart:
    """Show how many items are at each stage at the end of each week."""
    import altair as alt  # noqa: PLC0415 - see above

    weeks, step = profile.weeks, _step(profile)
    points: list[Point] = [
        {"week": _day(weeks.edges[place + 1]), "stage": stage, "items": int(row[place]), "order": order}
        for order, (stage, row) in enumerate(zip(weeks.stages, weeks.at, strict=True))
        for place in range(step - 1, row.size, step)
    ]
    legend = alt.Legend(orient="top", title=None, columns=4, labelLimit=_LIMIT)
    chart = (
        alt.Chart(alt.InlineData(values=points))
        .mark_area()
        .encode(
            x=_week(),
            y=alt.Y("items:Q", title="items inside", stack="zero"),
            color=alt.Color("stage:N", legend=legend, sort=alt.EncodingSortField("order", op="min")),
            order="order:Q",
            tooltip=[alt.Tooltip("stage:N"), alt.Tooltip("items:Q"), alt.Tooltip("week:T")],
        )
    )
    places = "in a status" if profile.stays else "at a stage, waiting for it or worked on,"
    note = f"Items {places} at the end of each week; items done are not counted."
    return Chart(
        "Work inside (WIP), by status" if profile.stays else "Work inside (WIP), by stage", note, _sized(chart)
    )


def rate_chart(profile: Profile) -> Chart:
    """Show arrivals and completions week by week."""
    import altair as alt  # noqa: PLC0415 - see above

    weeks, step = profile.weeks, _step(profile)
    points: list[Point] = [
        {
            "week": _day(weeks.edges[place + 1]),
            "side": side,
            "items": float(counts[place - step + 1 : place + 1].mean()),
        }
        for side, counts in (("arrivals", weeks.arrivals), ("completions", weeks.completions))
        for place in range(step - 1, counts.size, step)
    ]
    legend = alt.Legend(orient="top", title=None, symbolType="stroke")
    colour = alt.Color("side:N", legend=legend, scale=alt.Scale(domain=["arrivals", "completions"], range=[BLUE, GREY]))
    chart = (
        alt.Chart(alt.InlineData(values=points))
        .mark_line(strokeWidth=2)
        .encode(x=_week(), y=alt.Y("items:Q", title="items a week"), color=colour)
    )
    together = f"Each point takes {step} weeks together. " if step > 1 else ""
    note = f"{together}The first and the last week are cut where the log begins and ends."
    return Chart("Arrivals and completions", note, _sized(chart))


def scatter_chart(profile: Profile) -> Chart:
    """Show how long each finished item took, by when it was done."""
    import altair as alt  # noqa: PLC0415 - see above

    points: list[Point] = [
        {"done": _day(done), "days": _rounded(lasted / DAY)}
        for done, lasted in zip(profile.points.done.tolist(), profile.points.lasted.tolist(), strict=True)
    ]
    days = alt.Y("days:Q", title="days from arrival to done", scale=alt.Scale(type="symlog", constant=1, nice=False))
    dots = (
        alt.Chart(alt.InlineData(values=points))
        .mark_circle(size=18, opacity=0.45, color=BLUE)
        .encode(x=alt.X("done:T", title=None, scale=alt.Scale(**_UTC)), y=days)
    )
    drawn = profile.points.done.size
    chosen = f"{drawn:,} of {profile.lead.finished:,} finished items are drawn, evenly chosen. " * (
        drawn < profile.lead.finished
    )
    note = (
        f"Lines: 50, 85 and 95 of 100 items take at most so long, open items counted. {chosen}The scale is stretched "
        "near 0. Few dots near the end may only mean that slow items are still open."
    )
    return Chart("How long items take, by when they were done", note, _sized(alt.layer(dots, *_rules(profile.lead))))


def ageing_chart(profile: Profile) -> Chart | None:
    """Show how old the open items are, by where they are; None where none is open."""
    import altair as alt  # noqa: PLC0415 - see above

    if not profile.inside.number:
        return None
    points: list[Point] = [
        {
            "stage": each.stage,
            "days": _rounded(each.age / DAY),
            "item": each.case,
            "side": "untouched" if each.zombie else "touched",
        }
        for each in profile.inside.drawn
    ]
    stage = alt.X("stage:N", title=None, sort="-y", axis=alt.Axis(labelAngle=-20, labelLimit=_LIMIT))
    legend = alt.Legend(orient="top", title=None)
    colour = alt.Color("side:N", legend=legend, scale=alt.Scale(domain=["touched", "untouched"], range=[BLUE, RED]))
    dots = (
        alt.Chart(alt.InlineData(values=points))
        .mark_circle(size=60, opacity=0.6)
        .encode(
            x=stage,
            y=alt.Y("days:Q", title="days since arrival", scale=alt.Scale(type="symlog", constant=1, nice=False)),
            color=colour,
            tooltip=[alt.Tooltip("item:N"), alt.Tooltip("days:Q"), alt.Tooltip("stage:N")],
        )
    )
    drawn = len(profile.inside.drawn)
    chosen = f"{drawn:,} of {profile.inside.number:,} are drawn, evenly chosen by age. " * (
        drawn < profile.inside.number
    )
    note = (
        f"A dot is an open item at its stage. {chosen}Lines: 50, 85 and 95 of 100 items were done by that age. "
        "Untouched: nothing of it was recorded for longer than 95 of 100 finished items took in all."
    )
    return Chart("Ageing of open items", note, _sized(alt.layer(dots, *_rules(profile.lead))))


def waiting_chart(profile: Profile) -> Chart | None:
    """Show where time goes before items are done: by status where these were recorded, else by move."""
    import altair as alt  # noqa: PLC0415 - see above

    if profile.stays:
        bars: list[Point] = [
            {"where": each.status, "days": _rounded(each.total / DAY), "kind": each.means, "order": order}
            for order, each in enumerate(profile.stays[:MOST_BARS])
        ]
        note = "Time of all items in each status before they were done, open items included. Not all of it is effort."
    else:
        bars = [
            {
                "where": f"{each.before} \N{RIGHTWARDS ARROW} {each.stage}",
                "days": _rounded(each.total / DAY),
                "kind": "waiting",
                "order": order,
            }
            for order, each in enumerate(profile.moves[:MOST_BARS])
        ]
        note = (
            "Waiting of all items on the way from one stage to the start of the next. Queues, nights and people "
            "outside are not told apart."
        )
    if not bars or not any(bar["days"] for bar in bars):
        return None
    kinds = alt.Scale(domain=["work", "waiting", "blocked"], range=[BLUE, GREY, RED])
    chart = (
        alt.Chart(alt.InlineData(values=bars))
        .mark_bar(height=16)
        .encode(
            y=alt.Y(
                "where:N", title=None, sort=alt.EncodingSortField("order", op="min"), axis=alt.Axis(labelLimit=_LIMIT)
            ),
            x=alt.X("days:Q", title="days, all items together"),
            color=alt.Color("kind:N", scale=kinds, legend=alt.Legend(orient="top", title=None)),
            tooltip=[alt.Tooltip("where:N"), alt.Tooltip("days:Q"), alt.Tooltip("kind:N")],
        )
    )
    return Chart("Where time goes", note, _sized(chart, width=WIDTHS[1] - 200, height=26 * len(bars)))


def handoff_chart(handoffs: Handoffs, teams: str) -> Chart | None:
    """Show which team hands items to which; None where none does."""
    import altair as alt  # noqa: PLC0415 - see above

    if not handoffs.total:
        return None
    cells: list[Point] = [
        {"source": source, "target": target, "items": count, "row": row, "column": column}
        for row, source in enumerate(handoffs.teams)
        for column, target in enumerate(handoffs.teams)
        if (count := handoffs.counts[row][column])
    ]
    down, across = (alt.EncodingSortField(field, op="min") for field in ("row", "column"))
    base = alt.Chart(alt.InlineData(values=cells)).encode(
        y=alt.Y("source:N", title="from", sort=down, axis=alt.Axis(labelLimit=160)),
        x=alt.X("target:N", title="to", sort=across, axis=alt.Axis(labelAngle=-40, labelLimit=160)),
    )
    layers = [
        base.mark_rect().encode(color=alt.Color("items:Q", scale=alt.Scale(range=["#eef3f9", BLUE]), legend=None)),
        base.mark_text(fontSize=11).encode(text="items:Q"),
    ]
    size = 40 * len(handoffs.teams)
    note = f"How often an item passed from one team to another, {handoffs.total:,} times in all. Teams: {teams}."
    return Chart(
        "Handoffs between teams", note, _sized(alt.layer(*layers), width=min(size, WIDTHS[1] - 200), height=size)
    )


def _rules(times: Lifetimes) -> Sequence[Any]:
    import altair as alt  # noqa: PLC0415 - see above

    lines = [
        {"days": _rounded(each.value / DAY), "name": f"{each.share * 100:.0f} of 100"}
        for each in times.quantiles
        if each.value is not None
    ]
    if not lines:
        return ()
    base = alt.Chart(alt.InlineData(values=lines)).encode(y="days:Q")
    return (
        base.mark_rule(strokeDash=[5, 3], color="#4a5765"),
        base.mark_text(align="right", dy=-6, x=WIDTHS[1] - 4, color="#4a5765").encode(text="name:N"),
    )


def _step(profile: Profile) -> int:
    return max(1, -(-profile.weeks.arrivals.size // MOST_WEEKS))


def _week() -> Any:
    import altair as alt  # noqa: PLC0415 - see above

    return alt.X("week:T", title=None, scale=alt.Scale(**_UTC), axis=alt.Axis(grid=False))


def _sized(chart: Any, *, width: int = WIDTHS[1], height: int = HEIGHT) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width=width, height=height).to_dict(validate=False)
    return spec


def _day(tick: int) -> str:
    return f"{EPOCH + timedelta(milliseconds=int(tick) * MILLISECOND):%Y-%m-%d}"


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")

"""A transition in words, as a table, as a chart and for programs.

Units: those of `twin.decide.transition`. What is drawn is what the change has gained so far, since that is where a
break-even can be seen; single weeks are noise.
"""

from collections.abc import Sequence
from typing import Any, Final

from twin.cautions import skewed
from twin.charts import HEADER_WIDTH, folded
from twin.decide.telling import number_of
from twin.decide.transition import Transition
from twin.drawings import Point, panels
from twin.page import Cell, Chart, Table
from twin.wording import say_estimate

MOST_PANELS: Final = 6
COLUMNS: Final = ("scenario", "gain in", "dip", "break-even", "new level", "weeks seen")


def say_transition(found: Transition) -> str:
    """Tell a transition in a sentence."""
    head = f"{found.scenario}, week by week after the change, in {found.measure}"
    if found.identical:
        return f"{head}: no week differs in any pair."
    dip = "there is no dip"
    if found.dip is not None:
        dip = f"the gain is lowest in week {found.dip_week}, {say_estimate(found.dip, found.unit)}"
    last = f"over the last {found.weeks // 3} weeks it is {say_estimate(found.level, found.unit)}"
    late = f" The change came {found.late} weeks before the first week shown." if found.late else ""
    return f"{head}: {dip}; {_say_break_even(found)}; {last}.{late}"


def _say_break_even(found: Transition) -> str:
    week, earliest, latest = found.break_even
    end = f"within {found.weeks} weeks"
    if week is None:
        early = f" (at the earliest in week {earliest})" if earliest is not None else ""
        return f"break-even is not reached {end}{early}"
    late = f"week {latest}" if latest is not None else f"not reached {end}"
    if earliest == week == latest:
        return f"break-even is in week {week}"
    return f"break-even is in week {week} ({_week(earliest)} to {late})"


def _week(week: int | None) -> str:
    return "not reached" if week is None else f"week {week}"


def transition_table(found: Sequence[Transition]) -> Table:
    """List transitions."""
    rows: list[tuple[Cell, ...]] = [
        (
            each.scenario,
            each.measure,
            "none" if each.dip is None else f"{say_estimate(each.dip, each.unit)}, week {each.dip_week}",
            f"{_week(each.break_even.week)} ({_week(each.break_even.earliest)} to {_week(each.break_even.latest)})",
            say_estimate(each.level, each.unit),
            each.weeks,
        )
        for each in found
    ]
    return Table(COLUMNS, tuple(rows), "The way from a dated change: weeks count from it, gains are per week")


def transition_cautions(found: Sequence[Transition]) -> tuple[str, ...]:
    """Warn of ways from dated changes whose figures should not be taken at their word."""
    named = [
        (f"{each.scenario}, {what} in {each.measure}", None if estimate is None else estimate.warning)
        for each in found
        for what, estimate in (("dip", each.dip), ("new level", each.level))
    ]
    moving = (
        f"{each.scenario}: the gain in {each.measure} still moves over the last {each.weeks // 3} weeks, by "
        f"{say_estimate(each.drift, each.unit)} from their first half to their second, so it is no new level yet; run "
        "longer"
        for each in found
        if each.drift.low is not None and each.drift.high is not None and not each.drift.low <= 0 <= each.drift.high
    )
    priced = {each.scenario for each in found if each.measure == "total cost"}
    unpriced = dict.fromkeys(each.scenario for each in found if each.scenario not in priced)
    unknown = (
        f"{scenario}: what it costs is not known (write a cost for every team, and of delay), so its break-even is in "
        "items done alone"
        for scenario in unpriced
    )
    return (*skewed(named), *moving, *unknown)


def transition_numbers(found: Transition) -> dict[str, Any]:
    """Write a transition for programs."""
    return {
        "scenario": found.scenario,
        "measure": found.measure,
        "unit": found.unit,
        "weeks": found.weeks,
        "weeks_before_the_first": found.late,
        "dip_week": found.dip_week,
        "dip": None if found.dip is None else number_of(found.dip),
        "break_even": found.break_even._asdict(),
        "new_level": number_of(found.level),
        "drift": number_of(found.drift),
        "cumulated": {name: curve.tolist() for name, curve in found.cumulated._asdict().items()},
    }


def transition_chart(found: Sequence[Transition], basis: str) -> Chart | None:
    """Show what dated changes have gained so far, week by week, a panel per scenario; None where there are none.

    Parameters
    ----------
    found
        Transitions; of each scenario the first is drawn, in total cost where that is known.
    basis
        n, seed, horizon and interval in words, for the note.
    """
    first = {each.scenario: each for each in reversed(found)}
    drawn = [each for each in found if first[each.scenario] is each and not each.identical]
    drawn = [each for each in drawn if each.unit == drawn[0].unit][:MOST_PANELS]
    if not drawn:
        return None
    points = [_point(each, order, week) for order, each in enumerate(drawn) for week in range(each.weeks)]
    ends = [float(point[end]) for point in points for end in ("low", "high")]
    unit = drawn[0].unit.removesuffix("/week")
    figures = {"title": f"gain so far, {unit}", "lowest": min(0.0, *ends), "reach": max(0.0, *ends)}
    paid = (
        "the change has paid for itself" if drawn[0].measure == "total cost" else "more is done in all than without it"
    )
    note = (
        "Line: what the change has gained since its date, added up, against the same weeks without it; band: its 95 % "
        f"interval. Where the line rises above 0 for good, {paid}; where it never does, it has not within the horizon. "
    )
    spec = panels("gains", {"points": points}, figures, several=len(drawn) > 1)
    return Chart(f"Gain since the change, in {drawn[0].measure}", note + basis, spec)


def _point(found: Transition, order: int, week: int) -> Point:
    point: Point = {"order": order, "panel": folded(found.scenario, HEADER_WIDTH), "at": week + 1, "zero": 0.0}
    for name, curve in zip(("mean", "low", "high"), found.cumulated, strict=True):
        point[name] = float(f"{curve[week]:.4g}")
    return point

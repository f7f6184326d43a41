"""A profile in words: the sentences and tables that terminal and page share. Times count nights and weekends."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from calibration.lifetimes import Lifetimes
from calibration.profile import Profile
from calibration.sources.rows import DUPLICATE
from twin.units import HOUR, MILLISECOND, WEEK
from twin.wording import MINUS, figure
from twin.zones import EPOCH

Row = tuple[str, ...]

NOT_REACHED: Final = "beyond what was watched"
_SMALL: Final = 0.005
_CUT: Final = (
    "no item is open, yet as many came of late as before: the log was cut by date, and items that were not done look "
    "done"
)
_THEN: Final = "`twin calibrate` takes those to wait at whose last stage others went on later"
_METHODS: Final = {
    "censored": "open items are counted until the log ends (Kaplan-Meier)",
    "entered": "old items are counted from the age they had when the first item was done (product limit, late entry)",
    "window": "finished items stand for all, if the flow was as steady before as in the window they were done in",
    "cut": f"{_CUT}; times are at least these",
    "truncated": (
        "no item is open; if only finished ones were exported, late and slow ones are missing, which is corrected "
        "(Lynden-Bell)"
    ),
}


def say_time(ticks: float | None) -> str:
    """Write a time with three digits, or that it lies beyond what was watched."""
    return NOT_REACHED if ticks is None else figure(ticks / HOUR, "h")


def say_share(share: float | None) -> str:
    """Write a difference as a percentage with its sign."""
    return "not known" if share is None else f"{share * 100:+.1f} %".replace("-", MINUS)


def say_method(times: Lifetimes) -> str:
    """Say how open items were counted."""
    return _METHODS[times.method]


def headlines(profile: Profile) -> tuple[str, ...]:
    """Say what a reader should know first."""
    account = profile.account
    collapsed = f" + {account.rows_collapsed:,} collapsed" if account.rows_collapsed else ""
    rejected = sum(account.rejected.values())
    span = f"{_date(profile.begin)} to {_date(profile.end)}"
    return (
        f"{profile.items:,} items in {profile.visits:,} visits from {span}; {profile.inside.number:,} are open.",
        f"{account.rows_read:,} rows read = {account.rows_used:,} used{collapsed} + {rejected:,} rejected.",
        _say_lead(profile.lead),
        *_say_waiting(profile),
    )


def _say_lead(lead: Lifetimes) -> str:
    if not lead.quantiles:
        return "No item is done: how long items take cannot be told."
    slow = lead.quantiles[1]
    interval = f" ({say_time(slow.low)} to {say_time(slow.high)})" if slow.value is not None else ""
    alone = "" if slow.bias is None or abs(slow.bias) < _SMALL else f", {say_share(slow.bias)}"
    return (
        f"85 of 100 items are done within {say_time(slow.value)}{interval} of their arrival; finished items alone say "
        f"{say_time(slow.completed)}{alone}."
    )


def _say_waiting(profile: Profile) -> Iterator[str]:
    waits = [stay for stay in profile.stays if stay.means != "work"]
    if waits:
        most = max(waits, key=lambda stay: stay.total)
        yield f"Most waiting is in {most.status} ({most.means}): {most.share:.0%} of the time of all items before done."
    elif profile.moves and profile.moves[0].total:
        first = profile.moves[0]
        share = first.total / sum(move.total for move in profile.moves)
        where = f"on the way from {first.before} to {first.stage}"
        yield f"Most waiting is {where}: {share:.0%} of all, {say_time(first.mean)} each."


def doubts(profile: Profile) -> tuple[str, ...]:
    """Say what to doubt about the log; nothing where nothing is odd."""
    quality, account, inside, law = profile.quality, profile.account, profile.inside, profile.little
    bulk = quality.bulk
    heaps = (
        f"{bulk.in_bulk:,} of {bulk.closings:,} closings came in heaps of up to {bulk.largest:,} within a minute, "
        f"{bulk.minutes:,} times: ends say when somebody tidied up"
    )
    forgotten = (
        f"{inside.zombies:,} of {inside.number:,} open items were not touched for {say_time(inside.limit)}, longer "
        "than 95 of 100 finished ones took in all"
    )
    chosen = (
        f"{profile.lead.entered:,} of {profile.items:,} items arrived before the first was done: the log holds what "
        "was done in a window. What was done before is missing: rates and items inside are too low until then"
    )
    peak = bulk.told and not bulk.minutes
    told = (
        (account.duplicates, f"{account.duplicates:,} rows repeat another one and were left out"),
        (profile.lead.entered, chosen),
        (profile.lead.method == "cut", f"{_CUT}. {_THEN}"),
        (quality.future, f"{quality.future:,} instants lie in the future"),
        (bulk.minutes, heaps),
        (peak, f"{bulk.hour_share:.0%} of closings fall into one hour of the week, {bulk.hour}"),
        (quality.instant, f"{quality.instant:,} visits end when they start"),
        (quality.unassigned, f"{quality.unassigned:,} of {profile.visits:,} visits name no person"),
        (inside.zombies, forgotten),
        (not law.holds, f"Little's law fails by {abs(law.path - law.inside):,} ms: report this"),
    )
    rejected = [(reason, n) for reason, n in account.rejected.items() if n and reason != DUPLICATE]
    return (
        *(f"{n:,} rows rejected: {reason}; first in {account.first_rejected[reason]}" for reason, n in rejected),
        *(text for condition, text in told if condition),
        *(
            f"{each.case} has {each.visits:,} visits, no ordinary item more than {each.others:,}: a test case, a "
            "template or a machine? `twin calibrate` leaves it out"
            for each in quality.strays
        ),
        *(f"{each.before} stops where {each.after} begins, {_day(each.at)}: renamed?" for each in quality.renamed),
        *(f"{count:,} {what}" for what, count in account.noticed.items()),
    )


def rates(profile: Profile) -> tuple[Row, list[Row]]:
    """Give rates and counts as a table for the terminal; rates are those of whole weeks."""
    weeks, law, inside = profile.weeks, profile.little, profile.weeks.inside
    rows: list[Row] = []
    for name, counts in (("arrivals", weeks.arrivals), ("completions", weeks.completions)):
        whole = counts[weeks.whole]
        rows.append((f"{name} a week", f"{whole.mean():.1f}", f"{whole.min():,}", f"{whole.max():,}"))
    rows.append(("items inside (WIP)", f"{law.wip:.1f}", f"{inside.min():,}", f"{inside.max():,}"))
    return ("", "mean", "least", "most"), rows


def times(profile: Profile) -> tuple[Row, list[Row]]:
    """Give times as a table for the terminal: open items counted, beside finished ones alone."""
    rows: list[Row] = [
        (
            f"{name} p{each.share * 100:.0f}",
            say_time(each.value),
            say_time(each.low),
            say_time(each.high),
            say_time(each.completed),
            say_share(each.bias),
        )
        for name, found in (("lead time", profile.lead), ("cycle time", profile.cycle))
        for each in found.quantiles
    ]
    return ("", "open counted", "95 % from", "to", "finished alone", "off by"), rows


def say_handoffs(profile: Profile) -> str:
    """Say how often items passed between teams."""
    if profile.handoffs is None:
        return f"Handoffs between teams cannot be told: {profile.teams}."
    return f"{profile.handoffs.total:,} handoffs between teams; teams: {profile.teams}."


def say_law(profile: Profile) -> str:
    """Say Little's law on this log, and what stands between the items inside and arrivals times their mean time."""
    law = profile.little
    equal = "equal to the millisecond" if law.holds else "NOT EQUAL"
    said = (
        f"Little's law: along the path, items spent {law.path:,} ms inside; item by item, {law.inside:,} ms: {equal}. "
        f"On average {law.wip:.1f} items were inside (L). "
    )
    if law.time is None or law.gap is None:
        return f"{said}No item arrived and was done: W cannot be told."
    parts = f"{law.there:+.2f} there at the start, {law.unfinished:+.2f} not done at the end".replace("-", MINUS)
    gap = f"{law.gap:+.2f}".replace("-", MINUS)
    return (
        f"{said}{law.rate * WEEK:.1f} arrivals a week (\N{GREEK SMALL LETTER LAMDA}) times a mean of "
        f"{say_time(law.time)} (W, of items that arrived and were done) make {law.rate * law.time:.1f}; the gap of "
        f"{gap} items is {parts}."
    )


def _date(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _day(tick: int) -> str:
    return _date(EPOCH + timedelta(milliseconds=tick * MILLISECOND))

"""The page of a profile: one self-contained HTML file, for people who decide whether the log can be believed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from calibration.lifetimes import Lifetimes
from calibration.profile import Profile
from calibration.profile_charts import (
    ageing_chart,
    flow_chart,
    handoff_chart,
    inside_chart,
    rate_chart,
    scatter_chart,
    waiting_chart,
)
from calibration.profile_words import doubts, headlines, say_law, say_method, say_share, say_time
from twin.files import digest
from twin.page import Bullets, Cell, Chart, Paragraph, Section, Table, render
from twin.units import DAY

MOST_ROWS: Final = 30
Part = Paragraph | Bullets | Table | Chart


def profile_page(profile: Profile, logs: Sequence[Path], *, made: datetime) -> str:
    """Write the page; equal arguments give equal bytes.

    Parameters
    ----------
    profile
        The log, looked over.
    logs
        Files that were read.
    made
        When.
    """
    last = (
        f"Worktwin {version('worktwin')}, {made.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        *(f"{log.name}: SHA-256 {digest(log)}" for log in logs),
    )
    names = ", ".join(log.name for log in logs)
    sections = (_quality(profile), _flow(profile), _times(profile), _open(profile), _waiting(profile), _limits())
    return render(
        f"Profile of {names}",
        sections,
        question="What does this log say, and what should be doubted, before anything is modelled?",
        answers=headlines(profile),
        provenance=last,
    )


def _quality(profile: Profile) -> Section:
    account = profile.account
    found = doubts(profile)
    parts: list[Part] = [Bullets(found) if found else Paragraph("Nothing is odd.")]
    assumed = [
        f"{each.path}: {each.estimate}; at least {each.low}, at most {each.high}. {each.note}"
        for each in profile.assumptions
    ]
    if assumed:
        parts += [Paragraph("To read the log, this was assumed:"), Bullets(tuple(assumed))]
    columns = ", ".join(f"{role} from {column}" for role, column in account.columns.items())
    return Section("Can the log be believed?", (*parts, Paragraph(f"Columns: {columns}.")))


def _flow(profile: Profile) -> Section:
    return Section(
        "How work flows",
        (flow_chart(profile), inside_chart(profile), rate_chart(profile), Paragraph(say_law(profile))),
    )


def _times(profile: Profile) -> Section:
    words = Paragraph(
        f"Lead time counts from arrival, cycle time from the first start; {say_method(profile.lead)}. Finished alone: "
        "what finished items by themselves would say, and how far that is off. The mean is of times cut at the longest "
        "seen. Times count nights and weekends."
    )
    rows = [*_time_rows("lead time", profile.lead), *_time_rows("cycle time", profile.cycle)]
    columns = ("figure", "open items counted", "95 % interval", "finished alone", "off by")
    return Section("How long items take", (words, Table(columns, tuple(rows)), scatter_chart(profile)))


def _time_rows(name: str, times: Lifetimes) -> list[tuple[Cell, ...]]:
    if not times.quantiles:
        return []
    mean = (f"{name}, mean", say_time(times.mean), "not told", say_time(times.completed_mean), say_share(times.bias))
    return [
        mean,
        *(
            (
                f"{name}, {each.share * 100:.0f} of 100 within",
                say_time(each.value),
                f"{say_time(each.low)} to {say_time(each.high)}",
                say_time(each.completed),
                say_share(each.bias),
            )
            for each in times.quantiles
        ),
    ]


def _open(profile: Profile) -> Section:
    inside, chart = profile.inside, ageing_chart(profile)
    if chart is None:
        return Section("What is open", (Paragraph("No item is open: the log holds finished ones only."),))
    rows = tuple(
        (each.case, each.stage, each.age / DAY, each.idle / DAY, "zombie" if each.zombie else "")
        for each in inside.oldest
    )
    columns = ("item", "at stage", "age, days", "untouched, days", "")
    title = f"The {len(rows)} oldest of {inside.number:,} open items"
    return Section("What is open", (chart, Table(columns, rows, title)))


def _waiting(profile: Profile) -> Section:
    parts: list[Part] = []
    chart = waiting_chart(profile)
    if chart is not None:
        parts.append(chart)
    moves = tuple(
        (
            each.before,
            each.stage,
            each.visits,
            each.total / DAY,
            say_time(each.mean),
            say_time(each.median),
            say_time(each.p85),
        )
        for each in profile.moves[:MOST_ROWS]
    )
    columns = ("from", "to", "visits", "waiting, days in all", "mean", "median", "85 of 100 within")
    parts.append(Table(columns, moves, "Waiting on the way to the start of the next visit"))
    handoffs = None if profile.handoffs is None else handoff_chart(profile.handoffs, profile.teams)
    if handoffs is not None:
        parts.append(handoffs)
    else:
        none = "none were found" if profile.handoffs is not None else "cannot be told"
        parts.append(Paragraph(f"Handoffs between teams: {none}; teams: {profile.teams}."))
    return Section("Where items wait, and who hands them on", tuple(parts))


def _limits() -> Section:
    return Section(
        "What not to conclude",
        (
            Bullets(
                (
                    "A stage with much waiting is not a team that is slow: work may come in heaps, or wait for others.",
                    "Time in a status is not effort: people are in it with several items, at night and at weekends.",
                    "Nothing here says what a change would do. For that, learn a twin and run the change on it.",
                    "No person is ranked, and none should be with these figures.",
                )
            ),
        ),
    )

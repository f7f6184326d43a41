from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from calibration.arrivals import fit_arrivals
from twin.errors import InputError
from twin.eventlog import COLUMNS, EventLog
from twin.units import DAY, HOUR, MINUTE, WEEK

START = datetime(2026, 1, 5, tzinfo=UTC)


def log_of(started: list[int], *, enabled: list[int] | None = None, zone: str = "UTC") -> EventLog:
    """Items of one visit of a minute, by start in ticks; the last stays open, so that nothing is hidden."""
    rows = len(started)
    frame = pl.DataFrame(
        {
            "item": range(rows),
            "work": ["claim"] * rows,
            "stage": ["triage"] * rows,
            "visit": pl.Series([0] * rows, dtype=pl.Int32),
            "enabled": pl.Series(enabled or [None] * rows, dtype=pl.Int64),
            "started": started,
            "finished": [*(at + 60_000 for at in started[:-1]), None],
        }
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    return EventLog(frame.with_columns(empty).select(COLUMNS), START, zone, max(started) + HOUR)


def learned(log: EventLog) -> Any:
    return fit_arrivals(log, "claim").value


def office(zone: str) -> list[int]:
    """Twice an hour, at no set pace, from 9 to 17 local time, Monday to Friday, for 26 weeks from January."""
    walls = [
        datetime(2026, 1, 5, 9, tzinfo=ZoneInfo(zone)) + timedelta(days=day, minutes=60 * (slot // 2) + 20 * (slot % 2))
        for day in range(26 * 7)
        if day % 7 < 5
        for slot in range(16)
    ]
    return [round((wall.astimezone(UTC) - START).total_seconds() * 1000) for wall in walls]


def test_office_hours_are_found_in_local_time_through_a_clock_change() -> None:
    zone = "Europe/Berlin"
    pattern = learned(log_of(office(zone), zone=zone)).pattern
    busy = [hour for hour, weight in enumerate(pattern.day(0)) if weight > 0]
    assert (busy, pattern.day(5)) == (list(range(9, 17)), (0.0,))


def test_the_rate_of_a_log_that_ends_within_a_week_counts_the_hours_it_has_seen() -> None:
    until_wednesday = [at for at in office("UTC") if at < 7 * WEEK + 3 * DAY]
    found = fit_arrivals(log_of(until_wednesday), "claim").evidence[0]
    assert float(found.estimate.split()[0]) == pytest.approx(80, rel=0.01)


def test_regular_gaps_become_a_renewal_process_that_hardly_varies() -> None:
    arrivals = learned(log_of([place * 97 * MINUTE for place in range(1000)]))
    assert (arrivals.pattern, arrivals.gap.cv <= 0.01, arrivals.gap.mean) == (
        None,
        True,
        pytest.approx(97 * MINUTE, rel=1e-3),
    )


def test_an_item_arrives_when_it_is_enabled_not_when_somebody_starts() -> None:
    regular = [day * DAY for day in range(100)]
    late = [at + (at // DAY * 7 % 5) * HOUR for at in regular]
    assert learned(log_of(late, enabled=regular)) == learned(log_of(regular))


def test_few_items_give_a_poisson_rate_without_a_pattern() -> None:
    few = learned(log_of([0, DAY, 5 * DAY, WEEK]))
    assert few.model_dump(exclude_defaults=True) == {"kind": "poisson", "rate": "3 / week"}


def test_the_order_of_rows_changes_nothing() -> None:
    log = log_of(office("UTC")[:400])
    turned = EventLog(log.frame.reverse(), START, "UTC", log.end)
    assert fit_arrivals(turned, "claim") == fit_arrivals(log, "claim")


@pytest.mark.parametrize("started", [[5], [5, 5]])
def test_arrivals_at_one_instant_give_no_rate(started: list[int]) -> None:
    with pytest.raises(InputError, match="give no rate"):
        fit_arrivals(log_of(started), "claim")


def test_a_work_type_that_never_arrived_is_refused() -> None:
    with pytest.raises(InputError, match="0 arrivals"):
        fit_arrivals(log_of([5]), "refund")


def test_people_who_begin_several_items_at_once_do_not_make_demand_vary() -> None:
    # 5 a working day, all begun within minutes of eight: gaps clump, days and weeks are all alike
    days = [day for day in range(140) if day % 7 < 5]
    started = [day * DAY + 8 * HOUR + number**2 * MINUTE for day in days for number in range(5)]
    clumped = fit_arrivals(log_of(started), "claim").value
    assert clumped.kind == "poisson"


@pytest.mark.parametrize("recorded", [True, False])
def test_evidence_says_where_nobody_recorded_when_items_came(recorded: bool) -> None:  # noqa: FBT001 - both are asked
    started = [number * DAY + number * number % 11 * HOUR for number in range(60)]
    log = log_of(started, enabled=[at - HOUR for at in started] if recorded else None)
    told = [each.note for each in fit_arrivals(log, "claim").evidence]
    assert any("Nobody recorded when items came" in note for note in told) is not recorded


def test_whoever_learns_a_twin_hears_from_when_its_lead_times_count() -> None:
    log = log_of([number * DAY + number * number % 11 * HOUR for number in range(60)])
    hardly, mostly = (fit_arrivals(log, "claim", waited=share).evidence[0] for share in (0.05, 0.6))
    assert ("60% of them that began as somebody became free" in mostly.note, bool(hardly.mind)) == (True, False)
    assert "its lead times count from arrival" in mostly.mind

"""Wall time becomes UTC: the first instant at which the wall clock shows that time or a later one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.units import DAY, HOUR, MINUTE
from twin.zones import EPOCH, Ticks, time_zone, to_utc

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Africa/Cairo",
]


def milliseconds(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return (datetime(year, month, day, hour, minute, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


def wall_at(utc: int, zone: ZoneInfo) -> int:
    shown = (EPOCH + timedelta(milliseconds=utc)).astimezone(zone)
    return (shown.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


def minutes_around(*wall: int) -> Ticks:
    return np.arange(milliseconds(*wall), milliseconds(*wall) + 30 * HOUR, 7 * MINUTE)


@given(
    name=st.sampled_from(ZONES),
    minute=st.integers(milliseconds(2010, 1, 1) // MINUTE, milliseconds(2024, 12, 31) // MINUTE),
)
def test_any_wall_time_is_the_first_instant_that_shows_it_or_later(name: str, minute: int) -> None:
    zone, wall = time_zone(name), minute * MINUTE
    utc = int(to_utc(np.array([wall]), zone)[0])
    assert wall_at(utc, zone) >= wall > max(wall_at(utc - back * MINUTE, zone) for back in range(1, 200))


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Europe/Berlin", (2024, 3, 31)),
        ("Europe/Berlin", (2024, 10, 27)),
        ("Australia/Lord_Howe", (2024, 4, 7)),
        ("Pacific/Apia", (2011, 12, 29)),
        ("America/Sao_Paulo", (2018, 11, 4)),
    ],
)
def test_around_a_change_every_wall_time_is_the_first_instant_that_shows_it_or_later(
    name: str, day: tuple[int, int, int]
) -> None:
    zone, walls = time_zone(name), minutes_around(*day)
    instants = np.arange(walls[0] - DAY, walls[-1] + 2 * DAY, MINUTE)
    highest = np.maximum.accumulate([wall_at(int(instant), zone) for instant in instants])
    assert to_utc(walls, zone).tolist() == instants[highest.searchsorted(walls, "left")].tolist()


def test_a_wall_time_that_spring_skips_means_the_end_of_the_gap() -> None:
    utc = to_utc(np.array([milliseconds(2024, 3, 31, 2, 30)]), time_zone("Europe/Berlin"))
    assert utc.tolist() == [milliseconds(2024, 3, 31, 1)]


def test_a_wall_time_that_autumn_repeats_means_its_first_occurrence() -> None:
    utc = to_utc(np.array([milliseconds(2024, 10, 27, 2, 30)]), time_zone("Europe/Berlin"))
    assert utc.tolist() == [milliseconds(2024, 10, 27, 0, 30)]


def test_no_wall_times_give_no_instants() -> None:
    assert to_utc(np.array([], dtype=np.int64), time_zone("Europe/Berlin")).size == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Europe/Berln", "Did you mean 'Europe/Berlin'"),
        ("localtime", "is not a time zone"),
        ("../zones", "is not a time zone"),
        (None, "is not a time zone"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest(name: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        time_zone(name)

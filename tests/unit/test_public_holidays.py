"""Public holidays are asked for once and then remembered."""

from pathlib import Path

import pytest

from twin import public_holidays
from twin.public_holidays import countries, holidays_of

CHRISTMAS = 358


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKTWIN_CACHE", str(tmp_path))
    forget()


def forget() -> None:
    """Forget what this run of Python knows, as a new one would."""
    countries.cache_clear()
    holidays_of.cache_clear()


def test_days_count_from_1970() -> None:

    assert CHRISTMAS in holidays_of("US", None, 1970, 1970)


def test_a_subdivision_has_its_own_days() -> None:
    assert len(holidays_of("DE", "BY", 2026, 2026)) > len(holidays_of("DE", "BE", 2026, 2026))


def test_what_is_remembered_is_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = countries(), holidays_of("DE", "BE", 2025, 2027)
    forget()
    monkeypatch.setattr("holidays.country_holidays", None)
    monkeypatch.setattr("holidays.list_supported_countries", None)

    assert (public_holidays.countries(), public_holidays.holidays_of("DE", "BE", 2025, 2027)) == asked

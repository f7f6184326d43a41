"""What a log may hide: somebody there and free while work waits; and where nothing can be told, that is said."""

import pytest

from calibration.hidden_work import Hidden, hidden_evidence, hidden_of
from calibration.hours import fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.units import HOUR

DAYS = 20


def looked_at(rows: list[Row], assumed: tuple[str, ...] = ()) -> tuple[Hidden, str]:
    seen = observe(log_of(rows))
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    (said,) = hidden_evidence(seen, teams, hours, assumed)
    return hidden_of(seen, teams, hours, 0), f"{said.estimate}: {said.verdict}"


def days(gap: float) -> list[Row]:
    """Each day an item is looked at twice by the same clerk, an hour each, with a gap between in which it waits."""
    first: list[Row] = [(k, "desk", "a", 24 * k + 9, 24 * k + 10) for k in range(DAYS)]
    return first + [(k, "desk", "a", 24 * k + 10 + gap, 24 * k + 11 + gap) for k in range(DAYS)]


def test_a_clerk_who_works_on_whatever_waits_hides_nothing() -> None:
    hidden, said = looked_at(days(0))
    assert (hidden.share, "measured" in said) == (0, True)


def test_an_hour_in_three_in_which_work_waits_for_a_free_clerk_may_be_hidden_work() -> None:
    hidden, said = looked_at(days(1))
    assert (hidden.explained, hidden.unexplained) == (2 * DAYS * HOUR, DAYS * HOUR)
    assert (
        said == "at most 33.3 % of people's time between visits goes to work the log does not show: weakly identified"
    )


def test_a_free_clerk_without_work_hides_nothing() -> None:
    apart: list[Row] = [(k, "desk", "a", 24 * k + 9, 24 * k + 10) for k in range(DAYS)]
    apart += [(100 + k, "desk", "a", 24 * k + 12, 24 * k + 13) for k in range(DAYS)]
    assert looked_at(apart)[0].share == 0


@pytest.mark.parametrize(("assumed", "person"), [(("desk",), "a"), ((), None)], ids=["no starts", "nobody signed"])
def test_without_starts_or_people_only_a_product_is_identified(assumed: tuple[str, ...], person: str | None) -> None:
    rows: list[Row] = [(item, stage, person, start, end) for item, stage, _, start, end in days(1)]
    assert (
        looked_at(rows, assumed)[1] == "unknown; the product that is identified is effort / (1 - share hidden): assumed"
    )

import numpy as np
import polars as pl

from calibration.observed import observe
from calibration.teams import UNASSIGNED, Teams, fit_teams
from tests.observed_logs import Row, log_of
from twin.eventlog import EventLog


def teams_of(rows: list[Row]) -> Teams:
    return fit_teams(observe(log_of(rows))).value


def busy(person: str | None, stage: str, visits: int, first: int = 0) -> list[Row]:
    return [(first + k, stage, person, first + k, first + k + 0.5) for k in range(visits)]


def test_people_who_do_the_same_are_a_team() -> None:
    rows = busy("ann", "check", 10) + busy("bob", "check", 10, 20) + busy("eve", "decide", 10, 40)
    teams = teams_of(rows)
    assert (teams.names, teams.member.tolist()) == (("check team", "decide team"), [0, 0, 1])


def test_somebody_rarely_seen_joins_the_team_that_does_alike() -> None:
    rows = busy("ann", "check", 20) + busy("eve", "decide", 10, 30) + busy("temp", "decide", 1, 50)
    assert teams_of(rows).member.tolist() == [0, 1, 1]


def test_a_stage_is_served_by_the_teams_that_do_a_relevant_share_of_it() -> None:
    rows = busy("ann", "check", 80) + busy("eve", "decide", 60, 100) + busy("eve", "check", 20, 200)
    check, decide = teams_of(rows).serving
    assert (check, decide) == ((0, 1), (1,))


def test_what_a_team_hardly_ever_does_is_left_out_and_noted() -> None:
    rows = busy("ann", "check", 99) + busy("eve", "decide", 60, 100) + busy("eve", "check", 1, 200)
    found = fit_teams(observe(log_of(rows)))
    note = next(entry.note for entry in found.evidence if entry.path == "stages.check")
    assert (found.value.serving[0], note[:4]) == ((0,), "1.0%")


def test_work_that_nobody_signed_belongs_to_an_unassigned_team() -> None:
    teams = teams_of(busy("ann", "check", 10) + busy(None, "post", 10, 20))
    assert (teams.names, teams.serving) == (("check team", UNASSIGNED), ((0,), (1,)))


def test_a_log_without_any_person_has_one_unassigned_team() -> None:
    teams = teams_of(busy(None, "check", 10))
    assert (teams.names, np.unique(teams.of_visit).tolist()) == ((UNASSIGNED,), [0])


def test_a_single_missing_name_at_a_stage_is_taken_for_the_usual_team() -> None:
    teams = teams_of(busy("ann", "check", 10) + busy(None, "check", 1, 20))
    assert teams.names == ("check team",)


def test_work_that_nobody_signed_belongs_to_the_group_that_the_log_names() -> None:
    log = log_of(busy("ann", "check", 10) + busy(None, "post", 10, 20) + busy(None, "file", 10, 40))
    group = pl.when(pl.col("stage") == "post").then(pl.lit("mail room")).alias("team")
    named = EventLog(log.frame.with_columns(group), log.start, log.zone, log.end)
    assert fit_teams(observe(named)).value.names == ("check team", "mail room", UNASSIGNED)


def test_a_group_named_like_a_team_of_people_is_another() -> None:
    log = log_of(busy("ann", "check", 10) + busy(None, "post", 10, 20))
    named = EventLog(log.frame.with_columns(pl.lit("check team").alias("team")), log.start, log.zone, log.end)
    assert fit_teams(observe(named)).value.names == ("check team", f"check team ({UNASSIGNED})")


def test_a_team_whose_work_nobody_signed_is_assumed() -> None:
    found = fit_teams(observe(log_of(busy("ann", "check", 10) + busy(None, "post", 10, 20)))).evidence
    verdicts = {each.path: each.verdict for each in found if each.path.startswith("teams.")}
    assert verdicts == {"teams.check team": "", f"teams.{UNASSIGNED}": "assumed"}

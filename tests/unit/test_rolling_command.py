"""``twin backtest`` of a log or a folder alone: graded, told, written beside the twin and on a page."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from commands import TWIN, call
from observed_logs import START, log_of
from tiny import twin, work

from calibration.folder import EVIDENCE, HISTORY, history_of
from calibration.groups import by_group
from calibration.past import read_past
from calibration.rolling import rolling_backtest
from calibration.sources import read_log
from twin.credibility import read_credibility
from twin.eventlog import EventLog
from twin.exports import write_table
from twin.project import load_twin
from twin.spec import Twin

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    (folder / "twin.yaml").write_text(TWIN)
    log = folder / "log.csv"
    assert call("simulate", folder / "twin.yaml", "--items", 120, "--out", log).code == 0
    return log


@pytest.fixture(scope="module")
def learned(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned") / "model"
    assert call("calibrate", log, "--out", folder, "--members", 2).code == 0
    return folder


def test_a_folder_keeps_the_grade_that_its_page_and_figures_tell(learned: Path, tmp_path: Path) -> None:
    said = call("backtest", learned, "--replications", 39, "--out", tmp_path / "b.json")
    told, kept = json.loads((tmp_path / "b.json").read_text()), read_credibility(learned, load_twin(learned))
    page = (tmp_path / "b.html").read_text()
    assert said.code == 0
    assert kept is not None
    assert (told["grade"], tuple(told["reasons"])) == (kept.grade, kept.reasons)
    assert f"Grade {kept.grade}: from {told['origins']} origins" in page
    assert page.index("What the twin does not reproduce") < page.index("All figures")
    figures = {f"{figure} {team} team" for figure in ("people", "load") for team in ("answer", "sign")}
    assert {"arrivals", *figures} == set(kept.observed)


def test_a_log_alone_is_graded_and_tells_the_same_every_time(log: Path) -> None:
    first, second = (call("backtest", log, "--replications", 39, "--json") for _ in range(2))
    assert (first.code, first.out) == (0, second.out)
    assert json.loads(first.out)["grade"] in "ABCD"


def test_a_page_is_not_asked_for_by_its_own_name(log: Path, tmp_path: Path) -> None:
    said = call("backtest", log, "--out", tmp_path / "b.html")
    assert (said.code, said.err.count("name the JSON file")) == (4, 1)


def test_a_change_in_a_bad_file_is_refused_before_any_work(log: Path, tmp_path: Path) -> None:
    (tmp_path / "past.yaml").write_text("interventions:\n  a: [{add: 1, to: teams.x.people}]\n")
    said = call("backtest", log, "--interventions", tmp_path / "past.yaml")
    assert said.code == 2
    assert "past.yaml:2  interventions.a.0: has no date" in said.err


def test_a_change_that_did_not_happen_stands_among_the_reasons(learned: Path, tmp_path: Path) -> None:
    (tmp_path / "past.yaml").write_text(
        "interventions:\n  answers took four times as long:\n"
        "    - {scale: work.case.route.efforts.answer, by: 4, from: 2026-01-26}\n"
    )
    asked = ("--replications", 39, "--interventions", tmp_path / "past.yaml", "--json")
    told = json.loads(call("backtest", learned, *asked).out)
    (tried,) = told["interventions"]
    assert tried["visible"]
    assert tried["fault"] in told["reasons"]


@pytest.mark.parametrize(("until", "told"), [("2025-01-01", "outside the log"), ("soon", "is not a date")])
def test_a_log_stands_at_a_date_of_its_own(log: Path, tmp_path: Path, until: str, told: str) -> None:
    said = call("calibrate", log, "--out", tmp_path / "model", "--members", 2, "--until", until)
    assert (said.code, told in said.err) == (2, True)


def test_a_log_as_it_stood_leaves_what_was_open_open(log: Path, tmp_path: Path) -> None:
    lasted = pl.col("end_time") - pl.col("start_time")
    longest = pl.read_csv(log, try_parse_dates=True).sort(lasted).row(-1, named=True)
    until = longest["start_time"] + timedelta(minutes=1)
    assert (
        call("calibrate", log, "--out", tmp_path / "model", "--members", 2, "--until", f"{until:%Y-%m-%dT%H:%M}").code
        == 0
    )
    past = read_past(tmp_path / "model", load_twin(tmp_path / "model"))
    assert past.frame["finished"].null_count() > 0


# --- the past of a folder ---------------------------------------------------------------------------------------------


def claims() -> Twin:
    return twin({"p": 1}, {"a": "p", "b": "p"}, {"claim": work({"kind": "none"}, ("a", "1 h"), ("b", "1 h"))})


def kept(log: EventLog, folder: Path) -> EventLog:
    write_table(history_of(log), folder / HISTORY)
    (folder / EVIDENCE).write_text(json.dumps({"rows": {"last": "2026-01-06T00:00:00+00:00"}}))
    return read_past(folder, claims())


def test_the_past_is_read_back_as_it_was_with_visits_that_have_not_begun(tmp_path: Path) -> None:
    log = log_of([(0, "a", "p", 1, 2), (0, "b", None, 3, None)])
    waiting = pl.col("stage") == "b"
    frame = log.frame.with_columns(
        pl.when(waiting).then(None).otherwise("started").alias("started"),
        pl.when(waiting).then(pl.col("started")).otherwise("enabled").alias("enabled"),
    )
    past = kept(EventLog(frame, START, "UTC", log.end), tmp_path)
    columns = ("item", "enabled", "started", "finished")
    assert past.frame.select(columns).rows() == frame.select(columns).rows()
    assert past.end == 24 * 3_600_000


def test_work_types_are_kept_where_there_are_several(tmp_path: Path) -> None:
    log = log_of([(0, "a", "p", 1, 2), (1, "a", "p", 3, 4)])
    work_type = pl.Series("work", ["claim", "appeal"], pl.Enum(["appeal", "claim"]))
    past = kept(EventLog(log.frame.with_columns(work_type), START, "UTC", log.end), tmp_path)
    assert past.frame["work"].to_list() == ["claim", "appeal"]


# --- real logs --------------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_a_real_service_desk_is_divided_into_the_groups_that_hand_on() -> None:
    path = SHARED / "trackers" / "UCI_ServiceNow_incident_event_log.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    log = by_group(read_log([path], time_format="%d/%m/%Y %H:%M", zone="UTC").log)
    assert {"Active (20)", "Active (70)", "Active (others)"} <= set(log.frame["stage"].cast(pl.String).unique())


@pytest.mark.shared
def test_a_real_helpdesk_can_be_looked_back_on() -> None:
    path = SHARED / "trackers" / "Helpdesk_Italian.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    rolled = rolling_backtest(read_log([path]).log, members=39, most=1)
    assert rolled.skipped == ()
    assert len(rolled.scores) == 8

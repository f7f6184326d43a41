"""A history of statuses becomes visits: updates collapse, reopening and handoffs stay, missing starts are assumed."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.sources import Reading, read_log
from calibration.sources.meanings import Meaning, Meanings, infer, named_meaning, read_meanings, write_meanings
from twin.errors import InputError
from twin.units import HOUR

SHARED = Path(__file__).parents[3] / "shared" / "data" / "trackers"
HEADER = "number,state,assigned_to,assignment_group,updated_at"
LIFE = (
    "A,New,?,desk,2024-02-01T08:00:00Z",
    "A,Active,Ada,desk,2024-02-01T09:00:00Z",
    "A,Active,Ada,desk,2024-02-01T09:30:00Z",
    "A,Awaiting User Info,Ada,desk,2024-02-01T10:00:00Z",
    "A,Active,Bob,network,2024-02-01T12:00:00Z",
    "A,Resolved,Bob,network,2024-02-01T13:00:00Z",
    "A,Closed,Bob,network,2024-02-02T13:00:00Z",
)
OTHER = (
    "B,New,?,desk,2024-02-01T08:30:00Z",
    "B,Active,Ada,desk,2024-02-01T10:00:00Z",
    "B,Resolved,Ada,desk,2024-02-01T11:00:00Z",
)


def history(folder: Path, rows: Sequence[str], *, header: str = HEADER, **options: object) -> Reading:
    path = folder / "history.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_log([path], **options)  # type: ignore[arg-type]


def hours(reading: Reading, case: int = 0) -> list[tuple[object, ...]]:
    """Give the visits of an item in hours since the log's midnight."""
    times = [(pl.col(name) / HOUR).round(6).alias(name) for name in ("enabled", "started", "finished")]
    frame = reading.log.frame.filter(pl.col("item") == case).sort("enabled").with_columns(times)
    return frame.select(pl.col("stage", "team").cast(pl.String), "enabled", "started", "finished").rows()


def test_stays_at_work_become_visits_and_waiting_lies_between_them(tmp_path: Path) -> None:
    assert hours(history(tmp_path, [*LIFE, *OTHER])) == [
        ("Active", "desk", 8.0, 9.0, 10.0),
        ("Active", "network", 10.0, 12.0, 13.0),
    ]


def test_rows_are_used_or_collapse_and_the_account_says_so(tmp_path: Path) -> None:
    intake = history(tmp_path, [*LIFE, *OTHER]).intake
    assert (intake.rows_read, intake.rows_used, intake.rows_collapsed) == (10, 9, 1)
    assert "10 rows read = 9 used + 1 collapsed + 0 rejected" in "\n".join(intake.lines())


def test_filling_in_a_name_is_no_change(tmp_path: Path) -> None:
    rows = [OTHER[0], OTHER[1].replace("Ada", "?"), OTHER[1].replace("10:00", "10:30"), OTHER[2], *LIFE]
    assert hours(history(tmp_path, rows), case=1) == [("Active", "desk", 8.5, 10.0, 11.0)]


def test_another_person_at_the_same_stage_is_another_visit(tmp_path: Path) -> None:
    rows = [OTHER[0], OTHER[1], OTHER[1].replace("Ada", "Eve").replace("10:00", "10:30"), OTHER[2], *LIFE]
    reading = history(tmp_path, rows)
    assert hours(reading, case=1) == [("Active", "desk", 8.5, 10.0, 10.5), ("Active", "desk", 10.5, 10.5, 11.0)]
    assert reading.intake.noticed["handoffs from person to person within a team"] == 2  # and from Ada to nobody's Bob


def test_an_item_that_comes_back_stays_the_same_item(tmp_path: Path) -> None:
    back = ["A,Active,Bob,network,2024-02-03T08:00:00Z", "A,Closed,Bob,network,2024-02-03T09:00:00Z"]
    reading = history(tmp_path, [*LIFE, *back, *OTHER])
    assert hours(reading)[-1] == ("Active", "network", 13.0, 56.0, 57.0)
    assert reading.intake.noticed["reopened: done, and back"] == 1


def test_pauses_handoffs_and_moves_backward_are_counted(tmp_path: Path) -> None:
    back = ["B,Test,Ada,desk,2024-02-01T11:00:00Z", "B,Active,Ada,desk,2024-02-01T12:00:00Z"]
    more = [row.replace("B,", "C,") for row in (*OTHER[:2], back[0])]
    noticed = history(tmp_path, [*LIFE, *OTHER[:2], *back, *more]).intake.noticed
    counted = ("pauses: from work to blocked", "handoffs from team to team", "moves backward")
    assert [noticed[what] for what in counted] == [1, 1, 1]


def test_an_open_item_is_kept_at_work_or_waiting(tmp_path: Path) -> None:
    reading = history(tmp_path, [*LIFE, *OTHER[:2], "C,New,?,desk,2024-02-02T08:00:00Z"])
    assert hours(reading, case=1) == [("Active", "desk", 8.5, 10.0, None)]
    assert hours(reading, case=2) == [("Active", "desk", 32.0, None, None)]
    assert reading.intake.noticed["items open at the end, kept as open"] == 2


def test_work_without_a_recorded_start_begins_when_item_and_person_are_free(tmp_path: Path) -> None:
    rows = [*LIFE, "B,New,?,desk,2024-02-01T08:30:00Z", "B,Resolved,Ada,desk,2024-02-01T11:30:00Z"]
    reading = history(tmp_path, rows)
    assert hours(reading, case=1) == [("Active", "desk", 8.5, 10.0, 11.5)]  # Ada was busy with A until 10
    (assumed,) = reading.assumptions
    assert (assumed.rows, assumed.low, assumed.high) == (1, "0 ms", "3 h")


def test_people_with_several_items_at_once_make_the_start_an_assumption(tmp_path: Path) -> None:
    rows = [
        f"K{n},{state},Ada,desk,2024-02-01T{8 + at:02}:{n:02}:00Z"
        for n in range(20)
        for state, at in (("New", 0), ("Active", 1), ("Resolved", 2))
    ]
    reading = history(tmp_path, rows)
    assert reading.meanings is not None
    assert reading.meanings.statuses["Active"].start == "assumed"
    assert reading.log.frame.select((pl.col("finished") - pl.col("started")).max()).item() == HOUR


def test_so_does_most_of_their_time_with_several_though_most_stays_are_short_and_alone(tmp_path: Path) -> None:
    rows = [
        f"{item},{state},Ada,desk,2024-02-{day:02}T{hour:02}:00:00Z"
        for item, begin, end in [("L1", 1, 28), ("L2", 2, 28), *((f"S{n}", 29, 29) for n in range(7))]
        for state, day, hour in [
            ("New", begin, int(item[1])),
            ("Active", begin, 2 * int(item[1]) + 1),
            ("Resolved", end, 2 * int(item[1]) + 2),
        ]
    ]
    reading = history(tmp_path, rows)
    assert reading.meanings is not None
    assert reading.meanings.statuses["Active"].start == "assumed"


def test_what_an_item_was_opened_at_is_its_arrival(tmp_path: Path) -> None:
    rows = [f"{row},2024-02-01T07:00:00Z" for row in (*LIFE, *OTHER)]
    reading = history(tmp_path, rows, header=f"{HEADER},opened_at")
    assert hours(reading)[0] == ("Active", "desk", 7.0, 9.0, 10.0)


def test_a_change_before_the_item_was_created_is_rejected(tmp_path: Path) -> None:
    rows = [*(f"{row},2024-02-01T08:00:00Z" for row in LIFE), *(f"{row},2024-02-01T09:00:00Z" for row in OTHER)]
    intake = history(tmp_path, rows, header=f"{HEADER},opened_at", accept_rejects=True).intake
    assert intake.rejected == {"changed before it was created": 1}


def test_changes_at_one_instant_keep_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [*LIFE, OTHER[0], OTHER[1].replace("10:00", "11:00"), OTHER[2]]
    reading = history(tmp_path, rows)
    assert hours(reading, case=1) == [("Active", "desk", 8.5, 11.0, 11.0)]
    ties = "changes of an item at the instant of another, taken in the order of the file"
    assert reading.intake.noticed[ties] == 1


def test_from_and_to_make_a_changelog(tmp_path: Path) -> None:
    rows = [
        "K-1,To Do,In Progress,2024-02-01T09:00:00Z,Ada,2024-02-01T08:00:00Z",
        "K-1,In Progress,Done,2024-02-01T11:00:00Z,Ada,2024-02-01T08:00:00Z",
        "K-2,To Do,In Progress,2024-02-01T10:00:00Z,Bob,2024-02-01T08:30:00Z",
        "K-2,In Progress,Done,2024-02-01T12:00:00Z,Bob,2024-02-01T08:30:00Z",
    ]
    reading = history(tmp_path, rows, header="Issue Key,From,To,Changed,Author,Issue Created")
    assert hours(reading) == [("In Progress", None, 8.0, 9.0, 11.0)]
    assert (reading.intake.rows_used, reading.statuses) == (4, {"To Do": 2, "In Progress": 2, "Done": 2})


def test_changes_of_single_fields_are_played_forwards(tmp_path: Path) -> None:
    rows = [
        "K-1,assignee,,Ada,2024-02-01T08:30:00Z",
        "K-1,status,To Do,In Progress,2024-02-01T09:00:00Z",
        "K-1,summary,a,b,2024-02-01T09:30:00Z",
        "K-1,assignee,Ada,Bob,2024-02-01T10:00:00Z",
        "K-1,status,In Progress,Done,2024-02-01T11:00:00Z",
        "K-2,status,In Progress,Done,2024-02-01T12:00:00Z",
    ]
    reading = history(tmp_path, rows, header="Key,Field,fromString,toString,Created")
    visits = reading.log.frame.filter(pl.col("item") == 0).sort("started")
    assert visits.select(pl.col("person").cast(pl.String).n_unique(), pl.len()).row(0) == (2, 2)
    assert visits["started"].to_list() == [9 * HOUR, 10 * HOUR]


def test_status_and_sub_status_make_one_name(tmp_path: Path) -> None:
    rows = [
        f"{case},{status},{sub},2024-02-0{day}T0{n}:00:00Z"
        for day, case in ((1, "a"), (2, "b"))
        for n, (status, sub) in enumerate([("Queued", "Queued"), ("Accepted", "In Progress"), ("Completed", "Closed")])
    ]
    reading = history(tmp_path, rows, header="case:concept:name,concept:name,lifecycle:transition,time:timestamp")
    assert sorted(reading.statuses) == ["Accepted / In Progress", "Completed / Closed", "Queued"]


@settings(max_examples=40)
@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.sampled_from(["New", "Active", "Awaiting vendor", "Test", "Closed", ""]),
            st.sampled_from(["", "Ada", "Bob"]),
            st.sampled_from(["", "desk", "network"]),
            st.integers(0, 50),
        ),
        max_size=25,
    )
)
def test_every_row_and_every_hour_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str, str, int]]
) -> None:
    rows = [
        f"{case},{state},{who},{team},2024-02-{1 + at // 24:02}T{at % 24:02}:00:00Z"
        for case, state, who, team, at in changes
    ]
    reading = history(tmp_path_factory.mktemp("any"), [*LIFE, *OTHER, *rows], accept_rejects=True)
    intake, stays = reading.intake, reading.stays
    assert (
        intake.rows_read == len(rows) + 10 == intake.rows_used + intake.rows_collapsed + sum(intake.rejected.values())
    )
    assert stays is not None
    spans = stays.group_by("item").agg(
        (pl.col("end") - pl.col("begin")).sum().alias("sum"),
        (pl.col("begin").max() - pl.col("begin").min()).alias("span"),
    )
    assert spans["sum"].to_list() == spans["span"].to_list()


# what a status means


@pytest.mark.parametrize(
    ("status", "means"),
    [
        ("In Progress", "work"), ("Doing", "work"), ("Code Review", "work"), ("QA", "work"),
        ("To Do", "waiting"), ("Ready for Test", "waiting"), ("Awaiting review", "waiting"), ("Reopened", "waiting"),
        ("Waiting for vendor", "blocked"), ("On Hold", "blocked"), ("Pending", "blocked"),
        ("Won't Do", "done"), ("Closed", "done"), ("Cancelled", "done"), ("Frobnicate", None),
    ],
)  # fmt: skip
def test_names_of_statuses_say_what_they_mean(status: str, means: str | None) -> None:
    assert named_meaning(status) == means


def inferred(*lives: Sequence[str], hints: dict[str, str] | None = None) -> Meanings:
    rows = [
        {"item": item, "status": status, "resource": None, "begin": at, "end": at + 1}
        for item, life in enumerate(lives)
        for at, status in enumerate(life)
    ]
    schema = {"item": pl.Int64, "status": pl.String, "resource": pl.String, "begin": pl.Int64, "end": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema)
    return infer(frame.cast({"status": pl.Enum(frame["status"].unique().sort())}), hints or {})


def test_the_place_of_an_unknown_status_decides() -> None:
    found = inferred(["Foo", "Bar", "Baz"], ["Foo", "Bar", "Baz"]).statuses
    assert [found[name].means for name in ("Foo", "Bar", "Baz")] == ["waiting", "work", "done"]


def test_done_with_one_stage_on_the_way_to_the_next_is_waiting() -> None:
    found = inferred(["Dev", "Dev Done", "Testing", "Done"], ["Development", "Dev Done", "Testing", "Done"]).statuses
    assert (found["Dev Done"].means, found["Dev Done"].stage) == ("waiting", "Testing")


def test_what_the_file_itself_says_goes_before_the_name() -> None:
    assert (
        inferred(["Open", "Shipped"], hints={"Shipped": "done", "Open": "waiting"}).statuses["Shipped"].means == "done"
    )


def test_meanings_come_back_as_they_were_written(tmp_path: Path) -> None:
    meanings = Meanings(
        statuses={
            "New: or not": Meaning(means="waiting", stage="Active"),
            "Active": Meaning(means="work", stage="Active", start="assumed"),
            "Done": Meaning(means="done"),
        }
    )
    write_meanings(tmp_path / "statuses.yaml", meanings, {"Active": 3}, log="log.csv")
    assert read_meanings(tmp_path / "statuses.yaml") == meanings
    assert "# 3 rows" in (tmp_path / "statuses.yaml").read_text()


def test_a_corrected_mapping_changes_the_log(tmp_path: Path) -> None:
    (tmp_path / "statuses.yaml").write_text(
        "statuses:\n  New: {means: work, stage: triage}\n  Active: {means: work, stage: desk}\n"
        "  Awaiting User Info: {means: work, stage: desk}\n  Resolved: {means: done}\n  Closed: {means: done}\n"
    )
    reading = history(tmp_path, [*LIFE, *OTHER], mapping=tmp_path / "statuses.yaml")
    assert hours(reading) == [
        ("triage", "desk", 8.0, 8.0, 9.0),
        ("desk", "desk", 9.0, 9.0, 12.0),
        ("desk", "network", 12.0, 12.0, 13.0),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("statuses: {New: {means: play}}", "statuses.yaml:1  statuses.New.means"),
        ("statuses: {New: {mean: work}}", "Did you mean 'means'"),
        ("statuses: {New: {means: work}}", "work has a stage"),
        ("statuses: {New: {means: waiting}, Activ: {means: work, stage: a}}", "'Active' by 'Activ'?"),
        ("statuses: {}", "statuses"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "statuses.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        history(tmp_path, [*LIFE, *OTHER], mapping=tmp_path / "statuses.yaml")
    assert message in str(caught.value)


# real ones


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "rows", "handoffs", "options"),
    [
        (
            "UCI_ServiceNow_incident_event_log",
            141_712,
            19_084,
            {"zone": "Europe/Lisbon", "time_format": "%d/%m/%Y %H:%M"},
        ),
        ("BPIC2013_incidents", 65_533, 9_454, {}),
        ("Helpdesk_Italian", 21_348, 11, {}),
    ],
)
def test_real_histories_are_read_whole(name: str, rows: int, handoffs: int, options: dict[str, str]) -> None:
    path = SHARED / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    intake = read_log([path], **options).intake  # type: ignore[arg-type]
    assert intake.rows_read == rows == intake.rows_used + intake.rows_collapsed + sum(intake.rejected.values())
    assert intake.noticed["handoffs from team to team"] == handoffs


def stages_refused(tmp_path: Path, waited: str, worked: str) -> str:
    """What a file of meanings is refused for, whose statuses wait for one stage and work at another."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"statuses:\n  Queue: {{means: waiting, stage: {waited}}}\n  Doing: {{means: work, stage: {worked}}}\n"
    )
    try:
        read_meanings(path)
    except InputError as refused:
        return str(refused)
    return ""


def test_a_stage_that_is_misspelt_is_told_by_its_line(tmp_path: Path) -> None:
    assert (
        "mine.yaml:2  statuses.Queue.stage: no status is work at stage 'Tst'. Did you mean 'Test'?"
        in stages_refused(tmp_path, "Tst", "Test")
    )


@pytest.mark.parametrize("waited", ["Test 2", "Deploy"])
def test_a_stage_of_another_name_may_have_no_work(tmp_path: Path, waited: str) -> None:
    assert stages_refused(tmp_path, waited, "Test 1") == ""

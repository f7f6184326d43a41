"""Logs of any dialect become the same table, people become pseudonyms, and the account adds up."""

import gzip
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.sources import Reading, read_log
from calibration.sources import delimited as delimited_module
from twin.errors import InputError
from twin.eventlog import COLUMNS, exported
from twin.exports import write_table

SHARED = Path(__file__).parents[3] / "shared" / "data"
HEADER = "case_id,activity,resource,start_time,end_time"
ROWS = (
    "K-1,build,Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z",
    "K-1,review,Bob,2024-02-01T11:00:00Z,2024-02-01T11:30:00Z",
    "K-2,build,Ada,2024-02-01T10:00:00Z,2024-02-02T10:00:00Z",
    "K-1,build,,2024-02-02T09:00:00Z,2024-02-02T09:00:00Z",
)


def log_file(folder: Path, rows: Sequence[str] = ROWS, *, header: str = HEADER, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def content(reading: Reading) -> bytes:
    frame = reading.log.frame
    categories = [frame.schema[name] for name in ("work", "stage", "team", "person")]
    return repr((frame.rows(), categories, reading.log.start, reading.log.end, reading.log.cases)).encode()


def test_a_log_becomes_visits_in_ticks_since_midnight(tmp_path: Path) -> None:
    log = read_log([log_file(tmp_path)]).log
    hour = 3_600_000
    assert log.frame.select("item", "stage", "visit", "started", "finished").rows() == [
        (0, "build", 0, 9 * hour, 10 * hour),
        (1, "build", 0, 10 * hour, 34 * hour),
        (0, "review", 0, 11 * hour, int(11.5 * hour)),
        (0, "build", 1, 33 * hour, 33 * hour),
    ]


def test_the_table_has_the_columns_every_part_knows_and_nulls_for_what_nobody_recorded(tmp_path: Path) -> None:
    log = read_log([log_file(tmp_path)]).log
    unknown = [name for name in COLUMNS if log.frame[name].null_count() == log.visits]
    assert (tuple(log.frame.columns), unknown) == (COLUMNS, ["team", "enabled", "delayed", "queued", "suspended"])


def test_people_are_pseudonyms_and_no_name_is_kept(tmp_path: Path) -> None:
    reading = read_log([log_file(tmp_path)])
    people = reading.log.frame["person"].drop_nulls().unique().sort().to_list()
    kept = repr(reading) + repr(reading.log.frame.to_dict(as_series=False))
    assert (people, "Ada" in kept, "Bob" in kept) == (["p1", "p2"], False, False)


def test_a_row_without_a_person_is_used(tmp_path: Path) -> None:
    reading = read_log([log_file(tmp_path)])
    assert (reading.intake.rows_used, reading.intake.noticed["visits without a person"]) == (4, 1)


@given(order=st.permutations(ROWS))
def test_rows_in_any_order_give_the_same_log(tmp_path_factory: pytest.TempPathFactory, order: list[str]) -> None:
    folder = tmp_path_factory.mktemp("order")
    straight, shuffled = (read_log([log_file(folder, rows)]) for rows in (ROWS, order))
    assert content(shuffled) == content(straight)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_dialect_gives_the_same_log(tmp_path: Path, separator: str, line_end: str) -> None:
    path = tmp_path / "dialect.txt"
    path.write_bytes(line_end.join([HEADER, *ROWS]).replace(",", separator).encode())
    assert content(read_log([path])) == content(read_log([log_file(tmp_path)]))


def test_packing_marks_and_utf_16_do_not_matter(tmp_path: Path) -> None:
    text = log_file(tmp_path).read_text()
    contents = {
        "a.csv.gz": gzip.compress(text.encode()),
        "b.csv": text.encode("utf-8-sig"),
        "c.csv": text.encode("utf-16"),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    plain = content(read_log([tmp_path / "log.csv"]))
    assert [content(read_log([tmp_path / name])) == plain for name in contents] == [True] * 3


def test_parquet_with_instants_gives_the_same_log_as_text(tmp_path: Path) -> None:
    text = pl.read_csv(log_file(tmp_path), infer_schema=False)
    typed = text.with_columns(
        pl.col("start_time", "end_time").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"),
        pl.col("activity").cast(pl.Categorical),
    )
    typed.write_parquet(tmp_path / "log.parquet")
    assert content(read_log([tmp_path / "log.parquet"])) == content(read_log([tmp_path / "log.csv"]))


def test_the_zone_an_export_was_written_in_does_not_matter(tmp_path: Path) -> None:
    local = [row.replace("T", " ").replace("Z", "+00:00") for row in ROWS]
    moved = [row.replace("09:00:00Z", "14:30:00+05:30") for row in ROWS]
    logs = [read_log([log_file(tmp_path, rows)]) for rows in (ROWS, local, moved)]
    assert len({content(log) for log in logs}) == 1


def test_wall_time_is_read_in_its_zone_and_tick_0_is_its_midnight(tmp_path: Path) -> None:
    log = read_log([log_file(tmp_path, [row.replace("Z", "") for row in ROWS])], zone="Europe/Berlin").log
    assert (log.start, log.zone, log.frame["started"][0]) == (
        datetime(2024, 1, 31, 23, tzinfo=UTC),
        "Europe/Berlin",
        9 * 3_600_000,
    )


def test_xes_names_are_known(tmp_path: Path) -> None:
    header = "case:concept:name,concept:name,org:resource,start_timestamp,time:timestamp"
    path = log_file(tmp_path, header=header, name="xes.csv")
    assert content(read_log([path])) == content(read_log([log_file(tmp_path)]))


def test_other_names_are_mapped(tmp_path: Path) -> None:
    path = log_file(tmp_path, header="Key,Status,Who,From,To", name="own.csv")
    columns = {"case_id": "Key", "activity": "Status", "resource": "Who", "start_time": "From", "end_time": "To"}
    assert content(read_log([path], columns=columns)) == content(read_log([log_file(tmp_path)]))


def test_work_types_are_of_the_case_and_missing_ones_are_called_case(tmp_path: Path) -> None:
    rows = [f"{row},{kind}" for row, kind in zip(ROWS, ["bug", "bug", "", "chore"], strict=True)]
    reading = read_log([log_file(tmp_path, rows, header=f"{HEADER},work_type")])
    works = dict(reading.log.frame.select("item", "work").rows())
    changed = reading.intake.noticed["visits of another work type than their case began with"]
    assert (works, changed) == ({0: "bug", 1: "case"}, 1)


def test_names_of_stages_become_names_a_twin_can_use(tmp_path: Path) -> None:
    rows = [ROWS[0].replace("build", "a > b"), ROWS[1].replace("review", "x" * 200), *ROWS[2:]]
    reading = read_log([log_file(tmp_path, rows)])
    stages = reading.log.frame["stage"].unique().sort().cast(pl.String).to_list()
    rewritten = reading.intake.noticed["names rewritten: control characters, > or more than 120 letters"]
    assert (stages[0], len(stages[-1]), rewritten) == ("a \u203a b", 120, 2)


def test_several_files_are_one_log(tmp_path: Path) -> None:
    first, second = log_file(tmp_path, ROWS[:2], name="1.csv"), log_file(tmp_path, ROWS[2:], name="2.csv")
    assert content(read_log([second, first])) == content(read_log([log_file(tmp_path)]))


def test_a_visit_without_an_end_is_open(tmp_path: Path) -> None:
    reading = read_log([log_file(tmp_path, [*ROWS, "K-3,build,Ada,2024-02-02T12:00:00Z,"])])
    assert (reading.log.frame["finished"].null_count(), reading.intake.rows_used) == (1, 5)


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_a_log_written_by_us_reads_back(tmp_path: Path, name: str) -> None:
    rows = [row.replace("K-", "=K-").replace("build", "-build") for row in ROWS]
    once = read_log([log_file(tmp_path, rows)])
    write_table(exported(once.log), tmp_path / name)
    again = read_log([tmp_path / name])
    same = [name for name in COLUMNS if name != "person"]
    assert (again.log.frame.select(same).rows(), again.log.cases) == (
        once.log.frame.select(same).rows(),
        once.log.cases,
    )


CELLS = st.sampled_from(["", "K-1", "K-2", "2024-02-01T09:00:00Z", "2024-02-30", "1970-01-01", "45321", '"', '""', "ä"])
LINES = st.lists(CELLS, min_size=4, max_size=6).map(",".join)


@settings(max_examples=60)
@given(dirt=st.lists(LINES.filter(lambda line: line.count('"') % 2 == 0), max_size=8))
def test_every_row_is_used_or_rejected_for_a_reason(tmp_path_factory: pytest.TempPathFactory, dirt: list[str]) -> None:
    path = log_file(tmp_path_factory.mktemp("dirt"), [*ROWS, *dirt])
    intake = read_log([path], accept_rejects=True, zone="UTC").intake
    assert len(ROWS) + len(dirt) == intake.rows_read == intake.rows_used + sum(intake.rejected.values())


def read_or_refused(path: Path) -> object:
    """What a file holds, or why it is refused: a stray quote before an open one leaves nothing to read."""
    try:
        reading = read_log([path], accept_rejects=True)
    except InputError as error:
        return str(error)
    return content(reading), reading.intake


@settings(max_examples=30)
@given(
    size=st.integers(20, 400),
    dirt=st.lists(
        st.sampled_from(
            [
                'K-7,"a, b",Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z',
                'K-8,"two\nlines",,2024-02-01T09:00Z,',
                "short",
                "",
                'K-9,5" pipe,x,y,z',
                "K-10,Pr\u00fcfung,x,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z",
            ]
        ),
        max_size=12,
    ),
)
def test_a_file_read_in_parts_is_the_file_read_at_once(
    tmp_path_factory: pytest.TempPathFactory, size: int, dirt: list[str]
) -> None:
    path = log_file(
        tmp_path_factory.mktemp("parts"),
        [row for pair in zip(dirt, ROWS * 3, strict=False) for row in pair] + list(ROWS),
    )
    whole = read_or_refused(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited_module, "PART_BYTES", size)
        parts = read_or_refused(path)
    assert parts == whole


def test_an_empty_line_after_the_last_row_is_no_row(tmp_path: Path) -> None:
    quoted = 'K-7,"a, b",Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z'
    assert read_log([log_file(tmp_path, [*ROWS, quoted, ""])]).intake.rows_read == 5


def test_the_account_is_printed_with_columns_counts_and_span(tmp_path: Path) -> None:
    text = "\n".join(read_log([log_file(tmp_path, [*ROWS, ROWS[0]])]).intake.lines())
    assert "case_id from case_id" in text
    assert "5 rows read = 4 used + 1 rejected" in text
    assert "from 2024-02-01 09:00:00 to 2024-02-02 10:00:00 (UTC)" in text


@pytest.mark.shared
@pytest.mark.parametrize(
    "log", ["BPIC12W_train", "LoanApp_train", "P2P_train", "Production_train", "synthetic_loan_with_delays"]
)
def test_real_logs_are_read_without_being_told_anything(log: str) -> None:
    path = SHARED / "event_logs" / f"{log}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    rows = Counter(pl.read_csv(path, infer_schema=False).select(HEADER.split(",")).rows())
    intake = read_log([path]).intake
    assert (intake.rows_read, intake.rows_used) == (rows.total(), len(rows))


@pytest.mark.shared
def test_a_ticket_log_is_one_stage_with_arrivals() -> None:
    path = SHARED / "policies" / "ticket_log_EDD.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    log = read_log([path], zone="UTC").log
    assert (log.visits, log.frame["enabled"].null_count(), log.frame["person"].n_unique()) == (1000, 0, 3)


def tickets(tmp_path: Path, *cases: str) -> Path:
    """Write visits that name no activity, one an hour."""
    rows = [f"{case},2026-01-05T{9 + k:02d}:00Z,2026-01-05T{9 + k:02d}:30Z" for k, case in enumerate(cases)]
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join(["id,start_timestamp,end_timestamp", *rows]) + "\n")
    return path


def test_visits_without_an_activity_are_of_one_stage_where_no_case_comes_twice(tmp_path: Path) -> None:
    log = read_log([tickets(tmp_path, "a", "b", "c")]).log
    assert log.frame["stage"].unique().to_list() == ["work"]


def test_visits_without_an_activity_are_refused_where_a_case_comes_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column is known as activity"):
        read_log([tickets(tmp_path, "a", "b", "a")])

"""Histories, tables of items and flow tables meet the same bad input as visits do, and say the same of it."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from calibration.sources import Reading, read_log
from twin.errors import InputError

Rows = list[str]

HISTORY = [
    "number,state,assigned_to,updated_at",
    *(
        f"T{n},{state},Ada,2024-02-{1 + n:02}T{at:02}:00:00Z"
        for n in range(8)
        for state, at in (("New", 8), ("Active", 9), ("Closed", 11))
    ),
]
ITEMS = [
    "Key,Assignee,Created,Started,Done",
    *(
        f"I{n},Ada,2024-02-{1 + n:02}T08:00:00Z,2024-02-{1 + n:02}T09:00:00Z,2024-02-{1 + n:02}T11:00:00Z"
        for n in range(8)
    ),
]
FLOW = [
    "ID,Owner,To Do,Build,Done",
    *(
        f"F{n},Ada,2024-02-{1 + n:02}T08:00:00Z,2024-02-{1 + n:02}T09:00:00Z,2024-02-{1 + n:02}T11:00:00Z"
        for n in range(8)
    ),
]
KINDS = {"history": HISTORY, "items": ITEMS, "flow": FLOW}


def read(folder: Path, rows: Rows, **options: object) -> Reading:
    path = folder / "log.csv"
    path.write_bytes("\n".join(rows).encode() + b"\n")
    return read_log([path], **options)  # type: ignore[arg-type]


def last_stamp(change: Callable[[str], str]) -> Callable[[Rows], Rows]:
    """Change the last cell of a row in the middle."""

    def changed(rows: Rows) -> Rows:
        head, _, cell = rows[5].rpartition(",")
        return [*rows[:5], f"{head},{change(cell)}", *rows[6:]]

    return changed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda rows: [*rows, "X,y"], "other number of fields than the header"),
        (lambda rows: [*rows, rows[5].replace("Ada", 'A"da')], "stray quote"),
        (lambda rows: [*rows, rows[5].replace("Ada", "A\0da")], "NUL byte"),
        (lambda rows: [*rows, rows[5].replace(rows[5].split(",")[0], " ")], "no case_id"),
        (last_stamp(lambda _: "2024-02-30T09:00:00Z"), "no such day or time of day"),
        (last_stamp(lambda _: "01/02/2024 09:00"), "day and month in unknown order"),
        (last_stamp(lambda _: "45321.375"), "Excel day count"),
        (last_stamp(lambda _: "2099-01-01T00:00:00Z"), "implausible time"),
        (last_stamp(lambda _: "1970-01-01T00:00:00Z"), "implausible time"),
    ],
)
def test_a_bad_row_is_rejected_for_its_reason_and_the_account_adds_up(
    tmp_path: Path, kind: str, damage: Callable[[Rows], Rows], reason: str
) -> None:
    intake = read(tmp_path, damage(KINDS[kind]), accept_rejects=True, kind=kind).intake
    assert [reason in told for told in intake.rejected] == [True]
    assert intake.rows_read == intake.rows_used + intake.rows_collapsed + 1
    with pytest.raises(InputError, match="more than 1%"):
        read(tmp_path, damage(KINDS[kind]), kind=kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda rows: rows[1:], "has no header"),
        (lambda rows: [rows[0].replace(",", ";"), *rows[1:]], "log.csv"),
        (lambda rows: rows[:1], "has a header and no rows"),
        (lambda rows: rows[:2], "usable cases"),
        (lambda rows: [*rows[:-1], rows[-1].replace("Z", "")], "others have one"),
        (
            lambda rows: [rows[0].replace(rows[0].split(",")[1], rows[0].split(",")[0]), *rows[1:]],
            "columns named twice",
        ),
        (lambda rows: [*rows, rows[5].replace("Ada", '"Ada')], "a quote opens at byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    tmp_path: Path, kind: str, damage: Callable[[Rows], Rows], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, damage(KINDS[kind]), kind=kind)
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_gzip_cut_off_is_refused(tmp_path: Path, kind: str) -> None:
    packed = gzip.compress("\n".join(KINDS[kind]).encode())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="is damaged gzip"):
        read_log([tmp_path / "cut.csv.gz"])


@pytest.mark.parametrize("kind", KINDS)
def test_rows_in_any_order_give_the_same_log(tmp_path: Path, kind: str) -> None:
    head, *rows = KINDS[kind]
    straight, shuffled = read(tmp_path, [head, *rows], kind=kind), read(tmp_path, [head, *reversed(rows)], kind=kind)
    assert straight.log.frame.equals(shuffled.log.frame)
    assert straight.log.cases == shuffled.log.cases

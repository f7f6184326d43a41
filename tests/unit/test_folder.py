"""A calibrated folder is read back as it was, may be edited by hand, and is the same for the same log."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from commands import TWIN, call

from calibration.folder import EVIDENCE, HISTORY, prepare, read_history
from calibration.folder import TWIN as TWIN_FILE
from twin.errors import InputError, StorageError
from twin.files import digest
from twin.project import load_twin


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    (folder / "twin.yaml").write_text(TWIN)
    log = folder / "log.csv"
    assert call("simulate", folder / "twin.yaml", "--items", 120, "--out", log).code == 0
    return log


def learn(log: Path, folder: Path) -> Path:
    said = call("calibrate", log, "--out", folder, "--name", "Learned", "--members", 2)
    assert (said.code, said.err) == (0, "")
    return folder


@pytest.fixture(scope="module")
def learned(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return learn(log, tmp_path_factory.mktemp("learned") / "model")


@pytest.fixture
def edited(learned: Path, tmp_path: Path) -> Path:
    for file in learned.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_the_twin_is_read_back(learned: Path) -> None:
    twin = load_twin(learned)
    assert (twin.twin, sorted(twin.stages)) == ("Learned", ["answer", "sign"])


def test_the_past_is_read_back_with_people_as_pseudonyms(learned: Path, log: Path) -> None:
    history, written = read_history(learned), pl.read_csv(log)
    assert (history.height, history["case_id"].n_unique()) == (written.height, 120)
    assert set(history["resource"].unique()) == {"p1", "p2", "p3"}


def test_the_evidence_accounts_for_log_rows_and_parameters(learned: Path, log: Path) -> None:
    evidence = json.loads((learned / EVIDENCE).read_text())
    assert evidence["logs"] == [{"file": "log.csv", "sha256": digest(log)}]
    assert evidence["rows"]["read"] == evidence["rows"]["used"] + sum(evidence["rows"]["rejected"].values())
    assert all(parameter["rows"] >= 0 and parameter["method"] for parameter in evidence["parameters"])


def leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk the twin down to its numbers, written as numbers or as texts with a unit."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        yield from (path for _ in value[:1])
    elif isinstance(value, int | float) or (isinstance(value, str) and any(map(str.isdigit, value))):
        yield path


def test_each_number_of_the_twin_has_evidence_with_rows_method_and_an_interval_or_why_not(learned: Path) -> None:
    evidence = {entry["path"]: entry for entry in json.loads((learned / EVIDENCE).read_text())["parameters"]}
    twin = {name: part for name, part in load_twin(learned).as_written().items() if name not in {"twin", "clock"}}
    numbers = set(leaves(twin))
    assert len(numbers) >= 12
    for path in numbers:
        found = [evidence[key] for end in range(2, len(path) + 1) if (key := ".".join(path[:end])) in evidence]
        assert found, path
        assert all(entry["rows"] > 0 and entry["method"] for entry in found), path
        assert all(entry["low"] is not None or entry["note"] for entry in found), path


def test_whole_numbers_are_written_without_a_point_and_a_head_tells_how_to_read_the_file(learned: Path) -> None:
    text = (learned / TWIN_FILE).read_text()
    assert text.startswith("# Learned from ")
    assert not re.search(r"[\[ ]\d+\.0[,\]]", text)


def test_no_name_of_a_person_is_written(learned: Path) -> None:
    assert not [file.name for file in learned.iterdir() if b"clerks-" in file.read_bytes()]


def test_a_twin_edited_by_hand_runs(edited: Path) -> None:
    file = edited / TWIN_FILE
    text = file.read_text()
    assert "people: 2" in text
    file.write_text("# one colleague more\n" + text.replace("people: 2", "people: 3", 1))
    assert call("simulate", edited, "--items", 10, "--out", edited / "log.csv").code == 0


def test_a_mistake_made_by_hand_has_its_line(edited: Path) -> None:
    file = edited / TWIN_FILE
    file.write_text(file.read_text().replace("people: 2", "people: two", 1))
    said = call("check", edited)
    assert said.code == 2
    assert "people" in said.err
    assert said.err.startswith(f"{file}:")


def test_the_same_log_gives_the_same_bytes(learned: Path, log: Path, tmp_path: Path) -> None:
    again = learn(log, tmp_path / "again")
    assert [
        file.name for file in sorted(learned.iterdir()) if file.read_bytes() != (again / file.name).read_bytes()
    ] == []


def test_shuffled_rows_give_the_same_twin_and_past(learned: Path, log: Path, tmp_path: Path) -> None:
    head, *rows = log.read_text().splitlines()
    shuffled = [rows[(place * 7919) % len(rows)] for place in range(len(rows))]
    assert sorted(shuffled) == sorted(rows)
    assert shuffled != rows
    (tmp_path / "log.csv").write_text("\n".join([head, *shuffled]) + "\n")
    other = learn(tmp_path / "log.csv", tmp_path / "other")
    assert (other / TWIN_FILE).read_bytes() == (learned / TWIN_FILE).read_bytes()
    assert read_history(other).equals(read_history(learned))
    ours, theirs = (json.loads((folder / EVIDENCE).read_text())["parameters"] for folder in (learned, other))
    assert ours == theirs


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[: len(content) // 2], "cannot be read"),
        (lambda _: b"", "cannot be read"),
        (lambda content: b"XXXX" + content[4:-4] + b"XXXX", "cannot be read"),
    ],
    ids=["cut off", "empty", "not parquet"],
)
def test_a_damaged_past_is_refused(edited: Path, damage: object, said: str) -> None:
    file = edited / HISTORY
    assert callable(damage)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(InputError) as caught:
        read_history(edited)
    assert said in str(caught.value)
    assert "run `twin calibrate` again" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_past_of_other_columns_is_refused(edited: Path) -> None:
    pl.DataFrame({"case": [1]}).write_parquet(edited / HISTORY)
    with pytest.raises(InputError, match="other columns than `twin calibrate` writes"):
        read_history(edited)


def test_a_folder_without_a_past_says_what_a_backtest_needs(edited: Path) -> None:
    (edited / HISTORY).unlink()
    with pytest.raises(InputError, match=r"holds no history.parquet; a backtest needs"):
        read_history(edited)


def test_a_damaged_past_leaves_the_twin_usable(edited: Path) -> None:
    (edited / HISTORY).write_bytes(b"")
    assert call("check", edited).code == 0


def test_a_folder_is_seen_to_be_writable_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "model" / TWIN_FILE).mkdir(parents=True)
    for folder in (tmp_path / "file", tmp_path / "model"):
        with pytest.raises(StorageError):
            prepare(folder)


def test_a_log_is_not_overwritten_by_what_was_learned_from_it(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is an input of this run"):
        prepare(tmp_path, inputs=[tmp_path / HISTORY])

"""What was kept can be run again from the store alone, and what differs is named."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import call, project

from twin.store import FILE, Record, Row


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with results whose twin and question are gone."""
    monkeypatch.chdir(project(tmp_path))
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0
    for name in ("twin.yaml", "more.yaml"):
        (tmp_path / name).unlink()
    return tmp_path / "out"


def test_the_same_bytes_come_from_the_store_alone(out: Path) -> None:
    said = call("reproduce", out)
    assert said.code == 0
    assert "6 of 6 replications gave the same bytes\nversions and platform are as they were" in said.out


def test_both_engines_reproduce_what_one_has_kept(out: Path) -> None:
    assert [
        json.loads(call("reproduce", out, "--engine", engine, "--json").out)["equal"]
        for engine in ("reference", "compiled")
    ] == [True, True]


def test_other_bytes_fail_and_are_named_with_what_is_not_as_it_was(out: Path) -> None:
    with closing(sqlite3.connect(out / FILE, isolation_level=None)) as connection:
        [known] = connection.execute(
            "SELECT experiment, scenario, replication, content FROM replication WHERE rowid = 4"
        )
        other = Row(*known)._replace(content=known[3].replace(known[3][40:48], known[3][41:49], 1))
        connection.execute("UPDATE replication SET content = ?, sha256 = ? WHERE rowid = 4", (other.content, other.sum))
        [(hashed, inputs, told)] = connection.execute("SELECT hash, inputs, provenance FROM experiment")
        record = Record(hashed, inputs, told.replace('"numpy":"', '"numpy":"0.'))
        connection.execute("UPDATE experiment SET provenance = ?, sha256 = ?", (record.provenance, record.sum))
    said = call("reproduce", out)
    assert (said.code, "5 of 6" in said.out, "replications of one more clerk 1" in said.out) == (5, True, True)
    assert "- numpy: 0." in said.out


def test_a_run_is_chosen_by_the_beginning_of_its_name(out: Path) -> None:
    name = json.loads(call("reproduce", out, "--json").out)["run"]
    assert json.loads(call("reproduce", out, "--run", name[:8], "--json").out)["run"] == name
    said = call("reproduce", out, "--run", "zz")
    assert (said.code, f"0 runs begin with 'zz'; kept are {name[:12]}" in said.err) == (4, True)


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    assert call("reproduce", tmp_path).code == 2

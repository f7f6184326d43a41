"""The store gives back what was kept, byte for byte, or says that it cannot."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from twin.errors import StorageError
from twin.store import DeterminismError, Record, Row, Store, _kind_of

RECORD = Record("e" * 64, "{}", "{}")
ROWS = tuple(Row(RECORD.hash, "s" * 64, number, bytes([number]) * 3000) for number in range(40))
EVERY = range(len(ROWS))
STEP = 61_803_398_875
"""Far from any power of two: its multiples fall all over a file."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


@pytest.fixture
def kept(path: Path) -> Path:
    """A file with all rows in it."""
    with closing(Store(path)) as store:
        store.keep(RECORD, ROWS, kept=len(ROWS))
    return path


def recalled(path: Path) -> dict[int, Row]:
    with closing(Store(path)) as store:
        return store.recall(RECORD.hash, ROWS[0].scenario, EVERY)


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_is_kept_is_recalled(kept: Path) -> None:
    assert recalled(kept) == dict(zip(EVERY, ROWS, strict=True))


def test_a_store_that_keeps_nothing_makes_no_file(path: Path) -> None:
    assert (recalled(path), path.exists()) == ({}, False)


def test_the_record_of_an_experiment_comes_back(kept: Path) -> None:
    with closing(Store(kept)) as store:
        assert (store.experiments(), store.kept(RECORD.hash)) == ((RECORD,), len(ROWS))


def test_the_same_row_twice_is_kept_once(kept: Path) -> None:
    with closing(Store(kept)) as store:
        store.keep(RECORD, ROWS[:3], kept=3)
        assert (len(recalled(kept)), store.kept(RECORD.hash)) == (len(ROWS), len(ROWS))


def test_other_bytes_under_the_same_name_are_an_error_and_change_nothing(kept: Path) -> None:
    with closing(Store(kept)) as store, pytest.raises(DeterminismError, match=r"replication 0 .* is not deterministic"):
        store.keep(RECORD, [Row(RECORD.hash, "t" * 64, 0, b"new"), ROWS[0]._replace(content=b"other")], kept=1)
    assert recalled(kept)[0] == ROWS[0]
    with closing(Store(kept)) as store:
        assert store.recall(RECORD.hash, "t" * 64, EVERY) == {}


def test_rows_of_another_experiment_serve_where_there_are_no_own(kept: Path) -> None:
    own = Row("f" * 64, ROWS[0].scenario, 1, ROWS[1].content)
    with closing(Store(kept)) as store:
        store.keep(RECORD._replace(hash="f" * 64), [own], kept=1)
        there = store.recall("f" * 64, ROWS[0].scenario, range(3))
    assert [there[number].experiment[0] for number in range(3)] == ["e", "f", "e"]


def test_a_full_disk_is_told_and_loses_nothing(kept: Path) -> None:
    more = [row._replace(replication=100 + row.replication) for row in ROWS]
    with closing(Store(kept)) as store:
        connection = store._open
        assert connection is not None
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        for spare in range(30):
            connection.execute(f"PRAGMA max_page_count = {pages + spare}")
            with pytest.raises(StorageError, match=r"results\.sqlite cannot be written: .*full.*run again"):
                store.keep(RECORD, more, kept=200)
        connection.execute("PRAGMA max_page_count = 100000")
        assert (len(recalled(kept)), store.kept(RECORD.hash)) == (len(ROWS), len(ROWS))
        store.keep(RECORD, more, kept=200)
    assert is_sound(kept)


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_flipped_bits_are_found_and_never_read_as_results(kept: Path, first: int) -> None:
    whole = kept.read_bytes()
    for turn in range(first, first + 10):
        damaged = bytearray(whole)
        for flip in range(4):
            place = STEP * (4 * turn + flip + 1) % (8 * len(whole))
            damaged[place // 8] ^= 1 << place % 8
        for each in kept.parent.iterdir():
            each.unlink()
        kept.write_bytes(damaged)
        try:
            read = recalled(kept)
        except StorageError:
            continue  # the file's head is damaged: that it is no store of this version is true
        assert all(ROWS[number] == row for number, row in read.items())
        with closing(Store(kept)) as store:
            store.keep(RECORD, ROWS, kept=len(ROWS))
        assert (len(recalled(kept)), is_sound(kept)) == (len(ROWS), True)


def test_a_damaged_file_is_put_aside_and_told(kept: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[4096:8192] = bytes(4096)
    kept.write_bytes(content)
    with closing(Store(kept)) as store:
        assert "was damaged" in store.losses[0]
    assert kept.with_name("results.sqlite.damaged").read_bytes() == content


def test_damage_that_shows_while_rows_are_kept_is_mended(kept: Path) -> None:
    more = [row._replace(replication=100 + row.replication) for row in ROWS]
    with closing(Store(kept)) as store:
        content = bytearray(kept.read_bytes())
        content[4096 : len(content) // 2] = bytes(len(content) // 2 - 4096)
        kept.write_bytes(content)  # under a store that is open, and has forgotten what it read
        assert store._open is not None
        store._open.execute("PRAGMA shrink_memory")
        store.keep(RECORD, [*ROWS, *more], kept=200)
        assert "was damaged" in store.losses[0]
    with closing(Store(kept)) as store:
        assert len(store.recall(RECORD.hash, ROWS[0].scenario, range(200))) == 2 * len(ROWS)


def test_who_reads_while_rows_are_kept_sees_all_of_a_chunk_or_nothing(kept: Path) -> None:
    counts = []
    with closing(Store(kept)) as store, closing(sqlite3.connect(kept)) as reader:
        for turn in range(1, 6):
            more = [row._replace(replication=100 * turn + row.replication) for row in ROWS]
            store.keep(RECORD, more, kept=len(ROWS))
            counts.append(reader.execute("SELECT count(*) FROM replication").fetchone()[0])
    assert counts == [len(ROWS) * turn for turn in range(2, 7)]


@pytest.mark.parametrize(("line", "kind"), [("host:/x {} nfs4 rw 0 0", "nfs4"), ("/dev/sda {} ext4 rw 0 0", "ext4")])
def test_the_nearest_mount_tells_the_kind_of_file_system(tmp_path: Path, line: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/root / xfs rw 0 0\n" + line.format(tmp_path.resolve()) + "\n")
    assert _kind_of(tmp_path / "results.sqlite", mounts) == kind
    assert _kind_of(Path("/elsewhere/results.sqlite"), mounts) == "xfs"


@pytest.mark.parametrize(("kind", "mode"), [("nfs", "delete"), ("ext4", "wal")])
def test_on_another_machines_file_system_there_is_no_shared_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, mode: str
) -> None:
    monkeypatch.setattr("twin.store._kind_of", lambda _: kind)
    with closing(Store(path)) as store:
        store.keep(RECORD, ROWS, kept=len(ROWS))
        connection = store._open
        assert connection is not None
        assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
    assert len(recalled(path)) == len(ROWS)


def test_a_log_cut_short_gives_what_was_kept_before(kept: Path) -> None:
    with closing(Store(kept)) as store:
        store.keep(RECORD, [row._replace(replication=100 + row.replication) for row in ROWS], kept=200)
        log = kept.with_name("results.sqlite-wal")
        left = [path.read_bytes() for path in (kept, log)]
    kept.write_bytes(left[0])
    log.write_bytes(left[1][: len(left[1]) // 2])
    assert len(recalled(kept)) == len(ROWS)


@pytest.fixture
def foreign(path: Path) -> Path:
    """A database of another program."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
    return path


def test_a_database_of_another_program_is_left_alone(foreign: Path) -> None:
    before = foreign.read_bytes()
    with pytest.raises(StorageError, match="is not a store of results"):
        Store(foreign)
    assert foreign.read_bytes() == before


def test_a_store_of_a_later_version_is_left_alone(kept: Path) -> None:
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(StorageError, match="another version of Worktwin"):
        Store(kept)

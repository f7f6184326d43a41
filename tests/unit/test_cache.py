"""The cache saves time and changes nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from twin.cache import can_keep, keep, recall

CONTENT = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKTWIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_kept_is_recalled() -> None:
    keep("tables/one", CONTENT)
    assert recall("tables/one") == CONTENT


def test_what_was_never_kept_is_absent() -> None:
    assert recall("tables/other") is None


def test_the_folder_is_private(folder: Path) -> None:
    keep("one", CONTENT)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept[:500],
        lambda kept: kept[:99] + bytes([kept[99] ^ 1]) + kept[100:],
        lambda _: b"",
        lambda k: k + b"x",
    ],
    ids=["cut", "flipped bit", "empty", "longer"],
)
def test_a_damaged_entry_counts_as_absent(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    keep("one", CONTENT)
    (folder / "one").write_bytes(damage((folder / "one").read_bytes()))
    assert recall("one") is None


def test_a_folder_that_cannot_be_written_is_done_without(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    keep("one", CONTENT)
    assert (recall("one"), can_keep("")) == (None, False)


def test_a_failed_write_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    keep("one", CONTENT)
    assert list(folder.iterdir()) == []


def test_the_entries_written_first_give_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.cache.MOST_ENTRIES", 3)
    monkeypatch.setattr("twin.cache.LOOKED_AFTER", 1)
    for number in range(5):
        keep(f"tables/{number}", CONTENT)
        os.utime(folder / "tables" / str(number), ns=(number, number))
    assert [recall(f"tables/{number}") is not None for number in range(5)] == [False, False, True, True, True]

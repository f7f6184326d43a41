"""The compiled engine is loaded before many short runs, where this machine keeps it."""

import sys
from pathlib import Path

import pytest

from twin.engine import WORTH_LOADING, kept
from twin.engine.kept import ENGINE, WORTH_LOADING_KEPT, load_if_worth, note_kept


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Let nothing be loaded nor kept, and list what is asked for."""
    asked: list[str] = []
    monkeypatch.setenv("WORKTWIN_CACHE", str(tmp_path))
    monkeypatch.delitem(sys.modules, ENGINE, raising=False)
    monkeypatch.setattr(kept, "import_module", asked.append)
    note_kept.cache_clear()
    return asked


def test_an_engine_that_was_never_compiled_here_is_compiled_for_many_visits_only(nothing_loaded: list[str]) -> None:
    load_if_worth("plain", WORTH_LOADING - 1)
    assert nothing_loaded == []
    load_if_worth("plain", WORTH_LOADING)
    assert nothing_loaded == [ENGINE]


def test_one_that_is_kept_is_loaded_for_its_kind_of_twin_and_many_visits_only(nothing_loaded: list[str]) -> None:
    note_kept("plain")
    load_if_worth("rich", WORTH_LOADING_KEPT)
    load_if_worth("plain", WORTH_LOADING_KEPT - 1)
    assert nothing_loaded == []
    load_if_worth("plain", WORTH_LOADING_KEPT)
    assert nothing_loaded == [ENGINE]

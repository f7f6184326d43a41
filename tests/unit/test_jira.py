"""JSON that Jira gives for a search with changelogs is a history; anything else is refused in words."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from calibration.sources import Reading, read_log
from calibration.sources import jira as jira_module
from twin.errors import InputError
from twin.units import HOUR

Value = dict[str, Any]


def status(name: str, category: str) -> Value:
    return {"name": name, "statusCategory": {"key": category}}


def change(at: str, *items: tuple[str, str | None, str | None]) -> Value:
    fields = [
        {"field": field, "from": None, "fromString": before, "to": None, "toString": after}
        for field, before, after in items
    ]
    return {"created": f"2024-02-01T{at}:00.000+0100", "author": {"displayName": "Ada Example"}, "items": fields}


def issue(key: str, *histories: Value, now: Value | None = None, kind: str = "Story") -> Value:
    fields = {
        "created": "2024-02-01T09:00:00.000+0100",
        "status": now or status("Shipped", "done"),
        "issuetype": {"name": kind},
        "assignee": {"accountId": "712020:ada", "displayName": "Ada Example"},
    }
    return {"key": key, "fields": fields, "changelog": {"histories": list(histories)}}


BEGAN = change("10:00", ("status", "Open", "Cooking"), ("assignee", None, "Ada Example"))
ENDED = change("12:00", ("status", "Cooking", "Shipped"))
EDITED = change("11:00", ("summary", "a", "b"))
ISSUES = [issue("K-1", ENDED, EDITED, BEGAN), issue("K-2", BEGAN, ENDED, kind="Bug")]


def read(folder: Path, value: Any, **options: object) -> Reading:
    path = folder / "search.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return read_log([path], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrap", [lambda i: {"issues": i}, lambda i: [{"issues": i[:1]}, {"issues": i[1:]}], lambda i: i]
)
def test_changes_are_played_forwards_whatever_their_order(tmp_path: Path, wrap: Any) -> None:
    reading = read(tmp_path, wrap(ISSUES))
    frame = reading.log.frame.sort("item")
    assert frame.select(pl.col("work", "stage").cast(pl.String)).rows() == [("Story", "Cooking"), ("Bug", "Cooking")]
    assert frame.select("enabled", "started", "finished").row(0) == (8 * HOUR, 9 * HOUR, 11 * HOUR)


def test_changes_of_other_fields_collapse(tmp_path: Path) -> None:
    intake = read(tmp_path, ISSUES).intake
    assert (intake.rows_read, intake.rows_used, intake.rows_collapsed) == (7, 6, 1)


def test_the_category_of_a_status_says_what_it_means(tmp_path: Path) -> None:
    reading = read(tmp_path, [*ISSUES, issue("K-3", now=status("Fresh", "new"))])
    assert reading.meanings is not None
    assert {name: each.means for name, each in reading.meanings.statuses.items()} == {
        "Cooking": "work",
        "Fresh": "waiting",
        "Open": "waiting",
        "Shipped": "done",
    }


def test_an_issue_that_never_moved_is_open_since_it_was_created(tmp_path: Path) -> None:
    reading = read(tmp_path, [*ISSUES, issue("K-3", now=status("Open", "new"))])
    assert reading.log.frame.filter(pl.col("started").is_null()).select("enabled", "started", "finished").row(0) == (
        8 * HOUR,
        None,
        None,
    )


def test_a_flagged_issue_is_blocked(tmp_path: Path) -> None:
    flagged = [change("10:30", ("Flagged", "", "Impediment")), change("11:30", ("Flagged", "Impediment", ""))]
    reading = read(tmp_path, [issue("K-1", BEGAN, *flagged, ENDED), ISSUES[1]])
    assert reading.intake.noticed["pauses: from work to blocked"] == 1


def test_no_name_of_a_person_is_kept(tmp_path: Path) -> None:
    reading = read(tmp_path, ISSUES)
    kept = repr(reading) + repr(reading.log.frame.to_dict(as_series=False))
    assert ("Ada" in kept, "712020" in kept) == (False, False)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('{"issues": [', "search.json:1: is no whole JSON"),
        ('{"issues": [], "issues": []}', "has 'issues' twice in one object"),
        ('{"issues": [NaN]}', "holds NaN, which is no number in JSON"),
        ("[" * 100_000, "is nested too deep"),
        ('{"issues": [' + "1" * 5000 + "]}", "holds a number that cannot be read"),
        ("{}", "is no result of a search"),
        ('{"issues": []}', "holds no issues"),
        ([{"key": "K-1"}], "issues[0] has no key or no fields"),
        ([{"key": "K-1", "fields": {}}], "issues[0] ('K-1') has no changelog.histories"),
        ([issue("K-1", {"items": []})], "a history without created and items"),
        ([{**issue("K-1", BEGAN), "changelog": {"histories": [BEGAN], "total": 140}}], "holds 1 of 140 histories"),
    ],
)
def test_json_that_is_no_search_is_refused_for_what_it_is(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, value)
    assert message in str(caught.value)


def test_a_time_that_cannot_be_one_rejects_its_change_only(tmp_path: Path) -> None:
    wrong = {**ENDED, "created": "2024-02-30T12:00:00.000+0100"}
    intake = read(tmp_path, [issue("K-1", BEGAN, wrong), ISSUES[1]], accept_rejects=True).intake
    assert intake.rejected == {"time: no such day or time of day": 1}


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jira_module, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="is larger than"):
        read(tmp_path, ISSUES)

"""The page of all keys says what the files take."""

from benchmarks.twin_file import PAGE, page
from twin.project import schema


def test_the_page_is_what_the_descriptions_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_no_key_of_a_team_or_stage_goes_without_a_description() -> None:
    parts = schema("twin")["$defs"]
    silent = [
        f"{part}.{name}"
        for part in ("Team", "People", "Stage", "Meeting", "Sickness", "Batch", "Opening", "Automation")
        for name, field in parts[part]["properties"].items()
        if not field.get("description")
    ]
    assert silent == []

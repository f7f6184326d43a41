"""``twin profile`` tells a person about a log, and writes a page and figures where it is asked to."""

import json
from pathlib import Path

import pytest
from commands import call, contents

STATES = (("New", "", 0), ("Active", "Ada Example", 3), ("Resolved", "Ada Example", 7))
ROWS = [
    f"T-{n},{state},{who},desk,2024-{1 + n // 28:02}-{1 + n % 28:02}T{8 + at:02}:00:00"
    for n in range(50)
    for state, who, at in (STATES if n % 10 else STATES[:2])
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join(["number,state,assigned_to,assignment_group,updated_at", *ROWS]) + "\n")
    return path


def test_the_terminal_shows_rows_times_law_and_doubts(log: Path) -> None:
    said = call("profile", log, "--zone", "Europe/Berlin")
    assert (said.code, said.err) == (0, "")
    for text in (
        "50 items in 50 visits from 2024-01-01 to 2024-02-22; 5 are open.",
        "145 rows read = 145 used + 0 rejected.",
        "lead time p85",
        "equal to the millisecond",
        "mind: 5 items open at the end, kept as open",
    ):
        assert text in said.out


def test_page_figures_and_meanings_are_written_and_name_nobody(log: Path, tmp_path: Path) -> None:
    said = call("profile", log, "--zone", "Europe/Berlin", "--out", tmp_path / "seen")
    written = contents(tmp_path / "seen")
    assert sorted(written) == ["profile.html", "profile.json", "statuses.yaml"]
    assert "seen/statuses.yaml: what each status was taken to mean" in said.out
    assert b"Example" not in b"".join(written.values())


def test_json_says_what_the_file_says(log: Path, tmp_path: Path) -> None:
    said = call("profile", log, "--zone", "UTC", "--out", tmp_path / "seen", "--json")
    assert json.loads(said.out) == json.loads((tmp_path / "seen" / "profile.json").read_text())


def test_corrected_meanings_are_used_and_not_written_again(log: Path, tmp_path: Path) -> None:
    call("profile", log, "--zone", "UTC", "--out", tmp_path / "seen", "--quiet")
    mapping = tmp_path / "seen" / "statuses.yaml"
    mapping.write_text(mapping.read_text().replace("New: {means: waiting", "New: {means: blocked"))
    said = call("profile", log, "--zone", "UTC", "--mapping", mapping, "--out", tmp_path / "again", "--json")
    assert {each["status"]: each["means"] for each in json.loads(said.out)["waiting"]["statuses"]}["New"] == "blocked"
    assert sorted(contents(tmp_path / "again")) == ["profile.html", "profile.json"]


def test_corrected_meanings_are_never_overwritten(log: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    call("profile", log, "--zone", "UTC", "--out", seen, "--quiet")
    corrected = (seen / "statuses.yaml").read_text().replace("waiting", "blocked")
    (seen / "statuses.yaml").write_text(corrected)
    again = call("profile", log, "--zone", "UTC", "--out", seen)
    used = call("profile", log, "--zone", "UTC", "--mapping", seen / "statuses.yaml", "--out", seen)
    assert "is there already and was left as it is, unused; give it with --mapping" in again.err
    assert (used.code, (seen / "statuses.yaml").read_text()) == (0, corrected)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--zone", "Mars"), 2, "is not a time zone"),
        (("--zone", "UTC", "--format", "items"), 2, "no column is known as done"),
        (("--zone", "UTC", "--mapping", "tickets.csv"), 2, "tickets.csv"),
        (("--zone", "UTC", "--out", "/proc/seen"), 4, "cannot be made a folder"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = arguments if "--out" in arguments else (*arguments, "--out", "seen")
    said = call("profile", log, *given)
    assert (said.code, message in said.err, (tmp_path / "seen").exists()) == (code, True, False)


def stages_without_starts(folder: Path, stages: int) -> list[str]:
    """Let ever fewer of 20 cases reach each further stage, and give the lines of what was assumed of them."""
    rows = [
        f"C{case},step {stage},ann,2026-01-{1 + case:02}T{9 + stage:02}:00:00Z"
        for case in range(20)
        for stage in range(stages)
        if case >= stage
    ]
    (folder / "history.csv").write_text("\n".join(["case_id,activity,resource,timestamp", *rows]) + "\n")
    said = call("profile", folder / "history.csv")
    return [line for line in said.out.splitlines() if line.startswith("assumed: log.start.")]


def test_of_many_stages_without_starts_those_with_most_visits_are_named_and_the_others_counted(tmp_path: Path) -> None:
    *named, rest = stages_without_starts(tmp_path, 7)
    assert [line.split(":")[1] for line in named] == [f" log.start.step {stage}" for stage in range(3)]
    assert rest.endswith("the same for 4 more stages, 62 visits; profile.json (--out FOLDER) tells of each")


def test_one_more_stage_without_starts_is_named_as_well(tmp_path: Path) -> None:
    assert [line.split(":")[1] for line in stages_without_starts(tmp_path, 4)][-1] == " log.start.step 3"

"""``twin calibrate`` learns from a history of statuses: what it inferred lies beside the result, for correction."""

import json
from pathlib import Path

import pytest
from commands import call

STATES = ("New", "Active", "Resolved")


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """Write a hundred tickets, two a day, each worked on for an hour by one of two people."""
    rows = ["number,state,assigned_to,assignment_group,updated_at"]
    for n in range(100):
        day, hour, who = 1 + n // 2 % 28, 9 + 3 * (n % 2), ("Ada", "Bob")[n % 2]
        month = 1 + n // 56
        rows += [
            f"T{n},{state},{who},desk,2024-{month:02}-{day:02}T{hour + at:02}:00:00Z" for at, state in enumerate(STATES)
        ]
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_the_first_run_writes_what_it_inferred_and_says_so(tickets: Path, tmp_path: Path) -> None:
    said = call("calibrate", tickets, "--zone", "UTC", "--members", 2, "--out", tmp_path / "ours")
    assert (said.code, said.err) == (0, "")
    assert "ours/statuses.yaml: what each status was taken to mean; correct it and use --mapping" in said.out
    assert "  Active: {means: work, stage: Active}" in (tmp_path / "ours" / "statuses.yaml").read_text()


def test_a_mapping_that_is_given_decides_and_is_not_written_again(tickets: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.yaml"
    mapping.write_text(
        "statuses: {New: {means: work, stage: triage}, Active: {means: work, stage: desk}, Resolved: {means: done}}"
    )
    said = call("calibrate", tickets, "--mapping", mapping, "--members", 2, "--out", tmp_path / "ours", "--json")
    files = {Path(file).name for file in json.loads(said.out)["files"]}
    assert (said.code, "statuses.yaml" in files) == (0, False)
    assert "triage" in (tmp_path / "ours" / "twin.yaml").read_text()


def test_what_is_assumed_stands_in_the_evidence_with_its_bounds(tickets: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.yaml"
    mapping.write_text("statuses: {New: {means: waiting}, Active: {means: waiting}, Resolved: {means: done}}")
    call("calibrate", tickets, "--mapping", mapping, "--members", 2, "--out", tmp_path / "ours")
    evidence = json.loads((tmp_path / "ours" / "evidence.json").read_text())
    (start,) = [each for each in evidence["parameters"] if each["path"].startswith("log.start")]
    assert (start["rows"], start["low"], start["high"]) == (100, "0 ms", "2 h")
    assert evidence["rows"]["collapsed"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "histry"], "format: 'histry' is not a kind of table. Did you mean 'history'?"),
        (["--mapping", "absent.yaml"], "absent.yaml: cannot be read"),
        (["--format", "items"], "no column is known as done"),
    ],
)
def test_a_wrong_option_is_refused_and_nothing_is_written(
    tickets: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    said = call("calibrate", tickets, *arguments, "--members", 2, "--out", tmp_path / "ours")
    assert (said.code, message in said.err, (tmp_path / "ours").exists()) == (2, True, False)


def test_finished_items_alone_stand_beside_all_items_in_the_evidence(tickets: Path, tmp_path: Path) -> None:
    with tickets.open("a") as log:
        log.write("T900,New,Ada,desk,2024-01-02T09:00:00Z\nT901,New,Ada,desk,2024-01-03T09:00:00Z\n")
    call("calibrate", tickets, "--members", 2, "--out", tmp_path / "ours")
    evidence = json.loads((tmp_path / "ours" / "evidence.json").read_text())
    (lead,) = [each for each in evidence["parameters"] if each["path"] == "log.lead_time"]
    assert lead["rows"] == 102
    assert lead["estimate"].endswith("finished items alone say 2.00 h (+0.0 %)")
    assert lead["note"].startswith("2 items are open and kept")

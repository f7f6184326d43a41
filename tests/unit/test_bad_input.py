"""Fifty-six bad inputs and what becomes of each: `CASES` says which test holds which, here or in another file.

The rule for all: exit code 2 for bad input, 3 for a budget or deadlock, 4 for storage; a message with its place;
nothing written; bounded time and memory. Here stand the cases as a person meets them, at the command line.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import SCENARIO, TWIN, Said, call, contents, project

from twin.project import load_twin

YAML, FILES, PROJECT = "test_bad_yaml", "test_files", "test_project"
LOGS, INSTANTS, CHECKS, XES = "test_sources_bad", "test_sources_instants", "test_checks", "test_xes"
HERE = "test_bad_input"

CASES: dict[int, tuple[str, ...]] = {
    1: (f"{YAML}:test_a_name_written_twice_is_refused_with_both_lines",),
    2: (f"{YAML}:test_a_name_written_twice_is_found_beside_a_merge_key",),
    3: (f"{YAML}:test_times_and_dates_stay_text",),
    4: (f"{YAML}:test_words_stay_text",),
    5: (f"{YAML}:test_a_leading_zero_is_refused_with_both_ways_out",),
    6: (f"{YAML}:test_only_finite_numbers_are_numbers",),
    7: (f"{YAML}:test_a_number_of_5000_digits_is_refused_at_once",),
    8: (f"{YAML}:test_deep_nesting_is_refused_at_once_with_its_line",),
    9: (f"{YAML}:test_aliases_that_multiply_are_refused", f"{YAML}:test_a_million_aliases_are_refused"),
    10: (f"{YAML}:test_an_alias_inside_itself_is_refused",),
    11: (f"{YAML}:test_tags_are_refused_and_nothing_runs",),
    12: (
        f"{YAML}:test_common_encodings_and_line_ends_read_the_same",
        f"{YAML}:test_other_bytes_are_refused_with_their_offset",
    ),
    13: (f"{YAML}:test_anything_but_one_mapping_is_refused",),
    14: (f"{HERE}:test_a_wrong_twin_is_refused_with_its_line",),
    15: (f"{HERE}:test_a_wrong_twin_is_refused_with_its_line",),
    16: (
        f"{PROJECT}:test_a_dangling_name_in_a_step_has_the_line_of_its_step",
        f"{CHECKS}:test_a_stage_that_nobody_serves_is_an_error",
    ),
    17: (f"{HERE}:test_a_wrong_twin_is_refused_with_its_line",),
    18: (
        f"{CHECKS}:test_rework_without_end_is_an_error_that_shows_the_circle",
        f"{CHECKS}:test_a_route_that_is_caught_in_a_circle_is_an_error",
    ),
    19: (f"{HERE}:test_what_no_machine_can_hold_is_refused_before_it_takes_memory",),
    20: (f"{HERE}:test_a_file_of_100_mb_is_refused_by_its_size",),
    21: (f"{PROJECT}:test_a_base_outside_the_project_is_refused_at_its_line",),
    22: (f"{PROJECT}:test_a_link_out_of_the_project_is_refused",),
    23: (
        f"{PROJECT}:test_files_that_extend_each_other_are_refused_with_the_chain",
        f"{PROJECT}:test_a_chain_of_more_than_ten_is_refused",
    ),
    24: (
        f"{FILES}:test_only_regular_files_are_read_and_nothing_blocks",
        f"{PROJECT}:test_a_base_that_never_answers_is_refused",
    ),
    25: (
        f"{FILES}:test_an_output_that_cannot_be_is_refused_before_the_run",
        "test_cli:test_an_output_that_cannot_be_is_refused_before_the_run",
    ),
    26: (
        f"{HERE}:test_a_scenario_may_have_any_name_and_no_file_follows_it",
        f"{HERE}:test_a_scenarios_name_has_an_end",
    ),
    27: (
        f"{LOGS}:test_a_log_without_a_header_shows_dialect_and_first_row",
        f"{LOGS}:test_columns_named_twice_are_refused",
        f"{LOGS}:test_an_unknown_separator_shows_what_was_looked_for",
    ),
    28: (
        f"{LOGS}:test_a_broken_row_is_rejected_with_its_line_and_the_rows_around_it_are_read",
        f"{HERE}:test_rejected_rows_and_used_rows_add_up_to_the_rows_read",
    ),
    29: (f"{LOGS}:test_rows_of_another_encoding_are_rejected_and_no_letter_is_replaced",),
    30: (f"{HERE}:test_a_log_that_cannot_be_understood_is_refused",),
    31: (f"{INSTANTS}:test_a_time_that_cannot_be_one_has_a_reason_and_no_value",),
    32: (f"{LOGS}:test_times_with_and_without_an_offset_are_not_mixed_silently",),
    33: (f"{LOGS}:test_hours_a_zone_skips_or_repeats_are_counted",),
    34: (f"{LOGS}:test_rows_out_of_order_are_sorted_and_counted",),
    35: (
        f"{LOGS}:test_visits_that_run_backwards_are_rejected_for_a_reason",
        f"{HERE}:test_rejected_rows_and_used_rows_add_up_to_the_rows_read",
    ),
    36: (f"{LOGS}:test_duplicates_are_counted_once_and_need_no_permission",),
    37: (f"{LOGS}:test_a_log_of_times_that_cannot_be_read_is_refused_with_the_first_row",),
    38: (
        f"{LOGS}:test_too_little_to_learn_from_is_refused_with_the_minimum",
        f"{HERE}:test_a_log_that_cannot_be_understood_is_refused",
    ),
    40: (f"{XES}:test_a_document_type_is_refused_at_once_and_nothing_is_opened",),
    41: (f"{XES}:test_a_document_type_is_refused_at_once_and_nothing_is_opened",),
    42: (f"{HERE}:test_a_gzip_bomb_of_2_gb_is_refused_within_bounds",),
    43: (
        f"{LOGS}:test_gzip_cut_off_anywhere_is_refused_and_never_read_as_a_shorter_log",
        f"{LOGS}:test_parquet_cut_off_is_refused",
        f"{XES}:test_xml_cut_off_anywhere_is_refused_and_never_read_as_a_shorter_log",
    ),
    44: (f"{LOGS}:test_parquet_that_claims_too_many_rows_is_refused_before_they_are_read",),
    45: ("test_jira:test_json_that_is_no_search_is_refused_for_what_it_is",),
    46: (f"{HERE}:test_work_that_never_moves_time_on_ends_with_its_stage",),
    47: (f"{PROJECT}:test_a_twin_that_cannot_cope_loads_with_a_warning_at_its_line",),
    48: (f"{HERE}:test_what_no_machine_can_hold_is_refused_before_it_takes_memory",),
    49: (f"{CHECKS}:test_what_is_evidently_not_meant_is_a_warning",),
    50: ("test_distributions:test_what_makes_no_sense_is_refused_with_the_reason",),
    51: (
        f"{CHECKS}:test_a_calendar_that_never_opens_is_an_error",
        f"{HERE}:test_a_wrong_twin_is_refused_with_its_line",
    ),
    52: (f"{HERE}:test_limits_that_wait_for_each_other_are_a_deadlock_that_names_both",),
    53: ("test_cli:test_a_seed_is_a_whole_number_from_0", f"{HERE}:test_a_wrong_question_is_refused_with_its_line"),
    54: (f"{HERE}:test_names_of_a_report_stay_names", "test_page:test_hostile_names_add_no_tag_and_no_attribute"),
    55: (f"{HERE}:test_names_like_formulas_come_back_from_a_table", "test_exports:test_any_text_comes_back"),
    56: (
        f"{HERE}:test_a_full_disk_leaves_no_part_of_a_file",
        "test_run_killed:test_without_room_a_run_says_where_and_goes_on_once_there_is",
        f"{HERE}:test_a_folder_taken_away_in_the_middle_is_a_storage_error",
        "test_cli:test_a_full_device_is_a_storage_error",
    ),
}  # fmt: skip
NOT_READ = {
    39: "the size of logs is measured by a benchmark, not by a test of seconds",
}


def test_every_case_is_held_by_a_test_that_exists_or_is_said_not_to_be() -> None:
    texts = {file.stem: file.read_text() for file in Path(__file__).parent.glob("test_*.py")}
    held = [place.split(":") for places in CASES.values() for place in places]
    assert [place for place in held if f"def {place[1]}(" not in texts.get(place[0], "")] == []
    assert CASES.keys() | NOT_READ.keys() == set(range(1, 57))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return project(tmp_path)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


# --- 14 to 18, 51, 53: what a file says wrongly -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("arrivals: {kind: poisson, rate", "arrivals: {kind: poisson, rat", "twin.yaml:13  work.letter.arrivals.rat"),
        ("people: 2", "peopl: 2", "twin.yaml:6  teams.clerks.peopl"),
        ("people: 2", "people: three", "twin.yaml:6  teams.clerks.people"),
        ("people: 2", "people: 2.5", "twin.yaml:6  teams.clerks.people"),
        ("people: 2", "people: -2", "twin.yaml:6  teams.clerks.people"),
        ("people: 2", "people: true", "twin.yaml:6  teams.clerks.people"),
        ("people: 2", "people: [2, 3]", "twin.yaml:6  teams.clerks.people"),
        ("20 / week", "[1]", "twin.yaml:13  work.letter.arrivals"),
        ("rate: 20 / week", 'rate: "5"', "twin.yaml:13  work.letter.arrivals.rate"),
        ("rate: 20 / week", "rate: -5 / week", "twin.yaml:13  work.letter.arrivals.rate"),
        (
            "kind: poisson, rate: 20 / week",
            "kind: renewal, gap: 0 h",
            "twin.yaml:13  work.letter.arrivals: the mean gap is 0",
        ),
        ("kind: poisson", "kind: poison", "Did you mean 'poisson'?"),
        ("hours: 09:00-17:00", "hours: 17:00-09:00-", "twin.yaml:4  calendars.office.hours"),
        ("hours: 09:00-17:00", "hours: 09:00-17:00, closed: 2020-01-01..2050-01-01", "work can never finish"),
        ("mean: 2 h", "mean: 2 d", "effort is working time"),
        ("clock: {starts: 2026-01-05}", "clock: {starts: 2026-02-30}", "twin.yaml:2  clock.starts"),
        ("clock: {starts: 2026-01-05}", "clock: {starts: 2026-01-05, zone: Europe/Berln}", "Europe/Berlin"),
    ],
)
def test_a_wrong_twin_is_refused_with_its_line(desk: Path, old: str, new: str, said: str) -> None:
    (desk / "twin.yaml").write_text(changed(TWIN, old, new))
    before = contents(desk)
    told = call("simulate", "twin.yaml", "--items", 5, "--out", "log.csv")
    assert (told.code, said in told.err) == (2, True), told.err
    assert contents(desk) == before


ROUTE = """\
    route:
      start: {answer: 100 %}
      next: {answer: {sign: SHARE, done: 40 %}, sign: {done: 100 %}}
      efforts: {answer: 2 h, sign: 1 h}
"""


@pytest.mark.parametrize("share", ["59 %", "61 %", "-60 %", "160 %"])
def test_shares_that_are_none_are_refused_with_their_line(desk: Path, share: str) -> None:
    head = TWIN[: TWIN.index("    steps:")]
    (desk / "twin.yaml").write_text(head + ROUTE.replace("SHARE", "60 %"))
    assert call("check", "twin.yaml").code == 0
    (desk / "twin.yaml").write_text(head + ROUTE.replace("SHARE", share))
    told = call("check", "twin.yaml")
    assert (told.code, told.err.startswith("twin.yaml:1") and "work.letter.route" in told.err) == (2, True), told.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed: 7", "seed: -1", "more.yaml:5  run.seed"),
        ("seed: 7", f"seed: {2**70}", "more.yaml:5"),
        ("seed: 7", f"seed: {2**64}", "more.yaml:5"),
        ("seed: 7", "seed: abc", "more.yaml:5  run.seed"),
        ("length: 4 w", "length: 0 w", "more.yaml:5  run"),
        ("length: 4 w", "length: -4 w", "more.yaml:5  run.length"),
        ("length: 4 w", "length: 4", "more.yaml:5  run.length"),
        ("warm_up: 1 w", "warm_up: -1 w", "more.yaml:5  run.warm_up"),
        ("replications: 3", "replications: 1", "more.yaml:5  run.replications"),
        ("worth: 1 h", "worth: 0 h", "more.yaml:6  answer"),
        ("worth: 1 h", "worth: 5 %", "more.yaml:6  answer"),
        ("question: Does one more clerk shorten the wait?\n", "", "question"),
        ("{add: 1, to: teams.clerks.people}", "{add: 1, to: teams.clerk.people}", "more.yaml:4  scenarios.one"),
        ("one more clerk:", "Baseline:", "is the twin without changes"),
        ("metric: lead_time", "metric: lead_tim", "lead_time"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_with_its_line(desk: Path, old: str, new: str, said: str) -> None:
    (desk / "more.yaml").write_text(changed(SCENARIO, old, new))
    before = contents(desk)
    told = call("run", "more.yaml", "--out", "out")
    assert (told.code, said in told.err) == (2, True), told.err
    assert contents(desk) == before


def test_mistakes_beyond_fifty_are_counted(desk: Path) -> None:
    lines = [f"  {{add: 1, to: teams.nobody{number}.people}}," for number in range(70)]
    many = changed(SCENARIO, "[{add: 1, to: teams.clerks.people}]", "[\n" + "\n".join(lines) + "\n  ]")
    (desk / "more.yaml").write_text(many)
    told = call("run", "more.yaml", "--out", "out")
    assert told.code == 2
    assert all(len(line) < 400 for line in told.err.splitlines())
    assert len(told.err.splitlines()) <= 51


# --- 19, 20, 42, 48: what is too large --------------------------------------------------------------------------------

# Linux counts in ru_maxrss what the parent had before it became this program; VmHWM is the program's own.
MEASURED = """
import pathlib, re, resource, sys
from twin.cli import main
try:
    main(sys.argv[1:])
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    status = pathlib.Path("/proc/self/status")
    own = re.search(r"VmHWM:\\s*(\\d+)", status.read_text()) if status.exists() else None
    print(f"{used.ru_utime + used.ru_stime:.3f} {own[1] if own else used.ru_maxrss}", file=sys.stderr)
"""


def measured(*arguments: object) -> tuple[Said, float, float]:
    """Call ``twin`` in a process of its own; give processor seconds and the most memory it had, in MB."""
    command = [sys.executable, "-c", MEASURED, *map(str, arguments)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    *lines, last = told.stderr.splitlines()
    seconds, kilobytes = last.split()
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Said(told.returncode, told.stdout, "\n".join(lines)), float(seconds), float(kilobytes) / unit


SIMULATE = ("simulate", "twin.yaml", "--out", "log.csv")
RUN = ("run", "more.yaml", "--out", "out")
TEAMS = "teams:\n" + "".join(f"  t{number}: {{people: 1}}\n" for number in range(10**6))
INSIDE = "inside:\n" + "  - {work: letter, stage: answer, count: 1000000}\n" * 40


@pytest.mark.parametrize(
    ("old", "new", "arguments", "code"),
    [
        pytest.param("teams:\n", TEAMS, (*SIMULATE, "--items", 5), 2, id="10^6 teams"),
        pytest.param("people: 2", "people: 1000000000", (*SIMULATE, "--items", 5), 2, id="10^9 people"),
        pytest.param("20 / week", "1000000000 / week", (*SIMULATE, "--length", "1 w"), 3, id="10^9 items a week"),
        pytest.param("work:\n", INSIDE + "work:\n", (*SIMULATE, "--length", "1 w"), 3, id="10^7 items inside"),
        pytest.param("20 / week", "20 / week", (*SIMULATE, "--items", 10**9), 3, id="10^9 items"),
        pytest.param("length: 4 w", "length: 52000000 w", RUN, 2, id="10^6 years"),
        pytest.param(
            "4 w, replications: 3", "5000 w, replications: 100000", RUN, 3, id="10^5 replications of 96 years"
        ),
    ],
)
def test_what_no_machine_can_hold_is_refused_before_it_takes_memory(
    desk: Path, old: str, new: str, arguments: tuple[object, ...], code: int
) -> None:
    file = desk / str(arguments[1] if old in TWIN else "more.yaml")
    file.write_text(changed(file.read_text(), old, new))
    before = contents(desk)
    told, seconds, megabytes = measured(*arguments)
    assert (told.code, told.out) == (code, "")
    assert re.search("at most|less than or equal|5 MB", told.err), told.err
    assert (seconds < 5, megabytes < 512) == (True, True), (seconds, megabytes)
    assert contents(desk) == before


def test_a_file_of_100_mb_is_refused_by_its_size(desk: Path) -> None:
    with (desk / "twin.yaml").open("r+b") as file:
        file.truncate(100 << 20)
    told, seconds, megabytes = measured("check", "twin.yaml")
    assert (told.code, "5 MB" in told.err) == (2, True), told.err
    assert (seconds < 3, megabytes < 256) == (True, True), (seconds, megabytes)


def test_a_gzip_bomb_of_2_gb_is_refused_within_bounds(desk: Path) -> None:
    member = gzip.compress(bytes(64 << 20), compresslevel=9, mtime=0)
    (desk / "log.csv.gz").write_bytes(member * 32)
    told, seconds, megabytes = measured("calibrate", "log.csv.gz", "--out", "model")
    assert (told.code, told.err.startswith("log.csv.gz: unpacks to more than")) == (2, True), told.err
    assert (seconds < 10, megabytes < 1024) == (True, True), (seconds, megabytes)
    assert not (desk / "model").exists()


# --- 26, 54, 55: names ------------------------------------------------------------------------------------------------

HOSTILE = (
    "../../x",
    "<b>bold</b>",
    "🚧 wip",
    "\u202egnp.exe",
    "</script><script>alert(1)</script>",
    "=1+1",
    "CON",
    "a" * 120,
)


def test_a_scenario_may_have_any_name_and_no_file_follows_it(desk: Path) -> None:
    scenarios = {name: [{"add": 1, "to": "teams.clerks.people"}] for name in HOSTILE}
    written = re.sub(r"scenarios:\n.*\n", f"scenarios: {json.dumps(scenarios, ensure_ascii=False)}\n", SCENARIO)
    (desk / "more.yaml").write_text(written)
    told = call("run", "more.yaml", "--out", "out", "--replications", 2)
    assert told.code == 0, told.err
    assert sorted(contents(desk)) == [
        "more.yaml", "out", "out/manifest.json", "out/report.html", "out/results.json", "out/results.sqlite",
        "twin.yaml",
    ]  # fmt: skip
    assert [each["name"] for each in json.loads((desk / "out/results.json").read_text())["scenarios"]] == list(HOSTILE)


@pytest.mark.parametrize("name", ["x" * 10_000, "", "a\\nb", "a\\u0000b"])
def test_a_scenarios_name_has_an_end(desk: Path, name: str) -> None:
    (desk / "more.yaml").write_text(changed(SCENARIO, "one more clerk:", f'? "{name}"\n  :'))
    told = call("run", "more.yaml", "--out", "out")
    assert told.code == 2
    assert len(told.err) < 1000
    assert sorted(contents(desk)) == ["more.yaml", "twin.yaml"]


MARKUP = "<img src=x onerror='alert(1)' "


def hostile_desk() -> dict[str, Any]:
    """A twin whose every name wants to be code: markup, formulas, templates, addresses."""
    return {
        "twin": MARKUP,
        "clock": {"starts": "2026-01-05"},
        "teams": {"javascript:alert(1)": {"people": 2}, "=1+1": {"people": 1}},
        "stages": {"+1": {"team": "javascript:alert(1)"}, "-2": {"team": "=1+1"}, "@{{x}}": {"team": "=1+1"},
                   "'=cmd|' /C calc'!A0": {"team": "=1+1"}, 'say "so", please; ok': {"team": "=1+1"}},
        "work": {"${x} datum.x </script": {
            "arrivals": {"kind": "poisson", "rate": "20 / week"},
            "steps": [{"stage": stage, "effort": "1 h"} for stage in
                      ("+1", "-2", "@{{x}}", "'=cmd|' /C calc'!A0", 'say "so", please; ok')],
        }},
    }  # fmt: skip


def test_names_of_a_report_stay_names(desk: Path) -> None:
    (desk / "twin.yaml").write_text(json.dumps(hostile_desk()))
    question = changed(SCENARIO, "Does one more clerk shorten the wait?", '"</script><script>alert(1)</script>"')
    (desk / "more.yaml").write_text(changed(question, "teams.clerks.people", "'teams.\"=1+1\".people'"))
    told = call("run", "more.yaml", "--out", "out", "--replications", 2)
    assert told.code == 0, told.err
    page = (desk / "out/report.html").read_text()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page


def test_names_like_formulas_come_back_from_a_table(desk: Path) -> None:
    (desk / "twin.yaml").write_text(json.dumps(hostile_desk()))
    assert call("simulate", "twin.yaml", "--items", 60, "--out", "log.csv", "--quiet").code == 0
    cells = [cell for line in (desk / "log.csv").read_text().splitlines()[1:] for cell in line.split(",")[1:3]]
    assert not [cell for cell in cells if cell.lstrip('"')[:1] in set("=+-@\t\r\n")]
    told = call("calibrate", "log.csv", "--out", "model", "--members", 2, "--quiet")
    assert told.code == 0, told.err
    assert set(load_twin(desk / "model").stages) == set(load_twin(desk / "twin.yaml").stages)


@pytest.mark.parametrize("name", ["a\tb", "a\rb", "a\nb", "x" * 32_000, ""])
def test_a_name_that_no_cell_can_hold_is_refused(desk: Path, name: str) -> None:
    twin = hostile_desk()
    twin["teams"][name] = {"people": 1}
    (desk / "twin.yaml").write_text(json.dumps(twin))
    told = call("check", "twin.yaml")
    assert (told.code, len(told.err) < 500) == (2, True)


# --- 28, 30, 35, 38: logs ---------------------------------------------------------------------------------------------

HEADER = "case_id,activity,resource,start_time,end_time"


def rows(count: int) -> list[str]:
    return [
        f"{case},answer,ann,2026-01-{5 + case % 20:02}T0{case % 8}:00Z,2026-01-{5 + case % 20:02}T0{case % 8}:30Z"
        for case in range(count)
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is empty"),
        ([HEADER], "a header and no rows; a twin needs at least 2 cases"),
        ([HEADER, *rows(1)], "a twin needs at least 2"),
        ([HEADER, *[f"{case},answer,ann,2026-01-05T09:00Z,2026-01-05T09:00Z" for case in range(9)]], "at one instant"),
        ([HEADER, "1,answer,ann,01/02/2024 09:00,01/02/2024 10:00"] * 3, "day and month in unknown order"),
        ([HEADER, *rows(3), *[f"{case},answer,ann,2026-01-05 09:00,2026-01-05 10:00" for case in range(3)]], "zone"),
        (["nothing", "here"], "log.csv:1"),
        ([HEADER.replace("activity", "stage of it"), *rows(9)], "no column is known as activity"),
    ],
)  # fmt: skip
def test_a_log_that_cannot_be_understood_is_refused(desk: Path, lines: list[str], said: str) -> None:
    (desk / "log.csv").write_text("\n".join(lines))
    before = contents(desk)
    told = call("calibrate", "log.csv", "--out", "model", "--members", 2)
    assert (told.code, said in told.err) == (2, True), told.err
    assert contents(desk) == before


def test_rejected_rows_and_used_rows_add_up_to_the_rows_read(desk: Path) -> None:
    backwards = "x,answer,ann,2026-01-06T09:00Z,2026-01-05T09:00Z"
    (desk / "log.csv").write_text("\n".join([HEADER, *rows(40), backwards, "y,answer,ann"]))
    refused = call("calibrate", "log.csv", "--out", "model")
    assert (refused.code, "2 of 42 rows are rejected, more than 1%" in refused.err) == (2, True), refused.err
    assert not (desk / "model").exists()
    told = call(
        "calibrate", "log.csv", "--out", "model", "--members", 2, "--accept-rejects", "--reject-file", "rejects.csv"
    )
    assert told.code == 0, told.err
    assert "42 rows read = 40 used + 2 rejected" in told.out
    assert len((desk / "rejects.csv").read_text().splitlines()) == 3


# --- 46, 52: what happens at run time ---------------------------------------------------------------------------------


def test_work_that_never_moves_time_on_ends_with_its_stage(desk: Path) -> None:
    step = "{stage: sign, effort: 0 h, rework: {chance: 99.9999 %, back_to: sign}}"
    (desk / "twin.yaml").write_text(changed(TWIN, "{stage: sign, effort: {kind: exponential, mean: 30 min}}", step))
    told, seconds, _ = measured("simulate", "twin.yaml", "--items", 5, "--out", "log.csv")
    assert (told.code, "sign" in told.err, "circle" in told.err) == (3, True, True), told.err
    assert seconds < 15
    assert not (desk / "log.csv").exists()


CROSSED = """\
twin: Two that wait for each other
clock: {starts: 2026-01-05}
teams: {ann: {people: 1}, bob: {people: 1}}
stages: {first: {team: ann, wip_limit: 1}, second: {team: bob, wip_limit: 1}}
work:
  forth:
    arrivals: {kind: poisson, rate: 20 / week}
    steps: [{stage: first, effort: 1 h}, {stage: second, effort: 1 h}]
  back:
    arrivals: {kind: poisson, rate: 20 / week}
    steps: [{stage: second, effort: 1 h}, {stage: first, effort: 1 h}]
"""


def test_limits_that_wait_for_each_other_are_a_deadlock_that_names_both(desk: Path) -> None:
    (desk / "twin.yaml").write_text(CROSSED)
    told = call("simulate", "twin.yaml", "--items", 200, "--out", "log.csv")
    assert (told.code, "first" in told.err, "second" in told.err) == (3, True, True), told.err
    assert not (desk / "log.csv").exists()


def test_limits_that_wait_for_each_other_end_a_run_by_the_clock_as_well(desk: Path) -> None:
    (desk / "twin.yaml").write_text(CROSSED)
    told = call("simulate", "twin.yaml", "--length", "4 w", "--out", "log.csv")
    assert (told.code, (desk / "log.csv").exists()) == (3, False)


# --- 56: where nothing can be written ---------------------------------------------------------------------------------

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from twin.cli import main
main(sys.argv[2:])
"""


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
@pytest.mark.parametrize(("kilobytes", "verb"), [(0, "run"), (10, "run"), (300, "run"), (1, "simulate"), (1, "init")])
def test_a_full_disk_leaves_no_part_of_a_file(desk: Path, kilobytes: int, verb: str) -> None:
    asked = {
        "run": ["run", "more.yaml", "--out", "out", "--replications", "2"],
        "simulate": ["simulate", "twin.yaml", "--items", "50", "--out", "log.csv"],
        "init": ["init", "new", "--example", "demo"],
    }
    command = [sys.executable, "-c", LIMITED, str(kilobytes << 10), *asked[verb]]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, " cannot be written: " in told.stderr) == (4, True), told.stderr
    assert "Traceback" not in told.stderr
    whole = {name for name, content in contents(desk).items() if content and "results.sqlite" not in name}
    assert whole <= {"more.yaml", "twin.yaml", "out/results.json"}
    if (desk / "out/results.json").exists():
        assert json.loads((desk / "out/results.json").read_text())["scenarios"]


def test_a_folder_taken_away_in_the_middle_is_a_storage_error(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from twin.cli import answering
    from twin.experiment import run_experiment

    def run_and_lose(*arguments: Any, **named: Any) -> Any:
        shutil.rmtree(desk / "out")
        return run_experiment(*arguments, **named)

    monkeypatch.setattr(answering, "run_experiment", run_and_lose)
    told = call("run", "more.yaml", "--out", "out")
    assert (told.code, "cannot be written" in told.err) == (4, True), told.err
    assert sorted(contents(desk)) == ["more.yaml", "twin.yaml"]


def test_a_mistake_is_told_within_a_second_and_a_half(desk: Path) -> None:
    (desk / "twin.yaml").write_text(changed(TWIN, "people: 2", "people: two"))
    began = time.process_time()
    assert call("check", "twin.yaml").code == 2
    assert time.process_time() - began < 1.5

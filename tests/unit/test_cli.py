"""The command line keeps its word to people and to scripts: codes, streams, files, and an answer at once."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from commands import ROOT, TWIN, TWIN_COMMAND, Said, call, contents, project, start

import twin.cli.simulate
import twin.project
from calibration.sources import read_log
from twin.engine import simulate
from twin.engine.telling import Tell
from twin.outcome import Outcome

BUSY = 2.5
"""How much slower than promised a loaded machine may be: other programs cost caches and clock speed, not only time."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return project(tmp_path)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log, what was learned from it, and the weeks after it."""
    folder = project(tmp_path_factory.mktemp("learned"))
    for name, begin, items, seed in (("past.csv", "2026-01-05", 150, 1), ("next.csv", "2026-03-09", 40, 2)):
        out = ("--out", folder / name, "--items", items, "--from", begin, "--seed", seed)
        assert call("simulate", folder / "twin.yaml", *out, "--quiet").code == 0
    assert call("calibrate", folder / "past.csv", "--out", folder / "model", "--members", 2, "--quiet").code == 0
    return folder


# --- each verb does what it says --------------------------------------------------------------------------------------


def test_init_writes_a_project_that_checks(tmp_path: Path) -> None:
    assert call("init", tmp_path / "new", "--quiet").code == 0
    files = sorted((tmp_path / "new").glob("*.yaml"))
    assert call("check", *files).code == 0


def test_init_touches_no_file_that_is_there(desk: Path) -> None:
    before = contents(desk)
    said = call("init", desk)
    assert (said.code, contents(desk)) == (2, before)
    assert "already holds twin.yaml" in said.err


@pytest.mark.usefixtures("desk")
def test_check_tells_twins_and_scenarios_apart() -> None:
    assert call("check", "twin.yaml", "more.yaml").out == (
        "twin.yaml: a valid twin, no warnings\nmore.yaml: a valid scenario, no warnings\n"
    )


def test_check_tells_a_scenario_that_only_extends_another(desk: Path) -> None:
    (desk / "longer.yaml").write_text("extends: more.yaml\nrun: {length: 8 w}\n")
    assert call("check", "longer.yaml").out == "longer.yaml: a valid scenario, no warnings\n"


def test_check_tells_the_mistakes_of_all_files_at_once(desk: Path) -> None:
    (desk / "twin.yaml").write_text(TWIN.replace("team: clerks", "team: clerk"))
    (desk / "other.yaml").write_text("twin: 3 w\n")
    said = call("check", "twin.yaml", "absent.yaml", "other.yaml")
    assert said.code == 2
    assert [line.split("  ")[0].split(":")[0] for line in said.err.splitlines()][:2] == ["twin.yaml", "absent.yaml"]
    assert "other.yaml" in said.err


def test_check_prints_a_warning_and_still_succeeds(desk: Path) -> None:
    (desk / "twin.yaml").write_text(TWIN.replace("20 / week", "60 / week"))
    said = call("check", "twin.yaml")
    assert (said.code, said.out.startswith("warning: twin.yaml:6  teams.clerks: offered load")) == (0, True)


def test_calibrate_says_what_became_of_every_row(learned: Path, tmp_path: Path) -> None:
    said = call("calibrate", learned / "past.csv", "--out", tmp_path / "model", "--members", 2)
    assert "300 rows read = 300 used + 0 rejected" in said.out
    assert sorted(contents(tmp_path / "model")) == [
        "ensemble.jsonl",
        "evidence.json",
        "grounds.json",
        "history.parquet",
        "twin.yaml",
    ]


def test_backtest_writes_the_figures_it_prints(learned: Path, tmp_path: Path) -> None:
    out = tmp_path / "tested.json"
    said = call("backtest", learned / "model", learned / "next.csv", "--replications", 2, "--out", out, "--json")
    assert json.loads(out.read_text()) == json.loads(said.out)


def test_simulate_lets_so_many_items_come_and_go(desk: Path) -> None:
    assert call("simulate", "twin.yaml", "--out", "log.csv", "--items", 30, "--replications", 2).code == 0
    log = pl.read_csv(desk / "log.csv")
    assert log.group_by("replication").agg(pl.col("case_id").n_unique()).sort("replication").rows() == [
        (0, 30),
        (1, 30),
    ]


def test_simulate_runs_so_long_with_open_items(desk: Path) -> None:
    assert call("simulate", "twin.yaml", "--out", "log.csv", "--length", "1 w", "--from", "2026-02-02").code == 0
    log = pl.read_csv(desk / "log.csv", try_parse_dates=True)
    assert log["end_time"].null_count() > 0
    assert str(log["start_time"].max()) < "2026-02-09"


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.parquet"])
def test_what_simulate_writes_calibration_reads(desk: Path, name: str) -> None:
    assert call("simulate", "twin.yaml", "--out", name, "--items", 30, "--quiet").code == 0
    intake = read_log([desk / name]).intake
    assert (intake.rows_used, sum(intake.rejected.values())) == (60, 0)


def test_a_calibrated_folder_is_a_twin(learned: Path, tmp_path: Path) -> None:
    assert call("simulate", learned / "model", "--out", tmp_path / "log.csv", "--items", 10, "--quiet").code == 0


def test_run_answers_the_question_and_writes_its_files(desk: Path) -> None:
    said = call("run", "more.yaml", "--out", "out")
    assert said.code == 0
    assert "\n\nDoes one more clerk shorten the wait?\n- " in said.out
    assert sorted(contents(desk / "out")) == ["manifest.json", "report.html", "results.json", "results.sqlite"]


def test_diff_says_in_words_what_differs(desk: Path) -> None:
    (desk / "other.yaml").write_text(TWIN.replace("people: 2", "people: 3"))
    assert call("diff", "twin.yaml", "other.yaml").out == "2 → 3 clerks\n"
    assert call("diff", "twin.yaml", "twin.yaml").out == "no difference\n"


def test_doctor_names_the_versions_that_results_depend_on() -> None:
    assert {"python", "worktwin", "numpy", "polars", "tzdata", "platform", "cache"} <= set(
        json.loads(call("doctor", "--json").out)
    )


# --- streams ----------------------------------------------------------------------------------------------------------

JSON_VERBS: dict[str, Callable[[Path], tuple[object, ...]]] = {
    "init": lambda _: ("init", "new", "--json"),
    "check": lambda _: ("check", "twin.yaml", "more.yaml", "--json"),
    "profile": lambda folder: ("profile", folder / "past.csv", "--out", "seen", "--json"),
    "calibrate": lambda folder: ("calibrate", folder / "past.csv", "--out", "model", "--members", 2, "--json"),
    "backtest": lambda folder: ("backtest", folder / "model", folder / "next.csv", "--replications", 2, "--json"),
    "simulate": lambda _: ("simulate", "twin.yaml", "--out", "log.csv", "--items", 5, "--json"),
    "run": lambda _: ("run", "more.yaml", "--out", "out", "--replications", 2, "--json"),
    "diff": lambda _: ("diff", "twin.yaml", "twin.yaml", "--json"),
    "schema": lambda _: ("schema", "scenario"),
    "doctor": lambda _: ("doctor", "--json"),
}


def strict(text: str) -> object:
    def refuse(word: str) -> object:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("verb", JSON_VERBS)
@pytest.mark.usefixtures("desk")
def test_json_is_strict_and_alone_on_standard_output(learned: Path, verb: str) -> None:
    said = call(*JSON_VERBS[verb](learned))
    assert (said.code, said.err) == (0, "")
    assert strict(said.out) is not None
    assert said.out.isascii()


@pytest.mark.parametrize("verb", ["init", "check", "profile", "calibrate", "simulate", "run"])
@pytest.mark.usefixtures("desk")
def test_quiet_is_quiet(learned: Path, verb: str) -> None:
    arguments = [argument for argument in JSON_VERBS[verb](learned) if argument != "--json"]
    assert call(*arguments, "--quiet") == Said(0, "", "")


@pytest.mark.parametrize("verb", ["run", "simulate"])
def test_quiet_keeps_the_warnings_of_a_run_on_standard_error(desk: Path, learned: Path, verb: str) -> None:
    (desk / "twin.yaml").write_text(TWIN.replace("20 / week", "60 / week"))
    asked = [argument for argument in JSON_VERBS[verb](learned) if argument != "--json"]
    said = call(*asked, "--quiet")
    assert (said.out, said.err.startswith("warning: twin.yaml:6  teams.clerks")) == ("", True)


def test_a_mistake_stands_on_standard_error_with_file_line_and_path(desk: Path) -> None:
    (desk / "twin.yaml").write_text(TWIN.replace("team: seniors", "team: senior"))
    said = call("simulate", "twin.yaml", "--out", "log.csv", "--items", 5)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("twin.yaml:10  stages.sign.team: 'senior' is not a team of this twin. Did you mean")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_names_outside_the_terminals_letters_are_printed_escaped(desk: Path, form: tuple[str, ...]) -> None:
    (desk / "Größe.yaml").write_text(TWIN)
    told = start("check", "Größe.yaml", *form, environment={**os.environ, "PYTHONIOENCODING": "ascii:strict"})
    assert (told.returncode, told.stderr) == (0, "")
    assert r"Gr\xf6\xdfe" in told.stdout or json.loads(told.stdout)[0]["file"] == "Größe.yaml"


def test_a_reader_that_has_seen_enough_causes_no_traceback() -> None:
    with subprocess.Popen([*TWIN_COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert (child.stderr.read(), child.wait(30)) == (b"", 4)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device, on Linux only")
def test_a_full_device_is_a_storage_error() -> None:
    with Path("/dev/full").open("wb") as full:
        told = subprocess.run([*TWIN_COMMAND, "doctor"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=30)
    assert (told.returncode, told.stderr) == (4, b"cannot print: No space left on device\n")


def test_a_closed_standard_output_is_a_storage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.cli.console.sys.stdout", None)
    with pytest.raises(SystemExit) as left:
        twin.cli.main(["doctor"])
    assert left.value.code == 4


@pytest.mark.parametrize("verb", ["calibrate", "backtest"])
@pytest.mark.usefixtures("desk")
def test_an_engine_compiled_for_calibration_is_told(learned: Path, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiling(*asked: Any, tell: Tell, **named: Any) -> Outcome:
        tell("compiled")
        return simulate(*asked, **named)

    monkeypatch.setattr("calibration.rerun.simulate", compiling)
    monkeypatch.setattr("twin.caseload.simulate", compiling)
    assert call(*JSON_VERBS[verb](learned)).err.startswith("compiled\n")


# --- mistakes on the command line -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Usage: twin"),
        (("chekc",), "Did you mean 'check'?"),
        (("check",), "Missing argument"),
        (("check", "twin.yaml", "--nope"), "No such option: --nope"),
        (("check", "absent.yaml"), "absent.yaml: cannot be read: No such file or directory"),
        (("check", "empty"), "twin.yaml: cannot be read"),
        (("run", "empty", "--out", "out"), "empty: is a folder, not a file"),
        (("run", "absent.yaml", "--out", "out"), "absent.yaml: cannot be read"),
        (("run", "more.yaml"), "Missing option '--out'"),
        (("run", "more.yaml", "--out", "out", "--replications", "1"), "Invalid value for '--replications'"),
        (("profile", "absent.csv"), "absent.csv: cannot be read"),
        (("calibrate", "absent.csv", "--out", "model"), "absent.csv: cannot be read"),
        (("calibrate", "empty", "--out", "model"), "empty: is a folder"),
        (("calibrate", "twin.yaml", "--out", "model", "--map", "case_id"), "--map 'case_id': write role=column pairs"),
        (("backtest", "twin.yaml", "log.csv"), "holds no history.parquet"),
        (("backtest", "absent", "log.csv"), "absent: cannot be read"),
        (("simulate", "twin.yaml", "--out", "log.csv"), "either how many items (--items 1000) or how long"),
        (("simulate", "twin.yaml", "--out", "log.csv", "--items", "5", "--length", "1w"), "one of the two"),
        (("simulate", "twin.yaml", "--out", "log.csv", "--items", "0"), "Invalid value for '--items'"),
        (("simulate", "twin.yaml", "--out", "log.csv", "--items", "-3"), "Invalid value for '--items'"),
        (("simulate", "twin.yaml", "--out", "log.csv", "--length", "0 w"), "the length must be above 0"),
        (("simulate", "twin.yaml", "--out", "log.csv", "--length=-3w"), "the length must be above 0"),
        (("simulate", "twin.yaml", "--out", "log.csv", "--length", "3"), "'3' is not a duration"),
        (("simulate", "twin.yaml", "--out", "log.csv", "--items", "5", "--from", "soon"), "'soon' is not a date"),
        (("simulate", "twin.yaml", "--out", "log.xlsx", "--items", "5"), "log.xlsx: names no format of tables"),
        (("schema", "twins"), "'twins' is not a kind of file. Did you mean 'twin'?"),
        (("init", "new", "--example", "../.."), "'../..' is not an example"),
        (("init", "new", "--example", "."), "'.' is not an example"),
        (("diff", "twin.yaml", "absent.yaml"), "absent.yaml: cannot be read"),
    ],
    ids=lambda part: " ".join(part)[:60] if isinstance(part, tuple) else "",
)
def test_a_mistake_is_bad_input_and_nothing_is_written(desk: Path, arguments: tuple[str, ...], said: str) -> None:
    (desk / "empty").mkdir()
    before = contents(desk)
    told = call(*arguments)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
    assert contents(desk) == before


@pytest.mark.parametrize("seed", ["-1", str(2**70), str(2**64), "abc", "1.5", ""])
@pytest.mark.parametrize("verb", ["simulate", "run", "backtest"])
@pytest.mark.usefixtures("desk")
def test_a_seed_is_a_whole_number_from_0(seed: str, verb: str) -> None:
    asked = {
        "simulate": ("simulate", "twin.yaml", "--out", "log.csv", "--items", "5"),
        "run": ("run", "more.yaml", "--out", "out"),
        "backtest": ("backtest", "model", "log.csv"),
    }
    told = call(*asked[verb], f"--seed={seed}")
    assert (told.code, "Invalid value for '--seed'" in told.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--items", "1000000000"), "1,000,000,000 items were asked for; at most"),
        (("--items", "200000"), "years; at most 100"),
        (("--items", "6000", "--replications", "100000"), "visits in all replications"),
        (("--length", "10400 w"), "years; at most 100"),
    ],
)
def test_a_run_beyond_the_budget_stops_before_it_begins(desk: Path, arguments: tuple[str, ...], said: str) -> None:
    before = contents(desk)
    told = call("simulate", "twin.yaml", "--out", "log.csv", *arguments)
    assert (told.code, said in told.err) == (3, True)
    assert contents(desk) == before


def test_a_table_beyond_the_budget_ends_the_run_without_a_file(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.cli.simulate.MAX_ROWS", 50)
    said = call("simulate", "twin.yaml", "--out", "log.csv", "--items", 20, "--replications", 2)
    assert (said.code, said.err) == (3, "more than 50 visits; one table holds no more. Make fewer replications\n")
    assert sorted(contents(desk)) == ["more.yaml", "twin.yaml"]


def test_replications_given_by_hand_count_for_the_budget(desk: Path) -> None:
    (desk / "twin.yaml").write_text(TWIN.replace("20 / week", "5000 / week").replace("people: 2", "people: 900"))
    before = contents(desk)
    told = call("run", "more.yaml", "--out", "out", "--replications", 100_000)
    assert (told.code, "visits in all replications" in told.err) == (3, True)
    assert contents(desk) == before


# --- where results go -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "more.yaml", "--out", "twin.yaml"),
        ("run", "more.yaml", "--out", "twin.yaml/below"),
        ("simulate", "twin.yaml", "--items", "5", "--out", "."),
        ("simulate", "twin.yaml", "--items", "5", "--out", "absent/log.csv"),
        ("simulate", "twin.yaml", "--items", "5", "--out", "CON.csv"),
        ("simulate", "twin.yaml", "--items", "5", "--out", "twin.csv"),
        ("calibrate", "log.csv", "--out", "log.csv"),
        ("calibrate", "model/history.parquet", "--out", "model"),
        ("backtest", "model", "log.csv", "--out", "log.csv"),
        ("backtest", "model", "log.csv", "--out", "model/twin.yaml"),
        ("simulate", "model", "--items", "5", "--out", "model/history.parquet"),
        ("init", "twin.yaml"),
    ],
    ids=" ".join,
)
def test_an_output_that_cannot_be_is_refused_before_the_run(
    desk: Path, learned: Path, arguments: tuple[str, ...]
) -> None:
    (desk / "twin.csv").symlink_to("twin.yaml")
    (desk / "log.csv").write_bytes((learned / "next.csv").read_bytes())
    (desk / "model").mkdir()
    for name, content in contents(learned / "model").items():
        (desk / "model" / name).write_bytes(content)
    before = contents(desk)
    told = call(*arguments)
    assert (told.code in {2, 4}, told.out) == (True, "")
    assert contents(desk) == before


@pytest.mark.skipif(os.name != "posix", reason="/proc takes no files, on Linux only")
@pytest.mark.parametrize("verb", ["run", "calibrate", "init"])
def test_a_folder_that_takes_no_files_is_a_storage_error(desk: Path, verb: str) -> None:
    asked = {
        "run": ("run", "more.yaml", "--out", "/proc/out"),
        "calibrate": ("calibrate", "log.csv", "--out", "/proc/model"),
        "init": ("init", "/proc/new"),
    }
    assert call(*asked[verb]).code == 4
    assert sorted(contents(desk)) == ["more.yaml", "twin.yaml"]


def test_a_log_that_cannot_be_learned_from_leaves_no_folder_behind(desk: Path) -> None:
    (desk / "log.csv").write_text("case_id,activity,start_time,end_time\n")
    assert call("calibrate", "log.csv", "--out", "new/model").code == 2
    assert not (desk / "new").exists()


# --- interrupted ------------------------------------------------------------------------------------------------------


def test_a_cancelled_verb_leaves_with_130_and_no_file(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("twin.project.read_twin", interrupt)
    before = contents(desk)
    said = call("simulate", "twin.yaml", "--out", "log.csv", "--items", 5)
    assert (said.code, "Traceback" in said.err, contents(desk)) == (130, False, before)


@pytest.fixture
def heeded() -> Iterator[None]:
    """Let Ctrl-C count: shells start what runs in the background with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("desk", "heeded")
def test_ctrl_c_that_a_library_swallows_still_ends_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    read = twin.project.read_twin

    def swallowing(*arguments: Any, **options: Any) -> Any:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return read(*arguments, **options)

    monkeypatch.setattr("twin.project.read_twin", swallowing)
    assert call("run", "more.yaml", "--out", "out").code == 130


# --- same seed, same bytes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.parquet"])
def test_the_same_seed_gives_the_same_log(desk: Path, name: str) -> None:
    written = []
    for seed in (5, 5, 6):
        assert call("simulate", "twin.yaml", "--out", name, "--items", 10, "--seed", seed).code == 0
        written.append((desk / name).read_bytes())
    assert (written[0] == written[1], written[0] == written[2]) == (True, False)


def test_the_same_seed_gives_the_same_answer(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for at, seed in (("one", 5), ("two", 5), ("three", 6)):
        (desk / at).mkdir()
        project(desk / at)
        monkeypatch.chdir(desk / at)
        assert call("run", "more.yaml", "--out", "out", "--seed", seed).code == 0
        written.append(contents(desk / at / "out"))
    one, two, three = written
    assert one["results.json"] == two["results.json"] != three["results.json"]
    assert one["report.html"] == two["report.html"] != three["report.html"]
    manifests = [json.loads(each["manifest.json"]) for each in (one, two)]
    differing = {name for name in manifests[0] if manifests[0][name] != manifests[1][name]}
    assert differing <= {"started", "ended"}


def test_a_seed_that_was_not_given_is_chosen_printed_and_kept(desk: Path) -> None:
    assert json.loads(call("simulate", "twin.yaml", "--out", "log.csv", "--items", 5, "--json").out)["seed"] == 1
    assert json.loads(call("run", "more.yaml", "--out", "out", "--json").out)["seed"] == 7
    assert json.loads((desk / "out/manifest.json").read_text())["seed"] == 7


# --- an answer at once ------------------------------------------------------------------------------------------------

HEAVY = ("scipy", "simpy", "altair", "numba", "polars", "rich.progress", "calibration", "vl_convert")


def loaded(*arguments: object) -> set[str]:
    """Call a verb and tell which of the heavy libraries it has loaded."""
    program = f"""
import sys
from twin.cli import main
try:
    main({[str(argument) for argument in arguments]!r})
except SystemExit:
    pass
print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(told.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("run", "--help"), ("check", ROOT / "scenarios/payments/twin.yaml"), ("schema",), ("doctor",)],
    ids=lambda arguments: str(arguments[0]),
)
def test_what_needs_no_run_loads_no_heavy_library(arguments: tuple[object, ...]) -> None:
    assert loaded(*arguments) == set()


@pytest.mark.usefixtures("desk")
def test_a_small_run_loads_only_what_it_draws_on() -> None:
    assert loaded("run", "more.yaml", "--out", "out", "--quiet") <= {"scipy", "simpy", "altair"}


@pytest.mark.parametrize(
    ("arguments", "seconds"), [(("--help",), 0.3), (("check", ROOT / "scenarios/payments/twin.yaml"), 0.5)]
)
def test_help_and_check_answer_at_once(arguments: tuple[object, ...], seconds: float) -> None:
    """Processor time of the child, since wall time is other programs' too; the best of three, times `BUSY`."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert start(*arguments).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < seconds * BUSY

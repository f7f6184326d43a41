"""XES gives the visits that the same log as CSV gives; what is no XES, or reaches beyond its file, is refused."""

import gzip
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.sources import Reading, read_log
from calibration.sources import xes as xes_module
from calibration.sources.aggregates import is_metrics
from calibration.sources.sifting import open_table
from twin.errors import InputError
from twin.eventlog import exported

Attributes = Mapping[str, str | None]
Trace = tuple[str | None, Sequence[Attributes]]

ESCAPED = {each: f"&#{ord(each)};" for each in "&<>\"'\n\r\t"}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849.2016" xmlns="http://www.xes-standard.org/">\n'


def attribute(key: str, value: str, kind: str = "string") -> str:
    key, value = ("".join(ESCAPED.get(each, each) for each in text) for text in (key, value))
    return f'<{kind} key="{key}" value="{value}"/>'


def event(attributes: Attributes) -> str:
    return (
        f"<event>{''.join(attribute(key, value) for key, value in attributes.items() if value is not None)}</event>\n"
    )


def written(traces: Sequence[Trace], *, head: str = HEAD, outside: str = "") -> str:
    named = [(attribute("concept:name", name) if name else "", events) for name, events in traces]
    told = "".join(f"<trace>{name}\n{''.join(map(event, events))}</trace>\n" for name, events in named)
    return f"{head}{told}{outside}</log>\n"


def step(activity: str, transition: str, hour: int, person: str = "Ada") -> Attributes:
    return {
        "concept:name": activity,
        "lifecycle:transition": transition,
        "time:timestamp": f"2026-01-05T{hour:02d}:00:00.000+01:00",
        "org:resource": person,
    }


BUILT = (step("build", "start", 9), step("build", "complete", 11))
TRACES: Sequence[Trace] = (("C1", BUILT), ("C2", BUILT))


def file_of(folder: Path, data: str | bytes, name: str = "log.xes") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(folder: Path, data: str | bytes, **options: object) -> Reading:
    return read_log([file_of(folder, data)], **options)  # type: ignore[arg-type]


def refusal(folder: Path, data: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, data)
    return str(caught.value)


def cells(folder: Path, data: str | bytes) -> pl.DataFrame:
    """Give all rows of a log with all columns."""
    table = open_table(file_of(folder, data), "utf-8")
    return pl.concat(rows.frame for rows in table.rows(table.header))


# --- what a log becomes -----------------------------------------------------------------------------------------------


def test_starts_and_completions_of_events_become_visits(tmp_path: Path) -> None:
    frame = exported(read(tmp_path, written(TRACES)).log)
    hours = frame.select("case_id", "activity", pl.col("start_time", "end_time").dt.hour())
    assert hours.rows() == [("C1", "build", 8, 10), ("C2", "build", 8, 10)]


def test_every_attribute_is_a_column_and_those_of_the_trace_are_named_so(tmp_path: Path) -> None:
    trace = "<trace><string key='concept:name' value='C1'/><int key='amount' value='007'/><event/>"
    events = "<event><float key='cost' value='1.50'/><boolean key='late' value='true'/></event></trace>"
    frame = cells(tmp_path, f"{HEAD}{trace}\n{events}</log>")
    assert frame.rows(named=True) == [
        {"\0place": 3, "cost": None, "late": None, "case:concept:name": "C1", "case:amount": "007"},
        {"\0place": 4, "cost": "1.50", "late": "true", "case:concept:name": "C1", "case:amount": "007"},
    ]


def test_attributes_of_a_trace_may_follow_its_events(tmp_path: Path) -> None:
    late = f"{HEAD}<trace>{event(BUILT[0])}{attribute('concept:name', 'C1')}</trace></log>"
    assert cells(tmp_path, late)["case:concept:name"].to_list() == ["C1"]


def test_what_lies_inside_attributes_lists_and_declarations_is_no_value(tmp_path: Path) -> None:
    inner = attribute("concept:name", "inner")
    nested = f"<string key='concept:name' value='build'>{inner}</string><list key='org:group'>{inner}</list>"
    declared = f'<global scope="event">{attribute("org:resource", "UNKNOWN")}{attribute("cost", "0")}</global>'
    frame = cells(tmp_path, f"{HEAD}{declared}{inner}<trace>{inner}<event>{nested}</event></trace></log>")
    assert frame.drop("\0place").rows(named=True) == [{"concept:name": "build", "case:concept:name": "inner"}]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (written(TRACES).replace("build", "prüfen"), "utf-8-sig"),
        (written(TRACES).replace("UTF-8", "UTF-16").replace("build", "prüfen"), "utf-16"),
        (written(TRACES).replace("UTF-8", "ISO-8859-1").replace("build", "prüfen"), "latin-1"),
        (written(TRACES).replace("UTF-8", "windows-1252").replace("build", "prüfen"), "cp1252"),
        (written(TRACES, head="<!-- by hand -->\n<log>").replace("build", "prüfen"), "utf-8"),
    ],
)
def test_encodings_are_those_the_file_declares(tmp_path: Path, text: str, encoding: str) -> None:
    assert read(tmp_path, text.encode(encoding)).log.frame["stage"].unique().to_list() == ["prüfen"]


def test_names_may_have_a_prefix_and_those_of_other_namespaces_are_passed_over(tmp_path: Path) -> None:
    head = '<x:log xmlns:x="http://www.xes-standard.org/" xmlns="urn:other"><trace/><event/>'
    prefixed = written(TRACES, head="").replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    assert len(cells(tmp_path, head + prefixed)) == 4


def test_gzip_is_unpacked_and_the_account_says_what_was_read(tmp_path: Path) -> None:
    path = file_of(tmp_path, gzip.compress(written(TRACES).encode(), mtime=0), "log.xes.gz")
    assert tuple(read_log([path]).intake.dialects.values()) == ("history, XES, 4 events of 2 traces, gzip",)


def test_a_log_with_both_times_in_an_event_is_one_of_visits(tmp_path: Path) -> None:
    both = {**BUILT[1], "start_timestamp": "2026-01-05T09:00:00+01:00"}
    reading = read(tmp_path, written([("C1", [both]), ("C2", [both])]))
    assert next(iter(reading.intake.dialects.values())).startswith("visits, XES")


def test_statuses_of_a_tracker_are_told_as_such(tmp_path: Path) -> None:
    steps = (("Accepted", "In Progress"), ("Queued", "Awaiting Assignment"), ("Completed", "Closed"))
    events = [step(status, inner, 9 + hour) for hour, (status, inner) in enumerate(steps)]
    meanings = read(tmp_path, written([("C1", events), ("C2", events)])).meanings
    assert meanings is not None
    assert {name: each.means for name, each in meanings.statuses.items()} == {
        "Accepted / In Progress": "work",
        "Queued / Awaiting Assignment": "waiting",
        "Completed / Closed": "done",
    }


def test_a_log_is_no_file_of_metrics(tmp_path: Path) -> None:
    keys = {"metric": "wip", "value": "3", "week": "2026-01-05"}
    assert not is_metrics(file_of(tmp_path, written([("C1", [keys])])))


# --- rows that are refused --------------------------------------------------------------------------------------------


def test_events_without_a_case_are_rejected_with_their_line_and_the_account_adds_up(tmp_path: Path) -> None:
    text = written([*TRACES, (None, BUILT)], outside=event(BUILT[0]))
    intake = read(tmp_path, text, accept_rejects=True).intake
    assert intake.rejected == {"its trace has no concept:name": 2, "event outside a trace": 1}
    assert intake.first_rejected["event outside a trace"].endswith("log.xes:15")
    assert intake.rows_read == 7


def test_events_need_no_trace_where_another_attribute_is_the_case(tmp_path: Path) -> None:
    events = [{**each, "ticket": case} for case in ("T1", "T2") for each in BUILT]
    reading = read(tmp_path, written([], outside="".join(map(event, events))), columns={"case_id": "ticket"})
    assert reading.log.cases == ("T1", "T2")


def test_two_values_of_one_attribute_reject_the_event_and_the_same_value_twice_does_not(tmp_path: Path) -> None:
    twice = event(BUILT[0]).replace("</event>", f"{attribute('concept:name', 'test')}</event>")
    same = event(BUILT[1]).replace("</event>", f"{attribute('concept:name', 'build')}</event>")
    last = f"<trace>{attribute('concept:name', 'C3')}{twice}{same}</trace>"
    intake = read(tmp_path, written(TRACES, outside=last), accept_rejects=True).intake
    assert intake.rejected == {"an attribute twice with different values": 1}


def test_a_trace_with_two_names_rejects_its_events(tmp_path: Path) -> None:
    text = written([*TRACES, ("C3", BUILT)]).replace('value="C3"/>', 'value="C3"/><id key="concept:name" value="C4"/>')
    assert read(tmp_path, text, accept_rejects=True).intake.rejected == {"an attribute twice with different values": 2}


def test_traces_without_events_count_for_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, written([("C0", []), *TRACES, ("C9", [])])).log.cases == ("C1", "C2")


# --- files that are refused -------------------------------------------------------------------------------------------

WHOLE = written(TRACES)
DEEP = '<string key="a" value="b">'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("<!DOCTYPE html>\n<html><body/></html>", "log.xes: is an HTML page; export the log as XES, CSV or Parquet"),
        ("<WorkflowLog/>", "log.xes:1: is XML of <WorkflowLog>, not the <log> of XES; export the log"),
        ('<?xml version="1.0"?>\n<log/>', "log.xes: holds no events"),
        (written([("C1", [])]), "log.xes: holds no events"),
        ("<log>\n<trace>\n</log></trace>", "log.xes:3: is no whole XML: mismatched tag in column 3"),
        (WHOLE + WHOLE[len(HEAD) :], "log.xes:12: is no whole XML: junk after document element"),
        ("<log><x:trace/></log>", "is no whole XML: unbound prefix"),
        (b"<log>\n<trace>\xff</trace></log>", "log.xes:2: is no whole XML: not well-formed"),
        (b"<\0\1\2\xff\xfe", "log.xes:1: is no whole XML"),
        ("<?xml version='1.0' encoding='klingon'?><log/>", "declares an encoding that is not read: unknown encoding"),
        ("<?xml version='1.0' encoding='zlib'?><log/>", "declares an encoding that is not read: 'zlib'"),
        (f"<log><trace><event>\n{event(BUILT[0])}</event></trace></log>", "log.xes:2: has an <event> inside another"),
        ("<log><trace><trace/></trace></log>", "log.xes:1: has a <trace> inside another element than <log>"),
        (f"<log>{DEEP * 1_000_000}", "log.xes:1: is nested deeper than 64"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) and "log.xes" in value else "",
)
def test_what_is_no_log_is_refused_for_what_it_is(tmp_path: Path, data: str | bytes, message: str) -> None:
    assert message in refusal(tmp_path, data)


def test_xml_cut_off_anywhere_is_refused_and_never_read_as_a_shorter_log(tmp_path: Path) -> None:
    data = WHOLE.rstrip().encode()
    for size in range(1, len(data)):
        assert "is cut off, XML that does not end" in refusal(tmp_path, data[:size]), data[:size]


ENTITIES = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        (f"<!DOCTYPE log [{ENTITIES}]>", "&l12;"),
        (f'<!DOCTYPE log [<!ENTITY l "{"l" * 100_000}">]>', "&l;" * 100_000),
        ('<!DOCTYPE log [<!ENTITY l SYSTEM "SECRET">]>', "&l;"),
        ('<!DOCTYPE log [<!ENTITY % l SYSTEM "SECRET"> %l;]>', ""),
        ('<!DOCTYPE log SYSTEM "SECRET">', ""),
        ("<!DOCTYPE log>", ""),
    ],
    ids=["entities that multiply", "a long entity", "an external one", "a parameter", "an external DTD", "no more"],
)
def test_a_document_type_is_refused_at_once_and_nothing_is_opened(tmp_path: Path, declared: str, used: str) -> None:
    secret = file_of(tmp_path, "hidden", "secret.txt")
    text = f"<?xml version='1.0'?>\n{declared.replace('SECRET', secret.as_uri())}\n{WHOLE[len(HEAD) - 6 :]}"
    begin = time.perf_counter()
    message = refusal(tmp_path, f"{text}{used}")
    assert "log.xes:2: has a DOCTYPE, which is not allowed" in message
    assert (time.perf_counter() - begin < 1, "hidden" in message) == (True, False)


def test_an_entity_that_was_never_declared_is_refused(tmp_path: Path) -> None:
    assert "log.xes:4: is no whole XML: undefined entity" in refusal(tmp_path, WHOLE.replace("build", "&build;", 1))


def test_too_many_different_keys_are_refused_at_their_line(tmp_path: Path) -> None:
    events = "".join(event({f"key {n}": ""}) for n in range(xes_module.MAX_KEYS + 2))
    assert "log.xes:505: has attributes of more than 500 different keys" in refusal(
        tmp_path, f"{HEAD}<trace>\n{events}</trace></log>"
    )


def test_a_tag_longer_than_some_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    begin = time.perf_counter()
    assert "has a tag of more than 4 MiB" in refusal(tmp_path, WHOLE.replace("build", "b" * (64 << 20), 1))
    assert time.perf_counter() - begin < 5


def test_a_log_of_too_many_events_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xes_module, "MAX_EVENTS", 3)
    assert "log.xes:9: has more than 3 events" in refusal(tmp_path, WHOLE)


# --- the law ----------------------------------------------------------------------------------------------------------

LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
NAMES = st.text(st.sampled_from("ab&<>\"' \n\t\r,;=é日🙂]") | LETTERS, min_size=1, max_size=6).filter(
    lambda name: name.strip() and not name.startswith(("'", "=", "+", "-", "@", "\t", "\r"))
)
"""CSV marks text that a spreadsheet would take for a formula; XES does not."""
STEPS = st.tuples(NAMES, st.sampled_from(["start", "complete"]), st.integers(0, 23), NAMES)


@given(st.lists(st.tuples(NAMES, st.lists(STEPS, max_size=5)), min_size=2, max_size=5, unique_by=lambda each: each[0]))
def test_the_same_log_as_csv_and_as_xes_gives_the_same_visits(
    cases: list[tuple[str, list[tuple[str, str, int, str]]]],
) -> None:
    traces = [(name, [step(*each) for each in steps]) for name, steps in cases]
    rows = [{"case:concept:name": name, **each} for name, events in traces for each in events]
    with TemporaryDirectory() as folder:
        pl.DataFrame(rows, schema=["case:concept:name", *BUILT[0]]).write_csv(Path(folder) / "log.csv")
        by_csv = outcome(Path(folder) / "log.csv")
        assert outcome(file_of(Path(folder), written(traces))) == by_csv


def outcome(path: Path) -> object:
    """Give the visits of a log, or why there are none."""
    try:
        reading = read_log([path])
    except InputError as error:
        return len(error.problems)
    return exported(reading.log).rows(), dict(reading.intake.noticed), reading.intake.rows_read


def test_parts_of_a_long_log_make_the_same_rows_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = written([(f"C{n}", BUILT[: n % 3]) for n in range(40)], outside=event({"late": "yes"}))
    whole = cells(tmp_path, text)
    monkeypatch.setattr(xes_module, "PART_VALUES", 9)
    monkeypatch.setattr(xes_module, "PART_EVENTS", 5)
    assert cells(tmp_path, text).equals(whole)

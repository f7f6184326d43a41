"""The report's page: one file, nothing loaded, no name ever becomes markup or code."""

import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import page
from twin.page import Bullets, Chart, Paragraph, Section, Table, render

UNREADABLE = ("\u202egnp.exe", "\x00\x1b[31m\ud800", "x" * 10_000)
HOSTILE = (
    "</script><script>document.title = 'owned'</script>",
    "</script/ ><script src=data:,document.title='owned'",
    "<!--<script>document.title = 'owned'",
    "<img src=x onerror=\"document.title = 'owned'\">",
    "<svg onload=document.title='owned'>",
    "\"><iframe src='https://example.org/'></iframe>",
    "javascript:document.title='owned'",
    "${document.title}",
    "{{ 7 * 7 }}{% raw %}",
    "datum.x",
    "a.b[0]'\\",
    "&lt;b&gt;",
    "line\u2028break",
    *UNREADABLE,
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
Part = Paragraph | Bullets | Table | Chart


class Tags(HTMLParser):
    """Collect start tags with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            self.raw.append((self.kind(tag, dict(attrs)), ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem and self.raw:
            kind, text = self.raw[-1]
            self.raw[-1] = (kind, text + data)

    @staticmethod
    def kind(tag: str, attributes: dict[str, str | None]) -> str:
        return "json" if attributes.get("type") == "application/json" else tag

    def of(self, kind: str) -> list[str]:
        return [text for found, text in self.raw if found == kind]


def bars(*names: str) -> dict[str, object]:
    return {
        "data": {"values": [{"name": name, "hours": index + 1} for index, name in enumerate(names)]},
        "mark": "bar",
        "encoding": {
            "y": {"field": "name", "type": "nominal", "title": names[0]},
            "x": {"field": "hours", "type": "quantitative", "title": names[-1]},
            "tooltip": [{"field": "name"}, {"field": "hours"}],
        },
        "title": names[0],
    }


def everywhere(*names: str) -> str:
    """Render a page that shows the names in every place a text can stand."""
    body: tuple[Part, ...] = (
        *(Paragraph(name) for name in names),
        Bullets(names),
        Table(names, (names,), title=names[0]),
        *(Chart(name, name, bars(name, *names)) for name in names[:4]),
    )
    sections = [Section(name, body if number == 0 else ()) for number, name in enumerate(names)]
    return render(names[0], sections, question=names[0], answers=names, provenance=names)


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKTWIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def plain() -> str:
    return everywhere("review", "build")


@pytest.fixture(scope="module")
def hostile() -> str:
    return everywhere(*HOSTILE)


def test_hostile_names_add_no_tag_and_no_attribute(hostile: str) -> None:
    harmless = everywhere(*(f"name {number}" for number in range(len(HOSTILE))))

    assert Tags(hostile).tags == Tags(harmless).tags


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("<>&'\"/=!-{}%#$ \n\\abcsript\u202e"), min_size=1, max_size=40))
def test_no_text_changes_the_tags_of_the_page(name: str) -> None:
    def tags(text: str) -> list[str]:
        sections = [Section(text, (Paragraph(text), Bullets((text,)), Table((text,), ((text,),), title="t")))]
        return [tag for tag, _ in Tags(render(text, sections, question="q", answers=[text])).tags]

    assert tags(name) == tags("harmless")


def test_chart_data_comes_back_from_the_page_as_it_went_in() -> None:
    names = [name for name in HOSTILE if name not in UNREADABLE]
    embedded = [json.loads(text) for text in Tags(everywhere(*names)).of("json")]

    assert embedded == [bars(name, *names) for name in names[:4]]


def test_a_name_cannot_be_shown_in_another_order_than_it_is_written(hostile: str) -> None:
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x1b\ud800-\udfff]|\\u202e|\\ud800", hostile)


def test_a_very_long_name_is_cut(hostile: str) -> None:
    assert "x" * (page.LONGEST_TEXT - 1) in hostile
    assert "x" * page.LONGEST_TEXT not in hostile


def test_policy_names_exactly_the_scripts_and_styles_that_are_inside(plain: str) -> None:
    tags = Tags(plain)
    [policy] = [a["content"] for tag, a in tags.tags if tag == "meta" and "http-equiv" in a]
    rules = dict(rule.split(" ", 1) for rule in (policy or "").split("; "))
    sources = {
        kind: [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in tags.of(kind)]
        for kind in ("script", "style")
    }

    assert (rules["default-src"], [rules["script-src"]], [rules["style-src"]]) == (
        "'none'",
        sources["script"],
        sources["style"],
    )


def test_policy_comes_before_all_it_rules(plain: str) -> None:
    names = [tag for tag, attributes in Tags(plain).tags if "http-equiv" in attributes or tag in {"script", "style"}]

    assert names[0] == "meta"


def test_policy_allows_no_inline_code_and_no_eval(plain: str) -> None:
    assert "unsafe" not in plain.partition("</head>")[0]


def test_no_tag_points_anywhere(plain: str) -> None:
    pointing = {"src", "href", "srcset", "action", "data", "poster", "style", "xlink:href"}

    assert [tag for tag, attributes in Tags(plain).tags if pointing & set(attributes)] == []


def test_the_charts_script_cannot_be_closed_from_inside() -> None:
    assert not re.search("</script|<!--", page.chart_script(), re.IGNORECASE)


def test_the_same_report_gives_the_same_bytes(plain: str) -> None:
    assert everywhere("review", "build") == plain


def test_a_page_with_charts_stays_below_one_and_a_half_megabytes(plain: str) -> None:
    assert len(plain.encode()) < 1_500_000


def test_a_page_without_charts_carries_no_script() -> None:
    assert Tags(render("Report", [Section("One", (Paragraph("text"),))])).of("script") == []


def test_vega_is_new_enough_to_be_free_of_its_known_expression_holes() -> None:
    from vl_convert import get_vega_version

    assert tuple(map(int, get_vega_version().split("."))) >= (6, 2)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (1234567, "1,234,567"),
        (312.44, "312"),
        (-14.24, "\N{MINUS SIGN}14.2"),
        (None, "\N{EN DASH}"),
        (float("nan"), "not known"),
        ("5 h", "5\N{NO-BREAK SPACE}h"),
    ],
)
def test_cells_are_shown_for_people(cell: page.Cell, shown: str) -> None:
    assert f">{shown}</td>" in render("Report", [Section("One", (Table(("a",), ((cell,),)),))])


def test_columns_of_numbers_are_set_to_the_right() -> None:
    table = Table(
        ("scenario", "hours", "interval"), (("as it is", 3.2, "\N{EN DASH}"), ("more", None, "\N{MINUS SIGN}2 to 4"))
    )

    assert table.numeric == (False, True, True)


def test_a_row_of_another_length_than_the_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="cells"):
        render("Report", [Section("One", (Table(("a", "b"), ((1,),)),))])


def test_a_chart_with_an_unknown_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        render("Report", [Section("One", (Chart("t", "n", {"data": {"values": [{"x": float("nan")}]}}),))])


def test_the_charts_script_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKTWIN_CACHE", str(tmp_path))
    first = page.chart_script()
    monkeypatch.setattr("vl_convert.javascript_bundle", lambda _: pytest.fail("built again"))

    assert page.chart_script() == first


class Opened(NamedTuple):
    """What a browser showed, said and asked for."""

    dom: str
    console: str
    network: str


@pytest.fixture(scope="module")
def opened(hostile: str, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Open the hostile page in headless Chromium, with a link to the network that leads nowhere."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the path: the page was not opened in a browser")
    folder = tmp_path_factory.mktemp("browser")
    (folder / "page.html").write_bytes(hostile.encode())
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --enable-logging=stderr --v=0 --virtual-time-budget=8000 --dump-dom"
    )
    done = subprocess.run(
        [
            CHROMIUM,
            *options.split(),
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={folder / 'network.json'}",
            (folder / "page.html").as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    network = (folder / "network.json").read_text(encoding="utf-8", errors="replace")
    return Opened(done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), network)


def test_a_browser_draws_every_chart(opened: Opened) -> None:
    assert opened.dom.count('aria-roledescription="bar"') == 4 * (1 + len(HOSTILE))


def test_a_browser_runs_nothing_that_came_with_a_name(opened: Opened) -> None:
    assert "<title>owned" not in opened.dom


def test_a_browser_finds_no_element_that_came_with_a_name(opened: Opened) -> None:
    found = Tags(opened.dom).tags

    assert [
        tag for tag, attributes in found if tag in {"img", "iframe", "a"} or {"onload", "onerror"} & set(attributes)
    ] == []


def test_a_browser_finds_nothing_against_the_policy(opened: Opened) -> None:
    assert [line for line in opened.console.splitlines() if "CONSOLE" in line] == []


def test_a_browser_is_asked_to_load_nothing(opened: Opened) -> None:
    # What a page asks for carries the page as initiator; the browser's own requests do not.
    asked_by = set(re.findall(r'"initiator":"([^"]*)"', opened.network))

    assert asked_by <= {"not an origin"}

"""One self-contained page: text, tables and charts in a single HTML file that opens offline.

The page loads nothing. Its style and its one script stand inside it, and a content-security policy names both by their
SHA-256 [1]_: whatever else a name might smuggle in is not run. Every text goes through the template's escaping. Chart
data is JSON in a data block, its angle brackets and ampersands written as escapes, so no name can close the block.

Charts are Vega-Lite, drawn in the reader's browser by the Vega that vl-convert carries. Vega normally turns its
expressions into functions, which a strict policy forbids; here they are interpreted from their syntax tree [2]_.
Bundling that script takes about a second, so it is kept in the user's cache (``WORKTWIN_CACHE`` overrides the place),
named by a digest of what it is built from and checked against its own digest when read.

.. [1] W3C, Content Security Policy Level 3.
.. [2] Vega documentation, "Expression Interpreter".
"""

import json
import math
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from twin.cache import keep, recall
from twin.software import version_of

Cell = str | int | float | None

LONGEST_TEXT = 1000

# Control characters, half surrogates, and the marks that make a reader see a name in another order than it is written.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNIT_SPACE = re.compile(r"(?<=[\d<>=]) (?=(?:[%hd]|min)(?!\w)|\d)")
_RANGE = re.compile(r"(?<=\d) to (?=[+−]?\d)")  # noqa: RUF001 - a typographic minus
_STARTS_AS_NUMBER = re.compile(r"\s*[-+−±≤≥<>≈~–]?\s*(\d|$)")  # noqa: RUF001 - typographic signs start numbers too


class Paragraph(NamedTuple):
    """Text of one paragraph."""

    text: str
    kind: Literal["paragraph"] = "paragraph"


class Bullets(NamedTuple):
    """A list of short lines."""

    lines: tuple[str, ...]
    kind: Literal["bullets"] = "bullets"


class Table(NamedTuple):
    """A table of texts and numbers.

    Attributes
    ----------
    columns
        Column names, with their unit.
    rows
        One tuple of cells per row, as long as `columns`. A float is shown with three significant digits, a text as it
        is, None as a dash.
    title
        What the table shows; may be empty.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    kind: Literal["table"] = "table"

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Say for each column whether it is set to the right: all that stands in it starts as a number does.

        Raises
        ------
        ValueError
            Where a row is not as long as the columns.
        """
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of the table {self.title!r} has not {len(self.columns)} cells as its columns say")
        return tuple(all(_like_number(row[place]) for row in self.rows) for place in range(len(self.columns)))


class Chart(NamedTuple):
    """A chart with the words it needs.

    Attributes
    ----------
    title
        What the chart shows.
    note
        What to read from it, and what not to conclude.
    spec
        Vega-Lite, as ``altair.Chart.to_dict()`` gives it. Names stand in its data only.
    """

    title: str
    note: str
    spec: Mapping[str, Any]
    kind: Literal["chart"] = "chart"


class Section(NamedTuple):
    """A titled part of the page, its body in reading order."""

    title: str
    body: tuple[Paragraph | Bullets | Table | Chart, ...]


def minded(warnings: Sequence[str]) -> tuple[str, ...]:
    """Write warnings as lines of a page."""
    return tuple(f"Mind: {warning}" for warning in warnings)


def render(
    title: str,
    sections: Sequence[Section],
    *,
    standing: str = "",
    question: str = "",
    answers: Sequence[str] = (),
    provenance: Sequence[str] = (),
) -> str:
    """Write the whole page as one HTML text, the same bytes for the same arguments.

    Parameters
    ----------
    title
        Heading of the page.
    sections
        What follows the first screen.
    standing
        What heads the page: how far what follows can be believed.
    question, answers
        The first screen: what was asked, and the sentences a decision is taken from.
    provenance
        The last lines: n, seed, horizon, versions, hashes.

    Raises
    ------
    ValueError
        Where a table's row is not as long as its columns, or a chart holds NaN or infinity.
    """
    # Loaded here: only the verbs that write a page need a template engine.
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - see above
    from markupsafe import Markup  # noqa: PLC0415 - see above

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_shown, keep_trailing_newline=True
    )
    environment.filters["embedded"] = lambda spec: Markup(_embedded(spec))  # noqa: S704 - `_embedded` escapes
    drawn = any(part.kind == "chart" for section in sections for part in section.body)
    style, script = _template("page.css"), chart_script() if drawn else ""
    page = environment.from_string(_template("page.html")).render(
        title=title,
        sections=sections,
        standing=standing,
        question=question,
        answers=answers,
        provenance=provenance,
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file with Vega around it
    )
    return page.lstrip()


def chart_script() -> str:
    """Give the script that draws every chart of a page: Vega, Vega-Lite and `templates/page.js` in one.

    It comes from the cache where it is there and whole; otherwise it is built, which takes about a second.
    """
    snippet = _template("page.js")
    entry = f"charts-{_hex(version_of('vl-convert-python') + snippet)[:16]}.js"
    kept = recall(entry)
    if kept is not None:
        return kept.decode()
    from vl_convert import javascript_bundle  # noqa: PLC0415 - 60 MB that are needed once on each machine

    script: str = javascript_bundle(snippet)
    keep(entry, script.encode())
    return script


def _policy(style: str, script: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src {_source(style)}",
            f"script-src {_source(script)}" if script else "script-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types default",
        ]
    )


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _embedded(spec: Mapping[str, Any]) -> str:
    text = json.dumps(_readable(spec), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): _readable(entry) for key, entry in value.items()}
    return [_readable(entry) for entry in value] if isinstance(value, list | tuple) else value


def _text(value: str) -> str:
    short = value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"
    shown = _RANGE.sub("\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}", _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", short))
    return _UNIT_SPACE.sub("\N{NO-BREAK SPACE}", shown)


def _shown(value: Any) -> Any:
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, float):
        return _digits(value)
    if isinstance(value, int):
        return f"{value:,}".replace("-", "\N{MINUS SIGN}")
    return _text(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _digits(value: float) -> str:
    if not math.isfinite(value):
        return "not known"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _like_number(cell: Cell) -> bool:
    return not isinstance(cell, str) or _STARTS_AS_NUMBER.match(cell) is not None


@cache
def _template(name: str) -> str:
    return (files("twin") / "templates" / name).read_text(encoding="utf-8")

"""What each status of a tracker means: work, waiting, blocked or done; inferred, and written for correction.

    work      somebody is at it          waiting   it waits for us, before a stage of work
    blocked   it waits for others        done      it has left

A status means what its name says, where it says anything: the words below, the later ones of a name first. Otherwise
its place decides: nearly always the last of its item, done; nearly always the first, waiting; else work. A manager
reads the file, corrects it and gives it back with ``--mapping``.

``stage`` is the stage whose work it is, or waits for; two names of one status get the same. ``start: assumed`` says
that entering the status does not say when work began: where people are in it with several items at once, they work at
one of them and the others wait.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from calibration.sources.stays import names_of
from twin.errors import InputError, Problem, nearest, shown
from twin.files import read_yaml, write_text
from twin.layout import dump_yaml
from twin.marks import Document
from twin.part import Part
from twin.validation import validate

Means = Literal["work", "waiting", "blocked", "done"]
FLAG: Final = "(flagged)"
MOST_STATUSES: Final = 500
_MEANS: Final = pl.Enum(["work", "waiting", "blocked", "done"])
WORK: Final = "work"
"""Stage of work that no status names."""
MOSTLY: Final = 0.8
"""Share of an unknown status's stays that decides about it."""
LAST: Final = 0.5
"""Share of its stays that ends an item, from which a status named done does mean that."""
SHARED: Final = 0.4
"""Share of stays begun beside another of the same person, or of their time spent so, from which a start is assumed."""

_WORDS: Final[tuple[tuple[Means, str], ...]] = (
    ("blocked", r"block\w*|on.?hold|hold|impeded|imped\w*|paused?|suspend\w*|stalled|pending|parked|flagged"),
    ("waiting", r"await\w* (?:assign\w*|review|test\w*|approval|deploy\w*|release|develop\w*|triage|sign.?off|qa)"),
    ("waiting", r"wait\w* (?:for )?(?:assign\w*|review|test\w*|approval|deploy\w*|release|develop\w*|triage|qa)"),
    ("blocked", r"await\w*|wait\w*|require\w*|external"),
    ("waiting", r"ready\b.*|to.?do|backlog|queued?|new|open(?:ed)?|re.?open\w*|selected|unassigned|assigned?|created?"),
    ("waiting", r"insert\w*|submitted|received|registered|triage|planned|schedul\w*|committed|funnel|inbox|requested?"),
    ("done", r"done|clos\w*|resolv\w*|complete\w*|cancel\w*|reject\w*|finish\w*|released|deployed|delivered|live"),
    ("done", r"verified|fixed|invalid|duplicate|won.?t.?\w*|abandon\w*|archiv\w*|withdrawn|accepted.?by.?\w*|obsolete"),
    ("work", r"progress|active|doing|develop\w*|review\w*|test\w*|build\w*|implement\w*|analy\w*|design\w*|coding"),
    ("work", r"investigat\w*|work\w*|in.?charge|started|qa|verif\w*|deploy\w*|fixing|draft\w*|assess\w*|diagnos\w*"),
)
_PATTERNS: Final = tuple((means, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for means, words in _WORDS)


class Meaning(Part):
    """What one status means."""

    means: Means
    """work: somebody is at it; waiting: it waits for us; blocked: it waits for others; done: it has left."""
    stage: str | None = Field(default=None, min_length=1, max_length=120)
    """The stage whose work it is, or that it waits for; nothing where it is done."""
    start: Literal["recorded", "assumed"] = "recorded"
    """Whether entering the status says when work began."""


class Meanings(Part):
    """What the statuses of a log mean."""

    statuses: dict[str, Meaning] = Field(min_length=1, max_length=MOST_STATUSES)


HEAD: Final = """\
# What each status of {log} means, inferred from its name and place. Correct it, and run again with --mapping {file}.
# means: work (somebody is at it), waiting (for us), blocked (it waits for others), done (it has left).
# stage: whose work it is or waits for; give two names of one status the same. start: assumed where people are in a
# status with several items at once, so that entering it does not say when work began; recorded where it does.
"""


def read_meanings(path: Path) -> Meanings:
    """Read a file of meanings.

    Raises
    ------
    InputError
        With all that is wrong in it, by line.
    """
    document = read_yaml(path)
    meanings = validate(Meanings, document)
    problems = [
        document.problem("work has a stage; write the status's name to keep it", ("statuses", name))
        for name, meaning in meanings.statuses.items()
        if meaning.means == "work" and meaning.stage is None
    ]
    problems += _stages_without_work(meanings, document)
    if problems:
        raise InputError(*problems)
    return meanings


def _stages_without_work(meanings: Meanings, document: Document) -> Iterator[Problem]:
    """Find stages that are waited for and nobody works at, where they look like another misspelt."""
    statuses = meanings.statuses.items()
    worked = [meaning.stage for _, meaning in statuses if meaning.means == "work" and meaning.stage]
    for name, meaning in statuses:
        stage = meaning.stage
        if stage is None or stage in worked:
            continue
        alike = [each for each in worked if re.findall(r"\d+", each) == re.findall(r"\d+", stage)]
        if match := nearest(stage, alike):
            told = f"no status is work at stage {shown(stage)}. Did you mean {shown(match)}?"
            yield document.problem(told, ("statuses", name, "stage"))


def write_meanings(path: Path, meanings: Meanings, counts: Mapping[str, int], *, log: str) -> None:
    """Write meanings as a manager reads them, each status with the rows that name it.

    Raises
    ------
    StorageError
        Where the file cannot be written.
    """
    written = {
        name: {key: value for key, value in meaning.model_dump(exclude_defaults=True).items() if value is not None}
        for name, meaning in meanings.statuses.items()
    }
    lines = dump_yaml({"statuses": written}).splitlines()
    if len(lines) == 1 + len(written):
        width = min(max(map(len, lines)), 80)
        told = [
            f"{line.ljust(width)}  # {counts.get(name, 0):,} rows"
            for line, name in zip(lines[1:], written, strict=True)
        ]
        lines = [lines[0], *told]
    write_text(path, HEAD.format(log=log, file=path.name) + "\n".join(lines) + "\n")


def check_covered(meanings: Meanings, statuses: list[str], path: Path) -> None:
    """Refuse a file that does not say what a status of the log means.

    Raises
    ------
    InputError
        With each such status and the nearest that the file has.
    """
    known = meanings.statuses
    problems = []
    for status in statuses:
        if status not in known:
            match = nearest(status, known)
            hint = f" Did you mean {shown(status)} by {shown(match)}?" if match else ""
            problems.append(
                Problem(f"does not say what status {shown(status)} means; add it under statuses.{hint}", file=str(path))
            )
    if problems:
        raise InputError(*problems)


def named_meaning(status: str) -> Means | None:
    """Tell what a status means by its name, or nothing where the name does not say.

    >>> named_meaning("In Progress"), named_meaning("Wait - User"), named_meaning("Queued / Awaiting Assignment")
    ('work', 'blocked', 'waiting')
    """
    for part in reversed(re.split(r"\s+[/|]\s+", status.lower())):
        for means, pattern in _PATTERNS:
            if pattern.search(part):
                return means
    return None


def name_statuses(rows: pl.DataFrame) -> bool:
    """Tell whether names in a column of activities are those of statuses: most rows name a known one.

    Parameters
    ----------
    rows
        Rows of a history, with a column status.
    """
    counts = rows["status"].value_counts().cast({"status": pl.String})
    known = [named_meaning(name) is not None for name in counts["status"].to_list()]
    return bool(counts.filter(pl.Series(known, dtype=pl.Boolean))["count"].sum() > rows.height / 2)


def infer(stays: pl.DataFrame, hints: Mapping[str, str]) -> Meanings:
    """Infer what statuses mean.

    Parameters
    ----------
    stays
        One row per stay of an item in a status, sorted by item and time: item, status (Enum), resource, begin, end.
    hints
        Status to what the file itself says of it.
    """
    every = stays["status"].unique().cast(pl.String).to_list()
    named = [name for name in every if named_meaning(name) == "done"]
    last = (pl.col("item") != pl.col("item").shift(-1)).fill_null(value=True)
    places = (
        stays.with_columns(
            (pl.col("item") != pl.col("item").shift(1)).fill_null(value=True).alias("first"),
            last.alias("last"),
            (last | pl.col("status").shift(-1).is_in(named)).alias("ends"),
        )
        .group_by(pl.col("status"))
        .agg(pl.len().alias("stays"), pl.col("first", "last", "ends").mean())
        .with_columns(pl.col("status").cast(pl.String))
        .sort("stays", "status", descending=[True, False])
    )
    means = {row["status"]: _means(row, hints) for row in places.to_dicts()}
    meant = pl.DataFrame({"status": list(means), "means": list(means.values())}).cast({"means": _MEANS})
    code = stays["status"].to_physical()
    by_code = pl.DataFrame({"status": names_of(stays["status"])}).join(
        meant, on="status", how="left", maintain_order="left"
    )
    told = stays.with_columns(by_code["means"].gather(code))
    stages, shared = _stages(told, means), _shared(told)
    found = {
        status: Meaning(
            means=meaning,
            stage=stages[status],
            start="assumed" if meaning == "work" and shared.get(status, 0.0) > SHARED else "recorded",
        )
        for status, meaning in means.items()
    }
    return Meanings(statuses=found)


def _means(row: Mapping[str, float | str], hints: Mapping[str, str]) -> Means:
    status = str(row["status"])
    if status.endswith(FLAG):
        return "blocked"
    named, hint = named_meaning(status), hints.get(status)
    if named == "done" and hint is None and float(row["ends"]) < LAST:
        return "waiting"  # done with one stage, and mostly on the way to the next
    if hint == "done" or (named is not None and not (named == "done" and hint is not None)):
        return "done" if hint == "done" else named or "work"
    if hint is not None:
        return "waiting" if hint == "waiting" else "work"
    if float(row["last"]) >= MOSTLY:
        return "done"
    return "waiting" if float(row["first"]) >= MOSTLY else "work"


def _stages(stays: pl.DataFrame, means: Mapping[str, Means]) -> dict[str, str | None]:
    """Find for each status the stage whose work it is, or the one that work most often goes on with after it."""
    names = names_of(stays["status"])
    counts = _next_work(stays, len(names))
    entered = dict(stays["status"].value_counts().cast({"status": pl.String}).iter_rows())
    works = [name for name in names if means.get(name) == "work"]
    usual = max(works, key=lambda name: (entered.get(name, 0), name), default=WORK)
    found: dict[str, str | None] = {}
    for status, meaning in means.items():
        after = counts[names.index(status)]
        goes_on = names[int(after.argmax())] if after.any() else usual
        found[status] = None if meaning == "done" else status if meaning == "work" else goes_on
    return found


def _next_work(stays: pl.DataFrame, statuses: int) -> NDArray[np.int64]:
    """Count the status of work that each status goes on with at last, shape (statuses, statuses)."""
    code, item = stays["status"].to_physical().to_numpy().astype(np.int64), stays["item"].to_numpy()
    at = np.where((stays["means"] == "work").to_numpy(), np.arange(code.size), code.size)
    after = np.append(np.minimum.accumulate(at[::-1])[::-1][1:], code.size)
    place = np.flatnonzero(after < code.size)
    place = place[item[after[place]] == item[place]]
    pairs = code[place] * statuses + code[after[place]]
    return np.bincount(pairs, minlength=statuses * statuses).reshape(statuses, statuses)


def _shared(stays: pl.DataFrame) -> dict[str, float]:
    """Give for each status of work how much of it its people spend in several at once: of stays begun, or of time."""
    work = stays.filter((pl.col("means") == "work") & pl.col("resource").is_not_null()).sort("begin", "end")
    work = work.with_columns(pl.col("end").fill_null(pl.col("begin").max()))
    before = pl.col("end").cum_max().shift(1).over("resource").fill_null(pl.col("begin").min())
    alone = (pl.col("end") - pl.max_horizontal("begin", before)).clip(0)
    counted = (
        work.with_columns((pl.col("begin") < before).alias("beside"), alone.alias("alone"))
        .group_by("status")
        .agg(pl.col("beside").mean(), pl.col("alone").sum() / (pl.col("end") - pl.col("begin")).sum())
    )
    named = counted.select(
        pl.col("status").cast(pl.String), pl.max_horizontal("beside", 1 - pl.col("alone").fill_nan(1))
    )
    return dict(named.iter_rows())

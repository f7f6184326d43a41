"""How verbs speak: text for people, JSON for programs, progress only on a terminal."""

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from twin.cli.interrupts import raise_if_interrupted
from twin.errors import StorageError

if TYPE_CHECKING:
    from twin.engine import Engine

HEAD: Final = 24
"""Letters of a column's name that need no folding, whatever stands below it."""
CELL: Final = 60
"""Letters of a cell that need none."""
NO_BREAK: Final = "\N{NO-BREAK SPACE}"

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and results asked for.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")]
PageFolder = Annotated[Path | None, typer.Option("--out", "-o", help="Also write a page and numbers here.")]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, max=2**64 - 1, help="Names the random numbers; same seed, same bytes.")
]
EngineName = Annotated[
    str, typer.Option("--engine", help="reference (SimPy), compiled, or auto: whichever answers sooner. Same results.")
]
Replications = Annotated[int | None, typer.Option("--replications", min=2, max=100_000, help="Instead of the file's.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=1024, help="Threads; as many as are worth it, if left out.")
]
Cluster = Annotated[str | None, typer.Option("--cluster", help="Run on a Dask cluster instead: tcp://host:port.")]
Alone = Annotated[bool, typer.Option("--no-ensemble", help="Run the calibrated twin alone, though it has an ensemble.")]
ScenarioFile = Annotated[Path, typer.Argument(help="A scenario file.")]
Gates = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-if",
        help="Leave with code 5 if this holds for a scenario: 'p85(lead_time) > 20 d', 'utilisation of TEAM > 90 %', "
        "'NAME: wip > 40' for one scenario or the baseline. May be given several times.",
    ),
]
Markdown = Annotated[
    Path | None, typer.Option("--markdown", help="Also write a summary of at most 60 lines to this file.")
]
LogFiles = Annotated[
    list[Path], typer.Argument(help="Event logs: .csv, .csv.gz, .parquet, .xes or .xes.gz.", show_default=False)
]
Columns = Annotated[
    str | None,
    typer.Option("--map", help="Which column is what: case_id=Key,activity=Status,start_time=Begin,end_time=End."),
]
Zone = Annotated[str | None, typer.Option("--zone", help="Time zone of the log's times and people: Europe/Berlin.")]
TimeFormat = Annotated[str | None, typer.Option("--time-format", help="Format of times, such as %d/%m/%Y %H:%M.")]
Kind = Annotated[
    str | None,
    typer.Option("--format", help="visits, history, items, flow or metrics; told from the columns, if left out."),
]
Mapping = Annotated[
    Path | None, typer.Option("--mapping", help="YAML file that says what each status means; inferred, if left out.")
]
AcceptRejects = Annotated[bool, typer.Option("--accept-rejects", help="Go on even if over 1 % of rows is unusable.")]
RejectFile = Annotated[Path | None, typer.Option("--reject-file", help="Write unusable rows here, with the reason.")]


def say(text: str, *, quiet: bool = False) -> None:
    """Print a line for people."""
    if not quiet:
        _print(text)


def say_json(value: Any) -> None:
    """Print a value for programs, in letters that every terminal's encoding has."""
    _print(json.dumps(value, indent=2, allow_nan=False))


def warn(text: str) -> None:
    """Print a caution where results do not go."""
    print(text, file=sys.stderr)  # noqa: T201 - the command line speaks


def _print(text: str) -> None:
    if sys.stdout is None:
        raise StorageError("cannot print: standard output is closed")
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201 - the command line speaks
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
        raise typer.Exit(StorageError.exit_code) from None  # who closed the pipe has read enough
    except OSError as error:
        _silence()
        raise StorageError(f"cannot print: {error.strerror}") from None


def _silence() -> None:
    """Let what could not be printed go nowhere, or the interpreter tries again when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@contextmanager
def leaving_no_empty_folder(folder: Path) -> Iterator[None]:
    """Take away the folders that a verb has made when it fails before anything lies in them."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        raise


def files_of(twin: Path) -> list[Path]:
    """List the files a twin is read from, which no output may overwrite."""
    return [twin, *(each for each in twin.glob("*") if twin.is_dir())]


def engine_of(name: str) -> "Engine":
    """Read the name of an engine.

    Raises
    ------
    InputError
        Where it is none.
    """
    from twin.errors import InputError, one_of  # noqa: PLC0415 - only where an engine is named

    known: dict[str, Engine] = {"auto": "auto", "reference": "reference", "compiled": "compiled"}
    if name not in known:
        raise InputError(f"--engine: {one_of(name, known, noun='an engine')}")
    return known[name]


def columns_of(text: str | None) -> dict[str, str] | None:
    """Read ``case_id=Key,activity=Status``."""
    from twin.errors import InputError, shown  # noqa: PLC0415 - only where something is mapped

    if text is None:
        return None
    pairs = [part.split("=", 1) for part in text.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise InputError(f"--map {shown(text)}: write role=column pairs joined by commas, such as case_id=Key")
    return {role.strip(): column.strip() for role, column in pairs}


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Set rows in columns; all but the first are aligned to the right, and long cells are folded."""
    widest = [max([HEAD, *(len(row[i]) for row in rows)]) for i in range(len(header))]
    heads = [_folded(name, min(CELL, width)) for name, width in zip(header, widest, strict=True)]
    folded = [[_folded(cell, CELL) for cell in row] for row in rows]
    widths = [max(len(line) for row in (heads, *folded) for line in row[i]) for i in range(len(header))]

    def lines(row: Sequence[list[str]]) -> Iterator[str]:
        for told in zip_longest(*row, fillvalue=""):
            cells = [
                cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(told, widths, strict=True))
            ]
            yield "  ".join(cells).rstrip()

    under = "  ".join("-" * width for width in widths)
    return "\n".join([*lines(heads), under, *(line for row in folded for line in lines(row))])


def _folded(text: str, width: int) -> list[str]:
    """Break a text into lines no wider than so, at spaces but before a %; a word that is longer stays whole."""
    if len(text) <= width:
        return [text]
    whole = text.replace(" %", f"{NO_BREAK}%")
    lines = textwrap.wrap(whole, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(NO_BREAK, " ") for line in lines]


@contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal; gives a function of (done, planned), at which a lost Ctrl-C is found again."""
    with _shown(label, quiet=quiet) as show:

        def step(done: int, planned: int) -> None:
            raise_if_interrupted()
            show(done, planned)

        yield step


@contextmanager
def _shown(label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _planned: None
        return
    # Loaded here: only a person at a terminal sees a bar.
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.progress import Progress  # noqa: PLC0415 - see above

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, planned: bar.update(task, completed=done, total=planned)

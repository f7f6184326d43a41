"""Kill runs at random moments and see what is left: a program of its own, which loads everything once and then forks.

``python killing.py FOLDER KILLS VERB FILE`` runs the question in FOLDER with ``--out out``, kills it so many times with
SIGKILL, lets it end, and prints what went wrong; nothing, if all is well. Without a verb it is ``run more.yaml``.
"""

import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from select import select
from typing import Final

import twin.cli.answering
import twin.executors.keeping
import twin.executors.stored
from twin.cli import main
from twin.engine import compiled  # noqa: F401 - loaded before the forks, so that each is killed while it runs
from twin.store import FILE, Record, Row, Store

GOLDEN: Final = 0.618_033_988_75
LONGEST: Final = 0.9
"""Seconds after which a run is killed at the latest."""


def run(acknowledged: int) -> None:
    """Answer the question, writing the number of rows kept to a pipe each time that keeping has returned."""
    keep, rows = Store.keep, 0

    def noted(store: Store, record: Record, more: "list[Row]", *, kept: int) -> None:
        nonlocal rows
        keep(store, record, more, kept=kept)
        rows += len(more)
        os.write(acknowledged, f"{kept}\n".encode())

    Store.keep = noted  # type: ignore[method-assign, assignment]
    main([*(sys.argv[3:] or ["run", "more.yaml"]), "--out", "out", "--quiet"])


def started() -> tuple[int, int]:
    """Fork a run; give its process and the pipe that it writes to."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        run(writing)
        os._exit(0)
    os.close(writing)
    return child, reading


def look(out: Path, acknowledged: int) -> list[str]:
    """Say what is wrong with the store of a killed run."""
    if not (out / FILE).exists():
        return ["acknowledged rows are gone with the file"] if acknowledged else []
    with closing(sqlite3.connect(out / FILE)) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        has_tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        rows = connection.execute("SELECT count(*) FROM replication").fetchone()[0] if has_tables else 0
    lost = [f"{acknowledged} rows were acknowledged, {rows} are there"] if rows < acknowledged else []
    return ([] if sound else ["the store is damaged"]) + lost


def killed(kills: int) -> list[str]:
    """Kill so many runs, every other some moments after it began, the others some moments after they kept something."""
    wrong, most = [], 0
    for number in range(kills):
        child, pipe = started()
        moment = LONGEST * (GOLDEN * (number + 1) % 1)
        if number % 2:
            moment /= 10
            select([pipe], [], [])
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(pipe) as told:
            most = max([most, *(int(line) for line in told.read().splitlines())])
        wrong += [f"kill {number}: {each}" for each in look(Path("out"), most)]
    return wrong


if __name__ == "__main__":
    for module in (twin.executors.stored, twin.executors.keeping):
        module.CHUNK = 0.02  # type: ignore[attr-defined, misc] - many writes, so that many are cut in two
    os.chdir(sys.argv[1])
    print(*killed(int(sys.argv[2])), sep="\n", end="")  # noqa: T201 - a program
    run(os.open(os.devnull, os.O_WRONLY))

"""The command line. One module per verb; what a verb needs is loaded when it is called, so that help answers at once.

Exit codes: 0 done, 2 bad input, 3 budget or deadlock, 4 storage, 5 a gate failed, 130 cancelled.
"""

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import typer

from twin.cli import (
    backtest,
    calibrate,
    check,
    compare,
    demo,
    diff,
    doctor,
    explain,
    init,
    optimize,
    profile,
    reproduce,
    run,
    schema,
    simulate,
    solve,
    sweep,
)
from twin.cli.interrupts import noted_interrupts
from twin.errors import TwinError

MOST_YOUNG: Final = 300_000
"""Objects made before the collector looks: what a verb loads stays, and looking it through again takes 0.2 s of 2."""

CANCELLED: Final = 130

app = typer.Typer(
    name="twin",
    help="Learn how work flows from a log, and try a change on the twin before it reaches the people.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in (
    demo,
    init,
    check,
    profile,
    calibrate,
    backtest,
    simulate,
    run,
    compare,
    sweep,
    optimize,
    solve,
    explain,
    diff,
    reproduce,
    schema,
    doctor,
):
    app.command(name=verb.NAME)(verb.command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; mistakes in options and Ctrl-C are typer's to report.

    Parameters
    ----------
    arguments
        What stands behind ``twin``; the program's own arguments by default, and then the program ends here.
    """
    gc.set_threshold(MOST_YOUNG)
    atexit.register(gc.freeze)  # taking every object apart when the program ends takes 0.8 s and frees nothing more
    try:
        with noted_interrupts():
            app(arguments, prog_name="twin")
    except SystemExit as leaving:
        if leaving.code == CANCELLED and arguments is None:
            _leave_at_once()
        raise
    except TwinError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command line speaks
        sys.exit(error.exit_code)


def _leave_at_once() -> None:
    """Leave without waiting for threads: a kernel under way takes its time, and nobody waits for its replication."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(CANCELLED)

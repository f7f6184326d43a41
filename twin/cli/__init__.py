"""The command line. One module per verb; what a verb needs is loaded when it is called, so that help answers at once.

Exit codes: 0 done, 2 bad input, 3 budget or deadlock, 4 storage, 5 a gate failed, 130 cancelled.
"""

import os
import sys

import typer

from twin.cli import backtest, calibrate, check, demo, diff, doctor, init, run, schema, simulate
from twin.errors import TwinError

CANCELLED = 130
STORAGE = 4

app = typer.Typer(
    name="twin",
    help="Learn how work flows from a log, and try a change on the twin before it reaches the people.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in (demo, init, check, calibrate, backtest, simulate, run, diff, schema, doctor):
    app.command(name=verb.NAME)(verb.command)


def main() -> None:
    """Run the command line and turn errors into exit codes."""
    try:
        app(standalone_mode=False)
    except TwinError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command line speaks
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        print("cancelled", file=sys.stderr)  # noqa: T201 - the command line speaks
        sys.exit(CANCELLED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(STORAGE)

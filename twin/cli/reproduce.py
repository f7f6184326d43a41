"""``twin reproduce``: run kept results again, and hold the bytes together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import EngineName, Json, Quiet, engine_of, say, say_json, warn

if TYPE_CHECKING:
    from twin.engine import Engine
    from twin.reproduction import Decide, Reproduced

NAME = "reproduce"


def command(
    run: Annotated[Path, typer.Argument(help="A folder that `twin run` wrote to.")],
    *,
    name: Annotated[str | None, typer.Option("--run", help="Which run: its hash begins so. The last.")] = None,
    replications: Annotated[int, typer.Option(min=1, help="At most so many of each scenario.")] = 100_000,
    engine: EngineName = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run kept replications again, from what is kept alone, and say whether the bytes are the same."""
    from contextlib import closing  # noqa: PLC0415 - help must answer at once

    from twin.cli.doctor import origin  # noqa: PLC0415 - the same
    from twin.errors import GateError, InputError  # noqa: PLC0415 - the same
    from twin.executors.threads import load, on_threads  # noqa: PLC0415 - the same
    from twin.identity import read  # noqa: PLC0415 - the same
    from twin.reproduction import chosen, reproduce, reproduce_decision  # noqa: PLC0415 - the same
    from twin.store import FILE, Store  # noqa: PLC0415 - the same

    path = run / FILE if run.is_dir() else run
    if not path.is_file():
        raise InputError(f"{run} holds no results; `twin run` writes them to {FILE}")
    with closing(Store(path)) as store:
        executor = on_threads(ready=lambda work: load(work, tell=warn))
        kept = chosen(store, name)
        decision = read(kept.inputs).decision
        chosen_engine = engine_of(engine)
        found = (
            reproduce_decision(store, kept, executor, origin(), _decision(decision, chosen_engine), most=replications)
            if decision
            else reproduce(store, kept, executor, origin(), most=replications, engine=chosen_engine)
        )
    if as_json:
        say_json(_as_written(found))
    else:
        for line in _lines(found):
            say(line, quiet=quiet)
    if found.different:
        raise GateError(f"{len(found.different)} of {len(found.tasks)} replications gave other bytes")


def _decision(name: str, engine: "Engine") -> "Decide":
    """Give what takes a decision again."""
    from twin.cli.deciding import decision_of  # noqa: PLC0415 - help must answer at once
    from twin.decide.trials import Doubt, Running  # noqa: PLC0415 - the same

    decide = decision_of(name)
    return lambda inputs, executor: decide(
        inputs.experiment, inputs.base, Running(engine, executor, None, warn), Doubt(inputs.members)
    )


def _lines(found: "Reproduced") -> list[str]:
    from twin.executors.stored import named_tasks  # noqa: PLC0415 - help must answer at once

    same = len(found.tasks) - len(found.different)
    lines = [f"run {found.record.hash[:12]}: {same} of {len(found.tasks)} replications gave the same bytes"]
    if found.different:
        lines.append(f"other bytes: {named_tasks(found.work, found.different)}")
    if found.changes:
        lines.append("not as it was when they were kept:")
        lines += [f"- {change.name}: {change.then} → {change.now}" for change in found.changes]
    else:  # where bytes differ nevertheless, the program or the machine is at fault
        lines.append("versions and platform are as they were when they were kept")
    return lines


def _as_written(found: "Reproduced") -> dict[str, object]:
    names = [candidate.name for candidate in found.work.candidates]
    return {
        "run": found.record.hash,
        "equal": not found.different,
        "replications": len(found.tasks),
        "different": [{"scenario": names[task.candidate], "replication": task.replication} for task in found.different],
        "changes": [change._asdict() for change in found.changes],
    }

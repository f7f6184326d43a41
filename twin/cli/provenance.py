"""Where results come from, as the manifest and the store write it down."""

import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from twin.cli.doctor import origin, versions
from twin.engine import Engine
from twin.experiment import Results
from twin.files import digest
from twin.identity import SEMANTICS_VERSION, Inputs, canonical, experiment_hash, written
from twin.report import Provenance
from twin.store import Record
from twin.streams import STREAM_VERSION


def command() -> str:
    """Give the command line."""
    return " ".join(["twin", *sys.argv[1:]])


def provenance(sources: Sequence[Path], results: Results, started: datetime) -> Provenance:
    """Write down what the results depend on."""
    return provenance_of(sources, results.seed, results.engine, started)


def provenance_of(sources: Sequence[Path], seed: int, engine: Engine, started: datetime) -> Provenance:
    """Write down what was read, the seed, the engine and the software."""
    software = versions()
    return Provenance(
        command=command(),
        started=started,
        ended=datetime.now(UTC),
        version=software.pop("worktwin"),
        software=software,
        platform=platform.platform(),
        hashes={file.name: digest(file) for file in sources},
        seed=seed,
        semantics=SEMANTICS_VERSION,
        streams=STREAM_VERSION,
        engine=engine,
    )


def record(inputs: Inputs, sources: Sequence[Path], started: datetime) -> Record:
    """Write down an experiment as the store keeps it."""
    told = {"command": command(), "started": started.isoformat(timespec="seconds"), **origin()}
    read = {f"SHA-256 of {file.name}": digest(file) for file in sources}
    return Record(experiment_hash(inputs), written(inputs), canonical(told | read))

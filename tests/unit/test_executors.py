"""Where replications run changes nothing of what they say."""

import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import current_thread
from typing import Any, cast

import pytest

from twin.engine import Engine
from twin.errors import InputError
from twin.executors import Executor
from twin.executors.cluster import connect, on_cluster
from twin.executors.threads import WORTH_A_THREAD, on_threads
from twin.experiment import Results, run_experiment
from twin.metrics import Measured
from twin.project import load_experiment
from twin.replication import Part, Task, Work, replicate

ROOT = Path(__file__).parents[2]
QUESTION = load_experiment(ROOT / "scenarios/payments/one_more_person.yaml", root=ROOT)


def digest(results: Results) -> str:
    """One SHA-256 of every figure of every replication."""
    arrays = [array for run in results.runs for array in (run.values, run.weekly, run.lead_times)]
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def answered(executor: Executor | None = None, engine: Engine = "compiled") -> str:
    run = QUESTION.experiment.run.model_copy(update={"replications": 10})
    experiment = QUESTION.experiment.model_copy(update={"run": run})
    return digest(run_experiment(experiment, QUESTION.base, engine=engine, executor=executor))


@pytest.fixture(scope="module")
def expected() -> str:
    return answered(engine="reference")


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_threads_change_nothing(workers: int, expected: str) -> None:
    assert answered(on_threads(workers)) == expected


@pytest.mark.parametrize(("visits", "alone"), [(WORTH_A_THREAD - 1, True), (WORTH_A_THREAD, False)])
def test_threads_are_for_large_replications(visits: int, alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a parameter
    used = []

    def noted(_: Work, __: Task) -> Part:
        used.append(current_thread().name)
        return Part(cast("Measured", None), visits, ())

    monkeypatch.setattr("twin.executors.threads.replicate", noted)
    monkeypatch.setattr("twin.executors.threads.cores", lambda: 2)
    run = on_threads(ready=lambda _: None)
    parts = list(run(Work((), 1, "compiled"), [Task(0, number) for number in range(9)]))

    assert len(parts) == 9
    assert (set(used[1:]) == {current_thread().name}) == alone  # the first shows how large they are


def test_order_changes_nothing(expected: str) -> None:
    def backwards(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        yield from reversed([replicate(work, task) for task in reversed(tasks)])

    assert answered(backwards) == expected


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="the cluster extra is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.filterwarnings("default")  # the cluster's own libraries warn
@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_a_cluster_changes_nothing_whatever_the_chunks(client: Any, chunk: int, expected: str) -> None:
    assert answered(on_cluster(client, chunk=chunk)) == expected


@pytest.mark.filterwarnings("default")  # the same
def test_a_worker_that_is_killed_costs_time_only(client: Any, expected: str) -> None:
    victims = itertools.cycle([cast("int", pid) for pid in client.run(os.getpid).values()])

    def with_a_killing(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        parts = on_cluster(client, chunk=2)(work, tasks)
        yield next(parts)
        os.kill(next(victims), 9)
        yield from parts

    assert answered(with_a_killing) == expected


def test_an_address_where_nobody_answers_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.executors.cluster.SECONDS", 1)
    with pytest.raises(InputError, match=r"no cluster answers at tcp://127\.0\.0\.1:9"):
        connect("tcp://127.0.0.1:9")


@pytest.mark.parametrize("seed", ["0", "random"])
def test_the_order_of_hashes_changes_nothing(seed: str, expected: str) -> None:
    code = (
        "import sys; sys.path[:0] = ['tests/unit']; import test_executors as t; print(t.answered(engine='reference'))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert told.stdout.strip() == expected

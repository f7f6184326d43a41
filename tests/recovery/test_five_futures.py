"""CORRECTNESS C5: one set of metrics, five futures, by queueing theory and from what the command writes.

Throughput 0.8 an hour, WIP 4 and a lead time of 5 hours are those of five queues of Poisson arrivals and exponential
services: of one person and of two, three, five and ten. With a fifth more demand they part. Nothing of the inference is
used to judge it: theory says what the five do, and the twins that the command learned are read from their file as JSON
and worked out by theory too (Erlang C; its wait times (1 + cv^2) / 2 where services are not exponential, Allen 1990).
"""

import json
from math import factorial, inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import call

RATE, MORE = 0.8, 0.96
"""Items an hour."""
QUEUES = {1: 1.00, 2: 1.95, 3: 2.82, 5: 4.17, 10: 4.99}
"""People, and hours of service."""
METRICS = "\n".join(
    ["period_start,metric,value,unit"]
    + [
        f"2026-{month:02}-01,{figure}"
        for month, days in ((1, 31), (2, 28), (3, 31))
        for figure in (f"throughput,{RATE * 24 * days:.1f},", "wip,4,", "lead_time,5,h")
    ]
)
ASK = """\
question: What if a fifth more came?
base: twin.yaml
scenarios:
  a fifth more: [{scale: work.case.arrivals, by: 1.2}]
run: {warm_up: 8 w, length: 26 w, replications: 4, seed: 1}
answer: {metric: lead_time, better: lower, worth: 1 h}
"""


def lead_time(rate: float, people: int, service: float, cv: float = 1.0) -> float:
    """Give the mean time in a queue of several people, hours; without end where more comes than they can do."""
    offered = rate * service
    if offered >= people:
        return inf
    last = offered**people / factorial(people) * people / (people - offered)
    wait = last / (sum(offered**k / factorial(k) for k in range(people)) + last)
    return service + wait * service / (people - offered) * (1 + cv**2) / 2


def hours(told: str) -> float:
    """Read a duration of a twin's file."""
    number, unit = told.split()
    return float(number) * {"h": 1.0, "min": 1 / 60}[unit]


def lead_times(folder: Path, more: float) -> tuple[list[int], list[float]]:
    """Give people and lead time of every twin of the file, with demand times so much."""
    _, *lines = (folder / "ensemble.jsonl").read_text().splitlines()
    people, times = [], []
    for twin in map(json.loads, lines):
        team, work = twin["teams"]["team"], twin["work"]["case"]
        (step,) = work["steps"]
        rate = float(work["arrivals"]["rate"].split()[0]) / 168 * more
        service = hours(step["effort"]["mean"]) / (float(team["available"].split()[0]) / 100)
        people.append(team["people"])
        times.append(
            hours(step["delay"]["time"]["mean"]) + lead_time(rate, team["people"], service, step["effort"]["cv"])
        )
    return people, times


def learned(folder: Path, *options: Any) -> str:
    """Learn twins from the five queues' dashboard; gives what the command said."""
    (folder / "m.csv").write_text(METRICS + "\n")
    said = call("calibrate", folder / "m.csv", "--hours", "always", *options, "--out", folder / "ours")
    assert said.code == 0
    return said.out


def test_five_queues_show_the_same_figures_and_have_five_futures() -> None:
    now = [lead_time(RATE, people, service) for people, service in QUEUES.items()]
    later = [lead_time(MORE, people, service) for people, service in QUEUES.items()]
    assert now == pytest.approx([5.0] * 5, abs=0.03)
    assert later == pytest.approx([25.0, 16.0, 10.8, 6.5, 5.02], rel=0.05)


def test_twins_learned_from_the_five_queues_dashboard_reach_from_one_future_to_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calibration.inference.Budget.__new__.__defaults__", (800, 120))
    monkeypatch.setattr("calibration.asked.ASKED", 2)
    said = learned(tmp_path)
    people, now = lead_times(tmp_path / "ours", 1.0)
    _, later = lead_times(tmp_path / "ours", 1.2)
    low, high = np.quantile(later, (0.05, 0.95))
    assert float(np.median(now)) == pytest.approx(5.0, rel=0.15)
    assert (low <= 5.2, high >= 16.0, {1, 2, 3, 5} <= set(people), max(people) >= 7) == (True, True, True, True)
    (unknown,) = [line for line in said.splitlines() if line.startswith("not identified by these data")]
    assert "number of people in team" in unknown


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_what_the_command_says_of_a_fifth_more_demand_reaches_as_far(tmp_path: Path) -> None:
    (tmp_path / "ask.yaml").write_text(ASK)
    learned(tmp_path, "--ask", tmp_path / "ask.yaml")
    (answer,) = json.loads((tmp_path / "ours" / "evidence.json").read_text())["answers"]
    assert (answer["low"] <= 0.2, answer["high"] >= 11.0) == (True, True)

# ruff: noqa: TID251, S311, PLC0415 - peers draw as their users do; each is imported by its own run only
"""The benchmark's model in other simulators, each as its documentation teaches it.

`benchmarks.peers` runs this file with the Python that the peers are installed in, one engine a process, and tells on
standard input the stages, the number of items, the seed and a folder. It answers with the processor time of the run,
imports left out, and leaves ``rows.npy`` in the folder, shape (5, visits): item, stage, enabled, started, finished, in
hours. Time stops where the engine has its own log, before that is brought into this shape.
"""

import csv
import json
import math
import random
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
WEEK = [{"from": "MONDAY", "to": "SUNDAY", "beginTime": "00:00:00", "endTime": "23:59:59.999999"}]
NO_LIMIT = 1e12

Rows = list[tuple[float, float, float, float, float]]


class Asked(NamedTuple):
    """What to run."""

    engine: str
    places: list[dict[str, Any]]  # name, people, effort (mean, hours), log_sd, rework (chance to go back)
    back_to: int
    items: int
    seed: int
    folder: str


def scale(place: dict[str, Any]) -> float:
    """Give the mean of the logarithm of a stage's effort."""
    return float(math.log(place["effort"]) - place["log_sd"] ** 2 / 2)


def ciw(asked: Asked) -> tuple[float, Rows]:
    """Run Ciw: one node a stage, a routing matrix, and arrivals that end."""
    import ciw  # type: ignore[import-not-found] # not in this environment

    class Arrivals(ciw.dists.Exponential):  # type: ignore[misc] # Ciw has no types
        left = asked.items

        def sample(self, t: float | None = None, ind: object = None) -> float:
            self.left -= 1
            return float(super().sample(t, ind)) if self.left >= 0 else math.inf

    begun = process_time()
    ciw.seed(asked.seed)
    size = len(asked.places)
    ways = [[0.0] * size for _ in asked.places]
    for at, place in enumerate(asked.places):
        if place["rework"]:
            ways[at][asked.back_to] = place["rework"]
        if at + 1 < size:
            ways[at][at + 1] = 1 - place["rework"]
    network = ciw.create_network(
        arrival_distributions=[Arrivals(rate=1.0), *[None] * (size - 1)],
        service_distributions=[ciw.dists.Lognormal(scale(place), place["log_sd"]) for place in asked.places],
        number_of_servers=[place["people"] for place in asked.places],
        routing=ways,
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(asked.items, method="Finish")
    records = simulation.get_all_records()
    seconds = process_time() - begun
    return seconds, [
        (r.id_number, r.node - 1, r.arrival_date, r.service_start_date, r.service_end_date) for r in records
    ]


def salabim(asked: Asked) -> tuple[float, Rows]:
    """Run salabim: a resource a team and a component an item, with yields, which ran faster here than without."""
    import salabim as sim  # type: ignore[import-not-found] # not in this environment

    sim.yieldless(False)
    begun = process_time()
    env = sim.Environment(trace=False, random_seed=asked.seed, yieldless=False)
    teams = [sim.Resource(place["name"], capacity=place["people"]) for place in asked.places]
    draw = random.Random(asked.seed)
    rows: Rows = []

    class Item(sim.Component):  # type: ignore[misc] # salabim has no types that mypy reads
        def process(self, number: int) -> Iterator[Any]:
            at = 0
            while at < len(asked.places):
                place, enabled = asked.places[at], env.now()
                yield self.request(teams[at])
                started = env.now()
                yield self.hold(draw.lognormvariate(scale(place), place["log_sd"]))
                self.release(teams[at])
                rows.append((number, at, enabled, started, env.now()))
                at = asked.back_to if place["rework"] and draw.random() < place["rework"] else at + 1

    class Source(sim.Component):  # type: ignore[misc] # as above
        def process(self) -> Iterator[Any]:
            for number in range(asked.items):
                yield self.hold(draw.expovariate(1.0))
                Item(number=number)

    Source()
    env.run()
    return process_time() - begun, rows


def prosimos(asked: Asked) -> tuple[float, Rows]:
    """Run Prosimos on the model as BPMN and JSON, everybody at work round the clock; it writes its log as CSV."""
    from prosimos.simulation_engine import run_simulation  # type: ignore[import-not-found]

    folder = Path(asked.folder)
    (folder / "model.bpmn").write_text(bpmn(asked), encoding="utf-8")
    (folder / "model.json").write_text(json.dumps(parameters(asked)), encoding="utf-8")
    random.seed(asked.seed)
    np.random.seed(asked.seed)  # noqa: NPY002 - Prosimos draws from NumPy's global generator
    starts = "2026-01-05T00:00:00+00:00"
    begun = process_time()
    log = str(folder / "log.csv")
    run_simulation(
        str(folder / "model.bpmn"), str(folder / "model.json"), asked.items, log_out_path=log, starting_at=starts
    )
    seconds = process_time() - begun
    zero, stages = datetime.fromisoformat(starts), {place["name"]: at for at, place in enumerate(asked.places)}

    def hours(text: str) -> float:
        return (datetime.fromisoformat(text) - zero).total_seconds() / 3600

    rows: Rows = []
    with Path(log).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            instants = hours(row["enable_time"]), hours(row["start_time"]), hours(row["end_time"])
            rows.append((float(row["case_id"]), stages[row["activity"]], *instants))
    return seconds, rows


def flows(asked: Asked) -> list[tuple[str, str]]:
    """List the model's arrows: a gateway before the stage that work goes back to, one after each that sends back."""
    found, last = [], "start"
    for at, place in enumerate(asked.places):
        if at == asked.back_to:
            found.append((last, "join"))
            last = "join"
        found.append((last, place["name"]))
        last = place["name"]
        if place["rework"]:
            found += [(last, f"{last}_split"), (f"{last}_split", "join")]
            last = f"{last}_split"
    return [*found, (last, "end")]


def bpmn(asked: Asked) -> str:
    """Draw the model as BPMN."""
    splits = [f"{place['name']}_split" for place in asked.places if place["rework"]]
    parts = [
        '<startEvent id="start" name="start"/>',
        '<endEvent id="end" name="end"/>',
        *(f'<task id="{place["name"]}" name="{place["name"]}"/>' for place in asked.places),
        *(f'<exclusiveGateway id="{each}" name="{each}"/>' for each in ("join", *splits)),
        *(f'<sequenceFlow id="{a}-{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in flows(asked)),
    ]
    return f'<definitions xmlns="{BPMN}"><process id="delivery">{"".join(parts)}</process></definitions>'


def parameters(asked: Asked) -> dict[str, Any]:
    """Write what Prosimos wants beside the drawing; seconds."""

    def spread(place: dict[str, Any]) -> dict[str, Any]:
        mean = place["effort"] * 3600
        values = mean, mean**2 * math.expm1(place["log_sd"] ** 2), 0, NO_LIMIT
        return {"distribution_name": "lognorm", "distribution_params": [{"value": value} for value in values]}

    def resource(place: dict[str, Any]) -> dict[str, Any]:
        facts = {"cost_per_hour": 1, "amount": place["people"], "calendar": "always", "assignedTasks": [place["name"]]}
        return {"id": f"{place['name']} team", "name": f"{place['name']} team"} | facts

    chances = {f"{place['name']}_split": place["rework"] for place in asked.places if place["rework"]}
    arrows = flows(asked)
    return {
        "resource_profiles": [{"id": "all", "name": "all", "resource_list": [resource(p) for p in asked.places]}],
        "arrival_time_distribution": {
            "distribution_name": "expon",
            "distribution_params": [{"value": 3600}, {"value": 0}, {"value": NO_LIMIT}],
        },
        "arrival_time_calendar": WEEK,
        "gateway_branching_probabilities": [
            {
                "gateway_id": split,
                "probabilities": [
                    {"path_id": f"{a}-{b}", "value": chance if b == "join" else 1 - chance}
                    for a, b in arrows
                    if a == split
                ],
            }
            for split, chance in chances.items()
        ],
        "task_resource_distribution": [
            {"task_id": p["name"], "resources": [{"resource_id": f"{p['name']} team"} | spread(p)]}
            for p in asked.places
        ],
        "resource_calendars": [{"id": "always", "name": "always", "time_periods": WEEK}],
    }


ENGINES: dict[str, Callable[[Asked], tuple[float, Rows]]] = {"ciw": ciw, "salabim": salabim, "prosimos": prosimos}


def main() -> None:
    """Run what is asked."""
    asked = Asked(**json.load(sys.stdin))
    answers, sys.stdout = sys.stdout, sys.stderr  # engines may print
    seconds, rows = ENGINES[asked.engine](asked)
    np.save(Path(asked.folder) / "rows.npy", np.array(rows, np.float64).T)
    answers.write(json.dumps(seconds))


if __name__ == "__main__":
    main()

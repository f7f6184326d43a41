"""Small event logs as they are today, byte for byte; refreshed by ``make golden``.

A change here is a change of what every published run means: it needs a reason in the commit.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from twin.engine import Engine, simulate
from twin.plan import Model, compile_model
from twin.spec import Twin
from twin.units import DAY

FOLDER = Path(__file__).parent

CLOCK = {"starts": "2026-03-23", "zone": "Europe/Berlin"}
OFFICE = {"days": "mon-fri", "hours": "09:00-17:30", "pause": "12:30-13:00", "holidays": "DE-BE"}


def delivery() -> Twin:
    """Features with rework, a WIP limit, office hours and people who are not always available."""
    steps = [
        {"stage": "build", "effort": {"kind": "lognormal", "mean": "6 h", "cv": 1.1}},
        {
            "stage": "review",
            "effort": {"kind": "gamma", "mean": "2 h", "cv": 0.6},
            "delay": {"time": "3 h", "counted": "working"},
            "rework": {"chance": "30 %", "back_to": "build", "limit": 2},
        },
    ]
    return Twin.model_validate(
        {
            "twin": "delivery",
            "clock": CLOCK,
            "calendars": {"office": OFFICE},
            "teams": {
                "developers": {"people": 2, "calendar": "office", "available": "70 %"},
                "reviewers": {"people": 1, "calendar": "office", "available": "50 %"},
            },
            "stages": {"build": {"team": "developers", "wip_limit": 3}, "review": {"team": "reviewers"}},
            "work": {"feature": {"arrivals": {"kind": "poisson", "rate": "6 / week"}, "steps": steps}},
            "handoffs": [{"from": "developers", "to": "reviewers", "delay": "1 h"}],
            "inside": [{"work": "feature", "stage": "review", "age": "2 d", "count": 2}],
        }
    )


def desk() -> Twin:
    """Two kinds of requests by a route with memory, priorities, two teams at one stage and ties everywhere."""
    hours: dict[str, Any] = {"kind": "empirical", "values": ["0 h", "1 h", "2 h", "4 h"]}
    route = {
        "start": {"triage": 1.0},
        "next": {
            "triage": {"solve": 0.7, "done": 0.3},
            "solve": {"triage": 0.4, "done": 0.6},
            "solve > triage": {"solve": 1.0},
        },
        "efforts": {"triage": hours, "solve": hours},
    }
    gap = {"kind": "renewal", "gap": {"kind": "empirical", "values": ["1 h", "2 h", "5 h"]}}
    return Twin.model_validate(
        {
            "twin": "desk",
            "clock": CLOCK,
            "calendars": {"night": {"days": "mon-sun", "hours": "20:00-04:00"}},
            "teams": {
                "day": {"people": [{"count": 1}, {"count": 1, "calendar": "night"}]},
                "night": {"people": 1, "calendar": "night"},
            },
            "stages": {"triage": {"team": "day"}, "solve": {"teams": ["day", "night"]}},
            "work": {
                "question": {"arrivals": gap, "route": route},
                "incident": {"arrivals": {"kind": "poisson", "rate": "2 / day"}, "route": route, "priority": 1},
            },
        }
    )


def grown() -> Twin:
    """The delivery with a third developer."""
    written = delivery().as_written()
    written["teams"]["developers"]["people"] = 3
    return Twin.model_validate(written)


def models() -> dict[str, Model]:
    """Compile the twins, by the name of their file."""
    later = delivery().start + timedelta(days=10)
    return {
        "delivery": compile_model(delivery(), until=21 * DAY),
        "desk": compile_model(desk(), until=5 * DAY),
        "grown": compile_model(delivery(), until=21 * DAY, changes=((later, grown()),)),
    }


def logs(engine: Engine = "reference") -> dict[str, pl.DataFrame]:
    """Run the twins, by the name of their file."""
    return {name: simulate(model, seed=7, engine=engine).log().frame for name, model in models().items()}


def main() -> None:
    """Write every log, and say which changed."""
    for name, frame in logs().items():
        path, text = FOLDER / f"{name}.csv", frame.write_csv()
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}: {frame.height} rows, {'changed' if changed else 'as before'}\n")


if __name__ == "__main__":
    main()

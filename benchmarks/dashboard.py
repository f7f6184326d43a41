"""Write ``docs/aggregates.md``: what ``twin calibrate`` makes of a dashboard, with what is behind the dashboard.

The dashboard is half a year, month by month, of a run of ``scenarios/payments/twin.yaml`` that nobody would see.
Run ``python -m benchmarks.dashboard``.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from calibration.sources.aggregates import Scope, Series
from calibration.sources.metric_names import Metric
from calibration.summaries import Target, simulated, unscaled
from twin.engine import simulate
from twin.plan import compile_model
from twin.project import load_twin
from twin.units import DAY

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "aggregates.md"
TWIN: Final = ROOT / "scenarios" / "payments" / "twin.yaml"
MONTHS: Final = tuple(date(2027, month, 1) for month in range(1, 8))
FIGURES: Final = (
    ("arrivals", ""), ("throughput", ""), ("wip", ""), ("lead_time_p50", ""), ("lead_time_p85", ""), ("wip", "review"),
    ("throughput", "review"),
)  # fmt: skip
OPTIONS: Final = ("--stages", "build=developers,review=reviewers", "--hours", "mon-fri 09:00-12:30,13:00-17:30")

TEXT: Final = """\
# From a dashboard alone

Written by `python -m benchmarks.dashboard`, which makes the dashboard, runs the command and copies what it says.

Many organisations may not give away an event log, and all have a dashboard. `twin calibrate` takes its figures too: a
table `period_start, metric, stage, team, type, value` by week or by month, told from its columns. Metrics are arrivals,
throughput, wip, people (head-count), utilisation, lead_time and cycle_time (a mean, or `_p50`, `_p85`, …) and
`sla_share 10 d`. A figure without stage, team and type is of all work. Times may carry a unit (`3 d`); if they do not,
Little's law on the file says whether they are hours or days. WIP is an average from arrival to done, a time at a stage
runs from coming there to done there. Wrong rows are refused with their line; missing periods are named.

Figures like these do not fix a twin: one person who is busy and ten who are not can show the same throughput, WIP and
lead time. So the result is an ensemble of twins that fit alike, `ensemble.jsonl`, and a list of what is not known. Its
priors are stated in `calibration/priors.py`; [benchmarks/aggregates.md](../benchmarks/aggregates.md) holds the
intervals against organisations whose answers are known.

## The dashboard

```csv
{csv}
```

## What it tells

    {command}

```text
{said}
```

Behind this dashboard are {truth}.

## What not to conclude

- The twin in `twin.yaml` is one of many. Take answers from the ensemble, and do not take its middle for a forecast.
- How often such intervals hold the truth stands in [benchmarks/aggregates.md](../benchmarks/aggregates.md), for
  organisations like those that are assumed. Take an interval as the least that is open.
- "Assumed" is the prior and no finding: a range that looks narrow may only repeat what was believed before.
- All types take the same steps with the same effort, in a line; nobody has holidays, priorities or limits on work in
  progress. Rework goes to the stage before. Where the organisation is another one, figures may still be reproduced.
- Figures that such twins do not show are said first, by the command, in `evidence.json` and at the head of every
  report, and nothing that goes by them is called measured. [benchmarks/misfits.md](../benchmarks/misfits.md) counts
  false alarms, and what is not found: people away every other week leave hardly a trace in half a year.
- What a measurement would narrow is at best, and for the question that was asked (`--ask SCENARIO.yaml` asks another).
"""


def dashboard() -> str:
    """Run the twin and keep what a dashboard shows."""
    twin = load_twin(TWIN)
    edges = np.array([(month - twin.start.date()).days for month in MONTHS], np.int64) * DAY
    run = simulate(compile_model(twin, until=int(edges[-1])), seed=5, engine="compiled")
    rows = ["period_start,metric,stage,team,value"]
    for number, month in enumerate(MONTHS[:-1]):
        for text, of in FIGURES:
            name, _, percent = text.partition("_p")
            series = Series(Metric(name, float(percent or 0), None), Scope("", "", ""), *(np.zeros(0),) * 3)
            target = Target(series, list(twin.stages).index(of) if of else -1, -1, -1, edges[number : number + 2])
            (value,) = unscaled(name, simulated(run, [target], hours=()))
            weeks = (edges[number + 1] - edges[number]) / (7 * DAY)
            count = f"{value:.1f}" if name == "wip" else f"{value * weeks:.0f}"
            rows.append(f"{month},{text},{of},,{f'{value / 24:.1f} d' if 'time' in name else count}")
        rows += [f"{month},people,,{team},{groups.groups()[0].count}" for team, groups in twin.teams.items()]
    return "\n".join(rows)


def truth() -> Iterator[str]:
    """Say what is behind the dashboard."""
    twin = load_twin(TWIN)
    for name, team in twin.teams.items():
        (group,) = team.groups()
        yield f"{group.count} {name} who give it {(group.available or 0) * 100:.0f} % of their time"
    yield "efforts of 20 h in build (cv 1.1) and 3.5 h in review (cv 0.6), 22 % sent back, and no delays"


def main() -> None:
    """Make the dashboard, learn from it, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "metrics.csv"
        file.write_text(dashboard() + "\n")
        program = "from twin.cli import main; main()"
        arguments = ("calibrate", "metrics.csv", *OPTIONS, "--out", "ours")
        said = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
    quoted = " ".join(f"'{each}'" if " " in each else each for each in arguments)
    told = TEXT.format(csv=dashboard(), command=f"twin {quoted}", said=said.stdout.strip(), truth=", ".join(truth()))
    PAGE.write_text(told)


if __name__ == "__main__":
    main()

"""Parameters of an organisation as a twin, and, many times faster, as a model to run.

Inference tries thousands of twins that differ in numbers only. One is compiled; the others are its arrays with other
numbers in them: a table of efforts of mean m is m times the table of mean 1, since quantiles scale. `twin_of` writes
the same parameters as a twin, and a test holds the two together.
"""

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.organisation import ALWAYS, Organisation
from calibration.priors import CVS, Settings
from twin.distributions import Exponential, Lognormal
from twin.plan import Model, compile_model
from twin.sampling import quantile_table
from twin.spec import Twin

CALENDAR: Final = "people"
LEAST_TIME: Final = 1 / 60
"""Hours; a mean effort is a minute at least, and so is a delay, where there is none."""
LEAST_CHANCE: Final = 0.0005
"""Of rework, where there is none: so all twins have the same parts, and a scenario fits all of them or none."""
UNIT: Final = "1000 h"
_UNIT_HOURS: Final = 1000.0
Floats = NDArray[np.float64]


class Template(NamedTuple):
    """A compiled twin and where its numbers stand."""

    model: Model
    efforts: tuple[int, ...]  # (stages,) table of each
    delays: tuple[int, ...]  # (stages,)
    stage_of: NDArray[np.int64]  # (nodes,) -1 at an entry
    by_cv: tuple[Floats, ...]  # tables of efforts of mean `UNIT`, by index into CVS
    waiting: Floats  # table of delays of mean `UNIT`


def one(settings: Settings, place: int) -> Settings:
    """Take one twin's parameters from many."""
    return Settings._make(column[place] for column in settings)


def twin_of(known: Organisation, settings: Settings, *, name: str, starts: int) -> Twin:
    """Write parameters as a twin.

    Parameters
    ----------
    known
        Names of stages, teams and types, and who serves what.
    settings
        Of one twin.
    name
        Of the twin.
    starts
        Its first day, as days since 1970-01-01.
    """
    teams = {
        team: {
            "people": int(settings.people[number]),
            "calendar": CALENDAR if known.days else ALWAYS,
            "available": f"{settings.available[number] * 100:.4g} %",
        }
        for number, team in enumerate(known.teams)
    }
    steps = [_step(known, settings, number) for number in range(len(known.stages))]
    calendars = {CALENDAR: {"days": known.days, "hours": known.hours}} if known.days else {}
    return Twin.model_validate(
        {
            "twin": name,
            "clock": {"starts": (date(1970, 1, 1) + timedelta(days=starts)).isoformat()},
            "calendars": calendars,
            "teams": teams,
            "stages": {
                stage: {"team": known.teams[team]} for stage, team in zip(known.stages, known.serving, strict=True)
            },
            "work": {
                work: {"arrivals": {"kind": "poisson", "rate": f"{rate:.4g} / week"}, "steps": steps}
                for work, rate in zip(known.works, settings.rate, strict=True)
            },
        }
    )


def _step(known: Organisation, settings: Settings, number: int) -> dict[str, Any]:
    step: dict[str, Any] = {
        "stage": known.stages[number],
        "effort": {"kind": "lognormal", "mean": _hours(settings.effort[number]), "cv": CVS[int(settings.cv[number])]},
        "delay": {"kind": "exponential", "mean": _hours(settings.delay[number])},
    }
    if number:
        chance = f"{max(settings.rework[number], LEAST_CHANCE) * 100:.3g} %"
        step["rework"] = {"chance": chance, "back_to": known.stages[number - 1]}
    return step


def _hours(hours: float) -> str:
    """Write a duration in four digits."""
    return f"{hours:.4g} h" if hours >= 1 else f"{max(hours, LEAST_TIME) * 60:.4g} min"


def template_of(known: Organisation, *, starts: int, until: int) -> Template:
    """Compile a twin of the organisation in which every number has a place of its own.

    Parameters
    ----------
    known
        The organisation.
    starts
        First day, as days since 1970-01-01.
    until
        Horizon in ticks.
    """
    stages, teams, works = len(known.stages), len(known.teams), len(known.works)
    apart = np.arange(1.0, stages + 1)
    settings = Settings(
        np.ones(works), np.ones(teams, np.int64), np.ones(teams), np.ones(teams), apart,
        np.full(stages, CVS.index(1.0)), np.full(stages, 0.5), apart,
    )  # fmt: skip
    model = compile_model(twin_of(known, settings, name="template", starts=starts), until=until)
    plan = model.phases[0].plan
    nodes, edges = plan.nodes, plan.edges
    first = [int(np.flatnonzero(nodes.stage == stage)[0]) for stage in range(stages)]
    into = [int(np.flatnonzero((edges.target == node) & (edges.external >= 0))[0]) for node in first]
    return Template(
        model,
        tuple(int(nodes.effort[node, 0]) for node in first),
        tuple(int(edges.external[edge]) for edge in into),
        nodes.stage.astype(np.int64),
        tuple(quantile_table(Lognormal.model_validate({"kind": "lognormal", "mean": UNIT, "cv": cv})) for cv in CVS),
        quantile_table(Exponential.model_validate({"kind": "exponential", "mean": UNIT})),
    )


def model_of(template: Template, settings: Settings) -> Model:
    """Put one twin's parameters into the compiled template."""
    model, plan = template.model, template.model.phases[0].plan
    tables = list(plan.tables)
    for stage, (effort, delay) in enumerate(zip(template.efforts, template.delays, strict=True)):
        mean = max(settings.effort[stage], LEAST_TIME)
        tables[effort] = template.by_cv[int(settings.cv[stage])] * (mean / _UNIT_HOURS)
        tables[delay] = template.waiting * (max(settings.delay[stage], LEAST_TIME) / _UNIT_HOURS)
    chance = np.where(template.stage_of > 0, np.maximum(settings.rework, LEAST_CHANCE)[template.stage_of], 0.0)
    changed = plan._replace(
        tables=tuple(tables),
        crews=plan.crews._replace(people=settings.people.astype(np.int32), stretch=1 / settings.available),
        nodes=plan.nodes._replace(rework_chance=chance),
    )
    intakes = tuple(intake._replace(expected=intake.expected * settings.rate[intake.work]) for intake in model.intakes)
    return model._replace(phases=(model.phases[0]._replace(plan=changed),), intakes=intakes)

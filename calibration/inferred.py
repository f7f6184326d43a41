"""Learn twins from aggregated metrics alone: an ensemble that the figures cannot tell apart.

Many parameters fit the same figures: c = 1, 2, 3, 5 or 10 people with efforts to match give one throughput, WIP and
lead time, and five futures. So nothing here is fitted to a point. The prior of `calibration.priors` is run through the
compiled engine on the periods of the file, `calibration.inference` keeps what the figures allow, and the members of the
ensemble are drawn from it. The twin beside it is the member nearest to the middle, to read and to edit; answers are
those of the ensemble.

A run begins empty, a year before the first period, or three times the time in the system where that is longer, up to
two years. A busy team's queue takes that long to form: after 8 weeks a twin of a load of 0.95 shows a shorter queue
than an organisation of that load that has been there for long, and would be ruled out. Where more than `MOST_VISITS`
would be simulated, the year is cut to half of these, and then the periods of the file, which widens what is left open.
"""

from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.approximate_flow import features_of
from calibration.candidate_twins import Template, model_of, one, template_of, twin_of
from calibration.inference import Budget, Posterior, Tell, infer
from calibration.organisation import Organisation, organisation_of
from calibration.periods import shown_periods
from calibration.priors import Prior, Settings, dimensions, prior_of, settings_of
from calibration.sources.aggregates import Aggregates
from calibration.summaries import Target, observed, simulated, targets_of
from twin.engine import simulate
from twin.ensemble import Ensemble
from twin.errors import BudgetError
from twin.spec import Twin
from twin.units import DAY

MEMBERS: Final = 100
METHOD: Final = "synthetic likelihood from aggregated metrics"
MOST_VISITS: Final = 15_000
"""Of one run."""
WARM_UP: Final = 52
MOST_WARM_UP: Final = 104
LEAST_WARM_UP: Final = 8
"""Weeks: a year as a rule, and how short and how long it may get."""
SEED: Final = 1

Floats = NDArray[np.float64]


class Setup(NamedTuple):
    """All that a simulation for inference needs."""

    organisation: Organisation
    prior: Prior
    targets: tuple[Target, ...]
    template: Template
    warm_up: int  # weeks
    weeks: int  # simulated after it
    given_weeks: int  # that the file spans
    first: int  # day of the file, as days since 1970-01-01


class Inferred(NamedTuple):
    """Twins learned from metrics."""

    twin: Twin
    ensemble: Ensemble
    setup: Setup
    posterior: Posterior
    members: Settings  # of the ensemble, first axis (members,)
    plausible: Settings  # of all particles
    before: Settings  # of draws from the prior


def infer_twins(
    given: Aggregates,
    *,
    name: str,
    stages: tuple[str, ...] = (),
    hours: str | None = None,
    budget: Budget | None = None,
    tell: Tell | None = None,
) -> Inferred:
    """Learn an ensemble of twins from aggregated metrics.

    Parameters
    ----------
    given
        The file of metrics.
    name
        Name of the twin.
    stages
        Stages in order, each perhaps with its team; see `calibration.organisation`.
    hours
        When people work; office hours, if left out.
    budget
        Runs at most; so many that a minute is enough, if left out.
    tell
        Told of the runs done.

    Raises
    ------
    InputError
        Where the file does not say how much work comes, or a figure cannot be placed.
    """
    setup = set_up(given, organisation_of(given, stages=stages, hours=hours))
    return learn(setup, name=name, budget=budget, tell=tell)


def learn(setup: Setup, *, name: str, budget: Budget | None = None, tell: Tell | None = None) -> Inferred:
    """Learn an ensemble from what is laid out; see `infer_twins`."""
    seen = observed(setup.targets)
    simulated_by, known_by = partial(run_of, setup), partial(_features, setup)
    found = infer(simulated_by, seen, dimensions(setup.prior), features=known_by, budget=budget, tell=tell)
    return drawn(setup, found, name=name)


def ordinary_twin(setup: Setup, *, name: str) -> Twin:
    """Write the twin in the middle of the prior, which has the parts that every member has."""
    settings = settings_of(setup.prior, np.zeros((1, dimensions(setup.prior))))
    return twin_of(setup.organisation, one(settings, 0), name=name, starts=setup.first)


def drawn(setup: Setup, found: Posterior, *, name: str) -> Inferred:
    """Draw the members of the ensemble from plausible parameters, and write them as twins."""
    plausible = settings_of(setup.prior, found.z)
    chosen = np.unique(np.linspace(0, len(found.z) - 1, MEMBERS).round().astype(np.int64))
    members = Settings._make(column[chosen] for column in plausible)
    write = partial(twin_of, setup.organisation, name=name, starts=setup.first)
    twins = tuple(write(one(members, place)) for place in range(len(chosen)))
    middle = twins[_nearest_to_middle(found.z[chosen])]
    before = settings_of(setup.prior, found.prior)
    return Inferred(middle, Ensemble(METHOD, twins), setup, found, members, plausible, before)


def set_up(given: Aggregates, known: Organisation) -> Setup:
    """Lay out the runs: the periods, the warm-up before them, and the template.

    Raises
    ------
    InputError
        As in `infer_twins`.
    """
    prior = prior_of(given, known)
    first = min(int(each.starts[0]) for each in given.series)
    last = max(int(each.ends[-1]) for each in given.series)
    given_weeks = max(1, -(-(last - first) // 7))
    a_week = max(float(prior.rate.sum()) * len(known.stages) * 1.2, 1e-9)
    wanted = np.clip(np.ceil(3 * prior.whole / 168), WARM_UP, MOST_WARM_UP)
    warm_up = int(np.clip(MOST_VISITS / 2 / a_week, LEAST_WARM_UP, wanted))
    shortest = min(int(each.ends[0] - each.starts[0]) for each in given.series)
    weeks = int(np.clip(MOST_VISITS / a_week - warm_up, min(4 if shortest <= 7 else 9, given_weeks), given_weeks))
    origin = first - 7 * warm_up
    until = (warm_up * 7) * DAY + min(weeks * 7, last - first) * DAY
    targets = targets_of(given, known, origin=origin, until=until)
    template = template_of(known, starts=origin, until=until)
    return Setup(known, prior, targets, template, warm_up, weeks, given_weeks, first)


def run_of(setup: Setup, z: Floats, number: int) -> Floats:
    """Run twins at points z, numbered from a number on; gives summaries."""
    settings = settings_of(setup.prior, z)
    hours = settings.people * setup.organisation.weekly_hours
    found = np.full((len(z), len(setup.targets)), np.nan)
    for place in range(len(z)):
        model = model_of(setup.template, one(settings, place))
        try:
            outcome = simulate(model, seed=SEED, replication=number + place, engine="compiled")
        except BudgetError:
            continue  # no figure at all: as far from the observed as can be
        found[place] = simulated(outcome, setup.targets, hours=hours[place].tolist())
    return found


def periods_of(setup: Setup, z: Floats, number: int) -> tuple[Floats, ...]:
    """Run twins at points z, numbered from a number on.

    Returns
    -------
    tuple
        For each target its figures by period, shape (twins that could run, periods), see `calibration.periods`.
    """
    settings = settings_of(setup.prior, z)
    hours = settings.people * setup.organisation.weekly_hours
    shown = []
    for place in range(len(z)):
        model = model_of(setup.template, one(settings, place))
        try:
            outcome = simulate(model, seed=SEED, replication=number + place, engine="compiled")
        except BudgetError:
            continue
        shown.append(shown_periods(outcome, setup.targets, hours=hours[place].tolist()))
    return tuple(np.array(each) for each in zip(*shown, strict=True))


def _features(setup: Setup, z: Floats) -> Floats:
    weeks = setup.warm_up + setup.weeks / 2
    return features_of(setup.organisation, settings_of(setup.prior, z), weeks=weeks)


def _nearest_to_middle(z: Floats) -> int:
    spread = np.maximum(z.std(axis=0), 1e-9)
    return int((((z - np.median(z, axis=0)) / spread) ** 2).sum(axis=1).argmin())

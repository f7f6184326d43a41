"""Which settings of levers to try: all of them where they are few, else those an optimiser asks for.

A setting costs the sum of its levers' prices and is tried only within the budget. Up to the number of trials every
affordable setting is tried. Beyond, optuna's tree-structured Parzen estimator asks for settings one by one, learning
from those before; where it keeps asking for what was tried, another is drawn. Its seed is the file's, so the same file
asks for the same settings.

Units: costs are amounts in the file's one unit; figures those of the objectives. Source: Bergstra et al. (2011),
Algorithms for hyper-parameter optimization, NeurIPS 24; optuna (Akiba et al. 2019).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np

from twin.answerable import value_now
from twin.decisions import Optimize
from twin.errors import InputError
from twin.levers import Choice, Lever, Setting, Span
from twin.spec import Twin
from twin.streams import Purpose, name_hash, uniforms

MOST_LISTED: Final = 50_000
"""Settings that are listed to see how many are affordable."""
VAIN: Final = 10
"""Settings asked for in vain, over budget or tried before, until an affordable one is drawn instead."""
PATIENCE: Final = 1_000
"""Settings asked for in vain until the search ends."""
_SEEDS: Final = 2**32


class Weighed(NamedTuple):
    """What the trial of a setting gave."""

    objectives: tuple[float, ...]
    broken: float  # by how much limits are broken, as a share of them; 0 where all are kept


Try = Callable[[Setting], Weighed | None]
"""Try a setting; None where nothing could be measured."""


class Searched(NamedTuple):
    """What was tried."""

    tried: int
    affordable: int | None  # settings within the budget; None where there are too many to count
    complete: bool  # all affordable ones were tried


def values_now(levers: Mapping[str, Lever], base: Twin) -> dict[str, Choice]:
    """Give what stands at the levers that cost something, as the twin is."""
    return {path: value_now(base, path) for path, lever in levers.items() if lever.cost is not None}


def cost_of(levers: Mapping[str, Lever], setting: Setting, now: Mapping[str, Choice]) -> float:
    """Add up what a setting costs, where `values_now` stands there now."""
    return sum(levers[path].price(setting[path], value) for path, value in now.items())


def search(optimize: Optimize, base: Twin, attempt: Try, directions: Sequence[str], *, seed: int) -> Searched:
    """Try settings within the budget.

    Parameters
    ----------
    optimize
        Levers, budget and number of trials.
    base
        The twin, for what stands at the levers now.
    attempt
        Tries a setting.
    directions
        ``minimize`` or ``maximize`` for each objective.
    seed
        Names the optimiser's choices.

    Raises
    ------
    InputError
        Where no setting is affordable, or optuna is needed and not installed.
    """
    listed = _affordable(optimize, base)
    if listed is not None and not listed:
        raise InputError(f"no setting of the levers is within the budget of {optimize.budget:g}")
    if listed is not None and len(listed) <= optimize.trials:
        for setting in listed:
            attempt(setting)
        return Searched(len(listed), len(listed), complete=True)
    tried = _asked(optimize, base, attempt, directions, listed=listed, seed=seed)
    return Searched(tried, None if listed is None else len(listed), complete=False)


def _within(optimize: Optimize, setting: Setting, now: Mapping[str, Choice]) -> bool:
    return optimize.budget is None or cost_of(optimize.levers, setting, now) <= optimize.budget


def _affordable(optimize: Optimize, base: Twin) -> list[Setting] | None:
    """List the settings within the budget; None where there are too many to list."""
    levers = optimize.levers
    countable = all(lever.countable for lever in levers.values())
    if not countable or prod(len(lever.levels()) for lever in levers.values()) > MOST_LISTED:
        return None
    prices = [_prices(path, lever, base) for path, lever in levers.items()]
    budget = float("inf") if optimize.budget is None else optimize.budget
    chosen = (each for each in product(*prices) if sum(price for _, price in each) <= budget)
    return [dict(zip(levers, (value for value, _ in each), strict=True)) for each in chosen]


def _prices(path: str, lever: Lever, base: Twin) -> list[tuple[Any, float]]:
    now = value_now(base, path)
    return [(value, lever.price(value, now)) for value in lever.levels()]


def _asked(
    optimize: Optimize,
    base: Twin,
    attempt: Try,
    directions: Sequence[str],
    *,
    listed: Sequence[Setting] | None,
    seed: int,
) -> int:
    """Let the optimiser ask for settings; give how many were tried."""
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed % _SEEDS)
    now = values_now(optimize.levers, base)
    study = optuna.create_study(directions=list(directions), sampler=sampler)
    seen: set[str] = set()
    spare, vain = iter(_shuffled(listed or (), seed)), 0
    while len(seen) < optimize.trials and vain < PATIENCE:
        trial = study.ask()
        setting = {path: _suggested(trial, path, lever) for path, lever in optimize.levers.items()}
        fresh = repr(setting) not in seen and _within(optimize, setting, now)
        vain = 0 if fresh else vain + 1
        _answer(study, trial, attempt(setting) if fresh else None)
        seen |= {repr(setting)} if fresh else set()
        if vain >= VAIN:
            other = next((each for each in spare if repr(each) not in seen), None)
            if other is not None:
                study.enqueue_trial(_as_asked(optimize.levers, other))
    return len(seen)


def _answer(study: Any, trial: Any, weighed: Weighed | None) -> None:
    if weighed is None:
        study.tell(trial, state=_optuna().trial.TrialState.FAIL)
        return
    trial.set_constraint("limits", weighed.broken)
    study.tell(trial, list(weighed.objectives))


def _shuffled(settings: Sequence[Setting], seed: int) -> list[Setting]:
    drawn = uniforms(
        seed=seed, replication=0, place=name_hash("settings"), work=0, numbers=np.arange(len(settings)), visit=0,
        purpose=Purpose.DESIGN,
    )  # fmt: skip
    return [settings[int(place)] for place in np.argsort(drawn)]


def _as_asked(levers: Mapping[str, Lever], setting: Setting) -> dict[str, int]:
    """Write a setting as the optimiser names it: the number of each value."""
    return {path: lever.levels().index(setting[path]) for path, lever in levers.items()}


def _suggested(trial: Any, path: str, lever: Lever) -> Any:
    levels = lever.levels() if lever.countable else ()
    if not levels:
        return lever.at(trial.suggest_float(path, 0.0, 1.0))
    if isinstance(lever.values, Span):
        return levels[trial.suggest_int(path, 0, len(levels) - 1)]
    return levels[trial.suggest_categorical(path, list(range(len(levels))))]


def _optuna() -> Any:
    try:
        import optuna  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise InputError(
            "more settings than trials: the search needs `pip install 'worktwin[decide]'`, or raise trials to try all"
        ) from None
    return optuna

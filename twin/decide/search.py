"""Which settings of levers to try: all of them where they are few, else those an optimiser asks for.

A setting costs the sum of its levers' prices and is tried only within the budget. Up to the number of trials every
affordable setting is tried. Beyond, optuna's tree-structured Parzen estimator asks for settings one by one, learning
from those before; its seed is the file's, so the same file asks for the same settings.

Units: costs are amounts in the file's one unit; figures those of the objectives. Source: Bergstra et al. (2011),
Algorithms for hyper-parameter optimization, NeurIPS 24; optuna (Akiba et al. 2019).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, Final, NamedTuple

from twin.answerable import value_now
from twin.decisions import Optimize
from twin.errors import InputError
from twin.levers import Lever, Setting, Span
from twin.spec import Twin

MOST_LISTED: Final = 50_000
"""Settings that are listed to see how many are affordable."""
PATIENCE: Final = 20
"""Settings asked for in vain, over budget or tried before, for each trial."""
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


def cost_of(levers: Mapping[str, Lever], setting: Setting, base: Twin) -> float:
    """Add up what a setting costs."""
    priced = [path for path, lever in levers.items() if lever.cost is not None]
    return sum(levers[path].price(setting[path], value_now(base, path)) for path in priced)


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
    tried = _asked(optimize, base, attempt, directions, seed=seed)
    return Searched(tried, None if listed is None else len(listed), complete=False)


def _within(optimize: Optimize, setting: Setting, base: Twin) -> bool:
    return optimize.budget is None or cost_of(optimize.levers, setting, base) <= optimize.budget


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


def _asked(optimize: Optimize, base: Twin, attempt: Try, directions: Sequence[str], *, seed: int) -> int:
    """Let the optimiser ask for settings; give how many were tried."""
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed % _SEEDS)
    study = optuna.create_study(directions=list(directions), sampler=sampler)
    seen: set[tuple[Any, ...]] = set()
    for _ in range(PATIENCE * optimize.trials):
        if len(seen) == optimize.trials:
            break
        trial = study.ask()
        setting = {path: _suggested(trial, path, lever) for path, lever in optimize.levers.items()}
        key = tuple(map(repr, setting.values()))
        fresh = key not in seen and _within(optimize, setting, base)
        weighed = attempt(setting) if fresh else None
        seen |= {key} if fresh else set()
        if weighed is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            trial.set_constraint("limits", weighed.broken)
            study.tell(trial, list(weighed.objectives))
    return len(seen)


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

"""Engines: interchangeable ways to run a model, with the same rows byte for byte. One door, `simulate`.

The SimPy reference is the definition of right and quick to load; the compiled engine is some sixty times as fast, but
costs half a second to load, and once on each machine ten seconds to half a minute to compile, by the kind of twin.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Final, Literal

from twin import tally
from twin.accrual import Laid
from twin.conservation import check
from twin.demand import Items, draw_items, sums_of_gaps
from twin.engine.expected import expected_visits
from twin.engine.telling import Tell, silent
from twin.eventlog import Ticks
from twin.outcome import Outcome
from twin.plan import Model
from twin.presence import present
from twin.yardstick import Clock, Window

Engine = Literal["auto", "reference", "compiled"]

WORTH_LOADING: Final = 100_000
"""Visits that take the reference about as long as it takes to load the compiled engine."""

_so_far: Final = {"visits": 0.0}


def simulate(
    model: Model,
    *,
    seed: int,
    replication: int = 0,
    items: int | None = None,
    engine: Engine = "auto",
    tell: Tell = silent,
) -> Outcome:
    """Run one replication and check that nothing was lost.

    Parameters
    ----------
    model
        The compiled twin.
    seed, replication
        Name the random numbers: 0 <= seed < 2^64, 0 <= replication < 2^32.
    items
        Let so many items arrive and run until they have left, instead of until the model's horizon.
    engine
        Which engine; both say the same. ``auto`` takes the compiled one where it is loaded already or worth loading.
    tell
        Called with one line where an engine has to be compiled first, which takes seconds.

    Raises
    ------
    BudgetError
        Where a bound on rounds, items or calendars is reached.
    ConservationError
        Where the engine's rows and its books differ.
    """
    compiled = _compiled() if engine == "compiled" or (engine == "auto" and _is_loaded()) else None
    gaps = compiled.sums_of_gaps if compiled else sums_of_gaps
    drawn = draw_items(
        model.intakes, model.inside, seed=seed, replication=replication, until=model.until, limit=items, gaps=gaps
    )
    if engine == "auto" and chosen(model, drawn) == "compiled":
        compiled = _compiled()
    drain = items is not None
    model = present(model, seed=seed, replication=replication)
    if compiled:
        outcome: Outcome = compiled.run(
            model, drawn, seed=seed, replication=replication, drain=drain, limit=items, tell=tell
        )
        return replace(outcome, balances=check(outcome, compiled.summed(outcome)))
    # Loaded here: with SimPy 0.03 s, which a run of the other engine does without.
    from twin.engine import reference  # noqa: PLC0415 - see above

    outcome = reference.run(model, drawn, seed=seed, replication=replication, drain=drain, limit=items)
    return replace(outcome, balances=check(outcome))


def counted(
    outcome: Outcome, window: Window, promises: Ticks, clocks: Sequence[Clock | None], laid: Laid | None = None
) -> tally.Counts:
    """Count what metrics are made of, as `twin.tally.counted` does; in one compiled pass where that is loaded.

    Parameters
    ----------
    outcome
        A run.
    window, promises, clocks, laid
        As in `twin.tally.counted`.
    """
    if (
        not _is_loaded() or not outcome.rows.flags.writeable
    ):  # those of the reference are not: it would be compiled anew
        return tally.counted(tally.rows_of(outcome.visits, outcome.waits), window, promises, clocks, laid)
    from twin.engine import counting  # noqa: PLC0415 - numba takes its time to load

    return counting.counted(outcome, window, promises, clocks, laid)


def _compiled() -> ModuleType:
    """Load the compiled engine."""
    from twin.engine import compiled  # noqa: PLC0415 - numba takes its time to load

    return compiled


def _is_loaded() -> bool:
    return "twin.engine.compiled" in sys.modules


def chosen(model: Model, items: Items) -> Engine:
    """Choose an engine by the visits expected in all runs of this process so far, this one included."""
    if not _is_loaded():
        _so_far["visits"] += expected_visits(model, items)
    return worth_loading(_so_far["visits"])


def worth_loading(visits: float) -> Engine:
    """Choose the compiled engine where it is loaded already, or so many visits are worth it."""
    return "compiled" if _is_loaded() or visits >= WORTH_LOADING else "reference"


def expected_in_run(model: Model, *, seed: int) -> float:
    """Give the visits to expect in a replication until the model's horizon."""
    items = draw_items(model.intakes, model.inside, seed=seed, replication=0, until=model.until)
    return expected_visits(model, items)

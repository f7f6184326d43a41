"""Engines: interchangeable ways to run a model. One door, `simulate`; today the SimPy reference stands behind it."""

from twin.conservation import check
from twin.demand import draw_items
from twin.engine import reference
from twin.outcome import Outcome
from twin.plan import Model


def simulate(model: Model, *, seed: int, replication: int = 0, items: int | None = None) -> Outcome:
    """Run one replication and check that nothing was lost.

    Parameters
    ----------
    model
        The compiled twin.
    seed, replication
        Name the random numbers: 0 <= seed < 2^64, 0 <= replication < 2^32.
    items
        Let so many items arrive and run until they have left, instead of until the model's horizon.

    Raises
    ------
    BudgetError
        Where a bound on rounds, items or calendars is reached.
    ConservationError
        Where the engine's rows and its books differ.
    """
    drawn = draw_items(model.intakes, model.inside, seed=seed, replication=replication, until=model.until, limit=items)
    outcome = reference.run(model, drawn, seed=seed, replication=replication, drain=items is not None)
    return outcome._replace(balances=check(outcome))

"""Run until so many items have come and gone, as the field's benchmarks do.

The horizon that lets N items arrive is not known beforehand: it is taken from the mean rate with a wide margin, and
doubled where luck asks for more. Only the first N arrivals are kept, so the margin changes nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from twin.distributions import mean
from twin.engine import simulate
from twin.errors import InputError
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import WEEK
from twin.work import Arrivals, Listed, NoArrivals, Poisson

MARGIN_WEEKS: Final = 8
ATTEMPTS: Final = 6


def arrivals_per_week(arrivals: Arrivals) -> float:
    """Give the mean number of arrivals in a week; listed instants count as none."""
    if isinstance(arrivals, Poisson):
        return arrivals.rate
    return 0.0 if isinstance(arrivals, Listed | NoArrivals) else WEEK / mean(arrivals.gap)


def simulate_caseload(twin: Twin, *, items: int, start: datetime, seed: int, replications: int) -> Iterator[Outcome]:
    """Let N items arrive from an instant on and run until they have left, several times.

    Parameters
    ----------
    twin
        The model; it starts without work inside.
    items
        Number of items, all work types together.
    start
        UTC instant of tick 0.
    seed
        Names the random numbers.
    replications
        How many runs.

    Raises
    ------
    InputError
        Where nothing arrives, or too little for that many items.
    """
    rate = sum(arrivals_per_week(work.arrivals) for work in twin.work.values())
    listed = sum(len(work.arrivals.at) for work in twin.work.values() if isinstance(work.arrivals, Listed))
    if rate <= 0 and listed < items:
        raise InputError(f"{items} items were asked for, but only {listed} arrive in this twin")
    empty = twin.model_copy(update={"inside": ()})
    weeks = 2 * items / rate + MARGIN_WEEKS if rate > 0 else _listed_weeks(empty, start)
    model = compile_model(empty, until=round(weeks * WEEK), start=start.astimezone(UTC))
    for replication in range(replications):
        outcome = simulate(model, seed=seed, replication=replication, items=items)
        for _ in range(ATTEMPTS):
            if outcome.ledger.entered >= items:
                break
            weeks *= 2
            model = compile_model(empty, until=round(weeks * WEEK), start=start.astimezone(UTC))
            outcome = simulate(model, seed=seed, replication=replication, items=items)
        if outcome.ledger.entered < items:
            raise InputError(f"only {outcome.ledger.entered} of {items} items arrived within {weeks:.0f} weeks")
        yield outcome


def _listed_weeks(twin: Twin, start: datetime) -> float:
    last = max(
        datetime.fromisoformat(text).replace(tzinfo=UTC)
        for work in twin.work.values()
        if isinstance(work.arrivals, Listed)
        for text in work.arrivals.at
    )
    return max((last - start.astimezone(UTC)).total_seconds() / (WEEK / 1000), 0) + 1

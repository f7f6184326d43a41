"""Run until so many items have come and gone, as the field's benchmarks do.

The horizon that lets N items arrive is not known beforehand: it is taken from the mean rate with a wide margin, and
doubled where luck asks for more. Only the first N arrivals are kept, so the margin changes nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from twin.arrivals import Arrivals, Listed, NoArrivals, Poisson
from twin.distributions import mean
from twin.engine import Engine, simulate
from twin.engine.telling import Tell, silent
from twin.errors import BudgetError, InputError
from twin.eventlog import EventLog
from twin.instants import parse_instant, utc
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.project import check_budget
from twin.spec import MAX_ITEMS, Twin
from twin.units import WEEK, parse_duration

MARGIN_WEEKS: Final = 8
MARGIN_ITEMS: Final = 1_000_000
"""The margin is no longer than so many items need: they are all drawn."""
ATTEMPTS: Final = 6


def arrivals_per_week(arrivals: Arrivals) -> float:
    """Give the mean number of arrivals in a week; listed instants count as none."""
    if isinstance(arrivals, Poisson):
        return arrivals.rate
    return 0.0 if isinstance(arrivals, Listed | NoArrivals) else WEEK / mean(arrivals.gap)


def simulate_caseload(
    twin: Twin,
    *,
    items: int,
    start: datetime,
    seed: int,
    replications: int,
    engine: Engine = "auto",
    tell: Tell = silent,
) -> Iterator[Outcome]:
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
    engine, tell
        As in `twin.engine.simulate`.

    Raises
    ------
    InputError
        Where nothing arrives, or too little for that many items.
    BudgetError
        Where the runs would be larger than a machine can hold, with the estimate.
    """
    if items > MAX_ITEMS:
        raise BudgetError(f"{items:,} items were asked for; at most {MAX_ITEMS:,} fit into one replication")
    rate = sum(arrivals_per_week(work.arrivals) for work in twin.work.values())
    listed = sum(len(work.arrivals.at) for work in twin.work.values() if isinstance(work.arrivals, Listed))
    if rate <= 0 and listed < items:
        raise InputError(f"{items} items were asked for, but only {listed} arrive in this twin")
    empty = twin.model_copy(update={"inside": ()})
    if rate > 0:
        check_budget(empty, horizon=round(items / rate * WEEK), replications=replications)
    weeks = 2 * items / rate + min(MARGIN_WEEKS, MARGIN_ITEMS / rate) if rate > 0 else _listed_weeks(empty, start)
    model = compile_model(empty, until=round(weeks * WEEK), start=start.astimezone(UTC))
    for replication in range(replications):
        outcome = simulate(model, seed=seed, replication=replication, items=items, engine=engine, tell=tell)
        for _ in range(ATTEMPTS):
            if outcome.ledger.entered >= items:
                break
            weeks *= 2
            model = compile_model(empty, until=round(weeks * WEEK), start=start.astimezone(UTC))
            outcome = simulate(model, seed=seed, replication=replication, items=items, engine=engine, tell=tell)
        if outcome.ledger.entered < items:
            raise InputError(f"only {outcome.ledger.entered} of {items} items arrived within {weeks:.0f} weeks")
        yield outcome


def _listed_weeks(twin: Twin, start: datetime) -> float:
    last = max(
        utc(parse_instant(text), twin.clock.zone)
        for work in twin.work.values()
        if isinstance(work.arrivals, Listed)
        for text in work.arrivals.at
    )
    return max((last - start.astimezone(UTC)).total_seconds() / (WEEK / 1000), 0) + 1


def simulate_logs(
    twin: Twin,
    *,
    items: int | None = None,
    length: str | None = None,
    start: str | None = None,
    seed: int = 1,
    replications: int = 1,
    engine: Engine = "auto",
    tell: Tell = silent,
) -> Iterator[EventLog]:
    """Simulate event logs, of so many items or of so much time.

    Parameters
    ----------
    twin
        The model.
    items
        Let so many items arrive and run until they have left; the twin starts empty.
    length
        Run so long instead, as ``26 w``; what is inside at the start and at the end belongs to the log.
    start
        When time begins, ``2026-01-05T09:00``; the twin's own start, if left out.
    seed, replications
        Name the random numbers, and how many runs.
    engine
        Which engine; both say the same.
    tell
        Called with one line where an engine has to be compiled first.

    Raises
    ------
    InputError
        Where not exactly one of items and length is given, or one of the texts cannot be read.
    BudgetError
        Where the runs would be larger than a machine can hold, with the estimate.
    """
    if (items is None) == (length is None):
        raise InputError("say either how many items (--items 1000) or how long (--length 26w), one of the two")
    try:
        begin = twin.start if start is None else utc(parse_instant(start), twin.clock.zone)
        until = 0 if length is None else parse_duration(length)
    except ValueError as error:
        raise InputError(str(error)) from None
    if items is not None:
        runs = simulate_caseload(
            twin, items=items, start=begin, seed=seed, replications=replications, engine=engine, tell=tell
        )
        yield from (outcome.log() for outcome in runs)
        return
    if until <= 0:
        raise InputError("the length must be above 0")
    check_budget(twin, horizon=until, replications=replications)
    model = compile_model(twin, until=until, start=begin)
    for replication in range(replications):
        yield simulate(model, seed=seed, replication=replication, engine=engine, tell=tell).log()

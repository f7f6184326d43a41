"""Run until so many items have come and gone, as the field's benchmarks do.

The horizon that lets N items arrive is not known beforehand: it is taken from the mean rate with a wide margin, and
doubled where luck asks for more, or where work takes longer than calendars are laid out for: so many items do come to
an end. Only the first N arrivals are kept, so the margin changes nothing. The first item, of the work type that comes
most often, arrives as soon as demand runs: a benchmark's start is that of its first item.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

from twin.arrivals import Listed, Programme, Pulled
from twin.engine import Engine, simulate
from twin.engine.telling import Tell, silent
from twin.errors import BudgetError, CalendarError, InputError
from twin.eventlog import EventLog
from twin.instants import parse_instant, utc
from twin.outcome import Outcome
from twin.plan import Model, compile_model
from twin.project import check_budget
from twin.rates import items_per_week
from twin.releases import Frame, released
from twin.spec import MAX_ITEMS, Twin
from twin.units import MAX_TICKS, WEEK, parse_duration

MARGIN_WEEKS: Final = 8
MARGIN_ITEMS: Final = 1_000_000
"""The margin is no longer than so many items need: they are all drawn."""
ATTEMPTS: Final = 6
LOOP_WEEKS: Final = 52.0
"""Where all arrivals go round there is no rate: calendars are laid out for so long at first."""


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
    rate = sum(items_per_week(work.arrivals) for work in twin.work.values())
    once = _once(twin, start)
    missing = items - len(once)
    loops = any(isinstance(work.arrivals, Pulled) for work in twin.work.values())
    if rate <= 0 and missing > 0 and not loops:
        raise InputError(f"{items} items were asked for, but only {len(once)} arrive in this twin")
    empty = twin.model_copy(update={"inside": ()})
    weeks = max(once) / WEEK + 1 if once else 0.0
    if missing > 0 and rate <= 0:
        weeks = max(weeks, LOOP_WEEKS)
    elif missing > 0:
        check_budget(empty, horizon=round(missing / rate * WEEK), replications=replications)
        weeks += 2 * missing / rate + min(MARGIN_WEEKS, MARGIN_ITEMS / rate)
    model = _from_the_first(empty, weeks, start)
    run = partial(simulate, seed=seed, items=items, engine=engine, tell=tell)
    for replication in range(replications):
        for _ in range(ATTEMPTS):
            outcome = _within(run, model, replication)
            if outcome is not None and arrived(outcome) >= items:
                break
            weeks *= 2
            model = _from_the_first(empty, weeks, start)
        else:
            outcome = run(model, replication=replication)
        if arrived(outcome) < items:
            raise InputError(f"only {arrived(outcome)} of {items} items arrived within {weeks:.0f} weeks")
        yield outcome


def _within(run: Callable[..., Outcome], model: Model, replication: int) -> Outcome | None:
    """Run a replication; None where work takes longer than calendars are laid out for."""
    try:
        return run(model, replication=replication)
    except CalendarError:
        return None


def _from_the_first(twin: Twin, weeks: float, start: datetime) -> Model:
    """Compile a twin for so many weeks, its most frequent demand beginning with an item."""
    model = compile_model(twin, until=round(weeks * WEEK), start=start.astimezone(UTC))
    often = max(model.intakes, key=lambda intake: intake.expected[-1] if intake.ticks.size > 1 else 0.0)
    intakes = tuple(intake._replace(from_the_first=intake is often) for intake in model.intakes)
    return model._replace(intakes=intakes)


def arrived(outcome: Outcome) -> int:
    """Count the items that arrived, without those that others brought forth."""
    return outcome.ledger.entered - outcome.ledger.bred


def _once(twin: Twin, start: datetime) -> list[int]:
    """List the ticks from the start on at which the items arrive that are known one by one."""
    frame = Frame(start.astimezone(UTC), twin.start, twin.clock.zone)
    return [
        tick
        for work in twin.work.values()
        if isinstance(work.arrivals, Listed | Programme)
        for tick in released(work.arrivals, frame, MAX_TICKS).tolist()
        if tick >= 0
    ]


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

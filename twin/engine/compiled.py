"""The reference engine's meaning at the speed of C: the same rows, byte for byte, and the same books.

The loop is compiled from `twin.engine.kernel`. Around it Python opens the hall, gives larger arrays where one is full,
lets dated changes hold, and words what went wrong.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np

from twin.choosing import stands_anew
from twin.conservation import Summed
from twin.demand import Intake, Items
from twin.engine.expected import expected_visits
from twin.engine.kernel import hall as halls
from twin.engine.kernel import problems
from twin.engine.kernel.arrays import FOREVER, Arrivals, Hall, Ints, Log, Names, Phase
from twin.engine.kernel.flow import count_arrivals
from twin.engine.kernel.jam import jam
from twin.engine.kernel.layout import Layout, lay_out, name
from twin.engine.loading import call
from twin.engine.telling import Tell, silent
from twin.errors import CalendarError, TwinError
from twin.outcome import MAX_ROUNDS, MAX_VISITS, Outcome, stuck, too_many_items, too_many_rounds, too_many_visits
from twin.plan import NONE, Model

FIRST_ROWS: Final = 64
LAYOUTS: Final = 16
"""Models whose layout is kept: those of an experiment take turns."""

SPARE: Final = 1.1
"""Rows beyond those expected; memory that is never written to costs nothing."""


def run(
    model: Model,
    items: Items,
    *,
    seed: int,
    replication: int,
    drain: bool = False,
    limit: int | None = None,
    tell: Tell = silent,
) -> Outcome:
    """Run one replication.

    Parameters
    ----------
    model
        The compiled twin.
    items
        What arrives, in order (`twin.demand.draw_items`).
    seed, replication
        Name the random numbers.
    drain
        Run until every item has left, and end one tick later, instead of at `model.until`.
    limit
        Where items go round: let no more arrive than so many in all.
    tell
        Called with one line where the engine had to be compiled first.

    Raises
    ------
    BudgetError
        Where work goes in a circle, without effort or delay or too often, or the calendars end.
    DeadlockError
        Where, draining, nothing can move any more although work is inside.
    """
    (layout, opened), names = _laid_out(_Same(model)), name(model, seed=seed, replication=replication)
    arrivals = Arrivals(items.arrived.copy(), items.work.copy(), items.number.copy(), items.node.copy())
    hall = halls.fresh(opened, arrivals)
    hall.floor[0].most_rounds, hall.floor[0].most_visits = MAX_ROUNDS, MAX_VISITS
    if model.rich:
        count_arrivals(hall, layout.phases[0], items, limit)
    log = halls.open_log(FIRST_ROWS + int(SPARE * expected_visits(model, items)))
    until, last = (FOREVER, items.arrived.size) if drain else (model.until, NONE)
    phase, spans = layout.phases[0], list(_spans(model, until))
    for number, since, pause in spans:
        if number and drain and hall.floor[0].left == last + hall.floor[0].born:
            break
        phase = layout.phases[number]
        if number:
            hall = halls.carry(hall, model.phases[number].carried, layout.carried_rework[number])
            halls.begin_phase(hall, phase, layout.phase_crews[number], since)
            if stands_anew(*(model.phases[each].plan.choice for each in (number - 1, number))):
                call("stand_again", hall, phase, names, tell=tell, kind=model.kind)
            if model.rich:
                call("begin_limits", hall, phase, names, tell=tell, kind=model.kind)
                call("begin_staff", hall, phase, tell=tell, kind=model.kind)
        hall.limits.early[0].phase, hall.limits.early[0].is_last = number, number == len(spans) - 1
        hall, log = _go_on(model, hall, log, (phase, names, arrivals), (pause, last), tell)
    if drain and hall.floor[0].left < hall.floor[0].entered:
        raise stuck(model.labels, int(hall.floor[0].now), _inside(hall))
    ledger = halls.close(hall, int(hall.floor[0].now) + 1 if drain else model.until)
    floor = hall.floor[0]
    waits = log.waits[: floor.waits]
    if model.rich:
        waits = np.concatenate([waits, halls.open_waits(hall, ledger.end)])
    return Outcome(log.rows[: floor.rows], waits, ledger, model.labels)


class _Same:
    """A model that is equal to itself only, so that its layout can be kept; neither ever changes."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.model is self.model

    def __hash__(self) -> int:
        return id(self.model)


@lru_cache(maxsize=LAYOUTS)
def _laid_out(same: _Same) -> tuple[Layout, Hall]:
    """Lay a model out once for all its replications, with the hall as each finds it."""
    layout = lay_out(same.model)
    return layout, halls.open_hall(layout, len(same.model.labels.stages))


def summed(outcome: Outcome) -> Summed:
    """Sum up the rows of a run as `twin.conservation.summed` does, in one pass and without columns."""
    labels, ledger, rows, waits = outcome.labels, outcome.ledger, outcome.rows, outcome.waits
    stages, teams = (np.zeros((len(names), 2), np.int64) for names in (labels.stages, labels.teams))
    seen, counts = np.zeros(outcome.numbers, np.uint8), np.zeros(5, np.int64)
    waited = np.zeros((len(rows) if len(waits) else 0, 2), np.int64)
    call("sums", rows, waits, waited, ledger.end, seen, stages, teams, counts)
    items, open_items, disordered = counts[:3].tolist()
    return Summed(
        items, open_items, counts[3:].copy(), stages[:, 0].copy(), stages[:, 1].copy(), teams[:, 0].copy(),
        teams[:, 1] > 0, disordered,
    )  # fmt: skip


def sums_of_gaps(intake: Intake, seed: int, replication: int, first: int, count: int) -> Ints:
    """Draw gaps between arrivals as `twin.demand.sums_of_gaps` does, many times as fast."""
    sums = np.empty(count, np.int64)
    names = np.uint64(seed), np.uint64(replication << 32), np.uint64(intake.code << 32 | first)
    call("gaps", *names, intake.gaps[None].copy(), sums)
    return sums


def _spans(model: Model, until: int) -> Iterator[tuple[int, int, int]]:
    """Give the phases that begin before `until`: their number, when they begin and when they end."""
    ends = [*(phase.since for phase in model.phases[1:]), until]
    for number, (phase, end) in enumerate(zip(model.phases, ends, strict=True)):
        if number == 0 or phase.since < until:
            yield number, phase.since, min(end, until)


def _go_on(
    model: Model,
    hall: Hall,
    log: Log,
    fixed: tuple[Phase, Names, Arrivals],
    stop: tuple[int, int],
    tell: Tell,
) -> tuple[Hall, Log]:
    """Let everything happen until a tick, or until so many items have left, in arrays that grow as needed."""
    phase, names, arrivals = fixed
    problem = problems.NO_ROOM
    while problem == problems.NO_ROOM:
        problem = call("advance", hall, phase, names, arrivals, log, *stop, tell=tell, kind=model.kind)
        if problem == problems.NO_ROOM:
            hall, log = halls.grown(hall, log)
    if problem != problems.FINE:
        raise _error(model, hall, problem)
    return hall, log


def _error(model: Model, hall: Hall, problem: int) -> TwinError:
    """Word what went wrong, as the reference does."""
    floor = hall.floor[0]
    if problem == problems.DEADLOCK:
        return jam(model, hall)
    if problem == problems.ROUNDS:
        return too_many_rounds(model.labels, int(floor.now), _inside(hall, since=int(floor.now)))
    if problem == problems.ITEMS:
        return too_many_items()
    if problem == problems.VISITS:
        return too_many_visits(model.labels, int(floor.problem_item), int(floor.problem_stage))
    return CalendarError(f"work that begins at tick {floor.problem_tick} is not done before the calendar ends")


def _inside(hall: Hall, since: int | None = None) -> list[tuple[int, int]]:
    """List the items inside, in order, with the stage they are at; only those that came to it at a tick, if given."""
    which = (hall.items.index != NONE) & (hall.items.row != NONE)
    if since is not None:
        which &= hall.items.enabled == since
    order = np.argsort(hall.items.among[which])
    return list(zip(*(column[which][order].tolist() for column in (hall.items.index, hall.items.stage)), strict=True))

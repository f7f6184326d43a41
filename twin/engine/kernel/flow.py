"""Work that branches and items that depend on others, as the arrays that the kernel reads; empty in plain twins."""

from typing import Any, NamedTuple

import numpy as np

from twin.demand import INSIDE_NUMBER, Items
from twin.engine.kernel.arrays import (
    FOREVER,
    JUNCTION,
    KIND,
    RULE,
    SIZE,
    SOURCE,
    TOKEN,
    FlowHall,
    FlowPhase,
    Hall,
    Ints,
    Phase,
    Records,
)  # fmt: skip
from twin.graph import FORK
from twin.plan import NONE, Model, Plan


class Most(NamedTuple):
    """How much one event may take at most."""

    rows: int  # visits that begin
    slots: int  # items and tokens that are made


def open_flow(model: Model) -> FlowHall:
    """Make what changes as a run finds it, but for the slots."""
    works = len(model.labels.works) if model.rich else 0
    kinds = np.zeros(works, KIND).view(np.recarray)
    for field in ("oldest", "newest", "first_held", "last_held"):
        kinds[field] = NONE
    stack = np.zeros((most(model).rows + 1, 2), np.int64)
    return FlowHall(_filled(TOKEN, 0), kinds, stack, np.zeros(most(model).slots, np.int64))


def lay_flow_out(plan: Plan, of_table: Ints, *, rich: bool, branched: bool) -> FlowPhase:
    """Lay a plan out; `of_table` gives the number of its tables among all."""
    branching, breeding = plan.branching, plan.breeding
    junctions = _filled(JUNCTION, branching.kind.size if rich or branched else 0)
    for field in ("kind", "first_branch", "share", "longest"):
        junctions[field] = getattr(branching, field)[: junctions.size]
    junctions["children"], junctions["breeds"] = (
        column[: junctions.size] for column in (breeding.children, breeding.breeds)
    )
    sources, sizes = _filled(SOURCE, breeding.sources.work.size), _filled(SIZE, breeding.sources.size.size)
    for field in ("work", "waits", "chance"):
        sources[field] = getattr(breeding.sources, field)
    sources["after"] = of_table[breeding.sources.after]
    sources["first_size"], sources["last_size"] = breeding.sources.first_size[:-1], breeding.sources.first_size[1:]
    sizes["items"], sizes["cumulative"] = breeding.sources.size, breeding.sources.size_share
    rules = _filled(RULE, breeding.breeds_done.size if rich else 0)
    if rich:
        rules["breeds"], rules["rest"] = breeding.breeds_done, of_table[breeding.loops.rest]
        rules["depends_on"], rules["depends_chance"] = breeding.waits.depends_on, breeding.waits.depends_chance
        for field in ("closed", "pull_stage", "pull_below"):
            rules[field] = getattr(breeding.loops, field)
    first_after, after = breeding.waits.first_after.astype(np.int64), breeding.waits.after.astype(np.int64)
    shares = branching.effort if rich or branched else np.zeros(0)
    return FlowPhase(junctions, shares, sources, sizes, rules, first_after, after, *_awaiting(first_after, after))


def count_arrivals(hall: Hall, phase: Phase, items: Items, limit: int | None) -> None:
    """Count what was drawn before the run: numbers continue from there, and a pull knows what is ahead of it."""
    floor, kinds = hall.floor[0], hall.flow.kinds
    floor.first_born = floor.arrivals = items.work.size
    floor.most_arrivals = FOREVER if limit is None else limit
    kinds["numbered"] = np.bincount(items.work[items.number < INSIDE_NUMBER], minlength=kinds.size)
    pulls = phase.flow.rules.pull_stage[items.work]
    ahead = (pulls != NONE) & ((items.node == NONE) | (phase.nodes.stage[items.node] == pulls))
    kinds["ahead"] = np.bincount(items.work[ahead], minlength=kinds.size)


def most(model: Model) -> Most:
    """Bound what one event may take: all branches begin, a visit and an item breed at once, and a pull fills up."""
    branches, born = 1, 0
    for phase in model.phases:
        branching, sources, loops = phase.plan.branching, phase.plan.breeding.sources, phase.plan.breeding.loops
        branches += int(branching.kind[branching.kind == FORK].size and np.diff(phase.plan.nodes.first_edge).sum())
        born += int(3 * sources.size.max(initial=0) + loops.closed.any())
        if (loops.pull_stage != NONE).any():
            at_once = int(phase.plan.gates.together.max(initial=1))
            born += int(phase.plan.crews.people.sum()) * at_once + int(loops.pull_below.max())
    return Most(branches, branches + born + 1)


def _awaiting(first_after: Ints, after: Ints) -> tuple[Ints, Ints]:
    """List for each type those that wait for it, in order."""
    works = first_after.size - 1
    waiting = np.repeat(np.arange(works), np.diff(first_after))
    order = np.lexsort((waiting, after))
    first = np.searchsorted(after[order], np.arange(works + 1)).astype(np.int64)
    return first, waiting[order].astype(np.int64)


def _filled(kind: Any, count: int) -> Records:
    return np.zeros(count, kind).view(np.recarray)

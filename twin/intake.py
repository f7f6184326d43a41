"""Lay out demand in time: each type's clock of expected arrivals, set instants and batches, through dated changes.

Over a horizon the clock C(t) joins the phases' rates (`twin.rates`) end to end.
"""

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import Arrivals, Closed, Flowing, NoArrivals, Poisson, Pull, Renewal, Scheduled, batch_sizes
from twin.demand import GAP_UNIT, Batches, BurstTimes, Intake
from twin.distributions import Distribution, Fixed, exponential, mean, scaled
from twin.errors import InputError, Problem
from twin.eventlog import Labels
from twin.rates import clock
from twin.releases import Frame, released
from twin.sampling import quantile_table
from twin.seasons import RandomBurst
from twin.spec import Twin

Floats = NDArray[np.float64]
Spans = list[tuple[int, int, Arrivals, Frame]]
"""What arrives from one tick to another."""


def intakes(spans: list[tuple[int, Twin]], labels: Labels, codes: tuple[int, ...], until: int) -> tuple[Intake, ...]:
    """Lay out the arrivals of every work type until a tick, through all dated changes."""
    inside = [(since, twin) for since, twin in spans if since < until]
    ends = [since for since, _ in inside[1:]] + [until]
    return tuple(
        _intake(
            index,
            codes[index],
            name,
            [
                (since, end, _arrivals(twin, name), Frame(labels.start, twin.start, labels.zone))
                for (since, twin), end in zip(inside, ends, strict=True)
            ],
            sum(entry.count for entry in spans[0][1].inside if entry.work == name),
        )
        for index, name in enumerate(labels.works)
    )


def _arrivals(twin: Twin, name: str) -> Arrivals:
    return twin.work[name].arrivals if name in twin.work else NoArrivals(kind="none")


def _intake(index: int, code: int, name: str, spans: Spans, inside: int) -> Intake:
    flowing = [arrivals for _, _, arrivals, _ in spans if isinstance(arrivals, Flowing)]
    scheduled = any(isinstance(arrivals, Scheduled) for _, _, arrivals, _ in spans)
    if flowing and scheduled:
        raise InputError(
            Problem(
                "a dated change cannot turn a rate into set times, or set times into a rate", f"work.{name}.arrivals"
            )
        )
    at_once = _pulled(spans, name, inside)
    ticks, expected = _clock(spans) if flowing else (np.empty(0), np.empty(0))
    gaps = quantile_table(_unit_gaps(flowing[0])) if flowing else np.empty(0)
    listed = np.concatenate([np.zeros(at_once, np.int64), _instants(spans)])
    pace = any(isinstance(each, Renewal) and isinstance(each.gap, Fixed) for each in flowing[:1])
    return Intake(index, code, gaps, ticks, expected, listed, _bursts(spans), _batches(spans), pace)


def _pulled(spans: Spans, name: str, inside: int) -> int:
    """Give how many items arrive at once at the start where the others come when there is room."""
    first = spans[0][2]
    if any(_loop(arrivals) != _loop(first) for _, _, arrivals, _ in spans):
        raise InputError(
            Problem("a dated change cannot begin, end or resize closed or pull arrivals", f"work.{name}.arrivals")
        )
    size = first.items if isinstance(first, Closed) else first.below if isinstance(first, Pull) else 0
    return max(0, size - inside)


def _loop(arrivals: Arrivals) -> tuple[str, int] | None:
    """Name the loop in which items go round."""
    if isinstance(arrivals, Closed):
        return "", arrivals.items
    return (arrivals.stage, arrivals.below) if isinstance(arrivals, Pull) else None


def _instants(spans: Spans) -> NDArray[np.int64]:
    found = [np.empty(0, np.int64)]
    for since, end, arrivals, frame in spans:
        if isinstance(arrivals, Scheduled):
            ticks = released(arrivals, frame, end)
            found.append(ticks[ticks >= since])
    return np.concatenate(found)


def _unit_gaps(arrivals: Flowing) -> Distribution:
    """Give the gaps' distribution with mean `GAP_UNIT`."""
    return (
        exponential(GAP_UNIT) if isinstance(arrivals, Poisson) else scaled(arrivals.gap, GAP_UNIT / mean(arrivals.gap))
    )


def _clock(spans: Spans) -> tuple[Floats, Floats]:
    """Join the phases' clocks end to end."""
    ticks, expected = [np.zeros(1)], [np.zeros(1)]
    for since, end, arrivals, frame in spans:
        edges, shown = np.array([since, end], float), np.zeros(2)
        if isinstance(arrivals, Flowing):
            edges, shown = clock(arrivals, since, end, frame)
        ticks.append(edges[1:])
        expected.append(expected[-1][-1] + shown[1:])
    return np.concatenate(ticks), np.concatenate(expected)


def _bursts(spans: Spans) -> tuple[BurstTimes, ...]:
    return tuple(
        BurstTimes(
            since,
            end,
            number,
            burst.lasting,
            burst.lasting / burst.every,
            quantile_table(exponential(burst.every - burst.lasting)),
            burst.factor,
        )
        for since, end, arrivals, _ in spans
        if isinstance(arrivals, Flowing)
        for number, burst in enumerate(arrivals.bursts)
        if isinstance(burst, RandomBurst)
    )


def _batches(spans: Spans) -> tuple[Batches, ...]:
    """Lay out the sizes of batches by phase; none where every arrival brings one item."""
    laid = [(since, batch_sizes(arrivals)) for since, _, arrivals, _ in spans]
    if all(set(sizes) == {1} for _, sizes in laid):
        return ()
    return tuple(
        Batches(since, np.cumsum(list(sizes.values())), np.array(list(sizes), np.int64)) for since, sizes in laid
    )

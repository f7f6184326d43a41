"""Work that is done together, told from visits that begin and end at once.

One person who begins and ends visits of several items at the same instants does them together: a board that decides on
all that lie before it, an oven. Where at least half of a stage's visits go that way, the stage has a batch of the
largest size seen, and a batch is one piece of work: who did it was at one thing, for once its effort. That a batch
waits until enough have come is not written down, since the last ones of a run would wait for ever; it becomes delay.
Instants on whole quarters of an hour tell nothing, since whoever writes times down rounds them, nor do visits that take
no time.
Units: ticks (milliseconds). Source: Martin, Swennen, Depaire, Jans, Caris, Vanhoof (2017), Retrieving batch
organisation of work insights from event logs, Decision Support Systems 100 (simultaneous batch processing).
"""

from typing import Any, Final, NamedTuple

import numpy as np

from calibration.evidence import Evidence
from calibration.observed import NOBODY, Codes, Observed
from calibration.presence import Booleans
from twin.units import MINUTE

SHARE: Final = 0.5
"""Share of a stage's visits that are done beside others."""
LEAST_BATCHES: Final = 20
ROUND: Final = 15 * MINUTE
MOSTLY_ROUND: Final = 0.5
"""Share of starts on whole quarters of an hour from which on nothing is told."""


class Batching(NamedTuple):
    """What is done together."""

    stages: dict[int, dict[str, Any]]  # by stage, its batch as a twin has it
    single: Booleans  # (visits,) one visit of each batch, and all that are done alone
    evidence: tuple[Evidence, ...]


def fit_batching(observed: Observed) -> Batching:
    """Find the stages at which visits are done together.

    Parameters
    ----------
    observed
        Visits; at stages that are not told, all of them count as done alone.
    """
    batch = _numbered(observed)
    size = np.bincount(batch, minlength=int(batch.max()) + 1)
    single = np.ones(batch.size, bool)
    found: dict[int, dict[str, Any]] = {}
    evidence = []
    for stage, name in enumerate(observed.stages):
        mine = observed.stage == stage
        sizes = size[np.unique(batch[mine])]
        if not _told(observed, mine, sizes):
            continue
        found[stage] = {"size": int(sizes.max()), "together": True}
        first = np.zeros(batch.size, bool)
        first[np.unique(np.where(mine, batch, -1), return_index=True)[1]] = True
        single &= first | ~mine
        evidence.append(_evidence(name, sizes))
    return Batching(found, single, tuple(evidence))


def done_alone(observed: Observed, batching: Batching) -> Observed:
    """Keep one visit of each batch: what people did, each piece of work once."""
    if not batching.stages:
        return observed
    visits = ("item", "stage", "before", "person", "enabled", "started", "finished", "delayed", "weight", "work")
    rows = {field: getattr(observed, field)[batching.single] for field in visits}
    return observed._replace(**rows)


def _numbered(observed: Observed) -> Codes:
    """Give visits of one person at one stage that begin and end at once the same number, shape (visits,)."""
    alone = (observed.person == NOBODY) | (observed.started == observed.finished)
    own = np.where(alone, np.arange(observed.stage.size), -1)
    rows = np.stack([observed.stage, observed.person, observed.started, observed.finished, own])
    return np.asarray(np.unique(rows, axis=1, return_inverse=True)[1].ravel(), np.int64)


def _told(observed: Observed, mine: Booleans, sizes: Codes) -> bool:
    """Tell whether a stage's visits are done together more often than not."""
    batches, visits = int((sizes > 1).sum()), int(sizes.sum())
    together = int(sizes[sizes > 1].sum())
    whole = (observed.started[mine] % ROUND == 0).mean()
    return batches >= LEAST_BATCHES and together >= SHARE * visits and whole < MOSTLY_ROUND


def _evidence(name: str, sizes: Codes) -> Evidence:
    return Evidence(
        f"stages.{name}.batch",
        f"{sizes.mean():.3g} on average, at most {sizes.max()}",
        f"visits of one person that begin and end at once, in {sizes.size} batches of {sizes.min()} or more",
        int(sizes.sum()),
        note="No interval: the largest seen may be less than what fits. Waiting for enough to come counts as delay.",
    )

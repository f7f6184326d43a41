"""What aggregated metrics tell of each parameter and of products, and which figures the twins do not reproduce.

The width of a parameter's 95 % interval a posteriori, over that a priori, says what the file added (on the logarithm
for all that is above 0, so that units and sizes do not matter):

    measured             given in the file, or at most a third as wide, or within a tenth of its middle: what the file
                         gives of arrivals is known before
    weakly identified    narrower
    assumed              at least 85 % as wide: what is written is the prior, and no finding

Metrics often tell a product only: people x available / effort is what a team can do, effort / available = effort /
(1 - hidden share) how long a visit occupies somebody. Both stand beside their factors with verdicts of their own.

A figure is not reproduced where, of one run of every plausible twin, p = 2 min(share below, share above) < 1 %. Twins
that miss a figure (`calibration.misfits`) are of the wrong form for it, and an interval over twins of the wrong form
measures nothing: what it would give as measured of the stage or team of that figure, or of everything where the figure
is one of the whole, is weakly identified at best. What the file itself gives stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.evidence import Evidence
from calibration.inferred import Inferred
from calibration.misfits import Misfit
from calibration.priors import CVS, Settings, visits_of
from calibration.sources.metric_names import COUNTS, SHARES, TIMES
from calibration.summaries import observed, unscaled

Floats = NDArray[np.float64]

MEASURED: Final = "measured"
WEAKLY: Final = "weakly identified"
ASSUMED: Final = "assumed"
THIRD: Final = 1 / 3
TENTH: Final = 0.1
HARDLY_NARROWER: Final = 0.85
ENDS: Final = (0.025, 0.5, 0.975)
REFUSED: Final = 0.01
METHOD: Final = "synthetic likelihood from the file's figures"
SUMS: Final = ("effort of an item, all stages", "delays of an item, all stages")
GIVEN: Final = "given in the file"


class Finding(NamedTuple):
    """A parameter or a product, with what the file tells of it."""

    evidence: Evidence
    verdict: str
    narrowing: float  # width of the interval a posteriori over that a priori; 0 where it is given

    def as_written(self) -> dict[str, Any]:
        """Give the finding as plain values."""
        return {**self.evidence.as_written(), "verdict": self.verdict, "width_over_prior": round(self.narrowing, 3)}


class Replay(NamedTuple):
    """A figure of the file, and what the plausible twins show instead."""

    figure: str
    given: float
    low: float  # ends of 95 % of one run of each plausible twin
    high: float
    p: float
    unit: str  # of all three

    @property
    def reproduced(self) -> bool:
        """Tell whether the twins show such a figure often enough."""
        return bool(self.p >= REFUSED)


class Quantity(NamedTuple):
    """Something of a twin that has a number, in all twins at once."""

    path: str
    unit: str
    of: Floats  # (twins,)
    stage: int = -1  # it is of; -1: of none alone
    team: int = -1


def quantities(found: Inferred, settings: Settings) -> Iterator[Quantity]:
    """List the parameters of twins, in the order of a twin's file."""
    known = found.setup.organisation
    works = known.works[0] if len(known.works) == 1 else "*"
    for place, team in enumerate(known.teams):
        yield Quantity(f"teams.{team}.people", "", settings.people[:, place].astype(np.float64), team=place)
        yield Quantity(f"teams.{team}.available", "%", settings.available[:, place], team=place)
    for place, work in enumerate(known.works):
        yield Quantity(f"work.{work}.arrivals", "/ week", settings.rate[:, place])
    for number, stage in enumerate(known.stages):
        step, where = f"work.{works}.steps.{stage}", (number, known.serving[number])
        yield Quantity(f"{step}.effort", "h", settings.effort[:, number], *where)
        yield Quantity(f"{step}.effort.cv", "", np.array(CVS)[settings.cv[:, number]], *where)
        yield Quantity(f"{step}.delay", "h", settings.delay[:, number], *where)
        if number:
            yield Quantity(f"{step}.rework.chance", "%", settings.rework[:, number], *where)


def products(found: Inferred, settings: Settings) -> Iterator[Quantity]:
    """List what may be told where the factors are not."""
    known = found.setup.organisation
    for number, name in enumerate(known.teams):
        yield Quantity(f"load of {name}", "%", settings.load[:, number], team=number)
    for place, stage in enumerate(known.stages):
        team = known.serving[place]
        able = settings.people[:, team] * settings.available[:, team] * known.weekly_hours / settings.effort[:, place]
        each = settings.effort[:, place] / settings.available[:, team]
        yield Quantity(f"people x available / effort at {stage}", "visits a week", able, place, team)
        yield Quantity(f"effort / available at {stage}", "h", each, place, team)
    if len(known.stages) > 1:
        visits = visits_of(settings.rework)
        yield Quantity(SUMS[0], "h", (settings.effort * visits).sum(axis=1))
        yield Quantity(SUMS[1], "h", (settings.delay * visits).sum(axis=1))


def findings(found: Inferred, *, rows: int, missed: Sequence[Misfit] = ()) -> tuple[Finding, ...]:
    """Say of each parameter what the file tells, but for figures that the twins miss."""
    after, before = quantities(found, found.plausible), quantities(found, found.before)
    given = {
        f"teams.{team}.people"
        for team, people in zip(found.setup.organisation.teams, found.setup.organisation.people, strict=True)
        if people is not None
    }
    told = (_finding(each, prior, each.path in given, rows) for each, prior in zip(after, before, strict=True))
    pairs = zip(told, quantities(found, found.plausible), strict=True)
    return tuple(_doubted(finding, each, found, missed) for finding, each in pairs)


def product_findings(found: Inferred, *, rows: int, missed: Sequence[Misfit] = ()) -> tuple[Finding, ...]:
    """Say of each product what the file tells, but for figures that the twins miss."""
    after, before = products(found, found.plausible), products(found, found.before)
    told = (_finding(each, prior, False, rows) for each, prior in zip(after, before, strict=True))
    pairs = zip(told, products(found, found.plausible), strict=True)
    return tuple(_doubted(finding, each, found, missed) for finding, each in pairs)


def _doubted(finding: Finding, quantity: Quantity, found: Inferred, missed: Sequence[Misfit]) -> Finding:
    """Take back that something is measured where a figure that it goes by is missed."""
    if finding.verdict != MEASURED or finding.evidence.method == GIVEN:
        return finding
    serving = found.setup.organisation.serving
    for each in missed:
        team = serving[each.stage] if each.stage >= 0 else each.team
        whole = team < 0 or (quantity.team < 0 and quantity.path in SUMS)
        if whole or team == quantity.team:
            why = f"the twins miss {each.figure}, which it goes by"
            return finding._replace(evidence=replace(finding.evidence, why=why), verdict=WEAKLY)
    return finding


def _finding(after: Quantity, before: Quantity, given: bool, rows: int) -> Finding:  # noqa: FBT001 - private
    low, middle, high = np.quantile(after.of, ENDS)
    narrowing = 0.0 if given else _width(after.of) / max(_width(before.of), 1e-9)
    known = given or narrowing <= THIRD or middle * (1 - TENTH) <= low <= high <= middle * (1 + TENTH)
    verdict = MEASURED if known else WEAKLY if narrowing < HARDLY_NARROWER else ASSUMED
    ends = [written(end, after.unit) for end in np.quantile(before.of, (ENDS[0], ENDS[2]))]
    note = f"not identified by these figures: a priori {ends[0]} to {ends[1]}" if verdict == ASSUMED else ""
    told = [written(value, after.unit) for value in (middle, low, high)]
    evidence = Evidence(after.path, told[0], GIVEN if given else METHOD, rows, told[1], told[2], note)
    return Finding(evidence, verdict, narrowing)


def _width(values: Floats) -> float:
    """Give the width of a 95 % interval, on the logarithm; what is 0 counts as the least that is above it."""
    above = values[values > 0]
    if not above.size:
        return 0.0
    least = max(float(above.min()), 0.01 * float(np.median(above)))
    low, high = np.quantile(np.log(np.maximum(values, least)), (ENDS[0], ENDS[2]))
    return float(high - low)


def written(value: float, unit: str) -> str:
    """Write a number with its unit, in three digits."""
    return f"{value * 100:.3g} %" if unit == "%" else f"{value:.3g} {unit}".strip()


def replays(found: Inferred) -> tuple[Replay, ...]:
    """Hold every figure of the file against one run of each plausible twin, what is reproduced worst first."""
    given = observed(found.setup.targets)
    told = []
    for target, seen, shown in zip(found.setup.targets, given, found.posterior.replayed.T, strict=True):
        seen_in = shown[np.isfinite(shown)]
        metric = target.series.metric.name
        tails = (1 + np.count_nonzero(seen_in <= seen), 1 + np.count_nonzero(seen_in >= seen))
        p = float(min(1.0, 2 * min(tails) / (seen_in.size + 1)))
        low, value, high = unscaled(metric, np.append(np.quantile(seen_in, (ENDS[0], ENDS[2])), seen))[[0, 2, 1]]
        told.append(Replay(target.series.told(), float(value), float(low), float(high), p, _unit(metric)))
    return tuple(sorted(told, key=lambda each: each.p))


def _unit(metric: str) -> str:
    """Give the unit in which a figure of the file is told; shares are told in percent."""
    if metric in TIMES:
        return "h"
    if metric in SHARES:
        return "%"
    return "a week" if metric in COUNTS else ""

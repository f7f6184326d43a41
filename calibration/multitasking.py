"""Whether people work on several visits at once, on how many, and what that costs.

A visit that is open beside others either shares its person's attention or only waits there. Which of the two, its
length tells: on k visits at once at rates r(k) = k^-g each, a visit of effort e lasts until the sum of r over its time
is e, so that

    log a = log e + (g - 1) · m,    a = ∫ 1/k dt,    m = 1/a ∫ log(k)/k dt

with g = 0 where others take nothing of its person, 1 where attention is shared and nothing is lost, and more where k at
once lose the share 1 - k^(1 - g) of all effort. Long visits see other k than short ones, so m is not free of e; how
many were open when the visit began is, and is taken for its instrument, within visits of one person at one stage:

    g - 1 = Σ z log a / Σ z m,    z = log k at the begin less its mean there.

A team works on several at once where others are open for a good part of worked time and g is nearer to 1 than to 0; so
many as hold for nearly all worked time. Where k hardly varies or g is not told, the time alone decides. What a second
visit costs is a posterior: the log's g, on a prior of anything from none to 40 %, of which what the team could not have
coped with is taken out. Without variation the log holds effort / (1 - loss) and not the two.

Sources: Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 5.1 (one instrument); of the
prior's width, Tregubov, Boehm, Rodchenko, Lane (2017), Impact of task switching and work interruptions on software
development processes, ICSSP (17 % of effort with two projects or more, hardly more with many).
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import numpy as np

from calibration.attention import Attention, attention_of, integrated, shares_open
from calibration.bootstrap import normal_anew
from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours
from calibration.observed import Floats, Observed, Ticks
from calibration.teams import Teams, serving_teams
from twin.people import MOST_AT_ONCE
from twin.timelines import Timeline, worked_at
from twin.units import say_share

HARDLY: Final = 0.01
"""Share of worked time with several open below which nothing is said."""
OFTEN: Final = 0.05
"""The same, from which on people may work on several at once."""
MOSTLY: Final = 0.5
"""The same, from which on they do where lengths do not tell."""
LEAST_BESIDE: Final = 50
"""Visits begun beside others, at least, and visits whose number open differs, for their lengths to tell anything."""
SHARED: Final = 0.5
"""Of the exponent g: nearer to shared attention than to none."""
TOLD: Final = 0.25
"""Standard error of g up to which it decides; with more where its 95 % interval is on one side."""
NORMAL: Final = 1.96
NEARLY_ALL: Final = 0.98
"""Share of worked time with no more open than people work on at once."""
REACHED: Final = 0.05
"""Share of worked time at the most at once, from which on it is more than a lower bound."""
LOSSES: Final = np.linspace(0.0, 0.4, 81)
"""Shares lost to a second visit that are held possible."""
SLACK: Final = 1.03
"""With its hands full a team was loaded no more than its time, or than it was without loss, by this factor."""
NARROW, WIDE = 0.1, 0.25
"""Width of the interval of the loss up to which it is measured, and from which on it is assumed."""
LISTED: Final = 20
"""Losses are written for so many at once, at most; with more they stay."""


class Stretch(NamedTuple):
    """By how much visits last longer beside others."""

    exponent: float  # g; NaN where the number open hardly varies
    error: float  # its standard error

    @property
    def tells(self) -> bool:
        """Tell whether it is known well enough to be on one side or the other."""
        return self.error <= TOLD or abs(self.exponent - SHARED) > NORMAL * self.error


class Several(NamedTuple):
    """A team whose people work on several visits at once."""

    attention: Attention
    most: int
    stretch: Stretch


class Loss(NamedTuple):
    """What a second visit costs, as weights of `LOSSES`."""

    weights: Floats  # (losses,), sum 1

    @property
    def mean(self) -> float:
        """Give the mean share lost to a second visit."""
        return float(self.weights @ LOSSES)

    def quantile(self, share: float) -> float:
        """Give a quantile of the share lost to a second visit."""
        return float(LOSSES[min(int(np.searchsorted(np.cumsum(self.weights), share - 1e-9)), LOSSES.size - 1)])


def fit_several(
    observed: Observed, teams: Teams, hours: tuple[Timeline, ...], together: Collection[int]
) -> Fitted[dict[int, Several]]:
    """Find the teams whose people work on several visits at once.

    Parameters
    ----------
    observed, teams, hours
        Visits, who did them, and when teams work.
    together
        Stages whose visits are done together, as one; their teams have no others beside.

    Returns
    -------
    By index of the team. Evidence has a row for each team in whose worked time others are open now and then.
    """
    found: dict[int, Several] = {}
    evidence = []
    for team in serving_teams(teams):
        attention = attention_of(observed, teams.of_visit == team, hours[team])
        shares = shares_open(attention)
        beside = float(shares[2:].sum())
        if beside < HARDLY or any(team in teams.serving[stage] for stage in together):
            continue
        stretch = stretch_of(observed, attention)
        if beside >= OFTEN and int((attention.first > 1).sum()) >= LEAST_BESIDE and _shares(stretch, beside):
            most = min(int(np.searchsorted(np.cumsum(shares), NEARLY_ALL - 1e-9)), MOST_AT_ONCE)
            found[team] = Several(attention, most, stretch)
        evidence.append(_evidence(teams.names[team], attention, shares, stretch, found.get(team)))
    return Fitted(found, tuple(evidence))


def stretch_of(observed: Observed, attention: Attention) -> Stretch:
    """Measure how much longer visits last beside others; errors of visits of one item hang together."""
    number = np.arange(attention.most + 1)
    even = _even(attention.most)
    alone = integrated(attention, even)
    used = alone > 0
    if not used.any():
        return Stretch(np.nan, np.inf)
    rows, alone = attention.rows[used], alone[used]
    beside = integrated(attention, even * np.log(np.maximum(number, 1)))[used] / alone
    kind = np.stack([observed.work[rows], observed.stage[rows], observed.person[rows]])
    stratum = np.unique(kind, axis=1, return_inverse=True)[1].ravel()
    weight = observed.weight[rows]
    z, log, m = (_within(each, weight, stratum) for each in (np.log(attention.first[used]), np.log(alone), beside))
    moved = float((weight * z) @ m)
    # of so many visits the number open differs; a few odd ones would look as sure as they are alike
    differ = float((z**2).sum()) ** 2 / max(float((z**4).sum()), 1e-12)
    if differ < LEAST_BESIDE or moved <= 0:
        return Stretch(np.nan, np.inf)
    slope = float((weight * z) @ log) / moved
    by_item = np.bincount(np.unique(observed.item[rows], return_inverse=True)[1], weight * z * (log - slope * m))
    return Stretch(1 + slope, float(np.sqrt((by_item**2).sum())) / moved)


def _within(values: Floats, weight: Floats, stratum: Ticks) -> Floats:
    """Take the mean of its stratum from each value."""
    return np.asarray(values - (np.bincount(stratum, weight * values) / np.bincount(stratum, weight))[stratum])


def _even(most: int) -> Floats:
    """Give each visit's part of a person by number open; none are open at 0."""
    return np.append(0.0, 1 / np.arange(1, most + 1))


def _shares(stretch: Stretch, beside: float) -> bool:
    """Tell shared attention from visits that only wait."""
    return stretch.exponent >= SHARED if stretch.tells else beside >= MOSTLY


# --- what it costs ----------------------------------------------------------------------------------------------------


def kept(several: Several, loss: float) -> Floats:
    """Give what is left of all effort by number open, if a second visit costs so much; shape (most open + 1,)."""
    number = np.clip(np.arange(several.attention.most + 1), 1, several.most)
    return np.asarray(number ** np.log2(1 - loss))


def losses_written(most: int, loss: float) -> dict[int, float]:
    """Give the loss by number at once, as a team has it; nothing where nothing is lost."""
    listed = {k: round(1 - k ** float(np.log2(1 - loss)), 3) for k in range(2, min(most, LISTED) + 1)}
    return listed if any(listed.values()) else {}


def shared_times(times: Ticks, several: Mapping[int, Several], losses: Mapping[int, float]) -> Ticks:
    """Take from working times what went to other visits and what several at once cost.

    Parameters
    ----------
    times
        Working time of every visit, in ticks, shape (visits,).
    several
        Teams whose people work on several visits at once, by index.
    losses
        Share that a second visit costs, by index of the team.

    Returns
    -------
    The effort of every visit, shape (visits,); as given where nothing is shared.
    """
    if not several:
        return times
    found = times.astype(np.float64)
    for team, each in several.items():
        attention = each.attention
        rate = _even(attention.most) * kept(each, losses[team])
        opened = integrated(attention, np.append(0.0, np.ones(attention.most)))
        part = np.divide(integrated(attention, rate), opened, out=rate[attention.first], where=opened > 0)
        found[attention.rows] *= part
    return np.asarray(np.round(found), np.int64)


def loss_of(several: Several, observed: Observed, hours: Hours) -> Loss:
    """Weigh what a second visit may cost by how long visits lasted and by what the team coped with.

    Parameters
    ----------
    several
        The team.
    observed
        Visits.
    hours
        When it works, and with how many.
    """
    weights = np.ones(LOSSES.size)
    if np.isfinite(several.stretch.error):
        exponents = 1 - np.log2(1 - LOSSES)
        off = (exponents - several.stretch.exponent) / max(several.stretch.error, 1e-6)
        weights = np.exp(-(off**2 - (off**2).min()) / 2)
    loads = np.array([_load(several, observed, hours, loss) for loss in LOSSES])
    weights[loads > max(1.0, SLACK * loads[0])] = 0.0
    if not weights.any():
        weights[0] = 1.0
    return Loss(weights / weights.sum())


def _load(several: Several, observed: Observed, hours: Hours, loss: float) -> float:
    """Give the load of a team that always has its hands full."""
    attention, left = several.attention, kept(several, loss)
    work = (_even(attention.most) * left)[attention.open] @ (attention.lasting * np.maximum(attention.open, 1))
    ends = np.array([observed.started[attention.rows].min(), observed.finished[attention.rows].max()])
    first, last = worked_at(hours.open, ends).tolist()
    return float(work / max((last - first) * hours.people * left[several.most], 1.0))


def loss_anew(loss: Loss, name: str, number: int) -> float:
    """Draw what a second visit costs, for a member of an ensemble, under the team's name."""
    from scipy.special import ndtr  # noqa: PLC0415 - only calibration pays for loading scipy

    return loss.quantile(float(ndtr(normal_anew(f"teams.{name}.loss", number))))


# --- what is said -----------------------------------------------------------------------------------------------------


def _evidence(name: str, attention: Attention, shares: Floats, stretch: Stretch, several: Several | None) -> Evidence:
    """Say how many visits people work on at once, and why."""
    if several is None:
        estimate = "one visit at a time"
        note, verdict, why = _why_alone(attention, shares, stretch)
    else:
        estimate = f"up to {several.most} visits at once, with attention shared"
        note, verdict, why = _why_several(several, shares)
    return Evidence(
        f"teams.{name}.at_once",
        estimate,
        f"visits that a person has open at a time: {_said(shares)} of worked time; {_stretched(stretch)}",
        int(attention.rows.size),
        note=f"{note}. No interval: a number is chosen",
        verdict=verdict,
        why=why,
    )


def _why_alone(attention: Attention, shares: Floats, stretch: Stretch) -> tuple[str, str, str]:
    """Give note, verdict and reason of a team that is taken to work on one visit at a time."""
    rows, counted = f"{attention.rows.size:,} rows", "people count as often as they have visits open"
    if stretch.tells and stretch.exponent < SHARED:
        note = "visits last no longer beside others, so those open beside take nothing of their person: left open, or "
        return f"{note}waiting for somebody else; {counted}", "measured", rows
    if shares[2:].sum() < OFTEN:
        return f"others are open beside too seldom to matter; {counted}", "measured", rows
    note = "others are open beside, and whether they share attention is not told; a twin with at_once says what if"
    return f"{note}; {counted}", "weakly identified", "too few visits begun beside others"


def _why_several(several: Several, shares: Floats) -> tuple[str, str, str]:
    """Give note, verdict and reason of a team that works on several visits at once."""
    note = f"the number that holds for {NEARLY_ALL:.0%} of worked time, not the most anybody ever had open, "
    note += f"{several.attention.most}; who has a visit open counts as there"
    if not several.stretch.tells:
        return note, "assumed", "how long visits last does not tell; several are open most of the time"
    reached = float(shares[several.most :].sum())
    verdict = "measured" if reached >= REACHED else "weakly identified"
    return note, verdict, f"{reached:.0%} of worked time with {several.most} or more open"


def _said(shares: Floats) -> str:
    """Say how many are open, up to five and the rest."""
    parts = [
        f"{share:.1%} {number}" for number, share in enumerate(shares.tolist()) if 0 < number <= 5 and share >= 5e-4
    ]
    rest = float(shares[6:].sum())
    return ", ".join([*parts, *([f"{rest:.1%} more"] if rest >= 5e-4 else [])])


def _stretched(stretch: Stretch) -> str:
    if not np.isfinite(stretch.error):
        return "how long visits last tells nothing: the number open hardly varies, or for too few of them"
    return (
        f"visits begun beside others last k^g times as long with k open, g = {stretch.exponent:.2f} ± "
        f"{NORMAL * stretch.error:.2f} (0 nothing is shared, 1 attention is shared evenly, more: some is lost)"
    )


def loss_evidence(name: str, several: Several, loss: Loss) -> Evidence:
    """Say what working on several visits at once costs a team, and how far the log tells it."""
    even = _even(several.attention.most)
    part = integrated(several.attention, even * kept(several, loss.mean)).sum()
    without = float(integrated(several.attention, even).sum() / max(part, 1.0))
    low, high = loss.quantile(0.025), loss.quantile(0.975)
    width = high - low
    verdict = "measured" if width <= NARROW else "weakly identified" if width <= WIDE else "assumed"
    why = {
        "measured": f"{several.attention.rows.size:,} rows",
        "weakly identified": f"between {say_share(round(low, 3))} and {say_share(round(high, 3))} for a second visit",
        "assumed": "the log hardly tells it; measured losses lie between none and 40 % for a second one",
    }[verdict]
    written = losses_written(several.most, loss.mean)
    shown = ", ".join(f"{say_share(share)} with {k} at once" for k, share in written.items() if k <= 5)
    return Evidence(
        f"teams.{name}.loss",
        f"of all effort {shown or 'nothing'} lost",
        "log of a visit's length at an even share of attention, against how many were open when it began; prior from "
        "none to 40 % for a second visit, without what the team could not have coped with",
        int(several.attention.rows.size),
        say_share(round(low, 3)),
        say_share(round(high, 3)),
        "the interval is that of a second visit. What is identified is effort / (1 - loss): without any loss efforts "
        f"would be {without - 1:.0%} longer. Do not conclude from the estimate alone that fewer at once would help",
        verdict=verdict,
        why=why,
    )

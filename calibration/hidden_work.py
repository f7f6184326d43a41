"""Work that the log does not show: how much of people's time it may take.

Beside visits, people may be busy with what nobody recorded. While work waits for a team and somebody of it is there
and free, that person does something else, or the work was not really there yet. With P people there, B of them at a
visit and Q visits waiting at an instant of the team's hours,

    h = ∫ min(P - B, Q) dt / ∫ (B + min(P - B, Q)) dt

is the largest share of their time that hidden work can have taken between visits. The least is nothing: all that
waiting may be delay outside. So the sum of delay and hidden work is what a log identifies, not the two.

Somebody is there from the first start of a day to the last end of what began on it. Hidden work *within* visits never
shows: with a share g of it, a visit of effort e lasts e / (1 - g), and that quotient is what is identified. Where
nobody recorded starts, B is assumed to be all the time there is, and the quotient is all that remains.
Units: ticks (milliseconds) of the team's working time.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np

from calibration.evidence import Evidence
from calibration.hours import Hours
from calibration.observed import NOBODY, Observed, Ticks
from calibration.presence import merged
from calibration.teams import Teams, serving_teams
from twin.timelines import worked_at
from twin.units import DAY, say_share

HARDLY: Final = 0.05
"""A share of hidden work below this is hardly any."""
MOSTLY: Final = 0.5
"""With more of a team's visits at stages without recorded starts, nothing is told."""


class Hidden(NamedTuple):
    """Time of a team, in ticks of its hours."""

    explained: float  # at visits
    unexplained: float  # somebody free while work waits

    @property
    def share(self) -> float:
        """Give the largest share that hidden work can have taken between visits."""
        total = self.explained + self.unexplained
        return self.unexplained / total if total else 0.0


def hidden_of(observed: Observed, teams: Teams, hours: tuple[Hours, ...], team: int) -> Hidden:
    """Measure the time of a team in which somebody was free while work waited.

    Parameters
    ----------
    observed, teams, hours
        Visits, who did them, and when teams work.
    team
        Index of the team.
    """
    mine = (teams.of_visit == team) & (observed.person != NOBODY)
    who, open_ = observed.person[mine], hours[team].open
    started, finished, enabled = (
        worked_at(open_, instants[mine]) for instants in (observed.started, observed.finished, observed.enabled)
    )
    _, *busy = merged(who, started, finished)
    day = np.stack([who, observed.started[mine] // DAY])
    days, place = np.unique(day, axis=1, return_inverse=True)
    first, last = np.full(days.shape[1], np.iinfo(np.int64).max), np.zeros(days.shape[1], np.int64)
    np.minimum.at(first, place, started)
    np.maximum.at(last, place, finished)
    _, *there = merged(np.append(days[0], who), np.append(first, started), np.append(last, finished))
    at = np.unique(np.concatenate([*busy, *there, enabled, started]))
    people, working, waiting = (_open(at, *spans) for spans in (there, busy, (enabled, started)))
    lasting = np.diff(at)
    free = np.minimum(np.maximum(people - working, 0), waiting)
    return Hidden(float(working @ lasting), float(free @ lasting))


def _open(at: Ticks, begin: Ticks, end: Ticks) -> Ticks:
    """Count the spans that are open between each instant and the next, shape (instants - 1,)."""
    begun = np.searchsorted(np.sort(begin), at[:-1], "right")
    return np.asarray(begun - np.searchsorted(np.sort(end), at[:-1], "right"))


def hidden_evidence(
    observed: Observed, teams: Teams, hours: tuple[Hours, ...], assumed: Collection[str]
) -> tuple[Evidence, ...]:
    """Say, team by team, what share of people's time the log may hide.

    Parameters
    ----------
    observed, teams, hours
        Visits, who did them, and when teams work.
    assumed
        Stages at which starts were not recorded.
    """
    found = []
    without = np.isin(observed.stage, [place for place, name in enumerate(observed.stages) if name in assumed])
    for team in serving_teams(teams):
        mine = teams.of_visit == team
        path, rows = f"teams.{teams.names[team]}.hidden", int(mine.sum())
        unsigned = not (observed.person[mine] != NOBODY).any()
        if unsigned or float(without[mine].mean()) > MOSTLY:
            found.append(_unknown(path, rows, "nobody signed this work" if unsigned else "starts were not recorded"))
        else:
            found.append(_bounded(path, rows, hidden_of(observed, teams, hours, team)))
    return tuple(found)


def _bounded(path: str, rows: int, hidden: Hidden) -> Evidence:
    share = say_share(round(hidden.share, 3))
    hardly = hidden.share <= HARDLY
    return Evidence(
        path,
        f"at most {share} of people's time between visits goes to work the log does not show",
        "time in which somebody of the team was there and free while its work waited, of that time and time at visits",
        rows,
        say_share(0.0),
        share,
        "bounds, not an interval: all of it may be delay outside, and the twin takes it so; delay + hidden work is "
        "what is identified. Within visits only effort / (1 - share hidden) is",
        verdict="measured" if hardly else "weakly identified",
        why=f"hidden work between visits is at most {share}" if hardly else f"anything from nothing to {share}",
    )


def _unknown(path: str, rows: int, why: str) -> Evidence:
    return Evidence(
        path,
        "unknown; the product that is identified is effort / (1 - share hidden)",
        "none: without starts and people, time at work is taken for all the time there is",
        rows,
        note="the twin takes the share for nothing. Less effort and more hidden work give the same log; what tells "
        "them apart is when work on a few items really began",
        verdict="assumed",
        why=why,
    )

"""Look a log over before anything is modelled: whether to believe it, how work flows, where it waits.

Nothing here is estimated by a model of how work is done: figures are counts and times of the log, with what is known of
open items (`calibration.lifetimes`), an exact check that they add up (`calibration.little`), and what to doubt
(`calibration.quality`). Teams are told, never persons. Units: ticks (milliseconds).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Unpack

import numpy as np
import polars as pl

from calibration.evidence import Evidence
from calibration.flow import UNKNOWN, Codes, Flow, Ticks, coded, flow_of, quantiles
from calibration.lifetimes import Lifetimes, lifetimes
from calibration.little import Little, little
from calibration.observed import Observed
from calibration.quality import Quality, numbered, quality_of
from calibration.sources.meanings import Meanings
from calibration.sources.reconciliation import Reconciliation
from calibration.sources.recording import ReadOptions, Recorded, read_recorded
from calibration.waiting import Handoffs, Move, Stay, handoffs_of, moves_of, stays_by_status
from calibration.weeks import Weeks, weeks_of
from twin.units import MILLISECOND
from twin.zones import EPOCH

ZOMBIE: Final = 0.95
"""An open item is a zombie when it was untouched for longer than this quantile of the ages of finished ones."""
OLDEST: Final = 20
MOST_POINTS: Final = 1500
MOST_OPEN: Final = 400
MOST_VISITS: Final = 1_000_000
MOST_PEOPLE: Final = 2000
"""Beyond these, teams are not learned from who does what."""


class OpenItem(NamedTuple):
    """An item that is not done."""

    case: str
    stage: str
    age: int  # ticks since it arrived
    idle: int  # ticks since anything of it was recorded
    zombie: bool


class OpenItems(NamedTuple):
    """What is inside when the log ends."""

    number: int
    zombies: int
    limit: float | None  # ticks untouched beyond which an item is a zombie
    oldest: tuple[OpenItem, ...]
    drawn: tuple[OpenItem, ...]  # those to draw, evenly chosen by age where there are many


class Points(NamedTuple):
    """Finished items to draw, evenly chosen in order of their end where there are many; shape (points,)."""

    done: Ticks
    lasted: Ticks


@dataclass(frozen=True)
class Profile:
    """A log, looked over.

    Attributes
    ----------
    account
        What became of every row.
    assumptions
        What had to be assumed to read the log.
    quality
        What to doubt.
    items, visits, stages
        How many there are.
    begin, end
        First arrival, and until when the log was written.
    weeks
        Arrivals, completions and items inside, by week.
    little
        Little's law over the log.
    lead, cycle
        Times from arrival, and from first start, to done; open items included.
    moves, stays
        Where items wait, by move and by status; no statuses where the log has starts and ends.
    handoffs
        Between teams, or None where no teams are known.
    teams
        Where teams come from, in words.
    inside
        Open items.
    points
        Finished items to draw.
    meanings, statuses
        What statuses were taken to mean, and the rows that name each; None and nothing where the log has none.
    """

    account: Reconciliation
    assumptions: tuple[Evidence, ...]
    quality: Quality
    items: int
    visits: int
    stages: int
    begin: datetime
    end: datetime
    weeks: Weeks
    little: Little
    lead: Lifetimes
    cycle: Lifetimes
    moves: tuple[Move, ...]
    stays: tuple[Stay, ...]
    handoffs: Handoffs | None
    teams: str
    inside: OpenItems
    points: Points
    meanings: Meanings | None = None
    statuses: Mapping[str, int] = field(default_factory=dict)


def profile_log(paths: Sequence[Path], *, now: datetime, **options: Unpack[ReadOptions]) -> Profile:
    """Read files of one log and look it over.

    Parameters
    ----------
    paths
        As `calibration.read_log` takes them; so are the options.
    now
        When the profile is made; instants after it are told.
    options
        How files are to be read.

    Raises
    ------
    InputError
        Where they cannot be read, or hold fewer than two items or instants.
    """
    recorded = read_recorded(paths, **options)
    flow = flow_of(recorded)
    light = recorded._replace(visits=recorded.visits.clear())  # what they held stands in the flow
    return profile_of(flow, light, now=now)


def profile_of(flow: Flow, recorded: Recorded, *, now: datetime) -> Profile:
    """Look a log over that was laid out; see `profile_log`."""
    items, visits = flow.items, flow.visits
    handoffs, teams = _handoffs(flow, recorded.stays)
    order = np.argsort(items.done, kind="stable")[(~flow.finished).sum() :]
    drawn = order[:: max(1, -(-order.size // MOST_POINTS))]
    return Profile(
        account=recorded.account,
        assumptions=recorded.assumptions,
        quality=quality_of(
            flow, recorded.stays, now=(now.astimezone(UTC) - EPOCH) // timedelta(milliseconds=MILLISECOND)
        ),
        items=items.arrived.size,
        visits=visits.item.size,
        stages=len(visits.stages),
        begin=_local(flow, flow.begin),
        end=_local(flow, flow.end),
        weeks=weeks_of(flow, recorded.stays),
        little=little(items.arrived, items.done, flow.begin, flow.end),
        lead=lifetimes(items.arrived, items.done, flow.end),
        cycle=lifetimes(items.begun, items.done, flow.end),
        moves=moves_of(flow),
        stays=() if recorded.stays is None else stays_by_status(recorded.stays, flow.end),
        handoffs=handoffs,
        teams=teams,
        inside=open_items(flow),
        points=Points(items.done[drawn], (items.done - items.arrived)[drawn]),
        meanings=recorded.meanings,
        statuses=recorded.statuses,
    )


def _local(flow: Flow, tick: int) -> datetime:
    return (EPOCH + timedelta(milliseconds=tick * MILLISECOND)).astimezone(flow.zone)


def open_items(flow: Flow) -> OpenItems:
    """List the open items: the oldest, and how many nobody has touched for long."""
    items, finished = flow.items, flow.finished
    limit = quantiles((items.done - items.arrived)[finished], (ZOMBIE,))
    open_ = np.flatnonzero(~finished)
    age, idle = flow.end - items.arrived[open_], flow.end - items.touched[open_]
    zombie = idle > limit[0] if limit else np.zeros(open_.size, np.bool_)
    order = np.argsort(-age, kind="stable")
    step = max(1, -(-order.size // MOST_OPEN))

    def told(place: int) -> OpenItem:
        item = int(open_[place])
        stage = flow.visits.stages[int(items.place[item])]
        return OpenItem(str(items.case[item]), stage, int(age[place]), int(idle[place]), bool(zombie[place]))

    return OpenItems(
        number=int(open_.size),
        zombies=int(zombie.sum()),
        limit=limit[0] if limit else None,
        oldest=tuple(told(place) for place in order[:OLDEST].tolist()),
        drawn=tuple(told(place) for place in order[::step].tolist()),
    )


def _handoffs(flow: Flow, stays: pl.DataFrame | None) -> tuple[Handoffs | None, str]:
    """Count handoffs between the teams that the log names, or else between those that who does what tells apart."""
    visits = flow.visits
    if stays is not None and stays["team"].null_count() < stays.height:
        team, teams = coded(stays["team"])
        return handoffs_of(numbered(stays), team, teams), "as the log names them"
    if visits.teams:
        return handoffs_of(visits.item, visits.team, visits.teams), "as the log names them"
    learned = _learned_teams(flow)
    if learned is None:
        return None, "the log names no teams, and too few or too many people to tell teams apart"
    team, names = learned
    return handoffs_of(visits.item, team, names), "learned from who does what, since the log names none"


def _learned_teams(flow: Flow) -> tuple[Codes, tuple[str, ...]] | None:
    """Tell teams apart by who does what; the team of each visit, and the names."""
    from calibration.teams import fit_teams  # noqa: PLC0415 - loads SciPy

    visits = flow.visits
    numbers, person = np.unique(visits.person, return_inverse=True)
    known = int((numbers != UNKNOWN).sum())
    if not 2 <= known <= MOST_PEOPLE:
        return None
    person = person - (numbers.size - known)  # UNKNOWN is the first number where there is any
    step = max(1, -(-person.size // MOST_VISITS))
    seen, nothing = slice(None, None, step), np.zeros(0, np.int64)
    observed = Observed(
        item=visits.item[seen].astype(np.int64),
        stage=visits.stage[seen].astype(np.int64),
        before=nothing,
        person=person[seen],
        enabled=visits.ready[seen],
        started=visits.started[seen],
        finished=visits.finished[seen],
        delayed=nothing,
        weight=np.ones(person[seen].size),
        work=nothing,
        works=("",),
        stages=visits.stages,
        people=tuple(map(str, range(known))),
    )
    if np.unique(observed.stage).size < len(visits.stages):
        return None  # a stage without a visit among those looked at has no team
    teams = fit_teams(observed).value
    named = [name for name in teams.names if name != "unassigned"]
    team = np.where(person >= 0, teams.member[np.maximum(person, 0)], UNKNOWN).astype(np.int32)
    return team, tuple(named)

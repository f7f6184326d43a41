"""Teams from who does what.

A person's profile is the share of their visits at each stage. People with alike profiles make a team: average-linkage
clustering of the profiles, cut where two clusters differ by more than half of their work,

    d(p, q) = 1/2 sum over stages |p_s - q_s|     (the total variation distance, 0 alike, 1 nothing in common).

Somebody seen too rarely to have a profile joins the team whose profile is nearest. A stage is served by the teams that
do a relevant share of its visits. Visits without a person belong, where they are the rule at a stage, to a team of the
group that the log names for it, or else to an unassigned team; each with as many people as were ever needed at once.
Source: Song, van der Aalst (2008), Towards comprehensive support for organizational mining, Decision Support Systems
46(1), 300-317, section 4 (joint activities); linkage: Sokal, Michener (1958).
"""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from calibration.evidence import Evidence, Fitted
from calibration.observed import NOBODY, Codes, Floats, Observed

ALIKE: Final = 0.5
"""Clusters nearer than this are one team."""
SEEN_ENOUGH: Final = 5
"""Visits from which on a person has a profile."""
SERVES: Final = 0.05
"""Share of a stage's visits from which on a team serves it."""
UNASSIGNED: Final = "unassigned"
UNSIGNED: Final = "nobody signed this work"
NAME_LENGTH: Final = 60


class Teams(NamedTuple):
    """Who belongs together, and what they do."""

    names: tuple[str, ...]
    member: Codes  # (people,) index of each person's team
    of_visit: Codes  # (visits,) team that did the visit
    serving: tuple[tuple[int, ...], ...]  # (stages,) teams that serve each stage, the busiest first


def fit_teams(observed: Observed) -> Fitted[Teams]:
    """Group people into teams and say which stages each team serves.

    Returns
    -------
    Fitted[Teams]
        Team names are those of the stage a team works at most. Evidence has a row per team and per stage.
    """
    profile = _visits_by_person(observed)
    member = _clusters(profile)
    count = int(member.max()) + 1 if member.size else 0
    of_visit, unsigned = _team_of_visit(observed, member, count)
    done = np.zeros((count + len(unsigned), len(observed.stages)))
    np.add.at(done, (of_visit, observed.stage), 1)
    serving = tuple(_serving(done[:, stage]) for stage in range(len(observed.stages)))
    learned = _names(done[:count], observed.stages)
    teams = Teams((*learned, *_apart(unsigned, learned)), member, of_visit, serving)
    return Fitted(teams, (*_team_evidence(teams, done), *_stage_evidence(teams, observed.stages, done)))


def serving_teams(teams: Teams) -> tuple[int, ...]:
    """List the teams that serve a stage; the others do a bit of everything and are left out of the twin."""
    return tuple(sorted({team for serving in teams.serving for team in serving}))


def _visits_by_person(observed: Observed) -> Floats:
    profile = np.zeros((len(observed.people), len(observed.stages)))
    known = observed.person != NOBODY
    np.add.at(profile, (observed.person[known], observed.stage[known]), 1)
    return profile


def _clusters(visits: Floats) -> Codes:
    """Give the number of each person's team, shape (people,), in order of the teams' work, the most first."""
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415 - reading evidence must not load scipy
    from scipy.spatial.distance import pdist  # noqa: PLC0415 - the same

    people = len(visits)
    if not people:
        return np.zeros(0, np.int64)
    shares = visits / visits.sum(axis=1, keepdims=True)
    known = np.flatnonzero(visits.sum(axis=1) >= min(SEEN_ENOUGH, visits.sum(axis=1).max()))
    label = np.zeros(known.size, np.int64)
    if known.size > 1:
        tree = linkage(pdist(shares[known], "cityblock"), method="average")
        label = fcluster(tree, 2 * ALIKE, criterion="distance").astype(np.int64) - 1
    centres = np.array([visits[known[label == team]].sum(axis=0) for team in range(label.max() + 1)])
    busiest = np.argsort(-centres.sum(axis=1), kind="stable")
    centres = centres[busiest] / centres[busiest].sum(axis=1, keepdims=True)
    member: Codes = np.abs(shares[:, None, :] - centres[None, :, :]).sum(axis=2).argmin(axis=1)
    rank = np.empty(busiest.size, np.int64)
    rank[busiest] = np.arange(busiest.size)
    member[known] = rank[label]
    return member


def _team_of_visit(observed: Observed, member: Codes, count: int) -> tuple[Codes, list[str]]:
    """Give each visit's team, and the groups whose work nobody signed, which are the last teams."""
    known = observed.person != NOBODY
    of_visit = np.full(observed.stage.size, count, np.int64)
    of_visit[known] = member[observed.person[known]]
    unsigned: dict[int, str] = {}
    for stage in range(len(observed.stages)):
        here = observed.stage == stage
        if known[here].mean() > 0.5:
            of_visit[here & ~known] = np.bincount(of_visit[here & known]).argmax()
        elif not known[here].all():
            unsigned[stage] = (observed.groups[stage] if observed.groups else "") or UNASSIGNED
    groups = sorted(set(unsigned.values()))
    for stage, group in unsigned.items():
        of_visit[(observed.stage == stage) & ~known] = count + groups.index(group)
    return of_visit, groups


def _apart(groups: list[str], learned: tuple[str, ...]) -> list[str]:
    """Name teams whose work nobody signed by their groups, but not as a team of people is."""
    return [f"{group} ({UNASSIGNED})" if group in learned else group for group in groups]


def _serving(done: Floats) -> tuple[int, ...]:
    order = np.argsort(-done, kind="stable")
    relevant = done[order] >= SERVES * done.sum()
    relevant[0] = True
    return tuple(order[relevant].tolist())


def _names(done: Floats, stages: tuple[str, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for row in done:
        main = stages[int(row.argmax())].strip()[:NAME_LENGTH]
        number = sum(name == f"{main} team" or name.startswith(f"{main} team ") for name in names)
        names.append(f"{main} team {number + 1}" if number else f"{main} team")
    return tuple(names)


def _team_evidence(teams: Teams, done: Floats) -> list[Evidence]:
    """Say who belongs together; of a team whose work nobody signed, that this is not known."""
    found = []
    for index in serving_teams(teams):
        people = int((teams.member == index).sum())
        told = Evidence(
            f"teams.{teams.names[index]}",
            f"{people} people seen",
            "people with alike shares of visits by stage, average linkage, cut at half of the work",
            int(done[index].sum()),
            note="no interval: who belongs together is a grouping, not a quantity",
        )
        unsigned = "nobody recorded who did this work; how many people there are cannot be told"
        found.append(told if people else replace(told, note=unsigned, verdict="assumed", why=UNSIGNED))
    return found


def _stage_evidence(teams: Teams, stages: tuple[str, ...], done: Floats) -> list[Evidence]:
    found = []
    for index, stage in enumerate(stages):
        total = done[:, index].sum()
        rest = 1 - done[list(teams.serving[index]), index].sum() / total
        note = f"{rest:.1%} of its visits were done by teams that rarely do this; left out" if rest > 0 else ""
        found.append(
            Evidence(
                f"stages.{stage}",
                ", ".join(f"{teams.names[team]} {done[team, index] / total:.0%}" for team in teams.serving[index]),
                f"teams with at least {SERVES:.0%} of the stage's visits, the busiest first",
                int(total),
                note=note or "no interval: shares are counts of the log",
            )
        )
    return found

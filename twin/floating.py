"""People who go where most work waits: a team of their own at every stage of the teams that share them.

Whoever belongs to several teams and goes by what waits is free for all of their stages. Whenever such a person is free
they turn to the team with

    most visits in the queues of its stages,

of equals to the one that is named first, and there to what is first in line. The people of a team itself are asked
before them. Longest queue first is the rule that keeps the most work within reach of whoever is free; it looks at
numbers of visits, not at hours, since that is what people see. Source: Wolff (1989), Stochastic Modeling and the Theory
of Queues, on pooling; float pools of nursing staff.

The twin that a person wrote holds them as people who are shared; what follows sees teams and stages only.
"""

from collections.abc import Mapping

from twin.branches import Parallel, Step, Steps
from twin.effort import AnyEffort, EffortByTeam
from twin.people import Team
from twin.sharing import OF_A_TEAM, Shared
from twin.spec import Stage, Twin
from twin.work import Work


def floaters(twin: Twin) -> dict[str, tuple[Shared, ...]]:
    """Give those who go where most work waits, by the name of the team that they make."""
    found: dict[str, tuple[Shared, ...]] = {}
    for shared in twin.shared:
        if shared.floats:
            found[shared.called()] = (*found.get(shared.called(), ()), shared)
    return found


def with_floaters(twin: Twin) -> Twin:
    """Give a twin the teams of those who go where most work waits; the twin itself where it has none."""
    found = floaters(twin)
    if not found or found.keys() <= twin.teams.keys():
        return twin
    members = {name: tuple(some[0].teams) for name, some in found.items()}
    teams = {name: _team(twin, some) for name, some in found.items()}
    return twin.model_copy(
        update={
            "teams": twin.teams | teams,
            "stages": {name: _served(stage, members) for name, stage in twin.stages.items()},
            "work": {name: _worked(work, members) for name, work in twin.work.items()},
        }
    )


def team_of(stage: Stage, shared: Shared) -> int | None:
    """Give the place, among the teams that share people, of the one whose stage it is; the first of several."""
    serving = [place for place, team in enumerate(shared.teams) if team in stage.served_by()]
    return serving[0] if serving else None


def _team(twin: Twin, some: tuple[Shared, ...]) -> Team:
    said = {name: getattr(some[0], name) for name in OF_A_TEAM}
    queue = twin.teams[next(iter(some[0].teams))].queue
    return Team(people=tuple(each.alike() for each in some)).model_copy(update={"queue": queue, **said})


def _served(stage: Stage, members: Mapping[str, tuple[str, ...]]) -> Stage:
    """Let those serve a stage, after its own teams, who belong to one of these."""
    teams = stage.served_by()
    more = tuple(name for name, each in members.items() if set(each) & set(teams))
    return stage.model_copy(update={"team": None, "teams": (*teams, *more)}) if more else stage


def _worked(work: Work, members: Mapping[str, tuple[str, ...]]) -> Work:
    """Let those need the effort of the team for which they work, where efforts depend on it."""
    if work.route is None:
        return work.model_copy(update={"steps": _steps(work.steps or (), members)})
    efforts = {stage: _effort(effort, members) for stage, effort in work.route.efforts.items()}
    return work.model_copy(update={"route": work.route.model_copy(update={"efforts": efforts})})


def _steps(line: Steps, members: Mapping[str, tuple[str, ...]]) -> Steps:
    return tuple(_step(each, members) for each in line)


def _step(each: Step | Parallel, members: Mapping[str, tuple[str, ...]]) -> Step | Parallel:
    if isinstance(each, Step):
        return each.model_copy(update={"effort": _effort(each.effort, members)})
    return each.model_copy(update={"parallel": tuple(_steps(branch, members) for branch in each.parallel)})


def _effort(effort: AnyEffort, members: Mapping[str, tuple[str, ...]]) -> AnyEffort:
    if not isinstance(effort, EffortByTeam):
        return effort
    more = {
        name: effort.teams[known[0]]
        for name, teams in members.items()
        if (known := [team for team in teams if team in effort.teams])
    }
    return effort.model_copy(update={"teams": effort.teams | more})

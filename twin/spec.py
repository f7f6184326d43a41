"""The twin as a person writes it.

Everything is frozen; to change a twin is to make another (`twin.scenario`). References between parts are checked when
the twin is made, all at once; what is valid but unwise is found by `twin.checks`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from twin import automated, lineage, sharing
from twin.arrivals import Pull
from twin.blocking import Blocked
from twin.branches import Placed, Step, placed
from twin.calendars import Calendar
from twin.classes import ClassRule, ServiceClass
from twin.effort import AnyDelay, Delay, EffortByTeam
from twin.errors import InputError, Problem, one_of, shown
from twin.instants import Instant, utc
from twin.limits import IntakeLimit, WipLimit
from twin.openings import Batch, Openings
from twin.part import Name, Part, Several
from twin.people import ALWAYS, MAX_PEOPLE, Team, unknown_stages
from twin.sharing import Shared
from twin.units import Duration
from twin.work import DONE, START, Route, Work, efforts_of, path_of
from twin.zones import ZoneName

MAX_ITEMS = 20_000_000
"""Items that fit into one replication."""
ALL = "all"
EFFORT_NOUN = "a stage with an effort in this route"
A_STAGE = "a stage of this twin"


class Clock(Part):
    """When the twin's time begins, and in which zone people read it."""

    starts: Instant
    """Tick 0: a date, which is its midnight, or an instant: 2026-01-05, 2026-01-05T09:00."""
    zone: ZoneName = "UTC"
    """IANA name, such as Europe/Berlin."""


class Stage(Part):
    """A place where items wait and are served."""

    team: Name | None = None
    """The team that serves here."""
    teams: Several[Name] | None = None
    """Instead of one team: several, any of which may take an item; of the free ones the twin's first team takes it."""
    wip_limit: Annotated[int, Field(ge=1, le=MAX_PEOPLE)] | None = None
    """Most items at this stage: waiting, in work, or done and not yet let into the next stage."""
    batch: Batch | None = None
    """Visits that queue or are done together: {size: 5, at_most: 2 w}; {size: 4, together: true}."""
    opens: Openings = ()
    """When visits may join the queue: {on: thu, at: 14:00, every: 2 w, capacity: 10}, several, or {every: 14 d}."""
    blocked: Blocked | None = None
    """Obstacles that hold visits up: {every: 40 h, lasting: 2 d}."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.team is None) == (self.teams is None):
            raise ValueError("write either team (one) or teams (a list), one of the two")
        if self.opens and self.batch is not None and not self.batch.together:
            raise ValueError("opens and a batch both say when visits join the queue; write one of them")
        if self.blocked is not None and self.batch is not None and self.batch.together:
            raise ValueError("work that is done together is not blocked one by one; write blocked or together")
        return self

    def served_by(self) -> tuple[str, ...]:
        """List the teams that serve here."""
        return (self.team,) if self.team is not None else self.teams or ()


class Handoff(Part):
    """Waiting when an item passes from one team to another."""

    source: Annotated[str, Field(alias="from")]
    """The team that gives: test."""
    target: Annotated[str, Field(alias="to")]
    """The team that takes: risk."""
    delay: AnyDelay
    """How long: 1 d of the clock, or {time: 4 h, counted: working}."""


class Inside(Part):
    """Items already in the system when the twin's time begins; they wait at the stage."""

    work: Name
    """Their work type: feature."""
    stage: Name
    """The stage at which they wait: build."""
    age: Duration = 0
    """Time since they arrived."""
    count: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """How many: 4."""


class Twin(Part):
    """A model of how an organisation works."""

    twin: Name
    """Its name."""
    about: str | None = None
    """What it is a model of, and where its figures come from, in free text."""
    clock: Clock
    """When its time begins: {starts: 2026-01-05, zone: Europe/Berlin}."""
    calendars: dict[Name, Calendar] = Field(default_factory=dict)
    """When people work, by name: {office: {days: mon-fri, hours: 09:00-17:30}}."""
    teams: dict[Name, Team] = Field(min_length=1, max_length=10_000)
    """Who works, by name: {developers: {people: 8, calendar: office}}."""
    stages: dict[Name, Stage] = Field(min_length=1, max_length=10_000)
    """Where items wait and are served, by name: {build: {team: developers}}."""
    classes: dict[Name, ServiceClass] = Field(default_factory=dict, max_length=99)
    """Classes of service, for work types to name."""
    work: dict[Name, Work] = Field(min_length=1, max_length=1_000)
    """Kinds of items, by name: how they arrive and what happens to them."""
    handoffs: Several[Handoff] = ()
    """Waiting between teams: [{from: test, to: risk, delay: 2 d}]."""
    wip_limits: Annotated[Several[WipLimit], Field(max_length=1000)] = ()
    """Limits on parts of the twin: [{stages: [build, review], limit: 5}, {system: true, limit: 40}]."""
    intake: IntakeLimit | None = None
    """What happens to arrivals of every type once enough items are inside: {limit: 40}; the whole system counts."""
    inside: Several[Inside] = ()
    """Items already there at the start: [{work: feature, stage: build, age: 3 d, count: 4}]."""
    shared: Several[Shared] = ()
    """People who belong to several teams."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = list(_dangling(self))
        if problems:
            raise InputError(*problems)
        return self

    @property
    def start(self) -> datetime:
        """The instant of tick 0, in UTC."""
        return utc(self.clock.starts, self.clock.zone)

    def as_written(self) -> dict[str, Any]:
        """Give the twin as plain values, the way its file writes them, defaults left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _missing(path: str, word: str, options: Iterable[str], noun: str) -> Iterator[Problem]:
    allowed = list(options)
    if word not in allowed:
        yield Problem(one_of(word, allowed, noun=noun), path)


def _dangling(twin: Twin) -> Iterator[Problem]:
    """Find references to parts that do not exist."""
    yield from _dangling_calendars(twin)
    yield from _unlike_equals(twin)
    for name, stage in twin.stages.items():
        yield from _dangling_stage(twin, name, stage)
    for name, served in twin.teams.items():
        serves = [stage for stage, each in twin.stages.items() if name in each.served_by()]
        yield from unknown_stages(f"teams.{name}", served, serves)
    for kind, names in (("work", twin.work), ("teams", twin.teams)):
        if ALL in names:
            yield Problem(f"{ALL!r} stands for all of them in reports; choose another name", f"{kind}.{ALL}")
    for name, work in twin.work.items():
        yield from _dangling_work(twin, f"work.{name}", work)
    yield from automated.problems(twin.work, {**twin.stages, **twin.teams}, twin.classes)
    yield from lineage.problems(twin.work, {n: sum(e.count for e in twin.inside if e.work == n) for n in twin.work})
    for index, handoff in enumerate(twin.handoffs):
        for side, team in (("from", handoff.source), ("to", handoff.target)):
            yield from _missing(f"handoffs.{index}.{side}", team, twin.teams, "a team of this twin")
    yield from _dangling_limits(twin)
    stages = {name: stage.served_by() for name, stage in twin.stages.items()}
    together = [name for name, stage in twin.stages.items() if stage.batch is not None and stage.batch.together]
    yield from sharing.problems(twin.shared, twin.teams, stages, together)
    for index, inside in enumerate(twin.inside):
        yield from _missing(f"inside.{index}.work", inside.work, twin.work, "a work type of this twin")
        used = efforts_of(twin.work[inside.work]) if inside.work in twin.work else twin.stages
        yield from _missing(f"inside.{index}.stage", inside.stage, used, f"a stage of {inside.work!r}")


def _dangling_stage(twin: Twin, name: str, stage: Stage) -> Iterator[Problem]:
    if name in {START, DONE}:
        yield Problem(f"{name!r} has a meaning of its own in routes; call the stage otherwise", f"stages.{name}")
    for team in stage.served_by():
        yield from _missing(f"stages.{name}.team", team, twin.teams, "a team of this twin")
    for team in stage.served_by() if stage.batch is not None and stage.batch.together else ():
        if team in twin.teams and twin.teams[team].at_once != 1:
            told = f"{team!r} works on several visits at once, each with its own effort"
            yield Problem(f"{told}, so they cannot be done together as one", f"stages.{name}.batch")
    if len({twin.teams[team].queue for team in stage.served_by() if team in twin.teams}) > 1:
        yield Problem("its teams choose by different rules; give them the same queue", f"stages.{name}.teams")


def _unlike_equals(twin: Twin) -> Iterator[Problem]:
    """Find items of one rank that nothing can order, because two rules apply to them."""
    rules: dict[int, tuple[str, ClassRule | None]] = {}
    for name, service in twin.classes.items():
        other, rule = rules.setdefault(service.rank, (f"class {name!r}", service.queue))
        if rule != service.queue:
            yield Problem(f"has the rank of {other}, but another queue; give it another rank", f"classes.{name}")
    for name, work in twin.work.items():
        other, rule = rules.get(work.priority, ("", None))
        if work.service is None and rule is not None:
            yield Problem(
                f"has no class, but as priority {work.priority} the rank of {other}, which goes by {rule}; "
                "give it a class, or another priority", f"work.{name}",
            )  # fmt: skip


def _dangling_limits(twin: Twin) -> Iterator[Problem]:
    for index, limit in enumerate(twin.wip_limits):
        path = f"wip_limits.{index}"
        for stage in limit.stages or ():
            yield from _missing(f"{path}.stages", stage, twin.stages, A_STAGE)
        for name in limit.work or ():
            yield from _missing(f"{path}.work", name, twin.work, "a work type of this twin")
        if limit.team is not None:
            yield from _missing(f"{path}.team", limit.team, twin.teams, "a team of this twin")
        if limit.service is not None:
            yield from _missing(f"{path}.class", limit.service, twin.classes, "a class of service of this twin")
    taken = [("intake", twin.intake), *((f"work.{name}.intake", work.intake) for name, work in twin.work.items())]
    for path, intake in taken:
        for stage in intake.scope if intake and isinstance(intake.scope, tuple) else ():
            yield from _missing(f"{path}.scope", stage, twin.stages, A_STAGE)
    if twin.intake is not None and twin.intake.scope == "work":
        yield Problem("here every work type counts; write the limit at the work type it is for", "intake.scope")


def _dangling_ways_out(path: str, work: Work) -> Iterator[Problem]:
    seen = set()
    for index, way in enumerate(work.cancel):
        if way.stage is not None:
            yield from _missing(
                f"{path}.cancel.{index}.stage", way.stage, efforts_of(work), "a stage of this work type"
            )
        kind = next(name for name in ("age", "patience", "chance") if getattr(way, name) is not None)
        if (kind, way.stage) in seen:
            yield Problem(f"{kind} is said twice here; write it once", f"{path}.cancel.{index}")
        seen.add((kind, way.stage))


def _dangling_calendars(twin: Twin) -> Iterator[Problem]:
    named = [(f"teams.{name}.calendar", team.calendar) for name, team in twin.teams.items()]
    for name, team in twin.teams.items():
        groups = team.people if isinstance(team.people, tuple) else ()
        named += [(f"teams.{name}.people.{i}.calendar", group.calendar or ALWAYS) for i, group in enumerate(groups)]
    named += [(f"shared.{index}.calendar", shared.calendar) for index, shared in enumerate(twin.shared)]
    named += [(f"work.{name}.sla.clock", work.sla.clock) for name, work in twin.work.items() if work.sla]
    named += [(f"{path}.calendar", delay.calendar or ALWAYS) for path, delay in delays_of(twin)]
    for path, calendar in named:
        yield from _missing(path, calendar, [*twin.calendars, ALWAYS], "a calendar of this twin")


def delays_of(twin: Twin) -> Iterator[tuple[str, Delay]]:
    """List every delay with its path."""
    for index, handoff in enumerate(twin.handoffs):
        yield f"handoffs.{index}.delay", handoff.delay
    for name, work in twin.work.items():
        for each in placed(work.steps or ()):
            if each.step.delay is not None:
                yield f"work.{name}.steps.{each.path}.delay", each.step.delay
        for key, delay in ({} if work.route is None else work.route.delays).items():
            yield f"work.{name}.route.delays.{key}", delay


def _dangling_work(twin: Twin, path: str, work: Work) -> Iterator[Problem]:
    if work.service is not None:
        yield from _missing(f"{path}.class", work.service, twin.classes, "a class of service of this twin")
    for stage, efforts in efforts_of(work).items():
        where = f"{path}.route.efforts.{stage}" if work.route else f"{path}.steps.{stage}.stage"
        yield from _missing(where, stage, twin.stages, A_STAGE)
        teams = twin.stages[stage].served_by() if stage in twin.stages else ()
        for team, effort in product(teams, efforts):
            if isinstance(effort, EffortByTeam):
                yield from _missing(f"{where}.effort", team, effort.teams, f"a team with an effort at {stage!r}")
    yield from _dangling_ways_out(path, work)
    for stage in work.sla.paused_at if work.sla else ():
        yield from _missing(f"{path}.sla.paused_at", stage, efforts_of(work), "a stage of this work type")
    for each in placed(work.steps or ()):
        yield from _dangling_step(f"{path}.steps.{each.path}", each)
    if work.route is not None:
        yield from _dangling_route(f"{path}.route", work)
    yield from _endless_pull(twin, path, work)


def _endless_pull(twin: Twin, path: str, work: Work) -> Iterator[Problem]:
    """Find work that is pulled for people who begin any number of visits at once: it would come without end."""
    stage = twin.stages.get(work.arrivals.stage) if isinstance(work.arrivals, Pull) else None
    if stage is None or stage.wip_limit is not None or stage.opens or stage.batch is not None or twin.wip_limits:
        return
    shared = [team for each in twin.shared if each.at_once == "unlimited" for team in each.teams]
    for name in stage.served_by():
        if name in shared or (name in twin.teams and twin.teams[name].at_once == "unlimited"):
            told = f"people of {name!r} begin any number of visits at once, so nothing waits and work comes without end"
            yield Problem(f"{told}; write a wip_limit of that stage, or a number for at_once", f"{path}.arrivals")


def _dangling_step(path: str, each: Placed) -> Iterator[Problem]:
    seen = [step.stage for step in each.line[: each.place + 1] if isinstance(step, Step)]
    if each.step.rework:
        yield from _missing(f"{path}.rework.back_to", each.step.rework.back_to, seen, "this stage or an earlier one")


def _dangling_route(path: str, work: Work) -> Iterator[Problem]:
    route = work.route
    if route is None:
        return
    for key, shares in {START: route.start, **route.next}.items():
        where = f"{path}.start" if key == START else f"{path}.next.{key}"
        yield from _dangling_path(where, path_of(key), work)
        for stage in shares:
            if stage != DONE or key == START:
                places = (*route.efforts, *route.states, *route.parallel)
                yield from _missing(f"{where}.{stage}", stage, places, EFFORT_NOUN)
    yield from _dangling_states(path, route)
    yield from _dangling_rework(path, route)
    yield from _dangling_blocks(path, route)
    inside = {stage for lines in route.parallel.values() for line in lines for stage in line}
    for stage in (*(each for each in route.efforts if each not in inside), *route.states, *route.parallel):
        if (stage,) not in {path_of(key) for key in route.next}:
            yield Problem(f"nothing says where items go after {stage!r} in general; add it to next", f"{path}.next")
    for key in route.delays:
        places = path_of(key)
        if len(places) != 2:
            yield Problem(f"{shown(key)} is not a pair of stages; write 'a > b' or 'start > a'", f"{path}.delays")
        yield from _dangling_path(f"{path}.delays.{key}", places, work)
        for block in set(places) & set(route.parallel):
            yield Problem(f"{block!r} is a block of branches; write the delay of each branch", f"{path}.delays.{key}")


def _dangling_states(path: str, route: Route) -> Iterator[Problem]:
    for name, stage in route.states.items():
        if name in route.efforts:
            yield Problem(f"{name!r} is a stage itself; call the state otherwise", f"{path}.states.{name}")
        yield from _missing(f"{path}.states.{name}", stage, route.efforts, EFFORT_NOUN)


def _dangling_rework(path: str, route: Route) -> Iterator[Problem]:
    for stage in route.rework:
        where = f"{path}.rework.{stage}"
        yield from _missing(where, stage, route.efforts, EFFORT_NOUN)
        for name, lines in route.parallel.items():
            if any(stage in line for line in lines):
                told = f"{stage!r} stands in a branch of {name!r}, and branches do not know of each other"
                yield Problem(f"{told}: what is done again there takes all of its effort", where)


def _dangling_blocks(path: str, route: Route) -> Iterator[Problem]:
    for name, lines in route.parallel.items():
        if name in route.efforts or name in route.states or name in {START, DONE}:
            yield Problem(f"{name!r} has another meaning here; call the block otherwise", f"{path}.parallel.{name}")
        for stage in {stage: None for line in lines for stage in line}:
            yield from _missing(f"{path}.parallel.{name}", stage, route.efforts, EFFORT_NOUN)


def _dangling_path(where: str, places: tuple[str, ...], work: Work) -> Iterator[Problem]:
    known = (*efforts_of(work), *((*work.route.states, *work.route.parallel) if work.route else ()))
    for place in places[1:] if places[0] == START else places:
        yield from _missing(where, place, known, EFFORT_NOUN)

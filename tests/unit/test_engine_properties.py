"""What must not change a run, and what must change it in one direction only.

Names are luck: random numbers carry the names of work types and stages, so renaming those draws other numbers. The
order of teams, stages and work types in the file decides ties, which of two free teams takes an item, and nothing else.
"""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from polars.testing import assert_frame_equal
from strategies import Case, cases, contents
from tiny import OFFICE, START, run, trace, twin, work

from twin import engine
from twin.calendars import Calendar, advance_many, timeline, worked_at
from twin.demand import arrivals
from twin.errors import DeadlockError
from twin.eventlog import NEVER, PLACE_BITS
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import DAY, HOUR, WEEK

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

POISSON = {"kind": "poisson", "rate": "5 / day"}
GAMMA = {"kind": "gamma", "mean": "7 h", "cv": 1.2}


def simulate(*model: Any, **how: Any) -> Outcome:
    """Run a twin; one whose work waits for itself for good has nothing to compare."""
    try:
        return engine.simulate(*model, **how)
    except DeadlockError:
        reject()


def rewritten(case: Case, change: Any) -> Case:
    """A case whose twins are written anew, each by a change of its plain values."""

    def again(each: Twin) -> Twin:
        return Twin.model_validate(change(each.as_written()))

    return case._replace(twin=again(case.twin), changes=tuple((hour, again(each)) for hour, each in case.changes))


def in_good_health(written: Any) -> Any:
    """The same twin with nobody who falls ill or leaves by chance."""
    if isinstance(written, dict):
        return {n: in_good_health(part) for n, part in written.items() if n not in {"sickness", "attrition"}}
    return [in_good_health(part) for part in written] if isinstance(written, list) else written


def named(outcome: Outcome) -> pl.DataFrame:
    """The rows with names as text."""
    return outcome.log().frame.with_columns(pl.col("work", "stage", "team", "person").cast(pl.String))


def goes_back_at_once(outcome: Outcome) -> bool:
    """Whether an item visits one stage twice in a row."""
    order = np.argsort(outcome.visits.item, kind="stable")
    item, stage = outcome.visits.item[order], outcome.visits.stage[order]
    return bool(((item[1:] == item[:-1]) & (stage[1:] == stage[:-1])).any())


def line(
    people: tuple[int, ...], mean: str, arrives: dict[str, Any] | None = None, hours: dict[str, Any] | None = None,
    zone: str = "UTC",
) -> Twin:  # fmt: skip
    """A line of stages without ties, each with a team of so many people."""
    calendar = {"calendar": "hours"} if hours else {}
    teams = {f"team {place}": {"people": count} | calendar for place, count in enumerate(people)}
    stages = {f"stage {place}": f"team {place}" for place in range(len(people))}
    steps = [{"stage": stage, "effort": {"kind": "gamma", "mean": mean, "cv": 1.2}} for stage in stages]
    clock = {"starts": START.isoformat(), "zone": zone}
    calendars = {"hours": hours} if hours else {}
    return twin(teams, stages, {"item": work(arrives or POISSON, *steps)}, calendars=calendars, clock=clock)


# --- luck -------------------------------------------------------------------------------------------------------------


@given(case=cases())
@quick
def test_the_same_seed_gives_the_same_bytes(case: Case) -> None:
    model = case.model()
    assert contents(simulate(model, seed=7)) == contents(simulate(model, seed=7))


def test_another_seed_or_replication_gives_another_run() -> None:
    model = compile_model(line((2, 2), "7 h"), until=4 * WEEK)
    runs = [simulate(model, seed=seed, replication=replication) for seed, replication in ((7, 0), (8, 0), (7, 1))]
    assert len({contents(outcome) for outcome in runs}) == 3


def test_more_replications_leave_the_first_as_they_were() -> None:
    model = compile_model(line((2, 2), "7 h"), until=2 * WEEK)
    alone = contents(simulate(model, seed=7, replication=1))
    assert [contents(simulate(model, seed=7, replication=each)) for each in range(3)][1] == alone


def test_a_longer_run_begins_like_the_shorter_one() -> None:
    short, long = (run(line((2, 2), "7 h"), until=until) for until in (2 * WEEK, 4 * WEEK))
    began = long.visits.enabled < 2 * WEEK
    assert np.array_equal(short.visits.enabled, long.visits.enabled[began])
    done = short.visits.finished != NEVER
    assert np.array_equal(short.visits.finished[done], long.visits.finished[began][done])


# --- names and order --------------------------------------------------------------------------------------------------


@given(case=cases())
@quick
def test_renaming_teams_changes_no_instant_but_the_luck_of_who_falls_ill(case: Case) -> None:
    def renamed(written: dict[str, Any]) -> dict[str, Any]:
        text = repr(written)
        for name in ("amber", "blue", "coral"):
            text = text.replace(f"'{name}'", f"'Team {name}'")
        changed: dict[str, Any] = eval(text, {})  # noqa: S307 - our own plain values, written a line above
        return changed

    well = rewritten(case, in_good_health)
    assert contents(simulate(well.model(), seed=1)) == contents(simulate(rewritten(well, renamed).model(), seed=1))


@given(case=cases())
@quick
def test_unused_parts_change_nothing_wherever_they_stand(case: Case) -> None:
    idle = {"arrivals": {"kind": "none"}, "steps": [{"stage": "intake", "effort": "1 h"}]}

    def wider(written: dict[str, Any]) -> dict[str, Any]:
        return written | {
            "teams": {"before": {"people": 3}} | written["teams"] | {"after": {"people": 3}},
            "stages": {"nothing": {"team": "before"}} | written["stages"],
            "work": {"never": idle} | written["work"],
        }

    assert_frame_equal(named(simulate(case.model(), seed=1)), named(simulate(rewritten(case, wider).model(), seed=1)))


def test_without_ties_the_order_in_the_file_changes_nothing() -> None:
    def mixed(order: int) -> Twin:
        works = {
            "feature": work(POISSON, {"stage": "build", "effort": GAMMA}, {"stage": "review", "effort": GAMMA}),
            "defect": work(
                POISSON, {"stage": "review", "effort": GAMMA}, {"stage": "build", "effort": GAMMA}, priority=1
            ),
        }
        teams, stages = {"A": 3, "B": 4}, {"build": "A", "review": "B", "unused": "A"}
        return twin(*(dict(list(part.items())[::order]) for part in (teams, stages, works)))

    first, second = (named(run(mixed(order), until=8 * WEEK)) for order in (1, -1))
    assert_frame_equal(first, second)


# --- what says the same in other words --------------------------------------------------------------------------------


@given(case=cases())
@quick
def test_a_calendar_that_is_always_open_is_no_calendar(case: Case) -> None:
    def open_always(written: dict[str, Any]) -> dict[str, Any]:
        calendars = written["calendars"] | {"open": {"hours": "always"}}
        teams = {name: {"calendar": "open"} | team for name, team in written["teams"].items()}
        return written | {"calendars": calendars, "teams": teams}

    assert contents(simulate(case.model(), seed=1)) == contents(simulate(rewritten(case, open_always).model(), seed=1))


@given(case=cases(plain=True))
@quick
def test_equal_priorities_are_first_come_first_served(case: Case) -> None:
    def equal(written: dict[str, Any]) -> dict[str, Any]:
        return written | {"work": {name: kind | {"priority": 2} for name, kind in written["work"].items()}}

    def fifo(written: dict[str, Any]) -> dict[str, Any]:
        teams = {name: team | {"queue": "fifo"} for name, team in written["teams"].items()}
        return equal(written) | {"teams": teams}

    def by_priority(written: dict[str, Any]) -> dict[str, Any]:
        teams = {name: team | {"queue": "priority"} for name, team in written["teams"].items()}
        return equal(written) | {"teams": teams}

    first, second = (simulate(rewritten(case, change).model(), seed=1) for change in (fifo, by_priority))
    assert contents(first) == contents(second)


@given(case=cases(plain=True))
@quick
def test_a_wip_limit_that_never_binds_is_no_limit_where_each_team_has_one_stage(case: Case) -> None:
    # A team with several stages sees who was let in before whom: there ties may fall otherwise. So they may where an
    # item goes back at once into the stage it was at: it keeps its place, and lines up before others are let in.
    def limited(limit: dict[str, int]) -> Any:
        own = dict(zip(("intake", "build", "review"), ("amber", "blue", "coral"), strict=True))
        stages = {name: {"team": team} | limit for name, team in own.items()}
        return lambda written: written | {"stages": stages}

    none, huge = (simulate(rewritten(case, limited(limit)).model(), seed=1) for limit in ({}, {"wip_limit": 1_000_000}))
    assume(not goes_back_at_once(none))
    assert contents(none) == contents(huge)


def test_a_pattern_of_equal_weights_is_no_pattern_to_the_millisecond() -> None:
    even = POISSON | {"pattern": {"every": [1, 1, 1, 1]}}
    first, second = (run(line((50,), "7 h", arrives)).visits.enabled for arrives in (POISSON, even))
    assert np.abs(first - second).max() <= 1


# --- what changes in one direction ------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [1, 2, 5])
def test_one_more_person_lets_no_item_finish_later(people: int) -> None:
    # One class, one stage, first come first served (Kiefer and Wolfowitz 1955)
    fewer, more = (run(line((count,), f"{people * 4} h"), until=20 * WEEK, items=600) for count in (people, people + 1))
    assert (more.visits.finished <= fewer.visits.finished).all()
    assert (more.visits.finished < fewer.visits.finished).any()


def test_shorter_efforts_let_no_item_finish_later_in_a_line_of_single_people() -> None:
    slow, fast = (run(line((1, 1, 1), mean), until=20 * WEEK, items=500) for mean in ("4 h", "3.6 h"))
    last = [[row[5] for row in sorted(trace(outcome)) if row[1] == "stage 2"] for outcome in (slow, fast)]
    assert all(later >= sooner for later, sooner in zip(*last, strict=True))


def test_of_a_million_items_none_finishes_later_where_more_people_serve_or_efforts_are_shorter() -> None:
    def ends(people: int, mean: str) -> Any:
        busy = line((people,), mean, {"kind": "poisson", "rate": "500 / h"})
        model = compile_model(busy, until=20 * WEEK)
        return engine.simulate(model, seed=1, items=1_000_000, engine="compiled").visits.finished

    usual = ends(2, "12 s")
    assert usual.size == 1_000_000
    assert (ends(3, "12 s") <= usual).all()
    assert (ends(2, "10.8 s") <= usual).all()


def test_with_enough_people_nobody_waits() -> None:
    visits = run(line((400, 400), "20 h"), until=10 * WEEK, items=300).visits
    assert np.array_equal(visits.queued, visits.started)


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_all_durations_doubled_double_all_instants() -> None:
    def scaled(factor: int) -> Outcome:
        values = {"kind": "empirical", "values": [f"{hour * factor} h" for hour in (0, 1, 2, 5)]}
        rework = {"chance": "40 %", "back_to": "build"}
        steps = [{"stage": "build", "effort": values}, {"stage": "review", "effort": values, "rework": rework}]
        arrives = {"kind": "renewal", "gap": values}
        stages = {"build": {"team": "A", "wip_limit": 3}, "review": "B"}
        return run(twin({"A": 2, "B": 1}, stages, {"x": work(arrives, *steps)}), until=factor * 20 * DAY)

    once, twice = scaled(1).visits, scaled(2).visits
    for name in ("enabled", "queued", "started", "finished"):
        first, second = getattr(once, name), getattr(twice, name)
        assert np.array_equal(np.where(first == NEVER, NEVER, 2 * first), second), name


@pytest.mark.parametrize(
    ("calendar", "zone"),
    [
        ({"days": "mon-sun", "hours": "00:00-08:00"}, "UTC"),
        ({**OFFICE, "pause": "12:30-13:00", "holidays": "DE-BE"}, "Europe/Berlin"),
        ({"days": "mon-sun", "hours": "22:00-06:00"}, "Europe/Berlin"),
    ],
)
def test_read_on_the_working_clock_a_calendar_is_no_calendar(calendar: dict[str, Any], zone: str) -> None:
    # R29: items arrive on shift, work rests off shift; the clock that runs on shift shows the run without a calendar.
    # Thirty weeks of work laid into office hours reach through a change of the clocks.
    model = compile_model(line((2, 1), "3 h"), until=30 * 40 * HOUR)
    working = arrivals(model.intakes[0], seed=1, replication=0, until=model.until)
    shift = timeline(Calendar.model_validate(calendar), zone=zone, start=START, until=4 * 365 * DAY)
    instants = advance_many(shift, np.zeros_like(working), working)
    listed = {"kind": "listed", "at": [(START + timedelta(milliseconds=int(at))).isoformat() for at in instants]}
    laid_out = compile_model(line((2, 1), "3 h", listed, calendar, zone), until=3 * 365 * DAY)
    shifts = simulate(laid_out, seed=1, items=working.size).visits
    always = simulate(model, seed=1, items=working.size).visits
    assert always.item.size == 2 * working.size > 400
    order = [np.lexsort((visits.stage, visits.item)) for visits in (shifts, always)]
    for name in ("enabled", "queued", "started", "finished"):
        mapped = worked_at(shift, getattr(shifts, name)[order[0]])
        assert np.array_equal(mapped, getattr(always, name)[order[1]]), name


def test_people_are_named_by_their_place_so_a_colleague_renames_nobody() -> None:
    few, many = (run(line((count,), "7 h"), until=8 * WEEK).visits for count in (3, 4))
    assert set(np.unique(few.person)) <= set(np.unique(many.person))
    assert (many.person < 1 << PLACE_BITS).all()

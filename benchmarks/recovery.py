"""Known twins, learned again from the logs they write: how often intervals over the ensemble hold the truth.

Run ``python -m benchmarks.recovery --sets 200``: twelve twins, so many logs of 26 weeks each; it prints the table and
writes it to ``recovery.md`` beside it after each log. A log holds what a tracker exports: item, stage, person, enabled,
start, end. Nothing is told to the fit.

What each log gave is kept in ``recovery.jsonl`` with the commit, so another run adds the sets that are missing instead
of starting again. A set has a number, which names its luck: ``--first 1000`` takes sets on which nobody has chosen an
estimator. After a change of estimators ``--anew`` forgets what was kept.

A delay is told by when people can go on: in office hours a delay of 5 h and one of 15 h may both end in the night, and
no log can tell them apart. So of each delay the mean wait until it is over and its team is there is looked at, over the
instants at which visits of the log were enabled; round the clock that is the mean delay.

Of a parameter with a known true value, each log gives a 90 % interval over the members and the truth's rank among them.
Where the members are drawn like the truth, all ranks are equally likely (simulation-based calibration, Talts et al.
2018, arXiv:1804.06788); their chi-square test pools ranks into bins of about five expected.
"""

import argparse
import json
import math
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy import stats

from calibration.ensemble import MEMBERS, draw_ensemble, read_basis
from calibration.fit import fit_twin
from calibration.observed import ARRIVAL, observe
from calibration.verdicts import ENDS, figures
from calibration.working_time import next_open_many
from twin.calendars import timeline
from twin.engine import simulate
from twin.eventlog import EventLog
from twin.plan import compile_model
from twin.quantiles import quantile
from twin.spec import Twin
from twin.timelines import advance_many
from twin.units import WEEK
from twin.work import START, path_of

WEEKS = 26
SEED = 1000
LOOKED_AT = 200
"""Instants at which a delay is looked at, at most."""
SHARES = (np.arange(500) + 0.5) / 500
ROOM = 20 * WEEK
PAGE = Path(__file__).with_suffix(".md")
KEPT = Path(__file__).with_suffix(".jsonl")
NOMINAL = ENDS[1] - ENDS[0]
ROUNDED = 1e-9
"""Members that differ by less than this share do not vary."""
BAND = 0.001
"""A correct interval is outside the printed band with this probability."""
LEAST_EXPECTED = 5
OFFICE = {"week": {"mon-fri": "08:00-17:00"}}
ALWAYS = {"week": {"mon-sun": "00:00-24:00"}}
CYCLE = [round(1 + 0.6 * math.sin(2 * math.pi * hour / 24), 3) for hour in range(24)]


def known(**more: Any) -> Twin:
    """Write a twin in which claims are checked and most of them assessed; `more` says what is different."""
    told = {
        "rate": 50, "clerks": 2, "experts": 2, "cv": 0.7, "calendar": ALWAYS, "back": 0.0, "pattern": None,
        "delay": {"time": {"kind": "gamma", "mean": "5 h", "cv": 0.8}}, "second": False, "check": "40 min",
    } | more  # fmt: skip
    back = {"check": told["back"]} if told["back"] else {}
    route = {
        "start": {"check": 1},
        "next": {"check": {"assess": 0.6, "done": 0.4}, "assess": {"done": 1 - told["back"]} | back},
        "efforts": {
            "check": {"kind": "gamma", "mean": told["check"], "cv": told["cv"]},
            "assess": {"kind": "lognormal", "mean": "90 min", "cv": told["cv"]},
        },
        "delays": {"check > assess": told["delay"]},
    }
    arrivals = {"kind": "poisson", "rate": f"{told['rate']} / week"}
    arrivals |= {"pattern": {"every": told["pattern"]}} if told["pattern"] else {}
    second = {"appeal": {"arrivals": {"kind": "poisson", "rate": "15 / week"}, "route": route | {"delays": {}}}}
    return Twin.model_validate(
        {
            "twin": "known",
            "clock": {"starts": "2026-01-05"},
            "calendars": {"hours": told["calendar"]},
            "teams": {
                "check team": {"people": told["clerks"], "calendar": "hours"},
                "assess team": {"people": told["experts"], "calendar": "hours"},
            },
            "stages": {"check": {"team": "check team"}, "assess": {"team": "assess team"}},
            "work": {"claim": {"arrivals": arrivals, "route": route}} | (second if told["second"] else {}),
        }
    )


TWINS = {
    "plain": known(),
    "office hours": known(calendar=OFFICE),
    "nearly full": known(rate=100, clerks=1, experts=1, check="75 min"),
    "nearly idle": known(clerks=4, experts=4),
    "efforts vary much": known(cv=2.0),
    "efforts vary little": known(cv=0.2),
    "few items": known(rate=10),
    "long delay outside": known(delay={"time": {"kind": "gamma", "mean": "60 h", "cv": 0.5}}),
    "delay in working time": known(
        calendar=OFFICE, delay={"time": {"kind": "gamma", "mean": "5 h", "cv": 0.8}, "counted": "working"}
    ),
    "rework": known(back=0.25),
    "demand with a daily cycle": known(pattern=CYCLE),
    "two work types": known(second=True),
}


class Trial(NamedTuple):
    """A parameter of one log."""

    twin: str
    kind: str
    covered: bool
    rank: float  # of the truth among members, ties half, as a share
    error: float  # of the estimate, in standard deviations of the members; nan where they do not vary
    relative: float  # error of the estimate / truth


class Run(NamedTuple):
    """What is asked for, and how much of it there is."""

    first: int  # number of the first set
    sets: int
    members: int
    logs: int  # so far
    commits: tuple[str, ...]  # that learned from them


def kind_of(path: str) -> str:
    """Say what a parameter is, by the path of its evidence."""
    words = {
        ".rate": "rate of arrivals",
        ".efforts.": "mean effort",
        ".ready.": "delay until people can go on",
        ".people": "people",
    }
    return next((kind for word, kind in words.items() if word in path), "share of a route")


def ready_after(twin: Twin, enabled: dict[str, np.ndarray], log: EventLog) -> dict[str, float]:
    """Give the mean wait until the delay before a stage is over and its team is there, in ticks, by work type and way.

    Parameters
    ----------
    twin
        Whose delays, and whose hours.
    enabled
        Instants by work type and way, in ticks.
    log
        Whose clock they are in.
    """
    found = {}
    for path, at in enabled.items():
        work, way = path.split(": ")
        route = twin.work[work].route
        stage = twin.stages[path_of(way)[1]]
        team = twin.teams[stage.team or next(iter(stage.teams))]
        hours = timeline(twin.calendars[str(team.calendar)], zone=log.zone, start=log.start, until=log.end + ROOM)
        if route is None or way not in route.delays:
            found[f"work.{work}.route.ready.{way}"] = float((next_open_many(hours, at) - at).mean())
            continue
        delay = route.delays[way]
        lasting = quantile(delay.time, SHARES).astype(np.int64)[None, :]
        begin = at[:, None]
        over = (
            next_open_many(hours, begin + lasting) if delay.counted == "clock" else advance_many(hours, begin, lasting)
        )
        found[f"work.{work}.route.ready.{way}"] = float((over - begin).mean())
    return found


def ready_in_a_run(twin: Twin, ways: Iterable[str], *, items: int = 5_000) -> dict[str, float]:
    """Give what `ready_after` gives from a run of the twin, as where visits of a stage have states of their own."""
    log = simulate(compile_model(twin, until=ROOM * items // LOOKED_AT), seed=SEED, items=items).log()
    frame = log.frame.filter(pl.col("started").is_not_null()).with_columns(pl.col("work", "stage").cast(pl.String))
    frame = frame.sort("item", "started", "finished").with_columns(before=pl.col("stage").shift(1).over("item"))
    found = {}
    for path in ways:
        work, way = path.split(": ")
        before, stage = path_of(way)
        moves = frame.filter((pl.col("work") == work) & (pl.col("stage") == stage))
        moves = moves.filter(pl.col("before").is_null() if before == START else pl.col("before") == before)
        at, over = moves["enabled"].to_numpy(), (moves["enabled"] + moves["delayed"].fill_null(0)).to_numpy()
        team = twin.teams[twin.stages[stage].team or next(iter(twin.stages[stage].teams))]
        hours = timeline(twin.calendars[str(team.calendar)], zone=log.zone, start=log.start, until=log.end + ROOM)
        found[f"work.{work}.route.ready.{way}"] = float((next_open_many(hours, over) - at).mean())
    return found


def enabled_by_way(log: EventLog, truth: Twin) -> dict[str, np.ndarray]:
    """List instants at which visits on the ways with a true delay were enabled."""
    seen, found = observe(log), {}
    for name, work in truth.work.items():
        for way in work.route.delays if work.route else ():
            before, stage = path_of(way)
            from_ = ARRIVAL if before == START else seen.stages.index(before)
            mine = (seen.work == seen.works.index(name)) & (seen.before == from_)
            at = np.sort(seen.enabled[mine & (seen.stage == seen.stages.index(stage))])
            found[f"{name}: {way}"] = at[np.linspace(0, at.size - 1, min(LOOKED_AT, at.size)).astype(np.int64)]
    return found


def exported(log: EventLog) -> EventLog:
    """Leave out what only an engine knows."""
    hidden = [pl.lit(None, pl.Int64).alias(name) for name in ("delayed", "queued", "suspended")]
    frame = log.frame.with_columns(*hidden, pl.lit(None, pl.Enum(["nobody"])).alias("team"))
    return EventLog(frame, log.start, log.zone, log.end)


def trials(name: str, number: int, members: int) -> list[Trial]:
    """Learn one log of a twin and look where the truth lies."""
    truth = TWINS[name]
    seed = SEED + number * len(TWINS) + list(TWINS).index(name)  # no two logs share their luck
    log = simulate(compile_model(truth, until=WEEKS * WEEK), seed=seed).log()
    fit = fit_twin(exported(log), name="known")
    ensemble = draw_ensemble(read_basis(fit), members=members)
    enabled = enabled_by_way(fit.log, truth)

    def numbers(twin: Twin, usual: Twin) -> dict[str, float]:
        told = {path: each.value for path, each in figures(twin, usual).items() if ".delays." not in path}
        states = any(work.route is not None and work.route.states for work in twin.work.values())
        return told | (ready_in_a_run(twin, enabled) if states else ready_after(twin, enabled, fit.log))

    drawn = [numbers(member, fit.twin) for member in ensemble.members]
    found = []
    true, learned = numbers(truth, truth), numbers(fit.twin, fit.twin)
    for path in sorted(true.keys() & learned.keys()):
        largest_differs = path.endswith(".pattern") or learned[path] == true[path] == 1
        if largest_differs:
            continue
        value, values = true[path], np.array([each[path] for each in drawn])
        low, high = np.quantile(values, ENDS, method="weibull")
        rank = ((values < value).sum() + (values == value).sum() / 2) / members
        off, spread = learned[path] - value, values.std(ddof=1)
        error = off / spread if spread > ROUNDED * abs(value) else math.nan
        found.append(Trial(name, kind_of(path), bool(low <= value <= high), float(rank), float(error), off / value))
    return found


def uniform(ranks: list[float], members: int) -> str:
    """Test that ranks are equally likely; the p-value, or why there is none."""
    bins = min(20, members + 1, len(ranks) // LEAST_EXPECTED)
    if bins < 2:
        return "too few"
    place = np.minimum((np.array(ranks) * (members / (members + 1)) * bins).astype(int), bins - 1)
    # a rank of 0 … members has members + 1 places, which bins share unevenly
    every = np.minimum((np.arange(members + 1) / (members + 1) * bins).astype(int), bins - 1)
    expected = np.bincount(every, minlength=bins) / (members + 1) * len(ranks)
    seen = np.bincount(place, minlength=bins)
    return f"{stats.chisquare(seen, expected).pvalue:.2g}"


def row(name: str, seen: list[Trial], members: int) -> tuple[str, ...]:
    """Sum up trials."""
    n = len(seen)
    low, high = stats.binom.ppf([BAND / 2, 1 - BAND / 2], n, NOMINAL) / n
    held = sum(each.covered for each in seen) / n
    errors = np.array([each.error for each in seen])
    known_errors = errors[~np.isnan(errors)]
    bias = f"{known_errors.mean():+.2f}" if known_errors.size else "none vary"
    relative = float(np.mean([each.relative for each in seen]))
    inside = "yes" if low <= held <= high else "no"
    return (
        name, str(n), f"{held:.1%}", f"{low:.1%} to {high:.1%}", inside, bias, f"{relative:+.1%}",
        uniform([each.rank for each in seen], members),
    )  # fmt: skip


HEAD = ("", "n", "covered", "band", "inside", "bias / sd", "bias", "ranks: p")


def markdown(lesson: str, rows: list[tuple[str, ...]]) -> str:
    """Write a table under what to read from it."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (HEAD, ("---",) * len(HEAD), *rows)]
    return "\n".join([lesson, "", *lines, ""])


def page(seen: list[Trial], run: Run) -> str:
    """Write all tables."""
    twins = len({each.twin for each in seen})
    by_kind, by_twin, by_both = (defaultdict[str, list[Trial]](list) for _ in range(3))
    for each in seen:
        by_kind[each.kind].append(each)
        by_both[f"{each.twin}: {each.kind}"].append(each)
        if each.kind != "people":
            by_twin[each.twin].append(each)
    head = (
        "# What a calibration finds again\n\n"
        f"Written by `python -m benchmarks.recovery --first {run.first} --sets {run.sets} --members {run.members}`, so "
        f"far {run.logs} logs of {twins} known twins,\n{WEEKS} weeks each, learned from at {', '.join(run.commits)}; "
        "the same command adds what is missing.\n"
        "Intervals over the ensemble are 90 % ones; a correct one lies in the band in 999 of 1000 cases, were all\n"
        "parameters of a row independent; those of one log are not quite. Bias is that of the estimate, in standard\n"
        "deviations of the members and as a share of the truth. p tests that the truth's ranks are uniform. Logs are\n"
        "made by the model's own rules: this says nothing about how well a twin resembles an organisation.\n"
    )
    tables = [
        markdown(lesson, [row(name, group[name], run.members) for name in group])
        for lesson, group in (
            ("## By kind of parameter\n\nPeople are a lower bound: nearly idle teams never show all of them.", by_kind),
            ("## By twin, people left out", by_twin),
            ("## By twin and kind", by_both),
        )
    ]
    return "\n".join([head, *tables])


def kept() -> dict[tuple[int, str, int], tuple[str, list[Trial]]]:
    """Read what earlier runs gave: commit and trials, by set, twin and members."""
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    found = {}
    for told in map(json.loads, lines):
        log = [
            Trial(told["twin"], *each)._replace(error=math.nan if each[3] is None else each[3])
            for each in told["trials"]
        ]
        found[told["set"], told["twin"], told["members"]] = (told["commit"], log)
    return found


def keep(number: int, name: str, members: int, commit: str, log: list[Trial]) -> None:
    """Add what one log gave."""
    told = [
        (*each[1:4], None if math.isnan(each.error) else round(each.error, 4), round(each.relative, 6)) for each in log
    ]
    line = json.dumps({"set": number, "twin": name, "members": members, "commit": commit, "trials": told})
    with KEPT.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def commit_now() -> str:
    """Name the commit that learns."""
    head = ("git", "rev-parse", "--short", "HEAD")
    return subprocess.run(head, capture_output=True, text=True, check=True, cwd=PAGE.parent).stdout.strip()


def main() -> None:
    """Run what is missing, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="number of the first set")
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--anew", action="store_true", help="forget what was kept")
    asked = parser.parse_args()
    if asked.anew:
        KEPT.unlink(missing_ok=True)
    commit, known_logs = commit_now(), kept()
    seen: list[Trial] = []
    commits: dict[str, None] = {}
    places = [(number, name) for number in range(asked.first, asked.first + asked.sets) for name in TWINS]
    for logs, (number, name) in enumerate(places, 1):
        told = known_logs.get((number, name, asked.members))
        if told is None:
            told = (commit, trials(name, number, asked.members))
            keep(number, name, asked.members, *told)
        seen += told[1]
        commits[told[0]] = None
        run = Run(asked.first, asked.sets, asked.members, logs, tuple(commits))
        PAGE.write_text(page(seen, run), encoding="utf-8")
        print(f"{logs} of {len(places)} logs", flush=True)
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

"""Whether a twin can answer what a scenario file asks, found before anything runs.

A figure must exist in the twin, and each lever must lead somewhere: its first and its last value, made alone, must give
a valid twin.
"""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from twin.answer import Answer
from twin.errors import InputError, Problem, one_of
from twin.levers import Choice, Lever, Span
from twin.paths import look_up, parse_path, resolve
from twin.scenario import Experiment, apply, full_form
from twin.spec import Twin
from twin.work import delay_cost_of


def unanswerable(experiment: Experiment, base: Twin) -> Iterator[Problem]:
    """Find what a scenario file asks and the twin cannot say, with paths from the top of the file."""
    yield from _unknown(experiment.answer, base, "answer")
    if experiment.sweep is not None:
        yield from _levers(experiment.sweep.levers, base, "sweep.levers")
    if (optimize := experiment.optimize) is not None:
        yield from _levers(optimize.levers, base, "optimize.levers")
        for number, bound in enumerate(optimize.limits):
            yield from _unknown(bound.asked, base, f"optimize.limits.{number}")
        for number, also in enumerate(optimize.weigh):
            yield from _unknown(also, base, f"optimize.weigh.{number}") if isinstance(also, Answer) else ()
    if (solve := experiment.solve) is not None:
        yield from _unknown(solve.goal.asked, base, "solve.goal") if solve.goal is not None else ()
        yield from _levers(solve.tipping, base, "solve.tipping")
        for path, lever in solve.tipping.items():
            if not isinstance(lever.values, Span):
                yield Problem("an assumption needs a range to look in, such as {by: 0.7..1.5}", f"solve.tipping.{path}")


def _unknown(answer: Answer, base: Twin, at: str) -> Iterator[Problem]:
    if answer.work is not None and answer.work not in base.work:
        yield Problem(one_of(answer.work, base.work, noun="a work type of the twin"), f"{at}.work")
    elif answer.team is not None and answer.team not in base.teams:
        yield Problem(one_of(answer.team, base.teams, noun="a team of the twin"), f"{at}.team")
    elif answer.metric == "sla_share":
        asked = [base.work[answer.work]] if answer.work else list(base.work.values())
        if not any(work.sla for work in asked):
            yield Problem("the twin promises nothing: give the work an sla first", f"{at}.metric")
    elif answer.metric in {"delay_cost", "total_cost"} and (told := _unpriced(answer, base)):
        yield Problem(told, f"{at}.metric")
    elif answer.metric in {"cost_per_item", "running_cost", "cost_efficiency", "total_cost"}:
        teams = [base.teams[answer.team]] if answer.team else list(base.teams.values())
        currencies = {currency for team in teams for currency in team.currencies()}
        if None in currencies:
            yield Problem("not every team has a cost; give each one, or ask for one team", f"{at}.metric")
        elif len(currencies) > 1:
            yield Problem("the teams' costs are in several currencies; ask for one team", f"{at}.metric")


def _unpriced(answer: Answer, base: Twin) -> str:
    """Say what lacks for a cost of delay; nothing where it is there."""
    named = [base.work[answer.work]] if answer.work else list(base.work.values())
    costs = [cost for work in named if (cost := delay_cost_of(work, base.classes))]
    if not costs:
        return "the twin knows no cost of delay there: give the work, or its class, a cost_of_delay first"
    if len({cost.currency for cost in costs}) > 1:
        return "costs of delay are in several currencies; ask for one work type"
    paid = {currency for team in base.teams.values() for currency in team.currencies() if currency}
    if answer.metric == "total_cost" and paid - {costs[0].currency}:
        return "people and delay cost in different currencies; ask for running_cost or delay_cost"
    return ""


def _levers(levers: Mapping[str, Lever], base: Twin, at: str) -> Iterator[Problem]:
    for path, lever in levers.items():
        levels = lever.levels()
        told = [_refused(lever, path, value, base) for value in (levels[0], levels[-1])]
        yield from (Problem(message, f"{at}.{path}") for message in dict.fromkeys(told) if message)


def _refused(lever: Lever, path: str, value: Choice, base: Twin) -> str:
    """Say why a lever cannot have a value; nothing where it can."""
    try:
        apply(base, (lever.change(path, value),))
        lever.price(value, value_now(base, path) if lever.cost is not None else None)
    except ValidationError as error:
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    except InputError as error:
        return error.problems[0].message
    except ValueError as error:
        return str(error)
    return ""


def value_now(twin: Twin, path: str) -> Choice:
    """Give what stands at a path as the twin is; None where nothing does."""
    plain = full_form(twin)
    try:
        found: Choice = look_up(plain, resolve(plain, parse_path(path)))
    except ValueError:
        return None
    return found

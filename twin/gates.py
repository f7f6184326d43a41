"""Gates: conditions that a comparison must not meet, for checks that run without a person.

A gate reads as a person would say it, and holds where the estimate of the figure is on its side of the bound::

    gate     = [scenario ":"] figure operator value
    figure   = statistic "(" metric [of] ")" | metric [of]      p85(lead_time of feature), utilisation of reviewers
    of       = "of" work type or team
    operator = "<" | "<=" | ">" | ">="
    value    = a quantity of the metric: 20 d, 85 %, 6 / week, 12, 50 EUR

Without a scenario it is asked of every scenario, not of the baseline, which is asked for by that name; without a
statistic it means the mean; without a work type or team all together. It is decided by the estimate and tells where the
interval reaches over the bound, so that nobody takes a close call for a clear one. Units: those of `twin.metrics`.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from twin.answer import Answer
from twin.errors import InputError, one_of
from twin.estimate import Estimate
from twin.experiment import Replicated, Results
from twin.figures import ALL, METRICS, OF_TEAMS
from twin.scenario import BASELINE
from twin.uncertainty import total_estimate
from twin.wording import say_estimate

OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
MISSING: Final = {
    "sla_share": "the twin promises nothing there",
    "delay_cost": "nothing there has a cost of delay",
    "total_cost": "it needs a cost of every team and a cost of delay, in one currency",
}
"""What a twin lacks that has no such figure."""
_WORD: Final = re.compile(r"\s*(\w+)")
_OF: Final = re.compile(r"\s*of\s+")
_SIGN: Final = re.compile(r"\s*(<=|>=|<|>)")


class Gate(NamedTuple):
    """One condition."""

    text: str
    scenario: str | None  # None: every scenario
    metric: str
    statistic: str
    scope: str
    sign: str
    bound: float


class Checked(NamedTuple):
    """A gate, asked of one scenario."""

    gate: Gate
    scenario: str
    estimate: Estimate | None  # None where nothing was measured
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the condition is met; what was never measured meets it, so that nothing passes unseen."""
        if self.estimate is None:
            return True
        return OPERATORS[self.gate.sign](self.estimate.value, self.gate.bound)

    @property
    def is_close(self) -> bool:
        """Whether the interval reaches over the bound."""
        low, high = (None, None) if self.estimate is None else (self.estimate.low, self.estimate.high)
        return low is None or high is None or low <= self.gate.bound <= high

    def __str__(self) -> str:
        if self.estimate is None:
            return f"{self.scenario}: {self.condition}; it was measured in no replication"
        told = say_estimate(self.estimate, self.unit)
        close = "; the interval reaches over the bound" if self.is_close else ""
        return f"{self.scenario}: {self.condition}; it is {told}, n = {self.estimate.n}{close}"

    @property
    def condition(self) -> str:
        """The gate without its scenario."""
        named = self.gate.scenario
        return self.gate.text.strip() if named is None else self.gate.text.strip()[len(named) :].lstrip(" :")


class Names(NamedTuple):
    """What a gate may name."""

    scenarios: tuple[str, ...]
    works: tuple[str, ...]
    teams: tuple[str, ...]


def parse_gates(texts: Iterable[str], names: Names) -> tuple[Gate, ...]:
    """Read gates.

    Parameters
    ----------
    texts
        As a person writes them.
    names
        Scenarios, work types and teams there are.

    Raises
    ------
    InputError
        Where one cannot be read: with all problems, each at its place.
    """
    gates, problems = [], []
    for text in texts:
        try:
            gates.append(_Reader(text, names).gate())
        except _Misread as error:
            problems.append(str(error))
    if problems:
        raise InputError(*problems)
    return tuple(gates)


def check_gates(gates: Sequence[Gate], results: Results) -> tuple[Checked, ...]:
    """Ask every gate of the scenarios it is about.

    Raises
    ------
    InputError
        Where a figure does not exist: a share of kept promises where nothing is promised, a cost that is not known.
    """
    base, *others = results.runs
    asked = {run.candidate.name: [run] for run in (base, *others)}
    about = [(gate, others if gate.scenario is None else asked[gate.scenario]) for gate in gates]
    return tuple(_checked(gate, run, results) for gate, runs in about for run in runs)


def _checked(gate: Gate, run: Replicated, results: Results) -> Checked:
    places = [at for at, each in enumerate(run.figures) if each[:3] == (gate.metric, gate.statistic, gate.scope)]
    if not places:
        what = MISSING.get(gate.metric, "not every team there has a cost")
        raise InputError(f"--fail-if {gate.text!r}: there is no such figure: {what}")
    values, unit = run.values[:, places[0]], run.figures[places[0]].unit
    known = np.isfinite(values)
    if not known.any():
        return Checked(gate, run.candidate.name, None, unit)
    members, wrong = run.members, results.discrepancy(gate.metric, gate.statistic)
    estimate = total_estimate(values[known], None if members is None else members[known], wrong, unit=unit)
    return Checked(gate, run.candidate.name, estimate, unit)


class _Misread(Exception):  # noqa: N818 - never leaves this module
    """A gate that cannot be read, with the place."""

    def __init__(self, text: str, place: int, message: str) -> None:
        shown = "".join(letter if letter.isprintable() else "?" for letter in text)
        super().__init__(f"--fail-if, character {place + 1}: {message}\n    {shown}\n    {' ' * place}^")


class _Reader:
    """Reads one gate from left to right."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self.names = names
        self.at = 0

    def gate(self) -> Gate:
        scenario = self._scenario()
        statistic, metric, scope = self._figure()
        sign = self._sign()
        return Gate(self.text, scenario, metric, statistic, scope, sign, self._bound(metric))

    def _scenario(self) -> str | None:
        known = (BASELINE, *self.names.scenarios)
        self._skip()
        for name in sorted(known, key=len, reverse=True):
            after = self.text[self.at :].removeprefix(name).lstrip()
            if self.text.startswith(name, self.at) and after.startswith(":"):
                self.at = len(self.text) - len(after) + 1
                return name
        if ":" in self.text:
            written = self.text[self.at :].rpartition(":")[0].strip()
            raise self._wrong(one_of(written, known, noun="a scenario"))
        return None

    def _figure(self) -> tuple[str, str, str]:
        """Read ``p85(lead_time of feature)`` or ``wip``."""
        begin, word = self._word("a figure such as p85(lead_time) or wip")
        if not self._takes("("):
            metric = self._known(begin, word, METRICS, "a metric")
            return "mean", metric, self._scope(metric)
        statistics = dict.fromkeys(each for meaning in METRICS.values() for each in meaning.statistics)
        statistic = self._known(begin, word, statistics, "a statistic")
        at, word = self._word("a metric")
        metric = self._known(at, word, METRICS, "a metric")
        if statistic not in METRICS[metric].statistics:
            raise self._wrong(f"{metric} has no {statistic}, only a mean", begin)
        scope = self._scope(metric)
        if not self._takes(")"):
            raise self._wrong("a ) is missing here")
        return statistic, metric, scope

    def _scope(self, metric: str) -> str:
        """Read ``of reviewers``."""
        of_teams = metric in OF_TEAMS
        found = _OF.match(self.text, self.at)
        if not found:
            if metric == "utilisation":
                raise self._wrong("utilisation is of a team: utilisation of TEAM")
            return ALL
        self.at = found.end()
        known = self.names.teams if of_teams else self.names.works
        for name in sorted(known, key=len, reverse=True):
            written = next((each for each in _quoted(name) if self.text.startswith(each, self.at)), None)
            if written is not None:
                self.at += len(written)
                return name
        word = re.split(r"[)<>]", self.text[self.at :], maxsplit=1)[0].strip()
        raise self._wrong(one_of(word, known, noun="a team" if of_teams else "a work type"))

    def _sign(self) -> str:
        found = _SIGN.match(self.text, self.at)
        if not found:
            raise self._wrong(f"one of {', '.join(OPERATORS)} is missing here")
        self.at = found.end()
        return found[1]

    def _bound(self, metric: str) -> float:
        self._skip()
        written = self.text[self.at :].strip()
        if not written:
            raise self._wrong("a value is missing here")
        try:
            value: str | float = float(written) if re.fullmatch(r"-?\d+(\.\d*)?", written) else written
            asked: dict[str, Any] = {"metric": metric}  # no more is needed to read a figure of it
            bound = Answer.model_construct(**asked).figure(value)
        except ValueError as error:
            raise self._wrong(str(error)) from None
        if not math.isfinite(bound):
            raise self._wrong("a value must be finite")
        return bound

    def _word(self, what: str) -> tuple[int, str]:
        found = _WORD.match(self.text, self.at)
        if not found:
            raise self._wrong(f"{what} is missing here")
        self.at = found.end()
        return found.start(1), found[1]

    def _known(self, begin: int, word: str, known: Iterable[str], noun: str) -> str:
        if word not in known:
            raise self._wrong(one_of(word, known, noun=noun), begin)
        return word

    def _takes(self, sign: str) -> bool:
        self._skip()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += 1
        return True

    def _skip(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1

    def _wrong(self, message: str, place: int | None = None) -> _Misread:
        if place is None:
            self._skip()
        return _Misread(self.text, self.at if place is None else place, message)


def _quoted(name: str) -> tuple[str, ...]:
    """List the ways to write a name: names with spaces are often put in quotes."""
    return f'"{name}"', f"'{name}'", name


def failed(checked: Iterable[Checked]) -> Iterator[Checked]:
    """Give those that hold, which a check must fail on."""
    return (each for each in checked if each.holds)

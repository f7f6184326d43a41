"""What a row of a dashboard is a figure of, and in which unit: the words organisations use, read as one of ours.

    arrivals, throughput      items that came, or were done, within the period
    wip                       items inside on average over the period, from arrival to done; at a stage, there
    lead_time, cycle_time     of items done in it: mean or a percentile; at a stage, from coming there to done there
    people                    head-count
    utilisation               share of people's hours with an item in work
    sla_share                 share of items done within a lead time that the name tells: ``sla_share 10 d``

Names are read without regard to capitals and separators: ``Cycle Time P85 (days)`` is ``cycle_time_p85``. Values may
carry a unit: ``12 h``, ``85 %``. Units inside: hours, shares of 1, items.
"""

import re
from typing import Final, NamedTuple

from twin.errors import nearest, shown

ALIASES: Final = {
    "arrivals": "arrivals", "arrived": "arrivals", "arrivalcount": "arrivals", "created": "arrivals",
    "incoming": "arrivals", "inflow": "arrivals", "opened": "arrivals", "demand": "arrivals",
    "throughput": "throughput", "done": "throughput", "completed": "throughput", "closed": "throughput",
    "delivered": "throughput", "finished": "throughput", "resolved": "throughput", "departures": "throughput",
    "outflow": "throughput",
    "wip": "wip", "workinprogress": "wip", "workinprocess": "wip", "inprogress": "wip", "openitems": "wip",
    "people": "people", "head": "people", "headcount": "people", "fte": "people", "staff": "people",
    "teamsize": "people", "members": "people",
    "utilisation": "utilisation", "utilization": "utilisation", "occupancy": "utilisation",
    "leadtime": "lead_time", "cycletime": "cycle_time", "slashare": "sla_share", "sla": "sla_share",
    "withinsla": "sla_share", "within": "sla_share", "sharewithin": "sla_share", "slawithin": "sla_share",
}  # fmt: skip
NAMES: Final = (
    "arrivals", "throughput", "wip", "people", "utilisation", "lead_time", "lead_time_p50", "cycle_time",
    "cycle_time_p85", "sla_share 10 d",
)  # fmt: skip
TIMES: Final = frozenset({"lead_time", "cycle_time"})
SHARES: Final = frozenset({"utilisation", "sla_share"})
COUNTS: Final = frozenset({"arrivals", "throughput"})
HOURS: Final = {
    "h": 1.0, "hour": 1.0, "hours": 1.0, "hrs": 1.0, "min": 1 / 60, "mins": 1 / 60, "minutes": 1 / 60, "d": 24.0,
    "day": 24.0, "days": 24.0, "w": 168.0, "wk": 168.0, "week": 168.0, "weeks": 168.0,
}  # fmt: skip
_SILENT: Final = frozenset(
    {"mean", "average", "avg", "weekly", "monthly", "number", "of", "count", "items", "in", "median", "percentile"}
)
_PERCENTILE: Final = re.compile(r"p(\d{1,2})|(\d{1,2})(?:%|th|st|nd|rd|thpercentile|percentile)")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)?")
_VALUE: Final = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]+|%)?")


class Metric(NamedTuple):
    """What a row is a figure of."""

    name: str  # one of the module's names
    percent: float  # 85 for a percentile, 0 for a mean; hours promised for sla_share
    hours: float | None  # that the unit in the name has, where it has one

    def told(self) -> str:
        """Write the metric the way it may be written in a file."""
        if self.name == "sla_share":
            return f"sla_share {self.percent:g} h"
        return f"{self.name}_p{self.percent:g}" if self.percent else self.name


def read_metric(text: str) -> Metric:
    """Read the name of a metric.

    >>> read_metric("Cycle Time P85 (days)")
    Metric(name='cycle_time', percent=85.0, hours=24.0)

    Raises
    ------
    ValueError
        Where it is none, or says not all that is needed.
    """
    said = _said(text)
    name = ALIASES.get(said.name)
    if name is None:
        match = nearest(said.name, ALIASES)
        hint = f" Did you mean {ALIASES[match]!r}?" if match else ""
        raise ValueError(f"{shown(text)} is not a metric.{hint} Allowed: {', '.join(NAMES)}")
    if name == "sla_share":
        if not said.promised:
            raise ValueError(f"{shown(text)}: say within how long, such as 'sla_share 10 d'")
        return Metric(name, said.promised, None)
    if said.percent and name not in TIMES:
        raise ValueError(f"{shown(text)}: percentiles are of lead_time and cycle_time")
    return Metric(name, said.percent, said.hours)


class _Said(NamedTuple):
    """What the words of a name say."""

    name: str  # what is left of it, joined
    percent: float
    hours: float | None
    promised: float  # hours


def _said(text: str) -> _Said:
    words = [word for word in re.split(r"[^a-z0-9.%]+", _split(text).lower()) if word]
    percent, hours, promised, names = 0.0, None, 0.0, list[str]()
    for place, word in enumerate(words):
        number, unit = _promise(word, words[place + 1 : place + 2])
        if match := _PERCENTILE.fullmatch(word):
            percent = float(match[1] or match[2])
        elif number:
            promised = number * HOURS[unit]
        elif word in HOURS:
            hours = HOURS[word]
        elif word not in _SILENT:
            names.append(word)
    return _Said("".join(names), 50.0 if "median" in words else percent, hours, promised)


def _split(text: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)


def _promise(word: str, after: list[str]) -> tuple[float, str]:
    """Read ``10d``, or ``10`` before ``d``; 0 where it is none."""
    match = _DURATION.fullmatch(word)
    unit = (match[2] or "".join(after)) if match else ""
    return (float(match[1]), unit) if match and unit in HOURS else (0.0, "")


class Value(NamedTuple):
    """A number as it stands in a cell."""

    number: float  # in hours or as a share, where the unit is known
    bare: bool  # has no unit


def read_value(text: str | None, metric: Metric, unit: str | None) -> Value:
    """Read a cell.

    Parameters
    ----------
    text
        The cell.
    metric
        What it is a figure of.
    unit
        Of the row, where the file has a column of units.

    Raises
    ------
    ValueError
        Where it is no number, has a unit that does not fit, or is impossible for the metric.
    """
    match = _VALUE.fullmatch((text or "").strip())
    if match is None:
        raise ValueError(f"{shown(text)} is not a number")
    number, word = float(match[1]), match[2] or (unit or "").strip() or None
    if not abs(number) < 1e12:
        raise ValueError(f"{shown(text)} is not a finite number")
    if number < 0:
        raise ValueError(f"{shown(text)} is negative, which {metric.told()} cannot be")
    if metric.name in TIMES:
        return _hours(number, word, metric)
    if metric.name in SHARES:
        if word not in {None, "%"}:
            raise ValueError(f"{metric.told()} is a share; {shown(word)} is not its unit")
        return _share(number, text) if word == "%" else Value(number, bare=True)
    if word is not None and word.lower() not in {"items", "item", "people", "fte", "persons"}:
        raise ValueError(f"{metric.told()} is a number; {shown(word)} is not its unit")
    if metric.name == "people" and number == 0:
        raise ValueError("nobody is there; a team has at least one person, or leave the period out")
    return Value(number, bare=False)


def _hours(number: float, word: str | None, metric: Metric) -> Value:
    if word is not None and word.lower() not in HOURS:
        raise ValueError(f"{shown(word)} is not a unit of time; allowed: min, h, d, w")
    per = metric.hours if word is None else HOURS[word.lower()]
    if per is not None and number * per > 20 * 365 * 24:
        raise ValueError(f"{number * per / 8760:.0f} years is too long; at most 20")
    return Value(number * (per or 1.0), bare=per is None)


def _share(number: float, text: str | None) -> Value:
    if number > 100:
        raise ValueError(f"{shown(text)} is more than all of it; at most 100 %")
    return Value(number / 100, bare=False)

"""What open items say of times, as evidence beside a learned twin; see `calibration.lifetimes`.

A twin is learned from finished visits; how far finished items alone are off is said here, so that a reader can tell
whether that matters. Where a log names no open items, those that wait for their next visit count as open
(`calibration.pending`).
"""

from calibration.censored_mean import CensoredMean, lognormal_mean
from calibration.evidence import Evidence
from calibration.flow import Ticks
from calibration.lifetimes import Lifetimes, lifetimes
from calibration.pending import with_pending
from calibration.profile_words import say_method, say_share, say_time
from twin.eventlog import NEVER, EventLog, items


def time_evidence(log: EventLog) -> tuple[Evidence, ...]:
    """Say lead and cycle time with open items counted, beside what finished ones alone would say.

    Returns
    -------
    tuple[Evidence, ...]
        For lead time and cycle time each; nothing where no item is done.
    """
    found = _times(log)
    if any(times.method in {"truncated", "cut"} for _, _, times, _, _ in found):
        found = _times(with_pending(log).value)
    return tuple(
        _evidence(name, since, times, lognormal_mean(at, done, log.end) if times.method == "censored" else None)
        for name, since, times, at, done in found
        if times.quantiles
    )


def _times(log: EventLog) -> tuple[tuple[str, str, Lifetimes, Ticks, Ticks], ...]:
    """Give lead and cycle time, with when items began and were done."""
    table = items(log)
    arrived, begun, done = (table[name].fill_null(NEVER).to_numpy() for name in ("arrived", "first_start", "done"))
    return (
        ("lead_time", "from arrival", lifetimes(arrived, done, log.end), arrived, done),
        ("cycle_time", "from first start", lifetimes(begun, done, log.end), begun, done),
    )


def _evidence(name: str, since: str, times: Lifetimes, mean: CensoredMean | None) -> Evidence:
    slow = times.quantiles[1]
    return Evidence(
        f"log.{name}",
        f"85 of 100 items are done within {say_time(slow.value)} {since}; finished items alone say "
        f"{say_time(slow.completed)} ({say_share(slow.bias)})",
        say_method(times),
        times.finished + times.open,
        say_time(slow.low),
        say_time(slow.high),
        f"{times.open:,} items are open and kept; of the log, no part of the twin{_say_mean(times, mean)}",
    )


def _say_mean(times: Lifetimes, mean: CensoredMean | None) -> str:
    if mean is None or times.completed_mean is None:
        return ""
    return (
        f". Mean {say_time(mean.value)} ({say_time(mean.low)} to {say_time(mean.high)}) if times are lognormal, which "
        f"is assumed; finished items alone say {say_time(times.completed_mean)} "
        f"({say_share(times.completed_mean / mean.value - 1)})"
    )

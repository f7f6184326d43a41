"""What open items say of times, as evidence beside a learned twin; see `calibration.lifetimes`.

A twin is learned from finished visits; how far finished items alone are off is said here, so that a reader can tell
whether that matters.
"""

from calibration.evidence import Evidence
from calibration.lifetimes import Lifetimes, lifetimes
from calibration.profile_words import say_method, say_share, say_time
from twin.eventlog import NEVER, EventLog, items


def time_evidence(log: EventLog) -> tuple[Evidence, ...]:
    """Say lead and cycle time with open items counted, beside what finished ones alone would say.

    Returns
    -------
    tuple[Evidence, ...]
        For lead time and cycle time each; nothing where no item is done.
    """
    table = items(log)
    arrived, begun, done = (table[name].fill_null(NEVER).to_numpy() for name in ("arrived", "first_start", "done"))
    found = (
        ("lead_time", "from arrival", lifetimes(arrived, done, log.end)),
        ("cycle_time", "from first start", lifetimes(begun, done, log.end)),
    )
    return tuple(_evidence(name, since, times) for name, since, times in found if times.quantiles)


def _evidence(name: str, since: str, times: Lifetimes) -> Evidence:
    slow = times.quantiles[1]
    return Evidence(
        f"log.{name}",
        f"85 of 100 items are done within {say_time(slow.value)} {since}; finished items alone say "
        f"{say_time(slow.completed)} ({say_share(slow.bias)})",
        say_method(times),
        times.finished + times.open,
        say_time(slow.low),
        say_time(slow.high),
        f"{times.open:,} items are open and kept; of the log, no part of the twin",
    )

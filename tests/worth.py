"""What people, machines, delay and promises are worth in the small twins: it is counted, and changes no instant.

One currency, since several are remarked upon and what is asked in one of them is not answered.
"""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from lengths import hours

Written = dict[str, Any]

PAID = st.sampled_from(["50 EUR/h", "80 EUR/h"])
"""Of one hour of a person."""
AMOUNTS = st.sampled_from(["100 EUR / week", "300 EUR / week"])
"""Of a week of delay of one item."""
BY_THE_VISIT = {"build": "0.40 EUR"}
"""What machines cost, by stage: all that work at one stage cost the same."""
CAUSES = ("external", "handoff", "blocked", "batch", "dependency")


@cache
def delay_costs() -> st.SearchStrategy[Any]:
    """What the delay of an item costs, from its arrival or from its due date on."""
    since = st.sampled_from(["arrival", "due"])
    return AMOUNTS | st.builds(lambda amount, begin: {"amount": amount, "from": begin}, AMOUNTS, since)


@cache
def promises(stages: tuple[str, ...], calendars: tuple[str, ...]) -> st.SearchStrategy[Written]:
    """A promise by a clock that may stand still at some of these stages and during some waiting."""
    pauses = {
        "clock": st.sampled_from(calendars),
        "paused_at": st.lists(st.sampled_from(stages), min_size=1, max_size=2, unique=True),
        "paused_while": st.lists(st.sampled_from(CAUSES), min_size=1, max_size=3, unique=True),
    }
    promise = {"lead_time": hours(1, 30), "share": st.just("85 %")}
    return st.fixed_dictionaries(promise, optional=pauses).map(lambda each: {"sla": each})

"""How much one event and the dispatch after it may add to the arrays: so much room there is always.

In rich twins every visit may be interrupted and resumed in one dispatch: five waits and a void end each. It may have
waited for a batch, and begin to lose patience; and every stage may look at a time whom it lets through. Every item may
have waited for another one, and then be handed over and wait for reasons outside. Every visit may come to be blocked.

Where ways branch, all the visits that an event begins may be handed over and wait for reasons outside.
"""

from typing import Final

MOST_WAITS: Final = 6
"""Waits that an event itself may write, but for those of the visits it begins."""


def waits_ahead(segments: int, begun: int) -> int:
    """Give the waits that may be written, with room for so many visits in segments, where so many may begin at once."""
    return MOST_WAITS + 6 * segments + 2 * begun


def events_ahead(items: int, teams: int, openings: int, segments: int, gates: int) -> int:
    """Give the events there may be: one an item, two a team, the openings known, void ends, patience, age, gates."""
    return items + 2 * teams + openings + 5 * segments + gates

"""Shares of a bundle in words, as a table and for programs.

Units: those of the asked figure.
"""

from typing import Any, Final

from twin.answer import Answer
from twin.certainty import say_parts
from twin.compare import unit_of, words_of
from twin.decide.shares import Bundle
from twin.decide.telling import difference_of, parts_column
from twin.page import Cell, Table
from twin.wording import MINUS, say_change, say_difference

MOST: Final = 0.5
NAMED: Final = 2
"""Parts of a change named in a sentence."""
_SHARES: Final = ("of the whole", "made alone", "made after all others")


def say_bundle(bundle: Bundle, answer: Answer) -> str:
    """Say what a bundle does, what its interval is made of, and which change has the largest share."""
    unit = unit_of(answer)
    whole = f"{bundle.name}: {words_of(answer)} {say_change(bundle.total, unit)}."
    low, high = bundle.total.low, bundle.total.high
    unclear = low is None or high is None or low <= 0 <= high
    nothing = "That cannot be told from nothing, so the shares of its changes cannot be told either."
    return " ".join(filter(None, (whole, say_parts(bundle.total, unit), nothing if unclear else say_largest(bundle))))


def say_largest(bundle: Bundle) -> str:
    """Say which change of a bundle has the largest share of what all of them gain."""
    first = bundle.parts[0]
    share = first.share.effect / bundle.total.effect if bundle.total.effect else 0.0
    size = "Most" if share > MOST else "The largest part"
    more = f"; and {len(first.changed) - NAMED} more" if len(first.changed) > NAMED else ""
    told = f"{size} of it, {_share(share, 1.0)}, comes from {'; '.join(first.changed[:NAMED])}{more}"
    ends = first.share.low, first.share.high
    unsure = None in ends or (ends[0] or 0.0) <= 0 <= (ends[1] or 0.0)
    return f"{told}, a share that cannot be told from nothing." if unsure else f"{told}."


def bundle_table(bundle: Bundle, answer: Answer) -> Table:
    """Show the share of every change, what it does alone and what after all others."""
    unit, whole = unit_of(answer), bundle.total.effect
    parts = parts_column([*(part.share for part in bundle.parts), bundle.total], unit)
    rows: list[tuple[Cell, ...]] = [
        (
            "; ".join(part.changed) or "nothing",
            say_difference(part.share, unit),
            *made_of,
            _share(part.share.effect, whole),
            say_difference(part.alone, unit),
            say_difference(part.last, unit),
        )
        for part, made_of in zip(bundle.parts, parts.cells, strict=False)
    ]
    together = say_difference(bundle.total, unit), *parts.cells[-1], _share(whole, whole)
    rows.append(("together", *together, None, None))
    how = "every order of the changes" if bundle.exact else "orders drawn at random"
    return Table(("change", "share", *parts.heads, *_SHARES), tuple(rows), f"{bundle.name}: shares averaged over {how}")


def _share(of: float, whole: float) -> str | None:
    return f"{100 * of / whole:z.0f} %".replace("-", MINUS) if whole else None


def bundle_numbers(bundle: Bundle) -> dict[str, Any]:
    """Write shares for programs."""
    return {
        "name": bundle.name,
        "exact": bundle.exact,
        "total": difference_of(bundle.total),
        "parts": [
            {
                "changed": list(part.changed),
                "share": difference_of(part.share),
                "alone": difference_of(part.alone),
                "last": difference_of(part.last),
            }
            for part in bundle.parts
        ],
    }

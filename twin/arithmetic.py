"""Add to and multiply what a twin's file says: numbers, quantities with units, and the parts that hold them.

A quantity keeps its unit. A distribution is multiplied as a whole, its cv stays; a delay or an effort by its
distributions; arrivals by their rate, or their items where they come at set times, so that 1.2 means a fifth more
items; people in groups group by group.
"""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from twin.distributions import Distribution
from twin.distributions import scaled as scaled_distribution
from twin.errors import shown
from twin.paths import Keys, look_up
from twin.units import (
    format_amount,
    format_cost,
    format_cost_of_delay,
    format_duration,
    format_rate,
    format_share,
    parse_amount,
    parse_cost,
    parse_cost_of_delay,
    parse_duration,
    parse_rate,
    parse_share,
    scaled,
)

_DISTRIBUTION: TypeAdapter[Distribution] = TypeAdapter(Distribution)
_DIGITS = 12
_MULTIPLIED = {"poisson": "rate", "recurring": "size", "programme": "items", "closed": "items", "pull": "below"}
"""What of arrivals is multiplied."""
_QUANTITIES: tuple[tuple[Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (parse_duration, format_duration),
    (parse_share, format_share),
    (parse_rate, format_rate),
)
_MONEY: tuple[tuple[Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (parse_cost, format_cost),
    (parse_cost_of_delay, format_cost_of_delay),
    (parse_amount, format_amount),
)


def multiplied(value: Any, factor: float) -> Any:  # noqa: PLR0911 - one per kind of part
    """Multiply a written value by a factor above 0.

    Raises
    ------
    ValueError
        Where the value is nothing that can be multiplied.
    """
    match value:
        case {"time": time}:
            return {**value, "time": multiplied(time, factor)}
        case {"kind": "by_team", "teams": teams}:
            return {**value, "teams": {team: multiplied(effort, factor) for team, effort in teams.items()}}
        case {"kind": str(kind)} if kind in _MULTIPLIED:
            field = _MULTIPLIED[kind]
            return {**value, field: multiplied(value.get(field, {}), factor)}
        case {"kind": "renewal", "gap": gap}:
            return {**value, "gap": multiplied(gap, 1 / factor)}
        case {"kind": str(kind)} if kind not in {"listed", "none"}:
            return _multiplied_distribution(value, factor)
        case {"count": int(count)}:
            return {**value, "count": scaled(count, factor)}
        case [{"count": int()}, *_]:
            return [multiplied(group, factor) for group in value]
        case dict() | list():
            raise ValueError("it holds several values; scale one of them")
        case _:
            return scaled(value, factor)


def _multiplied_distribution(value: dict[str, Any], factor: float) -> Any:
    try:
        product = scaled_distribution(_DISTRIBUTION.validate_python(value), factor)
    except ValidationError as error:
        raise ValueError(f"times {factor:g}: {error.errors()[0]['msg']}") from None
    return product.model_dump(mode="json", exclude_none=True)


def added(value: Any, more: Any) -> Any:  # noqa: PLR0911 - one per kind of part
    """Add to a written value: numbers to numbers, a quantity to one of its kind, an entry to a list.

    People given in groups grow in their first group.

    Raises
    ------
    ValueError
        Where the two do not go together.
    """
    match value, more:
        case list(), dict():
            return [*value, more]
        case [{"count": int(count)} as first, *rest], int():
            return [{**first, "count": count + more}, *rest]
        case {"time": time}, str():
            return {**value, "time": added(time, more)}
        case {"kind": "fixed", "value": fixed}, str():
            return {**value, "value": added(fixed, more)}
        case (bool(), _) | (_, bool()):
            pass
        case ((int() | float()), (int() | float())):
            return value + more
        case float(), str() if 0 <= value <= 1:  # a share that no short percentage writes
            return _added_quantity(f"{value * 100!r} %", more)
        case str(), (str() | int() | float()):
            return _added_quantity(value, str(more))
    raise ValueError(f"{_shown(more)} cannot be added to {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"a {value['kind']} of several values" if "kind" in value else "several values"
    return "a list" if isinstance(value, list) else shown(value)


def _added_quantity(value: str, more: str) -> Any:
    """Add two texts of one kind; the second may be negative, so its sign is read apart."""
    sign, size = (-1, more.strip()[1:]) if more.strip().startswith("-") else (1, more)
    for parse, write in _QUANTITIES:
        if (base := _read(parse, value)) is not None:
            total = base + sign * parse(size)
            return write(total if isinstance(total, int) else round(total, _DIGITS))
    for parse, write in _MONEY:
        if (cost := _read(parse, value)) is not None:
            amount, currency = parse(size)
            if currency != cost[1]:
                raise ValueError(f"{shown(more)} is in another currency than {shown(value)}")
            return write((cost[0] + sign * amount, currency))
    raise ValueError(f"{shown(more)} cannot be added to {shown(value)}")


def _read(parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None


def keep_whole(value: Any, keys: Keys) -> None:
    """After one share of a route was changed, take what it gained from the others in proportion, in place.

    Shares stand in ``work.NAME.route.start`` and under the paths of ``work.NAME.route.next``; anything else is left as
    it is, and so are shares that cannot be read, which the twin's own check refuses.

    Raises
    ------
    ValueError
        Where no other share is left that could give or take.
    """
    if keys[:1] != ("work",) or keys[2:3] != ("route",) or keys[3:-1] not in {("start",), ("next", *keys[4:5])}:
        return
    parent = look_up(value, keys[:-1])
    read = {name: _read(parse_share, share) for name, share in parent.items()}
    shares = {name: share for name, share in read.items() if share is not None}
    if len(shares) < len(read):
        return
    mine = shares.pop(keys[-1], 0.0)
    rest = sum(shares.values())
    if rest == 0 and mine != 1:
        raise ValueError("the shares of a place sum to 1, and no other share is left to make up the rest")
    for name, share in shares.items():
        parent[name] = format_share(round(share * (1 - mine) / rest, _DIGITS) if rest else 0.0)

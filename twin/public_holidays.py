"""Public holidays of countries and their subdivisions, as the ``holidays`` package has them.

That package takes 0.1 s to load, more than reading a twin. So what it was asked is kept in the user's cache under its
version, and asked again where it is not there. Units: days since 1970-01-01.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from twin.cache import keep, recall
from twin.software import version_of
from twin.zones import EPOCH


@cache
def countries() -> Mapping[str, list[str]]:
    """Give the subdivisions by country, both as ISO codes; aliases are in."""

    def asked() -> dict[str, list[str]]:
        from holidays import list_supported_countries  # noqa: PLC0415 - see the module

        return list_supported_countries()

    known: Mapping[str, list[str]] = _kept("countries", asked)
    return known


@cache
def holidays_of(country: str, subdivision: str | None, first: int, last: int) -> tuple[int, ...]:
    """Give the holidays of a country or one of its subdivisions from one year to another, both included."""

    def asked() -> list[int]:
        from holidays import country_holidays  # noqa: PLC0415 - see the module

        found = country_holidays(country, subdiv=subdivision, years=range(first, last + 1))
        return sorted(day.toordinal() - EPOCH.toordinal() for day in found)

    return tuple(_kept(f"{country}-{subdivision or ''}-{first}-{last}", asked))


def _kept(name: str, asked: Callable[[], Any]) -> Any:
    entry = f"holidays/{version_of('holidays')}/{name}.json"
    kept = recall(entry)
    if kept is not None:
        return json.loads(kept)
    answer = asked()
    keep(entry, json.dumps(answer).encode())
    return answer

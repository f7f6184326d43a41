"""``twin doctor``: what this machine has, for a report of trouble."""

import platform
import sys

from twin.cli.console import Json, say, say_json, table

NAME = "doctor"
PACKAGES = (
    "worktwin",
    "simpy",
    "numpy",
    "numba",
    "llvmlite",
    "scipy",
    "pydantic",
    "polars",
    "altair",
    "vl-convert-python",
    "holidays",
    "tzdata",
)


def versions() -> dict[str, str]:
    """Give the versions of what results depend on."""
    from twin.software import version_of  # noqa: PLC0415 - help must answer at once

    return {"python": sys.version.split()[0], **{name: version_of(name) for name in PACKAGES}}


def origin() -> dict[str, str]:
    """Give what the bytes of results may depend on besides their inputs, by name."""
    return {**versions(), "platform": platform.platform(), "machine": platform.machine(), "host": platform.node()}


def command(*, as_json: Json = False) -> None:
    """Show the versions that results depend on, and where the cache is."""
    from twin.cache import cache_folder  # noqa: PLC0415 - help must answer at once

    told = {**versions(), "platform": platform.platform(), "cache": str(cache_folder())}
    if as_json:
        say_json(told)
    else:
        say(table(("what", "version"), list(told.items())))

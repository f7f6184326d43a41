"""Classes of service: what a kind of work may do that other work may not.

A class has a rank, and the lower rank goes first; work without a class ranks by its priority. Source: Anderson (2010),
Kanban, chapter 11, which names expedite, fixed date, standard and intangible.
"""

from typing import Annotated

from pydantic import Field

from twin.part import Part


class ServiceClass(Part):
    """A class of service: ``expedite: {rank: 1, preempts: true}``."""

    rank: Annotated[int, Field(ge=1, le=99)]
    """1 goes first, on the scale of priorities."""
    preempts: bool = False
    """Takes a person from work of a higher rank where nobody is free; that work is resumed later where it stopped."""

"""What stands on a desk in the morning: its lists with their numbers, kept filters, the digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.views import Tally, WorkItem


@dataclass(frozen=True, slots=True)
class DeskView:
    """The lists of one post's desk with their numbers, and the overdue ones by how long."""

    as_of: str
    lists: tuple[Tally, ...]
    bands: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list with filters that a person keeps under a name."""

    id: int
    name: str
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DigestView:
    """A digest (C14): morning for a person, evening for a unit's head. Each tally opens the list of its key."""

    kind: str  # morning | evening
    title: str
    name: str
    post: str
    day: str
    tallies: tuple[Tally, ...]
    items: tuple[WorkItem, ...]
    lines: tuple[str, ...]  # other posts, warnings of the unit

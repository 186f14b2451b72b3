"""What stands on a desk besides cases: lists with their numbers, kept filters, digests, drafts, letters, the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.views import Option, Tally, WorkItem


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


@dataclass(frozen=True, slots=True)
class DraftView:
    """A registration somebody has yet to confirm, for them alone; `lacks` names what has to be filled first.

    `values` are the texts the card's form begins with: never the content, the caller or the number.
    """

    token: str
    state: str
    state_title: str
    tone: str
    rows: tuple[tuple[str, str], ...]
    content: str
    lacks: tuple[str, ...]
    values: Mapping[str, str]
    types: tuple[Option, ...]
    sources: tuple[Option, ...]
    classes: tuple[Option, ...]
    photos: int
    case_no: str


@dataclass(frozen=True, slots=True)
class LetterView:
    """One letter of the tray, for the console."""

    id: int
    channel: str
    kind: str
    to: str
    about: str
    state: str
    tries: int
    due_at: datetime
    error: str
    written_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of the chained log."""

    seq: int
    at: datetime
    who: str
    channel: str
    action: str
    object: str
    result: str
    reason: str
    reference: str
    mac: str

"""What stands on a desk besides cases: lists with their numbers, kept filters, digests, drafts, letters, the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

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
class Outcome:
    """What became of one case of a batch."""

    no: str
    title: str
    done: bool
    sentence: str


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
class WalkView:
    """One walk of a patrol plan on its day, for somebody who may see it."""

    id: int
    plan: int
    unit: str
    title: str
    place: str
    look_for: str
    day: date
    state: str  # due | walking | done | missed
    state_title: str
    tone: str
    who: str
    began: str
    note: str
    walkers: str
    found: int
    mine: bool  # the reader walks it


@dataclass(frozen=True, slots=True)
class PatrolView:
    """The walks of one person's day; `current` is the one they are on."""

    name: str
    post: str
    day: str
    walks: tuple[WalkView, ...]
    current: WalkView | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """A patrol plan with what came of it: walks done and missed and cases found in the last days."""

    id: int
    unit: str
    title: str
    place: str
    look_for: str
    when: str
    walkers: str
    ended: str  # from which day it is not walked any more, in words
    in_use: bool
    own: bool  # the reader may change it
    done: int
    missed: int
    found: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's turn on duty (值班)."""

    unit: str
    shift: str
    name: str
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class DutyDay:
    """A day in words with its turns, the desk's first."""

    day: str
    today: bool
    turns: tuple[Turn, ...]


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
    fate: str = ""  # of an SMS: sent, delivered, failed, unknown …; empty before it was handed over
    held_until: datetime | None = None  # business time, for letters that wait for the morning


@dataclass(frozen=True, slots=True)
class Late:
    """Letters that should have left: how many, and since when the oldest waits."""

    count: int
    since: datetime


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


@dataclass(frozen=True, slots=True)
class UpwardRow:
    """A row the provincial platform refused, with its reason; `resource` is `cases` or `ratings`."""

    id: int
    resource: str
    number: str
    case_no: str
    title: str
    revision: int
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UpwardView:
    """How the sharing upward stands. `waiting`: cases changed and rows to go again; `more`: at least so many."""

    pushed_at: datetime | None
    tried_at: datetime | None
    next_at: datetime | None
    error: str
    waiting: int
    more: bool
    sent: int
    failed: int
    rows: tuple[UpwardRow, ...]

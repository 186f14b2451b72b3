"""Frozen read models, masked for the reader: what cards, pages and the API may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.people import PostView

MOST_SAID = 999


def counted(count: int, more: bool = False) -> str:
    """A number of cases in the words of chat, page and API alike: beyond 999 it is 999+.

    `more`: so many were found, and there may be others.
    """
    if count > MOST_SAID:
        return f"{MOST_SAID}+"
    return f"{count}+" if more and count else str(count)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a move's form. `kind`: TEXT, TEXT_AREA, NUMBER, SELECT."""

    name: str
    label: str
    kind: str
    required: bool
    options: tuple[Option, ...] = ()
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class MoveView:
    """A step this reader may take now. `leg` is None for a move of the case; `seq` is what the button was drawn with.

    `face`: main | more. `style`: primary | default | danger.
    """

    action: str
    title: str
    face: str
    style: str
    leg: int | None
    seq: int
    form: tuple[Field, ...] = ()

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for this step; a next step done may be told any day."""
        return self.face == "main" and self.action != "keep_promise"


@dataclass(frozen=True, slots=True)
class LegView:
    """One unit's part, in words."""

    id: int
    seq: int
    unit: str
    part: str  # 主办 | 协办 | 下级
    level: int
    state: str
    state_title: str
    tone: str
    left: str
    overdue: bool
    due_at: datetime
    original_due_at: datetime
    extended: bool
    explained: tuple[str, ...]
    result: str
    marks: tuple[str, ...]  # 已催办 1 次, 延期待批 …
    warning: str = ""  # △ 黄色预警


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One event told: when it happened, who (person and post), what, and the words given.

    `post` is the title under which a person acted (R102); empty for a machine. `state` is the case's state from then
    on, where the event was its own.
    """

    at: datetime
    when: str
    who: str
    what: str
    text: str
    name: str
    source: str
    id: int
    post: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Suggested:
    """One unit that may be meant, with the words and the duty line that speak for it."""

    code: str
    short: str
    unit: int
    because: str


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """Up to three units for a dispatch, likeliest first; when not `sure`, only the sentence that says so."""

    units: tuple[Suggested, ...]
    sure: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Another case about the same matter: probably (`why` says what speaks for it), or merged with this one."""

    no: str
    tail: str
    title: str
    state: str
    state_title: str
    tone: str
    place: str
    registered: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case for one reader. Caller and address are masked; `moves` are this reader's own."""

    id: int
    no: str
    seq: int
    tail: str
    title: str
    content: str
    state: str
    state_title: str
    tone: str
    channel: str
    channel_title: str
    type_title: str
    class_title: str
    urgency: str
    urgency_title: str
    place: str
    town: str
    outside_no: str
    caller: str
    phone: str
    address: str
    registered_at: datetime
    registered: str
    lead: str
    left: str
    overdue: bool
    due_at: datetime | None
    provisional: bool
    whose_move: str
    last: str
    result: str
    marks: tuple[str, ...]  # 督办, 疑难, 重办 1 次, 退回 1 次, 紧急 …
    ended: bool
    legs: tuple[LegView, ...]
    moves: tuple[MoveView, ...]
    timeline: tuple[TimelineLine, ...]
    units: tuple[Option, ...]  # candidate units for a dispatch form, likeliest first
    rules: tuple[str, ...]  # the deadline explained, line by line
    calls: tuple[str, ...]  # call-backs in words: first, final
    revisions: tuple[str, ...]
    warning: str = ""  # △ 黄色预警: sign and word, never colour alone
    next_at: datetime | None = None  # the next rung of the ladder, and whom it tells
    next_told: str = ""
    suggestion: SuggestionView | None = None  # for whoever may dispatch the case now
    alike: tuple[Alike, ...] = ()  # probably the same matter; for those who place cases
    leading: Alike | None = None  # the case this one is merged into
    merged: tuple[Alike, ...] = ()  # the cases merged into this one; for those who read every case
    flags: tuple[Tally, ...] = ()  # joint orders raised from it: key its number, title how far it is
    joint_result: str = ""  # what came of a joint order raised from it: its reply may begin so


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One line of a work list."""

    id: int
    no: str
    tail: str
    title: str
    state: str
    state_title: str
    tone: str
    channel: str
    channel_title: str
    place: str
    lead: str
    left: str
    overdue: bool
    due_at: datetime | None
    registered_at: datetime
    urgency: str
    todo: str  # 签收 | 办理 | 审核 | 派发 | 回访 | '' : the group of 待办
    seq: int = 0  # of the case, as a button drawn beside this line sees it
    warning: str = ""  # △ 黄色预警


@dataclass(frozen=True, slots=True)
class WorkPage:
    """A page of a work list; `total` counts everything in it, of what is over a thousand at the most.

    `more`: the newest were looked at, and there may be others.
    """

    title: str
    items: tuple[WorkItem, ...]
    total: int
    page: int
    pages: int
    groups: tuple[tuple[str, int], ...] = ()
    more: bool = False

    @property
    def said(self) -> str:
        """The total as every channel says it."""
        return counted(self.total, self.more)


@dataclass(frozen=True, slots=True)
class Tally:
    """A number with the list it opens."""

    key: str
    title: str
    count: int
    more: bool = False

    @property
    def said(self) -> str:
        """The number as every channel says it."""
        return counted(self.count, self.more)


@dataclass(frozen=True, slots=True)
class HomeView:
    """The home card (R103, R104): five numbers and the pending work by source, for one post."""

    name: str
    post: str
    as_of: str
    tallies: tuple[Tally, ...]  # today, todo, done, all, overdue
    sources: tuple[Tally, ...]  # the twelve sources, pending
    posts: tuple[PostView, ...]


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one cell of a sheet; `column` is empty when it is the whole row."""

    row: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportView:
    """A sheet somebody brought: what was found in it and how far it got. `unused`: columns nothing is taken from."""

    id: int
    file_name: str
    state: str
    state_title: str
    total: int
    faulty: int
    settled: int
    made_at: datetime
    faults: tuple[RowFault, ...]
    unused: tuple[str, ...] = ()

    @property
    def good(self) -> int:
        return self.total - self.faulty

"""Frozen read models of 树党旗, masked for the reader: what its cards and pages may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.views import MoveView, TimelineLine, counted


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One photo of a unit's feedback, without its bytes."""

    token: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BasisView:
    """One file on which a unit's refusal rests, without its bytes: `kind` in words, `sm3` the hash of the file."""

    token: str
    kind: str
    sm3: str
    who: str
    at: datetime

    @property
    def named(self) -> str:
        """How papers and timelines name it."""
        return basis_named(self.kind, self.sm3)


def basis_named(kind: str, sm3: str) -> str:
    """「PDF（SM3 3f2a…）」: the kind in words and the first sixteen digits of the hash."""
    return f"{kind}（SM3 {sm3[:16]}）"


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """What a unit fed back once; `title` says which round it was.

    `kept`: when it told its next step done, empty while that is open; `kept_note` how, `kept_photos` brought with it.
    """

    title: str
    when: str
    measures: str
    result: str
    next_step: str
    photos: tuple[PhotoView, ...] = ()
    kept: str = ""
    kept_note: str = ""
    kept_photos: tuple[PhotoView, ...] = ()


@dataclass(frozen=True, slots=True)
class SpotView:
    """Where a unit's phone was at its check-in: metres to the east and north of the meeting, and how exact that is."""

    unit: str
    east: int
    north: int
    distance: int
    accuracy: int | None
    how: str
    far: bool


@dataclass(frozen=True, slots=True)
class HereView:
    """The check-in page of a phone. `ways`: what may be done here now, of scan, here, place and late.

    `proof` shows later that this page was open by now.
    """

    no: str
    tail: str
    title: str
    sponsor: str
    meet: str
    place: str
    unit: str
    state: str
    state_title: str
    check_in: str
    said: str
    ways: tuple[str, ...]
    proof: str


@dataclass(frozen=True, slots=True)
class JointLegView:
    """One unit's part in words. `full` is false where this reader sees only the unit and its state.

    `feedbacks`: the latest first. `rated`: what is said of the mutual rating, the words only once both are shown.
    """

    id: int
    seq: int
    unit: str
    state: str
    state_title: str
    tone: str
    full: bool
    own: bool
    left: str
    overdue: bool
    late: bool
    holder: str
    refusal: str
    answer: str
    check_in: str
    feedbacks: tuple[FeedbackView, ...]
    rated: tuple[str, ...]
    marks: tuple[str, ...]
    came: str = ""  # how the check-in was obtained and how far away, in few words
    basis: tuple[BasisView, ...] = ()  # what its refusal rests on; before that, its own unit's alone to see
    photos: tuple[PhotoView, ...] = ()  # brought for what is said next, not handed in with it yet
    precedents: tuple[str, ...] = ()  # the nearest past rulings, while it may be refused, reviewed or ruled on


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The review of a hard order: each sentence with the events it rests on; `words` where a person rewrote it.

    `lessons`: question and answer. `kept` and `kept_by`: when it was confirmed and by whom, empty while it waits.
    """

    why: str
    points: tuple[tuple[str, tuple[int, ...]], ...]
    words: str
    lessons: tuple[tuple[str, str], ...]
    drafted: str
    drafted_at: datetime
    kept: str = ""
    kept_at: datetime | None = None
    kept_by: str = ""

    @property
    def text(self) -> str:
        """The review as it reads: rewritten, or the draft."""
        return self.words or "\n".join(text for text, _ in self.points)


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An order before or after this one (再次发起).

    `raised`: its day. `of`: the tail of the order it goes on from, where that is not the one told before it.
    """

    no: str
    tail: str
    state_title: str
    raised: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class JointView:
    """One joint order for one reader; `side`: sponsor, unit, leader or centre. `moves` are this reader's own."""

    id: int
    no: str
    tail: str
    seq: int
    side: str
    state: str
    state_title: str
    tone: str
    title: str
    kind: str
    reason: str
    matter: str
    place: str
    meet_at: datetime
    meet: str
    sponsor: str
    raised: str
    case_no: str
    before: tuple[ChainLink, ...]  # the orders this one goes back to, the oldest first
    later: tuple[ChainLink, ...]  # those that go back to this one, as they were raised
    whose_move: str
    last: str
    left: str
    overdue: bool
    ended: bool
    legs: tuple[JointLegView, ...]
    moves: tuple[MoveView, ...]
    timeline: tuple[TimelineLine, ...]
    review: ReviewView | None = None
    spots: tuple[SpotView, ...] = ()  # of the units whose check-in this reader may see, once the meeting has its point
    has_point: bool = False
    where_media: str = ""  # the sketch of them all as the card shows it, for whoever may see all
    older: bool = False  # there are orders before those told
    newer: bool = False  # there are orders after those told

    @property
    def earlier(self) -> ChainLink | None:
        """The order this one was raised after."""
        return self.before[-1] if self.before else None

    @property
    def own(self) -> JointLegView | None:
        """The part this reader answers for."""
        return next((leg for leg in self.legs if leg.own), None)

    @property
    def source(self) -> str:
        """12345 or 自主新建 (R107)."""
        return "12345 工单" if self.case_no else "自主新建"


@dataclass(frozen=True, slots=True)
class JointGroupView:
    """What the group of an order may read, everybody the same: no person, no words of a unit, no house (§17).

    `due_at`: when the next step of any unit is due; `met`: the meeting is over.
    """

    no: str
    tail: str
    title: str
    state_title: str
    tone: str
    sponsor: str
    place: str
    meet_at: datetime
    met: bool
    due_at: datetime | None
    units: tuple[tuple[str, str], ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class JointRow:
    """One line of a list: the order, and the leg it is listed for where there is one."""

    no: str
    tail: str
    title: str
    source: str
    state_title: str
    tone: str
    sponsor: str
    units: str
    place: str
    meet: str
    left: str
    overdue: bool
    last: str
    raised: str
    basis: int = 0  # how many files lie with the refusals that wait in this list
    whose: str = ""  # whose step the time left is, where the list tells of several units
    seq: int = 0
    may_urge: bool = False  # this reader may remind those whose step it is


@dataclass(frozen=True, slots=True)
class JointTab:
    """A list this reader has, with how many are in it."""

    key: str
    title: str
    count: int

    @property
    def said(self) -> str:
        return counted(self.count)


@dataclass(frozen=True, slots=True)
class JointPage:
    """A page of one list, beside the others this reader has.

    `sources`: the same list narrowed by where its orders came from, for what one raised oneself (R107); each key is
    the list's and the source's. `chosen`: which of them this page is.
    """

    key: str
    title: str
    tabs: tuple[JointTab, ...]
    rows: tuple[JointRow, ...]
    total: int
    page: int
    pages: int
    sources: tuple[JointTab, ...] = ()
    chosen: str = ""

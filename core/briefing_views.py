"""What readers see of 分析研判: the stretch of days a briefing is about, its figures with what they are compared to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.timewords import day_words

ONE_DAY, WEEK = timedelta(days=1), timedelta(days=7)
NOW, BEFORE, YEAR = "now", "before", "year"


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week from Monday to Sunday, or a month; both ends included."""

    kind: str
    since: date
    until: date

    @property
    def title(self) -> str:
        """3月9日 周一, 3月2日—8日 with their year, 2026年2月."""
        if self.kind == "month":
            return f"{self.since.year}年{self.since.month}月"
        if self.kind == "day":
            return f"{self.since.year}年{day_words(self.since, self.since)}"
        last = self.until
        tail = f"{last.day}日" if last.month == self.since.month else f"{last.month}月{last.day}日"
        tail = tail if last.year == self.since.year else f"{last.year}年{last.month}月{last.day}日"
        return f"{self.since.year}年{self.since.month}月{self.since.day}日—{tail}"

    def so_far(self, day: date) -> Period:
        """As much of it as has passed by the end of this day."""
        return Period(self.kind, self.since, max(self.since, min(self.until, day)))

    def before(self) -> Period:
        """The one before it."""
        return period_of(self.kind, self.since - ONE_DAY)

    def year_ago(self) -> Period:
        """A year earlier: the same date, the same month, or the week 52 weeks before, which has the same weekdays."""
        if self.kind == "week":
            return period_of("week", self.since - 52 * WEEK)
        year, day = self.since.year - 1, self.since
        leap = day.month == 2 and day.day == 29
        return period_of(self.kind, day.replace(year=year, day=28 if leap else day.day))


def period_of(kind: str, day: date) -> Period:
    """The period of this kind in which a day lies."""
    if kind == "day":
        return Period(kind, day, day)
    if kind == "week":
        monday = day - ONE_DAY * day.weekday()
        return Period(kind, monday, monday + 6 * ONE_DAY)
    first = day.replace(day=1)
    return Period(kind, first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY)


def spans_of(period: Period, day: date | None) -> Mapping[str, Period]:
    """The period and the two it is compared to; while it runs, as of a `day`: half a week beside half a week."""
    before, year = period.before(), period.year_ago()
    if day is None:
        return {NOW: period, BEFORE: before, YEAR: year}
    gone = max(day, period.since) - period.since
    return {
        NOW: period.so_far(day), BEFORE: before.so_far(before.since + gone), YEAR: year.so_far(year.since + gone),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one period. `number` None: too few for a rate, or none at all; `parts`: what it is made of."""

    text: str
    number: float | None
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure now, in the period before and a year ago. `key` names it where a sentence rests on it.

    `alike`: whether the periods may be compared; what was frozen when a first day that still ran stood beside a whole
    one may not.
    """

    key: str
    title: str
    unit: str
    good: str
    now: Cell
    before: Cell
    year: Cell
    alike: bool = True

    @property
    def fraction(self) -> str:
        """「39 / 50」 beside a rate."""
        return " / ".join(f"{one:,}" for one in self.now.parts) if self.is_rate else ""

    @property
    def is_rate(self) -> bool:
        return self.unit == "%"

    def change(self, earlier: str) -> str:
        """「+9.1%」, 「−2.3 个百分点」, 「持平」; empty where there is nothing to compare."""
        return changed(self, self.before if earlier == BEFORE else self.year)

    def tone(self, earlier: str) -> str:
        """ok, warn or nothing: whether the change is for the better."""
        other = self.before if earlier == BEFORE else self.year
        if (
            not self.alike
            or self.good == "none"
            or self.now.number is None
            or other.number is None
            or self.now.number == other.number
        ):
            return ""
        return "ok" if (self.now.number > other.number) == (self.good == "up") else "warn"


def changed(row: FigureRow, other: Cell) -> str:
    """How the figure stands to an earlier one, in words."""
    if not row.alike or row.now.number is None or other.number is None:
        return ""
    step = row.now.number - other.number
    if abs(step) < 1e-9:
        return "持平"
    sign = "+" if step > 0 else "−"
    if row.is_rate:
        return f"{sign}{abs(step):.1f} 个百分点"
    if row.unit in ("小时", "次"):
        return f"{sign}{abs(step):,.1f} {row.unit}"
    if not other.number:
        return f"{sign}{abs(step):,.10g}"
    return f"{sign}{abs(step) / abs(other.number):.1%}"


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One of the classes most appealed about."""

    title: str
    now: int
    share: str
    before: int
    year: int


@dataclass(frozen=True, slots=True)
class WorstRow:
    """A unit far down in on-time closing."""

    unit: str
    rate: str
    of: int
    per: int
    before: str


@dataclass(frozen=True, slots=True)
class RedRow:
    """A red warning told within the period, and how its case stands as of the figures."""

    no: str
    title: str
    unit: str
    why: str
    at: str
    state: str
    over: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A drafted sentence and the keys of the figures it rests on."""

    text: str
    rests_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureSheet:
    """Every figure of a briefing, as it was at `as_of`. `running`: the period had not ended by then.

    `clock`: up to this hour of their last day the earlier periods are counted too; empty: whole days. `partly`: the
    numbers that are less than the whole days they lie in, by the names under which others open their lists.
    """

    period: Period
    as_of: datetime
    running: bool
    before_title: str
    year_title: str
    rows: tuple[FigureRow, ...]
    topics: tuple[TopicRow, ...]
    topic_total: int
    worst: tuple[WorstRow, ...]
    red: tuple[RedRow, ...]
    red_total: int
    red_open: int
    least: int
    sentences: tuple[Sentence, ...]
    clock: str = ""
    partly: frozenset[str] = frozenset()

    def row(self, key: str) -> FigureRow:
        return next(one for one in self.rows if one.key == key)

    @property
    def drafted(self) -> str:
        """The drafted summary as one paragraph."""
        return "".join(one.text for one in self.sentences)


@dataclass(frozen=True, slots=True)
class DraftView:
    """A briefing that is being written. `seq` is the version somebody read; `by` and `at`: its last change."""

    id: int
    seq: int
    period: Period
    title: str
    edition: int
    texts: Mapping[str, str]
    figures: FigureSheet
    by: str
    at: str
    moved: int
    may_submit: bool


@dataclass(frozen=True, slots=True)
class BriefingView:
    """A submitted briefing, as it was frozen. `intact`: it still reads as its digest says."""

    id: int
    period: Period
    kind_title: str
    edition: int
    latest: bool
    texts: tuple[tuple[str, str], ...]
    figures: FigureSheet
    by: str
    at: str
    digest: str
    intact: bool
    may_send: bool
    may_correct: bool
    filed_at: datetime

    @property
    def title(self) -> str:
        tail = f"（更正第 {self.edition - 1} 次）" if self.edition > 1 else ""
        return f"{self.kind_title} · {self.period.title}{tail}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list: a draft or a submitted briefing."""

    id: int
    draft: bool
    kind: str
    kind_title: str
    title: str
    edition: int
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The list: drafts first, for whoever writes; then what was submitted, the newest period first."""

    drafts: tuple[Listed, ...]
    filed: tuple[Listed, ...]
    kinds: tuple[tuple[str, str], ...]
    kind: str
    page: int
    pages: int
    may_write: bool
    today: date

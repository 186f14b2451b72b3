"""The calendar an office lives by: which days it works, which hours it is open, and counting time in both."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from types import MappingProxyType
from typing import Literal

# A fixed offset on purpose: China keeps one time zone without summer time, and no machine needs a zone table for it.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
ONE_DAY = timedelta(days=1)
NOTHING = timedelta()
HORIZON_DAYS = 60 * 366
MEMO_SIZE = 40_000

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Day:
    """One day that differs from its weekday: a holiday or closure, or a make-up working day (调休)."""

    kind: Literal["holiday", "workday"]
    name: str


@dataclass(frozen=True, slots=True)
class Span:
    """One opening of the office, in minutes of the local day; `closes` may be 1440, which is 24:00."""

    opens: int
    closes: int

    def __str__(self) -> str:
        return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.opens, self.closes))


@dataclass(frozen=True, slots=True)
class Season:
    """Other opening hours from one (month, day) through another, each year; may run across the new year."""

    title: str
    first: tuple[int, int]
    last: tuple[int, int]
    spans: tuple[Span, ...]

    def covers(self, day: date) -> bool:
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """A named preset of opening hours that a unit refers to; `every_day` ignores weekends and holidays (duty desks)."""

    title: str
    spans: tuple[Span, ...]
    every_day: bool = False
    seasons: tuple[Season, ...] = ()

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans that hold on this date when the office is open at all."""
        return next((season.spans for season in self.seasons if season.covers(day)), self.spans)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days and office hours as one frozen value (domain-rules §5).

    A year that is not published falls back to Monday to Friday; whoever computes with it marks the result provisional.
    """

    days: Mapping[date, Day]
    published_years: frozenset[int]
    hours: Mapping[str, OfficeHours]
    _memo: dict[tuple[date, str], tuple[Stretch, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", MappingProxyType(dict(self.days)))
        object.__setattr__(self, "hours", MappingProxyType(dict(self.hours)))

    def is_published(self, year: int) -> bool:
        return year in self.published_years

    def is_workday(self, day: date) -> bool:
        entry = self.days.get(day)
        return day.weekday() < 5 if entry is None else entry.kind == "workday"

    def office(self, hours: str) -> OfficeHours:
        """The preset of this name; ValueError when the calendar has none."""
        try:
            return self.hours[hours]
        except KeyError:
            raise ValueError(f"calendar has no office hours named {hours!r}") from None

    def spans(self, day: date, hours: str) -> tuple[Stretch, ...]:
        """The opening hours of one local day as UTC moments, empty when the office is closed."""
        try:
            return self._memo[day, hours]
        except KeyError:
            pass
        office = self.office(hours)
        open_today = office.every_day or self.is_workday(day)
        midnight = datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
        found = tuple(
            (midnight + timedelta(minutes=span.opens), midnight + timedelta(minutes=span.closes))
            for span in (office.on(day) if open_today else ())
        )
        if len(self._memo) >= MEMO_SIZE:
            self._memo.clear()
        self._memo[day, hours] = found
        return found

    def amended(self, days: Mapping[date, Day], published: Iterable[int] = ()) -> "Calendar":
        """This calendar with days added or replaced (a typhoon closure) and further years declared published."""
        return replace(self, days={**self.days, **days}, published_years=self.published_years | frozenset(published))

    def unpublished_note(self, first: date, last: date) -> str:
        """The sentence that marks a count over these dates as an estimate; empty when every year is known."""
        for year in range(first.year, last.year + 1):
            if not self.is_published(year):
                past = bool(self.published_years) and year < min(self.published_years)
                return f"{year} 年放假安排{'未录入' if past else '尚未公布'}，按周一至周五估算"
        return ""


def local_date(moment: datetime | date) -> date:
    """The date in Shanghai of an aware moment; a plain date is already one. ValueError when the moment is naive."""
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(SHANGHAI).date()


def closing_date(moment: datetime) -> date:
    """The date a deadline belongs to: 24:00 counts to the day it ends."""
    return local_date(moment - timedelta(microseconds=1))


def workdays_between(a: datetime | date, b: datetime | date, calendar: Calendar) -> int:
    """How many working days lie after the date of `a`, through the date of `b`; 0 when `b` is not later."""
    first, last = local_date(a), local_date(b)
    return sum(calendar.is_workday(first + ONE_DAY * ahead) for ahead in range(1, (last - first).days + 1))


def open_stretches(
    start: datetime, calendar: Calendar, hours: str, without: Iterable[Stretch] = ()
) -> Iterator[Stretch]:
    """Every stretch of open time from `start` on, in order, leaving out the stretches in `without`.

    Raises ValueError when the office never opens again, so that a broken calendar cannot count for ever.
    """
    gaps = sorted(without)
    first = local_date(start)
    last_open = 0
    for ahead in range(HORIZON_DAYS * 2):
        if ahead - last_open > HORIZON_DAYS:
            break
        for opens, closes in calendar.spans(first + ONE_DAY * ahead, hours):
            if closes > start:
                last_open = ahead
                yield from _less(max(opens, start), closes, gaps)
    raise ValueError(f"office hours {hours!r} never open again after {first}")


def _less(opens: datetime, closes: datetime, gaps: list[Stretch]) -> Iterator[Stretch]:
    for gap_from, gap_until in gaps:
        if gap_until <= opens or gap_from >= closes:
            continue
        if gap_from > opens:
            yield opens, gap_from
        opens = gap_until
        if opens >= closes:
            return
    if opens < closes:
        yield opens, closes


def add_work_time(
    start: datetime, amount: timedelta, calendar: Calendar, hours: str = "default", without: Iterable[Stretch] = ()
) -> datetime:
    """The moment (UTC) at which `amount` of open time has passed since `start`; `start` itself for nothing."""
    if amount <= NOTHING:
        return start.astimezone(UTC)
    for opens, closes in open_stretches(start, calendar, hours, without):
        if closes - opens >= amount:
            return (opens + amount).astimezone(UTC)
        amount -= closes - opens
    raise AssertionError("open stretches do not end")


def work_time_between(
    a: datetime, b: datetime, calendar: Calendar, hours: str = "default", without: Iterable[Stretch] = ()
) -> timedelta:
    """How much open time lies between two moments; nothing when `b` is not later."""
    gaps, first, total = sorted(without), local_date(a), NOTHING
    for ahead in range((local_date(b) - first).days + 1):
        for opens, closes in calendar.spans(first + ONE_DAY * ahead, hours):
            for begin, end in _less(max(opens, a), min(closes, b), gaps):
                total += end - begin
    return total

"""Workday arithmetic: when is it due, how long is left, and why (domain-rules §4–5).

Everything here is derived anew from plain values, so a correction in the calendar or the record re-derives it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.timewords import UNDER_A_MINUTE, amount_words, span_sentence, when
from core.worktime import (
    NOTHING,
    ONE_DAY,
    SHANGHAI,
    Calendar,
    Day,
    OfficeHours,
    Season,
    Span,
    Stretch,
    add_work_time,
    closing_date,
    local_date,
    work_time_between,
    workdays_between,
)

__all__ = [
    "DUTY", "SHANGHAI", "UNITS", "URGENT", "Calendar", "Day", "Deadline", "Left", "Limit", "OfficeHours", "Pause",
    "Season", "Span", "add_work_time", "capped", "closing_date", "due", "is_overdue", "left_sentence",
    "local_date", "pace", "plain_due", "remaining", "span_sentence", "used_share", "when", "work_time_between",
    "workdays_between",
]  # fmt: skip

DUTY, URGENT = "duty", "urgent"
MOST = 9_999
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

UNITS = {
    "minutes": "分钟",
    "hours": "小时",
    "work_minutes": "个工作分钟",
    "work_hours": "个工作小时",
    "urgent_work_hours": "个紧急工作小时",
    "days": "个自然日",
    "workdays": "个工作日",
}
DAY_UNITS = ("days", "workdays")
STEP = {"minutes": MINUTE, "hours": HOUR, "work_minutes": MINUTE, "work_hours": HOUR, "urgent_work_hours": HOUR}


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time in one of the units of domain-rules §5; units are never converted into each other."""

    amount: int
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unknown unit of time {self.unit!r}; known: {', '.join(UNITS)}")
        if not 1 <= self.amount <= MOST:
            raise ValueError(f"a limit is 1 to {MOST} {self.unit}, not {self.amount}")

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Read "5 workdays", "1 hour" or "60 work-minutes"; ValueError says what is wrong with anything else."""
        match = re.fullmatch(r"\s*([0-9]{1,6})\s+([a-z]+(?:[-_][a-z]+)*)\s*", text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f'a limit reads like "5 workdays", not {text!r}')
        unit = match[2].replace("-", "_")
        return cls(int(match[1]), unit if unit.endswith("s") else f"{unit}s")

    def __str__(self) -> str:
        return f"{self.amount:,} {UNITS[self.unit]}"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clock stands still; `end` is None while it lasts. Read from the event log (§5)."""

    start: datetime
    end: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due, in UTC.

    `provisional` says that a year without published holidays was counted, `note` says so in words. `paused` says that
    an open pause holds the clock: `at` is then what it would be if work resumed at once, and nothing is overdue.
    """

    at: datetime
    provisional: bool = False
    paused: bool = False
    note: str = ""

    @property
    def day(self) -> date:
        """The local date the deadline belongs to; 24:00 belongs to the day it ends."""
        return closing_date(self.at)


@dataclass(frozen=True, slots=True)
class Left:
    """Time left, or time over when `overdue`: whole days plus a rest. `in_workdays` tells which kind of day."""

    days: int
    rest: timedelta
    overdue: bool
    in_workdays: bool

    def __str__(self) -> str:
        return amount_words(self.days, self.rest, "个工作日" if self.in_workdays else "天")


def pace(limit: Limit, hours: str = "default") -> str:
    """The office hours this limit is counted in: the unit's own, the urgent ones, or round the clock."""
    if limit.unit in ("minutes", "hours", "days"):
        return DUTY
    return URGENT if limit.unit == "urgent_work_hours" else hours


def plain_due(
    start: datetime, limit: Limit, calendar: Calendar, hours: str = "default", extensions: Iterable[Limit] = ()
) -> datetime:
    """The due moment as if nothing ever paused.

    Day limits start the day after receipt: working days end at close of business of the last one, natural days at
    24:00. Minute and hour limits start at the moment. Each extension counts on from the deadline before it.
    """
    at = _one_due(start, limit, calendar, hours)
    for granted in extensions:
        # 24:00 belongs to the day it ends, so a day limit counts on from just before it.
        ending = at - timedelta(microseconds=1) if granted.unit in DAY_UNITS else at
        at = _one_due(ending, granted, calendar, hours)
    return at


def _one_due(start: datetime, limit: Limit, calendar: Calendar, hours: str) -> datetime:
    if limit.unit in ("minutes", "hours"):
        return start.astimezone(UTC) + STEP[limit.unit] * limit.amount
    if limit.unit in STEP:
        return add_work_time(start, STEP[limit.unit] * limit.amount, calendar, pace(limit, hours))
    day = local_date(start)
    if limit.unit == "days":
        return calendar.spans(day + ONE_DAY * limit.amount, DUTY)[-1][1]
    to_count, is_workday = limit.amount, calendar.is_workday
    while to_count:
        day += ONE_DAY
        to_count -= is_workday(day)
    return calendar.spans(day, hours)[-1][1]


def due(
    start: datetime,
    limit: Limit,
    calendar: Calendar,
    hours: str = "default",
    pauses: Iterable[Pause] = (),
    extensions: Sequence[Limit] = (),
) -> Deadline:
    """When a limit that began at `start` runs out, with the extensions granted and the pauses it stood still.

    Working limits are moved by paused working time, natural ones by paused natural time.
    """
    at, paused, held = plain_due(start, limit, calendar, hours, extensions), False, tuple(pauses)
    if held:
        name = pace(limit, hours)
        needed = work_time_between(start, at, calendar, name)
        at = max(at, add_work_time(start, needed, calendar, name, _gaps(held)))
        paused = any(pause.end is None and pause.start < at for pause in held)
    note = ""
    if any(granted.unit == "workdays" or not _every_day(granted, calendar, hours) for granted in (limit, *extensions)):
        counted_from = local_date(start) + (ONE_DAY if limit.unit == "workdays" else NOTHING)
        note = calendar.unpublished_note(counted_from, closing_date(at))
    return Deadline(at=at, provisional=bool(note), paused=paused, note=note)


def _every_day(limit: Limit, calendar: Calendar, hours: str) -> bool:
    return calendar.office(pace(limit, hours)).every_day


def _gaps(pauses: Iterable[Pause]) -> tuple[Stretch, ...]:
    return tuple((pause.start, pause.end) for pause in pauses if pause.end is not None and pause.end > pause.start)


def capped(pause: Pause, cap: Limit, calendar: Calendar, hours: str = "default") -> Pause:
    """The pause as far as its cap allows; an open one ends where the cap runs out (domain-rules §5–6)."""
    longest = plain_due(pause.start, cap, calendar, hours)
    return Pause(pause.start, longest if pause.end is None else min(pause.end, longest), pause.reason)


def is_overdue(now: datetime, deadline: Deadline) -> bool:
    """Derived, never stored: past its moment and not held by an open pause."""
    return now > deadline.at and not deadline.paused


def remaining(now: datetime, due_at: datetime, calendar: Calendar, hours: str = "default") -> Left:
    """The time left (or over), in working time when the deadline falls into these office hours, else natural."""
    overdue = now > due_at
    first, last = (due_at, now) if overdue else (now, due_at)
    day = closing_date(due_at)
    spans = calendar.spans(day, hours)
    if calendar.office(hours).every_day or not any(opens < due_at <= closes for opens, closes in spans):
        return Left((last - first).days, (last - first) % ONE_DAY, overdue, in_workdays=False)
    whole_day = sum((closes - opens for opens, closes in spans), NOTHING)
    days, rest = divmod(work_time_between(first, last, calendar, hours), whole_day)
    return Left(days, rest, overdue, in_workdays=True)


def left_sentence(now: datetime, due_at: datetime, calendar: Calendar, hours: str = "default") -> str:
    """The time left as a person reads it: 还剩 1 个工作日 3 小时（周三 17:30 前）.

    Pass `pace(limit, hours)` as hours, so that a natural or urgent limit is told in its own time.
    """
    left, moment = remaining(now, due_at, calendar, hours), when(now, due_at, closing=True)
    amount = str(left)
    if left.overdue:
        return f"已超期{' ' if amount else ''}{amount}（原定 {moment}）"
    return f"还剩 {amount}（{moment} 前）" if amount else f"还剩{UNDER_A_MINUTE}（{moment} 前）"


def used_share(
    start: datetime,
    due_at: datetime,
    now: datetime,
    calendar: Calendar,
    hours: str = "default",
    pauses: Sequence[Pause] = (),
) -> float:
    """How much of the time given is used up: 0.0 at the start, 1.0 at the deadline, more when over it."""
    given = work_time_between(start, due_at, calendar, hours, _gaps(pauses))
    held = [Pause(pause.start, pause.end or now) for pause in pauses]
    used = work_time_between(start, now, calendar, hours, _gaps(held))
    if not given:
        given, used = due_at - start, now - start
    return max(used / given, 0.0) if given > NOTHING else float(now >= due_at)

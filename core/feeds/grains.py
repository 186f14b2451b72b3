"""Hours, days and months as whole numbers, in the local zone: where a row is counted, and which ones a fold reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.worktime import SHANGHAI, local_date

HOUR, DAY, MONTH = 0, 1, 2
HOURS_KEPT = 40
"""Days for which hours are counted; before, only days and months are (no fold asks further back by hour)."""
EVER = -(10**9)


@dataclass(frozen=True, slots=True)
class Window:
    """The cells a fold reads: those of a grain from `first` on, `last` being that of now."""

    grain: int
    first: int
    last: int


def hour_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def starts(moment: datetime) -> tuple[int, int, int]:
    """The hour, day and month in which a moment lies."""
    day = local_date(moment)
    return hour_of(moment), day.toordinal(), month_of(day)


def began(grain: int, start: int) -> datetime:
    """The moment at which an hour, day or month begins."""
    if grain == HOUR:
        return datetime.fromtimestamp(start * 3600, SHANGHAI)
    day = date.fromordinal(start) if grain == DAY else date(start // 12, start % 12 + 1, 1)
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def label(grain: int, start: int) -> str:
    """`2026-03-09 14:00`, `2026-03-09` or `2026-03`."""
    return began(grain, start).strftime(("%Y-%m-%d %H:00", "%Y-%m-%d", "%Y-%m")[grain])


def after(by: str, name: str) -> datetime:
    """The moment at which the hour, day or month of a label is over."""
    begins = datetime.fromisoformat(name if by != "month" else f"{name}-01").replace(tzinfo=SHANGHAI)
    if by == "month":
        return (begins + timedelta(days=31)).replace(day=1)
    return begins + (timedelta(days=1) if by == "day" else timedelta(hours=1))


def window(over: str, by: str, now: datetime) -> Window:
    """The fewest cells that make up a span. By day or month the span begins with a whole one."""
    hour, day, month = starts(now)
    if over in ("today", "24h"):
        first = hour - 23 if over == "24h" else hour_of(began(DAY, day))
        return Window(HOUR, first, hour) if by not in ("day", "month") else _coarse(by, first, HOUR, now)
    if over == "now":
        return Window(MONTH, EVER, month)
    today = local_date(now)
    opens = {"7d": day - 6, "30d": day - 29, "1y": day - 364, "month": today.replace(day=1).toordinal()}
    first = opens.get(over, date(today.year, 1, 1).toordinal())
    if by == "hour" and over in ("7d", "30d", "month"):
        return Window(HOUR, hour_of(began(DAY, first)), hour)
    if by == "month" or (over in ("year", "month") and by not in ("hour", "day")):
        return _coarse("month", first, DAY, now)
    return Window(DAY, first, day)


def _coarse(by: str, first: int, grain: int, now: datetime) -> Window:
    _, day, month = starts(now)
    opens = local_date(began(grain, first))
    return Window(DAY, opens.toordinal(), day) if by == "day" else Window(MONTH, month_of(opens), month)


def opens_at(asked: Window, now: datetime) -> datetime | None:
    """The first moment inside a window; None when it has no beginning."""
    return None if asked.first == EVER else began(asked.grain, asked.first)


def oldest_hour(now: datetime) -> int:
    """The first hour still counted as one."""
    return hour_of(began(DAY, (local_date(now) - timedelta(days=HOURS_KEPT)).toordinal()))

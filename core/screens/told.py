"""What a screen is told of one number: the value, its groups, up to when it holds, and whether it may be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from core.policy.topics import Own
from core.work import World
from core.worktime import ONE_DAY, SHANGHAI, local_date

LONGEST_DAYS = 731
DAYS = {"today": 1, "24h": 1, "7d": 7, "30d": 30, "1y": 365, "now": LONGEST_DAYS}
Groups = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One number. `groups`: name or moment → value. `since`: since when it is stale; `note`: why it has no value."""

    value: float | None
    groups: Groups = ()
    as_of: datetime | None = None
    demo: bool = False
    since: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the record: the transaction, the world and the moment.

    `until`: the last day of what is counted, where that is not today. `kept`: what one look has read already.
    """

    tx: Connection
    world: World
    now: datetime
    until: date | None = None
    kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return local_date(self.now)

    @property
    def last(self) -> date:
        return self.until or self.today


Count = Callable[[Look, Own], Told]


def stretch(own: Own, today: date) -> tuple[date, date]:
    """The days an own count covers, both included."""
    if own.over == "month":
        return today.replace(day=1), today
    if own.over == "year":
        return today.replace(month=1, day=1), today
    return today - timedelta(days=DAYS[own.over] - 1), today


def whole_days(own: Own, today: date) -> tuple[tuple[date, date], tuple[date, date]] | None:
    """The whole days behind today that such a count covers, and as many before them; None before the first is over.

    Of a month and a year those of the same dates: of a month that is longer than the one before only as many.
    """
    last = today - ONE_DAY
    if own.over not in ("month", "year"):
        length = timedelta(days=DAYS[own.over])
        return (last - length + ONE_DAY, last), (last - 2 * length + ONE_DAY, last - length)
    first, _ = stretch(own, today)
    if last < first:
        return None
    if own.over == "year":
        return (first, last), (first.replace(year=first.year - 1), _year_before(last))
    ends = first - ONE_DAY
    begins, days = ends.replace(day=1), min(last - first, ends - ends.replace(day=1))
    return (first, first + days), (begins, begins + days)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def moments(since: date, until: date) -> tuple[datetime, datetime]:
    """The first moment of `since` and the first after `until`."""
    return (datetime.combine(since, time(), SHANGHAI), datetime.combine(until + timedelta(days=1), time(), SHANGHAI))


def ranked(found: Mapping[str, float]) -> Groups:
    """Groups, the largest first."""
    return tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def narrowed(own: Own, found: Mapping[str, float]) -> dict[str, float]:
    """The groups that the count's `where` leaves, by the name it is counted by."""
    wanted: Any = own.where.get(own.by)
    if wanted is None:
        return dict(found)
    names = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    return {name: value for name, value in found.items() if name in names}

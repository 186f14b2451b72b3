"""What is counted, in plain values: the amounts of one case at one unit, what is asked for, and what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

AMOUNTS = (
    "received", "signed", "signed_on_time", "contacted", "contacted_on_time", "closed", "on_time", "overdue",
    "overdue_open", "due", "returned", "redone", "moved_out", "open", "reached", "solved", "satisfied", "dispatched",
    "direct", "invalid", "contact_minutes", "close_minutes", "handovers",
)  # fmt: skip
"""All of them 0 or 1 for one case at one unit, save the last three, which add up."""
HANDLED, REGISTERED = "handled", "registered"
KINDS = (HANDLED, REGISTERED)
WHOLE, MACHINES = 0, -1
"""In place of a unit: the whole district, where each case counts once; and the machines that registered it."""
DIMS = ("channel", "type", "class", "town")
ALL = "all"
STEPS = ("day", "week", "month")

PERIODS = {"recent": "近 30 天", "week": "本周", "month": "本月", "last": "上月", "year": "今年"}

Amounts = tuple[int, ...]
NOTHING: Amounts = (0,) * len(AMOUNTS)


def period(name: str, today: date) -> tuple[date, date]:
    """The first and the last day of one of PERIODS, as of today."""
    starts = {
        "week": today - timedelta(days=today.weekday()),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }
    if name == "last":
        end = today.replace(day=1) - timedelta(days=1)
        return end.replace(day=1), end
    return starts.get(name, today - timedelta(days=29)), today


def plus(one: Amounts, other: Amounts, sign: int = 1) -> Amounts:
    """The sum of two, or their difference."""
    return tuple(a + sign * b for a, b in zip(one, other, strict=True))


def told(amounts: Amounts) -> dict[str, int]:
    """Amounts by name."""
    return dict(zip(AMOUNTS, amounts, strict=True))


@dataclass(frozen=True, slots=True)
class Figure:
    """What one case counts for at one unit. `turns_at`: when it becomes overdue if nothing happens."""

    kind: str
    case: int
    unit: int
    day: date
    values: tuple[str, str, str, str]  # in the order of DIMS
    turns_at: datetime | None
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Ask:
    """Which figures somebody wants: handled or registered, from when until when (both included), of which unit.

    `unit` None is everything within the reader's right. `step` is day, week, month; empty: by the length of the time.
    """

    since: date
    until: date
    kind: str = HANDLED
    unit: int | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """The cases behind one number: those with this amount, of one unit or one value of a dimension."""

    amount: str
    dim: str = ALL
    value: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure as a person reads it. `parts` are the numbers in it, each with the amount whose cases it opens."""

    measure: str
    title: str
    text: str
    number: float | None
    parts: tuple[tuple[int, str], ...]
    enough: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: a unit, a source, a stretch of days; `since` and `until` are its own where it is of time."""

    value: str
    title: str
    cells: tuple[Shown, ...]
    count: int
    share: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One table with its chart. `dim` is unit, time or one of DIMS."""

    dim: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """Everything a statistics page or card shows to one reader."""

    ask: Ask
    scope: str
    as_of: str
    ready: bool
    period: str
    head: tuple[Shown, ...]
    chapters: tuple[Chapter, ...]
    units: tuple[tuple[int, str], ...]
    step: str
    counted: str  # what is counted: 承办 or 登记

    def chapter(self, dim: str) -> Chapter:
        return next(one for one in self.chapters if one.dim == dim)


def summed(rows: Sequence[Amounts]) -> Amounts:
    """All of them together."""
    return tuple(map(sum, zip(*rows, strict=True))) if rows else NOTHING

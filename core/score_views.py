"""What readers see of the scores of joint orders: a board of lines, the orders behind a number, appeals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.scoring import Rule, Score


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month of a day."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """Which days (both included), of which unit (None: all within the reader's right), in which published version.

    `version`: 0 is the latest published one, or what stands now when none is; -1 is what stands now in any case.
    """

    since: date
    until: date
    unit: int | None = None
    version: int = 0

    @property
    def month(self) -> str:
        """「2026-03」 where the days are exactly one month, else empty: only months are published."""
        return f"{self.since:%Y-%m}" if (self.since, self.until) == month_of(self.since) else ""


@dataclass(frozen=True, slots=True)
class Version:
    """One published version of a month: when, by whom, why it was made again."""

    number: int
    when: str
    by: str
    note: str
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions, at one unit."""

    unit: str
    title: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Board:
    """The three reports of one span for one reader. `version` 0: not published, it moves with the work.

    `whole`: the counts of every unit the reader sees together. `over`: the month has ended, so it may be published.
    """

    ask: Ask
    scope: str
    title: str
    as_of: str
    rule: Rule
    scores: tuple[Score, ...]
    names: Mapping[int, str]
    whole: Mapping[str, int]
    units: tuple[tuple[int, str], ...]
    version: int
    versions: tuple[Version, ...]
    changes: tuple[Change, ...]
    over: bool
    may_publish: bool
    may_appeal: bool
    appeal_until: str

    @property
    def groups(self) -> list[tuple[str, list[Score]]]:
        """The lines of each group, best first: groups are never ranked together (§10 rule 3)."""
        found: dict[str, list[Score]] = {}
        for one in self.scores:
            found.setdefault(one.group or "未分组", []).append(one)
        return list(found.items())


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order behind a number: at which unit, when raised, its state; `points` and `day` where it is a mark.

    `may_appeal`: this reader may say that it should not count.
    """

    no: str
    tail: str
    title: str
    unit: str
    sponsor: str
    raised: str
    state: str
    tone: str
    points: str = ""
    day: str = ""
    may_appeal: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """The orders behind one number; `item` is what an appeal against one of them would be about, empty for none."""

    title: str
    lines: tuple[OrderLine, ...]
    total: int
    page: int
    pages: int
    item: str = ""


@dataclass(frozen=True, slots=True)
class AppealView:
    """One appeal with its answer, in words."""

    id: int
    month: str
    version: int
    unit: str
    no: str
    tail: str
    title: str
    item: str
    words: str
    asked: str
    state: str
    state_title: str
    tone: str
    answer: str

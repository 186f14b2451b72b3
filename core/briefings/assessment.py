"""绩效考核 (R025): the district's place in the city, its units' scores, deductions with their orders, a unit's report.

Scores are those of the joint orders' reports, by the same engine; a month that was published reads as it was published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.errors import BadField
from core.figures import Ask, Shown
from core.joint_scores.opening import MARK
from core.models.registers import city_ranks
from core.people import Actor
from core.policy.registers import load_registers
from core.score_views import Ask as ScoreAsk
from core.score_views import Board, Opened, month_of
from core.scoring import Counted, Score
from core.timewords import when
from core.worktime import ONE_DAY, local_date

if TYPE_CHECKING:
    from core.briefings import Wired

MONTHS = 12
OF_UNIT = (
    "received", "closed", "signed_rate", "contact_rate", "closing_rate", "on_time_rate", "overdue", "returned",
    "redone", "solved_rate", "pleased_rate", "close_time",
)  # fmt: skip
"""What a unit's report shows of its cases, beside its scores."""


@dataclass(frozen=True, slots=True)
class CityRow:
    """The district's place in one ranking of the city. `step`: places gained since the month before; None: unknown."""

    item: str
    place: int
    among: int
    score: str
    paper: str
    step: int | None
    trend: tuple[tuple[str, int], ...]  # month, place; oldest first


@dataclass(frozen=True, slots=True)
class Lost:
    """One kind of deduction: how many, the points they cost all units seen, and the orders."""

    title: str
    formula: str
    count: int
    points: float
    orders: Opened


@dataclass(frozen=True, slots=True)
class UnitReport:
    """One unit: its line of the assessment and the figures of its cases in the same month."""

    unit: int
    name: str
    score: Score | None
    figures: tuple[Shown, ...]
    since: date
    until: date
    as_of: str


class Assessment:
    """The page behind the facade; every part within the reader's own right."""

    def __init__(self, core: Wired) -> None:
        self._core = core

    def month(self, text: str) -> date:
        """The first day of a month named 「2026-03」; this month when nothing is named. Raises BadField."""
        today = local_date(self._core.clock.now())
        if not text:
            return today.replace(day=1)
        try:
            first = date.fromisoformat(f"{text[:7]}-01")
        except ValueError:
            raise BadField(field="月份", why="请从列表中选择") from None
        if first > today or first.year < 2020:
            raise BadField(field="月份", why="请从列表中选择")
        return first

    def latest_ranked(self) -> date:
        """The last month the city's ranking was entered for: it comes weeks after the month; this month without any."""
        this = self.month("")
        query = select(func.max(city_ranks.c.month)).where(city_ranks.c.month <= f"{this:%Y-%m}")
        last: str | None = self._core._read(lambda tx: tx.execute(query).scalar_one())
        return this if last is None else date.fromisoformat(f"{last}-01")

    def months(self) -> list[tuple[str, str]]:
        """The months to choose from, this one first."""
        day, found = local_date(self._core.clock.now()).replace(day=1), []
        for _ in range(MONTHS):
            found.append((f"{day:%Y-%m}", f"{day.year}年{day.month}月"))
            day = (day - ONE_DAY).replace(day=1)
        return found

    def city(self, month: date) -> tuple[CityRow, ...]:
        """The rankings entered for a month, in the order of the register's choices, each with its last months."""
        name = f"{month:%Y-%m}"
        items = load_registers()["city_rank"].fields["item"].chosen
        query = select(city_ranks).where(city_ranks.c.month <= name).order_by(city_ranks.c.month)
        rows = self._core._read(lambda tx: [dict(row) for row in tx.execute(query).mappings()])
        found = []
        for item, title in items.items():
            line = [row for row in rows if row["item"] == item][-MONTHS:]
            if not line or line[-1]["month"] != name:
                continue
            now, last = line[-1], f"{month - ONE_DAY:%Y-%m}"
            before = next((row for row in line if row["month"] == last), None)
            step = before["place"] - now["place"] if before else None
            trend = tuple((row["month"], row["place"]) for row in line)
            found.append(CityRow(title, now["place"], now["among"], now["score"], now["paper"], step, trend))
        return tuple(found)

    def board(self, actor: Actor, month: date, unit: int | None = None) -> Board:
        """The assessment of a month: as it was published last, else as it stands now."""
        return self._core.joint_scores.board(actor, ScoreAsk(*month_of(month), unit))

    def lost(self, actor: Actor, month: date, board: Board) -> tuple[Lost, ...]:
        """Every kind of deduction of the month with its orders, those that cost most first; none that nobody met."""
        ask = ScoreAsk(*month_of(month), board.ask.unit)
        found = []
        for rule in board.rule.marks:
            marks = [one for score in board.scores for one in score.marks if one.name == rule.name and one.count]
            if rule.points < 0 and marks:
                orders = self._core.joint_scores.opened(actor, ask, f"{MARK}{rule.name}")
                found.append(Lost(rule.title, rule.formula, _count(marks), round(_points(marks), 2), orders))
        return tuple(sorted(found, key=lambda one: one.points))

    def unit(self, actor: Actor, month: date, unit: int) -> UnitReport:
        """One unit's report. Raises Unknown beyond the reader's right."""
        since, until = month_of(month)
        board, now = self.board(actor, month, unit), self._core.clock.now()
        until = min(until, local_date(now))
        at, figures = self._core.measures.named(actor, Ask(since, until, unit=unit), OF_UNIT)
        score = next((one for one in board.scores if one.unit == unit), None)
        said = f"截至 {when(now, at)}" if at else "统计正在汇总"
        return UnitReport(unit, board.names[unit], score, figures, since, until, said)


def _count(marks: Sequence[Counted]) -> int:
    return sum(one.count for one in marks)


def _points(marks: Sequence[Counted]) -> float:
    return sum(one.points for one in marks)

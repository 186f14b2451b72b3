"""Taking figures out: scoped like the page, capped, with a reason, marked with who and when, and on record (D7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.decide import check_text
from core.errors import FieldMissing, TooManyRows
from core.figures import Ask, Pick
from core.measures import sheets
from core.people import Actor
from core.sm import sm3
from core.worktime import SHANGHAI

if TYPE_CHECKING:
    from core.measures import Measures, Wired

LONGEST_REASON = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken out, and how many rows it holds."""

    name: str
    data: bytes
    rows: int


class Exports:
    """Excel files of statistics. Each is in the log before it is handed over."""

    def __init__(self, core: Wired, measures: Measures) -> None:
        self._core, self._measures = core, measures

    def stats(self, actor: Actor, ask: Ask, reason: str) -> Taken:
        """Every table of the page. Raises FieldMissing without a reason, and whatever the page would raise."""
        stats = self._measures.stats(actor, ask)
        tables = sheets.stats_sheets(stats, self._measures.book)
        return self.take(actor, tables, f"{stats.scope} {stats.period} {stats.as_of}", reason, "统计")

    def cases(self, actor: Actor, ask: Ask, pick: Pick, reason: str) -> Taken:
        """The cases behind one number. Raises FieldMissing without a reason, TooManyRows beyond the cap."""
        self._check(reason)
        most = self._measures.book.most_rows
        if self._measures.total(actor, ask, pick) > most:
            raise TooManyRows(limit=f"{most:,}")
        first = self._measures.opened(actor, ask, pick, 1, most)
        return self.take(actor, [sheets.list_sheet(first)], f"{first.title} {ask.since} 至 {ask.until}", reason, "办件")

    @staticmethod
    def _check(reason: str) -> None:
        if not reason.strip():
            raise FieldMissing(field="导出理由", action="导出")
        check_text("导出理由", reason, LONGEST_REASON)

    @property
    def most(self) -> int:
        """How many rows one list may have at most."""
        return self._measures.book.most_rows

    def take(
        self, actor: Actor, tables: Sequence[sheets.Sheet], about: str, reason: str, name: str,
        action: str = "stats.exported",
    ) -> Taken:  # fmt: skip
        """These tables as a file, with its entry in the log. Raises FieldMissing without a reason."""
        self._check(reason)
        now = self._core.clock.now().astimezone(SHANGHAI)
        mark = f"{about} · {actor.unit_name} {actor.name} {now:%Y-%m-%d %H:%M} 导出，仅供工作使用"
        data, rows = sheets.workbook(tables, mark), sum(len(table.rows) for table in tables)
        what = f"{action.partition('.')[0]}:{rows}:{sm3(data).hex()[:16]}"
        self._core.note(actor, action, what, "done", reason.strip(), actor.channel, actor.address)
        return Taken(f"{name}-{now:%Y%m%d-%H%M}.xlsx", data, rows)

"""import.ratio: rows a second from a workbook to registered cases, against the bare reader of the same file."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass

import xlsxwriter
from python_calamine import CalamineWorkbook

from core.arrivals.fields import RULES
from core.seeding import town
from tests.bench.commands import core_on
from tests.bench.databases import Databases

ROWS = 500
COLUMNS = ("title", "content", "place", "channel", "type", "urgency", "caller_phone", "outside_no")
BRINGER = "xy011"


@dataclass(frozen=True, slots=True)
class Imported:
    """Seconds for one sheet: read by the bare reader, checked by us, registered by us."""

    bare_s: float
    checked_s: float
    taken_s: float

    @property
    def ratio(self) -> float:
        return self.bare_s / (self.checked_s + self.taken_s)

    @property
    def per_second(self) -> float:
        return ROWS / (self.checked_s + self.taken_s)


def workbook() -> bytes:
    """A sheet in order, every row another matter."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [RULES[name].label for name in COLUMNS])
        for number in range(1, ROWS + 1):
            told = f"第 {number} 处路面积水"
            row = (
                told,
                f"{told}，雨停两小时没退。",
                "港口路",
                "热线电话",
                "投诉",
                "一般",
                f"199{number:08}",
                f"B{number}",
            )
            page.write_row(number, 0, row)
    return held.getvalue()


def one_sheet(databases: Databases) -> Imported:
    """Bring, confirm and register one sheet on a fresh database."""
    raw = workbook()
    with databases.fresh() as url, core_on(url) as core:
        town(core)
        actor = core.actor_for("dingtalk", BRINGER)
        began = time.perf_counter()
        rows = list(CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).iter_rows())
        bare = time.perf_counter() - began
        made = core.arrivals.imports.bring(actor, "诉求.xlsx", raw)
        checked = time.perf_counter() - began - bare
        core.arrivals.imports.start(actor, made, only_good=False)
        taken = core.arrivals.imports.work()
        whole = time.perf_counter() - began - bare - checked
    assert len(rows) == ROWS + 1
    assert taken == ROWS
    return Imported(bare, checked, whole)

"""licence.import: a large sheet of licences, from file to shown, against its bare reader."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import psutil
import xlsxwriter
from python_calamine import CalamineWorkbook
from stdnum.cn import uscc

from core.garbage import spare_the_collector
from core.licences.sheets import columns_of
from core.policy.licences import LicenceType, licence_types
from core.seeding import town
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure

ROWS = 10_000
CLERK, KIND = "xy232", "food_business"
SYLLABLES = "椰风海韵火山石羊长滨南港秀新盛向荣东湖永兴白水塘药谷美安粤丽晶金滩涯湾"
ISSUED = date(2025, 12, 1)


@dataclass(frozen=True, slots=True)
class Imported:
    """Seconds for one sheet: by the bare reader, by us."""

    bare_s: float
    ours_s: float

    @property
    def ratio(self) -> float:
        return self.bare_s / self.ours_s


def company(number: int) -> dict[str, str]:
    """An invented company, each number another."""
    body = f"91460199{number:07d}XX"
    signs = "".join(SYLLABLES[number // len(SYLLABLES) ** place % len(SYLLABLES)] for place in range(4))
    return {"name": f"海南{signs}餐饮有限公司", "number": body + uscc.calc_check_digit(f"{body}0")}


def fields(kind: LicenceType, holder: dict[str, str]) -> dict[str, str]:
    """The type's own fields, as a sheet would give them."""
    return {one.key: holder["name"] if one.key == "operator" else "按核准内容" for one in kind.fields}


def workbook() -> bytes:
    """A sheet in order, every row another company's licence."""
    kind, held = licence_types()[KIND], io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [one.label for one in columns_of(kind)])
        for number in range(1, ROWS + 1):
            holder = company(number)
            given = {
                **fields(kind, holder), "number": f"JY1{number:013d}", "holder": holder["name"],
                "holder_code": holder["number"], "issued_on": ISSUED.isoformat(), "case_no": f"XYBJ{number:08d}",
                "complaint_phone": "12315",
            }  # fmt: skip
            page.write_row(number, 0, [given.get(one.key, "") for one in columns_of(kind)])
    return held.getvalue()


def one_import(databases: Databases) -> Imported:
    """Bring, confirm and register the sheet on a fresh database."""
    raw = workbook()
    with databases.fresh() as url, core_on(url) as core:
        town(core)
        actor = core.actor_for("dingtalk", CLERK)
        spare_the_collector()  # as the processes that serve do
        bare = min(_seconds(lambda: _read(raw)) for _ in range(3))
        began = time.perf_counter()
        made = core.licences.imports.bring(actor, KIND, "食品.xlsx", raw)
        core.licences.imports.start(actor, made, only_good=False)
        taken = core.licences.imports.work()
        ours = time.perf_counter() - began
    assert taken == ROWS
    return Imported(bare, ours)


def _read(raw: bytes) -> None:
    rows = list(CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).iter_rows())
    assert len(rows) == ROWS + 1


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


@contextmanager
def watched() -> Iterator[list[float]]:
    """The most megabytes this process and its children had resident, beyond what it had before.

    A child that has not become its program yet shows this process's own memory, and is passed over.
    """
    me, over, most = psutil.Process(), threading.Event(), [0.0]
    before, program = me.memory_info().rss, me.cmdline()

    def watch() -> None:
        while not over.wait(0.05):
            held = me.memory_info().rss - before
            for child in me.children(recursive=True):
                try:
                    held += child.memory_info().rss if child.cmdline() != program else 0
                except psutil.NoSuchProcess:
                    continue
            most[0] = max(most[0], held / 1e6)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield most
    finally:
        over.set()
        watching.join()


def of_import(databases: Databases, runs: int) -> Iterator[Figure]:
    """licence.import: the best of the runs, for a stall of the disk says nothing of the work; memory in one more, for
    who asks twenty times a second how much all processes hold slows the work.
    """
    with watched() as most:
        one_import(databases)
    told = max((one_import(databases) for _ in range(max(1, runs - 1))), key=lambda one: one.ratio)
    kind = databases.kind
    against = f"bare read of the same {ROWS:,} rows by python-calamine ÷ bring, check, stage and flip"
    yield Figure(kind, "licence.import", told.ratio, "×", against, at_least=0.04)
    yield Figure(kind, "licence.import_rate", ROWS / told.ours_s, "rows/s", "checks, seals, indexes, events and log")
    yield Figure(kind, "licence.import_memory", most[0], "MB", "more than before, children included", at_most=300)

"""Statistics as Excel: every word written as text, nothing that a spreadsheet would run, and who took it, when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from core.figures import Stats
from core.measures.telling import book_rows
from core.plain import as_cell, scrub
from core.policy.measures import MeasureBook
from core.timewords import day_words
from core.views import WorkPage
from core.worktime import local_date

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, its columns and its rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def stats_sheets(stats: Stats, book: MeasureBook) -> list[Sheet]:
    """Every table of a page, then the dictionary."""
    sheets = [_chapter(chapter.title, chapter.lines) for chapter in stats.chapters]
    return [*sheets, Sheet("指标说明", ("指标", "算法", "数据来源"), tuple(book_rows(book, stats.ask.kind)))]


def _chapter(title: str, lines: Sequence[Any]) -> Sheet:
    """Each rate with its fraction beside it, so that it can be checked."""
    if not lines:
        return Sheet(title, ("名称",), ())
    columns = ["名称", "占比"]
    for cell in lines[0].cells:
        columns += (
            [cell.title, f"{cell.title}（分子）", f"{cell.title}（分母）"] if len(cell.parts) > 1 else [cell.title]
        )
    rows = []
    for line in lines:
        row: list[Cell] = [line.title, line.share]
        for cell in line.cells:
            single = cell.number if cell.text.replace(",", "").isdecimal() else cell.text
            row += [cell.text, cell.parts[0][0], cell.parts[1][0]] if len(cell.parts) > 1 else [single]
        rows.append(tuple(row))
    return Sheet(title, tuple(columns), tuple(rows))


def list_sheet(page: WorkPage) -> Sheet:
    """The cases behind a number; what a citizen wrote is masked as on a card."""
    columns = ("编号", "标题", "来源", "状态", "单位", "登记日期", "是否超期", "时限")
    rows = tuple(
        (
            item.no, scrub(item.title), item.channel_title, item.state_title, item.lead,
            local_date(item.registered_at).isoformat(), "超期" if item.overdue else "",
            "" if item.due_at is None else day_words(local_date(item.due_at), local_date(item.registered_at)),
        )
        for item in page.items
    )  # fmt: skip
    return Sheet("办件", columns, rows)


def workbook(sheets: Sequence[Sheet], mark: str) -> bytes:
    """The file; `mark` (who, where, when, over what) stands above each table and at the foot of each printed page."""
    import xlsxwriter  # heavy, and needed for this alone

    held = BytesIO()
    rules = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, rules) as book:
        bold, quiet = book.add_format({"bold": True, "bottom": 1}), book.add_format({"font_color": "#646F7D"})
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.name[:31]), sheet, mark, {"bold": bold, "quiet": quiet})
    return held.getvalue()


def _fill(page: Any, sheet: Sheet, mark: str, looks: Mapping[str, Any]) -> None:
    page.write_string(0, 0, as_cell(mark), looks["quiet"])
    page.set_footer(f"&L{mark.replace('&', '&&')}&R&P / &N")
    for column, title in enumerate(sheet.columns):
        page.write_string(1, column, as_cell(title), looks["bold"])
        longest = max([len(title), *(len(str(row[column] or "")) for row in sheet.rows[:200])])
        page.set_column(column, column, min(60, longest * 1.9 + 2))
    for number, row in enumerate(sheet.rows, 2):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(number, column, as_cell(value))
            elif value is not None:
                page.write_number(number, column, value)
    page.freeze_panes(2, 1)

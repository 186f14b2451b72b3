"""One Excel sheet a type (R181, R182): its empty template, a whole file checked, and the report of what to mend."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.errors import Refusal
from core.licences.bulk import Checked
from core.licences.checks import Fault, Seen, label_of, tidy, tidy_licence
from core.plain import as_cell
from core.policy.library import library_rules
from core.policy.licences import LicenceField, LicenceType
from core.views import RowFault

CASE_NO = LicenceField("case_no", "办件编号", "text", False, "none", 40)
SAYS: Mapping[str, str] = {
    "text": "文字",
    "date": "日期，形如 2026-03-09",
    "uscc": "18 位代码，核对校验位",
    "id_number": "18 位号码，核对校验位",
    "phone": "十一位手机号",
    "integer": "整数",
    "decimal": "数",
    "choice": "从下拉里选",
}
MOST_CHOSEN = 255
"""Characters a cell's own list may hold in Excel."""


class OtherSheet(Refusal):
    text = "这不是「{type}」的表格，缺少「{column}」一列，请下载模板。"
    status = 422


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was read: its number in the file, what may be written, or what is wrong with it."""

    number: int
    checked: Checked | None
    faults: tuple[RowFault, ...]


def columns_of(kind: LicenceType) -> tuple[LicenceField, ...]:
    """The columns of a type's sheet in order."""
    return (*kind.columns, CASE_NO)


def template(kind: LicenceType) -> bytes:
    """The empty sheet of a type."""
    hints = {"number": "写法固定，请按证上原样填写"} if kind.number.pattern else {}
    return blank_sheet(kind.name, columns_of(kind), library_rules().sheet.rows, hints, "一份证照")


def blank_sheet(title: str, fields: Sequence[LicenceField], rows: int, hints: Mapping[str, str], one: str) -> bytes:
    """An empty sheet: every column text, a star at what must be filled, choices as lists, a page that explains.

    `one`: what a row stands for, in words; `hints` by field where its own says nothing.
    """
    import xlsxwriter  # heavy, and needed for this alone

    held = io.BytesIO()
    rules = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(held, rules) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"num_format": "@", "bold": True, "bg_color": "#EDF3FD", "border": 1})
        page, notes = book.add_worksheet(title[:31]), book.add_worksheet("填写说明")
        page.freeze_panes(1, 0)
        for at, field in enumerate(fields):
            page.set_column(at, at, max(14, len(field.label) * 2.2 + 3), text)
            page.write_string(0, at, f"{field.label}{'*' if field.required else ''}", head)
            if field.choices and len(",".join(field.choices)) <= MOST_CHOSEN:
                page.data_validation(1, at, rows, at, {"validate": "list", "source": list(field.choices)})
        _explain(notes, fields, hints, head)
        notes.write_string(len(fields) + 2, 0, f"号码一律按文本填写，前面的 0 不会丢。{one}一行，一次最多")
        notes.write_string(len(fields) + 2, 1, f"{rows:,} 行。")
    return held.getvalue()


def _explain(notes: Any, fields: Sequence[LicenceField], hints: Mapping[str, str], head: Any) -> None:
    notes.set_column(0, 2, 24)
    notes.set_column(3, 3, 60)
    for at, title in enumerate(("栏目", "要不要填", "填什么", "说明")):
        notes.write_string(0, at, title, head)
    for number, field in enumerate(fields, 1):
        hint = field.hint or hints.get(field.key, "")
        told = (
            field.label,
            "必填" if field.required else "可不填",
            SAYS[field.check],
            hint or f"不超过 {field.max} 字",
        )
        for at, text in enumerate(told):
            notes.write_string(number, at, text)


def places_of(title: str, fields: Sequence[LicenceField], head: Iterable[str]) -> dict[str, int]:
    """Field → column, by the header. Raises OtherSheet where a column that must be filled is not there."""
    header = [cell.strip().rstrip("*＊").strip() for cell in head]
    places = {field.key: header.index(field.label) for field in fields if field.label in header}
    for field in fields:
        if field.required and field.key not in places:
            raise OtherSheet(type=title, column=field.label)
    return places


def checked(kind: LicenceType, lines: Iterator[Sequence[str]], today: date) -> Iterator[Row]:
    """Every row of a sheet, its header first. Raises OtherSheet for a header that is another's."""
    places = places_of(kind.name, columns_of(kind), next(lines, ()))
    first_with, seen = dict[str, int](), Seen()
    for number, cells in enumerate(lines, 2):
        if not any(cell.strip() for cell in cells):
            continue
        given = {key: cells[at] for key, at in places.items() if at < len(cells)}
        row = _row(kind, number, given, today, seen)
        if row.checked is not None and (first := first_with.setdefault(row.checked.terms.number, number)) != number:
            row = Row(number, None, (RowFault(number, kind.number.label, f"与第 {first} 行相同"),))
        yield row


def _row(kind: LicenceType, number: int, given: Mapping[str, str], today: date, seen: Seen) -> Row:
    book = library_rules().kinds[kind.holder]
    asked = {"name": given.get("holder", ""), "number": given.get("holder_code", "")}
    holder, wrong = tidy(book.fields[:2], asked, seen)
    faults = [
        Fault(label_of(kind, "holder" if one.label == book.fields[0].label else "holder_code"), one.why)
        for one in wrong
    ]
    terms, fields, more = tidy_licence(kind, given, today, seen)
    extra, odd = tidy((CASE_NO,), given, seen)
    faults += [*more, *odd]
    if faults or terms is None:
        return Row(number, None, tuple(RowFault(number, one.label, one.why) for one in faults))
    whole = {**{field.key: "" for field in book.fields}, **holder}
    return Row(number, Checked(kind, whole, terms, fields, extra["case_no"]), ())


def report(faults: Iterable[RowFault]) -> bytes:
    """Row, column and reason of every fault, as a file to work through."""
    import xlsxwriter

    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False}) as book:
        page, bold = book.add_worksheet("要改的地方"), book.add_format({"bold": True, "bg_color": "#EDF3FD"})
        for at, (title, width) in enumerate((("行", 8), ("列", 28), ("原因", 60))):
            page.set_column(at, at, width)
            page.write_string(0, at, title, bold)
        page.freeze_panes(1, 0)
        for number, fault in enumerate(faults, 1):
            page.write_number(number, 0, fault.row)
            page.write_string(number, 1, as_cell(fault.column or "整行"))
            page.write_string(number, 2, as_cell(fault.why))
    return held.getvalue()

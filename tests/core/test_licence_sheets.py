"""Sheets of licences (R181, R182): a template a type, a whole file checked, staged unseen, flipped at once, once."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
import xlsxwriter
from alembic import command
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from core import Core
from core.arrivals.opening import WrongFile
from core.errors import NotYours, Unknown
from core.licences import LicenceFilter
from core.licences.imports import SheetFaulty
from core.licences.no import HasLicences
from core.licences.sheets import OtherSheet, columns_of, report, template
from core.models.licences import licence_import_parts, licence_staged, licences, subjects
from core.policy.licences import licence_types
from core.views import RowFault
from tests.builders import desk, rows
from tests.core.library_room import COMPANY, FOOD, a_company, a_licence, act, clerk
from tests.databases import alembic

KIND = licence_types()["food_business"]
HEAD = [f"{field.label}{'*' if field.required else ''}" for field in columns_of(KIND)]
GIVEN = {**FOOD, "holder": COMPANY["name"], "holder_code": COMPANY["number"]}


def line(**fields: str) -> list[str]:
    """A row in the order of the template."""
    given = {**GIVEN, **fields}
    return [given.get(field.key, "") for field in columns_of(KIND)]


def sheet(*lines: Sequence[str], head: Sequence[str] = HEAD, numbers: Sequence[str] = ()) -> bytes:
    """An .xlsx with these rows, everything text but the columns of `numbers`, which a careless hand left as numbers."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        for at, cells in enumerate([head, *lines]):
            for column, text in enumerate(cells):
                if at and head[column] in numbers:
                    page.write_number(at, column, float(text))
                else:
                    page.write_string(at, column, text)
    return held.getvalue()


def brought(core: Core, raw: bytes, name: str = "食品.xlsx") -> int:
    return core.licences.imports.bring(clerk(core), "food_business", name, raw)


def faults(core: Core, made: int) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.why) for one in core.licences.imports.view(clerk(core), made)[0].faults]


def count(core: Core) -> int:
    return core.licences.licences(clerk(core), LicenceFilter()).total


@pytest.mark.parametrize("key", sorted(licence_types()))
def test_every_type_has_a_template_whose_own_header_is_understood(key: str) -> None:
    kind = licence_types()[key]
    book = CalamineWorkbook.from_filelike(io.BytesIO(template(kind)))
    (head,) = book.get_sheet_by_index(0).to_python()
    assert head == [f"{field.label}{'*' if field.required else ''}" for field in columns_of(kind)]
    assert len(set(head)) == len(head)
    assert [row[0] for row in book.get_sheet_by_name("填写说明").to_python()[1 : len(head) + 1]] == [
        field.label for field in columns_of(kind)
    ]


def test_a_sheet_is_checked_then_registered_as_a_whole_and_brought_twice_it_changes_nothing(core: Core) -> None:
    raw = sheet(line(), line(number="JY14601990000002"), line(number="JY14601990000003", valid_to="长期"))
    made = brought(core, raw)
    assert (count(core), faults(core, made)) == (0, [])
    core.licences.imports.start(clerk(core), made, only_good=False)
    assert core.licences.imports.work() == 3
    assert count(core) == 3
    assert core.licences.verdict(core.licences.find_licence("food_business", FOOD["number"]) or "").usable
    assert brought(core, raw) == made
    again = brought(core, sheet(line(), line(number="JY14601990000002")))  # another file, the same licences
    assert core.licences.imports.view(clerk(core), again)[0].total == 0
    core.licences.imports.start(clerk(core), again, only_good=False)
    core.licences.imports.work()
    assert count(core) == 3
    assert len(rows(core, subjects)) == 1
    assert rows(core, licence_import_parts) == []
    assert core.verify_log().ok


def test_every_fault_is_told_by_row_column_and_reason_and_nothing_is_written(core: Core) -> None:
    a_licence(core, a_company(core), number="JY14601990000009")
    raw = sheet(
        line(holder_code="91110000600037341M"), line(number=""), line(issued_on="2025-13-01"), line(legal_person=""),
        line(number="JY14601990000005"), line(number="JY14601990000005"), line(number="JY14601990000009", scope="别的"),
    )  # fmt: skip
    made = brought(core, raw)
    told = faults(core, made)
    assert [(row, column) for row, column, _ in told] == [
        (2, "统一社会信用代码"), (3, "许可证编号"), (4, "发证日期"), (5, "法定代表人（负责人）"), (7, "许可证编号"),
        (8, "许可证编号"),
    ]  # fmt: skip
    assert ["校验位" in told[0][2], "第 6 行相同" in told[4][2], "内容不同" in told[5][2]] == [True, True, True]
    with pytest.raises(SheetFaulty):
        core.licences.imports.start(clerk(core), made, only_good=False)
    core.licences.imports.start(clerk(core), made, only_good=True)
    assert core.licences.imports.work() == 1
    assert count(core) == 2


def test_leading_zeros_stay_and_a_number_whose_end_a_spreadsheet_lost_is_told(core: Core) -> None:
    made = brought(core, sheet(line(case_no="00012345")))
    core.licences.imports.start(clerk(core), made, only_good=False)
    core.licences.imports.work()
    assert core.licences.licences(clerk(core), LicenceFilter(case_no="00012345")).total == 1
    lost = brought(core, sheet(line(complaint_phone="1234567890123456789"), numbers=["投诉举报电话"]))
    assert "末几位已丢失" in faults(core, lost)[0][2]


def test_nobody_sees_a_licence_of_a_sheet_before_all_are_there(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.licences.imports.FIRST", 1)
    made = brought(core, sheet(line(), line(number="JY14601990000002")))
    core.licences.imports.start(clerk(core), made, only_good=False)
    for seen in (0, 0):
        turns = iter((True, False))
        core.licences.imports.work(lambda turns=turns: next(turns))  # type: ignore[misc]
        assert count(core) == seen
        assert core.licences.company(core.licences.find_subject("company", COMPANY["number"]) or "")[1] == ()
    assert [one.settled for one in core.licences.imports.latest(clerk(core))] == [2]
    core.licences.imports.work()
    assert count(core) == 2


def test_a_sheet_is_numbered_in_its_order_whatever_is_registered_between_its_parts(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.licences.imports.FIRST", 2)
    monkeypatch.setattr("core.licences.imports.PART", 2)
    numbers = [f"JY1460199000010{at}" for at in range(5)]
    made = brought(core, sheet(*(line(number=number) for number in numbers)))
    core.licences.imports.start(clerk(core), made, only_good=False)
    turns = iter((True, False))
    core.licences.imports.work(lambda: next(turns))
    a_licence(core, core.licences.find_subject("company", COMPANY["number"]) or "", number="JY14601990000999")
    core.licences.imports.work()
    told = [(one.serial, one.import_id) for one in rows(core, licences)]
    assert sorted(told) == [(f"{at:09d}", made) for at in range(1, 6)] + [("000000006", None)]
    assert core.verify_log().ok


def test_a_sheet_half_written_is_finished_after_a_change_of_schema(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.licences.imports.FIRST", 1)
    made = brought(core, sheet(line(), line(number="JY14601990000002")))
    core.licences.imports.start(clerk(core), made, only_good=False)
    turns = iter((True, False))
    core.licences.imports.work(lambda: next(turns))
    assert (len(rows(core, licence_staged)), len(rows(core, licences))) == (1, 0)
    core.engine.dispose()
    config = alembic(core.engine.url.render_as_string(hide_password=False))
    command.downgrade(config, "0033")
    command.upgrade(config, "head")
    assert (len(rows(core, licence_staged)), len(rows(core, licences))) == (1, 0)
    core.licences.imports.work()
    assert (len(rows(core, licence_staged)), count(core)) == (0, 2)


def test_nobody_is_deleted_while_a_sheet_registers_their_licences(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.licences.imports.FIRST", 1)
    made = brought(core, sheet(line(), line(number="JY14601990000002")))
    core.licences.imports.start(clerk(core), made, only_good=False)
    turns = iter((True, False))
    core.licences.imports.work(lambda: next(turns))
    holder = core.licences.find_subject("company", COMPANY["number"]) or ""
    with pytest.raises(HasLicences, match="1"):
        act(core, "subject", "delete", holder, reason="登记错了")
    core.licences.imports.work()
    assert count(core) == 2


def test_what_somebody_registered_meanwhile_is_not_registered_again(core: Core) -> None:
    made = brought(core, sheet(line(), line(number="JY14601990000002")))
    a_licence(core, a_company(core))
    core.licences.imports.start(clerk(core), made, only_good=False)
    assert core.licences.imports.work() == 1
    assert count(core) == 2


def test_a_dropped_sheet_keeps_nothing(core: Core) -> None:
    made = brought(core, sheet(line()))
    core.licences.imports.drop(clerk(core), made)
    assert rows(core, licence_import_parts) == []
    assert brought(core, sheet(line())) != made
    core.licences.imports.work()
    assert count(core) == 0


def test_another_types_sheet_a_strange_file_and_a_stranger_are_refused(core: Core) -> None:
    with pytest.raises(OtherSheet, match="许可证编号"):
        brought(core, sheet(["x"], head=["姓名"]))
    with pytest.raises(WrongFile):
        brought(core, b"PK\x03\x04 no sheet")
    with pytest.raises(Unknown):
        core.licences.imports.bring(clerk(core), "flying", "a.xlsx", sheet(line()))
    with pytest.raises(NotYours):
        core.licences.imports.bring(desk(core), "food_business", "a.xlsx", sheet(line()))
    made = brought(core, sheet(line()))
    other = act(core, "subject", "add", **COMPANY)
    assert other.no
    with pytest.raises(Unknown):
        core.licences.imports.view(desk(core), made)


def test_no_row_of_a_waiting_sheet_lies_in_plain(core: Core) -> None:
    brought(core, sheet(line()))
    with core.engine.connect().execution_options(readonly=True) as tx:
        assert tx.execute(select(func.count()).select_from(licences)).scalar_one() == 0
    assert all(COMPANY["number"] not in str(row) for row in rows(core, licence_import_parts))


def test_no_cell_of_the_report_is_a_formula() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(report([RowFault(2, "=1+1", "@SUM(A1)")])))
    assert book.get_sheet_by_index(0).to_python()[1] == [2.0, "'=1+1", "'@SUM(A1)"]

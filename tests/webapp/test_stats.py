"""Statistics over HTTP: what leaves is scoped, capped, reasoned and on record; odd questions get one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from core.models.record import audit_log
from tests.webapp.figures import a_month_of_work
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]


def entries(town: Town) -> list[tuple[str, str, str]]:
    with town.core.engine.connect() as tx:
        query = select(audit_log.c.object, audit_log.c.result, audit_log.c.reason)
        rows = tx.execute(query.where(audit_log.c.action == "stats.exported").order_by(audit_log.c.seq))
        return [(row.object, row.result, row.reason) for row in rows]


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.fixture
def month(town: Town) -> Town:
    a_month_of_work(town)
    return town


def test_the_tables_leave_with_a_reason_a_mark_and_an_entry(month: Town, visit: Visit) -> None:
    desk = visit("desk")
    answer = desk.post("/stats/export?period=month", "/stats", reason="月度通报用")
    assert answer.status_code == 200
    told = sheets(answer.data)
    assert list(told) == ["按承办单位", "按时间", "按来源", "按诉求性质", "按诉求分类", "按镇街", "指标说明"]
    assert "陈文兰" in str(told["按承办单位"][0][0])
    head, water = told["按承办单位"][1], next(row for row in told["按承办单位"] if row[0] == "水务局")
    assert water[head.index("承办")] == 12
    assert water[head.index("办结率（分子）")] == 11
    ((what, result, reason),) = entries(month)
    assert re.fullmatch(r"stats:\d+:[0-9a-f]{16}", what)
    assert (result, reason) == ("done", "月度通报用")


def test_without_a_reason_nothing_leaves(month: Town, visit: Visit) -> None:
    answer = visit("desk").post("/stats/export?period=month", "/stats", reason="  ")
    assert 400 <= answer.status_code < 500
    assert "导出理由" in answer.text
    assert entries(month) == []


def test_the_cases_behind_a_number_leave_as_text_and_nothing_runs(month: Town, visit: Visit) -> None:
    """A citizen's words that look like a formula stay words (D6); a unit takes its own alone (D7)."""
    where = "/stats/cases/export?kind=registered&period=month&amount=received"
    data = visit("water").post(where, "/stats", reason="核对").data
    (rows,) = sheets(data).values()
    assert [row[1] for row in rows[2:]] == ["'=1+1 河道有漂浮物"]
    with ZipFile(BytesIO(data)) as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist() if "worksheets/" in name)
    assert len(sheets(visit("desk").post(where, "/stats", reason="核对").data)["办件"]) == 2 + 16


def test_beyond_the_cap_nothing_leaves(month: Town, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month.core.measures, "book", replace(month.core.measures.book, most_rows=3))
    answer = visit("desk").post("/stats/cases/export?period=month&amount=received", "/stats", reason="核对")
    assert answer.status_code == 400
    assert "一次最多导出 3 行" in answer.text
    assert entries(month) == []


@pytest.mark.parametrize(
    "query",
    [
        "since=abc", "since=2026-13-40", "since=2026-03-09&until=2026-03-01", "since=1900-01-01", "kind=guessed",
        "unit=999999999", "unit=-7", "unit=0", "unit=x", "step=hour", "since=%F0%9F%98%80",
    ],
)  # fmt: skip
def test_an_odd_question_gets_one_sentence(town: Town, visit: Visit, query: str) -> None:
    desk = visit("desk")
    for path in ("/stats", "/stats/cases"):
        answer = desk.get(f"{path}?{query}&amount=received")
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "pick", ["amount=id", "amount=", "amount=received&dim=unit_id", "amount=received&dim=town&value=%27"]
)
def test_an_odd_number_opens_nothing(town: Town, visit: Visit, pick: str) -> None:
    answer = visit("desk").get(f"/stats/cases?{pick}")
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or "这个数字下没有办件" in answer.text


def test_a_unit_cannot_ask_for_another(month: Town, visit: Visit) -> None:
    """A foreign unit and one that is not there get the same answer (B3)."""
    housing = next(unit.id for unit in month.core.directory().units.values() if unit.short == "住建局")
    water = visit("water")
    for path in ("/stats?unit={}", "/stats/cases?amount=received&unit={}"):
        foreign, missing = (water.get(path.format(unit)) for unit in (housing, 987654))
        assert foreign.status_code == missing.status_code == 404
    mine = water.get("/stats?period=month").text
    assert "住建局" not in mine


def test_until_it_is_counted_the_page_says_so(town: Town, visit: Visit) -> None:
    assert "正在汇总" in visit("desk").get("/stats").text
    town.core.measures.fold()
    assert "截至" in visit("desk").get("/stats").text


def test_the_operator_counts_everything_anew(month: Town) -> None:
    from webapp import create_app

    result = create_app(month.core).test_cli_runner().invoke(args=["rollup", "rebuild"])
    assert result.exit_code == 0, result.output
    assert "统计已从零重算" in result.output

"""联办报表 on the console: three reports by unit and district, each number open; Excel; published; appealed against."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from core import Core
from tests.clock import StillClock
from tests.core.joint_room import SECOND
from tests.core.score_room import a_busy_month
from tests.databases import SQLite
from tests.town import a_core, settled
from tests.webapp.settled_site import Visit, visit  # noqa: F401  (a fixture)
from tests.webapp.visitor import Visitor

WATER, CENTRE, HEAD, AUDITOR = "p023", "p011", "p009", "p019"
MARCH = "/joint/scores?month=2026-03"
NUMBER = re.compile(r'<a href="(/joint/scores/orders\?[^"]*)"[^>]*>([\d,]+)</a>')


@pytest.fixture
def core(tmp_path: Path, clock: StillClock) -> Iterator[Core]:
    built = a_core(SQLite().prepared(settled, tmp_path), clock)
    a_busy_month(built, clock)
    yield built
    built.engine.dispose()


def section(page: str, name: str) -> str:
    """One report of the page, from its heading to its end."""
    found = re.search(rf'<section class="chapter full" id="{name}".*?</section>', page, re.DOTALL)
    assert found, name
    return found[0]


def row(part: str, unit: str) -> str:
    """The words of one unit's line, tags away."""
    found = next(one for one in re.findall(r"<tr>.*?</tr>", part, re.DOTALL) if f">{unit}<" in one and "<td" in one)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def every_number_opens(visitor: Visitor, part: str) -> int:
    """Open what stands behind the numbers of a report: as many lines as each says."""
    seen = {html.unescape(href): int(number.replace(",", "")) for href, number in NUMBER.findall(part)}
    for href, number in seen.items():
        page = visitor.get(href).text
        assert f"共 {number} 件" in page, href
        assert len(re.findall(r'<a href="/joint/XYDQ\d+">', page)) == number
    return len(seen)


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def told(page: str) -> str:
    found = re.search(r'<p class="said[^"]*"[^>]*>([^<]*)</p>', page)
    return found[1] if found else ""


@pytest.mark.requirement("R134")
def test_a_units_score_with_its_formula_and_the_orders_behind_it(visit: Visit) -> None:
    """FIRST: (20 × 12/12 + 20 × 9/12 + 30 × 12/12 + 20 × 10/12) ÷ 90 = 90.74; late −1.5, redone −1: 88.24."""
    visitor = visit(WATER)
    part = section(visitor.get(MARCH).text, "scores")
    assert row(part, "水务局").startswith("水务局 2 /2 88.2")
    assert "住建局" not in part
    assert every_number_opens(visitor, part) >= 8
    lost = visitor.get("/joint/scores/orders?month=2026-03&what=lost.check_in").text
    assert "共 3 件" in lost


@pytest.mark.requirement("R135")
def test_a_units_satisfaction_opens_its_orders(visit: Visit) -> None:
    visitor = visit(WATER)
    part = section(visitor.get(MARCH).text, "satisfaction")
    assert row(part, "水务局") == "水务局 83.3% 10 / 12 12 10 2 0 0 0"
    assert every_number_opens(visitor, part) == 3


@pytest.mark.requirement("R136")
def test_a_units_handling_opens_its_orders(visit: Visit) -> None:
    visitor = visit(WATER)
    part = section(visitor.get(MARCH).text, "handling")
    assert row(part, "水务局") == "水务局 12 12 0 0 12 12 3 12 0 0 1 0 0"
    assert every_number_opens(visitor, part) == 7


@pytest.mark.requirement("R144")
def test_the_districts_scores_rank_each_group_apart(visit: Visit) -> None:
    visitor = visit(CENTRE)
    part = section(visitor.get(MARCH).text, "scores")
    assert row(part, "住建局").startswith("住建局 1 /2 100.0")
    assert row(part, "水务局").startswith("水务局 2 /2 88.2")
    assert every_number_opens(visitor, part) >= 15


@pytest.mark.requirement("R145", "R146")
def test_the_districts_satisfaction_and_handling_open_their_orders(visit: Visit) -> None:
    visitor = visit(CENTRE)
    page = visitor.get(MARCH).text
    assert row(section(page, "satisfaction"), "城管局") == "城管局 — 0 0 0 0 24 24"
    assert row(section(page, "handling"), "住建局") == "住建局 12 12 0 0 12 12 0 12 0 0 0 0 0"
    assert every_number_opens(visitor, section(page, "satisfaction")) == 7
    assert every_number_opens(visitor, section(page, "handling")) == 13
    assert "data-chart" in section(page, "handling")


def test_a_custom_span_counts_its_own_days_and_small_samples_say_so(visit: Visit) -> None:
    visitor = visit(WATER)
    assert "这段时间没有联办工单" in visitor.get("/joint/scores?since=2026-03-10&until=2026-03-20").text
    few = visitor.get("/joint/scores?since=2026-03-09&until=2026-03-09").text
    assert row(section(few, "scores"), "水务局").startswith("水务局 2 /2 88.2")
    assert "样本不足" in section(visit(CENTRE).get(MARCH).text, "scores")


@pytest.mark.parametrize(
    "query",
    [
        "month=2026-13", "month=x", "since=abc", "since=2026-03-09&until=2026-03-01", "since=2000-01-01", "unit=x",
        "unit=-1", "unit=999999999", "version=x", "version=99", "version=-2", "since=0001-01-01", "until=9999-12-31",
        "month=%F0%9F%98%80", "month=2026-03&unit=%00",
    ],
)  # fmt: skip
def test_an_odd_question_gets_one_sentence(visit: Visit, query: str) -> None:
    visitor = visit(HEAD)
    for path in ("/joint/scores?", "/joint/scores/orders?what=called&"):
        answer = visitor.get(path + query)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)


def test_a_unit_cannot_open_another_and_an_auditor_nothing(core: Core, visit: Visit) -> None:
    housing = core.directory().by_word[SECOND]
    for path in ("/joint/scores", "/joint/scores/orders"):
        assert visit(WATER).get(f"{path}?month=2026-03&what=called&unit={housing}").status_code == 404
        assert visit(AUDITOR).get(f"{path}?month=2026-03&what=called").status_code == 403


def test_excel_holds_the_three_reports_with_their_numbers_and_a_reason(visit: Visit) -> None:
    visitor = visit(CENTRE)
    assert visitor.post("/joint/scores/export?month=2026-03", MARCH, reason=" ").status_code == 422
    book = sheets(visitor.post("/joint/scores/export?month=2026-03", MARCH, reason="月度通报").data)
    assert list(book) == ["考核评分", "处置满意度", "工单处置", "公式和权重"]
    head, line = book["考核评分"][1], next(one for one in book["考核评分"] if "水务局" in one)
    named = dict(zip(head, line, strict=True))
    assert (named["得分"], named["按时签到（分子）"], named["按时签到（分母）"], named["补卡（分）"]) == (
        88.24,
        9,
        12,
        -1.5,
    )
    answer = visitor.post("/joint/scores/orders/export?month=2026-03&what=late", MARCH, reason="核对")
    assert len(sheets(answer.data)["联办工单"]) == 2 + 3


def test_beyond_the_cap_no_orders_leave(core: Core, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.measures, "book", replace(core.measures.book, most_rows=2))
    answer = visit(CENTRE).post("/joint/scores/orders/export?month=2026-03&what=late", MARCH, reason="核对")
    assert answer.status_code == 400
    assert "一次最多导出 2 行" in answer.text


def test_a_month_is_published_appealed_against_and_corrected_on_the_page(visit: Visit, clock: StillClock) -> None:
    head, unit = visit(HEAD), visit(WATER)
    early = head.post("/joint/scores/publish?month=2026-03", MARCH)
    assert (early.status_code, told(early.text)) == (409, "2026年3月还没有结束，下月起才能公布。")
    clock.advance(days=24)
    head, unit = visit(HEAD), visit(WATER)
    assert "公布这个月" in head.get(MARCH).text
    assert "公布这个月" not in unit.get(MARCH).text
    assert unit.post("/joint/scores/publish?month=2026-03", MARCH).status_code == 403
    assert head.post("/joint/scores/publish?month=2026-03", MARCH).status_code == 303
    assert "第 1 版" in unit.get(MARCH).text
    where = "/joint/scores/orders?month=2026-03&what=mark.late"
    no = re.findall(r'<input type="hidden" name="no" value="(\w+)">', unit.get(where).text)[0]
    form = {"no": no, "item": "late"}
    empty = unit.post("/joint/scores/appeal?month=2026-03", where, **form, words=" ")
    assert (empty.status_code, told(empty.text)) == (422, "请填写「申诉理由」后再申诉。")
    assert unit.post("/joint/scores/appeal?month=2026-03", where, **form, words="当时在抢险").status_code == 303
    number = re.search(r"/joint/scores/appeals/(\d+)", head.get(MARCH).text)
    assert number
    url = f"/joint/scores/appeals/{number[1]}?month=2026-03"
    assert unit.post(url, MARCH, verdict="upheld", words="自己同意").status_code == 403
    assert head.post(url, MARCH, verdict="maybe", words="同意").status_code == 404
    assert head.post(url, MARCH, verdict="upheld", words="情况属实").status_code == 303
    assert head.post("/joint/scores/publish?month=2026-03", MARCH).status_code == 422
    assert head.post("/joint/scores/publish?month=2026-03", MARCH, note="申诉成立").status_code == 303
    page = unit.get(MARCH).text
    assert "答复：情况属实" in page
    assert row(section(page, "changes"), "水务局") == "水务局 得分 88.2 88.7"
    assert row(section(unit.get(f"{MARCH}&version=1").text, "scores"), "水务局").startswith("水务局 2 /2 88.2")

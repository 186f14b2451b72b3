"""Statistics in a real browser: by handling and by registration at the desk, one's own unit in the hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    Open,
    address,
    browser,
    open_page,
    town,
)
from tests.chromium import CHROMIUM
from tests.webapp.figures import DONE, HANDLED, LATE, a_month_of_work
from tests.webapp.town import Town
from webapp import assets

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")
NUMBERS = """table => [...document.querySelectorAll(`${table} a`)]
    .filter(a => /^[\\d,]+$/.test(a.textContent.trim()))
    .map(a => [a.getAttribute('href'), Number(a.textContent.replace(/\\D/g, ''))])"""


def cells(page: Page, dim: str, title: str) -> dict[str, str]:
    """One line of a table: what each of its columns says."""
    first = page.locator("td:first-child", has_text=re.compile(f"^{title}$"))
    row = page.locator(f"#table-{dim} tbody tr").filter(has=first)
    expect(row).to_have_count(1)
    read = "row => [...row.querySelectorAll('[data-measure]')].map(cell => [cell.dataset.measure, cell.innerText])"
    found = dict(row.evaluate(read))
    return {name: " ".join(text.split()) for name, text in found.items()}


def every_number_opens_its_cases(page: Page, *tables: str, most: int = 16) -> int:
    """Open the cases behind the numbers of these tables: as many lines as the number says."""
    seen: dict[str, int] = {}
    for table in tables:
        seen |= {str(href): int(number) for href, number in page.evaluate(NUMBERS, table)}
    for href, number in list(seen.items())[:most]:
        page.goto(href)
        expect(page.locator(".count")).to_contain_text(f"共 {number:,} 件")
        expect(page.locator(".rows .row")).to_have_count(number)
    return len(seen)


def drawn(page: Page, dim: str) -> None:
    """The chart is drawn where the library was fetched; without it the table stands alone."""
    if (assets.VENDOR / "echarts.min.js").is_file():
        expect(page.locator(f"#by-{dim} [data-drawn] canvas").first).to_be_visible()
    expect(page.locator(f"#table-{dim}")).to_be_visible()


def stays_within_a_narrower_window(page: Page) -> None:
    """A chart drawn on a wide window gives way when the window becomes narrow."""
    before = page.viewport_size
    for width in (1920, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")
    assert page.evaluate(SIDEWAYS) <= 0
    if before is not None:
        page.set_viewport_size(before)


@pytest.mark.requirement("R092")
def test_the_desk_reads_how_each_unit_handles_its_cases(open_page: Open, town: Town) -> None:  # noqa: F811
    """Received, signed and contacted in time, closed, overdue, handed over, how long; each number opens its cases."""
    a_month_of_work(town)
    page = open_page("desk", DESK)
    page.get_by_role("link", name="统计").click()
    expect(page.locator(".page-head")).to_contain_text(re.compile("办理情况.*截至"))
    page.get_by_role("link", name="本月").click()
    drawn(page, "unit")
    drawn(page, "time")
    stays_within_a_narrower_window(page)
    water = cells(page, "unit", "水务局")
    assert water["received"] == str(HANDLED)
    assert (water["closed"], water["on_time"]) == (str(DONE), str(DONE - LATE))
    assert (water["returned"], water["redone"]) == ("0", "0")
    assert water["closing_rate"].endswith(f"{DONE} / {DONE + int(water['overdue']) - LATE}")
    assert water["handovers"] == "1.00 次"
    assert water["contact_time"] == "20 分钟"
    assert cells(page, "unit", "住建局")["closing_rate"].startswith(("—", "样本不足"))
    assert every_number_opens_its_cases(page, "#table-unit") > 10


@pytest.mark.requirement("R093")
def test_the_desk_reads_what_each_unit_registered(open_page: Open, town: Town) -> None:  # noqa: F811
    """Cases by the unit that registered them, beside what came from the machines, with their shares by source."""
    a_month_of_work(town)
    page = open_page("desk", DESK)
    page.goto("/stats?period=month")
    page.get_by_role("link", name="登记情况").click()
    drawn(page, "unit")
    drawn(page, "channel")
    for unit in ("水务局", "住建局"):
        told = cells(page, "unit", unit)
        assert (told["registered"], told["direct"], told["done"], told["dispatched"]) == ("1", "1", "1", "0")
    machines = cells(page, "unit", "系统接入")
    assert (machines["registered"], machines["dispatched"]) == (str(HANDLED + 2), str(HANDLED + 2))
    assert cells(page, "channel", town.core.policy.sources["ZJ"].short)["registered"] == "3"  # one by feed
    assert every_number_opens_its_cases(page, "#table-unit", "#table-channel") > 5


@pytest.mark.requirement("R105", "R106")
def test_a_clerk_reads_the_units_own_figures_in_the_hand(open_page: Open, town: Town) -> None:  # noqa: F811
    """At 390 px: all cases of the unit, shares by source, nature and class, closing and overdue rate; nobody else's."""
    a_month_of_work(town)
    page = open_page("water", HAND)
    page.goto("/stats?period=month")
    expect(page.locator("h1")).to_have_text("统计 · 水务局")
    assert page.locator("#table-unit td:first-child").all_inner_texts() == ["水务局"]
    figures = {one.get_attribute("data-measure"): one.inner_text() for one in page.locator(".figures > div").all()}
    assert str(HANDLED) in figures["received"]
    assert re.search(r"\d+\.\d%", figures["closing_rate"])
    assert re.search(r"\d+\.\d%", figures["overdue_rate"])
    shares = page.locator("#table-channel td:nth-child(2)").all_inner_texts()
    assert abs(sum(float(share.rstrip("%")) for share in shares) - 100) < 0.6
    for dim in ("channel", "type", "class"):
        drawn(page, dim)
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.evaluate(SMALL_TARGETS) == []
    assert every_number_opens_its_cases(page, ".figures", "#table-channel", most=8) > 5
    page.goto(page.url.replace("/stats/cases", "/stats"))
    housing = next(unit.id for unit in town.core.directory().units.values() if unit.short == "住建局")
    assert page.goto(f"/stats?unit={housing}").status == 404  # type: ignore[union-attr]


def test_without_the_library_the_tables_stand_alone(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assets, "VENDOR", tmp_path)
    a_month_of_work(town)
    page = open_page("desk", DESK)
    page.goto("/stats?period=month")
    expect(page.locator("#table-unit")).to_be_visible()
    expect(page.locator("#by-unit .chart")).to_be_hidden()


def test_the_tables_leave_as_excel_with_a_reason(open_page: Open, town: Town) -> None:  # noqa: F811
    a_month_of_work(town)
    page = open_page("desk", DESK)
    page.goto("/stats?period=month")
    page.locator("summary", has_text="导出表格").click()
    page.get_by_label("为什么导出").fill("月度通报用")
    with page.expect_download() as taken:
        page.get_by_role("button", name="导出", exact=True).click()
    assert taken.value.suggested_filename.endswith(".xlsx")

"""数据接入 in a real browser: how the datasets stand, a delivery opened, the refused rows taken."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import python_calamine
from playwright.sync_api import Page, expect

from core.feeds.desk import Feeds
from core.policy.feeds import read_datasets
from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    TRAPS,
    Open,
    address,
    browser,
    open_page,
    town,
)
from tests.chromium import CHROMIUM
from tests.core.feed_room import TOPICS, berth
from tests.webapp.town import Town

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")


@pytest.fixture
def feeds(town: Town) -> Feeds:  # noqa: F811
    """A morning of the port: one good delivery, one with bad rows and strange columns, one that was none."""
    made = town.core.feeds = Feeds(town.core, read_datasets(TOPICS))
    berths = made.dataset("port", "berths")
    for hour in range(3):
        made.push(berths, {"rows": [berth(f"{n}号", hour * 60 + n, 10 * n) for n in range(12)]}, "port-1")
    bad = [berth(tons=-5), {"at": "soon"}, *(berth(trap, 5, state=trap) for trap in TRAPS), "x" * 400]
    made.push(berths, {"rows": [*bad, berth("9号", 3, captain="吴某")]}, "port-1")
    made.turned_away(berths, "port-1", "内容格式不对：不是 UTF-8 编码的 JSON。", 12, demo=False)
    incidents = made.dataset("port", "incidents")
    row = {"at": "2026-03-09T08:00:00+08:00", "number": "A1", "state": "处置中"}
    made.push(incidents, {"rows": [row]}, "stand-in", demo=True)
    return made


def fits(page: Page) -> None:
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.evaluate("window.hit") is None
    if page.evaluate("innerWidth") == HAND[0]:
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_what_came_and_what_was_refused_can_be_opened_and_taken(
    open_page: Open,  # noqa: F811
    feeds: Feeds,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    page = open_page("system", size)
    page.goto("/feeds")
    line = page.get_by_role("row").filter(has_text="泊位作业")
    expect(line).to_contain_text("有未登记的列：captain")
    expect(page.get_by_role("row").filter(has_text="港区事件")).to_contain_text("演示数据")
    fits(page)
    page.get_by_role("link", name="今天有不收").click()
    expect(page.get_by_text("港区事件")).to_have_count(0)
    page.get_by_role("link", name="泊位作业").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("泊位作业")
    expect(page.get_by_text("不是 UTF-8 编码的 JSON")).to_be_visible()
    page.get_by_text("要哪些列").click()
    expect(page.get_by_text("选项：作业、空闲、检修")).to_be_visible()
    fits(page)
    with page.expect_download() as told:
        page.get_by_role("link", name="下载不收的行").click()
    told.value.save_as(tmp_path / "refused.xlsx")
    rows = python_calamine.CalamineWorkbook.from_filelike(BytesIO((tmp_path / "refused.xlsx").read_bytes()))
    words = str(rows.get_sheet_by_index(0).to_python())
    assert "「吞吐量」小于 0" in words
    assert "「时间」不是时间" in words
    page.get_by_role("link", name="有不收的").click()
    page.locator(".deliveries .grid-row a").first.click()
    expect(page.get_by_role("table", name="不收的行")).to_contain_text("「吞吐量」小于 0")
    expect(page.locator(".measured tbody tr")).to_have_count(1)
    fits(page)
    page.goto("/feeds/port/ships")
    expect(page.get_by_text("没有找到")).to_be_visible()

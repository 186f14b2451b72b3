"""热点 and 合并 in a real browser: seen at a desk and in a hand, decided and merged with the mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    address,
    browser,
    open_page,
    town,
)
from tests.chromium import CHROMIUM
from tests.webapp.test_alike_pages import a_hot_spot
from tests.webapp.town import Town

Open = Callable[..., Page]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_hot_spots_fit_their_screen(open_page: Open, town: Town, size: tuple[int, int]) -> None:  # noqa: F811
    spot = a_hot_spot(town)
    case = town.core.work(town.actor("desk"), "all").items[0]
    page = open_page("desk", size)
    for path in ("/hotspots", f"/hotspots/{spot}", f"/cases/{case.no}"):
        page.goto(path)
        assert page.evaluate(SIDEWAYS) <= 0, path
        if size == HAND:
            assert page.evaluate(SMALL_TARGETS) == [], path


def test_a_warning_is_accepted_and_its_cases_opened(open_page: Open, town: Town) -> None:  # noqa: F811
    a_hot_spot(town)
    page = open_page("desk", DESK)
    page.get_by_role("link", name="热点").click()
    spot = page.locator(".spot")
    expect(spot).to_contain_text("橙色预警")
    expect(spot.locator("svg.spark")).to_be_visible()
    spot.get_by_role("button", name="采纳预警").click()
    expect(page.get_by_role("status")).to_contain_text("已采纳")
    expect(page.locator(".spot")).to_contain_text("已采纳")
    page.locator(".alike-list a").first.click()
    expect(page.locator(".case h1")).to_contain_text("港口路下雨就积水")


def test_a_repeat_is_merged_with_one_press_and_taken_out_again(open_page: Open, town: Town) -> None:  # noqa: F811
    first, second = town.register(0), town.register(10)
    page = open_page("desk", DESK)
    page.goto(f"/cases/{town.no(second)}")
    page.get_by_role("region", name="可能重复").get_by_role("button", name="并入这件").click()
    expect(page.get_by_role("status")).to_contain_text(f"已并入尾号 {town.no(first)[-6:]}")
    expect(page.locator(".case .tag").first).to_have_text("已合并")
    page.locator("summary", has_text="撤销合并").click()
    page.get_by_label("原因", exact=True).fill("一个在路口，一个在车库")
    page.locator("form.sheet").get_by_role("button", name="撤销合并").click()
    expect(page.locator(".case .tag").first).to_have_text("待派发")

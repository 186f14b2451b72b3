"""设置 in a real browser (R100, R101): what the administrator keeps, and what others see of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    WIDE,
    Open,
    address,
    browser,
    open_page,
    town,
)
from tests.chromium import CHROMIUM
from tests.webapp.town import Town

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")


def row(page: Page, words: str) -> Locator:
    return page.locator(".kept > li", has_text=words)


def fill(form: Locator, **fields: str) -> None:
    for label, value in fields.items():
        box = form.get_by_label(label, exact=False).first
        if box.evaluate("one => one.tagName") == "SELECT":
            box.select_option(label=value)
        else:
            box.fill(value)


def add(page: Page, what: str, **fields: str) -> None:
    """Open 新增, fill, save."""
    adding = page.locator(".adding")
    if adding.get_attribute("open") is None:
        page.locator("summary", has_text=f"新增{what}").click()
    fill(adding, **fields)
    adding.get_by_role("button", name="保存").click()


def act(page: Page, words: str, title: str, **fields: str) -> None:
    """修改, 停用 or 删除 on the row with these words."""
    one = row(page, words)
    one.locator("summary", has_text=re.compile(f"^{title}$")).click()
    sheet = one.locator("details[open] .sheet")
    fill(sheet, **fields)
    sheet.get_by_role("button").click()


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)


@pytest.mark.requirement("R100")
def test_service_types_are_added_changed_and_retired(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("system", DESK)
    page.get_by_role("link", name="设置").click()
    page.get_by_role("link", name="服务类型", exact=True).click()
    add(page, "服务类型", 代码="noise", 名称="噪声扰民", 诉求性质="投诉")
    says(page, "已新增「噪声扰民」")
    expect(row(page, "噪声扰民")).to_contain_text("投诉")
    case = town.register(6, service_type="noise")
    act(page, "噪声扰民", "修改", 名称="噪声污染", 原因="与上级口径一致")
    says(page, "已修改「噪声污染」")
    act(page, "噪声污染", "停用", 原因="并入管理投诉")
    says(page, "已停用「噪声污染」")
    expect(row(page, "噪声污染")).to_contain_text("已停用")
    expect(row(page, "噪声污染").locator("summary", has_text="停用")).to_have_count(0)
    expect(page.locator("summary", has_text=re.compile("^删除$"))).to_have_count(0)
    row(page, "噪声污染").get_by_role("link", name="记录").click()
    told = page.locator(".changes > li")
    expect(told).to_have_count(3)
    expect(told.nth(1)).to_contain_text("噪声扰民 → 噪声污染")
    expect(told.nth(1)).to_contain_text("李小虹")
    expect(told.first).to_contain_text("原因：并入管理投诉")
    assert town.core.case_view(town.actor("desk"), case).title, "a case of a retired type lives on"


@pytest.mark.requirement("R101")
def test_sources_are_added_changed_and_deleted_or_retired(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("system", DESK)
    page.goto("/settings/source")
    expect(page.locator(".kept > li")).to_have_count(12)
    add(page, "问题来源", 代码="yj", 名称="应急值守电话", 简称="应急电话", 排列次序="13")
    says(page, "「代码」填得不对")
    expect(page.locator(".adding").get_by_label("名称")).to_have_value("应急值守电话")
    add(page, "问题来源", 代码="YJ")
    says(page, "已新增「应急值守电话」")
    act(page, "应急值守电话", "修改", 简称="应急值守", 原因="简称更明白")
    says(page, "已修改")
    case = town.register(0, channel="YJ")
    desk = open_page("desk", HAND)
    desk.locator(".filters > summary").tap()
    desk.locator(".menu summary", has_text="来源").tap()
    desk.get_by_role("link", name="应急值守", exact=True).tap()
    expect(desk.locator(".rows .row")).to_have_count(1)
    act(page, "应急值守电话", "删除", 原因="不再使用")
    says(page, "「应急值守电话」已有 1 件办件，不能删除，请改为停用")
    act(page, "应急值守电话", "停用", 原因="不再使用")
    says(page, "已停用「应急值守电话」")
    desk.goto(f"/cases/{town.no(case)}")
    expect(desk.locator(".case-head")).to_contain_text("应急值守电话")
    act(page, "人大代表与政协委员反映", "删除", 原因="并入信访")
    says(page, "已删除「人大代表与政协委员反映」")
    expect(row(page, "人大代表与政协委员反映")).to_have_count(0)
    desk.goto("/cases")
    assert "代表委员" not in desk.content()
    page.get_by_role("link", name="变更记录").click()
    expect(page.locator(".changes > li").first).to_contain_text("删除「人大代表与政协委员反映」")


def test_a_form_sent_twice_is_one_row(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("system", DESK)
    page.goto("/settings/source")
    page.locator("summary", has_text="新增问题来源").click()
    fill(page.locator(".adding"), 代码="YJ", 名称="应急值守电话", 简称="应急电话", 排列次序="13")
    twice = """form => {
        const send = () => fetch(form.action, {method: 'POST', body: new URLSearchParams(new FormData(form))});
        return Promise.all([send(), send()]).then(all => all.map(one => one.status)); }"""
    assert page.locator(".adding form").evaluate(twice) == [200, 200]
    page.goto("/settings/source/history")
    expect(page.locator(".changes > li")).to_have_count(1)


@pytest.mark.parametrize("size", [HAND, DESK, WIDE], ids=["390", "1440", "1920"])
def test_no_settings_page_scrolls_sideways_and_every_target_fits_a_thumb(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    for login in ("system", "security", "head"):
        page = open_page(login, size)
        for one in town.core.registers.page(town.actor(login)).tabs:
            for path in (f"/settings/{one.name}", f"/settings/{one.name}/history"):
                page.goto(path)
                page.evaluate(
                    "document.querySelectorAll('.adding, .kept > li:first-child .move').forEach(o => o.open = true)"
                )
                assert page.evaluate(SIDEWAYS) <= 0, path
                if size == HAND:
                    assert page.evaluate(SMALL_TARGETS) == [], path

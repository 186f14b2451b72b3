"""巡查 in a real browser: a unit plans, its people walk, the plan shows walks and findings, the case shows its walk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

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
    pytestmark,
    town,
)
from tests.webapp.town import Town

NAME = "港口路沿线"


def plan(page: Page, **fields: str) -> None:
    """新增巡查计划: texts by their label, weekdays and people by their tick."""
    adding = page.locator(".adding")
    if adding.get_attribute("open") is None:
        adding.locator("summary").click()
    for label, text in {"名称": NAME, "地点或片区": "港口路公交站", "看什么": "井盖、路灯、占道", **fields}.items():
        adding.get_by_label(label).fill(text)
    adding.get_by_label("周一").check()
    adding.get_by_role("button", name="保存").click()


def walked(page: Page, note: str) -> None:
    page.get_by_role("button", name="开始巡查").click()
    expect(page.get_by_role("status")).to_contain_text("开始了")
    page.get_by_placeholder("有要说明的").fill(note)
    page.get_by_role("button", name="走完了").click()


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_a_unit_plans_and_walks_and_sees_what_came_of_it(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    page = open_page("water", size)
    page.get_by_role("link", name="巡查", exact=True).click()
    expect(page.locator(".empty").first).to_contain_text("今天没有巡查")
    plan(page)
    expect(page.get_by_role("status")).to_contain_text("请填写「巡查人」后再新增。")
    expect(page.locator(".adding").get_by_label("看什么")).to_have_value("井盖、路灯、占道")
    expect(page.locator(".adding").get_by_label("周一")).to_be_checked()
    page.locator(".adding").get_by_label("韩德玲（水务局 专办员）").check()
    page.locator(".adding").get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text(f"已新增「{NAME}」")
    expect(page.locator(".plan-facts")).to_contain_text("每周一")
    page.get_by_role("link", name="返回巡查").click()
    clerk = town.core.actor_for("dingtalk", "water")
    walk = town.core.patrols.today(clerk).walks[0]
    page.get_by_role("button", name="开始巡查").click()
    token = town.core.arrivals.drafts.tell("found", clerk, "井盖松了")
    no = town.core.arrivals.drafts.confirm(clerk, token).rpartition(" ")[2]
    page.reload()
    expect(page.locator(".walks")).to_contain_text("巡查中")
    page.get_by_placeholder("有要说明的").fill("其余都好")
    page.get_by_role("button", name="走完了").click()
    expect(page.get_by_role("status")).to_contain_text("已记下走完，发现问题 1 处")
    expect(page.locator(".tallies dd")).to_have_text(["1", "0", "1"])
    page.locator(".plan-head a").click()
    expect(page.locator(".walks")).to_contain_text("其余都好")
    page.get_by_role("link", name="井盖松了").click()
    expect(page.locator(".case .no").first).to_have_text(no)
    expect(page.locator(".facts")).to_contain_text(f"{NAME} 3月9日 韩德玲")
    page.locator(".facts").get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    assert walk.plan == int(page.url.rpartition("/")[2])


def test_a_plan_is_changed_and_ended_by_its_own_unit_alone(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("water", DESK)
    page.goto("/patrols")
    page.locator(".adding summary").click()
    page.locator(".adding").get_by_label("韩德玲（水务局 专办员）").check()
    assert page.locator(".adding").get_by_label("钟德峰").count() == 0, "walkers are one's own people"
    plan(page)
    page.locator(".plan-acts summary", has_text="修改").click()
    page.locator(".plan-acts details[open]").get_by_label("周一").uncheck()
    page.locator(".plan-acts details[open]").get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("请填写「每周哪几天」或「指定日期」后再修改。")
    page.locator(".plan-acts details[open]").get_by_label("指定日期").fill("2026-03-20")
    page.locator(".plan-acts details[open]").get_by_role("button", name="保存").click()
    expect(page.locator(".plan-facts")).to_contain_text("3月20日 周五")
    reader = open_page("head", HAND)
    reader.goto(page.url)
    expect(reader.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(reader.locator(".plan-acts")).to_have_count(0)
    stranger = open_page("housing", DESK)
    assert stranger.goto(page.url).status == 404  # type: ignore[union-attr]
    page.locator(".plan-acts summary", has_text="停用").click()
    page.locator(".plan-acts details[open]").get_by_label("原因").fill("片区划给街道")
    page.get_by_role("button", name="确认停用").click()
    expect(page.locator(".page-head")).to_contain_text("起停用")
    expect(page.locator(".changes")).to_contain_text("原因：片区划给街道")


@pytest.mark.parametrize("size", [HAND, DESK, WIDE], ids=["390", "1440", "1920"])
def test_no_patrol_page_scrolls_sideways_and_every_target_fits_a_thumb(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    page = open_page("water", size)
    page.goto("/patrols")
    page.locator(".adding summary").click()
    page.locator(".adding").get_by_label("韩德玲（水务局 专办员）").check()
    plan(page, 名称="港" * 20, 地点或片区="港口路" * 20, 看什么="井盖、" * 33)
    one = page.url
    page.goto("/patrols")
    walked(page, "走" * 100)
    for path in ("/patrols", one):
        page.goto(path)
        page.evaluate("document.querySelectorAll('.adding, .plan-acts .move').forEach(one => one.open = true)")
        assert page.evaluate(SIDEWAYS) <= 0, path
        if size == HAND:
            assert page.evaluate(SMALL_TARGETS) == [], path

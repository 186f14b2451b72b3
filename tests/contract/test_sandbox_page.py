"""The practice ground in Chromium: what a new clerk does on it, at a desk and on a phone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import CHROMIUM
from tests.sandbox.rig import ROOT, Sandbox, environment, started

BANNER = "练习环境 · 数据均为虚构 · 不会发送到真实钉钉"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    command = [sys.executable, "-m", "tests.sandbox.examples.echo_bot"]
    with started() as running:
        quiet = subprocess.DEVNULL
        bot = subprocess.Popen(command, cwd=ROOT, env=environment(running), stdout=quiet, stderr=quiet)
        running.until(lambda: running.get("connections"))
        yield running
        bot.kill()
        bot.wait(5)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(autouse=True)
def fresh(sandbox: Sandbox) -> None:
    sandbox.post("reset")
    sandbox.add_people(
        {"userId": "u1", "name": "王海燕", "unit": "区社会治理中心", "title": "派单员"},
        {"userId": "u2", "name": "陈明", "unit": "水务局", "title": "经办"},
    )
    order: dict[str, Any] = {
        "cardTemplateId": "example.schema", "outTrackId": "k", "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "港口路积水", "state": "待签收", "tone": "orange", "number": "X"}},
        "privateData": {"u2": {"cardParamMap": {"can_sign": "true", "can_return": "true"}}},
        "openSpaceId": "dtv1.card//IM_ROBOT.u1;IM_ROBOT.u2",
        "imRobotOpenSpaceModel": {"lastMessageI18n": {"ZH_CN": "【待签收】港口路积水"}},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
    }  # fmt: skip
    sandbox.call("POST", "/v1.0/card/instances/createAndDeliver", order)


def opened(browser: Browser, sandbox: Sandbox, people: str, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{sandbox.base}/sandbox/#{people}")
    return page


def test_two_phones_show_one_card_and_only_the_clicker_sees_the_answer(browser: Browser, sandbox: Sandbox) -> None:
    page = opened(browser, sandbox, "u1,u2", 1920, 1000)
    expect(page.locator(".banner")).to_have_text(BANNER)
    theirs, mine = page.locator("[data-user=u1]"), page.locator("[data-user=u2]")
    expect(mine.locator(".badge")).to_have_text("1")
    for phone in (theirs, mine):
        phone.locator(".chat-row").click()
        expect(phone.locator(".card .tag")).to_have_text("待签收")
    mine.get_by_role("button", name="签收").click()
    expect(mine.locator(".card .tag")).to_have_text("已签收")
    expect(mine.locator(".card-private")).to_have_text("您已签收")
    expect(mine.locator(".card-differs")).to_be_visible()
    expect(theirs.locator(".card .tag")).to_have_text("待签收")
    page.get_by_role("button", name="报文与故障").click()
    expect(page.locator(".trace").first).to_contain_text("点击回调")
    page.close()


def test_a_form_checks_sends_and_a_lost_click_is_told(browser: Browser, sandbox: Sandbox) -> None:
    page = opened(browser, sandbox, "u2", 1366, 768)
    phone = page.locator("[data-user=u2]")
    phone.locator(".chat-row").click()
    phone.get_by_role("button", name="退回").click()
    phone.get_by_role("button", name="提交").click()
    expect(phone.locator("[data-field=basis] .wrong")).to_have_text("请填写「依据」")
    phone.locator("[data-field=reason] select").select_option("wrong_duty")
    phone.locator("[data-field=basis] input").fill("三定方案")
    sandbox.set_faults(drop={"share": 1})
    phone.get_by_role("button", name="提交").click()
    expect(phone.locator(".toast")).to_have_text("网络有点慢，请稍后再点一次")
    expect(phone.locator(".veil")).to_have_count(0)
    page.close()


def test_a_narrow_screen_holds_one_phone_without_sideways_scrolling(browser: Browser, sandbox: Sandbox) -> None:
    page = opened(browser, sandbox, "u1,u2", 390, 844)
    expect(page.locator(".banner")).to_be_visible()
    phone = page.locator(".phone.chosen")
    phone.locator(".chat-row").click()
    phone.locator(".words").fill("待办")
    phone.get_by_role("button", name="发送").click()
    expect(phone.locator(".said.mine .bubble")).to_have_text("待办")
    expect(phone.locator(".bubble").last).to_contain_text("收到：待办")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="报文与故障").click()
    page.get_by_role("button", name="+1 小时").click()
    expect(page.locator(".clock-face")).to_contain_text("业务时间（已拨动）")
    page.close()

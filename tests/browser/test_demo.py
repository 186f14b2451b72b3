"""A clean clone, `make run`, and one appeal lived through on three phones in Chromium, then looked up at the desk."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.demo import Demo, Hand, chromium, clone, sign_in, watched
from tests.chromium import CHROMIUM

DISPATCHER, CLERK, CALLER, AUDITOR = "xy011", "xy023", "xy015", "xy019"
HOME, LIST = "总客服 · 我的首页", "办件列表"
MOST_PAGES = 20
EMPTIED_S = 300.0
"""How long one may watch the tray; how soon things are ready is measured by the bench."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium"),
]


@dataclass
class Ground:
    """The practice ground, open in a browser."""

    demo: Demo
    context: BrowserContext
    page: Page

    def hand(self, user: str) -> Hand:
        return Hand(self.page, user)

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """From a clean clone, started a second time, seen by three people at once; complains about any complaint."""
    clone(tmp_path / "clone")
    demo = Demo(tmp_path / "clone")
    with demo.running():
        demo.settle()
    with demo.running(), chromium() as browser:
        context = browser.new_context(viewport={"width": 1500, "height": 1000}, locale="zh-CN")
        complaints = watched(context, demo)
        page = context.new_page()
        page.goto(f"{demo.phones}#{DISPATCHER},{CLERK},{CALLER}")
        expect(page.locator("#link")).to_have_text(re.compile("机器人在线"))
        yield Ground(demo, context, page)
        context.close()
    assert not complaints


def test_the_story_of_one_appeal_as_people_live_it(ground: Ground) -> None:
    ground.press("到下个工作日")
    expect(ground.page.locator(".now")).to_contain_text("09:0")
    title = lived_through(ground)
    frames_are_shown(ground)
    the_clock_makes_things_overdue(ground)
    no = found_at_the_desk(ground, title)
    told_line_by_line(ground, no)
    nothing_left_in_the_tray(ground)
    the_record_is_whole(ground)


def lived_through(ground: Ground) -> str:
    """待办 → 派发 → 签收 → 办结 → 办结 → 回访; every phone's card ends without buttons."""
    dispatcher, clerk, caller = (ground.hand(user) for user in (DISPATCHER, CLERK, CALLER))
    title = first_to_dispatch(dispatcher)
    dispatcher.press(dispatcher.state(title, "待派发"), "派发")
    dispatcher.fill(other_unit="水务局", opinion="请今天到现场看看")
    clerk.open_chat()
    clerk.press(clerk.state(title, "待签收"), "签收")
    clerk.press(clerk.state(title, "办理中"), "办结")
    clerk.fill(result="已到现场处理完毕，并与群众当面说明。", solved="已解决")
    dispatcher.press(dispatcher.state(title, "待办结"), "办结")
    dispatcher.fill(reply="已到现场处理完毕。")
    turned_to(caller, lambda page: page.get_by_role("button", name=title)).click()
    caller.press(caller.state(title, "待回访"), "回访")
    caller.fill(connected="已接通", contacted="已联系", solved="已解决", satisfied="满意")
    for hand in (dispatcher, clerk, caller):
        ended = hand.state(title, "已办结")
        expect(ended.locator(".act, .card-more")).to_have_count(0)
        expect(ended).to_contain_text("已到现场处理完毕")
    return title


def first_to_dispatch(hand: Hand) -> str:
    """The title of the first case in 待办 that waits to be dispatched, its card opened."""
    row = turned_to(hand, lambda page: page.locator(".card-list button", has_text="待派发"))
    title = row.locator("b").inner_text()
    row.click()
    return title


def turned_to(hand: Hand, wanted: Callable[[Locator], Locator]) -> Locator:
    """The first row that is wanted, on whichever page of 待办 it stands."""
    page = hand.say("待办", LIST)
    for _ in range(MOST_PAGES):
        found = wanted(page)
        if found.count():
            return found.first
        heading = page.locator(".card-strong").first.inner_text()
        page.get_by_role("button", name="下一页").click()
        expect(page.locator(".card-strong").first).not_to_have_text(heading)
    raise AssertionError("no such row in 待办")


def frames_are_shown(ground: Ground) -> None:
    """Each tap's frames lie in the drawer, the last tap's opened."""
    ground.press("报文与故障")
    call = ground.page.locator(".trace", has_text="点击回调").first.locator("details.down").first
    expect(call).to_have_attribute("open", "")
    expect(call.locator("pre")).to_contain_text("outTrackId")
    ground.press("报文与故障")


def the_clock_makes_things_overdue(ground: Ground) -> None:
    """Some days later the same question has another answer."""
    clerk = ground.hand(CLERK)
    before = overdue(clerk.say("主页", HOME))
    for _ in range(12):
        face = ground.page.locator(".now").inner_text()
        ground.press("到下个工作日")
        expect(ground.page.locator(".now")).not_to_have_text(face)
    assert overdue(clerk.say("主页", HOME)) > before
    expect(clerk.say("待办", LIST).locator(".card-list li").first).to_contain_text("已超期")


def overdue(home: Locator) -> int:
    """The number on the home card's 超期."""
    return int(home.get_by_role("button", name="超期").locator("b").inner_text())


def found_at_the_desk(ground: Ground, title: str) -> str:
    """The console's search finds the case; its number."""
    desk = ground.context.new_page()
    sign_in(desk, ground.demo, "p011")
    desk.fill("#search", title)
    desk.press("#search", "Enter")
    desk.locator(".row", has_text="已办结").filter(has_text=title).first.click()
    expect(desk.locator(".case h1")).to_contain_text(title)
    no = desk.locator(".case-head .no").inner_text()
    desk.close()
    return no


def told_line_by_line(ground: Ground, no: str) -> None:
    """The timeline has every act, signed by person and post."""
    desk = ground.context.new_page()
    desk.goto(f"{ground.demo.web}/cases/{no}")
    told = desk.locator(".timeline li")
    for who, act in (
        ("指挥中心 莫雅冰 调度员（一席）", "派发"),
        ("水务局 韩德玲 热线专办员", "签收"),
        ("水务局 韩德玲 热线专办员", "办结"),
        ("指挥中心 莫雅冰 调度员（一席）", "办结"),
        ("指挥中心 周朝杰 回访员（一席）", "回访"),
    ):
        expect(told.filter(has_text=who).filter(has_text=act).first).to_be_visible()
    desk.get_by_text("莫雅冰").first.click()
    desk.get_by_role("button", name="退出登录").click()
    desk.close()


def nothing_left_in_the_tray(ground: Ground) -> None:
    """Whatever had to leave has left, the warnings and copies of a morning that was moved to included."""
    desk = ground.context.new_page()
    signed_in_with_number(ground, desk, "p017", "xy017")
    ends = time.monotonic() + EMPTIED_S
    desk.goto(f"{ground.demo.web}/tray")
    while not desk.locator(".empty").is_visible() and time.monotonic() < ends:
        desk.wait_for_timeout(1000)
        desk.reload()
    expect(desk.locator(".empty")).to_be_visible()
    desk.locator(".me summary").click()
    desk.get_by_role("button", name="退出登录").click()
    desk.close()


def the_record_is_whole(ground: Ground) -> None:
    """The audit administrator verifies the log."""
    desk = ground.context.new_page()
    signed_in_with_number(ground, desk, "p019", AUDITOR)
    desk.goto(f"{ground.demo.web}/log")
    desk.get_by_role("button", name="核验").click()
    expect(desk.locator(".verdict")).to_contain_text("核验通过")


def signed_in_with_number(ground: Ground, desk: Page, login: str, user: str) -> None:
    """An administrator signs in with the number that reaches their phone on the sandbox page."""
    sign_in(desk, ground.demo, login)
    expect(desk.locator("#number")).to_be_visible()
    ground.press("添加手机")
    name = ground.page.evaluate(
        "async id => (await (await fetch('/sandbox/people')).json()).find(p => p.userId === id).name", user
    )
    ground.page.locator("#dialog input").fill(name)
    ground.page.locator("#dialog .found button", has_text=name).click()
    hand = ground.hand(user)
    hand.open_chat()
    told = hand.phone.locator(".bubble, .card", has_text=re.compile(r"\d{6}")).last
    expect(told).to_be_visible()
    number = re.search(r"\d{6}", told.inner_text())
    assert number
    desk.fill("#number", number.group())
    desk.get_by_role("button", name="确认登录").click()
    expect(desk.locator(".me")).to_be_visible()

"""联办 in a real browser: one order from the flag to the rating by six hands, and looks that can be measured."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from core import Core, seeding
from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    TRAPS,
    WIDE,
    browser,
    not_worth_it,
)
from tests.builders import clerk, person
from tests.chromium import CHROMIUM
from tests.clock import StillClock
from tests.core.joint_room import FIRST, REFUSAL, SECOND, an_order, closed, move
from tests.core.test_joint_chain import a_chain
from tests.databases import SQLite
from tests.town import a_core, settled
from webapp import create_app

CITY, CITY_HEAD, WATER, WATER_HEAD, LEADER, CENTRE = "p021", "p020", "p023", "p022", "p001", "p009"
TITLE = "港口路围墙倒塌"
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")
Enter = Callable[..., Page]


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    built = a_core(SQLite().prepared(settled, tmp_path), StillClock())
    yield built
    built.engine.dispose()


@pytest.fixture
def enter(browser: Browser, core: Core) -> Iterator[Enter]:  # noqa: F811
    """`enter("p021", DESK)`: a browser of that size with that person signed in; complains about any complaint."""
    server = make_server("127.0.0.1", 0, create_app(core), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def entered(login: str, size: tuple[int, int] = DESK) -> Page:
        hand = size == HAND
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{server.server_port}", viewport={"width": size[0], "height": size[1]},
            is_mobile=hand, has_touch=hand,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: None if not_worth_it(said.type, said.text) else complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-in")
        page.fill("#login", login)
        page.fill("#password", seeding.PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.locator(".rail")).to_be_visible()
        return page

    yield entered
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert not complaints


def opened(page: Page, title: str = TITLE, tab: str = "") -> Page:
    """The order with this title, from the reader's list."""
    page.goto(f"/joint?list={tab}")
    page.locator(".joint-rows").get_by_text(title, exact=True).first.click()
    return page


def press(page: Page, title: str, **fields: str) -> None:
    """One move of the page: its button, or its form filled and sent."""
    move = page.locator(".move", has=page.locator(f'.button:text-is("{title}")')).first
    folded = page.locator("details.more:not([open]) > summary")
    if not move.locator(".button").first.is_visible() and folded.count():
        folded.first.click()
    has_form = move.evaluate("one => one.tagName") == "DETAILS"
    move.locator(".button").first.click()
    for name, value in fields.items():
        box = move.locator(f'[name="{name}"]')
        if box.evaluate("one => one.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)
    if has_form:
        move.locator("form .button").click()
    expect(page.get_by_role("status")).to_contain_text("已办好")


def test_an_order_goes_from_the_flag_to_the_rating_by_six_hands(enter: Enter, core: Core) -> None:
    city, water = enter(CITY, DESK), enter(WATER, HAND)
    city.goto("/joint")
    city.get_by_role("link", name="发起联办").click()
    for name, value in (("title", TITLE), ("matter", "查清原因"), ("meet_at", "3月10日 15:00"), ("place", "港口路")):
        city.fill(f"#flag-{name}", value)
    city.select_option("#flag-flag_kind", label="安全隐患")
    city.select_option("#flag-flag_reason", label="突发应急，需多单位到场")
    city.locator(".joint-picks > summary").click()
    city.get_by_label("水务局", exact=True).first.check()
    city.get_by_role("button", name="树旗").click()
    expect(city.get_by_role("status")).to_contain_text("已树旗，编号 XYDQ")
    opened(water).locator(".thumb").get_by_role("button", name="同意报到").tap()
    expect(water.get_by_role("status")).to_contain_text("待签到")
    city.reload()
    press(city, "开始签到")
    water.reload()
    press(water, "签到", place="路口东侧")
    city.reload()
    press(city, "会议结束")
    water.reload()
    press(water, "报进展", measures="关阀", result="渗漏已止")
    press(opened(enter(WATER_HEAD, HAND)), "审批通过", opinion="属实")
    city.reload()
    press(city, "联办办结", opinion="办妥")
    press(opened(enter(CITY_HEAD, DESK), tab="raised"), "同意办结", opinion="同意")
    water.reload()
    press(water, "评价发起单位", pleased="pleased")
    city.reload()
    press(city, "评价联办单位", pleased="pleased")
    expect(city.locator(".steps [aria-current]")).to_contain_text("完成")
    centre = opened(enter(CENTRE, WIDE), tab="finished")
    expect(centre.locator(".joint-facts")).to_contain_text("渗漏已止")
    expect(centre.locator(".joint-facts")).to_contain_text("发起单位评 满意")
    assert core.verify_log().ok


@pytest.mark.parametrize("size", [HAND, DESK, WIDE], ids=["390", "1440", "1920"])
def test_every_page_fits_its_window_and_a_thumb(enter: Enter, core: Core, size: tuple[int, int]) -> None:
    first, second = an_order(core, title="字" * 100, place="远" * 60), closed(core)
    move(core, clerk(core, SECOND), first, "refuse", SECOND, **REFUSAL)
    move(core, clerk(core), first, "contest", SECOND, reason="属你单位职责")
    addresses = [f"/joint/{core.joints.sheet(order).order['no']}" for order in (first, second)]
    for login in (CITY, WATER, LEADER, CENTRE):
        page = enter(login, size)
        for address in ("/joint", "/joint?list=running&q=没有", *addresses, *(["/joint/new"] if login == CITY else [])):
            page.goto(address)
            for fold in page.locator("main details > summary:visible").all()[:4]:
                fold.click()
            assert page.evaluate(SIDEWAYS) <= 0, (login, address)
            if size == HAND:
                assert page.evaluate(SMALL_TARGETS) == [], (login, address)


def test_a_leader_rules_either_way_from_the_bar_at_the_thumb(enter: Enter, core: Core) -> None:
    orders = [an_order(core, title=title) for title in ("港口路积水", TITLE)]
    for order in orders:
        move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
        move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    phone = enter(LEADER, HAND)
    for order, ruling, fate in zip(orders, ("判定参加", "判定移出"), ("待签到", "已移出"), strict=True):
        phone.goto(f"/joint/{core.joints.sheet(order).order['no']}")
        bar = phone.locator(".thumb")
        expect(bar).to_contain_text("住建局待判定 还剩")
        assert bar.locator(".button").all_inner_texts() == ["判定参加", "判定移出"]
        for button in bar.locator(".button").all():
            box = button.bounding_box()
            assert box is not None
            assert (box["width"] >= 140, box["height"] >= 44) == (True, True)
        bar.get_by_role("link", name=ruling).tap()
        phone.locator(f'.move[open] button:text-is("{ruling}")').tap()
        expect(phone.get_by_role("status")).to_contain_text("已办好")
        expect(phone.locator('.leg > p:has(b:text-is("住建局"))')).to_contain_text(fate)
    assert phone.locator(".thumb").count() == 0, "nothing is left to rule"


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_the_chain_of_orders_raised_again_is_read_and_walked_from_any_of_them(
    enter: Enter, core: Core, size: tuple[int, int]
) -> None:
    orders = a_chain(core, 5)
    numbers = [core.joints.sheet(order).order["no"] for order in orders]
    page = enter(CITY, size)
    page.goto(f"/joint/{numbers[2]}")
    chain = page.get_by_role("list", name="联办接续")
    assert chain.locator(".no").all_inner_texts() == numbers
    expect(chain.locator("[aria-current]")).to_contain_text(f"{numbers[2]} 本次")
    assert page.evaluate(SIDEWAYS) <= 0
    chain.get_by_role("link", name=numbers[4]).click()
    expect(chain.locator("[aria-current]")).to_contain_text(f"{numbers[4]} 本次")
    assert chain.locator(".no").all_inner_texts() == numbers


def test_words_that_look_like_code_stay_words(enter: Enter, core: Core) -> None:
    for trap in TRAPS:
        an_order(core, title=trap[:60], matter=trap, place=trap[:60], units=FIRST)
    assert person(core, "unit_clerk", FIRST)
    page = enter(WATER, HAND)
    page.goto("/joint")
    links = page.locator(".joint-rows a").all()
    assert len(links) == len(TRAPS)
    for address in [link.get_attribute("href") for link in links]:
        page.goto(str(address))
        assert page.evaluate("window.hit") is None
        assert re.search("报到", page.locator(".turn").inner_text())

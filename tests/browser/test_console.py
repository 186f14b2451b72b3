"""The console in a real browser, at a desk and in a hand: the story, the keys, the looks that can be measured."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.browser.entrance import enter
from tests.chromium import CHROMIUM
from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.webapp.town import PASSWORD, Town, a_busy_week, break_letters, build
from webapp import create_app

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
HAND, DESK, WIDE = (390, 844), (1440, 900), (1920, 1080)
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
SMALL_TARGETS = """() =>
    [...document.querySelectorAll('a, button, summary, input:not([type=hidden]), select, textarea')]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().width > 0)
    .map(e => [e.textContent.trim().slice(0, 12), Math.round(e.getBoundingClientRect().height)])
    .filter(([, height]) => height < 44)"""
SIZES = pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
TRAPS = [
    "<script>window.hit=1</script>",
    '"><img src=x onerror="window.hit=1">',
    "<svg onload=window.hit=1>",
    "javascript:window.hit=1",
    "{{ 7*7 }}{% set x = 1 %}",
    "</textarea><script>window.hit=1</script>",
    "\u202e反写\u2066",
]

Open = Callable[..., Page]


def not_worth_it(kind: str, said: str) -> bool:
    """A refusal is an answer like any other, though the browser mutters about its status."""
    return kind not in ("error", "warning") or "responded with a status of 4" in said


pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")


AT_REST = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.playState === 'running' && one.effect?.getComputedTiming().iterations !== Infinity)
  .map((one) => one.finished))"""
"""Answers when every transition, and every animation that ends, has ended."""


def looks_made(page: Page) -> None:
    """No sideways scroll, and in a hand nothing too small to touch, once everything has come to rest.

    A button that was just pressed changes its colour for some tenths of a second: halfway it is neither the one nor the
    other, and no person reads it then.
    """
    page.evaluate(AT_REST)
    assert page.evaluate(SIDEWAYS) <= 0
    if page.evaluate("innerWidth") == HAND[0]:
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = StillClock()
    core = build(SQLite().prepared(migrated, tmp_path), clock)
    yield Town(core, clock)
    core.engine.dispose()


@pytest.fixture
def address(town: Town) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(town.core), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(browser: Browser, address: str, town: Town) -> Iterator[Callable[..., Page]]:
    """`open_page("desk", DESK)`: a browser of that size with that person signed in; complains about any complaint."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(login: str, size: tuple[int, int] = DESK) -> Page:
        hand = size == HAND
        context = browser.new_context(
            base_url=address, viewport={"width": size[0], "height": size[1]}, is_mobile=hand, has_touch=hand
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: None if not_worth_it(said.type, said.text) else complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith(address) else complaints.append(sent.url))
        enter(page, login, PASSWORD, town.core)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def test_a_case_goes_from_the_desk_to_the_unit_and_back(open_page: Open, town: Town) -> None:
    case = town.register(0)
    desk, water = open_page("desk", DESK), open_page("water", HAND)
    desk.get_by_role("link", name=re.compile("港口路下雨就积水")).click()
    desk.locator("summary", has_text="派发").click()
    desk.get_by_label("主办单位").select_option(label="水务局")
    desk.locator("#move-0-dispatch-opinion").fill("请先抽排")
    desk.locator("form.sheet").get_by_role("button", name="派发").click()
    expect(desk.get_by_role("status")).to_contain_text("已派发")
    expect(desk.locator(".whose").first).to_contain_text("水务局（待签收）")
    water.reload()
    water.get_by_role("link", name=re.compile("港口路下雨就积水")).tap()
    water.locator(".thumb").get_by_role("button", name="签收").tap()
    expect(water.get_by_role("status")).to_contain_text("已签收")
    water.locator(".thumb").get_by_role("link", name="办结").tap()
    water.get_by_label("办理结果").fill("已抽排，明日清掏雨水口")
    water.locator("form.sheet").get_by_role("button", name="办结").tap()
    expect(water.get_by_role("status")).to_contain_text("已办结")
    desk.reload()
    expect(desk.locator(".case .tag").first).to_have_text("待办结")
    told = [line.what for line in town.core.case_view(town.actor("desk"), case).timeline]
    assert len(told) >= 4


def test_a_desk_works_by_keys(open_page: Open, town: Town) -> None:
    town.register(0)
    town.register(1)
    desk = open_page("desk")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    second = desk.locator(".row").nth(1)
    expect(second).to_be_focused()
    title = second.locator(".row-title").inner_text()
    desk.keyboard.press("Enter")
    expect(desk.locator(".case h1")).to_have_text(title.removeprefix("急"))
    desk.keyboard.press("d")
    expect(desk.locator(".narrow:focus")).to_have_count(1)
    desk.keyboard.press("Escape")
    expect(desk.get_by_label("主办单位")).to_be_hidden()
    desk.keyboard.press("/")
    expect(desk.locator("#search")).to_be_focused()


def test_list_and_case_stand_side_by_side_at_a_desk_only(open_page: Open, town: Town) -> None:
    no = town.no(town.register(0))
    desk, hand = open_page("desk", DESK), open_page("desk", HAND)
    for page in (desk, hand):
        page.goto(f"/cases/{no}")
    expect(desk.locator(".list")).to_be_visible()
    expect(desk.locator(".case")).to_be_visible()
    expect(hand.locator(".list")).to_be_hidden()
    hand.get_by_role("link", name="返回列表").tap()
    expect(hand.locator(".list")).to_be_visible()


@pytest.mark.parametrize("size", [HAND, DESK, WIDE], ids=["390", "1440", "1920"])
def test_no_page_scrolls_sideways_and_every_target_fits_a_thumb(
    open_page: Open, town: Town, size: tuple[int, int]
) -> None:
    made = a_busy_week(town)
    break_letters(town.core)
    paths = {
        "desk": [
            "/cases",
            "/cases?key=all",
            "/cases?q=没有",
            *(f"/cases/{town.no(case)}" for case in made.values()),
            "/flows",
        ],
        "head": ["/tray", "/tray?state=dead", "/tray?state=given_up"],
        "audit": ["/log", "/log?q=登录"],
    }
    for login, addresses in paths.items():
        page = open_page(login, size)
        for path in addresses:
            place, _, words = path.partition("?q=")
            page.goto(place if words else path)
            if words:
                page.fill("#search", words)
                page.press("#search", "Enter")
                page.wait_for_url("**q=*")
            assert page.evaluate(SIDEWAYS) <= 0, path
            if size == HAND:
                assert page.evaluate(SMALL_TARGETS) == [], path


@pytest.mark.parametrize(("login", "path"), [("desk", "/cases?key=all"), ("desk", "/flows"), ("audit", "/log")])
def test_glyphs_come_from_our_own_font(open_page: Open, town: Town, login: str, path: str) -> None:
    town.register(0)
    page = open_page(login)
    page.goto(path)
    page.wait_for_function("document.fonts.status === 'loaded'")
    loaded = page.evaluate("[...document.fonts].map(font => [font.family, font.status])")
    assert loaded == [["Noto Sans SC", "loaded"]]
    families = "[...new Set([...document.querySelectorAll('body *')].map(one => getComputedStyle(one).fontFamily))]"
    assert page.evaluate(families) == ['"Noto Sans SC", sans-serif']


def test_nothing_a_citizen_writes_runs(open_page: Open, town: Town) -> None:
    for number, trap in enumerate(TRAPS):
        case = town.register(number, title=f"{trap}积水", content=trap, place=trap[:40])
        town.act("desk", case, "dispatch", lead="water", opinion=trap)
    page = open_page("desk")
    with town.core.engine.connect():
        items = town.core.work(town.actor("desk"), "all").items
    for path in ("/cases?key=all", *(f"/cases/{item.no}" for item in items)):
        page.goto(path)
        assert page.evaluate("window.hit") is None, path
    assert page.locator("img[src=x], svg[onload]").count() == 0


def test_a_page_left_open_is_told_who_was_first(open_page: Open, town: Town, browser: Browser) -> None:
    case = town.register(0)
    page = open_page("desk")
    page.goto(f"/cases/{town.no(case)}")
    page.locator("summary", has_text="派发").click()
    page.get_by_label("主办单位").select_option(label="水务局")
    town.act("head", case, "dispatch", lead="housing")
    with page.expect_response(re.compile("/moves/dispatch")) as answer:
        page.locator("form.sheet").get_by_role("button", name="派发").click()
    assert answer.value.status == 409
    expect(page.get_by_role("status")).to_contain_text("蔡婉强")
    expect(page.locator(".whose").first).to_contain_text("住建局（待签收）")


def test_the_audit_administrator_verifies_the_log(open_page: Open, town: Town) -> None:
    town.register(0)
    page = open_page("audit")
    page.goto("/log")
    page.get_by_role("button", name="核验").click()
    expect(page.get_by_role("status")).to_contain_text("核验通过")


def test_a_letter_that_could_not_leave_is_given_up_with_a_reason(open_page: Open, town: Town) -> None:
    a_busy_week(town)
    break_letters(town.core)
    page = open_page("head")
    page.goto("/tray?state=dead")
    letter = page.locator(".grid-row", has_text="对方查无此人")
    letter.locator("summary", has_text="放弃").click()
    letter.get_by_label("为什么放弃").fill("已电话告知本人")
    letter.get_by_role("button", name="确认放弃").click()
    expect(page.get_by_role("status")).to_contain_text("已放弃")
    expect(page.locator(".grid-row", has_text="对方查无此人")).to_have_count(0)


def test_another_post_is_one_tap_away(open_page: Open) -> None:
    page = open_page("water", HAND)
    page.locator(".me summary").tap()
    page.get_by_role("button", name="河道站 河长制联络员（兼）").tap()
    expect(page.locator(".me-post")).to_have_text("河道站 河长制联络员（兼）")


def test_the_practice_ground_says_so_on_every_page(open_page: Open) -> None:
    page = open_page("desk", HAND)
    for path in ("/cases", "/flows"):
        page.goto(path)
        expect(page.get_by_role("note")).to_contain_text("练习环境")

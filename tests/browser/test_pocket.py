"""The phone in a moving hand: no network, a session that ended, a sheet, a poll, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete

from core.models.people import sessions
from core.seeding import PASSWORD
from tests.browser.screen_room import HAND, Eyes, Room, a_room, figures, looking_at
from tests.browser.test_console import SMALL_TARGETS
from tests.chromium import CHROMIUM

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium"),
    pytest.mark.xdist_group("pocket"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_MS = 60_000
PLACE = "port"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("pocket")) as made:
        yield made


@pytest.fixture
def pages(room: Room) -> Iterator[Eyes]:
    with looking_at(room.address) as made:
        yield made


@pytest.fixture
def page(pages: Eyes) -> Page:
    """A topic in the hand, drawn."""
    shown = pages.open(HAND)
    shown.goto("/m/topics")
    shown.goto(f"/m/{PLACE}")
    drawn(shown)
    return shown


def drawn(page: Page) -> None:
    expect(page.locator("#lead .figure-value")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".panel").first).to_be_visible()


def asked_at_once(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('online'))")


def uncovered(page: Page) -> None:
    """The sheet and its step in the history are gone; a browser takes a step back in its own time."""
    gone = "!document.getElementById('sheet').open && !(history.state && history.state.sheet)"
    for _ in range(PATIENCE_MS // 50):
        if page.evaluate(gone):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the sheet did not go away")


def is_open(page: Page) -> bool:
    return bool(page.evaluate("document.getElementById('sheet').open"))


def test_without_a_network_the_picture_stays_and_heals_by_itself(page: Page) -> None:
    before = figures(page)
    page.context.set_offline(True)
    asked_at_once(page)
    said = page.locator("#trouble")
    expect(said).to_have_text(re.compile(r"没有网络，显示的是 \d\d:\d\d 的数据，恢复后自动更新。"), timeout=PATIENCE_MS)
    assert figures(page) == before
    page.context.set_offline(False)
    expect(said).to_be_hidden(timeout=PATIENCE_MS)


def test_a_server_that_does_not_answer_is_no_lost_network(page: Page) -> None:
    page.route("**/screen/*.json", lambda route: route.fulfill(status=503, body="busy"))
    asked_at_once(page)
    said = page.locator("#trouble")
    expect(said).to_contain_text("平台暂时没有回应，显示的是", timeout=PATIENCE_MS)
    expect(page.locator("body")).to_have_class(re.compile(r"\bold\b"), timeout=PATIENCE_MS)
    page.unroute_all()
    expect(said).to_be_hidden(timeout=PATIENCE_MS)
    expect(page.locator("body")).not_to_have_class(re.compile(r"\bold\b"))


def test_what_was_heard_on_another_day_names_the_day(page: Page) -> None:
    """A phone that slept in a pocket over night: a time alone would pass for this morning's."""
    page.context.set_offline(True)
    page.evaluate("heard -= 26 * 3600 * 1000")
    asked_at_once(page)
    day = datetime(2026, 3, 8)  # the room's clock stands at the 9th of March, 14:40
    expect(page.locator("#trouble")).to_contain_text(f"显示的是 {day.month}月{day.day}日 12:4", timeout=PATIENCE_MS)
    page.context.set_offline(False)


def test_taken_out_again_old_numbers_do_not_pass_for_new(page: Page) -> None:
    waiting: list[Route] = []
    page.route("**/screen/*.json", lambda route: waiting.append(route))
    page.evaluate("heard -= 3600 * 1000; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("body")).to_have_class(re.compile(r"\bold\b"))
    for one in waiting:
        one.continue_()
    page.unroute_all()
    expect(page.locator("body")).not_to_have_class(re.compile(r"\bold\b"), timeout=PATIENCE_MS)


def test_a_session_that_ended_is_renewed_in_one_tap_and_leads_back(page: Page, room: Room) -> None:
    before = figures(page)
    with room.core.engine.begin() as tx:
        tx.execute(delete(sessions))
    asked_at_once(page)
    expect(page.locator("#trouble")).to_contain_text("登录已过期，显示的是", timeout=PATIENCE_MS)
    assert figures(page) == before
    assert page.evaluate(SMALL_TARGETS) == []
    page.get_by_role("link", name="重新登录").click()
    page.fill("#login", "p011")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile(rf"/m/{PLACE}$"))
    drawn(page)


def test_a_topic_that_is_no_longer_ones_own_says_so(page: Page) -> None:
    page.route("**/screen/*.json", lambda route: route.fulfill(status=403, body="no"))
    asked_at_once(page)
    expect(page.locator("#trouble")).to_contain_text("您现在的岗位不能看这个专题", timeout=PATIENCE_MS)
    page.get_by_role("link", name="看全部专题").click()
    expect(page).to_have_url(re.compile("/m/topics$"))


def test_back_puts_away_a_sheet_and_only_then_leaves_the_topic(page: Page) -> None:
    head = page.locator(".panel-head").first
    for _ in range(2):
        head.click()
        assert is_open(page)
        page.go_back()
        uncovered(page)
        assert page.url.endswith(f"/m/{PLACE}")
    head.click()
    page.get_by_role("button", name="关闭").click()
    uncovered(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/m/topics$"))


def test_back_from_where_a_sheet_led_is_the_topic_once(page: Page) -> None:
    page.locator(".panel-head").first.click()
    page.locator("#sheet").get_by_role("link", name="登记办件").click()
    expect(page).to_have_url(re.compile("/intake|/cases"))
    page.go_back()
    drawn(page)
    if is_open(page):  # the browser kept the page as it was left
        page.go_back()
    uncovered(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/m/topics$"))


def test_a_poll_closes_no_sheet_and_moves_no_finger(page: Page) -> None:
    body = page.request.get(f"/screen/{PLACE}.json").json()
    for metric in body["metrics"].values():
        metric["text"] = "7"
    page.evaluate("scrollTo(0, 700)")
    page.locator(".panel-head").nth(2).click()
    at = page.evaluate("scrollY")
    page.route("**/screen/*.json", lambda route: route.fulfill(json=body, headers={"ETag": '"moved"'}))
    asked_at_once(page)
    expect(page.locator("#lead .figure-value")).to_contain_text("7", timeout=PATIENCE_MS)
    assert is_open(page)
    assert page.evaluate("scrollY") == at


def test_a_web_view_without_abortsignal_timeout_is_served(pages: Eyes) -> None:
    page = pages.open(HAND)
    page.add_init_script("delete AbortSignal.timeout")
    page.goto(f"/m/{PLACE}")
    drawn(page)
    with page.expect_response("**/screen/*.json", timeout=PATIENCE_MS):
        asked_at_once(page)
    page.wait_for_timeout(300)
    expect(page.locator("#trouble")).to_be_hidden()

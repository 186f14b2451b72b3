"""Coming in by DingTalk and 海政通 in a real browser: login pages, pages inside the apps, a password of one's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import delete, update
from werkzeug.serving import make_server

from core.models.people import people, sessions
from tests.browser.test_console import DESK, HAND, SIDEWAYS, SMALL_TARGETS, browser  # noqa: F401  (fixture)
from tests.chromium import CHROMIUM
from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.sandbox.rig import Sandbox, free_port
from tests.webapp.town import PASSWORD, PEOPLE, Town, build
from webapp import create_app
from webapp.accounts import open_account

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")
HAIZHENGTONG = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 HaiZhengTong/3.2"
DINGTALK = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 DingTalk/7.6.35"


@pytest.fixture
def place() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def town(tmp_path: Path, sandbox: Sandbox, place: str) -> Iterator[Town]:
    clock = StillClock()
    core = build(SQLite().prepared(migrated, tmp_path), clock, sandbox.base, public_address=place)
    sandbox.add_people(*({"userId": login, "name": name} for login, (name, _) in PEOPLE.items()))
    yield Town(core, clock)
    core.engine.dispose()


@pytest.fixture
def address(town: Town, place: str) -> Iterator[str]:
    server = make_server("127.0.0.1", int(place.rpartition(":")[2]), create_app(town.core), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield place
    server.shutdown()
    thread.join(5)


def a_context(browser: Browser, size: tuple[int, int] = DESK, agent: str | None = None) -> BrowserContext:  # noqa: F811
    return browser.new_context(viewport={"width": size[0], "height": size[1]}, user_agent=agent, locale="zh-CN")


def fits(page: Page) -> None:
    assert page.evaluate(SIDEWAYS) <= 0
    if page.evaluate("innerWidth") == HAND[0]:
        assert page.evaluate(SMALL_TARGETS) == []


def test_scan_and_agree(browser: Browser, address: str, town: Town) -> None:  # noqa: F811
    with a_context(browser, HAND) as context:
        page = context.new_page()
        page.goto(f"{address}/stats")
        fits(page)
        page.get_by_role("link", name="钉钉扫码登录").click()
        page.get_by_label("谁来扫码").fill("desk")
        page.get_by_role("button", name="同意登录").click()
        expect(page).to_have_url(f"{address}/stats")
        expect(page.locator(".me-name")).to_have_text("陈文兰")


def test_a_card_opened_inside_dingtalk_asks_for_nothing(browser: Browser, address: str, town: Town) -> None:  # noqa: F811
    case = town.no(town.register(1))
    with a_context(browser, HAND, DINGTALK) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        page.goto(f"{address}/cases/{case}?sandbox_user=desk")
        page.wait_for_url(f"{address}/cases/{case}**")
        expect(page.locator(".me-name")).to_have_text("陈文兰")
        assert said == []


def test_back_from_a_topic_opened_inside_dingtalk_does_not_lead_through_the_door(
    browser: Browser,  # noqa: F811
    address: str,
) -> None:
    with a_context(browser, HAND, DINGTALK) as context:
        page = context.new_page()
        page.goto(f"{address}/healthz")
        page.goto(f"{address}/m/home?sandbox_user=leader")
        page.wait_for_url(f"{address}/m/home**")
        expect(page.locator("#lead")).not_to_be_empty()
        page.go_back()
        expect(page).to_have_url(f"{address}/healthz")


def test_an_ended_session_inside_dingtalk_is_renewed_by_itself_on_the_same_topic(
    browser: Browser,  # noqa: F811
    address: str,
    town: Town,
) -> None:
    with a_context(browser, HAND, DINGTALK) as context:
        page = context.new_page()
        page.goto(f"{address}/m/hotline?sandbox_user=leader")
        page.wait_for_url(f"{address}/m/hotline**")
        expect(page.locator("#lead")).not_to_be_empty()
        with town.core.engine.begin() as tx:
            tx.execute(delete(sessions))
        with page.expect_navigation(url=f"{address}/m/hotline**"):
            page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("#lead")).not_to_be_empty()
        expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize(
    ("login", "sentence"),
    [("stranger", "您还没有登记到本平台，请联系本单位管理员添加。"), ("system", "管理员还要核对控制台密码")],
)
def test_who_may_not_come_straight_in_reads_why_inside_dingtalk(
    browser: Browser,  # noqa: F811
    address: str,
    sandbox: Sandbox,
    login: str,
    sentence: str,
) -> None:
    sandbox.add_people({"userId": "stranger", "name": "路人"})
    with a_context(browser, HAND, DINGTALK) as context:
        page = context.new_page()
        page.goto(f"{address}/m/home?sandbox_user={login}")
        expect(page.locator(".gate")).to_contain_text(sentence)
        fits(page)
        if login == "system":
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="确认登录").click()
            page.wait_for_url(f"{address}/m/home**")


def test_whom_dingtalk_does_not_name_takes_the_other_way(browser: Browser, address: str) -> None:  # noqa: F811
    with a_context(browser, HAND, DINGTALK) as context:
        page = context.new_page()
        page.goto(f"{address}/cases")
        expect(page.get_by_role("status")).to_contain_text("钉钉没有回应")
        fits(page)
        page.get_by_role("link", name="用密码登录").click()
        page.get_by_label("账号").fill("desk")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page).to_have_url(f"{address}/cases")


def test_an_administrator_gives_the_password_after_dingtalk(browser: Browser, address: str) -> None:  # noqa: F811
    with a_context(browser) as context:
        page = context.new_page()
        page.goto(f"{address}/settings")
        page.get_by_role("link", name="钉钉扫码登录").click()
        page.get_by_label("谁来扫码").fill("system")
        page.get_by_role("button", name="同意登录").click()
        expect(page.get_by_role("heading", name="再输入密码")).to_be_visible()
        fits(page)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="确认登录").click()
        expect(page).to_have_url(f"{address}/settings")


def test_the_phones_home_opens_in_haizhengtong_through_its_provider(
    browser: Browser,  # noqa: F811
    address: str,
    town: Town,
    sandbox: Sandbox,
) -> None:
    with town.core.engine.begin() as tx:
        index = town.core.indexer.index("13976001234", "phone")
        tx.execute(update(people).where(people.c.code == "leader").values(phone_index=index))
    sandbox.add_people({"userId": "leader", "name": PEOPLE["leader"][0], "mobile": "13976001234"})
    with a_context(browser, HAND, HAIZHENGTONG) as context:
        page = context.new_page()
        page.goto(f"{address}/m/home")
        page.get_by_label("谁来登录").fill("leader")
        page.get_by_role("button", name="同意登录", exact=True).click()
        expect(page).to_have_url(f"{address}/m/home")
        expect(page.locator("#lead")).not_to_be_empty()
        fits(page)
        context.clear_cookies(name="sid")  # the app knows the person: another day, nobody is asked anything
        page.goto(f"{address}/m/home")
        expect(page).to_have_url(f"{address}/m/home")
        expect(page.locator("#lead")).not_to_be_empty()


def test_a_browser_offers_haizhengtong_beside_dingtalk(browser: Browser, address: str) -> None:  # noqa: F811
    with a_context(browser, HAND) as context:
        page = context.new_page()
        page.goto(f"{address}/m/home")
        expect(page.get_by_role("link", name="钉钉扫码登录")).to_be_visible()
        fits(page)
        page.get_by_role("link", name="海政通登录").click()
        page.get_by_role("button", name="不同意").click()
        expect(page.get_by_role("alert")).to_have_text("您没有同意用海政通登录，请再试一次或用密码登录。")
        fits(page)


@pytest.mark.parametrize("size", [HAND, DESK])
def test_an_initial_password_becomes_ones_own(
    browser: Browser,  # noqa: F811
    address: str,
    town: Town,
    size: tuple[int, int],
) -> None:
    with town.core.engine.begin() as tx:
        first = open_account(tx, town.core.vault, "water")
    with a_context(browser, size) as context:
        page = context.new_page()
        page.goto(f"{address}/cases")
        page.get_by_label("账号").fill("water")
        page.get_by_label("密码").fill(first)
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page.get_by_role("heading", name="设置自己的密码")).to_be_visible()
        fits(page)
        page.get_by_label("现在的密码").fill(first)
        page.get_by_label("新密码", exact=True).fill("Heron-flies-2026")
        page.get_by_label("再写一遍新密码").fill("Heron-flies-2026")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("status").first).to_contain_text("密码已修改")

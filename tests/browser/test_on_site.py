"""Showing up on phones in a real browser: the code on one screen, the camera of another, places, and no network."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, expect
from sqlalchemy import update
from werkzeug.serving import make_server

from core import Core
from core.models.people import people
from tests.browser.test_console import DESK, HAND, SIDEWAYS, SMALL_TARGETS, browser, looks_made  # noqa: F401  (fixture)
from tests.browser.test_sign_in import DINGTALK, HAIZHENGTONG
from tests.builders import clerk
from tests.chromium import CHROMIUM
from tests.clock import StillClock
from tests.core.joint_room import FIRST, leg_of, move
from tests.core.test_on_site import MEETING, signing, told
from tests.databases import SQLite
from tests.sandbox.rig import Sandbox, free_port
from tests.town import a_core, settled
from webapp import create_app

CITY, WATER, HOUSING, STREET = "xy021", "xy023", "xy025", "xy121"
PATIENCE_MS = 60_000
BESIDE_IT: Geolocation = {"latitude": 20.0182, "longitude": 110.2871, "accuracy": 20}
KEPT = "async () => (await (await caches.open('here')).keys()).length"
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium"),
    # a phone that leaves a page, or loses its network, cuts the download of the font short at the test's own server
    pytest.mark.filterwarnings("ignore:Exception ignored in.*NotoSansSC:pytest.PytestUnraisableExceptionWarning"),
]
Phone = Callable[..., Page]


@pytest.fixture
def place() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def core(tmp_path: Path, clock: StillClock, sandbox: Sandbox, place: str) -> Iterator[Core]:
    dingtalk = {"login": sandbox.base, "jsapi": f"{sandbox.base}/sandbox/dd.js"}
    built = a_core(
        SQLite().prepared(settled, tmp_path), clock, sandbox.base, dingtalk=dingtalk, web={"public_address": place},
        haizhengtong={name: f"{sandbox.base}/haizhengtong/{name}" for name in ("authorize", "token", "userinfo")},
    )  # fmt: skip
    yield built
    built.engine.dispose()


@pytest.fixture
def phone(browser: Browser, core: Core, place: str) -> Iterator[Phone]:  # noqa: F811
    """`phone("/here/", "xy023")`: that address opened inside DingTalk on that person's phone."""
    server = make_server("127.0.0.1", int(place.rpartition(":")[2]), create_app(core), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(address: str, user: str, size: tuple[int, int] = HAND, agent: str = DINGTALK) -> Page:
        context = browser.new_context(
            base_url=place, viewport={"width": size[0], "height": size[1]}, user_agent=agent, locale="zh-CN",
            is_mobile=size == HAND, has_touch=size == HAND, permissions=["geolocation"], geolocation=BESIDE_IT,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(held_by(address, user))
        return page

    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert not faults


def held_by(address: str, user: str) -> str:
    """The address as the practice phone of this person opens it; of nobody, as it is."""
    if not user:
        return address
    path, mark, code = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}sandbox_user={user}{mark}{code}"


def no_of(core: Core, order: int) -> str:
    return str(core.joints.sheet(order).order["no"])


def camera(page: Page) -> str:
    """What another phone's camera reads off this screen."""
    expect(page.locator("#code")).to_be_visible(timeout=PATIENCE_MS)
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    assert found is not None
    return str(found.text)


def until(check: Callable[[], bool]) -> None:
    """Wait for something the page does by itself."""
    ends = time.monotonic() + PATIENCE_MS / 1000
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.requirement("R129")
def test_one_phone_shows_the_code_and_another_scans_it(core: Core, phone: Phone) -> None:
    order = signing(core)
    move(core, clerk(core), order, "set_point", spot=MEETING)
    sponsor = phone(f"/joint/{no_of(core, order)}/show", CITY)
    water = phone(camera(sponsor), WATER)
    expect(water.locator("#done-words")).to_contain_text("扫码 · 距会场 25 米", timeout=PATIENCE_MS)
    expect(water.locator("#told")).to_contain_text("「扫码签到」已办好")
    assert "#" not in water.url
    expect(sponsor.locator("#came")).to_have_text("1", timeout=PATIENCE_MS)
    expect(sponsor.locator("#legs li").first).to_contain_text("距会场 25 米")
    for page in (sponsor, water):
        looks_made(page)


@pytest.mark.requirement("R129")
def test_a_scan_without_network_is_kept_and_counts_at_its_own_time(core: Core, phone: Phone, clock: StillClock) -> None:
    order = signing(core)
    sponsor = phone(f"/joint/{no_of(core, order)}/show", CITY)
    water = phone(f"/here/?no={no_of(core, order)}", WATER)
    expect(water.get_by_role("button", name="定位签到")).to_be_visible(timeout=PATIENCE_MS)
    until(lambda: water.evaluate(KEPT) >= 7)
    code = camera(sponsor)
    water.context.set_offline(True)
    water.goto(code)
    expect(water.locator("#kept")).to_contain_text("恢复后自动补传，以扫码的时间为准", timeout=PATIENCE_MS)
    expect(water.get_by_role("heading", level=1)).to_have_text("港口路积水")
    looks_made(water)
    assert leg_of(core, order, FIRST)["state"] == "coming"
    clock.advance(minutes=40)
    move(core, clerk(core), order, "end_meeting")
    water.context.set_offline(False)
    expect(water.locator("#done-words")).to_contain_text("离线扫码，3月9日 09:40 补传", timeout=PATIENCE_MS)
    assert told(core, order).startswith("3月9日 09:00 ")
    assert leg_of(core, order, FIRST)["state"] == "reporting"


@pytest.mark.requirement("R129")
def test_inside_haizhengtong_a_photo_is_the_scanner_and_the_browser_tells_the_place(
    core: Core, phone: Phone, sandbox: Sandbox
) -> None:
    mine = people.c.code == "p023"
    with core.engine.begin() as tx:
        tx.execute(update(people).where(mine).values(phone_index=core.indexer.index("13976001234", "phone")))
    sandbox.add_people({"userId": "on-the-way", "name": "韩德玲", "mobile": "13976001234"})
    order = signing(core)
    move(core, clerk(core), order, "set_point", spot=MEETING)
    sponsor = phone(f"/joint/{no_of(core, order)}/show", CITY)
    water = phone(f"/here/?no={no_of(core, order)}", "", agent=HAIZHENGTONG)
    asked: list[str] = []
    water.on("request", lambda sent: asked.append(sent.url))
    water.get_by_label("谁来登录").fill("on-the-way")
    water.get_by_role("button", name="同意登录", exact=True).tap()
    expect(water.get_by_text("拍签到码")).to_be_visible(timeout=PATIENCE_MS)
    assert [one for one in asked if "dd.js" in one] == [], "no other app's script"
    looks_made(water)
    expect(sponsor.locator("#code")).to_be_visible(timeout=PATIENCE_MS)
    wrong = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(wrong, "JPEG")
    for picture, said in ((wrong.getvalue(), "照片里没有找到签到码"), (sponsor.screenshot(), "「扫码签到」已办好")):
        water.locator("#photo").set_input_files({"name": "1.jpg", "mimeType": "image/jpeg", "buffer": picture})
        expect(water.locator("#told")).to_contain_text(said, timeout=PATIENCE_MS)
    expect(water.locator("#done-words")).to_contain_text("扫码 · 距会场 25 米")


def test_a_copied_code_is_refused_on_a_phone_that_has_a_network(core: Core, phone: Phone, clock: StillClock) -> None:
    order = signing(core)
    sponsor = phone(f"/joint/{no_of(core, order)}/show", CITY)
    water = phone(f"/here/?no={no_of(core, order)}", WATER)
    expect(water.get_by_role("button", name="定位签到")).to_be_visible(timeout=PATIENCE_MS)
    copied = camera(sponsor)
    clock.advance(minutes=2)
    water.evaluate("Date.now = () => 0")  # what the phone's clock says is nobody's business
    water.goto(held_by(copied, WATER))
    expect(water.locator("#told")).to_have_text("签到码已过期，请扫发起人手机上正在显示的码。", timeout=PATIENCE_MS)
    assert leg_of(core, order, FIRST)["state"] == "coming"
    looks_made(water)
    street = phone(camera(sponsor), STREET)
    expect(street.locator("#told")).to_have_text("这一单没有叫本单位，不用签到，可问发起单位。", timeout=PATIENCE_MS)


@pytest.mark.requirement("R129")
def test_the_place_comes_from_dingtalk_and_the_sponsors_place_is_the_meetings(core: Core, phone: Phone) -> None:
    order = signing(core)
    no = no_of(core, order)
    sponsor = phone(f"/joint/{no}/show", CITY)
    sponsor.get_by_role("button", name="以我的位置为会场").tap()
    expect(sponsor.locator("#told")).to_contain_text("已把您现在的位置定为会场", timeout=PATIENCE_MS)
    water = phone(f"/here/?no={no}", WATER)
    expect(water.get_by_role("button", name="定位签到")).to_be_visible(timeout=PATIENCE_MS)  # back from the sign-in
    water.evaluate("sessionStorage.setItem('sandbox_place', 'far')")
    water.get_by_role("button", name="定位签到").tap()
    expect(water.locator("#done-words")).to_contain_text("定位 · 距会场 1.9 公里，误差约 600 米", timeout=PATIENCE_MS)
    sponsor.goto(f"/joint/{no}")
    sketch = sponsor.locator(".whereabouts img")
    sketch.scroll_into_view_if_needed()
    expect(sketch).to_be_visible()
    until(lambda: sketch.evaluate("one => one.naturalWidth") > 300)
    looks_made(sponsor)


@pytest.mark.requirement("R130")
def test_who_has_no_code_writes_where_they_are_or_asks_for_a_late_check_in(core: Core, phone: Phone) -> None:
    order = signing(core)
    water = phone(f"/here/?no={no_of(core, order)}", WATER)
    water.get_by_text("手写位置签到").tap()
    water.get_by_label("所在位置").fill("路口东侧")
    water.get_by_role("button", name="签到", exact=True).tap()
    expect(water.locator("#done-words")).to_have_text("3月9日 09:00 路口东侧", timeout=PATIENCE_MS)
    move(core, clerk(core), order, "end_meeting")
    housing = phone(f"/here/?no={no_of(core, order)}", HOUSING)
    expect(housing.locator("#said")).to_have_text("会议已结束，没有签到的请补卡并写明原因。", timeout=PATIENCE_MS)
    housing.locator("summary", has_text="补卡").tap()
    housing.get_by_label("签到地点").fill("港口路")
    housing.get_by_label("补卡备注").fill("手机没电")
    looks_made(housing)
    housing.get_by_role("button", name="申请补卡").tap()
    expect(housing.locator("#said")).to_have_text("补卡已申请，等发起单位同意。", timeout=PATIENCE_MS)


def test_the_practice_phones_scan_each_other_and_lose_their_network(
    core: Core, phone: Phone, sandbox: Sandbox, clock: StillClock
) -> None:
    order = signing(core)
    sponsor = phone(f"/joint/{no_of(core, order)}/show", CITY)
    expect(sponsor.locator("#code")).to_be_visible(timeout=PATIENCE_MS)
    until(lambda: len(sandbox.get("screens")) == 1)
    ground = sponsor.context.browser
    assert ground is not None
    with ground.new_context(user_agent=DINGTALK, viewport={"width": DESK[0], "height": DESK[1]}) as context:
        desk = context.new_page()
        desk.goto(f"{sandbox.base}/sandbox/#{WATER}")
        with context.expect_page() as opened:
            desk.locator(f'.phone[data-user="{WATER}"]').get_by_role("button", name="扫一扫").click()
        water = opened.value
        expect(water.locator("#done-words")).to_contain_text("扫码", timeout=PATIENCE_MS)
        assert f"//{WATER}.localhost:" in water.url  # a browser of one's own, with cookies of one's own
    housing = phone(f"/here/?no={no_of(core, order)}", HOUSING)
    expect(housing.get_by_role("button", name="扫签到码")).to_be_visible(timeout=PATIENCE_MS)
    housing.get_by_role("button", name="断网").tap()
    housing.get_by_role("button", name="扫签到码").tap()
    expect(housing.locator("#kept")).to_be_visible(timeout=PATIENCE_MS)
    clock.advance(minutes=5)
    housing.get_by_role("button", name="恢复网络").tap()
    expect(housing.locator("#done-words")).to_contain_text("离线扫码，3月9日 09:05 补传", timeout=PATIENCE_MS)

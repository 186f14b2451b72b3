"""The whole of 树党旗 with eight roles, clicked in Chromium: seven phones on the practice page, and the console."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from core import seeding
from tests.browser.demo import Hand, chromium
from tests.browser.joint_story import CAST, CENTRE, Story, looked_up
from tests.chromium import CHROMIUM
from tests.clock import StillClock
from tests.databases import SQLite
from tests.live import Live
from tests.sandbox.rig import Sandbox
from tests.town import a_core, settled
from webapp import create_app

ADMIN = ("p017", "xy017")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("joint-story"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium"),
]


@dataclass
class Ground:
    """A deployment at work, its console's address, and a browser."""

    live: Live
    web: str
    browser: Browser
    complaints: list[str]

    def context(self, width: int, height: int) -> BrowserContext:
        made = self.browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        made.on("weberror", lambda error: self.complaints.append(str(error.error)))
        made.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        return made

    def phones(self, *users: str) -> Page:
        page = self.context(1500, 1000).new_page()
        page.goto(f"{self.live.sandbox.base}/sandbox/#{','.join(users)}")
        expect(page.locator("#link")).to_have_text(re.compile("机器人在线"))
        return page

    def signed_in(self, login: str) -> Page:
        page = self.context(1440, 1000).new_page()
        page.goto(f"{self.web}/sign-in")
        page.fill("#login", login)
        page.fill("#password", seeding.PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.locator("#number, .me").first).to_be_attached()
        return page


@pytest.fixture
def ground(tmp_path: Path, sandbox: Sandbox) -> Iterator[Ground]:
    clock = StillClock()
    core = a_core(SQLite().prepared(settled, tmp_path), clock, sandbox.base, dingtalk={"calls_per_second": 500.0})
    sandbox.set_faults(patient=True)
    sandbox.post("clock", set=clock.now().isoformat())
    live = Live(core, clock, sandbox)
    server = make_server("127.0.0.1", 0, create_app(core), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    live.start()
    try:
        with chromium() as browser:
            ready = Ground(live, f"http://127.0.0.1:{server.server_port}", browser, [])
            yield ready
    finally:
        live.stop()
        server.shutdown()
        thread.join()
        server.server_close()
        core.engine.dispose()
        sandbox.post("clock", reset=True)
    assert ready.complaints == []


def test_eight_people_carry_one_order_from_the_flag_to_the_ratings(ground: Ground) -> None:
    phones = ground.phones(*CAST)
    no = Story(phones).play()
    centre = ground.signed_in(f"p{CENTRE[2:]}")
    expect(centre.locator(".rail")).to_be_visible()
    looked_up(centre, ground.web, no)
    administered(ground)
    core = ground.live.core
    ground.live.settle()
    assert core.verify_log().ok
    order = core.joints.sheet(core.joints.numbered(no))
    assert [leg["state"] for leg in order.legs] == ["fed_back", "no_feedback"]


def administered(ground: Ground) -> None:
    """The eighth role: the system administrator, let in by the number on their phone, finds nothing left unsent."""
    desk = ground.signed_in(ADMIN[0])
    expect(desk.locator("#number")).to_be_visible()
    hand = Hand(ground.phones(ADMIN[1]), ADMIN[1])
    hand.open_chat()
    told = hand.phone.locator(".bubble, .card", has_text=re.compile(r"\d{6}")).last
    expect(told).to_be_visible()
    number = re.search(r"\d{6}", told.inner_text())
    assert number
    desk.fill("#number", number.group())
    desk.get_by_role("button", name="确认登录").click()
    expect(desk.locator(".me")).to_be_visible()
    ground.live.settle()
    desk.goto(f"{ground.web}/tray")
    expect(desk.locator(".empty")).to_be_visible()

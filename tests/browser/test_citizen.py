"""The citizen in Chromium at 390 px: scan, ask, sign in by SMS code, see one's licences, leave (R153–R162)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from bots.sms import SmsSender
from core import Core, citizens
from core.adapters.aliyun_sms import build_sms
from core.models.cases import cases
from core.outbox import Relay
from tests.browser.demo import ARGUMENTS
from tests.builders import act as act_on_case
from tests.builders import desk, rows
from tests.chromium import CHROMIUM
from tests.clock import StillClock
from tests.contract.dingtalk_rig import Nowhere
from tests.contract.wechat_rig import OPENID, a_port, a_wechat_core, open_house
from tests.core.library_room import COMPANY, FOOD, NURSE, PERSON, a_company, a_person, act
from tests.databases import SQLite
from tests.sandbox.rig import Sandbox
from tests.town import settled

SMALL: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 60_000


@dataclass(frozen=True, slots=True)
class House:
    """The product on a port, its sandbox, and what lies in the library."""

    core: Core
    sandbox: Sandbox
    site: str
    food: str
    nurse: str

    def code(self) -> str:
        """The code on the person's phone, once it has left."""
        return str(re.findall(r"\d{6}", self.text())[0])

    def text(self) -> str:
        """The newest SMS on the person's phone, once all have left."""
        sender = SmsSender(self.core, build_sms(self.core.settings) or pytest.fail("no SMS"))
        others = dict.fromkeys(("dingtalk.say", "dingtalk.card", "hotline"), Nowhere())
        while Relay(self.core.engine, self.core.clock, {**others, "sms": sender}).run_once():
            pass
        return str(self.sandbox.get("sms", phone=PERSON["phone"])[-1]["text"])

    def scan(self, line: str) -> str:
        """What the account says when this licence's code is scanned through the menu."""
        told = self.sandbox.post("wechat/act", openid=OPENID, press=[0, 0], scan=f"{self.site}/v/{line}")
        return str(told["shown"])


@pytest.fixture(scope="module")
def house(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    running_sandbox.post("reset")
    port, url = a_port(), SQLite().prepared(settled, tmp_path_factory.mktemp("citizen"))
    core = a_wechat_core(url, StillClock(), running_sandbox, port)
    company, person = a_company(core), a_person(core)
    food = act(core, "licence", "issue", subject=company, **FOOD).no
    nurse = act(core, "licence", "issue", subject=person, **NURSE).no
    with open_house(core, running_sandbox, port) as site:
        told = site.test_cli_runner().invoke(args=["wechat", "menu"])
        assert told.exit_code == 0, told.output
        yield House(core, running_sandbox, f"http://127.0.0.1:{port}", food, nurse)
    core.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(viewport=SMALL, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    yield page
    context.close()


def fits(page: Page) -> None:
    """Nothing is wider than the phone, and every picture arrived."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    for picture in page.locator("main img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0


def sign_in(page: Page, house: House) -> None:
    page.goto(f"{house.site}/c/mine")
    page.get_by_label("手机号").fill(PERSON["phone"])
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("验证码").fill(house.code())
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("后四位").fill(PERSON["number"][-4:])
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_role("heading", name="我的证照")).to_be_visible()


@pytest.mark.requirement("R153", "R154", "R155")
def test_a_code_by_sms_opens_the_personal_centre_and_leaving_forgets_everything(phone: Page, house: House) -> None:
    sign_in(phone, house)
    expect(phone.locator("main")).to_contain_text("欧阳海棠")
    expect(phone.locator(".tiles li")).to_have_count(1)
    expect(phone.locator(".tiles")).to_contain_text("护士执业证书")
    fits(phone)
    phone.locator(".tiles a").click()
    expect(phone.locator(".facts")).to_contain_text(NURSE["number"])
    fits(phone)
    phone.goto(f"{house.site}/c/mine/looks")
    expect(phone.locator(".looks")).to_contain_text("您自己")
    phone.goto(f"{house.site}/c/mine")
    with phone.expect_response("**/c/sign-out") as left:
        phone.get_by_role("button", name="退出登录").click()
    expect(phone.locator("main")).to_contain_text("已退出登录")
    assert left.value.header_value("clear-site-data") == '"cache", "storage"'
    assert [one["name"] for one in phone.context.cookies() if one["name"] == "cid"] == []
    phone.go_back()
    phone.goto(f"{house.site}/c/mine/{house.nurse}")
    expect(phone.get_by_label("手机号")).to_be_visible()


def test_the_holder_asks_for_a_correction_sees_it_received_and_hears_by_sms_when_it_is_answered(
    phone: Page, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC) + timedelta(minutes=2)  # another code within the minute would be refused
    monkeypatch.setattr(citizens, "real_now", lambda: later)
    sign_in(phone, house)
    phone.locator(".tiles a").click()
    phone.get_by_role("link", name="内容不对或要删除").click()
    expect(phone.get_by_label("哪一项")).to_have_value(re.compile(f" {house.nurse}$"))
    fits(phone)
    phone.get_by_label("更正信息").check()
    phone.get_by_label("说明").fill("执业地点写成了旧单位。")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("status")).to_contain_text("已收到")
    expect(phone.locator(".looks li")).to_contain_text("更正信息 · 护士执业证书")
    expect(phone.locator(".looks li")).to_contain_text("已收到，正在安排")
    fits(phone)
    (case,) = rows(house.core, cases)
    act_on_case(house.core, desk(house.core), case.id, "close_directly", reply="已按执业注册信息更正。")
    assert f"尾号{case.no[-6:]}" in house.text()
    phone.get_by_role("link", name="回到我的证照").click()
    expect(phone.locator(".looks li")).to_contain_text("已答复")
    fits(phone)
    phone.get_by_role("link", name="看办理情况和答复").click()
    expect(phone.locator(".looks li")).to_contain_text("答复：已按执业注册信息更正。")
    fits(phone)


@pytest.mark.requirement("R157", "R160")
def test_a_person_is_found_by_a_scan_and_by_two_elements_in_pictures(phone: Page, house: House) -> None:
    told = house.scan(house.nurse)
    assert told.startswith("「有效」护士执业证书")
    assert "欧阳海棠" not in told
    link = re.search(r"http\S+", told)
    assert link
    phone.goto(link[0])
    expect(phone.locator(".verdict")).to_contain_text("有效")
    expect(phone.locator("main")).not_to_contain_text("欧阳海棠")
    fits(phone)
    phone.goto(f"{house.site}/c/person")
    phone.get_by_label("身份证号").fill(PERSON["number"])
    phone.get_by_label("姓名或证照编号").fill(PERSON["name"])
    phone.get_by_role("button", name="查询").click()
    expect(phone.locator(".tiles li")).to_have_count(1)
    expect(phone.locator("main")).not_to_contain_text(NURSE["number"])
    fits(phone)


@pytest.mark.requirement("R158", "R159", "R161")
def test_a_company_is_found_by_a_scan_and_by_part_of_its_name_in_pictures(phone: Page, house: House) -> None:
    assert COMPANY["name"] in house.scan(house.food)
    phone.goto(f"{house.site}/c/company")
    phone.get_by_label("企业名称").fill("椰风")
    phone.get_by_role("button", name="查询").click()
    expect(phone.locator(".rows li")).to_have_count(1)
    fits(phone)
    phone.locator(".rows a").click()
    expect(phone.get_by_role("heading", name=COMPANY["name"])).to_be_visible()
    expect(phone.locator(".tiles")).to_contain_text(FOOD["number"])
    fits(phone)


@pytest.mark.requirement("R157", "R158")
@pytest.mark.parametrize("path", ["/c/", "/c/person", "/c/company"])
def test_a_page_inside_wechat_opens_the_scanner_and_leads_to_the_licence(phone: Page, house: House, path: str) -> None:
    phone.goto(f"{house.site}{path}")
    expect(phone.locator("#scan-menu")).to_be_hidden()
    phone.get_by_role("button", name="扫一扫").click()
    phone.get_by_label("码里的文字").fill(f"{house.site}/v/{house.food}")
    phone.get_by_role("button", name="就扫它").click()
    expect(phone.get_by_role("heading", name="食品经营许可证")).to_be_visible()
    expect(phone.locator(".verdict")).to_contain_text("有效")
    fits(phone)


def test_a_picture_and_a_stranger_s_code_are_scanned_in_the_page_and_a_scan_can_be_left(
    phone: Page, house: House, tmp_path: Path
) -> None:
    import qrcode

    phone.goto(f"{house.site}/c/")
    phone.get_by_role("button", name="扫一扫").click()
    phone.get_by_role("button", name="取消").click()
    expect(phone.locator("#missed")).to_be_hidden()
    for name, text, told in (
        ("ours.png", f"{house.site}/v/{house.nurse}", "有效"),
        ("theirs.png", "https://evil.example/v/abcdefghijklmnopqrstuv", "不是证照上的码"),
    ):
        qrcode.make(text).save(tmp_path / name)
        phone.goto(f"{house.site}/c/")
        phone.get_by_role("button", name="扫一扫").click()
        phone.get_by_label("选一张带码的图片").set_input_files(tmp_path / name)
        expect(phone.locator(".verdict")).to_contain_text(told)
        fits(phone)
    expect(phone.get_by_role("button", name="扫一扫")).to_be_visible()


def test_a_ticket_that_went_stale_is_renewed_and_a_platform_away_leaves_the_menu_s_words(
    phone: Page, house: House
) -> None:
    phone.goto(f"{house.site}/c/")
    expect(phone.get_by_role("button", name="扫一扫")).to_be_visible()
    house.sandbox.post("wechat/state", new_ticket=True)
    phone.goto(f"{house.site}/c/")
    expect(phone.get_by_role("button", name="扫一扫")).to_be_visible()
    house.sandbox.post("wechat/state", new_ticket=True)  # doubted a moment ago: not once more
    with phone.expect_response("**/sandbox/wechat/jsapi?*") as asked:
        phone.goto(f"{house.site}/c/")
    assert not asked.value.ok
    expect(phone.locator("#scan-menu")).to_contain_text("菜单里的「扫一扫」")
    expect(phone.get_by_role("button", name="扫一扫")).to_be_hidden()
    fits(phone)


@pytest.mark.requirement("R162")
def test_the_details_are_those_of_the_type(phone: Page, house: House) -> None:
    phone.goto(f"{house.site}/v/{house.food}")
    expect(phone.locator(".facts")).to_contain_text("经营项目")
    expect(phone.locator(".facts")).to_contain_text(FOOD["number"])
    fits(phone)
    phone.goto(f"{house.site}/v/{house.nurse}")
    expect(phone.locator(".facts")).to_contain_text("执业证书编号")
    expect(phone.locator(".facts")).not_to_contain_text("经营项目")
    fits(phone)


def test_the_practice_phone_shows_the_menu_answers_and_scans_a_picture(
    phone: Page, house: House, tmp_path: Path
) -> None:
    import qrcode

    phone.goto(f"{house.sandbox.base}/sandbox/wechat")
    phone.get_by_role("button", name="证照查询").click()
    expect(phone.locator(".subs button")).to_have_count(4)
    fits(phone)
    picture = tmp_path / "code.png"
    qrcode.make(f"{house.site}/v/{house.food}").save(picture)
    phone.get_by_role("button", name="扫一扫").click()
    phone.locator("#picture").set_input_files(picture)
    expect(phone.locator(".line.theirs").last).to_contain_text("食品经营许可证")
    phone.get_by_role("button", name="换成打字").click()
    phone.get_by_label("打字问一问").fill("证照丢了怎么补")
    phone.get_by_role("button", name="发送").click()
    expect(phone.locator(".line.theirs").last).to_contain_text("补发")

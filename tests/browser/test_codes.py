"""证照码 in a real browser: batches, binding by scanner, taking out; the verifier offline and online."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from python_calamine import CalamineWorkbook

from core.licences.codes import CodeView
from core.policy.codes import code_rules
from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SIZES,
    SMALL_TARGETS,
    Open,
    address,
    browser,
    looks_made,
    open_page,
    pytestmark,
    town,
)
from tests.core.library_room import FOOD
from tests.webapp.test_codes import a_licence, written
from tests.webapp.town import Town

PATIENT_MS = 60_000
expect.set_options(timeout=PATIENT_MS)


def made(town: Town, count: int = 3) -> list[CodeView]:  # noqa: F811
    """The stickers of a batch."""
    token = written(town, "code_batch", "order", count=str(count), layout="a4")
    assert town.core.licences.codes.maker.work() == 1
    return list(town.core.licences.codes.codes(town.actor("licences"), token).items)


def file_of(page: Page, name: str) -> bytes:
    with page.expect_download() as got:
        page.get_by_role("link", name=name).click()
    return Path(got.value.path()).read_bytes()


# --- at a desk ---


@SIZES
@pytest.mark.requirement("R183", "R184")
def test_a_batch_is_ordered_followed_and_taken_to_the_sticker_printer(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    page = open_page("licences", size)
    page.goto("/library/codes")
    page.get_by_label("数量").fill("99999")
    page.get_by_role("button", name="申请").click()
    expect(page.get_by_role("status")).to_contain_text("请填 1 到 10000 的整数")
    page.get_by_label("数量").fill("12")
    page.get_by_label("用途").fill("餐饮单位换证")
    looks_made(page)
    page.get_by_role("button", name="申请").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    looks_made(page)
    assert town.core.licences.codes.maker.work() == 1
    expect(page.get_by_role("link", name="下载编号 Excel")).to_be_visible()
    looks_made(page)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file_of(page, "下载编号 Excel"))).get_sheet_by_index(0).to_python()
    assert len(rows) == 13
    assert file_of(page, "下载图片包").startswith(b"PK")
    assert file_of(page, "下载打印版").startswith(b"%PDF")
    page.locator("summary", has_text="作废未用的码").click()
    page.get_by_label("原因").fill("整盒贴纸遗失")
    page.get_by_role("button", name="确认作废").click()
    expect(page.get_by_role("status")).to_contain_text("12 个")
    expect(page.get_by_text("整盒贴纸遗失")).to_be_visible()


@SIZES
@pytest.mark.requirement("R180", "R186")
def test_a_sticker_is_scanned_and_bound_and_another_takes_its_place(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
    tmp_path: Path,
) -> None:
    line, (first, second, third) = a_licence(town), made(town)
    page = open_page("licences", size)
    page.goto("/library/codes")
    page.get_by_label("码（").fill("这不是码")
    page.get_by_role("button", name="查这个码").click()
    expect(page.get_by_role("status")).to_contain_text("没有认出这个码")
    page.get_by_label("码（").fill(first.link)  # a hand scanner types the link and ends with Enter
    page.keyboard.press("Enter")
    page.get_by_label("查找证照").fill(FOOD["number"])
    page.get_by_role("button", name="查找").click()
    looks_made(page)
    assert FOOD["number"] not in page.url
    page.get_by_role("button", name="绑定").click()
    expect(page.get_by_role("status")).to_contain_text(f"已绑定「{first.number}」")
    looks_made(page)
    page.get_by_role("link", name="食品经营许可证").click()
    page.get_by_role("link", name="证照码", exact=True).last.click()
    looks_made(page)
    photo = tmp_path / "贴纸.png"
    photo.write_bytes(town.core.licences.codes.picture(town.actor("licences"), second.code))
    page.get_by_label("或拍一张贴纸的照片").set_input_files(photo)
    page.get_by_label("原因").first.fill("贴纸磨损")
    page.get_by_role("button", name="绑定").click()
    expect(page.get_by_role("status")).to_contain_text(f"已绑定「{second.number}」")
    picture = Image.open(io.BytesIO(file_of(page, "下载二维码")))
    assert zxingcpp.read_barcodes(picture)[0].text == second.link
    bars = zxingcpp.read_barcodes(Image.open(io.BytesIO(file_of(page, "下载条形码"))))[0]
    assert bars.text == second.code
    page.goto(f"/library/codes/{first.code}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("已作废")
    page.goto(f"/library/codes/{third.code}")
    page.locator("summary", has_text="作废").click()
    page.get_by_label("原因").fill("印坏了")
    page.get_by_role("button", name="确认作废").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已作废")
    assert town.core.licences.codes.link(line) == second.link


@pytest.mark.requirement("R172", "R177")
def test_from_the_page_of_a_holder_licences_and_codes_are_taken_out(open_page: Open, town: Town) -> None:  # noqa: F811
    line = a_licence(town)
    written(town, "code", "make", line)
    company = town.core.licences.licence(town.actor("licences"), line).subject
    person = written(town, "subject", "add", kind="person", name="欧阳海棠", number="11010519491231002X")
    nurse = {"type": "nurse", "number": "202546000001", "issued_on": "2025-12-01", "workplace": "秀英区练习医院"}
    written(town, "code", "make", written(town, "licence", "issue", subject=person, **nurse))
    page = open_page("licences", DESK)
    for kind, token in (("company", company), ("person", person)):
        page.goto(f"/library/{kind}/{token}")
        looks_made(page)
        with page.expect_download() as got:
            page.get_by_role("button", name="下载证照和码").click()
        assert Path(got.value.path()).read_bytes().startswith(b"PK")
        with page.expect_download() as got:
            page.get_by_role("button", name="下载码的打印版").click()
        assert Path(got.value.path()).read_bytes().startswith(b"%PDF")


# --- the verifier ---


@pytest.fixture(params=[HAND, DESK], ids=["390", "1440"])
def verifier(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811
    """The verifier, opened while there was a network; whatever else it asks for than its font is a complaint."""
    width, height = request.param
    context = browser.new_context(base_url=address, viewport={"width": width, "height": height})
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda sent: asked.append(sent.url.removeprefix(address)))
    page.goto("/check")
    page.wait_for_load_state("networkidle")
    assert [one for one in asked if one != "/check" and not one.startswith(("/static/fonts/", "data:"))] == []
    yield page
    context.close()


def judged(page: Page, text: str) -> tuple[str, str]:
    """The title and the colour of the verdict on a pasted link, once the network has answered or failed."""
    page.locator("#text").fill(text)
    page.locator("#go").click()
    expect(page.locator("#today")).not_to_have_text("正在联网看今天的状态")
    return page.locator("#title").inner_text(), (page.locator("#verdict").get_attribute("class") or "").split()[-1]


def with_digit(link: str, at: int) -> str:
    digits = link.rpartition("?")
    return f"{digits[0]}?{digits[2][:at]}{(int(digits[2][at]) + 1) % 10}{digits[2][at + 1 :]}"


def test_offline_forged_is_told_from_genuine_and_online_today_is_added(verifier: Page, town: Town) -> None:  # noqa: F811
    line, (free, lost, _) = a_licence(town), made(town)
    written(town, "code", "make", line)
    whole = town.core.licences.codes.link(line)
    written(town, "code", "void", lost.code)
    unissued = town.core.licences.codes.stamp.payload("C" * 22, 1)
    matrix = {
        whole: "码是真的", free.link: "码是真的", lost.link: "码是真的",
        f"https://zz.example/v/{'C' * 22}?{unissued}": "码是真的", with_digit(whole, 169): "码是假的",
        with_digit(whole, 12): "码是假的", with_digit(whole, 5): "码是假的", with_digit(whole, 0): "请联网核验",
        whole.partition("?")[0]: "请联网核验", "你好": "不是证照码",
    }  # fmt: skip
    verifier.context.set_offline(True)
    expect(verifier.locator("#net")).to_have_text("没有联网")
    for link, title in matrix.items():
        assert judged(verifier, link)[0] == title, link
    judged(verifier, whole)
    expect(verifier.locator("#today")).to_have_text("现在没有联网，不知道证照今天是否有效")
    looks_made(verifier)
    verifier.context.set_offline(False)
    assert judged(verifier, whole) == ("有效", "green")
    expect(verifier.locator("#facts")).to_contain_text("食品经营许可证")
    looks_made(verifier)
    assert judged(verifier, free.link) == ("还没有绑定证照", "gray")
    assert judged(verifier, lost.link) == ("码已作废", "red")
    assert judged(verifier, with_digit(whole, 169)) == ("码是假的", "red")
    assert judged(verifier, f"https://zz.example/v/{'C' * 22}?{unissued}") == ("查无此码", "red")
    town.clock.set("2031-01-05 09:00")
    assert judged(verifier, whole) == ("已过有效期", "orange")
    written(town, "licence", "cancel", line)
    assert judged(verifier, whole) == ("已注销", "red")


def test_once_opened_the_verifier_opens_without_network_and_judges(verifier: Page, town: Town) -> None:  # noqa: F811
    line = a_licence(town)
    written(town, "code", "make", line)
    whole = town.core.licences.codes.link(line)
    verifier.evaluate("navigator.serviceWorker.ready.then(() => true)")
    verifier.wait_for_function("caches.open('check').then((shelf) => shelf.match('/check')).then(Boolean)")
    verifier.context.set_offline(True)
    verifier.reload()
    assert judged(verifier, whole)[0] == "码是真的"
    expect(verifier.locator("#today")).to_have_text("现在没有联网，不知道证照今天是否有效")
    assert judged(verifier, with_digit(whole, 169))[0] == "码是假的"
    looks_made(verifier)


def test_a_photo_of_a_code_is_read(verifier: Page, town: Town, tmp_path: Path) -> None:  # noqa: F811
    line = a_licence(town)
    code = written(town, "code", "make", line)
    photo = tmp_path / "贴纸.png"
    photo.write_bytes(town.core.licences.codes.picture(town.actor("licences"), code))
    verifier.locator("#picture").set_input_files(photo)
    expect(verifier.locator("#title")).to_have_text("有效")
    Image.new("RGB", (300, 300), "white").save(photo)
    verifier.locator("#picture").set_input_files(photo)
    expect(verifier.locator("#say")).to_contain_text("没有找到码")


def test_a_revoked_key_proves_nothing_offline(
    browser: Browser,  # noqa: F811
    address: str,  # noqa: F811
    town: Town,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = a_licence(town)
    written(town, "code", "make", line)
    monkeypatch.setattr("webapp.check.code_rules", lambda: replace(code_rules(), revoked={1: "介质遗失"}))
    page = browser.new_context(base_url=address).new_page()
    page.goto("/check")
    page.context.set_offline(True)
    assert judged(page, town.core.licences.codes.link(line)) == ("请联网核验", "orange")
    page.context.close()

"""登记 in a real browser: the desk opens a case (R084), a unit opens its own and passes it on or closes it (R094)."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    Open,
    address,
    browser,
    open_page,
    pytestmark,
    town,
)
from tests.webapp.test_intake_photos import shot
from tests.webapp.town import Town


def fill(page: Page, **fields: str) -> None:
    """Fill the form by its labels' names; a select by what it shows."""
    for name, text in fields.items():
        field = page.locator(f"#{name}")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=text)
        else:
            field.fill(text)


def register(page: Page) -> None:
    page.get_by_role("button", name="登记").click()


@pytest.mark.requirement("R084")
def test_the_desk_opens_a_case_and_sends_it_out(open_page: Open, town: Town) -> None:  # noqa: F811
    """新增办件: faults show beside their fields, the filled form survives, the case is then dispatched."""
    page = open_page("desk", DESK)
    page.get_by_role("link", name="登记").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("新增办件")
    fill(page, channel="数字城管", type="投诉", urgency="紧急", title="海盛路井盖破损", caller_phone="无")
    register(page)
    expect(page.get_by_role("status")).to_have_text("有3处没有填好，请按每一处的提示改正。")
    for name in ("content", "place", "caller_phone"):
        expect(page.locator(f"#fault-{name}")).to_be_visible()
    expect(page.locator("#title")).to_have_value("海盛路井盖破损")
    assert town.core.work(town.actor("desk"), "all").total == 0
    fill(page, content="井盖裂了一半，晚上没有路灯。", place="海盛路人行道", caller_phone="19900001234")
    fill(page, caller_name="陈月兰", town="海秀街道", class_code="020201 井盖缺失松动")
    page.get_by_label("疑难").check()
    register(page)
    expect(page.get_by_role("status")).to_contain_text("已登记，编号 XYSZ")
    expect(page.locator(".case h1")).to_have_text("海盛路井盖破损")
    expect(page.locator(".case .tag").first).to_have_text("待派发")
    expect(page.locator(".facts")).to_contain_text("井盖缺失松动")
    expect(page.locator(".facts")).to_contain_text("199****1234")
    page.locator("summary", has_text="派发").click()
    page.get_by_label("主办单位").select_option(label="水务局")
    page.locator("form.sheet").get_by_role("button", name="派发").click()
    expect(page.locator(".whose").first).to_contain_text("水务局（待签收）")


@pytest.mark.requirement("R094")
@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_a_unit_opens_a_case_and_passes_it_on(open_page: Open, town: Town, size: tuple[int, int]) -> None:  # noqa: F811
    """新建办件 → 派发下一处理单位."""
    page = open_page("housing", size)
    _own_case(page, "工地围挡被风吹倒")
    page.locator("summary", has_text="转办").first.click()
    page.get_by_label("转给").select_option(label="市监局")
    page.locator("form.sheet").get_by_role("button", name="转办").click()
    expect(page.get_by_role("status")).to_contain_text("已转办")
    expect(page.locator(".whose").first).to_contain_text("市监局（待签收）")
    (item,) = town.core.work(town.actor("desk"), "all").items
    assert item.state == "dispatched"


@pytest.mark.requirement("R094")
def test_a_unit_opens_a_case_and_closes_it(open_page: Open, town: Town) -> None:  # noqa: F811
    """新建办件 → 直接办结."""
    page = open_page("housing", DESK)
    _own_case(page, "群众咨询公租房申请")
    page.locator("summary", has_text=re.compile("^办结$")).click()
    page.get_by_label("答复").fill("已当面一次性告知材料清单。")
    page.locator("form.sheet").get_by_role("button", name="办结").click()
    expect(page.locator(".case .tag").first).to_have_text("已办结")
    (item,) = town.core.work(town.actor("housing"), "all").items
    assert item.state == "closed"


def _own_case(page: Page, title: str) -> None:
    page.get_by_role("link", name="登记").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("新建办件")
    fill(page, type="求助", title=title, content="现场巡查发现。", place="长滨路西侧工地")
    page.get_by_label("匿名或没有诉求人").check()
    register(page)
    expect(page.get_by_role("status")).to_contain_text("已登记，编号 XYZJ")
    expect(page.locator(".case .tag").first).to_have_text("待派发")


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_the_form_fits_every_hand(open_page: Open, size: tuple[int, int]) -> None:  # noqa: F811
    page = open_page("desk", size)
    page.goto("/intake")
    register(page)
    expect(page.locator(".fault").first).to_be_visible()
    assert page.evaluate(SIDEWAYS) <= 0
    if size == HAND:
        assert page.evaluate(SMALL_TARGETS) == []


def test_likely_doubles_show_while_one_writes(open_page: Open) -> None:  # noqa: F811
    page = open_page("desk", DESK)
    page.goto("/intake")
    asked = []
    one = {
        "no": "XYRX20260309004213",
        "tail": "004213",
        "title": "港口路积水",
        "place": "港口路",
        "state_title": "办理中",
    }
    found = json.dumps({"found": [{**one, "why": ["地点相同"]}]})

    def answer(route: object) -> None:
        asked.append(route.request.post_data)  # type: ignore[attr-defined]
        route.fulfill(status=200, content_type="application/json", body=found)  # type: ignore[attr-defined]

    page.route("**/cases/near", answer)
    page.locator("#title").press_sequentially("港口路积水")
    expect(page.locator("#near a")).to_have_text("尾号 004213 港口路积水 · 港口路 · 办理中 · 地点相同")
    assert "csrf_token" in asked[-1]


def test_a_sheet_is_checked_then_registered_under_a_bar(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("desk", DESK)
    page.goto("/intake")
    page.get_by_role("link", name="从表格导入").click()
    text = "标题,内容,地点\n港口路积水,水没退,港口路\n,没有标题,秀华路\n路灯不亮,晚上很黑,秀华路\n"
    page.set_input_files("#file", {"name": "诉求.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator(".faults")).to_contain_text("请填写「标题」后再登记。")
    page.get_by_role("button", name="只登记没问题的 2 件").click()
    expect(page.locator("#bar")).to_be_visible()
    town.core.arrivals.imports.work()
    expect(page.locator(".tag")).to_have_text("已完成")
    assert page.locator("#bar").evaluate("bar => [bar.value, bar.max]") == [2, 2]
    assert town.core.work(town.actor("desk"), "all").total == 2


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_the_import_pages_fit_every_hand(open_page: Open, size: tuple[int, int]) -> None:  # noqa: F811
    page = open_page("desk", size)
    page.goto("/intake/sheets")
    pages = [page.evaluate(SIDEWAYS)]
    small = page.evaluate(SMALL_TARGETS) if size == HAND else []
    page.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": "标题,内容,地点\n,a,\n".encode()})
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator(".faults")).to_be_visible()
    pages.append(page.evaluate(SIDEWAYS))
    small += page.evaluate(SMALL_TARGETS) if size == HAND else []
    assert max(pages) <= 0
    assert small == []


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_photos_stay_with_the_form_and_come_with_the_case(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    page = open_page("desk", size)
    page.goto("/intake")
    fill(page, title="", content="井盖裂了一半。", place="海盛路人行道", caller_phone="19900001234")
    files = [
        {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": shot(colour=colour)} for colour in ("red", "navy")
    ]
    page.locator("#photos").set_input_files(files)  # type: ignore[arg-type]
    register(page)
    expect(page.get_by_text("已收下")).to_have_count(2)
    page.get_by_label("图片 1，已收下").uncheck()
    if size == HAND:
        assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(SIDEWAYS) <= 0
    fill(page, title="海盛路井盖破损")
    register(page)
    expect(page.get_by_role("status")).to_contain_text("已登记，编号 XYRX")
    expect(page.locator(".photos img")).to_have_count(1)
    assert page.locator(".photos img").evaluate("one => one.naturalWidth") == 640

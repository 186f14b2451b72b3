"""组织导入 in a real browser (R101's neighbour in 系统管理): the preview before the change, at a desk and in a hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.ports import OutsideDirectory, OutsidePerson, OutsideUnit
from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    Open,
    address,
    browser,
    looks_made,
    open_page,
    town,
)
from tests.chromium import CHROMIUM
from tests.webapp.town import PEOPLE, Town

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")
SHEET = """人员代码,姓名,手机,在用,单位,角色,职务
wang_xm,王小明,19900001234,,水务局,经办人,专办员
housing,钟德峰,,否,,,
river,符改名,,,,,
,没有代码,,,,,
zhou,周一,123,,,,
odd,周二,,,没有的局,经办人,科员
"""


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_a_sheet_is_previewed_confirmed_and_its_posts_left_to_the_other_administrator(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    file = tmp_path / "人员九月.csv"
    file.write_text(SHEET, encoding="utf-8")
    page = open_page("system", size)
    page.goto("/settings")
    page.get_by_role("link", name="组织导入").click()
    looks_made(page)
    page.get_by_label("填好的表格").set_input_files(file)
    page.get_by_role("button", name="上传并比较").click()
    expect(page.get_by_role("heading", name="人员九月.csv")).to_be_visible()
    looks_made(page)
    people = page.get_by_role("region", name="人员")
    expect(people.get_by_role("listitem")).to_have_count(3)
    expect(people.get_by_role("listitem", name="").filter(has_text="停用 钟德峰")).to_contain_text("将停用")
    expect(page.get_by_role("region", name="没有采用的")).to_contain_text("第 5 行")
    assert {row.name for row in town.core.directory().by_role["unit_clerk"]} >= {"钟德峰"}
    page.get_by_role("button", name="确认 3 项").click()
    expect(people.get_by_role("listitem").filter(has_text="停用 钟德峰")).to_contain_text("已完成")
    looks_made(page)
    town.core.directory.forget()
    assert "钟德峰" not in {row.name for row in town.core.directory().by_role["unit_clerk"]}
    other = open_page("security", size)
    other.goto("/settings/directory/1")
    other.get_by_role("button", name="确认 1 项").click()
    expect(other.get_by_role("region", name="岗位").get_by_role("listitem")).to_contain_text("已完成")
    page.goto("/settings/directory")
    expect(page.get_by_role("region", name="最近的导入")).to_contain_text("已完成")


class Shrunk:
    """An address book in which three of the town are missing, two share a number, and one is new."""

    name = "dingtalk"

    def whole(self) -> OutsideDirectory:
        here = ("desk", "head", "caller", "water", "system", "security", "audit")
        people = [OutsidePerson(f"union-{one}", PEOPLE[one][0], "", one, ("1",)) for one in here]
        twins = [OutsidePerson(f"union-t{n}", f"同号{n}", "13712345678", f"t{n}", ("1",)) for n in (1, 2)]
        new = OutsidePerson("union-new", "新同事", "13712345679", "new", ("1",), "科员")
        return OutsideDirectory((OutsideUnit("1", "秀英区水务局", ""),), (*people, *twins, new))


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_a_big_loss_needs_a_tick(open_page: Open, town: Town, size: tuple[int, int]) -> None:  # noqa: F811
    number = town.core.rosters.look(None, Shrunk())
    page = open_page("system", size)
    page.goto(f"/settings/directory/{number}")
    looks_made(page)
    expect(page.get_by_role("region", name="没有采用的").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("region", name="请留意")).to_contain_text("岗位不随部门变动")
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_role("alert")).to_contain_text("这次要停用 4 人")
    looks_made(page)
    page.get_by_label("确认停用 4 人").check()
    page.get_by_role("button", name="确认").click()
    gone = page.get_by_role("region", name="人员").get_by_role("listitem").filter(has_text="停用")
    expect(gone.first).to_contain_text("已完成")
    expect(gone).to_have_count(4)

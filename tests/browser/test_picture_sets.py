"""图片导入 in a real browser (R167): a ZIP of pictures matched, misnamed ones repaired, put to their licences."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.licences.picture_work import work
from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    Open,
    address,
    browser,
    looks_made,
    open_page,
    pytestmark,
    town,
)
from tests.core.library_room import FOOD, a_company, a_licence
from tests.core.test_picture_sets import HEALTH, NAME, packed, shot
from tests.webapp.town import Town


@pytest.mark.requirement("R167")
@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_pictures_of_a_zip_are_matched_repaired_and_put_to_their_licences(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    company = a_company(town.core)
    food, health = a_licence(town.core, company), a_licence(town.core, company, **HEALTH)
    bundle = tmp_path / "证照.zip"
    bundle.write_bytes(
        packed(
            {
                f"{NAME}_食品经营许可证.jpg": shot("#2A6F4E"), f"{NAME}.jpg": shot("#8A2F3B"),
                "店面.jpg": shot("#2F4F8A"), "说明.txt": b"readme",
            }
        )
    )  # fmt: skip
    page = open_page("licences", size)
    page.get_by_role("navigation", name="证照库").get_by_role("link", name="图片导入").click()
    looks_made(page)
    page.get_by_label("图片，或装着图片的 ZIP").set_input_files(bundle)
    page.get_by_role("button", name="上传并比对").click()
    work(town.core.licences.picture_sets)
    expect(page.get_by_role("button", name="存入对上的 1 张")).to_be_visible()
    looks_made(page)
    expect(page.get_by_role("region", name="不能用")).to_contain_text("不是 JPG、PNG 图片")
    doubtful, unmatched = page.get_by_role("region", name="拿不准"), page.get_by_role("region", name="没对上")
    expect(doubtful).to_contain_text("有 2 份，文件名没有说是哪一份")
    doubtful.get_by_role("button", name="公共场所卫生许可证").click()
    expect(page.get_by_role("button", name="存入对上的 2 张")).to_be_visible()
    unmatched.get_by_label("改名为").fill(f"{FOOD['number']}.jpg")
    unmatched.get_by_role("button", name="改名再比").click()
    page.get_by_role("button", name="存入对上的 3 张").click()
    work(town.core.licences.picture_sets)
    expect(page.get_by_role("region", name="已存入").get_by_role("listitem")).to_have_count(3)
    looks_made(page)
    for line, count in ((food, 2), (health, 1)):
        page.goto(f"/library/licences/{line}")
        expect(page.locator(".papers img")).to_have_count(count)

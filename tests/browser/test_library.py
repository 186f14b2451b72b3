"""证照库 in a real browser (R163–R179): companies and persons, their licences with pictures, the list, taking out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from core.licences import LibraryAct
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
from tests.builders import fresh_key
from tests.core.library_room import COMPANY, FOOD, NURSE, PERSON
from tests.core.test_licence_sheets import HEAD, line, sheet
from tests.webapp.town import PASSWORD, Town

PATIENT_MS = 60_000
expect.set_options(timeout=PATIENT_MS)
LABELS = {"企业名称": COMPANY["name"], "统一社会信用代码": COMPANY["number"], "联系手机": COMPANY["phone"]}


def picture(folder: Path) -> Path:
    """A photo of a paper."""
    path = folder / "原件.jpg"
    Image.new("RGB", (800, 600), "#D8E4F8").save(path, "JPEG")
    return path


def searched(page: Page, words: str) -> None:
    page.locator("#search").fill(words)
    page.get_by_role("button", name="查找").click()


def add(page: Page, kind: str, **values: str) -> None:
    page.locator(".adding > summary").click()
    for label, text in values.items():
        page.locator(".adding").get_by_label(label, exact=False).first.fill(text)
    page.locator(".adding").get_by_role("button", name="保存").click()


def a_company(town: Town) -> str:  # noqa: F811
    return _written(town, "subject", "add", **COMPANY)


def _written(town: Town, book: str, does: str, row: str = "", **values: str) -> str:  # noqa: F811
    actor = town.core.actor_for("dingtalk", "licences")
    act = LibraryAct(fresh_key("library"), book, does, row, values, actor, "来文更正")
    return town.core.licences.write(act).no


@SIZES
@pytest.mark.requirement("R166", "R168", "R169")
def test_a_company_is_added_found_changed_and_deleted(open_page: Open, size: tuple[int, int]) -> None:  # noqa: F811
    page = open_page("licences", size)
    expect(page.get_by_role("heading", level=1)).to_have_text("企业库")
    add(page, "企业", **{**LABELS, "统一社会信用代码": "91110000600037341M"})
    expect(page.get_by_role("status")).to_contain_text("校验位不对")
    expect(page.locator(".adding").get_by_label("企业名称")).to_have_value(COMPANY["name"])
    page.locator(".adding").get_by_label("统一社会信用代码").fill(COMPANY["number"])
    page.locator(".adding").get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text(f"已新增「{COMPANY['name']}」")
    page.get_by_role("link", name="返回企业库").click()
    for words in ("椰风", COMPANY["number"]):
        searched(page, words)
        expect(page.locator(".entry-name")).to_have_text(COMPANY["name"])
        assert words not in page.url
    looks_made(page)
    page.locator(".entry").click()
    looks_made(page)
    page.locator("summary", has_text="修改").click()
    page.get_by_label("住所").fill("海口市秀英区秀华路8号")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已修改")
    expect(page.locator(".facts-list").first).to_contain_text("秀华路8号")
    expect(page.locator(".facts-list").first).to_contain_text("199****8888")
    page.locator("summary", has_text="删除").click()
    page.locator("#delete-reason").fill("重复登记")
    page.get_by_role("button", name="确认删除").click()
    expect(page.get_by_role("status")).to_contain_text("已删除")
    expect(page.locator(".empty")).to_contain_text("还没有企业")


@SIZES
@pytest.mark.requirement("R173", "R175", "R174")
def test_a_person_is_found_by_number_masked_and_shown_in_full_with_a_reason(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    page = open_page("licences", size)
    page.get_by_role("navigation", name="证照库").get_by_role("link", name="个人").click()
    add(page, "个人", 姓名=PERSON["name"], 身份证号=PERSON["number"], 手机=PERSON["phone"])
    expect(page.get_by_role("status")).to_contain_text("已新增「欧***」")
    expect(page.locator(".page-head")).to_contain_text("110105********002X")
    assert PERSON["number"] not in page.content()
    page.locator("summary", has_text="修改").click()
    page.get_by_label("住址").fill("秀华路9号")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已修改")
    page.get_by_role("link", name="登记证照").click()
    page.locator("select[name=type]").select_option(label="护士执业证书")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("执业证书编号").fill(NURSE["number"])
    page.get_by_label("发证日期").fill(NURSE["issued_on"])
    page.get_by_label("执业地点").fill(NURSE["workplace"])
    looks_made(page)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已登记「护士执业证书」")
    page.get_by_role("link", name=f"返回{PERSON['name']}").click()
    expect(page.locator(".paper")).to_contain_text(NURSE["number"])
    page.locator("summary", has_text="看完整号码").click()
    page.locator("#reveal-reason").fill("核对原件")
    page.get_by_role("button", name="显示").click()
    expect(page.locator(".page-head")).to_contain_text(PERSON["number"])
    page.goto("/library/person")
    searched(page, PERSON["number"].lower())
    expect(page.locator(".entry-name")).to_have_text(PERSON["name"])


@SIZES
@pytest.mark.requirement("R171", "R179")
def test_a_companys_licence_shows_its_pictures_and_is_changed_into_a_new_version(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    line = _written(town, "licence", "issue", **{**FOOD, "subject": a_company(town)})
    page = open_page("licences", size)
    page.goto(f"/library/licences/{line}")
    page.locator("#pictures").set_input_files(picture(tmp_path))
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("status")).to_contain_text("已加图片")
    shown = page.locator(".papers img")
    expect(shown).to_have_count(1)
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
    looks_made(page)
    page.locator("summary", has_text="变更").click()
    page.locator("#change-scope").fill("冷食类食品制售")
    page.locator("#change-reason").fill("增加经营项目")
    page.locator("details[open] .sheet").get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已变更")
    expect(page.locator(".versions .entry")).to_have_count(2)
    expect(page.locator(".papers img")).to_have_count(1)
    page.locator("summary", has_text="注销").click()
    page.locator("#cancel-reason").fill("企业申请注销")
    page.get_by_role("button", name="确认注销").click()
    expect(page.locator(".page-head .tag")).to_have_text("已注销")
    page.get_by_role("link", name=f"返回{COMPANY['name']}").click()
    expect(page.locator(".paper")).to_contain_text("食品经营许可证")
    expect(page.locator(".paper img")).to_have_count(1)
    looks_made(page)


@SIZES
@pytest.mark.requirement("R178")
def test_licences_are_listed_by_case_number_and_day_of_issue(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    token = a_company(town)
    _written(town, "licence", "issue", **{**FOOD, "subject": token})
    later = {"number": "JY14601990000002", "issued_on": "2026-01-05", "case_no": "XYBJ2026010500002"}
    _written(town, "licence", "issue", **{**FOOD, **later, "subject": token})
    page = open_page("licences", size)
    page.get_by_role("navigation", name="证照库").get_by_role("link", name="证照", exact=True).click()
    expect(page.locator(".licences .entry")).to_have_count(2)
    looks_made(page)
    page.get_by_label("办件编号").fill(later["case_no"])
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".licences .entry-no")).to_have_text(later["number"])
    page.get_by_role("link", name="清除条件").click()
    page.get_by_label("发证起").fill("2025-12-01")
    page.get_by_label("发证止").fill("2025-12-31")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".licences .entry-no")).to_have_text(FOOD["number"])
    searched(page, "没有的")
    expect(page.locator(".empty")).to_contain_text("没有符合条件的证照")


@pytest.mark.parametrize(
    ("kind", "values"), [("company", COMPANY), ("person", PERSON)], ids=["company", "person"]
)  # fmt: skip
@pytest.mark.requirement("R170", "R176")
def test_a_list_is_taken_out_with_a_reason_and_on_record(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    kind: str,
    values: dict[str, str],
) -> None:
    _written(town, "subject", "add", **values)
    page = open_page("licences")
    page.goto(f"/library/{kind}")
    page.locator("summary", has_text="导出").click()
    page.locator("#export-reason").fill("年度核查")
    with page.expect_download() as waiting:
        page.locator(".export").get_by_role("button", name="导出").click()
    told = CalamineWorkbook.from_filelike(io.BytesIO(Path(waiting.value.path()).read_bytes())).get_sheet_by_index(0)
    mark, heads, row = told.to_python()[:3]
    assert "符海棠" in str(mark[0])
    assert heads[:2] == [
        "企业名称" if kind == "company" else "姓名",
        "统一社会信用代码" if kind == "company" else "身份证号",
    ]
    assert row[:2] == [values["name"], "110105********002X" if kind == "person" else values["number"]]
    entry = next(
        line for line in town.core.log_page(town.core.actor_for("dingtalk", "audit"))[0] if "export" in line.action
    )
    assert (entry.action, entry.result, entry.reason) == ("subject.exported", "done", "年度核查")


@pytest.mark.requirement("R163", "R164", "R165")
def test_the_licence_clerk_signs_in_changes_the_password_and_signs_out(open_page: Open) -> None:  # noqa: F811
    page = open_page("licences")
    expect(page).to_have_url(page.url.partition("/library")[0] + "/library/company")
    page.locator(".me > summary").click()
    page.get_by_role("link", name="修改密码").click()
    fresh = "Baisha门海边第7级石阶"
    page.locator("#old").fill(PASSWORD)
    page.locator("#new").fill(fresh)
    page.locator("#again").fill(fresh)
    page.locator(".main").get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("密码已修改")
    page.locator(".me > summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("#login")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.locator("#login")).to_be_visible()
    page.fill("#login", "licences")
    page.fill("#password", fresh)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("企业库")


@SIZES
@pytest.mark.requirement("R181", "R182")
def test_a_sheet_is_filled_from_its_template_mended_and_taken_in(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    page = open_page("licences", size)
    page.get_by_role("navigation", name="证照库").get_by_role("link", name="表格导入").click()
    looks_made(page)
    page.locator("#blank-type").select_option(label="食品经营许可证")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载模板").click()
    assert waiting.value.suggested_filename == "食品经营许可证.xlsx"
    (head,) = CalamineWorkbook.from_path(waiting.value.path()).get_sheet_by_index(0).to_python()
    assert head == HEAD
    bring(page, tmp_path / "一.xlsx", sheet(line(), line(number="", case_no="1")))
    expect(page.locator(".faults .grid-row")).to_have_count(1)
    expect(page.locator(".faults .grid-row")).to_contain_text("许可证编号")
    looks_made(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载清单").click()
    told = CalamineWorkbook.from_path(waiting.value.path()).get_sheet_by_index(0).to_python()
    assert told[1][:2] == [3.0, "许可证编号"]
    page.get_by_role("button", name="放弃").click()
    expect(page.get_by_role("status")).to_contain_text("已放弃")
    bring(page, tmp_path / "二.xlsx", sheet(line(), line(number="JY14601990000002", case_no="00012")))
    page.get_by_role("button", name="全部登记 2 份").click()
    expect(page.locator("#bar")).to_be_visible()
    town.core.licences.imports.work()
    expect(page.locator(".whose .tag")).to_have_text("已完成")
    page.goto("/library/licences")
    expect(page.locator(".licences .entry-case")).to_have_text(["00012", FOOD["case_no"]])


def bring(page: Page, path: Path, raw: bytes) -> None:
    """Choose the type and the file, and send them."""
    path.write_bytes(raw)
    page.goto("/library/sheets")
    page.locator("#bring-type").select_option(label="食品经营许可证")
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()

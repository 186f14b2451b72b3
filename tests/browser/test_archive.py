"""审批资料电子文档库 in a real browser (R147–R152): searched and counted, brought in, repaired, checked, used again."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from python_calamine import CalamineWorkbook

from core.archive import ArchiveFilter, sheets
from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIZES,
    Open,
    address,
    browser,
    looks_made,
    open_page,
    pytestmark,
    town,
)
from tests.browser.test_library import _written, a_company, searched
from tests.builders import fresh_key
from tests.core.archive_room import LEASE, pdf, picture
from tests.core.library_room import COMPANY, FOOD, PERSON
from tests.core.test_archive_batches import manifest, zipped
from tests.webapp.town import Town


def a_paper(town: Town, subject: str, category: str, raw: bytes, **fields: str) -> str:  # noqa: F811
    actor = town.core.actor_for("dingtalk", "licences")
    return town.core.archive.file(fresh_key("paper"), actor, subject, category, {**LEASE, **fields}, raw).no


@SIZES
@pytest.mark.requirement("R147")
def test_papers_are_found_by_text_subject_category_and_date_and_counted(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    company = a_company(town)
    a_paper(town, company, "CS", pdf("Harbour Road shop 8"))
    a_paper(town, company, "ZT", picture(10), title="营业执照正本", made_on="2024-03-09", valid_to="")
    page = open_page("licences", size)
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="资料").click()
    names = page.locator(".archive-rows .entry-name")
    expect(names).to_have_text(["营业执照正本", LEASE["title"]])
    looks_made(page)
    for words in ("harbour shop", "租赁"):
        searched(page, words)
        expect(names).to_have_text([LEASE["title"]])
        assert words not in page.url
    searched(page, "椰风")
    expect(names).to_have_count(2)
    page.get_by_label("分类").select_option(label="主体资格")
    page.get_by_label("形成止").fill("2024-12-31")
    page.get_by_role("button", name="筛选").click()
    expect(names).to_have_text(["营业执照正本"])
    names.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("营业执照正本")
    shown = page.locator(".leaves img")
    expect(shown).to_have_count(1)
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
    looks_made(page)
    page.goto("/archive/stats")
    expect(page.locator(".tiles li").first).to_have_text("2份资料")
    row = page.locator(".by-category .grid-row", has_text="场所证明")
    expect(row.get_by_role("cell").nth(2)).to_have_text("1")
    looks_made(page)
    page.locator("summary", has_text="导出").click()
    page.locator("#export-reason").fill("年度报告")
    with page.expect_download() as waiting:
        page.locator(".export").get_by_role("button", name="导出").click()
    told = CalamineWorkbook.from_path(waiting.value.path()).get_sheet_by_name("按分类").to_python()
    assert ["场所证明", 1.0, 1.0, 1.0] in [row[:4] for row in told]


@pytest.mark.requirement("R148", "R149", "R150")
def test_existing_papers_of_companies_are_brought_in_by_manifest_and_name_and_repaired(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
) -> None:
    page = open_page("licences", DESK)
    listed = manifest(
        town.core,
        "company",
        {**COMPANY, "file": "执照.jpg", "category": "主体资格", "paper_title": "营业执照"},
        {**COMPANY, "file": "合同.pdf", "category": "场所证明", "paper_title": "租赁合同"},
        {**COMPANY, "file": "图.jpg", "category": "场所证明", "paper_title": "平面图", "paper_made_on": "三月九日"},
    )
    papers = zipped(
        {
            "执照.jpg": picture(1), "x0032.pdf": pdf(), "图.jpg": picture(3),
            f"{COMPANY['number']}-许可证件-卫生许可证-20240309.jpg": picture(4),
        }
    )  # fmt: skip
    bring(page, town, tmp_path, "企业", listed, papers)
    chips = page.get_by_role("navigation", name="核对结果")
    expect(chips).to_contain_text("可归档 2")
    for told in ("没对上 2", "要改 1"):
        expect(chips).to_contain_text(told)
    looks_made(page)
    assert town.core.archive.documents(town.core.actor_for("dingtalk", "licences"), ArchiveFilter()).total == 0
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载核对结果").click()
    report = CalamineWorkbook.from_path(waiting.value.path()).get_sheet_by_index(0).to_python()
    assert [3.0, "合同.pdf", "没对上：压缩包里没有这个文件"] in report
    item = opened(page, "租赁合同")
    item.get_by_label("是哪个文件").select_option(label="x0032.pdf")
    item.get_by_role("button", name="保存并重新核对").click()
    expect(page.get_by_role("status")).to_contain_text("可归档")
    item = opened(page, "平面图")
    expect(item).to_contain_text("应是日期")
    item.get_by_label("形成日期").fill("2024-03-09")
    item.get_by_role("button", name="保存并重新核对").click()
    page.get_by_role("button", name="归档对上的 4 条").click()
    expect(page.locator("#bar")).to_be_visible()
    town.core.archive.taking.work()
    expect(chips).to_contain_text("已归档 4")
    page.goto("/archive")
    expect(page.locator(".archive-rows .entry-name")).to_have_text(["卫生许可证", "平面图", "租赁合同", "营业执照"])
    page.locator(".archive-rows .entry", has_text="卫生许可证").click()
    expect(page.locator(".facts-list").nth(1)).to_contain_text("2024-03-09")


@pytest.mark.requirement("R148", "R151", "R152")
def test_existing_papers_of_persons_are_brought_in_and_a_doubt_needs_a_yes(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
) -> None:
    page = open_page("licences", HAND)
    _written(town, "subject", "add", **PERSON)
    listed = manifest(
        town.core, "person", {**PERSON, "address": "秀华路9号"}, {"name": "符海生", "number": "110105194912310038"}
    )
    papers = zipped({f"{PERSON['number']}/身份证人像面.jpg": picture(1), "证件照.jpg": picture(2)})
    bring(page, town, tmp_path, "个人", listed, papers)
    chips = page.get_by_role("navigation", name="核对结果")
    for told in ("可归档 2", "要确认 1", "没对上 1"):
        expect(chips).to_contain_text(told)
    assert PERSON["number"] not in page.content()
    looks_made(page)
    item = opened(page, "基本信息和库里不同")
    looks_made(page)
    item.get_by_role("button", name="确认无误").click()
    expect(page.get_by_role("status")).to_contain_text("可归档")
    item = opened(page, "证件照")
    item.get_by_label("身份证号").fill("110105194912310038")
    item.get_by_label("姓名").fill("符海生")
    item.get_by_label("资料分类").select_option(label="资格资质")
    item.get_by_role("button", name="保存并重新核对").click()
    page.get_by_role("button", name="归档对上的 4 条").click()
    expect(page.locator("#bar")).to_be_visible()
    town.core.archive.taking.work()
    expect(chips).to_contain_text("已归档 4")
    page.goto("/library/person")
    expect(page.locator(".entry-name")).to_have_text(["符海生", PERSON["name"]])
    page.goto("/archive")
    expect(page.locator(".archive-rows .entry-holder")).to_have_text(["符海生", PERSON["name"]])


@SIZES
def test_a_volume_is_checked_mended_filed_and_taken_out(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    company = a_company(town)
    page = open_page("licences", size)
    page.goto(f"/archive/new?subject={company}")
    (tmp_path / "合同.pdf").write_bytes(pdf("paper of the volume"))
    page.locator("#paper").set_input_files(tmp_path / "合同.pdf")
    page.get_by_label("资料分类").select_option(label="场所证明")
    page.get_by_label("资料名称").fill("租赁合同")
    looks_made(page)
    page.get_by_role("button", name="存入").click()
    expect(page.get_by_role("status")).to_contain_text("已存入")
    page.get_by_role("link", name="返回案卷").click()
    page.locator("summary", has_text="归档").click()
    page.get_by_role("button", name="检测并归档").click()
    expect(page.get_by_role("status")).to_contain_text("有 1 处没有通过")
    looks_made(page)
    page.locator(".versions .entry").first.click()
    expect(page.locator(".four .failed")).to_contain_text("完整性")
    expect(page.locator(".found .grid-row")).to_contain_text("还没有填形成日期")
    looks_made(page)
    page.get_by_role("link", name="返回案卷").click()
    page.locator(".archive-rows .entry").click()
    page.locator("summary", has_text="更正登记").click()
    page.locator("#change-made_on").fill("2024-03-09")
    page.locator("#change-reason").fill("补登记")
    page.locator("details[open] .sheet").get_by_role("button", name="保存").click()
    page.get_by_role("link", name="返回案卷").click()
    page.locator("summary", has_text="归档").click()
    page.get_by_role("button", name="检测并归档").click()
    expect(page.locator(".page-head .tag")).to_have_text("已归档")
    page.locator("summary", has_text="导出案卷").click()
    page.locator("#export-reason").fill("移交区档案馆")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="导出", exact=True).click()
    with zipfile.ZipFile(waiting.value.path()) as packed:
        assert sorted(name.rpartition(".")[2] for name in packed.namelist()) == ["json", "pdf", "sig", "txt"]


def test_what_a_company_filed_before_is_offered_when_it_applies_again(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
) -> None:
    company = a_company(town)
    photo = a_paper(town, company, "CS", picture(10), title="门头照片")
    a_paper(town, company, "ZT", picture(20), title="旧执照", valid_to="2025-01-01")
    page = open_page("licences")
    page.goto(f"/library/licences/new?type=food_business&subject={company}")
    expect(page.locator(".again .tick")).to_have_count(1)
    page.get_by_label("门头照片").check()
    for name in ("number", "legal_person", "operator", "address", "place", "business_kind", "scope"):
        page.locator(f"#new-{name}").fill(FOOD[name])
    page.locator("#new-issued_on").fill(FOOD["issued_on"])
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".papers img")).to_have_count(1)
    page.goto(f"/archive/papers/{photo}")
    expect(page.locator(".changes").first).to_contain_text("登记食品经营许可证")
    page.goto("/archive/reuse/company")
    searched(page, "椰风")
    page.locator(".people .entry").click()
    expect(page.locator(".offered .entry")).to_contain_text("已复用 1 次")
    page.locator("#used_for").fill("公共场所卫生许可新办")
    page.get_by_role("button", name="记下复用").click()
    expect(page.get_by_role("status")).to_contain_text("请先勾选")
    page.get_by_label("门头照片").check()
    page.get_by_role("button", name="记下复用").click()
    expect(page.get_by_role("status")).to_contain_text("已记下复用 1 份")
    expect(page.locator(".offered .entry")).to_contain_text("已复用 2 次")


def opened(page: Page, words: str) -> Locator:
    """The item that says so, opened."""
    item = page.locator("details.item", has_text=words).first
    item.locator("summary").click()
    return item


def bring(page: Page, town: Town, folder: Path, kind: str, listed: bytes, papers: bytes) -> None:  # noqa: F811
    """Get the template, then send what was filled and the ZIP; the clock reads them."""
    page.goto("/archive/batches")
    looks_made(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=f"下载{kind}清单模板").click()
    (head,) = CalamineWorkbook.from_path(waiting.value.path()).get_sheet_by_index(0).to_python()
    key = "company" if kind == "企业" else "person"
    assert head == [f"{one.label}{'*' if one.required else ''}" for one in sheets.columns(key)]
    (folder / "清单.xlsx").write_bytes(listed)
    (folder / "资料.zip").write_bytes(papers)
    page.get_by_label("谁的资料").select_option(label=kind)
    page.locator("#manifest").set_input_files(folder / "清单.xlsx")
    page.locator("#papers").set_input_files(folder / "资料.zip")
    page.get_by_role("button", name="上传并核对").click()
    expect(page.locator("#bar")).to_be_visible()
    town.core.archive.taking.work()

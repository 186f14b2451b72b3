"""拍照登记 in a real browser (R190): a picture uploaded, read into the form, compared with its crops, confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

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
from tests.core.papers import TOLD, a_letter, a_paper
from tests.webapp.town import Town

ANOTHER = "91440101MA5CM85X0A"
"""What the QR code of a paper says that was tampered with."""


@pytest.mark.requirement("R190")
def test_a_licence_is_read_from_its_picture_checked_against_it_and_registered(
    open_page: Open,  # noqa: F811
    tmp_path: Path,
) -> None:
    paper = tmp_path / "执照.png"
    paper.write_bytes(a_paper(turn=90))
    page = open_page("licences", DESK)
    page.get_by_role("navigation", name="证照库").get_by_role("link", name="拍照登记").click()
    looks_made(page)
    page.get_by_label("证照图片").set_input_files(paper)
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("核对营业执照")
    looks_made(page)
    holder = page.locator("[data-field=holder]")
    expect(holder.get_by_role("textbox")).to_have_value(TOLD["holder"])
    expect(holder.get_by_role("img", name="原图上的样子")).to_be_visible()
    expect(page.locator("[data-field=holder_code]")).to_contain_text("与二维码一致")
    expect(page.locator("[data-field=legal_person]").get_by_role("textbox")).to_have_value(TOLD["legal_person"])
    page.locator("[data-field=holder_code]").get_by_role("textbox").fill("91110000600037341M")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("校验位不对")
    page.locator("[data-field=holder_code]").get_by_role("textbox").fill(TOLD["holder_code"])
    page.locator("[data-field=capital]").get_by_role("textbox").fill("贰佰万元")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已登记「营业执照」，图片已一并存入")
    expect(page.locator(".papers img")).to_have_count(1)
    page.get_by_role("link", name="识别记录").click()
    expect(page.locator(".page-head")).to_contain_text("登记时改过 1 栏")


@pytest.mark.requirement("R190")
def test_in_a_hand_a_paper_whose_code_contradicts_it_is_shown_so_and_a_letter_is_refused(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    tmp_path: Path,
) -> None:
    letter, paper = tmp_path / "荣誉证书.png", tmp_path / "执照.png"
    letter.write_bytes(a_letter())
    paper.write_bytes(a_paper(ANOTHER))
    page = open_page("licences", HAND)
    page.goto("/library/readings")
    looks_made(page)
    page.get_by_label("证照图片").set_input_files(letter)
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_role("status")).to_contain_text("没有认出这是哪一种证照，图上最大的字是「荣誉证书」")
    page.get_by_label("证照图片").set_input_files(paper)
    page.get_by_role("button", name="上传并识别").click()
    expect(page.locator("p.said.no")).to_contain_text("与二维码里的不一致，请核实真伪")
    looks_made(page)
    code = page.locator("[data-field=holder_code]")
    expect(code).to_contain_text("要改")
    expect(code).to_contain_text(f"二维码里是「{ANOTHER}」")
    page.get_by_role("button", name="放弃，不保留图片").click()
    expect(page.get_by_role("status")).to_contain_text("图片和内容没有保留")
    assert town.core.licences.subjects(town.core.actor_for("dingtalk", "licences"), "company").total == 0

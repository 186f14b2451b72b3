"""证照版面 in a real browser (R188, R189): designed with a live preview, saved as a version, printed with an offset."""

from __future__ import annotations

import base64
import io
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.face_versions import SHIPPED
from core.policy.licences import licence_types
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
from tests.core.library_room import COMPANY, FOOD
from tests.webapp.test_drawn import licence
from tests.webapp.town import Town

KIND = licence_types()["food_business"]
PATIENCE = 60_000


def shown(page: Page) -> Image.Image:
    """The preview as it is in the page now."""
    source = page.locator("#preview").get_attribute("src") or ""
    return Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGB")


def drawn_anew(page: Page) -> None:
    """Wait until the preview shows the last change; the page counts what it asked for and what it shows."""
    for _ in range(20):
        wanted = page.locator("#paper").get_attribute("data-wanted") or ""
        expect(page.locator("#preview")).to_have_attribute("data-drawn", re.compile("."), timeout=PATIENCE)
        with suppress(AssertionError):
            expect(page.locator("#preview")).to_have_attribute("data-drawn", wanted, timeout=PATIENCE / 20)
            if page.locator("#paper").get_attribute("data-wanted") == wanted:
                return
    raise AssertionError("the preview never caught up")


def open_face(page: Page) -> None:
    page.get_by_role("link", name="版面", exact=True).click()
    page.get_by_label("查找证照").fill("食品经营")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="食品经营许可证").click()
    expect(page.get_by_role("heading", name="食品经营许可证", level=1)).to_be_visible()


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
@pytest.mark.requirement("R188")
def test_an_administrator_designs_a_face_sees_it_live_and_saves_it(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    page = open_page("system", size)
    open_face(page)
    assert page.evaluate(SIDEWAYS) <= 0
    page.get_by_role("button", name="添加文字").click()
    page.locator("#part-text").fill("秀英区监制")
    drawn_anew(page)
    before = np.asarray(shown(page), dtype=np.int16)
    page.locator("#part-x").fill("30")
    page.locator("#part-size").fill("9")
    page.locator("#part-colour").fill("#c8161d")
    expect(page.locator(".save [name=layout]")).to_have_value(
        re.compile('"size":9,"colour":"#C8161D"}'), timeout=PATIENCE
    )
    drawn_anew(page)
    assert np.abs(np.asarray(shown(page), dtype=np.int16) - before).max() > 60
    page.get_by_label("原因").fill("加监制单位")
    page.get_by_role("button", name="保存为新的一版").click()
    expect(page.get_by_role("status")).to_contain_text("已新增「食品经营许可证版面」")
    expect(page.locator(".versions > li").first).to_contain_text("第 1 版")
    expect(page.locator(".versions > li").first).to_contain_text("使用中")
    expect(page.locator(".versions > li").first).to_contain_text("加监制单位")
    face, _ = town.core.faces.face(KIND)
    assert (face.parts[-1].text, face.parts[-1].x, face.parts[-1].size) == ("秀英区监制", 30, 9)
    assert (face.parts[-1].colour, len(face.parts)) == ("#C8161D", len(KIND.face.parts) + 1 if KIND.face else 0)
    if size == HAND:
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.requirement("R188")
def test_a_part_is_dragged_and_nudged_to_its_place(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("system", DESK)
    page.goto("/licence-faces/food_business")
    first = page.locator(".parts button").first
    first.click()
    handle = page.locator(".handle.chosen")
    place = handle.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 30, place["y"] + 5)
    page.mouse.down()
    page.mouse.move(place["x"] + 60, place["y"] + 25, steps=4)
    page.mouse.up()
    drawn_anew(page)
    sent = "JSON.parse(document.querySelector('.save').elements.layout.value).parts[0]"
    part = page.evaluate(sent)
    assert KIND.face is not None
    was = KIND.face.parts[0]
    assert part["x"] > was.x + 3
    assert part["y"] > was.y + 2
    assert part["x"] * 2 == int(part["x"] * 2), "half a millimetre at a time"
    page.locator(".parts button[aria-pressed=true]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(sent)["x"] == part["x"] + 0.5


@pytest.mark.requirement("R188")
def test_an_older_version_is_taken_to_be_changed_and_the_shipped_one_comes_back(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
) -> None:
    page = open_page("system", DESK)
    page.goto("/licence-faces/food_business")
    page.locator(".parts button").last.click()
    page.get_by_role("button", name="删除").click()
    drawn_anew(page)
    page.get_by_label("原因").fill("去掉监制字样")
    page.get_by_role("button", name="保存为新的一版").click()
    expect(page.get_by_role("status")).to_contain_text("已新增")
    page.locator(".versions > li").last.get_by_role("link", name="拿来修改").click()
    expect(page.locator(".page-head")).to_contain_text("正在看自带的版面")
    page.get_by_label("原因").fill("恢复自带的版面")
    page.get_by_role("button", name="保存为新的一版").click()
    expect(page.locator(".versions > li").first).to_contain_text("第 2 版")
    assert town.core.faces.face(KIND) == (KIND.face, KIND.print)


@pytest.mark.requirement("R188")
def test_a_background_is_uploaded_and_seen(open_page: Open, tmp_path: Path) -> None:  # noqa: F811
    ground = tmp_path / "ground.png"
    Image.new("RGB", (297, 210), "#FFD9A0").save(ground)
    page = open_page("system", DESK)
    page.goto("/licence-faces/hr_service")
    page.locator("summary", has_text="纸张、边框和底图").click()
    page.locator("#background").set_input_files(ground)
    drawn_anew(page)
    colours = shown(page).crop((4, 2, 1700, 34)).getcolors(100_000) or []
    most = max(colours)[1]
    assert isinstance(most, tuple)
    assert max(abs(one - two) for one, two in zip(most, (0xFF, 0xD9, 0xA0), strict=True)) < 8
    wrong = tmp_path / "ground.gif"
    wrong.write_bytes(b"GIF89a" + b"0" * 50)
    page.locator("#background").set_input_files(wrong)
    expect(page.get_by_role("alert")).to_contain_text("「图片」打不开：请发 JPG 或 PNG 图片。")


def test_what_cannot_be_drawn_is_said_in_one_sentence_beside_the_paper(open_page: Open) -> None:  # noqa: F811
    page = open_page("system", DESK)
    page.goto("/licence-faces/food_business")
    page.locator(".parts button").first.click()
    page.locator("#part-text").fill("{不存在}{nobody}")
    expect(page.get_by_role("alert")).to_contain_text("引用的栏目「", timeout=PATIENCE)
    page.get_by_label("原因").fill("试试")
    page.get_by_role("button", name="保存为新的一版").click()
    expect(page.get_by_role("status")).to_contain_text("版面没有保存：")
    expect(page.locator(".parts button").first).to_contain_text("{nobody}")


@pytest.mark.requirement("R189")
def test_every_preview_carries_the_mark_of_who_looks(open_page: Open, town: Town) -> None:  # noqa: F811
    """The very pixels differ from what the drawing alone would be, in every ninth of the picture."""
    from core.licence_faces.drawing import PREVIEW_DPI, Pictures, draw
    from core.licence_faces.sample import sample_code, sample_values

    page = open_page("system", DESK)
    page.goto("/licence-faces/food_business")
    page.locator("#many").check()
    drawn_anew(page)
    assert KIND.face is not None
    bare = draw(KIND.face, sample_values(KIND, many=True), PREVIEW_DPI, Pictures(sample_code()))
    apart = np.abs(np.asarray(shown(page).convert("L"), np.int16) - np.asarray(bare.convert("L"), np.int16))
    for row in np.array_split(apart, 3, axis=0):
        for ninth in np.array_split(row, 3, axis=1):
            assert (ninth > 15).mean() > 0.01


@pytest.mark.requirement("R187")
def test_a_printer_is_measured_and_a_form_printed(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("system", DESK)
    page.goto("/settings/printer")
    page.locator("summary", has_text="新增打印机").click()
    for label, value in {"名称": "一楼窗口 3 号", "右移": "1.5", "下移": "-0.8"}.items():
        page.locator(".adding").get_by_label(label).fill(value)
    page.locator(".adding").get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已新增「一楼窗口 3 号」")
    page.goto("/licence-faces/food_business")
    mine = page.locator(".prints > li", has_text="一楼窗口 3 号")
    expect(mine).to_contain_text("右移 1.5 毫米，下移 -0.8 毫米")
    for name, words in (("测试页", "打印测试"), ("样例", "JY24601050012345")):
        answer = page.request.get(mine.get_by_role("link", name=name).get_attribute("href") or "")
        assert answer.headers["content-type"] == "application/pdf"
        with pdfium.PdfDocument(answer.body()) as document:
            sheet = document[0]
            text = sheet.get_textpage()
            assert words in text.get_text_range()
            text.close()
            sheet.close()


def test_a_face_is_saved_by_nobody_else(open_page: Open, town: Town) -> None:  # noqa: F811
    page = open_page("head", DESK)
    assert page.goto("/licence-faces").status == 403  # type: ignore[union-attr]
    expect(page.get_by_role("link", name="版面", exact=True)).to_have_count(0)
    assert [one.number for one in town.core.faces.versions(KIND)] == [SHIPPED]


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
@pytest.mark.requirement("R187")
def test_a_licence_that_was_taken_in_is_drawn_and_printed_by_its_kind(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    """From the page of a licence to its electronic face and to the page for its pre-printed paper."""
    line = licence(town, COMPANY, FOOD)
    page = open_page("licences", size)
    page.goto(f"/library/licences/{line}")
    page.get_by_role("link", name="电子证照和打印").click()
    face = page.locator(".paper img")
    expect(face).to_be_visible()
    assert face.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1754
    assert page.evaluate(SIDEWAYS) <= 0
    if size == HAND:
        assert page.evaluate(SMALL_TARGETS) == []
    form = page.locator("form.print", has_text="套打到证纸")
    form.get_by_label("用途").fill("换发新证")
    sent = """form => fetch(form.action, {method: 'POST', body: new URLSearchParams(new FormData(form))})
        .then(answer => answer.arrayBuffer()).then(raw => [...new Uint8Array(raw)])"""
    with pdfium.PdfDocument(bytes(form.evaluate(sent))) as document:
        sheet = document[0]
        text = sheet.get_textpage()
        printed = text.get_text_range()
        text.close()
        sheet.close()
    assert FOOD["number"] in printed
    assert COMPANY["number"] in printed

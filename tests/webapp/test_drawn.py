"""A licence drawn for the office: masked to look at, in full only with a reason, always with its mark."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from core.licence_faces.drawing import PREVIEW_DPI, draw, lines_of
from core.licence_faces.generic import generic_face
from core.licence_faces.values import of_licence
from core.licences import LibraryAct
from core.models.record import audit_log
from core.policy.licences import licence_types
from tests.core.library_room import COMPANY, FOOD, NURSE, PERSON
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def food(town: Town) -> str:
    """The line of a food licence of a company."""
    return licence(town, COMPANY, FOOD)


@pytest.fixture
def nurse(town: Town) -> str:
    """The line of a nurse's certificate."""
    return licence(town, PERSON, NURSE)


def licence(town: Town, subject: dict[str, str], values: dict[str, str]) -> str:
    clerk, write = town.actor("licences"), town.core.licences.write
    token = write(LibraryAct(f"web:{subject['kind']}", "subject", "add", "", subject, clerk)).no
    given = {"subject": token, **values}
    return write(LibraryAct(f"web:{values['type']}", "licence", "issue", "", given, clerk)).no


def words(raw: bytes) -> str:
    with pdfium.PdfDocument(raw) as document:
        page = document[0]
        text = page.get_textpage()
        said = text.get_text_range()
        text.close()
        page.close()
    return "".join(said.split())


def told(town: Town) -> list[tuple[str, str]]:
    with town.core.engine.connect() as tx:
        return [(row.action, row.reason) for row in tx.execute(select(audit_log))]


@pytest.mark.requirement("R189")
def test_what_the_office_looks_at_carries_who_looks_and_when(visit: Visit, town: Town, food: str) -> None:
    answer = visit("licences").client.get(f"/licence-faces/of/{food}/face.jpg")
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    seen = Image.open(io.BytesIO(answer.data)).convert("L")
    view = town.core.licences.licence(town.actor("licences"), food)
    face, _ = town.core.faces.face(licence_types()["food_business"])
    bare = draw(face, of_licence(view, COMPANY["number"]), PREVIEW_DPI).convert("L")
    apart = np.abs(np.asarray(seen, np.int16) - np.asarray(bare, np.int16))
    for row in np.array_split(apart, 3, axis=0):
        for ninth in np.array_split(row, 3, axis=1):
            assert (ninth > 15).mean() > 0.01


def test_a_person_is_drawn_masked_to_look_at(town: Town, nurse: str) -> None:
    view = town.core.licences.licence(town.actor("licences"), nurse)
    subject = town.core.licences.subject(town.actor("licences"), view.subject)
    shown = of_licence(view, subject.number)
    said = " ".join(line.text for part in generic_face(shown.type).parts for line in lines_of(part, shown))
    assert PERSON["number"] not in said
    assert "110105********002X" in said


@pytest.mark.requirement("R187")
def test_a_licence_is_printed_in_full_onto_its_paper_with_a_reason_on_record(
    visit: Visit, town: Town, food: str
) -> None:
    visitor, page = visit("licences"), f"/licence-faces/of/{food}"
    answer = visitor.post(f"{page}/form.pdf", page, reason="换发新证")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    printed = words(answer.data)
    for said in (FOOD["number"], COMPANY["number"], FOOD["operator"], FOOD["place"], "2025年12月01日"):
        assert said in printed
    assert "食品经营许可证" not in printed
    assert ("licence.revealed", "换发新证") in told(town)


def test_the_face_is_printed_as_one_page_marked_with_its_purpose(visit: Visit, food: str) -> None:
    visitor, page = visit("licences"), f"/licence-faces/of/{food}"
    one, other = (visitor.post(f"{page}/face.pdf", page, reason=reason).data for reason in ("办理年检", "上级检查"))
    with pdfium.PdfDocument(one) as document:
        assert [round(side * 25.4 / 72) for side in document.get_page_size(0)] == [297, 210]
    assert one != other


@pytest.mark.parametrize(("what", "reason", "status"), [("face", "", 422), ("form", " ", 422), ("moon", "看看", 404)])
def test_what_lacks_its_reason_is_not_printed(
    visit: Visit, town: Town, food: str, what: str, reason: str, status: int
) -> None:
    visitor, page = visit("licences"), f"/licence-faces/of/{food}"
    answer = visitor.post(f"{page}/{what}.pdf", page, reason=reason)
    assert answer.status_code == status
    assert answer.content_type.startswith("text/html")
    assert "licence.revealed" not in [action for action, _ in told(town)]


def test_a_kind_without_a_print_template_says_so(visit: Visit, nurse: str) -> None:
    visitor, page = visit("licences"), f"/licence-faces/of/{nurse}"
    assert "还没有套打版面" in visitor.get(page).text
    assert visitor.post(f"{page}/form.pdf", page, reason="换发").status_code == 404
    assert visitor.get(f"{page}x").status_code == 404


def test_the_code_of_a_licence_stands_in_its_place_and_reads_through_the_mark(town: Town, food: str) -> None:
    view, link = town.core.licences.verdict(food), "https://governance.example/l/q8Zt0mBv3nXrYk2LhPdWcA"
    drawn = town.core.faces.of_licence(view, COMPANY["number"], "公众查询", "公众", link)
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(drawn)))
    assert found is not None
    assert found.text == link


@pytest.mark.requirement("R189")
def test_a_picture_of_a_licence_leaves_the_library_with_the_mark(visit: Visit, town: Town, food: str) -> None:
    clerk, paper = town.actor("licences"), io.BytesIO()
    Image.new("RGB", (900, 640), "#F4F1E4").save(paper, "JPEG", quality=95)
    name = town.core.files.keep(paper.getvalue(), "image/jpeg")
    town.core.licences.write(LibraryAct("web:picture", "licence", "picture", food, {"files": name}, clerk))
    token = town.core.licences.licence(clerk, food).pictures[0].token
    answer = visit("licences").get(f"/library/pictures/{token}")
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    seen = np.asarray(Image.open(io.BytesIO(answer.data)).convert("L"), np.int16)
    for row in np.array_split(seen, 3, axis=0):
        for ninth in np.array_split(row, 3, axis=1):
            assert (np.abs(ninth - int(np.median(seen))) > 15).mean() > 0.01


def test_a_stored_picture_leaves_with_the_mark(town: Town) -> None:
    paper = io.BytesIO()
    Image.new("RGB", (800, 600), "white").save(paper, "PNG")
    left = np.asarray(Image.open(io.BytesIO(town.core.faces.marked(paper.getvalue(), "查看原件", "公众 尾号 1234"))))
    assert (left < 235).any(axis=2).mean() > 0.02

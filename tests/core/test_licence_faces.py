"""Faces of licences: drawn from their declaration, marked in the pixels, printed onto forms to the half millimetre."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from types import MappingProxyType

import numpy as np
import pypdfium2 as pdfium
import pytest
import qrcode
import zxingcpp
from PIL import Image, ImageChops, ImageDraw

from core.licence_faces.drawing import PREVIEW_DPI, PRINT_DPI, Pictures, draw, lines_of
from core.licence_faces.generic import generic_face
from core.licence_faces.marks import Mark, NoPicture, as_jpeg, as_pdf, marked, marked_picture
from core.licence_faces.paper import FROM_EDGE, Offset, print_page, trial_page
from core.licence_faces.sample import sample_values
from core.licence_faces.seals import seal
from core.licence_faces.setting import width_of
from core.licence_faces.values import HIDDEN, FaceValues, masked
from core.policy.faces import Face, Part, Print, read_face, read_print, told
from core.policy.licences import LicenceType, licence_types

TYPES = licence_types()
DRAWN = [one for one in TYPES.values() if one.face is not None]
MARK = Mark("核验证照", "市监局 王某某", datetime(2026, 3, 9, 17, 30))
LINK = "https://governance.example/l/q8Zt0mBv3nXrYk2LhPdWcA"
MM = 72 / 25.4


def code() -> Image.Image:
    return qrcode.make(LINK).get_image()  # type: ignore[no-any-return]


def read(image: Image.Image) -> str:
    """What a phone reads off a picture; empty for nothing."""
    found = zxingcpp.read_barcode(image)
    return found.text if found is not None else ""


def face_of(kind: LicenceType) -> Face:
    return kind.face or generic_face(kind)


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"), dtype=np.int16)


# --- the faces ---


def test_ten_kinds_and_more_have_a_face_and_a_print_template_of_their_own() -> None:
    assert len(DRAWN) >= 10
    assert all(one.print is not None for one in DRAWN)


@pytest.mark.parametrize("kind", [pytest.param(one, id=one.key) for one in TYPES.values()])
@pytest.mark.parametrize("many", [False, True], ids=["short", "long"])
def test_no_text_of_any_face_runs_over_its_place(kind: LicenceType, many: bool) -> None:
    shown, face = sample_values(kind, many), face_of(kind)
    for part in face.parts:
        if part.kind != "text":
            continue
        lines = lines_of(part, shown)
        assert len(lines) <= part.lines
        for line in lines:
            wide = width_of(line.text, part.font, line.size, part.spacing * line.size / part.size)
            assert not part.width or wide <= part.width + 0.01, part.text
            assert -0.01 <= line.x <= face.width
            assert line.y + line.size <= face.height


@pytest.mark.parametrize("kind", [pytest.param(one, id=one.key) for one in DRAWN])
def test_a_declared_face_shows_every_required_field(kind: LicenceType) -> None:
    said = " ".join(f"{part.text} {{{part.field}}}" for part in face_of(kind).parts)
    lacking = [one.key for one in kind.columns if one.required and f"{{{one.key}}}" not in said]
    alike = {"operator", "institution", "producer", "holder", "holder_code", "issued_on", "valid_from", "number"}
    assert [key for key in lacking if key not in alike] == []
    assert "{holder}" in said or "{operator}" in said or "{institution}" in said


def test_a_face_is_the_same_at_every_resolution() -> None:
    """What breaks at 150 dpi breaks at 300: only the fineness differs."""
    kind = TYPES["food_business"]
    small = draw(face_of(kind), sample_values(kind), PREVIEW_DPI)
    large = draw(face_of(kind), sample_values(kind), PRINT_DPI)
    assert small.size == (1754, 1240)
    assert large.size == (3508, 2480)
    apart = np.abs(
        grey(large.resize((438, 310), Image.Resampling.BOX)) - grey(small.resize((438, 310), Image.Resampling.BOX))
    )
    assert apart.mean() < 3


def test_a_value_and_the_code_are_in_the_picture() -> None:
    kind = TYPES["business_licence"]
    shown = sample_values(kind)
    blank = FaceValues(kind, MappingProxyType({"issuer": kind.issuer.name}))
    whole, empty = draw(face_of(kind), shown, PREVIEW_DPI, Pictures(code())), draw(face_of(kind), blank, PREVIEW_DPI)
    changed = ImageChops.difference(whole, empty).getbbox()
    assert changed is not None
    assert read(whole) == LINK
    assert read(empty) == ""


def test_a_seal_is_red_round_and_says_when_it_is_only_practice() -> None:
    practice, real = seal("秀英区市场监督管理局", 300, True), seal("秀英区市场监督管理局", 300, False)
    assert practice.getpixel((0, 0))[3] == 0  # type: ignore[index]
    ring = practice.getpixel((150, 12))
    assert isinstance(ring, tuple)
    assert ring[0] > 180
    assert ring[3] > 150
    where = ImageChops.difference(practice.getchannel("A"), real.getchannel("A")).getbbox()
    assert where is not None
    assert where[1] > 200, "only the word below the star differs"


def test_a_background_picture_lies_under_everything() -> None:
    kind = TYPES["hr_service"]
    plain = Image.new("RGB", (40, 30), "#CDE7FF")
    drawn = draw(face_of(kind), sample_values(kind), 72, Pictures(ground=plain))
    assert drawn.getpixel((3, 3)) == (0xCD, 0xE7, 0xFF)


def test_a_face_is_told_as_it_was_read() -> None:
    for kind in DRAWN:
        names = [one.key for one in kind.columns]
        assert kind.face is not None
        assert kind.print is not None
        assert read_face(told(kind.face), names) == kind.face
        assert read_print(told(kind.print), names) == kind.print


# --- the mark ---


@pytest.mark.parametrize("kind", [pytest.param(one, id=one.key) for one in DRAWN])
@pytest.mark.requirement("R189")
def test_the_mark_is_in_the_pixels_of_every_part_of_a_face(kind: LicenceType) -> None:
    bare = draw(face_of(kind), sample_values(kind), PREVIEW_DPI)
    apart = np.abs(grey(marked(bare, MARK)) - grey(bare))
    for row in np.array_split(apart, 3, axis=0):
        for field in np.array_split(row, 3, axis=1):
            assert (field > 20).mean() > 0.01, "each ninth of the picture carries ink of the mark"


def test_the_mark_outlives_a_crop_and_a_compression() -> None:
    bare = draw(face_of(TYPES["hr_service"]), sample_values(TYPES["hr_service"]), PREVIEW_DPI)
    inside = (400, 300, 1300, 940)
    kept = Image.open(io.BytesIO(as_jpeg(marked(bare, MARK).crop(inside), quality=40)))
    ink = grey(marked(bare, MARK).crop(inside)) - grey(bare.crop(inside)) < -15
    apart = grey(bare.crop(inside)) - grey(kept)
    assert ink.mean() > 0.01
    assert (apart[ink] > 10).mean() > 0.9, "nine in ten pixels of the mark are still there"


def test_what_is_below_the_mark_can_still_be_read() -> None:
    kind = TYPES["hr_service"]
    bare = draw(face_of(kind), sample_values(kind), PREVIEW_DPI, Pictures(code()))
    seen = marked(bare, MARK)
    assert read(seen) == LINK
    ink, ground = grey(bare) < 60, grey(bare) > 240
    darkest, lightest = np.percentile(grey(seen)[ink], 99), np.percentile(grey(seen)[ground], 1)
    assert (lightest / 255) ** 2.2 + 0.05 > 4.5 * ((darkest / 255) ** 2.2 + 0.05), (
        "contrast of text stays above 4.5 : 1"
    )


def test_the_mark_says_what_for_who_and_when() -> None:
    assert MARK.lines() == ("仅用于核验证照", "市监局 王某某 2026-03-09 17:30")
    long = Mark("办理" * 40, "某" * 90, MARK.at)
    assert max(len(line) for line in long.lines()) <= 24 + 17
    other = Mark("核验证照", "公众", MARK.at)
    paper = Image.new("RGB", (600, 400), "white")
    assert marked(paper, MARK).tobytes() != marked(paper, other).tobytes()


@pytest.mark.parametrize("ground", ["#FFFFFF", "#000000", "#C8161D", "#2A3B7D"])
def test_the_mark_is_seen_on_any_ground(ground: str) -> None:
    bare = Image.new("RGB", (900, 600), ground)
    apart = np.abs(np.asarray(marked(bare, MARK), dtype=np.int16) - np.asarray(bare, dtype=np.int16)).max(axis=2)
    assert (apart > 15).mean() > 0.01


def test_a_stored_picture_leaves_upright_flat_marked_and_without_its_metadata() -> None:
    photo = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(photo).rectangle((0, 0, 60, 60), fill="#3050A0")
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = 6, "a phone"
    out = io.BytesIO()
    photo.save(out, "JPEG", exif=tags, quality=95)
    left = Image.open(io.BytesIO(marked_picture(out.getvalue(), MARK)))
    assert left.size == (200, 400)
    assert not left.getexif()
    corner = left.getpixel((185, 15))
    assert isinstance(corner, tuple)
    assert corner[2] > corner[0] + 40, "the blue corner turned with the picture"
    clear = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(clear, "PNG")
    white = Image.open(io.BytesIO(marked_picture(clear.getvalue(), MARK)))
    assert np.median(grey(white)) > 250


def test_what_is_no_picture_does_not_leave() -> None:
    flood = io.BytesIO()
    Image.new("1", (9000, 9000)).save(flood, "PNG")
    for raw in (b"", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + b"0" * 40, flood.getvalue()):
        with pytest.raises(NoPicture):
            marked_picture(raw, MARK)


# --- what the public sees ---


def test_the_public_sees_a_person_masked_and_nothing_that_is_nobodys_business() -> None:
    values: dict[str, str | date | None] = {
        "number": "46010519900307123413", "holder": "陈小演", "holder_code": "460105199003071234", "kind": "视力",
        "level": "一级", "born_on": date(1990, 3, 7), "guardian": "陈大演", "guardian_phone": "13800001234",
        "issued_on": date(2024, 3, 9),
    }  # fmt: skip
    seen = masked(FaceValues(TYPES["disability"], MappingProxyType(values), "1.2.156.3005.2.X.Y.1.001.7"))
    assert seen.word("holder") == "陈**"
    assert seen.word("number") == "4******************3"
    assert seen.word("holder_code") == "4****************4"
    assert seen.word("guardian_phone") == HIDDEN
    assert seen.word("born_on") == HIDDEN
    assert (seen.word("kind"), seen.word("issued_on")) == ("视力", "2024年03月09日")
    assert seen.identifier.endswith("01.7")
    assert "156" not in seen.identifier
    drawn = " ".join(line.text for part in face_of(TYPES["disability"]).parts for line in lines_of(part, seen))
    assert not [secret for secret in ("陈小演", "199003", "13800001234", "陈大演") if secret in drawn]


def test_the_public_sees_a_company_licence_in_full() -> None:
    shown = sample_values(TYPES["food_business"])
    seen = masked(shown)
    assert all(seen.word(name) == shown.word(name) for name in ("number", "holder", "holder_code", "address", "scope"))


# --- printing ---


def letters(raw: bytes) -> list[tuple[str, float, float]]:
    """Every character of the page with the left and upper edge of its box, in millimetres, read by another library."""
    with pdfium.PdfDocument(raw) as document:
        assert len(document) == 1
        page = document[0]
        height = page.get_height()
        text = page.get_textpage()
        found = []
        for place in range(text.count_chars()):
            sign = text.get_text_range(place, 1)
            if sign.strip():
                left, _, _, top = text.get_charbox(place, loose=True)
                found.append((sign, left / MM, (height - top) / MM))
        text.close()
        page.close()
    return found


def placed(template: Print, shown: FaceValues, offset: Offset) -> Iterator[tuple[str, float, float]]:
    """Every character a template puts on the paper, and where its declaration wants it."""
    for part in template.parts:
        for line in lines_of(part, shown) if part.kind == "text" else ():
            for place, sign in enumerate(line.text):
                if sign.strip():
                    off = width_of(line.text[:place], part.font, line.size)
                    yield sign, line.x + off + offset.right, line.y + offset.down


@pytest.mark.parametrize("kind", [pytest.param(one, id=one.key) for one in DRAWN])
@pytest.mark.requirement("R187")
def test_every_text_lands_on_its_place_within_half_a_millimetre(kind: LicenceType) -> None:
    assert kind.print is not None
    shown = sample_values(kind)
    for offset in (Offset(), Offset(1.5, -2.0)):
        page = letters(print_page(kind.print, shown, offset, Pictures(code())))
        wanted = list(placed(kind.print, shown, offset))
        assert sorted(sign for sign, _, _ in wanted) == sorted(sign for sign, _, _ in page)
        for sign, x, y in wanted:
            apart = min(max(abs(left - x), abs(top - y)) for one, left, top in page if one == sign)
            assert apart < 0.5, f"{sign} wanted at {x:.2f}, {y:.2f} mm"


def test_nothing_but_the_variable_texts_is_printed() -> None:
    kind = TYPES["food_business"]
    assert kind.print is not None
    printed = "".join(sign for sign, _, _ in letters(print_page(kind.print, sample_values(kind))))
    assert not [fixed for fixed in ("食品经营许可证", "经营者名称", "总局监制", "演示大厦演示") if fixed in printed]
    with pdfium.PdfDocument(print_page(kind.print, sample_values(kind))) as document:
        assert [round(side / MM, 1) for side in document.get_page_size(0)] == [297.0, 210.0]


def test_the_words_of_a_licence_are_text_and_never_commands() -> None:
    kind = TYPES["food_business"]
    assert kind.print is not None
    given = '#read("/etc/passwd") $x$ "}'
    shown = FaceValues(kind, MappingProxyType({"operator": given, "number": "*_`#"}))
    page = "".join(sign for sign, _, _ in letters(print_page(kind.print, shown)))
    assert given.replace(" ", "") in page


def test_the_trial_page_has_its_crosses_where_it_says() -> None:
    paper = Print(210, 297, (Part("text", 1, 1, text="{number}"),))
    with pdfium.PdfDocument(trial_page(paper, Offset(1.0, 0.5))) as document:
        page = document[0]
        drawn = grey(page.render(scale=300 / 72).to_pil()) < 128
        page.close()
    rows, columns = np.nonzero(drawn[: int(32 / 25.4 * 300), : int(29 / 25.4 * 300)])
    across, down = (columns.min() + columns.max()) / 2 * 25.4 / 300, (rows.min() + rows.max()) / 2 * 25.4 / 300
    assert abs(across - FROM_EDGE - 1.0) < 0.2
    assert abs(down - FROM_EDGE - 0.5) < 0.2


def test_a_face_as_pdf_is_one_page_of_its_own_size() -> None:
    kind = TYPES["drug_business"]
    image = marked(draw(face_of(kind), sample_values(kind), PRINT_DPI), MARK)
    with pdfium.PdfDocument(as_pdf(image, PRINT_DPI)) as document:
        assert [round(side / MM) for side in document.get_page_size(0)] == [210, 297]

"""证照版面 kept by an administrator: versions by date, proved; backgrounds, printers; drawn by what is in force."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from core import Actor, Core
from core.arrivals.opening import WrongFile
from core.errors import AlreadyThere, BadField, FieldMissing, NothingChanged, NotYours, Refusal, Unknown
from core.face_versions import SHIPPED
from core.licence_faces.marks import Mark
from core.licence_faces.sample import sample_values
from core.policy.faces import told
from core.policy.licences import licence_types
from core.receipts import Done
from core.register import Amend
from core.register.faces import FaceRefused
from tests.builders import fresh_key, person
from tests.clock import StillClock

MARK = Mark("核验证照", "市监局 王某某", datetime(2026, 3, 9, 17, 30))
KIND = licence_types()["food_business"]
PLAIN = licence_types()["homestay"]
"""A kind without a face of its own."""


def layout(**changes: object) -> str:
    assert KIND.face is not None
    return json.dumps({**told(KIND.face), **changes}, ensure_ascii=False)


def form() -> str:
    assert KIND.print is not None
    return json.dumps(told(KIND.print), ensure_ascii=False)


def admin(core: Core) -> Actor:
    return person(core, "system_admin")


def save(core: Core, key: str = "", by: Actor | None = None, **values: Any) -> Done:
    """A version of the food licence on light blue, unless said otherwise."""
    given = {"kind": KIND.key, "layout": layout(ground="#EEF6FF"), "form": form(), **values}
    key = key or fresh_key("face")
    return core.registers.write(Amend(key, "licence_face", "add", "", given, by or admin(core), "新版样式"))


def picture(size: tuple[int, int] = (64, 48), colour: str = "#CDE7FF") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def drawn(core: Core) -> Image.Image:
    return Image.open(io.BytesIO(core.faces.image(sample_values(KIND), MARK)))


def shade(image: Image.Image) -> tuple[int, ...]:
    """The ground near the upper edge, where neither frame nor text is, as most of its pixels are."""
    colours = image.crop((8, 2, 1700, 30)).getcolors(100_000) or []
    most = max(colours)[1]
    assert isinstance(most, tuple)
    return most


def test_a_kind_begins_with_what_is_shipped_and_one_without_is_laid_out_by_its_fields(core: Core) -> None:
    assert [one.number for one in core.faces.versions(KIND)] == [SHIPPED]
    assert core.faces.face(KIND) == (KIND.face, KIND.print)
    face, paper = core.faces.face(PLAIN)
    assert paper is None
    assert {part.kind for part in face.parts} >= {"text", "seal", "code"}
    with pytest.raises(Unknown):
        core.faces.form_page(sample_values(PLAIN))
    with pytest.raises(Unknown):
        core.faces.kind("nothing")


def test_a_saved_version_draws_every_licence_from_its_first_day(core: Core, clock: StillClock) -> None:
    before = shade(drawn(core))
    later = (clock.now() + timedelta(days=10)).date().isoformat()
    save(core, valid_from=later)
    assert [one.state for one in core.faces.versions(KIND)] == ["coming", "now"]
    assert shade(drawn(core)) == before
    line = next(one for one in core.faces.listed() if one.kind is KIND)
    assert (line.number, str(line.coming)) == (SHIPPED, later)
    clock.advance(days=11)
    assert [one.state for one in core.faces.versions(KIND)] == ["now", "past"]
    after = shade(drawn(core))
    assert max(abs(one - two) for one, two in zip(after, (0xEE, 0xF6, 0xFF), strict=True)) < 6
    assert after != before


def test_an_older_version_is_taken_up_again_as_a_new_one(core: Core) -> None:
    save(core)
    shipped = core.faces.version(KIND, SHIPPED)
    save(core, layout=shipped.layout, form=shipped.form)
    assert [one.number for one in core.faces.versions(KIND)] == [2, 1, SHIPPED]
    assert core.faces.face(KIND) == (KIND.face, KIND.print)
    told_ = core.faces.told_versions(admin(core), KIND)
    assert [(one.number, one.reason) for one in told_] == [(2, "新版样式"), (1, "新版样式"), (SHIPPED, "")]
    assert admin(core).name in told_[0].who


def test_the_same_again_and_the_same_key_change_nothing(core: Core) -> None:
    key = fresh_key("face")
    first = save(core, key)
    assert save(core, key).event == first.event
    with pytest.raises(NothingChanged):
        save(core)
    assert len(core.faces.versions(KIND)) == 2


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"layout": ""}, FieldMissing),
        ({"layout": "[]"}, FaceRefused),
        ({"layout": "{" * 5000}, FaceRefused),
        ({"layout": layout(parts=[])}, FaceRefused),
        ({"layout": layout(parts=[{"kind": "text", "x": 1, "y": 1, "text": "{nobody}"}])}, FaceRefused),
        ({"layout": layout(parts=[{"kind": "text", "x": 1, "y": 1, "size": 1e9}])}, FaceRefused),
        ({"layout": layout(parts=[{"kind": "text", "x": 1, "y": 1, "size": "nan"}])}, FaceRefused),
        ({"layout": layout(parts=[{"kind": "seal", "x": 1, "y": 1}] * 81)}, FaceRefused),
        ({"layout": layout(paper=[9000, 9000])}, FaceRefused),
        ({"layout": layout(ground="red")}, FaceRefused),
        ({"layout": layout(picture="0" * 64)}, FaceRefused),
        ({"layout": layout(picture="../../etc/passwd")}, FaceRefused),
        ({"layout": layout(words="x" * 50_000)}, Refusal),
        ({"form": '{"paper":[210,297],"parts":[{"kind":"seal","x":1,"y":1}]}'}, FaceRefused),
        ({"kind": "nothing"}, BadField),
        ({"valid_from": "2001-01-01"}, BadField),
    ],
)
def test_what_cannot_be_drawn_is_not_saved(core: Core, values: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as no:
        save(core, **values)
    assert len(str(no.value)) <= 60
    assert str(no.value).count("。") == 1
    assert [one.number for one in core.faces.versions(KIND)] == [SHIPPED]


@pytest.mark.parametrize("role", ["dispatcher", "desk_head", "unit_clerk", "security_admin", "audit_admin"])
def test_only_the_system_administrator_saves(core: Core, role: str) -> None:
    with pytest.raises(NotYours):
        save(core, by=person(core, role))


def test_a_background_is_opened_at_arms_length_and_drawn_below_the_texts(core: Core) -> None:
    actor = admin(core)
    digest = core.faces.keep_picture(actor, picture())
    assert core.faces.keep_picture(actor, picture()) == digest
    save(core, layout=layout(picture=digest))
    corner = shade(drawn(core))
    assert max(abs(one - two) for one, two in zip(corner, (0xCD, 0xE7, 0xFF), strict=True)) < 8


@pytest.mark.parametrize("raw", [b"", b"GIF89a" + b"0" * 99, b"\x89PNG\r\n\x1a\n" + b"0" * 99, b"<svg onload=x>"])
def test_a_background_that_is_no_picture_is_refused(core: Core, raw: bytes) -> None:
    with pytest.raises(WrongFile):
        core.faces.keep_picture(admin(core), raw)


def test_a_background_that_is_a_bomb_is_refused(core: Core) -> None:
    flood = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(flood, "PNG")
    for raw in (flood.getvalue(), b"\xff\xd8\xff" + b"\0" * 11_000_000):
        with pytest.raises(WrongFile):
            core.faces.keep_picture(admin(core), raw)


def printer(core: Core, title: str = "一楼窗口", **values: str) -> Done:
    given = {"title": title, "right_mm": "1.5", "down_mm": "-0.8", **values}
    return core.registers.write(Amend(fresh_key("printer"), "printer", "add", "", given, admin(core)))


@pytest.mark.requirement("R187")
def test_a_printers_offset_moves_everything_it_prints(core: Core) -> None:
    import pypdfium2 as pdfium

    printer(core)
    one = core.faces.printers()[0]
    assert (one.title, one.right, one.down) == ("一楼窗口", 1.5, -0.8)

    def first(raw: bytes) -> tuple[float, float]:
        with pdfium.PdfDocument(raw) as document:
            page = document[0]
            text = page.get_textpage()
            left, _, _, top = text.get_charbox(0, loose=True)
            found = left * 25.4 / 72, (page.get_height() - top) * 25.4 / 72
            text.close()
            page.close()
            return found

    shown = sample_values(KIND)
    plain, moved = first(core.faces.form_page(shown)), first(core.faces.form_page(shown, one.id))
    assert moved[0] - plain[0] == pytest.approx(1.5, abs=0.1)
    assert moved[1] - plain[1] == pytest.approx(-0.8, abs=0.1)
    with pytest.raises(Unknown):
        core.faces.form_page(shown, 99)


@pytest.mark.parametrize("values", [{"right_mm": "99"}, {"right_mm": "1,5"}, {"down_mm": "一"}, {"down_mm": "1.55"}])
def test_an_offset_nobody_means_is_refused(core: Core, values: dict[str, str]) -> None:
    with pytest.raises(BadField):
        printer(core, **values)
    printer(core)
    with pytest.raises(AlreadyThere):
        printer(core)

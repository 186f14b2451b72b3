"""Photos on the form 登记: taken in fresh, kept while the form is mended, only for the case of who brought them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence

import pytest
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.arrivals.opening import WrongFile
from core.models.arrivals import attachments
from core.models.patrols import patrol_findings
from core.policy.arrivals import arrival_rules
from core.register import Amend
from tests.webapp.test_intake import FORM, count
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]
OWN = {
    "channel": "ZJ",
    "type": "help",
    "urgency": "normal",
    "title": "井盖松动",
    "content": "一踩就响",
    "anonymous": "1",
}


def shot(kind: str = "JPEG", colour: str = "olive", size: tuple[int, int] = (640, 480)) -> bytes:
    """A picture that says where and by whom it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "CANARY-19900009999"
    exif.get_ifd(0x8825)[2] = (20.0, 1.0, 2.0)
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, kind, exif=exif.tobytes())
    return held.getvalue()


def send(who: Visitor, photos: Sequence[bytes], token: str = "", **form: str | list[str]) -> TestResponse:
    page = who.get("/intake").text
    sent = {
        "csrf_token": hidden_value(page, "csrf_token"), "token": token or hidden_value(page, "token"), **FORM, **form,
        "photos": [(io.BytesIO(raw), f"{number}.jpg") for number, raw in enumerate(photos)],
    }  # fmt: skip
    return who.client.post("/intake", data=sent, content_type="multipart/form-data")


def kept(page: str) -> list[str]:
    return re.findall(r'name="photo" value="([^"]+)" checked', page)


def stored(town: Town) -> list[tuple[int | None, int | None]]:
    with town.core.engine.connect() as tx:
        query = select(attachments.c.case_id, attachments.c.person_id).order_by(attachments.c.id)
        return [(row.case_id, row.person_id) for row in tx.execute(query)]


@pytest.mark.requirement("R084")
def test_photos_come_with_the_case_and_without_what_the_camera_wrote_into_them(visit: Visit, town: Town) -> None:
    desk, both = visit("desk"), [shot(), shot("PNG", "navy")]
    answers = [send(desk, both, token="t" * 24) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert count(town) == 1
    case = town.core.case_id(town.actor("desk"), answers[0].location.rpartition("/")[2])
    photos = town.core.arrivals.photos.of_case(case)
    assert len(photos) == 2, "sent twice, kept once"
    for photo in photos:
        raw = town.core.arrivals.photos.bytes_of(town.actor("desk"), case, photo.token)
        assert raw.startswith(b"\xff\xd8\xff")
        assert b"CANARY" not in raw
        assert not Image.open(io.BytesIO(raw)).getexif()
    assert desk.get(answers[0].location).text.count('src="/photos/') == 2


def test_a_mended_form_needs_no_photo_chosen_again(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    answer = send(desk, [shot(), shot(colour="navy")], title="")
    assert answer.status_code == 422
    first, second = kept(answer.text)
    assert stored(town) == [(None, town.actor("desk").person)] * 2
    done = send(desk, [shot(colour="red")], photo=[second, second, "x"])
    assert done.status_code == 303
    case = town.core.case_id(town.actor("desk"), done.location.rpartition("/")[2])
    assert [one[0] for one in stored(town)] == [None, case, case], "the one that was unticked stays behind"
    town.clock.advance(hours=80)
    assert town.core.arrivals.photos.wipe() == 1
    assert town.core.arrivals.photos.wipe() == 0
    assert [one[0] for one in stored(town)] == [case, case]
    assert first not in desk.get(done.location).text


def test_photos_of_others_come_with_nobodys_case(visit: Visit, town: Town) -> None:
    (theirs,) = kept(send(visit("head"), [shot()], title="").text)
    done = send(visit("desk"), [], photo=[theirs])
    assert done.status_code == 303
    assert stored(town) == [(None, town.actor("head").person)]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"GIF89a" + b"\0" * 50, "请发 JPG 或 PNG 图片"),
        (b"\xff\xd8\xff" + b"MZ" * 500, "请发 JPG 或 PNG 图片"),
        (b"", "请发 JPG 或 PNG 图片"),
    ],
    ids=["gif", "no picture", "empty"],
)
def test_what_is_no_photo_is_told_and_the_form_stays_filled(visit: Visit, town: Town, raw: bytes, told: str) -> None:
    answer = send(visit("desk"), [shot(), raw])
    assert answer.status_code == 422
    assert f"「图片」打不开：{told}" in answer.text
    assert len(kept(answer.text)) == 1, "the good one is kept"
    assert 'value="港口路下雨就积水"' in answer.text
    assert count(town) == 0


def test_a_photo_larger_than_allowed_is_not_opened(town: Town) -> None:
    large = b"\xff\xd8\xff" + b"\0" * arrival_rules().photo.most_bytes
    with pytest.raises(WrongFile, match="图片太大"):
        town.core.arrivals.photos.hold("large", town.actor("desk"), large)
    assert stored(town) == []


def test_ten_photos_are_one_too_many(visit: Visit, town: Town) -> None:
    answer = send(visit("desk"), [b"x"] * (arrival_rules().photo.most + 1))
    assert "一件最多9张" in answer.text
    assert (count(town), stored(town)) == (0, [])


def test_a_finding_written_on_the_page_belongs_to_its_walk(visit: Visit, town: Town) -> None:
    water = town.actor("water")
    plan = {"title": "河口步道", "place": "荣山河口步道", "look_for": "垃圾", "dates": "2026-03-09", "weekdays": ""}
    town.core.registers.write(Amend("p", "patrol", "add", "", {**plan, "walkers": str(water.post)}, water))
    walk = town.core.patrols.today(water).walks[0].id
    page = visit("water")
    assert "河口步道" not in page.get(f"/intake?walk={walk}").text, "nobody is on it"
    town.core.patrols.begin(water, walk)
    assert 'value="荣山河口步道"' in page.get(f"/intake?walk={walk}").text
    assert f'href="/intake?walk={walk}"' in page.get("/patrols").text
    assert send(page, [shot()], walk=str(walk), **OWN, caller_phone="", place="荣山河口步道").status_code == 303
    assert town.core.patrols.today(water).walks[0].found == 1
    send(visit("housing"), [], walk=str(walk), **OWN, caller_phone="")
    for odd in ("x", "-1", "9" * 30):
        assert visit("housing").get(f"/intake?walk={odd}").status_code == 200
    with town.core.engine.connect() as tx:
        assert len(tx.execute(select(patrol_findings)).all()) == 1, "a walk of others is none of theirs"

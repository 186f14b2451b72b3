"""A photo to the bot: kept sealed with the draft, on the case once somebody said yes, for those who may read it."""

from __future__ import annotations

import base64
import io
from typing import cast

import pytest
from PIL import Image
from sqlalchemy import select

from bots.dingtalk.api import FILE, PICTURE, DingTalkApi
from bots.dingtalk.fates import ApiFault
from bots.dingtalk.photos import PhotoTaker
from core.models.arrivals import attachments
from core.ports import Envelope, Undelivered
from tests.contract.story_rig import CITY, DESK, HOUSING, WATER, Person, Stage
from tests.contract.test_draft_cards import SAID, draft_of

pytestmark = pytest.mark.xdist_group("story-drafts")


def shot(size: tuple[int, int] = (1600, 1200), kind: str = "JPEG") -> str:
    exif = Image.Exif()
    exif[0x010E] = "CANARY-19900009999"
    held = io.BytesIO()
    Image.new("RGB", size, "olive").save(held, kind, exif=exif.tobytes())
    return f"data:image/jpeg;base64,{base64.b64encode(held.getvalue()).decode()}"


def send(person: Person, picture: str, text: str = "") -> str:
    """A picture alone, or with words in one rich message."""
    if not text:
        return person.say("", picture=picture)
    code = person.stage.sandbox.post("pictures", picture=picture)["downloadCode"]
    parts = [{"text": text}, {"type": "picture", "downloadCode": code, "pictureDownloadCode": code}]
    return person.say("", message={"msgtype": "richText", "content": {"richText": parts}})


def stored(stage: Stage) -> list[str]:
    """The files of all photos, none of them in the database."""
    with stage.core.engine.connect().execution_options(readonly=True) as tx:
        rows = tx.execute(select(attachments.c.file, attachments.c.sealed).order_by(attachments.c.id)).all()
    assert all(row.file and row.sealed is None for row in rows)
    return [row.file for row in rows]


def test_a_photo_and_then_its_words_become_one_case_that_shows_it(stage: Stage) -> None:
    clerk = stage[CITY]
    before = len(stored(stage))
    assert send(clerk, shot()) == ""
    empty = clerk.tracks("draft:")[-1]
    assert "已附图片 1 张" in clerk.face(empty)["hint"]
    assert clerk.face(empty)["lacks"] == "还缺：标题、内容、地点，请点「修改」补上"
    track = draft_of(clerk)
    assert "已附图片 1 张" in clerk.face(track)["hint"]
    no = clerk.tap(track, "register").note.rpartition(" ")[2]
    case = stage.core.case_of(no)
    (photo,) = stage.core.arrivals.photos.of_case(case)
    raw = stage.core.arrivals.photos.bytes_of(stage.core.actor_for("dingtalk", CITY), case, photo.token)
    assert raw.startswith(b"\xff\xd8\xff")
    assert b"CANARY" not in raw
    (file,) = stored(stage)[before:]
    assert stage.core.files.get(file) == raw
    assert stage.core.case_view(stage.core.actor_for("dingtalk", DESK), case).no == no
    for stranger in (WATER, HOUSING):
        with pytest.raises(Exception, match="没有找到"):
            stage.core.arrivals.photos.bytes_of(stage.core.actor_for("dingtalk", stranger), case, photo.token)


def test_words_and_photo_in_one_message_are_one_draft(stage: Stage) -> None:
    clerk = stage[CITY]
    assert send(clerk, shot(kind="PNG"), SAID) == ""
    track = clerk.tracks("draft:")[-1]
    assert "已附图片 1 张" in clerk.face(track)["hint"]
    assert clerk.face(track)["subject"].startswith("港口路公交站")
    clerk.tap(track, "drop")
    assert clerk.press(track, "register").note == "这张登记单已放弃，请把情况重新发一遍"


def test_a_dropped_draft_takes_its_photos_with_it(stage: Stage) -> None:
    clerk = stage[CITY]
    before = stored(stage)
    send(clerk, shot())
    assert len(stored(stage)) == len(before) + 1
    clerk.tap(clerk.tracks("draft:")[-1], "drop")
    assert stored(stage) == before


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        ("data:image/png;base64,R0lGODlhAQABAAAAACw=", "「图片」打不开：请发 JPG 或 PNG 图片"),
        (f"data:image/jpeg;base64,{base64.b64encode(b'MZ' * 500).decode()}", "「图片」打不开：请发 JPG 或 PNG 图片"),
    ],
    ids=["gif", "program"],
)
def test_what_is_no_photo_is_told_and_not_kept(stage: Stage, picture: str, told: str) -> None:
    clerk, before = stage[CITY], stored(stage)
    assert send(clerk, picture) == told
    assert stored(stage) == before
    clerk.tap(clerk.tracks("draft:")[-1], "drop")


def test_a_photo_the_platform_does_not_have_is_asked_for_again(stage: Stage) -> None:
    clerk, before = stage[CITY], stored(stage)
    message = {"msgtype": "picture", "content": {"downloadCode": "gone"}}
    assert clerk.say("", message=message) == "图片没有取到，请再发一次"
    assert stored(stage) == before
    clerk.tap(clerk.tracks("draft:")[-1], "drop")


class NoFile:
    """An API whose files lie on a host that does not answer."""

    def __init__(self, fate: str, api: str) -> None:
        self.fault = ApiFault(fate, "ConnectError", api)

    def picture(self, code: str, most: int) -> bytes:
        raise self.fault


def a_letter(stage: Stage, key: str, tries: int) -> Envelope:
    person = stage.core.actor_for("dingtalk", CITY).person
    body = {"person": person, "userId": CITY, "code": "c", "draft": "none"}
    return Envelope(1, key, "dingtalk.card", "photo", "photo", None, None, body, tries)


@pytest.mark.parametrize("fate", ["again", "unknown"])
def test_a_file_on_a_host_that_is_away_fails_alone_and_is_asked_for_again_in_the_end(stage: Stage, fate: str) -> None:
    taker = PhotoTaker(stage.core, cast(DingTalkApi, NoFile(fate, FILE)))
    with pytest.raises(Undelivered) as failure:
        taker.take(a_letter(stage, fate, 4))
    assert failure.value.alone
    before = len(stage[CITY].lines())
    taker.take(a_letter(stage, fate, 5))
    stage.settle()
    assert stage[CITY].lines()[before:] == ["图片没有取到，请再发一次"]


def test_a_platform_that_is_away_is_waited_for_and_counts(stage: Stage) -> None:
    taker = PhotoTaker(stage.core, cast(DingTalkApi, NoFile("again", PICTURE)))
    with pytest.raises(Undelivered) as failure:
        taker.take(a_letter(stage, "away", 30))
    assert not failure.value.alone


def test_a_command_with_a_photo_stays_a_command(stage: Stage) -> None:
    clerk = stage[CITY]
    before = len(clerk.tracks("draft:"))
    send(clerk, shot(), "待办")
    assert len(clerk.tracks("draft:")) == before

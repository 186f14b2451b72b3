"""联办报表 on the phone: the scores of joint orders as a picture, of one's own unit or of the whole district."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tests.contract.story_rig import CITY, DESK, WATER, Person, Stage

pytestmark = pytest.mark.xdist_group("story-scores")
FORM = {
    "title": "港口路围墙倒塌", "flag_kind": "safety", "flag_reason": "beyond_us", "matter": "查清原因，定下清运办法",
    "units": "水务局、住建局", "meet_at": "3月10日 15:00", "place": "港口路公交站旁",
}  # fmt: skip


def pictures(person: Person) -> list[bytes]:
    """The pictures the robot sent to this person."""
    told = [line["content"]["photoURL"] for line in person.messages() if line["kind"] == "image"]
    return [person.stage.sandbox.http.get(f"/sandbox/media/{media}").content for media in told]


def test_a_word_in_chat_brings_the_scores_as_a_picture(stage: Stage) -> None:
    """A leader's picture has a line for each unit, a unit's own one line alone: it is lower."""
    clerk = stage[CITY]
    clerk.say("树旗")
    clerk.tap(clerk.tracks("joint_new:")[-1], "raise", FORM)
    heights = {}
    for user in (DESK, WATER):
        person = stage[user]
        before = len(pictures(person))
        assert person.say("联办报表") == ""
        (drawn,) = pictures(person)[before:]
        width, heights[user] = Image.open(BytesIO(drawn)).size
        assert width == 1080
    assert heights[DESK] > heights[WATER]
    assert stage[WATER].say("上月考核") == ""
    assert len(pictures(stage[WATER])) >= 2

"""The group of a joint order on people's phones, with bot and worker at work and on each kind of database."""

from __future__ import annotations

import pytest

from tests.contract.story_rig import CITY, WATER, Person, Stage
from tests.contract.test_story_joint import FORM, card, do

pytestmark = pytest.mark.xdist_group("story-joint-groups")


def pinned(person: Person, no: str) -> list[str]:
    """What stands above the chats of this person's groups of the order."""
    chats = person.stage.sandbox.get(f"phone/{person.user}")["chats"]
    faces = [face for chat in chats if chat["kind"] == "group" for face in chat["pinned"]]
    return [face["variables"]["units"] for face in faces if face["outTrackId"] == f"joint_group:{no}"]


def test_a_unit_that_agrees_finds_the_order_pinned_in_its_group(stage: Stage) -> None:
    clerk = stage.core.actor_for("dingtalk", CITY)
    no = stage.core.joints.raise_flag("web:story-group", FORM, clerk, "web").no
    stage.settle()
    assert len(pinned(stage[CITY], no)) == 1
    assert pinned(stage[WATER], no) == []
    do(stage, WATER, no, "accept")
    stage.settle()
    (seen,) = pinned(stage[WATER], no)
    assert "已响应" in seen
    held = len(stage[WATER].messages())
    stage[WATER].tap(f"joint_group:{no}", "show")
    assert len(stage[WATER].messages()) == held + 1
    assert card(stage[WATER], no) != f"{no}:1"

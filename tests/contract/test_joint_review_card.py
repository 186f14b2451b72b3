"""The review of a hard joint order in chat: its draft told to sponsor and centre, kept by a tap with the answers."""

from __future__ import annotations

import pytest

from tests.contract.dingtalk_rig import Rig
from tests.core.test_joint_reviews import an_overdue_one, review

CITY, WATER, CENTRE = "xy021", "xy023", "xy009"
ANSWERS = {"lesson_delay": "响应晚了两小时", "lesson_next": "先打电话再发卡片", "lesson_ask": "", "review": ""}


@pytest.fixture
def drafted(rig: Rig) -> int:
    order = an_overdue_one(rig.core, rig.clock)
    rig.deliver()
    rig.listen()
    return order


def test_the_draft_reaches_sponsor_and_centre_and_a_tap_keeps_it(rig: Rig, drafted: int) -> None:
    no = str(rig.core.joints.sheet(drafted).order["no"])
    for user in (CITY, CENTRE):
        (said,) = [line for line in rig.sandbox.said_to(user) if "复盘待确认" in line]
        assert all(text in said for text, _ in review(rig.core, drafted).points)
    assert not [line for line in rig.sandbox.said_to(WATER) if "复盘" in line]
    track = f"{no}:1"
    assert rig.sandbox.face(CITY, track)["can_order_keep_review"] == "true"
    assert rig.sandbox.face(WATER, track)["can_order_keep_review"] == "false"
    assert rig.sandbox.click(CITY, track, "order_keep_review", form=ANSWERS)["code"] == 200
    assert "确认复盘" in rig.sandbox.face(CITY, track)["note"]
    assert rig.sandbox.face(CITY, track)["can_order_keep_review"] == "false"
    kept = review(rig.core, drafted)
    assert [said for _, said in kept.lessons] == ["响应晚了两小时", "先打电话再发卡片", ""]
    assert kept.words == ""
    rig.deliver()
    assert [line for line in rig.sandbox.said_to(CENTRE) if "复盘已确认" in line]
    assert rig.sandbox.warnings() == []


def test_a_unit_that_was_called_keeps_nothing(rig: Rig, drafted: int) -> None:
    order = rig.core.joints.sheet(drafted).order
    track, seen = f"{order['no']}:1", {"order_seq": str(order["seq"])}
    rig.sandbox.click(WATER, track, "order_keep_review", form=ANSWERS, params=seen)
    assert "发起单位" in rig.sandbox.face(WATER, track)["note"]
    assert review(rig.core, drafted).kept == ""

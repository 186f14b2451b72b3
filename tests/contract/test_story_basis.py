"""不报到 on the strength of a picture sent to the robot, beside 「依据 尾号」 or 「依据」 alone (R126)."""

from __future__ import annotations

import json

import pytest

from tests.contract.story_rig import CITY, HOUSING, WATER, Stage
from tests.contract.test_draft_photos import send, shot
from tests.contract.test_story_joint import card, do, raised, rows

pytestmark = pytest.mark.xdist_group("story-basis")

TOLD = "尾号 {tail} 已附依据材料 {count} 份，点「不报到」时一并提交，带错了可在卡片上撤回"


@pytest.mark.requirement("R126", "R117", "R118")
def test_a_picture_in_chat_then_a_tap_without_words_of_basis_is_a_refusal(stage: Stage) -> None:
    no = raised(stage)
    tail, water, sponsor = no[-6:], stage[WATER], stage[CITY]
    note = do(stage, WATER, no, "refuse", reason="不属本单位职责")
    assert note == "请写明依据，也可以附上依据材料（图片或 PDF）"
    assert send(water, shot(), f"依据 {tail}") == TOLD.format(tail=tail, count=1)
    assert rows(sponsor.face(card(sponsor, no)), "details").get("依据材料") is None
    assert do(stage, WATER, no, "refuse", reason="不属本单位职责") == "「不报到」已办好，现在是「退回待审」"
    assert rows(sponsor.face(card(sponsor, no)), "details")["依据材料"] == "1 份，见联办过程"
    assert "依据材料" not in stage[HOUSING].face(card(stage[HOUSING], no))["details"]
    sponsor.say("联办")
    listed = sponsor.tracks("joint_list:")[-1]
    sponsor.tap(listed, "list", params={"key": "returned"})
    assert " · 依据材料 1 份 · " in sponsor.rows(listed)[0]["sub"]
    assert stage.differing(no) == []
    core = stage.core
    order, actor = core.joints.numbered(no), core.actor_for("dingtalk", CITY)
    leg = next(one for one in core.joints.view(actor, order).legs if one.basis)
    raw, kind = core.joint_bases.file(actor, order, leg.id, leg.basis[0].token)
    assert (raw[:3], kind) == (b"\xff\xd8\xff", "image/jpeg")
    assert b"CANARY" not in raw
    assert "不能附依据材料" in send(water, shot((640, 480)), f"依据 {tail}")


def test_the_word_alone_belongs_to_the_only_order_that_waits(stage: Stage) -> None:
    water = stage[WATER]
    for order, _, _ in stage.core.on_site.waiting(stage.core.actor_for("dingtalk", WATER), "invited"):
        do(stage, WATER, stage.core.joints.sheet(order).order["no"], "accept")
    assert send(water, shot(), "依据") == "没有等本单位响应的联办，依据材料没有收下"
    no = raised(stage, title="港口路路灯杆倾斜", place="港口路西段")
    assert send(water, shot(), "依据") == TOLD.format(tail=no[-6:], count=1)
    assert send(water, shot((640, 480)), f"不报到 依据 {no}") == TOLD.format(tail=no[-6:], count=2)
    other = raised(stage, title="美俗路护栏缺失", place="美俗路东段")
    assert send(water, shot(), "依据") == f"有 2 单待响应，请把尾号和图片一起发，如「依据 {no[-6:]}」"
    do(stage, WATER, no, "refuse", reason="不属本单位职责")
    assert send(water, shot(), "依据") == TOLD.format(tail=other[-6:], count=1)


def test_a_stranger_to_the_order_brings_nothing(stage: Stage) -> None:
    no = raised(stage, title="滨海大道井盖异响", place="滨海大道", units="水务局")
    assert "没有找到" in send(stage[HOUSING], shot(), f"依据 {no[-6:]}")
    assert "不用签到" in send(stage[CITY], shot(), f"依据 {no[-6:]}")
    assert all(not leg.basis for leg in stage.core.joints.view(
        stage.core.actor_for("dingtalk", WATER), stage.core.joints.numbered(no)).legs)  # fmt: skip


@pytest.mark.requirement("R126")
def test_a_picture_brought_by_mistake_is_taken_back_on_the_card(stage: Stage) -> None:
    no = raised(stage, title="椰海大道路牌歪斜", place="椰海大道")
    water, housing, sponsor = stage[WATER], stage[HOUSING], stage[CITY]
    own = card(water, no)
    assert water.face(own)["can_drop_basis"] == "false"
    assert send(water, shot(), f"依据 {no[-6:]}") == TOLD.format(tail=no[-6:], count=1)
    stage.settle()
    face = water.face(own)
    assert rows(face, "details")["依据材料"] == "1 份，点「不报到」时一并提交"
    assert face["can_drop_basis"] == "true"
    (choice,) = json.loads(face["basis_options"])
    assert choice["text"].startswith("图片 1 ")
    for other in (housing, sponsor):
        assert "依据" not in other.face(card(other, no))["details"]
        assert other.face(card(other, no))["basis_options"] == "[]"
    assert do(stage, WATER, no, "drop_basis", basis_file=choice["value"]) == "「撤回依据材料」已办好"
    face = water.face(own)
    assert "依据材料" not in rows(face, "details")
    assert face["can_drop_basis"] == "false"
    stale = water.press(own, "drop_basis", {"basis_file": choice["value"]}).note
    assert stale == "没有这份依据材料，可能已经撤回，请刷新再看"
    assert do(stage, WATER, no, "refuse", reason="不属本单位职责") == "请写明依据，也可以附上依据材料（图片或 PDF）"
    assert stage.differing(no) == []

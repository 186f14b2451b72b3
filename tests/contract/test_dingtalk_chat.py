"""Chat over the wire: every command, every kind of stranger, and what nobody can read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import Command
from tests.contract.dingtalk_rig import CLERK, COLLEAGUE, DISPATCHER, Rig, until


@pytest.fixture
def talking(rig: Rig) -> Rig:
    rig.listen()
    return rig


def answer(rig: Rig, user: str, text: str, **more: Any) -> str:
    """Say something; the text that comes back ("" when it was a card)."""
    before = len(rig.sandbox.said_to(user))
    assert rig.sandbox.say(user, text, **more)["code"] == 200
    rig.deliver()
    return "\n".join(rig.sandbox.said_to(user)[before:])


def last_face(rig: Rig, user: str) -> dict[str, str]:
    return rig.sandbox.face(user, rig.sandbox.cards_of(user)[-1])


def test_the_whole_life_of_a_case_in_typed_words(talking: Rig) -> None:
    no = talking.case().no
    talking.deliver()
    tail = no[-4:]
    assert "已派发" in answer(talking, DISPATCHER, f"派 {tail} 水务局")
    assert "已签收" in answer(talking, CLERK, f"签收{tail}")
    assert "已进展" in answer(talking, CLERK, f"进展 {tail} 已到现场，正在抽排")
    assert "已办结" in answer(talking, CLERK, f"{tail} 办结 已抽排完毕，路面恢复通行")
    assert "已办结" in answer(talking, DISPATCHER, f"办结 {tail}")
    assert "case.done" in talking.events()


def test_a_repeat_is_merged_and_taken_out_again_in_typed_words(talking: Rig) -> None:
    leading, repeat = talking.case().no, talking.case("HK-2026-2").no
    talking.deliver()
    assert leading[-6:] in last_face(talking, DISPATCHER)["details"]  # 可能重复
    assert "比如「合并 0412 0427」" in answer(talking, DISPATCHER, "合并")
    assert "还缺并入哪一件" in answer(talking, DISPATCHER, f"合并 {repeat[-6:]}")
    assert "不能并入它自己" in answer(talking, DISPATCHER, f"合并 {repeat[-6:]} {repeat[-6:]}")
    assert f"已并入尾号 {leading[-6:]}" in answer(talking, DISPATCHER, f"合并 {repeat[-6:]} {leading[-6:]}")
    assert "待派发" in answer(talking, DISPATCHER, f"撤销合并 {repeat[-6:]} 不是同一件事")


def test_a_unit_registers_a_case_of_its_own_and_closes_it(talking: Rig) -> None:
    said = answer(talking, CLERK, "登记 路灯不亮 地点 港口路 内容 三盏路灯晚上不亮 电话 19900001234")
    no = said.rpartition(" ")[2]
    assert said.startswith("已登记，编号 XYZJ")
    assert last_face(talking, CLERK)["can_case_close_own"] == "true"
    assert (
        talking.core.case_view(talking.core.actor_for("dingtalk", CLERK), talking.core.case_of(no)).phone
        == "199****1234"
    )
    assert "已办结" in answer(talking, CLERK, f"办结 {no} 已更换灯泡")
    assert "请填写「地点」" in answer(talking, CLERK, "登记 路灯不亮")
    assert "比如「登记" in answer(talking, CLERK, "登记")


def test_a_return_is_asked_for_with_reason_and_basis(talking: Rig) -> None:
    no, _, clerk = talking.sent_out()
    assert "请这样写" in answer(talking, clerk, f"退回 {no[-4:]} 不属本单位职责")
    assert "请写成其中一个" in answer(talking, clerk, f"退回 {no[-4:]} 不想办 依据 没有")
    assert "已退回" in answer(talking, clerk, f"退回 {no[-4:]} 不属本单位职责 依据 区住建局三定方案")
    assert "case_leg.return_asked" in talking.events()


@pytest.mark.parametrize(("text", "title"), [("待办", "待办"), ("超期", "超期"), ("今日", "今日"), ("全部", "全部")])
def test_a_word_opens_its_list(talking: Rig, text: str, title: str) -> None:
    talking.sent_out()
    assert answer(talking, CLERK, text) == ""
    assert last_face(talking, CLERK)["list_title"].startswith(title)


def test_a_number_a_tail_or_words_open_the_case(talking: Rig) -> None:
    no, _, clerk = talking.sent_out()
    for text in (no, no[-4:], f"尾号 {no[-4:]}", f"查 {no[-6:]}", "查 港口路", "查 HK-2026-1"):
        assert answer(talking, clerk, text) == ""
        assert last_face(talking, clerk)["number"] == no


def test_several_cases_meant_by_one_word_are_listed_and_nothing_is_done(talking: Rig) -> None:
    talking.case("HK-2026-1")
    talking.case("HK-2026-2")
    assert answer(talking, DISPATCHER, "查 积水") == ""
    rows = json.loads(last_face(talking, DISPATCHER)["items_a"])
    assert len(rows) == 2


def test_a_post_is_listed_and_switched_in_chat(talking: Rig) -> None:
    listed = answer(talking, CLERK, "岗位")
    assert "（当前）" in listed
    now = talking.core.actor_for("dingtalk", CLERK)
    other = next(place for place, post in enumerate(talking.core.posts(now), 1) if not post.current)
    assert "已切换到" in answer(talking, CLERK, f"岗位 {other}")
    assert talking.core.actor_for("dingtalk", CLERK).post != now.post
    assert "已切换到" in answer(talking, CLERK, f"岗位 {now.unit_name}")
    assert talking.core.actor_for("dingtalk", CLERK).post == now.post
    assert "没有对上" in answer(talking, CLERK, "岗位 99")


def test_unknown_words_are_answered_with_buttons_that_only_show(talking: Rig) -> None:
    talking.sent_out()
    assert answer(talking, CLERK, "港口路的水退了吗") == ""
    face = last_face(talking, CLERK)
    readings = json.loads(face["guesses"])
    assert 1 <= len(readings) <= 3
    before = talking.events()
    card = talking.sandbox.cards_of(CLERK)[-1]
    for row in readings:
        assert talking.sandbox.click(CLERK, card, "guess", params={"words": row["words"]})["code"] == 200
    assert talking.events() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("签收 99999999", "没有找到「99999999」，请核对后再试"),
        ("派", "请写上尾号，比如「派 0427 水务局 协办 城管局」"),
        ("查", "请写上尾号，比如「查 0427」"),
        ("长" * 3000, "「消息」太长了，请控制在2000字以内"),
        ("长" * 1_000_000, "「消息」太长了，请控制在2000字以内"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(talking: Rig, text: str, sentence: str) -> None:
    assert answer(talking, CLERK, text) == sentence


def test_an_unknown_unit_and_a_foreign_case_change_nothing(talking: Rig) -> None:
    no = talking.case().no
    talking.deliver()
    assert "没有找到单位「没有的局」" in answer(talking, DISPATCHER, f"派 {no[-4:]} 没有的局")
    assert answer(talking, CLERK, f"签收 {no}") == f"没有找到「{no}」，请核对后再试"
    assert talking.events() == ["case.registered"]


def test_the_same_message_twice_is_one_act_and_one_reply(talking: Rig) -> None:
    no, _, clerk = talking.sent_out()
    before = len(talking.sandbox.said_to(clerk))
    talking.sandbox.say(clerk, f"签收 {no[-4:]}", copies=3)
    talking.deliver()
    assert len(talking.sandbox.said_to(clerk)) == before + 1
    assert talking.events().count("case_leg.signed") == 1


def test_in_a_group_the_answer_goes_to_the_person_alone(talking: Rig) -> None:
    group = talking.sandbox.post("groups", title="海秀街道联办群", members=[CLERK, COLLEAGUE])["id"]
    talking.sandbox.say(CLERK, "帮助", groupId=group)
    talking.deliver()
    assert any("待办" in text for text in talking.sandbox.said_to(CLERK))
    assert talking.sandbox.said_to(COLLEAGUE) == []


def test_somebody_without_a_place_here_hears_a_polite_line(talking: Rig) -> None:
    talking.sandbox.post("people", userId="visitor", unionId="u-visitor", name="来客")
    talking.sandbox.say("visitor", "待办")
    until(lambda: talking.sandbox.said_to("visitor"), "a line on the session webhook")
    assert talking.sandbox.said_to("visitor") == ["您还没有登记到本平台，请联系本单位管理员添加"]


def test_before_the_robot_is_published_nobody_is_known(talking: Rig) -> None:
    talking.sandbox.fault(unpublished=True)
    talking.sandbox.say(CLERK, "待办")
    until(lambda: talking.sandbox.said_to(CLERK), "a line on the session webhook")
    assert "本单位工作人员" in talking.sandbox.said_to(CLERK)[0]


def test_a_picture_and_a_message_without_words_are_answered(talking: Rig) -> None:
    png = "iVBORw0KGgo="
    assert talking.sandbox.post("say", userId=CLERK, picture=png)["code"] == 200
    talking.sandbox.post("meter", quota_stream=1)
    assert talking.sandbox.say(CLERK, "待办")["code"] == 200
    talking.deliver()
    picture, wordless = sorted(talking.sandbox.said_to(CLERK))
    assert picture.startswith("「图片」打不开")
    assert wordless.startswith("没有收到文字内容")
    talking.sandbox.post("meter", quota_stream=0)


def test_a_flood_is_answered_once(talking: Rig) -> None:
    for _ in range(30):
        talking.sandbox.say(CLERK, "帮助")
    talking.deliver()
    said = talking.sandbox.said_to(CLERK)
    assert said.count("操作太频繁，请稍后再试") == 1
    assert len(said) <= 26


def test_a_fault_is_apologised_for_and_not_acknowledged(
    talking: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    no, _, clerk = talking.sent_out()

    def broken(_: Command) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(talking.core, "execute", broken)
    before = len(talking.sandbox.said_to(clerk))
    assert talking.sandbox.say(clerk, f"签收 {no}")["code"] == 500
    until(lambda: len(talking.sandbox.said_to(clerk)) > before, "the apology")
    told = talking.sandbox.said_to(clerk)[-1]
    assert told.split("编号 ")[1][:8] in caplog.text
    assert "sendBySession?session=" not in caplog.text.replace("session=***", "")

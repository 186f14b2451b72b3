"""A sentence to the bot: a filled card to confirm, and nothing before that (domain-rules C12; R084, R094 by chat)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bots.dingtalk.answers import Answers
from core.models.arrivals import drafts
from core.policy.arrivals import arrival_rules
from tests.contract.story_rig import CITY, DESK, WATER, Person, Stage

pytestmark = pytest.mark.xdist_group("story-drafts")

LEADER = "xy001"
SAID = "您好，港口路公交站旁边下雨就积水，车都过不去，请尽快处理，我叫陈月兰，电话19900001234"


def draft_of(person: Person, text: str = SAID, **more: Any) -> str:
    """The card that a sentence brings."""
    assert person.say(text, **more) == ""
    return person.tracks("draft:")[-1]


def rows(person: Person, track: str) -> dict[str, str]:
    return {row["k"]: row["v"] for row in json.loads(person.face(track)["rows"])}


def body(stage: Stage) -> list[Any]:
    with stage.core.engine.connect().execution_options(readonly=True) as tx:
        return list(tx.execute(select(drafts.c.state, drafts.c.body).order_by(drafts.c.id)))


def test_a_sentence_becomes_a_filled_card_and_its_yes_a_case(stage: Stage) -> None:
    clerk, before = stage[CITY], stage.counts()
    track = draft_of(clerk)
    face = clerk.face(track)
    assert face["subject"] == "港口路公交站旁边下雨就积水，车都过不去"
    told = rows(clerk, track)
    assert told["地点"] == "港口路公交站旁边"
    assert told["镇街社区"] == "海秀街道 海港社区"
    assert told["性质"] == "求助 · 紧急"
    assert told["分类"].endswith("路面积水")
    assert "19900001234" not in json.dumps(face)
    assert stage.counts() == before
    answer = clerk.tap(track, "register")
    assert answer.note.startswith("已登记，编号 XYZJ")
    assert answer.face["state"] == "已登记"
    assert clerk.buttons(track) == set()
    no = answer.note.rpartition(" ")[2]
    view = stage.core.case_view(stage.core.actor_for("dingtalk", CITY), stage.core.case_of(no))
    assert (view.place, view.town, view.urgency) == ("港口路公交站旁边", "海秀街道", "urgent")
    assert (view.caller, view.phone) == ("陈**", "199****1234")
    assert "19900001234" not in view.content
    assert {"case_pass_on", "case_close_own"} <= clerk.buttons(clerk.card(no))
    assert body(stage)[-1] == ("registered", {})
    assert stage.warnings() == []


def test_a_yes_three_times_is_one_case(stage: Stage) -> None:
    clerk = stage[CITY]
    track = draft_of(clerk)
    before = stage.counts()[0]
    first = clerk.tap(track, "register", copies=3)
    again = clerk.press(track, "register")
    assert set(first.notes) | {again.note} == {first.note}
    assert stage.counts()[0] == before + 1


def test_a_sentence_delivered_three_times_is_one_card(stage: Stage) -> None:
    clerk = stage[CITY]
    before = len(clerk.tracks("draft:"))
    draft_of(clerk, copies=3)
    assert len(clerk.tracks("draft:")) == before + 1


def test_what_was_understood_is_changed_before_the_yes(stage: Stage) -> None:
    desk = stage[DESK]
    track = draft_of(desk, "自来水发黄三天了，全家人都不敢喝")
    face = desk.face(track)
    assert face["lacks"] == "还缺：地点，请点「修改」补上"
    assert desk.buttons(track) == {"change", "drop"}
    assert desk.press(track, "register").note == "还要填好「地点」，请点「修改」补上再登记"
    form = {"title": "自来水发黄", "place": "秀华里小区", "type": "complain", "urgency": "urgent", "channel": "RX"}
    answer = desk.tap(track, "change", {**form, "caller_phone": "0898-66668888"})
    assert (answer.note, answer.face["subject"]) == ("已改好，请再核对一遍", "自来水发黄")
    no = desk.tap(track, "register").note.rpartition(" ")[2]
    assert no.startswith("XYRX")
    view = stage.core.case_view(stage.core.actor_for("dingtalk", DESK), stage.core.case_of(no))
    assert (view.content, view.type_title) == ("自来水发黄三天了，全家人都不敢喝", "投诉")
    assert view.phone.endswith("8888")


def test_a_no_leaves_nothing_behind(stage: Stage) -> None:
    clerk, before = stage[CITY], stage.counts()
    track = draft_of(clerk)
    assert clerk.tap(track, "drop").note == "已放弃"
    assert clerk.face(track)["state"] == "已放弃"
    assert body(stage)[-1] == ("dropped", {})
    assert clerk.press(track, "register").note == "这张登记单已放弃，请把情况重新发一遍"
    assert stage.counts() == before


def test_a_draft_is_its_writers_alone(stage: Stage) -> None:
    track = draft_of(stage[CITY])
    before, answers = stage.counts(), Answers(stage.core)
    for action in ("register", "change", "drop"):
        content = {"cardPrivateData": {"actionIds": [action], "params": {"form": {"title": "别人的"}}}}
        click = {"userId": WATER, "outTrackId": track, "content": json.dumps(content), "userIdType": 1}
        answer = answers.answer(f"forged-{action}", click)
        assert answer["userPrivateData"]["cardParamMap"]["note"] == "没有找到「这张登记单」，请核对后再试"
        assert "cardData" not in answer
    assert stage.counts() == before
    assert body(stage)[-1][0] == "open"


def test_a_draft_outlives_a_restart_but_not_its_time(stage: Stage) -> None:
    clerk = stage[CITY]
    track = draft_of(clerk)
    stage.clock.advance(seconds=int(arrival_rules().draft.keep.total_seconds()) + 1)
    assert clerk.press(track, "register").note == "这张登记单已过期，请把情况重新发一遍"
    assert stage.core.arrivals.drafts.settle() >= 1
    assert stage.core.arrivals.drafts.settle() == 0
    assert body(stage)[-1] == ("expired", {})
    stage.clock.advance(seconds=-int(timedelta(hours=72).total_seconds()) - 1)


@pytest.mark.parametrize(
    ("form", "lacks"),
    [
        ({"title": "积水", "place": "港口路", "urgency": "立刻"}, "紧急程度"),
        ({"title": "积水", "place": "路" * 201}, "地点"),
        ({"title": "积\x07水", "place": "港口路"}, "标题"),
        ({"title": "积水", "place": "港口路", "caller_phone": "不知道"}, "联系电话"),
        ({"title": "积水", "place": "港口路", "class_code": "999999"}, "诉求分类"),
    ],
)
def test_what_cannot_be_kept_keeps_the_draft_open(stage: Stage, form: dict[str, str], lacks: str) -> None:
    clerk, before = stage[CITY], stage.counts()
    track = draft_of(clerk)
    answer = clerk.tap(track, "change", form)
    assert lacks in answer.face["lacks"]
    assert clerk.press(track, "register").note.startswith(f"还要填好「{lacks}")
    assert stage.counts() == before
    clerk.tap(track, "drop")


@pytest.mark.parametrize(
    "words", ["港口路的水退了吗", "帮我看看待办有没有超期的", "这个件能不能快一点", "今天天气真好"]
)
def test_what_is_no_matter_stays_a_question(stage: Stage, words: str) -> None:
    clerk = stage[CITY]
    before = len(clerk.tracks("draft:"))
    clerk.say(words)
    assert len(clerk.tracks("draft:")) == before


def test_who_may_not_register_gets_no_card_to_do_so(stage: Stage) -> None:
    leader = stage[LEADER]
    leader.say(SAID)
    assert leader.tracks("draft:") == []

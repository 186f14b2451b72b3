"""Chinese commands over the wire (domain-rules C12, C13): the short list, forgiven, private, and never guessed."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import pytest

from tests.contract.story_rig import DESK, HOUSING, SECOND_DESK, TRANSPORT, WATER, Person, Stage

pytestmark = pytest.mark.xdist_group("story-chat")


def last_card(person: Person, kind: str) -> dict[str, str]:
    return person.face(person.tracks(kind)[-1])


def wide(text: str) -> str:
    """The text as a Chinese keyboard in full-width mode writes it."""
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else "　" if one == " " else one for one in text)


def test_a_case_is_dispatched_signed_worked_on_and_closed_in_words(stage: Stage) -> None:
    done = stage.case()
    tail, desk, clerk = done.no[-6:], stage[DESK], stage[WATER]
    assert f"尾号 {tail}" in desk.say(f"派 {tail} 水务局 协办 城管局")
    assert "已签收" in clerk.say(f"签收 {tail}")
    assert "已进展" in clerk.say(f"进展 {tail} 已到现场，正在抽排")
    assert "已办结" in clerk.say(f"办结 {tail} 已抽排完毕")
    assert "已签收" in stage["xy021"].say(f"签收 {tail}")
    assert "已办结" in stage["xy021"].say(f"办结 {tail} 已清理围挡")
    assert "已办结" in desk.say(f"办结 {tail}")
    names = [fact.name for fact in stage.facts(done.case)]
    assert names.count("case_leg.signed") == names.count("case_leg.reported") == 2
    assert names[-3:] == ["case.done", "case_leg.settled", "case_leg.settled"]
    assert stage.warnings() == []


def test_a_return_is_asked_for_in_words_with_reason_and_basis(stage: Stage) -> None:
    done = stage.sent_to("transport")
    tail, clerk = done.no[-6:], stage[TRANSPORT]
    assert "已退回" in clerk.say(f"退回 {tail} 不属本单位职责 依据 区住建局三定方案 说明 属小区内部道路")
    assert "case_leg.return_asked" in [fact.name for fact in stage.facts(done.case)]


def test_pending_work_is_grouped_by_what_to_do_and_sorted_by_time_left(stage: Stage) -> None:
    person = stage[HOUSING]
    numbers = []
    for urgency in ("normal", "urgent", "normal", "urgent", "normal"):
        numbers.append(stage.sent_to("housing", urgency=urgency).no)
        stage.clock.advance(minutes=10)
    for no in (numbers[0], numbers[3]):
        assert "已签收" in person.say(f"签收 {no}")
    assert person.say("待办") == ""
    track = person.tracks("work:")[-1]
    face, rows = person.face(track), person.rows(track)
    assert face["list_title"].endswith(" 5 件")
    assert face["groups"] == "签收 3 · 办理 2"
    assert [row.get("caption", "") for row in rows] == ["签收", "", "", "办理", ""]
    items = {item.no: item for item in stage.core.work(stage.core.actor_for("dingtalk", HOUSING)).items}
    groups = [list(group) for _, group in groupby(rows, key=lambda row: items[row["no"]].todo)]
    assert [len(group) for group in groups] == [3, 2]
    for group in groups:
        due = [items[row["no"]].due_at for row in group]
        assert due == sorted(due, key=str)


@pytest.mark.parametrize("user", [SECOND_DESK])
def test_a_tail_is_understood_however_it_is_typed(stage: Stage, user: str) -> None:
    done = stage.sent_to("water")
    tail, person = done.no[-6:], stage[user]
    ways = [
        tail, done.no, done.no.lower(), wide(tail), f"尾号 {tail}", f"尾号：{tail}", f"  {tail}。",
        f"{tail[:2]} {tail[2:]}", f"查 {tail}", f"查{tail}", f"查　{wide(tail)}", f"查询：{tail}",
    ]  # fmt: skip
    for words in ways[:6]:
        assert person.say(words) == "", words
        assert last_card(person, done.no)["number"] == done.no, words
    other = stage[DESK]
    for words in ways[6:]:
        before = len(other.tracks(done.no))
        assert other.say(words) == "", words
        assert len(other.tracks(done.no)) == before + 1, words


def test_a_word_of_the_text_finds_the_case_and_several_are_listed(stage: Stage) -> None:
    one = stage.case("龙昆南高架桥下积沙")
    stage.case("丁村菜市场污水横流")
    stage.case("丁村菜市场夜里卸货")
    person = stage[DESK]
    assert person.say("查 高架桥下积沙") == ""
    assert person.tracks(one.no)[-1].startswith(f"{one.no}:p")
    assert person.say("查 丁村菜市场") == ""
    assert len(person.rows(person.tracks("work:")[-1])) == 2
    assert person.say("查 没有这样的事") == "没有找到「没有这样的事」，请核对后再试"


@pytest.mark.parametrize(
    "words", ["这个件能不能快一点", "帮我看看待办有没有超期的", "港口路的水退了吗", "把 0427 签收了吧", "？？？"]
)
def test_what_nobody_understands_is_offered_as_buttons_and_never_done(stage: Stage, words: str) -> None:
    person, before = stage["xy029"], stage.counts()
    assert person.say(words) == ""
    track = person.tracks("work:")[-1]
    readings = json.loads(person.face(track)["guesses"])
    assert 1 <= len(readings) <= 3
    for row in readings:
        person.press(track, "guess", params={"words": row["words"]})
    stage.settle()
    assert stage.counts() == before


def test_a_question_in_a_group_is_answered_to_the_person_alone(stage: Stage) -> None:
    done = stage.sent_to("water")
    clerk, others = stage[WATER], (stage["xy021"], stage["xy025"])
    group = stage.sandbox.post("groups", title="排水联办群", members=[WATER, "xy021", "xy025"])["id"]
    before = [len(person.messages()) for person in others]
    assert "签收 0421" in clerk.say("帮助", groupId=group)
    assert "已签收" in clerk.say(f"签收 {done.no[-6:]}", groupId=group)
    assert [len(person.messages()) for person in others] == before


@pytest.mark.parametrize(
    ("message", "start"),
    [
        ({"msgtype": "picture", "content": {"downloadCode": 7}}, "图片收到了"),
        ({"msgtype": "audio", "content": {"duration": 3000, "downloadCode": "x", "recognition": ""}}, "语音没有听清"),
        ({"msgtype": "file", "content": {"fileName": "现场.docx", "downloadCode": "x"}}, "文件还收不了"),
        ({"msgtype": "video", "content": {"duration": 3, "downloadCode": "x"}}, "视频还看不了"),
    ],
    ids=["picture", "audio", "file", "video"],
)
def test_what_is_no_text_is_answered_in_one_sentence(stage: Stage, message: dict[str, Any], start: str) -> None:
    result = stage["xy031"].say("", message=message)
    assert result.startswith(start)
    assert "\n" not in result


def spoken(words: str) -> dict[str, Any]:
    return {"msgtype": "audio", "content": {"duration": 3000, "downloadCode": "x", "recognition": words}}


def test_a_matter_told_by_voice_is_a_draft_and_a_list_is_shown(stage: Stage) -> None:
    person = stage["xy037"]
    assert person.say("", message=spoken("海港路路灯坏了好几天，晚上看不见。")) == ""
    assert person.face(person.tracks("draft:")[-1])["value_place"] == "海港路"
    assert person.say("", message=spoken("待办。")) == ""
    assert len(person.tracks("work:")) == 1


def test_what_is_heard_never_acts(stage: Stage) -> None:
    done = stage.sent_to("water")
    before = stage.counts()
    told = stage[WATER].say("", message=spoken(f"签收{done.no[-6:]}。"))
    assert told == f"语音听成「签收{done.no[-6:]}。」，要办理请打字或点卡片"
    assert stage.counts() == before


def test_help_home_and_posts_are_one_word_away(stage: Stage) -> None:
    person = stage["xy033"]
    assert "「待办」" in person.say("帮助")
    for word in ("主页", "首页", "菜单"):
        assert person.say(word) == ""
    assert len(person.tracks("home:")) == 3
    assert "（当前）" in person.say("岗位")


def test_a_message_delivered_three_times_is_one_act_and_one_reply(stage: Stage) -> None:
    done = stage.sent_to("water")
    told = stage[WATER].say(f"签收 {done.no[-6:]}", copies=3)
    assert told.count("已签收") == 1
    assert [fact.name for fact in stage.facts(done.case)].count("case_leg.signed") == 1

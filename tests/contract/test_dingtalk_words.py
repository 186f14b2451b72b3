"""Typed words, frames and answers of the API as plain values: what each is read as, without a network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.dingtalk.acts import Step, Unfilled, fill
from bots.dingtalk.clicks import Click
from bots.dingtalk.messages import LONGEST, Message
from bots.dingtalk.words import Said, basis_of, guesses, read, units_of
from core.errors import Malformed
from core.logs import redact
from core.views import Field, Option


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("待办", Said("list", "todo")),
        (" 待办。", Said("list", "todo")),
        ("@社会治理助手 待办", Said("list", "todo")),
        ("逾期", Said("list", "overdue")),
        ("今日", Said("list", "today")),
        ("已办", Said("list", "done")),
        ("全部", Said("list", "all")),
        ("首页", Said("home")),
        ("菜单", Said("home")),
        ("帮助", Said("help")),
        ("？", Said("help")),
        ("岗位", Said("posts")),
        ("岗位 2", Said("posts", "2")),
        ("切换岗位 水务局", Said("posts", "水务局")),
        ("0427", Said("open", ref="0427")),
        ("尾号 0427", Said("open", ref="0427")),
        ("尾号０４２７", Said("open", ref="0427")),
        ("00 04 27", Said("open", ref="000427")),
        ("XYRX20260309000427", Said("open", ref="XYRX20260309000427")),
        ("查 0427", Said("find", "0427")),
        ("查：港口路积水", Said("find", "港口路积水")),
        ("查", Said("short", "查")),
        ("签收 0427", Said("act", "签收", "0427")),
        ("签收0427", Said("act", "签收", "0427")),
        ("0427 签收", Said("act", "签收", "0427")),
        ("签收", Said("short", "签收")),
        ("全部签收", Said("sign")),
        ("签收全部。", Said("sign")),
        ("签收 0427 0428、0431", Said("sign", "签收", rest="0427 0428 0431")),
        ("批量签收：0427，XYRX20260309000421", Said("sign", "签收", rest="0427 XYRX20260309000421")),
        ("签收 0427 已到现场", Said("act", "签收", "0427", "已到现场")),
        ("巡查", Said("patrol")),
        ("今天谁值班？", Said("duty")),
        ("巡查发现井盖松动", Said("found", "巡查发现井盖松动")),
        ("巡查发现", Said("unknown", "巡查发现")),
        ("合并 0412 0427", Said("act", "合并", "0412", "0427")),
        ("撤销合并 0412 不是同一件事", Said("act", "撤销合并", "0412", "不是同一件事")),
        ("合并", Said("short", "合并")),
        ("进展 0427 已到现场，正在抽排", Said("act", "进展", "0427", "已到现场，正在抽排")),
        ("办结 尾号0427：已抽排", Said("act", "办结", "0427", "已抽排")),
        ("派 0427 水务局 协办 城管局", Said("act", "派发", "0427", "水务局 协办 城管局")),
        ("派单 0427 水务局", Said("act", "派发", "0427", "水务局")),
        ("退回重办 0427 照片不清", Said("act", "退回重办", "0427", "照片不清")),
        ("港口路的水退了吗", Said("unknown", "港口路的水退了吗")),
        ("派出所门口积水", Said("unknown", "派出所门口积水")),
        ("", Said("unknown")),
    ],
)
def test_words_are_read_forgivingly_and_never_guessed(text: str, said: Said) -> None:
    assert read(text) == said


@pytest.mark.parametrize("text", ["代办的件", "超期了没", "0427 怎么样了", "港口路的水退了吗", "！！！", "x" * 1500])
def test_unknown_words_offer_at_most_three_readings(text: str) -> None:
    offered = guesses(text)
    assert 1 <= len(offered) <= 3
    assert all(read(one).kind in ("list", "home", "help", "posts", "open", "find") for one in offered)


def test_a_return_is_taken_apart_into_reason_basis_and_explanation() -> None:
    assert basis_of("不属本单位职责 依据 三定方案 说明 已电话沟通") == ("不属本单位职责", "三定方案", "已电话沟通")
    assert basis_of("不属本单位职责") == ("不属本单位职责", "", "")


def test_units_are_taken_apart_into_lead_and_support() -> None:
    assert units_of("给水务局 协办 城管局、海秀镇 住建局") == ("水务局", "城管局、海秀镇、住建局")
    assert units_of("主办：水务局") == ("水务局", "")


REASONS = (Option("wrong_area", "不在本辖区"), Option("not_our_duty", "不属本单位职责"))
RETURN = Step(
    "return",
    1,
    (Field("reason", "退回原因", "SELECT", True, REASONS), Field("basis", "依据", "TEXT", True)),
)


def test_a_reason_may_be_typed_in_part() -> None:
    form = fill(RETURN, Said("act", "退回", "0427", "本单位职责 依据 三定方案"))
    assert form == {"reason": "not_our_duty", "basis": "三定方案"}


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [("不属本单位职责", "还缺依据，请这样写"), ("不想办 依据 三定", "请写成其中一个：不在本辖区、不属本单位职责")],
)
def test_what_is_missing_is_shown_in_its_right_form(rest: str, sentence: str) -> None:
    with pytest.raises(Unfilled, match=sentence):
        fill(RETURN, Said("act", "退回", "0427", rest))


def frame(**changes: Any) -> dict[str, Any]:
    private = {"actionIds": ["sign"], "params": {"seq": "3", "leg": 7}}
    content = json.dumps({"cardPrivateData": private})
    return {"userId": "xy023", "userIdType": 1, "outTrackId": "XYRX1:1", "content": content, **changes}


def content(**private: Any) -> str:
    return json.dumps({"cardPrivateData": private})


def test_the_actor_of_a_click_is_the_envelopes_whatever_the_card_says() -> None:
    params = {"userId": "xy001", "actor": "xy001", "seq": "3"}
    click = Click.parse("m-1", frame(content=content(actionIds=["sign"], params=params)))
    assert click.user == "xy023"
    assert click.key == "dingtalk:m-1"


@pytest.mark.parametrize(
    ("value", "text"),
    [({"index": 1, "value": "water"}, "water"), ("water", "water"), (3, "3"), (True, "true"), (1.5, "1.5")],
)
def test_a_field_may_travel_in_several_shapes(value: object, text: str) -> None:
    click = Click.parse("m-1", frame(content=content(actionIds=["x"], params={"form": {"lead": value}})))
    assert click.form == {"lead": text}


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": None},
        {"userId": ""},
        {"userId": 7.5},
        {"userId": True},
        {"userIdType": 2},
        {"outTrackId": "x" * 101},
        {"content": {"cardPrivateData": {}}},
        {"content": {"cardPrivateData": {"actionIds": ["sign"], "params": {"form": "not json"}}}},
        {"content": {"cardPrivateData": {"actionIds": ["sign"], "params": {"a": {"b": {"c": {"d": {"e": 1}}}}}}}},
        {"content": "not json"},
        {"content": "[]"},
        {"content": "[" * 60_000},
        {"content": content(actionIds=[], params={})},
        {"content": content(actionIds=["sign"], params=[1])},
        {"content": content(actionIds=["sign"], params={"seq": "\0"})},
        {"content": content(actionIds=["sign"], params={"seq": "\ud800"})},
        {"content": content(actionIds=["sign"], params={"form": {"note": "长" * 10_001}})},
        {"content": content(actionIds=["sign"], params={"form": {"note": {"value": {"value": 1}}}})},
        {"content": content(actionIds=["sign"], params={str(n): "1" for n in range(41)})},
    ],
)
def test_a_frame_that_is_not_one_of_ours_is_refused_in_one_sentence(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refusal:
        Click.parse("m-1", frame(**changes))
    assert len(str(refusal.value)) <= 40


@pytest.mark.parametrize("seq", ["-1", "1e9", "９", "1" * 19, "一"])
def test_a_version_that_is_no_number_is_refused(seq: str) -> None:
    click = Click.parse("m-1", frame(content=content(actionIds=["sign"], params={"seq": seq})))
    with pytest.raises(Malformed):
        click.number("seq")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"msgtype": "text", "text": {"content": " 待办"}}, " 待办"),
        ({"msgtype": "text", "code": 20001, "message": "本月消息额度已用完"}, ""),
        ({"code": 20001}, ""),
        ({"msgtype": "text", "text": None}, ""),
        ({"msgtype": "richText", "content": {"richText": [{"text": "查 0427"}, {"type": "picture"}]}}, "查 0427"),
        ({"msgtype": "picture", "content": {"downloadCode": "d"}}, ""),
        ({"msgtype": "text", "text": {"content": "a\0b\ud800"}}, "ab"),
    ],
)
def test_a_message_without_words_is_read_as_one(data: dict[str, Any], text: str) -> None:
    message = Message.parse("m-1", {"senderStaffId": "xy023", "conversationType": "1", **data})
    assert message.text == text
    assert message.key == "dingtalk:chat:m-1"


def test_a_huge_message_stays_too_long_without_being_carried_along() -> None:
    message = Message.parse("m-1", {"text": {"content": "长" * 10_000_000}})
    assert LONGEST < len(message.text) <= LONGEST + 1000


def test_a_session_address_does_not_show() -> None:
    message = Message.parse("m-1", {"sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=abc"})
    assert "abc" not in repr(message)
    assert redact("POST /robot/sendBySession?session=abc&x=1") == "POST /robot/sendBySession?session=***&x=1"
    assert redact('{"ticket": "t+/=", "accessToken":"q"}') == '{"ticket": "***", "accessToken":"***"}'

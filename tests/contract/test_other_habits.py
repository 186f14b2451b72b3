"""What another platform of the same dialect may do differently: the bot takes it in its stride."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from dingtalk_stream import CallbackMessage, EventMessage, SystemMessage

from bots.dingtalk import words
from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.clicks import Click, meant
from bots.dingtalk.contacts import Contacts
from bots.dingtalk.fates import ApiFault, of_answer
from bots.dingtalk.frames import read
from bots.dingtalk.gateway import NoGrant, _grant, is_of
from bots.dingtalk.messages import Message
from bots.dingtalk.wire import undelivered_in
from cards import manifests
from core.errors import Malformed

DENIED = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
CONTENT = json.dumps({"cardPrivateData": {"actionIds": ["sign"], "params": {"seq": 7, "leg": "3"}}})


def a_click(**more: Any) -> dict[str, Any]:
    return {"userId": "xy023", "outTrackId": "XYRX20260309000011:1", "content": CONTENT, "strange": {"new": 1}} | more


@pytest.mark.parametrize("kind", [{}, {"userIdType": 1}, {"userIdType": "1"}, {"userIdType": None}])
def test_the_kind_of_user_id_may_be_a_number_a_text_or_missing(kind: dict[str, Any]) -> None:
    click = Click.parse("m-1", a_click(**kind))
    assert (click.action, click.number("seq"), click.number("leg")) == ("sign", 7, 3)


def test_the_content_may_come_under_its_other_name() -> None:
    click = Click.parse("m-1", {**a_click(value=CONTENT), "content": ""})
    assert click.action == "sign"


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("ws://127.0.0.1:1/connect", "ws://127.0.0.1:1/connect?ticket=a%2Bb"),
        ("wss://gate.example/a/b?region=hk", "wss://gate.example/a/b?region=hk&ticket=a%2Bb"),
    ],
)
def test_an_endpoint_may_have_a_path_and_a_query(endpoint: str, address: str) -> None:
    assert _grant(json.dumps({"endpoint": endpoint, "ticket": "a+b", "more": 1}), plain=True).url == address


def test_an_endpoint_without_tls_is_refused_when_the_gateway_has_it() -> None:
    with pytest.raises(NoGrant):
        _grant(json.dumps({"endpoint": "ws://gate.example/connect", "ticket": "t"}), plain=False)


@pytest.mark.parametrize("space", ["xy023", "IM_ROBOT.xy023", "im_robot.xy023", "dtv1.card//IM_ROBOT.xy023"])
def test_whom_a_card_did_not_reach_is_understood_however_the_space_is_named(space: str) -> None:
    rows = [{"spaceId": space, "success": False, "errorMsg": "spaceId is illegal"}, {"spaceId": "x", "success": True}]
    assert undelivered_in(rows) == {"xy023": "spaceId is illegal"}


def test_answers_without_deliver_results_count_as_delivered() -> None:
    assert undelivered_in(None) == {}


def test_the_bot_knows_its_own_organisation_from_the_message() -> None:
    data = {"msgId": "m", "senderCorpId": "dingA", "chatbotCorpId": "dingB", "text": {"content": "待办"}}
    message = Message.parse("m", data)
    assert (message.tenant, message.home) == ("dingA", "dingB")


def a_message(**more: Any) -> Message:
    data = {"msgId": "m", "senderStaffId": "xy023", "conversationType": "1", "text": {"content": "待办"}}
    return Message.parse("m", data | more)


@pytest.mark.parametrize(
    ("told", "settings", "ours"),
    [
        ({"senderCorpId": "dingA", "chatbotCorpId": "dingA"}, "dingA", True),
        ({"senderCorpId": "dingA"}, "", True),
        ({}, "dingA", True),
        ({"senderCorpId": None, "chatbotCorpId": "dingA"}, "dingA", True),
        ({"chatbotCorpId": "dingB"}, "dingA", False),
        ({"senderCorpId": "dingB", "chatbotCorpId": "dingA"}, "", False),
        ({"senderStaffId": ""}, "dingA", False),
    ],
)
def test_a_user_id_without_an_organisation_is_of_our_own(told: dict[str, Any], settings: str, ours: bool) -> None:
    assert a_message(**told).is_from(settings) is ours


@pytest.mark.parametrize("kind", [SystemMessage, EventMessage, CallbackMessage])
@pytest.mark.parametrize(
    ("headers", "data", "told"),
    [
        ({"time": "2026-03-09", "topic": "t"}, '{"a": 1}', {"a": 1}),
        ({"eventBornTime": None, "topic": "t"}, '{"a": 1}', {"a": 1}),
        ({"topic": "t"}, {"a": 1}, {"a": 1}),
        ({"topic": "t"}, "bye", "bye"),
        ({"topic": "t", "time": float("inf")}, "[" * 100_000, "[" * 100_000),
    ],
)
def test_a_frame_is_read_whatever_the_sdk_stumbles_over(kind: Any, headers: Any, data: Any, told: Any) -> None:
    message: Any = read(kind, {"type": kind.TYPE, "headers": headers, "data": data})
    assert (message.headers.topic, message.data) == ("t", told)


def test_headers_in_another_case_are_those_they_mean() -> None:
    message: Any = read(CallbackMessage, {"headers": {"MessageId": "m", "TOPIC": "t", "Time": "now"}, "data": "{}"})
    assert (message.headers.message_id, message.headers.topic) == ("m", "t")


def test_a_frame_without_headers_is_nobodys() -> None:
    message: Any = read(CallbackMessage, {"type": "CALLBACK", "headers": None, "data": ""})
    assert message.headers.topic is None


@pytest.mark.parametrize(
    ("address", "homes", "is_theirs"),
    [
        ("https://oapi.dingtalk.com:443/robot/send?session=a", ["https://oapi.dingtalk.com"], True),
        ("https://OAPI.dingtalk.com/robot/send", ["https://oapi.dingtalk.com"], True),
        ("http://oapi.dingtalk.com/robot/send", ["https://oapi.dingtalk.com"], False),
        ("https://oapi.dingtalk.com.evil.example/", ["https://oapi.dingtalk.com"], False),
        ("https://oapi.dingtalk.com@evil.example/", ["https://oapi.dingtalk.com"], False),
        ("http://localhost:9100/files/a", ["http://127.0.0.1:9100"], True),
        ("http://127.0.0.1:9200/files/a", ["http://127.0.0.1:9100"], True),
        ("http://127.0.0.1:9200/files/a", ["http://127.0.0.1:9100", "https://oapi.dingtalk.com"], False),
        ("http://[bad/", ["http://127.0.0.1:9100"], False),
        ("", ["http://127.0.0.1:9100"], False),
    ],
)
def test_an_address_of_the_platform_is_known_by_its_host(address: str, homes: list[str], is_theirs: bool) -> None:
    assert is_of(address, homes) is is_theirs


def test_a_picture_may_have_only_the_other_of_its_codes() -> None:
    assert a_message(msgtype="picture", content={"pictureDownloadCode": "p"}).pictures == ("p",)


@pytest.mark.parametrize("form", [dict, json.dumps])
def test_what_is_no_plain_text_may_come_as_the_text_of_an_object(form: Any) -> None:
    rich = {"richText": [{"text": "港口路积水"}, {"type": "picture", "downloadCode": "p"}]}
    message = a_message(msgtype="richText", text=None, content=form(rich))
    assert (message.text, message.pictures) == ("港口路积水", ("p",))
    assert a_message(msgtype="audio", text=None, content=form({"recognition": "待办"})).text == "待办"


@pytest.mark.parametrize("content", ["oops", "[1]", "[" * 60_000, "{" * 90_000, None, 5, []])
def test_content_that_is_no_object_is_none(content: object) -> None:
    message = a_message(msgtype="richText", text=None, content=content)
    assert (message.text, message.pictures) == ("", ())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("待办 @小秀机器人", "list"),
        ("@小秀 帮助 @小秀机器人 @小秀", "help"),
        ("查 0427 @小秀", "find"),
        ("港口路积水 @小秀", "unknown"),
        ("写信到 a@b.example", "unknown"),
    ],
)
def test_a_mention_may_stand_behind_the_words(text: str, kind: str) -> None:
    assert words.read(text).kind == kind


def test_what_is_said_of_somebody_keeps_the_name() -> None:
    assert words.read("进展 0427 已告知 @张三").rest == "已告知 @张三"


@pytest.mark.parametrize(
    ("status", "body", "fate", "code"),
    [
        (200, {"errcode": 88, "sub_code": "40014", "errmsg": "ding talk error"}, "again", "40014"),
        (200, {"errcode": 88, "sub_code": "90018"}, "throttled", "90018"),
        (200, {"errcode": 88, "errmsg": "no permission"}, "again", "88"),
        (403, {"code": DENIED, "accessdenieddetail": {"requiredScopes": ["a"]}}, "again", DENIED),
        (403, {"code": DENIED, "accessdenieddetail": "a"}, "again", DENIED),
        (403, {"code": DENIED, "accessdenieddetail": None}, "again", DENIED),
    ],
)
def test_a_refusal_is_understood_however_it_is_told(status: int, body: dict[str, Any], fate: str, code: str) -> None:
    fault = of_answer(status, body, "/v1.0/card/instances")
    assert fault is not None
    assert (fault.fate, fault.code) == (fate, code)


def test_ids_may_be_numbers_and_the_content_an_object() -> None:
    click = Click.parse(4711, a_click(userId=12345, content=json.loads(CONTENT)))
    assert (click.key, click.user, click.action, click.number("seq")) == ("dingtalk:4711", "12345", "sign", 7)
    message = Message.parse(
        "m-1", {"msgId": 99, "senderStaffId": 12345, "conversationType": 1, "text": {"content": "待办"}}
    )
    assert (message.key, message.user, message.chat) == ("dingtalk:chat:99", "12345", "1")


def test_a_form_may_be_the_text_of_one() -> None:
    params = {"case_seq": "1", "form": json.dumps({"lead": {"index": 0, "value": "water"}})}
    content = json.dumps({"cardPrivateData": {"actionIds": ["case_dispatch"], "params": params}})
    assert Click.parse("m-1", a_click(content=content)).form == {"lead": "water"}


def named(template: str, ids: list[str], params: dict[str, Any], *offered: str) -> str:
    """The action a click comes to mean on a card."""
    content = json.dumps({"cardPrivateData": {"actionIds": ids, "params": params}})
    return meant(Click.parse("m-1", a_click(content=content)), manifests()[template], lambda: offered).action


def test_the_button_may_stand_behind_its_form() -> None:
    assert named("case", ["form", "case_dispatch"], {"case_seq": "1", "form": {"lead": "water"}}) == "case_dispatch"


@pytest.mark.parametrize(
    ("template", "params", "offered", "action"),
    [
        ("draft", {"form": {"title": "港口路积水", "place": "港口路"}}, (), "change"),
        ("home", {"form": {"post": "7"}}, (), "switch_post"),
        ("case", {"seq": "3", "leg": "7", "form": {"result": "已抽排", "solved": "solved"}}, (), "report"),
        ("case", {"case_seq": "1", "form": {"connected": "connected"}}, (), "case_record_call"),
        ("case", {"case_seq": "1", "form": {"lead": "water"}}, ("case_dispatch", "case_raise_flag"), "case_dispatch"),
    ],
)
def test_a_form_that_names_only_itself_is_known_by_what_came_with_it(
    template: str, params: dict[str, Any], offered: tuple[str, ...], action: str
) -> None:
    assert named(template, ["form"], params, *offered) == action


@pytest.mark.parametrize(
    ("ids", "params", "why"),
    [
        (["form"], {"case_seq": "1", "form": {"reason": "不行"}}, "分不清填的是哪张表单"),
        (["form"], {"case_seq": "1", "form": {"strange": "1"}}, "按钮已失效"),
        (["form"], {"form": {"lead": "water"}}, "按钮已失效"),
        (["gone"], {"case_seq": "1", "form": {"connected": "connected"}}, "按钮已失效"),
    ],
)
def test_what_could_be_several_buttons_or_none_is_not_guessed(ids: list[str], params: dict[str, Any], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        named("case", ids, params, "case_redo", "case_send_back")


class Found:
    """An API whose address book answers just this for a union id."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found

    def user_token(self, code: str) -> str:
        return f"user token of {code}"

    def ask_as(self, token: str, path: str) -> dict[str, Any]:
        return {"unionId": "u-1"}

    def ask_old(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.found


def who_agreed(**found: Any) -> str:
    return Contacts(cast(DingTalkApi, Found({"userid": "xy023", **found}))).who_agreed("code")


@pytest.mark.parametrize("told", [{}, {"contact_type": 0}, {"contact_type": "0"}, {"contact_type": None}])
def test_somebody_inside_may_be_told_as_such_or_not_at_all(told: dict[str, Any]) -> None:
    assert who_agreed(**told) == "xy023"


@pytest.mark.parametrize("told", [1, "1", True, "outside"])
def test_an_outside_contact_stays_outside(told: object) -> None:
    with pytest.raises(ApiFault, match="outside contact"):
        who_agreed(contact_type=told)

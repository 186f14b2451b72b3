"""What another platform of the same dialect may do differently: the bot takes it in its stride."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.dingtalk.clicks import Click
from bots.dingtalk.gateway import NoGrant, _grant
from bots.dingtalk.messages import Message
from bots.dingtalk.wire import undelivered_in

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

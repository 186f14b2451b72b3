"""The sandbox's WeChat as strict as the real one: limits and their codes, windows, consents, escapes (§3–§7)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.rig import Sandbox
from tests.sandbox.wechat import WeChat, WeChatError
from tests.sandbox.wechat_menu import check_menu
from tests.sandbox.wechat_push import Knobs, element, judged, message_xml, opened, sealed, signed, wrapped

VIEW = {"type": "view", "name": "查", "url": "https://zz.example.gov.cn/c"}
CLICK = {"type": "click", "name": "问", "key": "HELP"}
OPENID = "o-practice-wang"


def call(sandbox: Sandbox, path: str, body: Any = None, **query: Any) -> Any:
    """One call with a fresh stable token; a string body goes as it is."""
    query.setdefault("access_token", token(sandbox))
    if body is None:
        return sandbox.http.get(path, params=query).json()
    raw = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return sandbox.http.post(path, params=query, content=raw.encode()).json()


def token(sandbox: Sandbox, **more: Any) -> str:
    asked = {"grant_type": "client_credential", "appid": "wx-practice", "secret": "practice", **more}
    return str(sandbox.http.post("/cgi-bin/stable_token", content=json.dumps(asked)).json().get("access_token"))


@pytest.mark.parametrize(
    ("button", "code"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "name": "一二三四五六"}], 40018),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{**VIEW, "url": "https://a.cn/" + "x" * 1024}], 40020),
        ([{"name": "多", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "子", "sub_button": [{**CLICK, "name": "名" * 21}]}], 40025),
        ([{"name": "子", "sub_button": [{**CLICK, "key": ""}]}], 40026),
        ([{"name": "子", "sub_button": [{**VIEW, "url": ""}]}], 40027),
        ([{**VIEW, "url": "javascript:x"}], 40055),
    ],
)
def test_a_menu_beyond_a_limit_is_refused_with_its_code(button: Any, code: int) -> None:
    with pytest.raises(WeChatError) as told:
        check_menu({"button": button})
    assert told.value.code == code


def test_a_menu_comes_goes_and_is_missed(sandbox: Sandbox) -> None:
    assert call(sandbox, "/cgi-bin/menu/get")["errcode"] == 46003
    assert call(sandbox, "/cgi-bin/menu/create", {"button": [CLICK]})["errcode"] == 0
    assert call(sandbox, "/cgi-bin/menu/get")["menu"]["button"][0]["key"] == "HELP"
    assert call(sandbox, "/cgi-bin/menu/delete")["errcode"] == 0
    assert call(sandbox, "/cgi-bin/menu/get")["errcode"] == 46003


def test_bodies_are_read_as_they_are_and_escapes_refused(sandbox: Sandbox) -> None:
    assert call(sandbox, "/cgi-bin/menu/create", json.dumps({"button": [{**CLICK, "name": "问"}]}))["errcode"] == 40033
    assert call(sandbox, "/cgi-bin/menu/create", "{")["errcode"] == 47001
    assert call(sandbox, "/cgi-bin/menu/create", "")["errcode"] == 44002


def test_tokens_are_missed_unknown_and_over(sandbox: Sandbox) -> None:
    assert call(sandbox, "/cgi-bin/menu/get", access_token="")["errcode"] == 41001
    assert call(sandbox, "/cgi-bin/menu/get", access_token="made-up")["errcode"] == 40001
    assert "rid: " in call(sandbox, "/cgi-bin/menu/get", access_token="made-up")["errmsg"]
    old = token(sandbox)
    assert token(sandbox) == old
    assert token(sandbox, force_refresh=True) != old
    assert call(sandbox, "/cgi-bin/menu/get", access_token=old)["errcode"] == 40001
    wrong = sandbox.http.get(
        "/cgi-bin/token", params={"grant_type": "client_credential", "appid": "wx-practice", "secret": "x"}
    )
    assert wrong.json()["errcode"] == 40125


def test_a_forced_token_may_not_follow_another_at_once() -> None:
    books = WeChat()
    books.stable_token(force=True)
    with pytest.raises(WeChatError):
        books.stable_token(force=True)


def test_a_customer_message_needs_an_open_window(sandbox: Sandbox) -> None:
    message = {"touser": OPENID, "msgtype": "text", "text": {"content": "您的证已办好"}}
    assert call(sandbox, "/cgi-bin/message/custom/send", message)["errcode"] == 45015
    sandbox.post("wechat/state", callback="http://127.0.0.1:9/x", limit_s=0.2)
    sandbox.post("wechat/act", openid=OPENID, text="在吗")
    told = [call(sandbox, "/cgi-bin/message/custom/send", message)["errcode"] for _ in range(6)]
    assert told == [0] * 5 + [45047]
    assert call(sandbox, "/cgi-bin/message/custom/send", {**message, "touser": "nobody"})["errcode"] == 40003


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0), ({"touser": "nobody"}, 40003), ({"template_id": "T"}, 40037), ({"data": {}}, 47003),
        ({"phrase3": "not Chinese"}, 47003), ({"thing1": "长" * 21}, 47003), ({"phrase3": "一二三四五六"}, 47003),
    ],
)  # fmt: skip
def test_a_template_message_is_checked_field_by_field(sandbox: Sandbox, change: dict[str, Any], code: int) -> None:
    data = {"thing1": "食品经营许可证", "time2": "2026-03-09 09:00", "phrase3": "已办结"}
    data |= {name: value for name, value in change.items() if name in data}
    body: dict[str, Any] = {"touser": OPENID, "template_id": "TPL_RESULT"}
    body["data"] = {name: {"value": value} for name, value in data.items()}
    body |= {name: value for name, value in change.items() if name not in data}
    assert call(sandbox, "/cgi-bin/message/template/send", body)["errcode"] == code


def test_who_left_gets_no_template_and_a_repeat_is_one(sandbox: Sandbox) -> None:
    values = {"thing1": "证", "time2": "2026-03-09", "phrase3": "好"}
    body: dict[str, Any] = {"touser": OPENID, "template_id": "TPL_RESULT", "client_msg_id": "c1"}
    body["data"] = {name: {"value": value} for name, value in values.items()}
    first, again = (call(sandbox, "/cgi-bin/message/template/send", body) for _ in range(2))
    assert first["msgid"] == again["msgid"]
    sandbox.post("wechat/state", callback="http://127.0.0.1:9/x", limit_s=0.2)
    sandbox.post("wechat/act", openid=OPENID, follow=False)
    assert call(sandbox, "/cgi-bin/message/template/send", body)["errcode"] == 43004


def test_a_subscribed_notice_costs_a_consent(sandbox: Sandbox) -> None:
    values = {"thing1": "证", "time2": "2026-03-09", "phrase3": "好"}
    body = {
        "touser": OPENID,
        "template_id": "TPL_RESULT",
        "data": {name: {"value": one} for name, one in values.items()},
    }
    assert call(sandbox, "/cgi-bin/message/subscribe/bizsend", body)["errcode"] == 43101
    sandbox.post("wechat/state", consent={"openid": OPENID, "template": "TPL_RESULT"})
    told = [call(sandbox, "/cgi-bin/message/subscribe/bizsend", body)["errcode"] for _ in range(2)]
    assert told == [0, 43101]


def test_codes_tickets_and_addresses_have_their_shapes(sandbox: Sandbox) -> None:
    scene = {"expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "hall"}}}
    assert set(call(sandbox, "/cgi-bin/qrcode/create", scene)) == {"ticket", "url", "expire_seconds"}
    assert call(sandbox, "/cgi-bin/qrcode/create", {**scene, "action_name": "QR_X"})["errcode"] == 40053
    assert call(sandbox, "/cgi-bin/ticket/getticket", type="jsapi")["expires_in"] == 7200
    assert call(sandbox, "/cgi-bin/getcallbackip")["ip_list"]
    assert call(sandbox, "/cgi-bin/user/info", openid=OPENID)["subscribe"] == 1


@pytest.mark.parametrize(
    ("scope", "back"), [("snsapi_userinfo", "http://127.0.0.1/x"), ("snsapi_base", "http://evil.example/x")]
)
def test_the_web_sign_in_goes_back_to_us_alone(sandbox: Sandbox, scope: str, back: str) -> None:
    query = {"appid": "wx-practice", "redirect_uri": back, "response_type": "code", "scope": scope, "state": "s"}
    answer = sandbox.http.get("/connect/oauth2/authorize", params=query)
    assert answer.status_code == 200
    assert "参数错误" in answer.text


def reply(books: WeChat, inner: str, **wrong: str) -> str:
    """An encrypted reply."""
    text = sealed(books.aes_key, wrong.get("app_id", books.app_id), inner)
    sign = wrong.get("sign") or signed(books.token, "1", "2", text)
    parts = [element("Encrypt", text), element("MsgSignature", sign), element("TimeStamp", 1), element("Nonce", "2")]
    return f"<xml>{''.join(parts)}</xml>"


@pytest.mark.parametrize(
    ("fields", "wrong", "fine"),
    [
        ({}, {}, True),
        ({"Content": "长" * 700}, {}, False),
        ({"ToUserName": "another"}, {}, False),
        ({"MsgType": "poem"}, {}, False),
        ({}, {"sign": "0" * 40}, False),
        ({}, {"app_id": "wx-another"}, False),
    ],
)
def test_a_reply_is_shown_only_when_it_is_right(fields: dict[str, str], wrong: dict[str, str], fine: bool) -> None:
    books = WeChat()
    said = {"ToUserName": OPENID, "FromUserName": "gh_practice0001", "MsgType": "text", "Content": "好", **fields}
    inner = f"<xml>{''.join(element(name, value) for name, value in said.items())}</xml>"
    text, fault = judged(books, OPENID, 200, reply(books, inner, **wrong))
    assert (not fault) is fine
    assert (text == "好") is fine
    assert judged(books, OPENID, 200, inner)[1], "a clear reply in safe mode"
    assert judged(books, OPENID, 500, "")[1]
    assert judged(books, OPENID, 200, '{"errcode": 0}')[1]
    assert judged(books, OPENID, 200, "success") == ("", "")


@pytest.mark.parametrize("mode", ["plain", "compat", "safe"])
def test_a_push_is_signed_in_every_mode(mode: str) -> None:
    books = WeChat()
    xml = message_xml(OPENID, {"MsgType": "text", "Content": "a]]>b", "MsgId": 1})
    query, body = wrapped(books, xml, OPENID, Knobs(mode=mode))
    assert query["signature"] == signed("practice", query["timestamp"], query["nonce"])
    assert ("msg_signature" in query) is (mode != "plain")
    assert ("<MsgType>" in body) is (mode != "safe")
    if mode != "plain":
        from xml.etree import ElementTree

        inner = ElementTree.fromstring(body).findtext("Encrypt") or ""
        assert opened(books.aes_key, books.app_id, inner) == xml
        assert query["msg_signature"] == signed("practice", query["timestamp"], query["nonce"], inner)

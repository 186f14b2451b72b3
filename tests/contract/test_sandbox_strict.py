"""The sandbox is stricter than the platform may be: what it refuses, warns about, counts and breaks on purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.rig import CLIENT_ID, CLIENT_SECRET, EXAMPLES, Sandbox, free_port, started

CARD = "/v1.0/card/instances"
BATCH = "/v1.0/robot/oToMessages/batchSend"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with started() as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(sandbox: Sandbox) -> None:
    sandbox.post("reset")
    sandbox.add_people(
        {"userId": "u1", "unionId": "un1", "name": "王海燕", "unit": "区社会治理中心", "mobile": "13800000001"},
        {"userId": "u2", "unionId": "un2", "name": "陈明", "unit": "水务局"},
    )


def an_order(key: str = "k", **changes: Any) -> dict[str, Any]:
    """A body of createAndDeliver that is right; keywords say what differs, None leaves a field out."""
    body = {
        "cardTemplateId": "example.schema", "outTrackId": key, "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "港口路积水", "state": "待签收"}},
        "openSpaceId": "dtv1.card//IM_ROBOT.u1", "imRobotOpenSpaceModel": {"supportForward": False},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"}, **changes,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def params(**values: Any) -> dict[str, Any]:
    return {"cardData": {"cardParamMap": values}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (params(nobody="1"), "param.invalid"),
        (params(left=3), "param.invalid"),
        (params(left="three"), "param.invalid"),
        (params(urgent="yes"), "param.invalid"),
        (params(rows="{}"), "param.invalid"),
        (params(can_sign="true"), "param.invalid"),
        ({"cardData": None}, "param.cardPublicDataEmpty"),
        ({"outTrackId": ""}, "param.outTrackIdEmpty"),
        ({"outTrackId": "x" * 101}, "param.invalid"),
        ({"cardTemplateId": ""}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "other.schema"}, "param.templateNotExist"),
        ({"openSpaceId": None}, "param.openSpaceIdEmpty"),
        ({"openSpaceId": "IM_ROBOT.u1"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//IM_NOBODY.u1"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//" + ";".join(["IM_ROBOT.u1"] * 90)}, "param.openSpaceIdInvalid"),
        ({"imRobotOpenSpaceModel": None}, "param.openSpaceModelInvalid"),
        ({"imRobotOpenDeliverModel": None}, "param.openDeliverModelEmpty"),
        ({"imRobotOpenDeliverModel": {}}, "param.openDeliverModelError"),
        ({"privateData": {"u9": {"cardParamMap": {}}}}, "param.userIdNotExist"),
    ],
)
def test_a_wrong_card_is_refused_with_its_code(sandbox: Sandbox, changes: dict[str, Any], code: str) -> None:
    answer = sandbox.call("POST", f"{CARD}/createAndDeliver", an_order(**changes))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["requestid"]
    assert sandbox.get("cards") == []


def test_an_unknown_receiver_is_a_success_that_failed(sandbox: Sandbox) -> None:
    order = an_order(openSpaceId="dtv1.card//IM_ROBOT.u1;IM_ROBOT.nobody")
    answer = sandbox.call("POST", f"{CARD}/createAndDeliver", order)
    rows = answer.json()["result"]["deliverResults"]
    assert answer.status_code == 200
    assert [(row["spaceId"], row["success"]) for row in rows] == [("u1", True), ("nobody", False)]
    assert rows[1]["errorMsg"] == "spaceId is illegal"


def test_the_same_card_twice_is_refused(sandbox: Sandbox) -> None:
    sandbox.call("POST", f"{CARD}/createAndDeliver", an_order())
    again = sandbox.call("POST", f"{CARD}/createAndDeliver", an_order())
    assert again.json()["code"] == "param.cardAlreadyExist"
    assert sandbox.call("PUT", CARD, {"outTrackId": "none", **params(state="x")}).json()["code"] == "param.cardNotExist"
    assert sandbox.call("PUT", CARD, {"outTrackId": "k"}).json()["code"] == "param.cardDataAndPrivateDataBothEmpty"


def test_an_update_replaces_unless_it_says_by_key(sandbox: Sandbox) -> None:
    sandbox.call("POST", f"{CARD}/createAndDeliver", an_order())
    by_key = {"cardUpdateOptions": {"updateCardDataByKey": True}}
    sandbox.call("PUT", CARD, {"outTrackId": "k", **params(state="已签收"), **by_key})
    assert sandbox.get("cards/k")["public"] == {"title": "港口路积水", "state": "已签收"}
    sandbox.call("PUT", CARD, {"outTrackId": "k", **params(state="已办结")})
    assert sandbox.get("cards/k")["public"] == {"state": "已办结"}


def test_create_and_deliver_can_be_two_calls_with_a_space_added_between(sandbox: Sandbox) -> None:
    order = an_order(imRobotOpenSpaceModel=None)
    assert sandbox.call("POST", CARD, order).json() == {"success": True, "result": "k"}
    send = {name: order[name] for name in ("outTrackId", "openSpaceId", "imRobotOpenDeliverModel")}
    assert sandbox.call("POST", f"{CARD}/deliver", send).json()["code"] == "param.openSpaceModelInvalid"
    assert sandbox.call("PUT", f"{CARD}/spaces", {"outTrackId": "k", "imRobotOpenSpaceModel": {}}).json()["success"]
    assert sandbox.call("POST", f"{CARD}/deliver", send).json()["result"][0]["success"]
    assert sandbox.call("PUT", "/v1.0/card/streaming", {"outTrackId": "k"}).status_code == 400


def test_a_private_variable_wins_for_its_person_only(sandbox: Sandbox) -> None:
    private: dict[str, Any] = {"privateData": {"un2": {"cardParamMap": {"can_sign": "true"}}}, "userIdType": 2}
    order = an_order(openSpaceId="dtv1.card//IM_ROBOT.un1;IM_ROBOT.un2", **private)
    assert sandbox.call("POST", f"{CARD}/createAndDeliver", order).status_code == 200
    assert sandbox.face("k", "u2")["buttons"][0]["title"] == "签收"
    assert sandbox.face("k", "u1")["buttons"] == []


def test_a_long_value_is_taken_with_a_warning(sandbox: Sandbox) -> None:
    sandbox.call("POST", f"{CARD}/createAndDeliver", an_order(**params(body="长" * 400)))
    (warning,) = sandbox.get("warnings")
    assert (warning["kind"], warning["variable"]) == ("value_over_1kb", "body")


def test_a_group_card_needs_its_robot_and_reaches_the_recipients_only(sandbox: Sandbox) -> None:
    group = sandbox.post("groups", title="联办群", members=["u1", "u2"])["id"]
    order = an_order(openSpaceId=f"dtv1.card//im_group.{group}", imGroupOpenSpaceModel={}, imGroupOpenDeliverModel={})
    refused = sandbox.call("POST", f"{CARD}/createAndDeliver", order)
    assert refused.json()["code"] == "param.openDeliverModelError"
    order["imGroupOpenDeliverModel"] = {"robotCode": CLIENT_ID, "recipients": ["u2"]}
    assert sandbox.call("POST", f"{CARD}/createAndDeliver", order).json()["result"]["deliverResults"][0]["success"]
    assert [c["unread"] for c in sandbox.phone("u1")["chats"]] == [0]
    assert [c["unread"] for c in sandbox.phone("u2")["chats"]] == [1]


def test_tokens_are_checked_kept_and_revoked(sandbox: Sandbox) -> None:
    token = sandbox.token()
    assert token == sandbox.token()
    wrong = sandbox.http.post(f"{CARD}", json={}, headers={"Authorization": token})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "InvalidAuthentication")
    sandbox.set_faults(token_revoked=True)
    assert sandbox.call("POST", CARD, {}, token=token).json()["code"] == "InvalidAuthentication"
    old = sandbox.http.post("/topapi/v2/user/get", params={"access_token": token}, json={"userid": "u1"})
    assert (old.status_code, old.json()["errcode"]) == (200, 40014)
    assert sandbox.token() != token
    bad = sandbox.http.post("/v1.0/oauth2/accessToken", json={"appKey": CLIENT_ID, "appSecret": "no"})
    assert bad.json()["code"] == "invalidClientIdOrSecret"


def test_the_gateway_refuses_bad_secrets_empty_lists_and_used_or_old_tickets(sandbox: Sandbox) -> None:
    def opened(secret: str = CLIENT_SECRET, topics: tuple[str, ...] = ("/x",)) -> httpx.Response:
        rows = [{"type": "CALLBACK", "topic": topic} for topic in topics]
        body = {"clientId": CLIENT_ID, "clientSecret": secret, "subscriptions": rows}
        return sandbox.http.post("/v1.0/gateway/connections/open", json=body)

    assert (opened("no").status_code, opened("no").json()["code"]) == (401, "authFailed")
    assert opened(topics=()).status_code == 400
    ticket = opened().json()["ticket"]
    sandbox.post("connections", expire_tickets=True)
    shake = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "A" * 22 + "==",
    }
    for used in (ticket, "never issued"):
        assert sandbox.http.get("/connect", params={"ticket": used}, headers=shake).status_code == 401
    assert len(sandbox.get("warnings", kind="dead_ticket")) == 2


def test_a_body_without_its_content_type_is_refused(sandbox: Sandbox) -> None:
    headers = {"x-acs-dingtalk-access-token": sandbox.token(), "Content-Type": "text/plain"}
    assert sandbox.http.post(CARD, content=json.dumps(an_order()), headers=headers).json()["code"] == "param.invalid"


def test_robot_messages_arrive_are_read_and_recalled(sandbox: Sandbox) -> None:
    message = {
        "robotCode": CLIENT_ID,
        "msgKey": "sampleMarkdown",
        "msgParam": json.dumps({"title": "提醒", "text": "**到期**"}),
    }
    assert sandbox.call("POST", BATCH, {**message, "userIds": ["u1"] * 21}).status_code == 400
    assert sandbox.call("POST", BATCH, {**message, "userIds": ["u1"], "msgParam": {"title": "x"}}).status_code == 400
    assert sandbox.call("POST", BATCH, {**message, "userIds": ["u1"], "msgKey": "sampleNothing"}).status_code == 400
    sent = sandbox.call("POST", BATCH, {**message, "userIds": ["u1", "gone"]}).json()
    assert sent["invalidStaffIdList"] == ["gone"]
    (chat,) = sandbox.phone("u1")["chats"]
    query = {"robotCode": CLIENT_ID, "processQueryKey": sent["processQueryKey"]}

    def status() -> str:
        answer = sandbox.call("GET", "/v1.0/robot/oToMessages/readStatus", **query)
        return str(answer.json()["messageReadInfoList"][0]["readStatus"])

    assert (chat["unread"], status()) == (1, "UNREAD")
    sandbox.post("seen", userId="u1", conversationId=chat["id"])
    assert (sandbox.phone("u1")["unread"], status()) == (0, "READ")
    keys = {"robotCode": CLIENT_ID, "processQueryKeys": [sent["processQueryKey"], "unknown"]}
    recalled = sandbox.call("POST", "/v1.0/robot/otoMessages/batchRecall", keys).json()
    assert (len(recalled["successResult"]), list(recalled["failedResult"])) == (1, ["unknown"])
    assert sandbox.phone("u1")["chats"][0]["messages"][0]["recalled"]


def test_people_departments_and_login(sandbox: Sandbox) -> None:
    assert sandbox.old("/topapi/v2/user/getbymobile", mobile="13800000001")["result"]["userid"] == "u1"
    assert sandbox.old("/topapi/user/getbyunionid", unionid="un2")["result"]["userid"] == "u2"
    assert sandbox.old("/topapi/v2/user/get", userid="nobody")["errcode"] == 60121
    (department, *_) = sandbox.old("/topapi/v2/department/listsub", dept_id=1)["result"]
    assert sandbox.old("/topapi/user/listid", dept_id=department["dept_id"])["result"]["userid_list"] == ["u1"]
    code = sandbox.get("authcode", user="u1")["code"]
    assert sandbox.old("/topapi/v2/user/getuserinfo", code=code)["result"]["userid"] == "u1"
    assert sandbox.old("/topapi/v2/user/getuserinfo", code=code)["errcode"] == 40078
    keys = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "grantType": "authorization_code"}
    user = sandbox.call("POST", "/v1.0/oauth2/userAccessToken", {**keys, "code": sandbox.login_code("u2")})
    assert sandbox.call("GET", "/v1.0/contact/users/me", token=user.json()["accessToken"]).json()["nick"] == "陈明"
    assert "requestAuthCode" in sandbox.http.get("/sandbox/dd.js").text


def test_a_login_code_opens_one_door_once(sandbox: Sandbox) -> None:
    keys = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "grantType": "authorization_code"}

    def exchanged(code: str, **changes: str) -> httpx.Response:
        return sandbox.call("POST", "/v1.0/oauth2/userAccessToken", {**keys, "code": code, **changes})

    code = sandbox.login_code("u1")
    assert exchanged(code, grantType="refresh").json()["code"] == "invalidParameter.grantType"
    assert exchanged(code).status_code == 200
    assert exchanged(code).json()["code"] == "invalidParameter.authCode.notFound"
    assert exchanged(sandbox.get("authcode", user="u1")["code"]).status_code == 400
    assert sandbox.old("/topapi/v2/user/getuserinfo", code=sandbox.login_code("u1"))["errcode"] == 40078
    late = sandbox.login_code("u1")
    sandbox.set_faults(login_codes_old=True)
    assert exchanged(late).status_code == 400
    assert sandbox.http.get("/sandbox/authcode", params={"user": "u1", "corpId": "another"}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "x"}, {"response_type": "token"}, {"scope": "all"}, {"state": ""}, {"prompt": ""},
        {"redirect_uri": "https://example.org/back"}, {"redirect_uri": "javascript:1"},
    ],
)  # fmt: skip
def test_the_login_page_forgives_nothing(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    right = {"redirect_uri": "http://127.0.0.1/back", "response_type": "code", "client_id": CLIENT_ID}
    right |= {"scope": "openid", "state": "s", "prompt": "consent", "user": "u1"}
    for page in ("/oauth2/auth", "/oauth2/agreed"):
        assert sandbox.http.get(page, params={**right, **wrong}).status_code == 400
    assert "u1" in sandbox.http.get("/oauth2/auth", params=right).text


def test_media_keeps_to_its_kinds(sandbox: Sandbox) -> None:
    def upload(name: str, kind: str = "image") -> Any:
        files = {"media": (name, b"bytes", "image/png")}
        query = {"access_token": sandbox.token()}
        return sandbox.http.post("/media/upload", params=query, data={"type": kind}, files=files).json()

    assert upload("a.exe")["errcode"] != 0
    assert sandbox.http.get(f"/sandbox/media/{upload('a.png')['media_id']}").content == b"bytes"


def test_calls_are_counted_as_the_platform_counts_and_quotas_hold(sandbox: Sandbox) -> None:
    sandbox.call("POST", f"{CARD}/createAndDeliver", an_order())
    sandbox.old("/topapi/v2/user/get", userid="u1")
    meter = sandbox.get("meter")
    assert meter["api"][f"POST {CARD}/createAndDeliver"] == 1
    assert meter["counted"] == 1
    sandbox.post("meter", quota_api=1)
    refused = sandbox.call("PUT", CARD, {"outTrackId": "k", **params(state="x")})
    assert (refused.status_code, refused.json()["code"]) == (403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
    sandbox.post("meter", quota_api=0, qps=2)
    codes = [sandbox.call("PUT", CARD, {"outTrackId": "k", **params(state="x")}).status_code for _ in range(3)]
    assert codes == [200, 200, 403]
    assert sandbox.post("meter", qps=0, reset=True)["counted"] == 0


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ({"http": {"prefix": "/v1.0/card", "status": 503, "body": "busy"}}, 503, "busy"),
        ({"html": {"prefix": "/v1.0/card"}}, 200, "<html>"),
        ({"empty": {"prefix": "/v1.0/card"}}, 200, ""),
        ({"truncated": {"prefix": "/v1.0/card"}}, 200, '{"success": true, "resul'),
    ],
)
def test_a_broken_card_api_leaves_the_others_alone(sandbox: Sandbox, fault: Any, status: int, text: str) -> None:
    sandbox.set_faults(**fault)
    answer = sandbox.call("POST", f"{CARD}/createAndDeliver", an_order())
    assert answer.status_code == status
    assert answer.text.startswith(text)
    assert sandbox.old("/topapi/v2/user/get", userid="u1")["errcode"] == 0


def test_silence_slowness_and_a_lost_answer(sandbox: Sandbox) -> None:
    token = {"x-acs-dingtalk-access-token": sandbox.token()}
    sandbox.set_faults(black_hole={"prefix": CARD})
    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.post(f"{CARD}/createAndDeliver", json=an_order(), headers=token, timeout=0.3)
    sandbox.set_faults(black_hole=None, lost_answer={"prefix": CARD})
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.http.post(f"{CARD}/createAndDeliver", json=an_order(), headers=token)
    sandbox.set_faults(lost_answer=None, latency={"seconds": 0.3})
    slow = sandbox.http.post(f"{CARD}/createAndDeliver", json=an_order(), headers=token)
    assert slow.elapsed.total_seconds() > 0.3
    assert slow.json()["code"] == "param.cardAlreadyExist"


def test_delivery_and_template_faults(sandbox: Sandbox) -> None:
    sandbox.set_faults(template_missing=True)
    assert sandbox.call("POST", f"{CARD}/createAndDeliver", an_order()).json()["code"] == "param.templateNotExist"
    sandbox.set_faults(template_missing=None, deliver_fail=True)
    answer = sandbox.call("POST", f"{CARD}/createAndDeliver", an_order()).json()
    assert [row["success"] for row in answer["result"]["deliverResults"]] == [False]
    assert sandbox.http.post("/sandbox/faults", json={"no_such_fault": 1}).status_code == 400


def test_words_the_content_check_refuses_stop_a_new_card_and_an_update(sandbox: Sandbox) -> None:
    title = an_order()["cardData"]["cardParamMap"]["title"]
    sandbox.set_faults(content_unsafe=[title])
    assert sandbox.call("POST", f"{CARD}/createAndDeliver", an_order()).json()["code"] == "param.contentUnsafe"
    sandbox.set_faults(content_unsafe=None)
    assert sandbox.call("POST", f"{CARD}/createAndDeliver", an_order()).status_code == 200
    sandbox.set_faults(content_unsafe="违禁")
    change = {"outTrackId": an_order()["outTrackId"], "cardData": {"cardParamMap": {"title": "有违禁的话"}}}
    refused = sandbox.call("PUT", CARD, change)
    assert (refused.status_code, refused.json()["code"]) == (400, "param.contentUnsafe")


def test_the_business_clock_moves_and_tokens_do_not(sandbox: Sandbox) -> None:
    token = sandbox.token()
    moved = sandbox.post("clock", set="2026-10-01T10:00")
    assert moved["local"].startswith("2026-10-01T10:00")
    holiday_over = sandbox.post("clock", to="workday")["local"]
    assert holiday_over.startswith("2026-10-08T09:00")
    before = datetime.fromisoformat(sandbox.post("clock", stop=True)["now"])
    assert datetime.fromisoformat(sandbox.get("clock")["now"]) == before
    after = datetime.fromisoformat(sandbox.post("clock", advance_s=9 * 86400)["now"])
    assert (after - before).days == 9
    assert sandbox.call("GET", "/v1.0/nothing", token=token).status_code == 404
    assert sandbox.token() == token
    assert sandbox.post("clock", reset=True)["offset_s"] == 0


def test_the_hotline_is_pulled_by_cursor_and_takes_results(sandbox: Sandbox) -> None:
    for revision in (1, 2):
        sandbox.post("hotline/tickets", ticket_no="T1", revision=revision, content="港口路积水")
    assert sandbox.http.post("/sandbox/hotline/tickets", json={"ticket_no": "T1", "revision": 2}).status_code == 400
    assert sandbox.http.get("/hotline/tickets").status_code == 401
    bearer = {"Authorization": "Bearer sandbox-hotline"}
    first = sandbox.http.get("/hotline/tickets", params={"limit": 1}, headers=bearer).json()
    rest = sandbox.http.get("/hotline/tickets", params={"since": first["next"]}, headers=bearer).json()
    assert [ticket["revision"] for ticket in first["tickets"] + rest["tickets"]] == [1, 2]
    sandbox.http.post("/hotline/results", json={"ticket_no": "T1"}, headers={"X-Signature": "s"})
    (result,) = sandbox.get("hotline/results")
    assert (result["body"], result["headers"]["X-Signature"]) == ({"ticket_no": "T1"}, "s")


def test_cards_and_chats_survive_a_restart(tmp_path: Path) -> None:
    port, state = free_port(), str(tmp_path / "state.json")
    with started("--state", state, port=port) as first:
        first.add_people({"userId": "u1", "name": "王海燕"})
        first.call("POST", f"{CARD}/createAndDeliver", an_order())
        first.post("say", userId="u1", text="待办")
        first.post("clock", advance_s=3600)
        seen = first.phone("u1")["chats"]
    with started("--state", state, port=port) as second:
        assert second.phone("u1")["chats"] == seen
        assert round(second.get("clock")["offset_s"]) == 3600


def test_the_page_and_its_font_come_from_here(sandbox: Sandbox) -> None:
    assert "练习环境 · 数据均为虚构 · 不会发送到真实钉钉" in sandbox.http.get("/sandbox/").text
    for name in (
        "chat.js",
        "phone.js",
        "card.js",
        "form.js",
        "tools.js",
        "clock.js",
        "kit.js",
        "markdown.js",
        "training.js",
        "training.css",
        "desk.css",
        "phone.css",
    ):
        assert sandbox.http.get(f"/sandbox/page/{name}").status_code == 200
    assert sandbox.http.get("/sandbox/font").headers["content-type"] == "font/otf"
    assert sandbox.http.get("/sandbox/page/..%2Fapp.py").status_code == 404


def test_manifests_and_people_may_arrive_later(tmp_path: Path) -> None:
    folder, people = tmp_path / "manifests", tmp_path / "people.json"
    with started("--directory", str(people), manifests=folder) as late:
        assert late.get("about")["templates"] == {}
        folder.mkdir()
        (folder / "example.yaml").write_text((EXAMPLES / "example.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        people.write_text(json.dumps([{"userId": "u1", "name": "王海燕"}]), encoding="utf-8")
        late.until(lambda: late.get("about")["templates"] and late.get("people"))
        assert late.call("POST", f"{CARD}/createAndDeliver", an_order()).json()["success"]


def test_a_wrong_value_is_a_refusal_and_never_a_fault(sandbox: Sandbox) -> None:
    assert sandbox.call("POST", f"{CARD}/createAndDeliver", an_order(userIdType="one")).status_code == 400
    assert sandbox.http.get("/sandbox/frames", params={"since": "x"}).status_code == 400
    assert sandbox.call("POST", BATCH, []).json()["code"] == "param.invalid"


def test_every_guess_carries_its_mark(sandbox: Sandbox) -> None:
    table = sandbox.get("guesses")
    assert {row["mark"] for row in table} <= {"S", "D", "R", "N", "N·u"}
    assert len({row["name"] for row in table}) == len(table) > 40

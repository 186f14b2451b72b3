"""The sandbox against the unmodified SDK in another process: the table of the platform paper, §13."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.sandbox.rig import ROOT, Sandbox, environment, started

PEOPLE = [
    {
        "userId": "u1",
        "unionId": "un1",
        "name": "王海燕",
        "title": "派单员",
        "unit": "区社会治理中心",
        "mobile": "13800000001",
    },
    {"userId": "u2", "unionId": "un2", "name": "陈明", "title": "经办", "unit": "水务局"},
]


class Bot:
    """The SDK in its own process, and the JSON lines it prints."""

    def __init__(self, sandbox: Sandbox, *arguments: str) -> None:
        self.lines: list[dict[str, Any]] = []
        command = [sys.executable, "-m", "tests.sandbox.examples.echo_bot", *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment(sandbox), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def told(self, what: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["what"] == what]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(5)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def bot(sandbox: Sandbox) -> Iterator[Bot]:
    running = Bot(sandbox)
    sandbox.until(lambda: sandbox.get("connections"))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def fresh(sandbox: Sandbox) -> None:
    sandbox.post("reset")
    sandbox.add_people(*PEOPLE)


def a_card(sandbox: Sandbox, key: str, users: str = "u1", **public: str) -> str:
    data = {"number": "X-1", "title": "港口路积水", "state": "待签收", "left": "3", **public}
    private = {user: {"cardParamMap": {"seq": "7", "can_sign": "true"}} for user in users.split(";")}
    answer = sandbox.call("POST", "/v1.0/card/instances/createAndDeliver", {
        "cardTemplateId": "example.schema", "outTrackId": key, "callbackType": "STREAM", "userIdType": 1,
        "cardData": {"cardParamMap": data}, "privateData": private,
        "openSpaceId": "dtv1.card//" + ";".join(f"IM_ROBOT.{user}" for user in users.split(";")),
        "imRobotOpenSpaceModel": {"lastMessageI18n": {"ZH_CN": "【待签收】港口路积水"}},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
    })  # fmt: skip
    assert answer.status_code == 200, answer.text
    return key


def put(sandbox: Sandbox, key: str, *, by_key: bool = True, **public: str) -> Any:
    options = {"updateCardDataByKey": by_key, "updatePrivateDataByKey": by_key}
    body = {"outTrackId": key, "cardData": {"cardParamMap": public}, "cardUpdateOptions": options}
    return sandbox.call("PUT", "/v1.0/card/instances", body).json()


def reconnects_within(sandbox: Sandbox, seconds: float, act: Callable[[], Any]) -> float:
    """Seconds until a connection that was not there before `act` is up."""
    before, began = {row["id"] for row in sandbox.get("connections")}, time.monotonic()
    act()
    sandbox.until(lambda: {row["id"] for row in sandbox.get("connections") if not row["leaving"]} - before, seconds)
    return time.monotonic() - began


def test_the_sdk_opens_its_connection_as_recorded(sandbox: Sandbox) -> None:
    # `sandbox` was reset after the module's bot connected, so this one opens its own
    own = Bot(sandbox, "--no-cards")
    try:
        opened = sandbox.until(lambda: sandbox.get("frames", kind="connections/open"))[-1]
        sandbox.until(lambda: len(sandbox.get("connections")) >= 1)
    finally:
        own.stop()
    assert opened["status"] == 200
    assert opened["body"]["ua"] == "dingtalk-sdk-python/v0.24.3-union"
    assert opened["body"]["subscriptions"][0] == {"type": "EVENT", "topic": "*"}
    assert opened["body"]["clientSecret"] == "***"
    assert opened["answer"]["endpoint"].startswith("ws://127.0.0.1:")
    assert set("+/=") & set(opened["answer"]["ticket"])


def test_a_chat_message_is_heard_acknowledged_and_answered_on_the_webhook(sandbox: Sandbox, bot: Bot) -> None:
    said = sandbox.say("u1", "待办")
    assert said["code"] == 200
    assert said["response"] == {"response": "OK"}
    (chat,) = sandbox.phone("u1")["chats"]
    assert [m["kind"] for m in chat["messages"]] == ["text", "text"]
    assert chat["unread"] == 1
    assert "收到：待办" in chat["messages"][1]["content"]["content"]
    assert chat["messages"][1]["content"]["at"] == ["u1"]
    data = bot.told("chat")[-1]["data"]
    assert data["senderStaffId"] == "u1"
    assert data["sessionWebhookExpiredTime"] - data["createAt"] == 5_400_000


def test_a_group_message_keeps_its_blank_and_names_the_group(sandbox: Sandbox, bot: Bot) -> None:
    group = sandbox.post("groups", title="海秀街道联办群", members=["u1", "u2"])
    sandbox.say("u1", "查 0427", groupId=group["id"])
    data = bot.told("chat")[-1]["data"]
    assert data["text"]["content"] == " 查 0427"
    assert data["conversationTitle"] == "海秀街道联办群"
    assert sandbox.phone("u2")["chats"][0]["unread"] == 2


def test_a_picture_can_be_fetched_by_its_code(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.post("say", userId="u1", picture="data:image/png;base64,iVBORw0KGgo=")
    told = sandbox.until(lambda: bot.told("picture"))
    assert sandbox.http.get(told[-1]["url"]).content.startswith(b"\x89PNG")


def test_a_click_travels_as_the_manifest_says_and_changes_one_phone_only(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "two-people", users="u1;u2")
    click = sandbox.click("u1", key, "sign")
    assert click["code"] == 200
    assert not click["timeout"]
    private = bot.told("click")[-1]["private"]
    assert private == {"actionIds": ["sign"], "params": {"number": "X-1", "seq": "7", "left": 3}}
    mine, theirs = sandbox.face(key, "u1"), sandbox.face(key, "u2")
    assert mine["variables"]["state"] == "已签收"
    assert mine["differs"]
    assert mine["variables"]["note"] == "您已签收"
    assert theirs["variables"]["state"] == "待签收"
    assert not theirs["differs"]
    assert [b["action"] for b in mine["buttons"]] == []
    assert [b["action"] for b in theirs["buttons"]] == ["sign"]
    put(sandbox, key, state="已签收")
    assert not sandbox.face(key, "u1")["differs"]
    assert sandbox.face(key, "u2")["variables"]["state"] == "已签收"


def test_a_form_arrives_with_select_values_as_index_and_value(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "form")
    sandbox.click("u1", key, "return", form={"reason": "wrong_duty", "basis": "三定方案第 4 条"})
    form = bot.told("click")[-1]["private"]["params"]["form"]
    assert form == {"reason": {"index": 1, "value": "wrong_duty"}, "basis": "三定方案第 4 条"}
    assert sandbox.http.post(
        "/sandbox/click", json={"userId": "u1", "outTrackId": key, "action": "return", "form": {"reason": "wrong_duty"}}
    ).json() == {"error": "请填写「依据」"}  # fmt: skip


def test_an_event_is_acknowledged(sandbox: Sandbox, bot: Bot) -> None:
    event = sandbox.post("events", type="user_add_org", person={"userId": "u9", "name": "新来的"})
    assert event["code"] == 200
    assert bot.told("event")[-1]["eventType"] == "user_add_org"
    assert sandbox.old("/topapi/v2/user/get", userid="u9")["result"]["name"] == "新来的"


def test_a_ping_comes_back_with_its_opaque(sandbox: Sandbox, bot: Bot) -> None:
    assert all(sandbox.post("connections", ping=True)["pings"])


def test_a_late_answer_is_discarded_and_the_person_is_told(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "late", number="slow2.3")
    other = a_card(sandbox, "quick", users="u2")
    slow: dict[str, Any] = {}
    waiting = threading.Thread(target=lambda: slow.update(sandbox.click("u1", key, "sign")))
    waiting.start()
    time.sleep(0.2)
    assert sandbox.click("u2", other, "sign")["code"] == 200, "in time, whoever else is slow"
    put(sandbox, key, left="2")
    waiting.join()
    assert slow["timeout"]
    assert slow["code"] is None
    face = sandbox.face(key, "u1")
    assert face["failure"]
    assert face["variables"]["state"] == "待签收"
    assert not face["differs"]
    sandbox.until(lambda: sandbox.get("warnings", kind="late_ack"))
    (violation,) = sandbox.get("warnings", kind="put_inside_callback")
    assert violation["outTrackId"] == key
    assert violation["userId"] == "u1"


def test_an_answer_outside_the_manifest_is_refused(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "wrong", number="wrong")
    assert "nobody_declared_this" in sandbox.click("u1", key, "sign")["refused"]
    assert sandbox.face(key, "u1")["failure"]
    assert sandbox.get("warnings", kind="answer_refused")


def test_a_handler_that_raises_leaves_no_ack_and_the_connection(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "raise", number="raise")
    before = sandbox.get("connections")
    assert sandbox.click("u1", key, "sign")["timeout"]
    assert {row["id"] for row in sandbox.get("connections")} >= {row["id"] for row in before}


def test_copies_and_the_duplicate_fault_reach_the_handler_more_than_once(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "copies")
    click = sandbox.click("u1", key, "sign", copies=3, messageId="m-three")
    assert [a["code"] for a in click["answers"]] == [200, 200, 200]
    sandbox.until(lambda: len([c for c in bot.told("click") if c["messageId"] == "m-three"]) == 3)
    sandbox.set_faults(duplicate={"share": 1, "copies": 2})
    sandbox.click("u1", key, "sign", messageId="m-twice")
    sandbox.until(lambda: len([c for c in bot.told("click") if c["messageId"] == "m-twice"]) == 2)


def test_a_dropped_frame_times_out_and_an_ignored_ack_brings_it_again(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "dropped")
    sandbox.set_faults(drop={"share": 1})
    assert sandbox.click("u1", key, "sign", messageId="m-gone")["timeout"]
    sandbox.set_faults(drop=None, ignore_ack={"share": 1, "seconds": 0.5})
    said = threading.Thread(target=lambda: sandbox.say("u1", "再来", messageId="m-again"))
    said.start()
    sandbox.until(lambda: [c for c in bot.told("chat") if c["messageId"] == "m-again"])
    sandbox.until(lambda: len([c for c in bot.told("chat") if c["messageId"] == "m-again"]) >= 2)
    sandbox.set_faults(ignore_ack=None)
    said.join()
    assert not [c for c in bot.told("click") if c["messageId"] == "m-gone"]


def test_four_hundred_clicks_at_once_are_all_answered(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.add_people(*({"userId": f"p{n}", "name": f"人员{n}"} for n in range(400)))
    keys = [
        a_card(sandbox, f"many-{start}", users=";".join(f"p{n}" for n in range(start, start + 25)))
        for start in range(0, 400, 25)
    ]
    clicks = [{"userId": f"p{n}", "outTrackId": keys[n // 25], "action": "sign"} for n in range(400)]
    sandbox.set_faults(patient=True)
    told = sandbox.post("burst", clicks=clicks)
    assert told["count"] == told["answered"] == 400


def test_a_closed_loop_of_clicks_tells_its_rate(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "loop")
    click = {"userId": "u1", "outTrackId": key, "action": "sign"}
    told = sandbox.post("burst", clicks=[click] * 200, in_flight=50, brief=True)
    assert told["answered"] == 200
    assert told["per_second"] > 100
    assert "results" not in told


def test_a_frozen_line_is_deaf_until_it_thaws(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "frozen")
    sandbox.set_faults(freeze=True)
    assert sandbox.click("u1", key, "sign", messageId="m-frozen")["timeout"]
    assert not [c for c in bot.told("click") if c["messageId"] == "m-frozen"]
    sandbox.set_faults(freeze=None)
    sandbox.until(lambda: [c for c in bot.told("click") if c["messageId"] == "m-frozen"])
    assert sandbox.face(key, "u1")["variables"]["state"] == "待签收"


def test_soft_closes_bring_the_sdk_back_at_once(sandbox: Sandbox, bot: Bot) -> None:
    assert reconnects_within(sandbox, 5, lambda: sandbox.set_faults(disconnect=True)) < 1
    for code in (1000, 1001):
        assert reconnects_within(sandbox, 5, lambda code=code: sandbox.set_faults(close=code)) < 1  # type: ignore[misc]


def test_a_slow_answer_over_a_reconnect_comes_on_the_other_socket(sandbox: Sandbox, bot: Bot) -> None:
    key = a_card(sandbox, "moving", number="slow0.8")
    click: dict[str, Any] = {}
    waiting = threading.Thread(target=lambda: click.update(sandbox.click("u1", key, "sign")))
    waiting.start()
    time.sleep(0.2)
    sandbox.set_faults(close=1000)
    waiting.join()
    assert click["code"] == 200
    assert click["moved"]


def test_a_refused_handshake_costs_three_seconds_and_every_hard_loss_ten() -> None:
    losses: list[tuple[dict[str, Any], str, float]] = [
        ({"refuse_handshake": True, "close": 1000}, "refuse_handshake", 3),
        ({"refuse_open": {"status": 401}, "close": 1000}, "refuse_open", 10),
        ({"close": 1011}, "", 10),
        ({"reset": True}, "", 10),
    ]
    with ExitStack() as stack:
        rigs = [stack.enter_context(started()) for _ in losses]
        for rig in rigs:
            stack.callback(Bot(rig).stop)
            rig.until(lambda rig=rig: rig.get("connections"))
        began = time.monotonic()
        for rig, (faults, _, _) in zip(rigs, losses, strict=True):
            rig.set_faults(**faults)
            rig.until(lambda rig=rig: not rig.get("connections"))
        time.sleep(0.3)
        for rig, (_, fault, _) in zip(rigs, losses, strict=True):
            rig.set_faults(**({fault: None} if fault else {}))
        for rig, (_, fault, seconds) in zip(rigs, losses, strict=True):
            rig.until(lambda rig=rig: rig.get("connections"))
            assert time.monotonic() - began > seconds - 0.5, fault

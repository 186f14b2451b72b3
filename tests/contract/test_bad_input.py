"""Bad input on every way in: one clear Chinese sentence, nothing changed, nothing lost, no 5xx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from core.machines import Machines
from tests.contract.story_rig import CITY, DESK, WATER, Stage, shown
from tests.webapp.machine_room import a_ticket

pytestmark = pytest.mark.xdist_group("story-bad-input")

TEN_MB = "长" * (10 * 2**20 // 3)
OURS, WRONG_NUMBER = "{no}", "XYRX20990101000011"


def is_one_sentence(text: str) -> bool:
    """Chinese, one sentence, short enough to be read at a glance, without machine words."""
    plain = text.rstrip("。")
    return bool(re.search("[\u4e00-\u9fff]", plain)) and "。" not in plain and "\n" not in plain and len(plain) <= 90


@pytest.fixture
def untouched(stage: Stage) -> Iterator[Stage]:
    """Whatever happens in the test, cases, parts, versions and events are as many after it as before."""
    stage.settle()
    before = stage.counts()
    yield stage
    stage.settle()
    assert stage.counts() == before


@pytest.fixture(scope="module")
def at_water(stage: Stage) -> str:
    """The number of a case at the water bureau."""
    return stage.sent_to("water").no


@pytest.mark.parametrize(
    ("user", "words", "sentence"),
    [
        (WATER, f"签收 {WRONG_NUMBER}", f"没有找到「{WRONG_NUMBER}」，请核对后再试"),
        (WATER, "签收 99990000", "没有找到「99990000」，请核对后再试"),
        (CITY, f"签收 {OURS}", f"没有找到「{OURS}」，请核对后再试"),
        (CITY, f"查 {OURS}", f"没有找到「{OURS}」，请核对后再试"),
        (DESK, f"派 {OURS} 水务局", "此件现在是「待签收」，不能派发"),
        (DESK, f"签收 {OURS}", "签收由承办单位办理，您当前岗位不能操作"),
        (WATER, f"退回 {OURS} 不想办 依据 没有", "「退回原因」请写成其中一个"),
        (WATER, f"退回 {OURS}", "请这样写"),
        (DESK, TEN_MB, "「消息」太长了，请控制在2000字以内"),
        ("xy037", "\u3000 \u3000", "没有收到文字内容"),
    ],
    ids=["number", "tail", "foreign", "foreign-find", "state", "hands", "reason", "missing", "10 MB", "blank"],
)
def test_chat(untouched: Stage, at_water: str, user: str, words: str, sentence: str) -> None:
    told = untouched[user].say(words.format(no=at_water))
    assert sentence.format(no=at_water) in told
    assert is_one_sentence(told)


def test_an_unknown_unit_in_chat_and_on_a_card(stage: Stage) -> None:
    done = stage.case()
    before, desk = stage.counts(), stage[DESK]
    sentence = "没有找到单位「没有的局」，请写全称或换个说法"
    assert desk.say(f"派 {done.no[-6:]} 没有的局") == sentence
    answer = desk.tap(f"{done.no}:1", "case_dispatch", {"lead": "没有的局"})
    assert answer.note == sentence
    answer = desk.tap(f"{done.no}:1", "case_dispatch", {"lead": "water", "support": "水务局、没有的局"})
    assert answer.note == sentence
    assert stage.counts() == before


@pytest.mark.parametrize(
    ("action", "form", "changed", "sentence"),
    [
        ("sign", None, {"seq": "999"}, "卡片已刷新"),
        ("sign", None, {"leg": "999999"}, "没有找到「这一份承办」"),
        ("sign", None, {"leg": "1 OR 1=1"}, "请重新打开卡片"),
        ("sign", None, {"seq": "-1"}, "请重新打开卡片"),
        ("sign", None, {"seq": "9" * 40}, "请重新打开卡片"),
        ("progress", {"note": "已到现场"}, {}, "此件现在是「待签收」，不能进展"),
        ("return", {"reason": "不想办", "basis": "没有"}, {}, "请从选项中选择"),
        ("return", {"reason": "not_our_duty", "basis": "长" * 400}, {}, "「依据」太长了，请控制在300字以内"),
        ("return", {"reason": "not_our_duty", "basis": "依据\x00"}, {}, "不能识别的字符"),
        ("return", {"reason": "not_our_duty", "basis": "长" * 30_000}, {}, "太长"),
        ("pass_down", {"lead": "housing"}, {}, "「住建局」不是本单位下属，请改用转办"),
        ("pass_on", {"lead": "water"}, {}, "「水务局」已在办理此件，请选其他单位"),
        ("case_dispatch", {"lead": "water"}, {}, "不能派发"),
    ],
)
def test_card(
    untouched: Stage, at_water: str, action: str, form: Mapping[str, str] | None, changed: Mapping[str, str],
    sentence: str,
) -> None:  # fmt: skip
    clerk, track = untouched[WATER], f"{at_water}:1"
    params = {**shown(clerk.face(track), action), **changed}
    answer = clerk.press(track, action, form, params=params)
    assert sentence in answer.note
    assert is_one_sentence(answer.note)
    assert untouched.differing(at_water) == []


@pytest.mark.slow
def test_ten_megabytes_on_a_card(untouched: Stage, at_water: str) -> None:
    clerk, track = untouched[WATER], f"{at_water}:1"
    params = shown(clerk.face(track), "return")
    answer = clerk.press(track, "return", {"reason": "not_our_duty", "basis": TEN_MB}, params=params)
    assert answer.note == "内容格式不对：按钮内容太长"


def test_a_case_of_others_reads_like_one_that_is_not_there(untouched: Stage, at_water: str) -> None:
    """A card that was forwarded: somebody of another unit presses the button of a case they may not see."""
    untouched.sandbox.call(
        "POST", "/v1.0/card/instances/deliver",
        {
            "outTrackId": f"{at_water}:1", "userIdType": 1, "openSpaceId": f"dtv1.card//IM_ROBOT.{CITY}",
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "ding-practice"},
        },
    )  # fmt: skip
    params = shown(untouched[WATER].face(f"{at_water}:1"), "sign")
    answer = untouched[CITY].press(f"{at_water}:1", "sign", params=params)
    assert answer.note == "没有找到「办件」，请核对后再试"
    assert not answer.redrawn


def error_of(answer: Any) -> str:
    """The sentence of a refused call."""
    body = answer.get_json()
    return str(body["error"]["message"]) if "error" in body else str(body["refused"][0]["why"])


@pytest.mark.parametrize(
    ("body", "wrong", "status"),
    [
        (a_ticket(), {"signature": "00" * 32}, 401),
        (a_ticket(), {"secret": "other"}, 401),
        (a_ticket(), {"timestamp": 1}, 401),
        (a_ticket(), {"body": b"{}"}, 401),
        (b"{", {}, 400),
        (b"[1]", {}, 200),
        (json.dumps({"tickets": []}).encode(), {}, 400),
        (a_ticket(ticket_no="B1", content=TEN_MB), {}, 413),
        (a_ticket(ticket_no="B2", channel="QQ"), {}, 200),
        (a_ticket(ticket_no="B3", title=""), {}, 200),
        (a_ticket(ticket_no="B4", event_time="3026-13-45 99:00:00"), {}, 200),
        (a_ticket(ticket_no="B5", revision="很多"), {}, 200),
        (a_ticket(ticket_no="B6", title="长" * 5000), {}, 200),
    ],
    ids=["signature", "secret", "time", "swapped", "json", "list", "none", "10 MB", "source", "title", "date",
         "revision", "long"],
)  # fmt: skip
def test_hook(untouched: Stage, body: Any, wrong: dict[str, Any], status: int) -> None:
    answer = untouched.platform.push(body, **wrong)
    assert answer.status_code == status
    assert is_one_sentence(error_of(answer))


@pytest.fixture(scope="module")
def bearer(stage: Stage) -> dict[str, str]:
    """A machine that may read."""
    secret = Machines(stage.core.engine, stage.core.vault).add_client("screen", "大屏")
    asked = stage.platform.client.post("/api/v1/token", json={"appid": "screen", "appsecret": secret})
    return {"Authorization": f"Bearer {asked.get_json()['access_token']}"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/api/v1/cases/{WRONG_NUMBER}", 404),
        ("/api/v1/cases/0427", 404),
        ("/api/v1/cases/%00%ff", 404),
        ("/api/v1/cases?state=nowhere", 422),
        ("/api/v1/cases?channel=QQ", 422),
        ("/api/v1/cases?since=2026-99-99", 422),
        ("/api/v1/cases?page=-1", 422),
        ("/api/v1/cases?size=1000000", 422),
        ("/api/v1/cases?year=unknown", 400),
        (f"/api/v1/cases/{OURS}?token=x", 400),
    ],
)
def test_api(untouched: Stage, at_water: str, bearer: dict[str, str], path: str, status: int) -> None:
    answer = untouched.platform.client.get(path.format(no=at_water), headers=bearer)
    assert answer.status_code in (status, 400, 404, 422)
    assert is_one_sentence(error_of(answer))


def test_api_without_a_right_token(untouched: Stage) -> None:
    client = untouched.platform.client
    for headers in ({}, {"Authorization": "Bearer wrong-token-of-nobody-1234"}, {"Authorization": "Basic eA=="}):
        answer = client.get("/api/v1/cases", headers=headers)
        assert answer.status_code == 401
        assert is_one_sentence(error_of(answer))
    answer = client.post("/api/v1/token", json={"appid": "screen", "appsecret": TEN_MB})
    assert 400 <= answer.status_code < 500
    assert is_one_sentence(error_of(answer))


def test_a_deadline_in_a_year_without_a_calendar_is_marked(stage: Stage) -> None:
    """2027 is not published yet: the deadline counts Monday to Friday, and says that it is an estimate."""
    stage.clock.set("2026-12-30 09:00")
    done = stage.sent_to("water")
    view = stage.core.case_view(stage.core.actor_for("dingtalk", DESK), done.case)
    assert view.provisional
    assert view.due_at is not None
    assert view.due_at.year == 2027
    rows = {row["k"]: row["v"] for row in json.loads(stage[WATER].face(f"{done.no}:1")["details"])}
    assert re.search("估算|暂定", rows["期限"])
    assert any("2027" in line for line in view.rules)
    assert stage[WATER].tap(f"{done.no}:1", "sign").note.startswith("已签收")

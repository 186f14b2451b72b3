"""SMS at the desk: receipts pushed to us, the tray with its budget, and settings that production refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bots.sms import SmsSender
from core import Core
from core.crypto import place
from core.models.people import people
from core.models.record import letters
from core.models.sms import sms_sends
from core.outbox import Relay
from core.settings import WrongSettings, read_settings
from tests.builders import Post, rows
from tests.clock import StillClock
from tests.core.test_sms import Platform
from tests.town import a_core
from tests.webapp.town import Town, build
from tests.webapp.visitor import Visitor
from webapp import create_app

Visit = Callable[..., Visitor]
PHONE = "19900001234"
VALUES = {
    "tail": "000421",
    "title": "港口路围墙倒塌",
    "unit": "水务局",
    "step": "水务局待响应",
    "until": "今天 17:30 前",
    "due": "期限今天 17:30",
}
PATH = "/hooks/sms/practice"


def reachable(core: Core, name: str = "韩德玲") -> int:
    """Somebody of the town, with a number."""
    (row,) = rows(core, people, people.c.name == name)
    sealed = core.cipher.seal(PHONE, place("people", "phone", row.code))
    with core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.id == row.id).values(phone_sealed=sealed))
    return int(row.id)


def sent(core: Core, key: str = "s1", template: str = "joint_overdue", **values: str) -> Any:
    """An SMS handed to a platform in memory; returns its hand-over."""
    core.sms.write(key, reachable(core), template, {**VALUES, **values})
    relay = Relay(core.engine, core.clock, {"sms": SmsSender(core, Platform())})
    while relay.run_once():
        pass
    return rows(core, sms_sends)[-1]


def receipt(row: Any, **changes: Any) -> dict[str, Any]:
    told = {
        "phone_number": PHONE, "success": True, "err_code": "DELIVERED", "err_msg": "", "sms_size": "1",
        "biz_id": row.biz_id, "out_id": row.out_id, "send_time": "2026-03-09 09:00:00",
        "report_time": "2026-03-09 09:00:03",
    }  # fmt: skip
    return {**told, **changes}


@pytest.fixture
def core(migrated_url: str, clock: StillClock) -> Iterator[Core]:
    made = build(migrated_url, clock)
    yield made
    made.engine.dispose()


# --- receipts -------------------------------------------------------------------------------------------------------


def test_a_pushed_receipt_settles_its_message_once(core: Core) -> None:
    row, client = sent(core), create_app(core).test_client()
    for _ in range(3):
        answer = client.post(PATH, json=[receipt(row), receipt(row)])
        assert (answer.status_code, answer.json) == (200, {"code": 0, "msg": "接收成功"})
    (now,) = rows(core, sms_sends)
    assert (now.state, now.code, now.phone_sealed) == ("delivered", "DELIVERED", None)


def test_a_failed_receipt_and_a_later_success_leave_the_first_word(core: Core) -> None:
    row, client = sent(core), create_app(core).test_client()
    client.post(PATH, json=[receipt(row, success=False, err_code="MOBILE_NOT_ON_SERVICE")])
    client.post(PATH, json=[receipt(row)])
    assert [one.state for one in rows(core, sms_sends)] == ["failed"]
    assert [one.state for one in rows(core, letters, letters.c.channel == "sms")] == ["dead"]


@pytest.mark.parametrize("change", [{"phone_number": "19900009999"}, {"biz_id": "9^9"}, {"out_id": "x"}], ids=str)
def test_a_receipt_of_a_stranger_is_taken_and_changes_nothing(core: Core, change: dict[str, str]) -> None:
    row, client = sent(core), create_app(core).test_client()
    answer = client.post(PATH, json=[receipt(row, success=False, **change)])
    assert answer.status_code == 200, "else it would come again and again"
    assert [one.state for one in rows(core, sms_sends)] == ["sent"]


@pytest.mark.parametrize("path", ["/hooks/sms/wrong", "/hooks/sms/%E6%B5%B7", "/hooks/sms/practice2"])
def test_a_path_nobody_told_the_platform_is_none(core: Core, path: str) -> None:
    row, client = sent(core), create_app(core).test_client()
    assert client.post(path, json=[receipt(row)]).status_code == 404
    assert [one.state for one in rows(core, sms_sends)] == ["sent"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"[[", b"\xff", b'"x"', b"[" * 100 + b"]" * 100])
def test_what_is_no_list_of_receipts_is_told_so(core: Core, body: bytes) -> None:
    answer = create_app(core).test_client().post(PATH, data=body, content_type="application/json")
    assert answer.status_code == 400


# --- the tray -------------------------------------------------------------------------------------------------------


def test_the_tray_shows_each_sms_with_what_became_of_it(visit: Visit, town: Town) -> None:
    row = sent(town.core)
    page = visit("head").get("/tray?state=sms").text
    assert "已提交" in page
    assert "韩德玲" in page
    assert "短信" in page
    create_app(town.core).test_client().post(PATH, json=[receipt(row)])
    assert "已送达" in visit("head").get("/tray?state=sms").text


def test_the_tray_says_what_is_spent_and_what_is_left(visit: Visit, town: Town) -> None:
    page = visit("head").get("/tray").text
    assert "2026 年已用 0 条，还剩 <b>30,000</b> 条" in page
    sent(town.core)
    page = visit("system").get("/tray").text
    assert "2026 年已用 1 条，还剩 <b>29,999</b> 条" in page
    assert "最后 6,000 条留给值守短信" in page


def test_a_letter_without_budget_stands_there_with_its_reason_and_can_be_sent_again(visit: Visit, town: Town) -> None:
    row = sent(town.core)
    with town.core.engine.begin() as tx:
        tx.execute(update(sms_sends).where(sms_sends.c.id == row.id).values(parts=30_000))
    sent(town.core, "s2", title="第二处")
    head = visit("head")
    page = head.get("/tray").text
    assert "未发短信：额度" in page
    assert "还剩 <b>0</b> 条" in page
    assert "只剩值守保留" in page
    (letter,) = rows(town.core, letters, letters.c.key == "s2")
    assert head.post(f"/tray/{letter.id}/resend", page="/tray").status_code == 303
    assert rows(town.core, letters, letters.c.key == "s2")[0].state == "due"


def test_a_joint_order_without_budget_stands_there_by_its_number_and_the_card_arrives_all_the_same(
    visit: Visit, town: Town
) -> None:
    reachable(town.core, "钟德峰")
    row, cards = sent(town.core), Post()
    relay = Relay(town.core.engine, town.core.clock, {"sms": SmsSender(town.core, Platform()), "dingtalk.card": cards})
    with town.core.engine.begin() as tx:
        tx.execute(update(sms_sends).where(sms_sends.c.id == row.id).values(parts=30_000))
    form = {
        "title": "港口路围墙倒塌", "flag_kind": "safety", "flag_reason": "beyond_us", "matter": "查清原因",
        "units": "住建局", "meet_at": "明天 15:00", "place": "港口路",
    }  # fmt: skip
    done = town.core.joints.raise_flag("flag", form, town.actor("water"))
    while relay.run_once():
        pass
    page = visit("head").get("/tray?state=sms").text
    told = page.partition('class="grid-row"')[2].partition("</div>")[0]
    for word in ("钟德峰", "港口路围墙倒塌", done.no[-6:], "未发短信：额度"):
        assert word in told, told
    assert [one.kind for one in cards.got] == ["card"]


def test_one_that_waits_for_the_morning_says_when(visit: Visit, town: Town, clock: StillClock) -> None:
    clock.set("2026-03-09 22:30")
    town.core.sms.write("night", reachable(town.core), "joint_overdue", VALUES)
    assert "夜间不打扰，明天 07:00 发" in visit("head").get("/tray?state=sms").text


def test_no_number_stands_on_the_tray(visit: Visit, town: Town) -> None:
    sent(town.core)
    for state in ("sms", "all", "sent"):
        assert PHONE not in visit("head").get(f"/tray?state={state}").text


# --- settings -------------------------------------------------------------------------------------------------------

REAL = {
    "APP_PROFILE": "production", "APP_CLOCK__ADDRESS": "", "APP_WEB__SECRET": "x" * 32,
    "APP_HOTLINE__PUSH_SECRET": "real", "APP_HOTLINE__TOKEN": "real", "APP_DINGTALK__CLIENT_SECRET": "real",
    "APP_KEYS__DATA_1": "00" * 16, "APP_SMS__ENDPOINT": "dysmsapi.aliyuncs.com", "APP_SMS__PROTOCOL": "https",
    "APP_SMS__ACCESS_KEY_ID": "LTAI", "APP_SMS__ACCESS_KEY_SECRET": "real", "APP_SMS__RECEIPT_SECRET": "real",
    "APP_WEB__SECURE_COOKIES": "true", "APP_PROVINCE__ADDRESS": "", "APP_OPUS__ADDRESS": "",
    "APP_SERVICE_PLATFORM__ADDRESS": "", "APP_HAIZHENGTONG__AUTHORIZE": "",
    "APP_FEEDS__SOURCES": '{"*": {"address": ""}}',
    "APP_DINGTALK__CORP_ID": "ding-real", "APP_WECHAT__APP_ID": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("APP_SMS__ACCESS_KEY_ID", "practice", "sms.access_key_id"),
        ("APP_SMS__ACCESS_KEY_SECRET", "practice", "sms.access_key_secret"),
        ("APP_SMS__ACCESS_KEY_SECRET", "", "sms.access_key_secret"),
        ("APP_SMS__RECEIPT_SECRET", "practice", "sms.receipt_secret"),
        ("APP_SMS__RECEIPT_SECRET", "", "sms.receipt_secret"),
        ("APP_SMS__PROTOCOL", "http", "sms.protocol"),
    ],
)
def test_production_refuses_default_keys_and_names_them(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    for key, real in {**REAL, name: value}.items():
        monkeypatch.setenv(key, real)
    with pytest.raises(WrongSettings, match=f"production refuses: {told}$"):
        read_settings()


def test_production_runs_with_keys_of_its_own_or_without_sms(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, real in REAL.items():
        monkeypatch.setenv(key, real)
    assert read_settings().sms.endpoint == "dysmsapi.aliyuncs.com"
    monkeypatch.setenv("APP_SMS__ENDPOINT", "")
    monkeypatch.setenv("APP_SMS__ACCESS_KEY_SECRET", "practice")
    assert read_settings().sms.endpoint == ""


def test_a_template_without_a_code_refuses_the_start(tmp_path: Path, clock: StillClock) -> None:
    with pytest.raises(WrongSettings, match=r"sms\.templates\.overseen \(no code\)"):
        a_core(f"sqlite:///{tmp_path}/x.db", clock, sms={"endpoint": "127.0.0.1:9", "templates": {"overseen": ""}})

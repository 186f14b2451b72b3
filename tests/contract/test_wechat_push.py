"""Pushes of WeChat: signed ones answered once, forged and stale ones refused, odd ones borne (T4, C2, C3; §2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select
from wechatpy.replies import TextReply

from bots.wechat.envelope import MOST_REPLY, sayable
from core import Core, citizens
from core.answers import Answers, Heard
from core.models.citizens import wechat_pushes
from core.models.record import audit_log
from core.policy.library import CODE
from tests.clock import StillClock
from tests.contract.wechat_rig import OPENID, Account, a_port, a_wechat_core, open_house
from tests.core.library_room import FOOD, a_company, act, clerk
from tests.sandbox.rig import Sandbox
from tests.sandbox.wechat_push import signed
from webapp import create_app

TOGETHER = 8
BOMB = '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'
OUTSIDE = '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><MsgType>text</MsgType></xml>'
HEAD = f"<ToUserName>gh_practice0001</ToUserName><FromUserName>{OPENID}</FromUserName><CreateTime>1</CreateTime>"
TEXT = f"<xml>{HEAD}<MsgType>text</MsgType>{{}}<MsgId>7</MsgId></xml>"
ODD = {
    "a bomb": BOMB,
    "a file": OUTSIDE,
    "no XML": "<xml><MsgType>text",
    "JSON": '{"MsgType": "text"}',
    "another root": "<html/>",
    "nothing": "<xml></xml>",
    "no type": f"<xml>{HEAD}</xml>",
    "an empty type": f"<xml>{HEAD}<MsgType></MsgType></xml>",
    "a type twice": f"<xml>{HEAD}<MsgType>text</MsgType><MsgType>event</MsgType></xml>",
    "a sender twice": f"<xml>{HEAD}{HEAD}<MsgType>text</MsgType><Content>x</Content><MsgId>7</MsgId></xml>",
    "a number that is none": TEXT.format("<Content>x</Content>").replace("<MsgId>7", "<MsgId>seven"),
    "a scan without a code": f"<xml>{HEAD}<MsgType>event</MsgType><Event>scancode_waitmsg</Event></xml>",
    "a scan twice": f"<xml>{HEAD}<MsgType>event</MsgType><Event>scancode_waitmsg</Event><ScanCodeInfo/>"
    "<ScanCodeInfo/></xml>",
    "an unknown type": f"<xml>{HEAD}<MsgType>telepathy</MsgType></xml>",
    "an unknown event": f"<xml>{HEAD}<MsgType>event</MsgType><Event>levitate</Event></xml>",
}
UNSAID = {
    "no words": TEXT.format("<Content></Content>"),
    "an empty CDATA": TEXT.format("<Content><![CDATA[]]></Content>"),
    "words twice": TEXT.format("<Content>a</Content><Content>b</Content>"),
    "words inside words": TEXT.format("<Content><b>a</b></Content>"),
}


@pytest.fixture
def site(core: Core) -> APIFlask:
    return create_app(core)


@pytest.fixture
def account(site: APIFlask) -> Account:
    return Account(site)


def claimed(core: Core) -> int:
    with core.engine.connect() as tx:
        return int(tx.execute(select(func.count()).select_from(wechat_pushes)).scalar_one())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question that reached the table of answers."""
    told, heard = list[str](), Answers.to

    def to(self: Answers, text: str) -> Heard:
        told.append(text)
        return heard(self, text)

    monkeypatch.setattr(Answers, "to", to)
    return told


def test_the_address_proves_itself_by_the_echo(account: Account) -> None:
    stamp, nonce = str(int(time.time())), "514711492"
    query = {"signature": signed("practice", stamp, nonce), "timestamp": stamp, "nonce": nonce, "echostr": "<b>49</b>"}
    answer = account.site.test_client().get("/hooks/wechat", query_string=query)
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "<b>49</b>", "text/plain")


@pytest.mark.parametrize("kind", ["signature", "msg_signature", "body"])
def test_a_forged_push_is_refused_on_record_and_claims_nothing(account: Account, core: Core, kind: str) -> None:
    answer = account.push({"MsgType": "text", "Content": "在吗", "MsgId": 1}, tamper=kind)
    assert answer.status_code == 403 or (kind == "body" and answer.text == "success")
    assert claimed(core) == 0
    if answer.status_code == 403:
        with core.engine.connect() as tx:
            told = tx.execute(select(audit_log.c.result).where(audit_log.c.action == "wechat.pushed")).scalars().all()
        assert told == ["refused"]


@pytest.mark.parametrize("age", [301, -400, 86_400])
def test_a_stale_or_future_push_is_refused(account: Account, core: Core, age: int) -> None:
    assert account.push({"MsgType": "text", "Content": "在吗", "MsgId": 1}, age_s=age).status_code == 403
    assert claimed(core) == 0


def test_a_push_in_the_clear_is_a_downgrade_and_refused(account: Account, core: Core) -> None:
    assert account.push({"MsgType": "text", "Content": "在吗", "MsgId": 1}, mode="plain").status_code == 403
    assert claimed(core) == 0


def test_a_push_of_another_account_is_refused(account: Account) -> None:
    account.platform.app_id = "wx-another"
    assert account.push({"MsgType": "text", "Content": "在吗", "MsgId": 1}).status_code == 403


@pytest.mark.parametrize("wrong", [{"nonce": ""}, {"timestamp": "soon"}, {"timestamp": ""}, {"timestamp": "9" * 30}])
def test_a_query_that_lacks_something_is_refused(account: Account, wrong: dict[str, str]) -> None:
    stamp, nonce = str(int(time.time())), "1"
    query = {"timestamp": stamp, "nonce": nonce, "encrypt_type": "aes", **wrong}
    query["signature"] = signed("practice", query["timestamp"], query["nonce"])
    assert account.post(query, "<xml/>").status_code == 403


def test_a_document_type_outside_is_refused_and_a_big_body_too(account: Account) -> None:
    stamp, nonce = str(int(time.time())), "1"
    query = {"timestamp": stamp, "nonce": nonce, "encrypt_type": "aes", "signature": signed("practice", stamp, nonce)}
    assert account.post(query, BOMB).status_code == 403
    assert account.post(query, "<xml>" + "a" * 70_000).status_code == 413
    assert account.post(query, "<xml>" + "a" * 1_100_000).status_code == 413


@pytest.mark.parametrize("name", ODD)
def test_an_odd_inside_is_answered_success(account: Account, name: str) -> None:
    answer = account.inner(ODD[name])
    assert answer.status_code == 200
    if answer.text != "success":
        assert account.shown(answer)


@pytest.mark.parametrize("name", UNSAID)
def test_words_that_are_no_text_get_the_menu(account: Account, name: str) -> None:
    assert "证照查询" in account.shown(account.inner(UNSAID[name]))


def test_three_deliveries_are_one_question_and_each_gets_the_answer(account: Account, asked: list[str]) -> None:
    told = [account.text("证照丢了怎么补", 17) for _ in range(3)]
    assert len(set(told)) == 1
    assert "补发" in told[0]
    assert asked == ["证照丢了怎么补"]


def test_eight_at_once_are_one_question(account: Account, core: Core, asked: list[str]) -> None:
    with ThreadPoolExecutor(TOGETHER) as hands:
        told = list(hands.map(lambda _: account.text("怎么退出登录", 18), range(TOGETHER)))
    assert asked == ["怎么退出登录"]
    assert len({one for one in told if one}) == 1
    assert claimed(core) == 1


def test_events_of_one_second_with_another_key_are_two(account: Account) -> None:
    head = {"MsgType": "event", "Event": "CLICK"}
    told = [account.shown(account.push({**head, "EventKey": key})) for key in ("HELP", "OTHER", "HELP")]
    assert told[0] == told[2] != ""
    assert told[1] == ""


def test_two_scans_of_one_second_are_two_verdicts_and_each_repeats_as_it_was(account: Account, core: Core) -> None:
    line = act(core, "licence", "issue", subject=a_company(core), **FOOD).no
    head = HEAD.replace(">1<", f">{int(time.time())}<")
    event = f"<xml>{head}<MsgType>event</MsgType><Event>scancode_waitmsg</Event><EventKey>LICENCE_SCAN</EventKey>"
    scan = "<ScanCodeInfo><ScanResult>{}</ScanResult><ScanType>{}</ScanType></ScanCodeInfo></xml>"
    links = (f"http://127.0.0.1:8000/v/{line}", "https://evil.example/v/abcdefghijklmnopqrst")
    told = [account.shown(account.inner(event + scan.format(link, "qrcode"))) for link in links * 2]
    assert told[0].startswith("「有效」食品经营许可证")
    assert "不是秀英区证照" in told[1]
    assert told[2:] == told[:2]
    assert claimed(core) == 2


def test_a_bar_code_is_a_code_as_its_square_is(account: Account, core: Core) -> None:
    line = act(core, "licence", "issue", subject=a_company(core), **FOOD).no
    code = act(core, CODE, "make", line).no
    for words in (code, f"CODE_128,{code}", core.licences.codes.code(clerk(core), code).link):
        assert account.scan(words).startswith("「有效」食品经营许可证")
    assert "不是秀英区证照" in account.scan("CODE_128,6901234567892")


def test_messages_without_a_number_are_told_apart_by_their_words(account: Account, asked: list[str]) -> None:
    bare = f"<xml>{HEAD}<MsgType>text</MsgType><Content>{{}}</Content></xml>"
    told = [account.shown(account.inner(bare.format(words))) for words in ("证照丢了怎么补", "怎么退出登录") * 2]
    assert asked == ["证照丢了怎么补", "怎么退出登录"]
    assert told[:2] == told[2:]
    assert told[0] != told[1]


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgId": "seven"},
        {"MsgId": "7" * 5000},
        {"MsgId": 78, "CreateTime": "soon"},
        {"MsgId": "", "CreateTime": "soon"},
    ],
)
def test_numbers_of_another_shape_name_a_push_as_well(
    account: Account, asked: list[str], fields: dict[str, Any]
) -> None:
    push = {"MsgType": "text", "Content": "证照丢了怎么补", **fields}
    told = [account.shown(account.push(push)) for _ in range(3)]
    assert "补发" in told[0]
    assert len(set(told)) == 1
    assert asked == ["证照丢了怎么补"]


def test_fields_in_another_order_with_blanks_and_unknown_ones_are_the_same_push(account: Account) -> None:
    fields = [
        "<MsgId>77</MsgId>", "<Content><![CDATA[ 证照丢了怎么补 ]]></Content>", "<MsgDataId><![CDATA[x]]></MsgDataId>",
        "<MsgType><![CDATA[text]]></MsgType>", "<Encrypted/>", f"<FromUserName><![CDATA[{OPENID}]]></FromUserName>",
        "<CreateTime>1</CreateTime>", "<ToUserName><![CDATA[gh_practice0001]]></ToUserName>", "<Idx>1</Idx>",
    ]  # fmt: skip
    body = "\n  ".join(["<?xml version='1.0' encoding='UTF-8'?>", "<xml>", *fields, "</xml>\n"])
    assert "补发" in account.shown(account.inner(body))


def test_a_phone_that_tells_its_place_by_itself_hears_nothing(account: Account) -> None:
    place = {"MsgType": "event", "Event": "LOCATION", "Latitude": "20.01", "Longitude": "110.29", "Precision": "30"}
    assert account.shown(account.push(place)) == ""
    sent = {
        "MsgType": "location",
        "Location_X": "20.01",
        "Location_Y": "110.29",
        "Scale": "16",
        "Label": "",
        "MsgId": 9,
    }
    assert "看不懂位置" in account.shown(account.push(sent))


def test_a_follower_who_scans_the_account_s_code_is_welcomed(account: Account) -> None:
    scene = {"MsgType": "event", "Event": "SCAN", "EventKey": "7", "Ticket": "T"}
    assert account.shown(account.push(scene)).startswith("您好")
    first = {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_7", "Ticket": "T"}
    assert account.shown(account.push(first)).startswith("您好")


def test_a_try_while_the_first_is_at_work_is_silent_and_a_later_one_gets_its_reply(
    account: Account, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.citizens.pushes, "_policy", _patient(core, wait=0))
    go, began = threading.Event(), threading.Event()

    def slow(_self: Answers, _text: str) -> Heard:
        began.set()
        assert go.wait(60)
        return Heard(None)

    monkeypatch.setattr(Answers, "to", slow)
    with ThreadPoolExecutor(1) as hand:
        first = hand.submit(lambda: account.text("慢", 19))
        assert began.wait(60)
        assert account.text("慢", 19) == ""
        go.set()
        told = first.result(60)
    assert told
    assert account.text("慢", 19) == told


def _patient(core: Core, wait: float) -> Any:
    return replace(core.citizens.policy, push_wait=timedelta(seconds=wait))


def test_a_push_whose_process_died_is_taken_over_by_a_later_try(
    account: Account, core: Core, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.citizens.pushes, "_policy", _patient(core, wait=0))
    assert core.citizens.pushes.claim(f"m:{OPENID}:20").mine
    assert account.text("怎么登录", 20) == ""
    late = datetime.now(UTC) + timedelta(seconds=9)
    monkeypatch.setattr(citizens, "real_now", lambda: late)
    assert "验证码" in account.text("怎么登录", 20)
    assert asked == ["怎么登录"]


def test_a_fault_inside_is_a_silent_success(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Answers, _text: str) -> Heard:
        raise RuntimeError("broken")

    monkeypatch.setattr(Answers, "to", broken)
    assert account.text("怎么登录", 21) == ""


@pytest.mark.parametrize("text", ["a]]>b<xml>", "声\x01音\x0b\ufffe", "长" * 900, "]]>" * 700, "🙂" * 700])
def test_a_reply_is_always_one_the_platform_shows(text: str) -> None:
    clean = sayable(text)
    assert len(clean.encode()) <= MOST_REPLY
    reply = TextReply(content=clean, source="gh_practice0001", target=OPENID).render()
    root = ElementTree.fromstring(reply)
    assert len(root.findall("MsgType")) == 1
    assert root.findtext("Content")


def test_the_person_is_welcomed_and_pictures_are_asked_for_in_words(account: Account) -> None:
    assert account.shown(account.push({"MsgType": "event", "Event": "subscribe", "EventKey": ""})).startswith("您好")
    answer = account.push({"MsgType": "image", "PicUrl": "http://x", "MediaId": "m", "MsgId": 22})
    assert "看不懂图片" in account.shown(answer)
    assert "看不懂文件" in account.shown(account.push({"MsgType": "file", "Title": "a.pdf", "MsgId": 23}))
    assert account.shown(account.push({"MsgType": "event", "Event": "VIEW", "EventKey": "http://x"})) == ""
    assert account.shown(account.push({"MsgType": "event", "Event": "unsubscribe", "EventKey": ""})) == ""


def test_strange_codes_are_no_licences(account: Account) -> None:
    for words in ("http://evil.example/v/abcdefghijklmnopqrst", "6901234567892", "", "http://[", "扫" * 900):
        assert "不是秀英区证照" in account.scan(words)


@pytest.fixture
def house(town_url: str, clock: StillClock, sandbox: Sandbox) -> Iterator[tuple[Sandbox, Core]]:
    port = a_port()
    core = a_wechat_core(town_url, clock, sandbox, port)
    with open_house(core, sandbox, port):
        yield sandbox, core
    core.engine.dispose()


def test_an_answer_that_is_too_slow_is_asked_for_again_and_worked_on_once(
    house: tuple[Sandbox, Core], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, _ = house
    quick = Answers.to
    held = threading.Event()

    def slow(self: Answers, text: str) -> Heard:
        if not held.is_set():
            held.set()
            time.sleep(1.5)
        return quick(self, text)

    monkeypatch.setattr(Answers, "to", slow)
    sandbox.post("wechat/state", limit_s=0.5)
    told = sandbox.post("wechat/act", openid=OPENID, text="能找人代办吗")
    assert len(told["tries"]) >= 2
    sandbox.until(lambda: asked, 60)
    assert asked == ["能找人代办吗"]


def test_nobody_behind_the_address_is_what_the_person_reads(sandbox: Sandbox) -> None:
    sandbox.post("wechat/state", callback="http://127.0.0.1:9/hooks/wechat")
    told = sandbox.post("wechat/act", openid=OPENID, text="在吗")
    assert [one["status"] for one in told["tries"]] == [0, 0, 0]
    assert "暂时无法提供服务" in sandbox.get("wechat/state", openid=OPENID)["chat"][-1]["text"]


def test_a_push_says_nothing_of_what_a_person_wrote_in_the_database(account: Account, core: Core) -> None:
    account.text("证照丢了怎么补", 23)
    with core.engine.connect() as tx:
        row = tx.execute(select(wechat_pushes)).one()
    assert OPENID not in row.key_hash
    assert "补发" not in row.reply

"""The 12345 platform over its dialect: signed pushes in any order, pulls with a cursor, results handed back."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select

from core import Core
from core.adapters.clock import MovableClock
from core.adapters.hotline import Hotline, HotlineSender
from core.adapters.http import Http, Unreachable
from core.adapters.tickets import FIELDS, read_ticket
from core.errors import BadField, FieldMissing, Malformed, Refusal, TooLong
from core.hotline import pull
from core.machines import Machines
from core.models.cases import cases, revisions
from core.models.record import audit_log, events, letters
from core.ports import Envelope, Undelivered
from core.untaken import tell_of_untaken
from tests.clock import StillClock
from tests.webapp.machine_room import Platform, a_ticket, machine_app
from tests.webapp.town import build


@pytest.fixture
def core(migrated_url: str, clock: StillClock) -> Iterator[Core]:
    made = build(migrated_url, clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def platform(core: Core) -> Platform:
    return Platform(machine_app(core).test_client())


def count(core: Core, table: Any, *where: Any) -> int:
    with core.engine.connect() as tx:
        return int(tx.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


# --- signed push ---


def test_a_ticket_pushed_three_times_is_one_case(core: Core, platform: Platform) -> None:
    answers = [platform.push(a_ticket()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    rows = [answer.json["accepted"][0] for answer in answers]
    assert {row["case_no"] for row in rows} == {rows[0]["case_no"]}
    assert [row["repeated"] for row in rows] == [False, True, True]
    assert count(core, cases) == 1
    assert count(core, events) == 1


def test_ten_tickets_shuffled_and_eight_at_once_are_ten_cases(core: Core) -> None:
    app = machine_app(core)
    deliveries = [a_ticket(ticket_no=f"T{n}") for n in range(10)] * 3
    random.Random(5).shuffle(deliveries)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda ticket: Platform(app.test_client()).push(ticket), deliveries))
    assert {answer.status_code for answer in answers} == {200}
    numbers = {row["ticket_no"]: set[str]() for answer in answers for row in answer.json["accepted"]}
    for answer in answers:
        for row in answer.json["accepted"]:
            numbers[row["ticket_no"]].add(row["case_no"])
    assert all(len(found) == 1 for found in numbers.values())
    assert count(core, cases) == 10
    assert count(core, events, events.c.name == "registered") == 10


def test_a_changed_text_becomes_the_newest_and_the_old_one_is_kept(core: Core, platform: Platform) -> None:
    platform.push(a_ticket())
    platform.push(a_ticket(revision=2, title="港口路积水已漫进商铺"))
    case = core.machine_cases().items[0]
    assert case.title == "港口路积水已漫进商铺"
    view = core.machine_case(case.no)
    assert any("港口路下雨就积水" in line for line in view.revisions)
    assert count(core, events, events.c.name == "revised") == 1


def test_an_older_revision_changes_nothing_and_is_kept_as_history(core: Core, platform: Platform) -> None:
    platform.push(a_ticket(revision=3, title="第三版"))
    late = platform.push(a_ticket(revision=2, title="迟到的第二版"))
    assert late.json["accepted"][0]["repeated"] is True
    assert core.machine_cases().items[0].title == "第三版"
    assert count(core, revisions, revisions.c.revision == 2) == 1


def test_revisions_in_any_order_end_at_the_newest(core: Core, platform: Platform) -> None:
    orders = list(itertools.permutations((1, 2, 3)))
    for number, order in enumerate(orders):
        for revision in order:
            platform.push(a_ticket(ticket_no=f"P{number}", revision=revision, title=f"第 {revision} 版"))
    titles = [item.title for item in core.machine_cases().items]
    assert titles == ["第 3 版"] * len(orders)


def test_one_number_with_two_texts_is_refused_and_logged(core: Core, platform: Platform) -> None:
    platform.push(a_ticket())
    second = platform.push(a_ticket(content="换了内容，版本号没有变。"))
    assert second.status_code == 200
    assert second.json["accepted"] == []
    assert second.json["refused"][0]["why"] == "同一编号的内容前后不一致，已拒收，请核对。"
    assert core.machine_cases().total == 1
    assert count(core, audit_log, audit_log.c.reason == "DifferentBody") == 1


def test_a_bad_ticket_does_not_hold_up_its_neighbours(core: Core, platform: Platform) -> None:
    rows = [a_ticket(ticket_no="A"), a_ticket(ticket_no="B", channel="QQ"), a_ticket(ticket_no="C")]
    answer = platform.push({"tickets": rows})
    assert [row["ticket_no"] for row in answer.json["accepted"]] == ["A", "C"]
    assert answer.json["refused"] == [{"ticket_no": "B", "why": "「问题来源」填得不对：不在可选范围内。"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "other"},
        {"seconds_off": -86_400},
        {"seconds_off": 86_400},
        {"timestamp": "now"},
        {"signature": "00" * 32},
        {"signature": "签名"},
        {"appid": "somebody"},
        {"nonce": "short"},
        {"body": b'{"ticket_no": "swapped"}'},
    ],
    ids=str,
)
def test_a_push_that_is_not_theirs_now_is_refused_before_parsing(
    core: Core, platform: Platform, wrong: dict[str, Any]
) -> None:
    headers_are_latin = wrong.get("signature") == "签名"
    wrong = {**wrong, "signature": "é" * 64} if headers_are_latin else dict(wrong)
    if seconds_off := wrong.pop("seconds_off", 0):  # told by the moment of the test, not of its collection
        wrong["timestamp"] = int(time.time()) + seconds_off
    answer = platform.push(a_ticket(), **wrong)
    assert answer.status_code == 401
    assert answer.json["error"]["message"] == "签名或时间不对，请核对密钥和时钟。"
    assert count(core, cases) == 0
    assert count(core, audit_log, audit_log.c.action == "feed.pushed") == 1


def test_a_signature_counts_once(core: Core, platform: Platform) -> None:
    assert platform.push(a_ticket(), nonce="n" * 20).status_code == 200
    assert platform.push(a_ticket(), nonce="n" * 20).status_code == 401


def test_a_stranger_cannot_spend_a_nonce(core: Core, platform: Platform) -> None:
    assert platform.push(a_ticket(), nonce="n" * 20, secret="other").status_code == 401
    assert platform.push(a_ticket(), nonce="n" * 20).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * (10 * 1024 * 1024), 413),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (json.dumps({"tickets": [a_ticket()] * 101}).encode(), 400),
        (b"\xff\xfe", 400),
        (b"", 400),
        (b'{"tickets": {}}', 400),
        (b'{"ticket_no": NaN}', 400),
        (b'{"ticket_no": "a", "ticket_no": "b"}', 400),
        (b"1" * 5000, 400),
    ],
    ids=["10 MB", "deep", "too many", "not UTF-8", "empty", "no list", "NaN", "twice", "long number"],
)
def test_a_body_out_of_bounds_is_one_sentence(platform: Platform, body: bytes, status: int) -> None:
    answer = platform.push(body)
    assert answer.status_code == status
    assert answer.json["error"]["message"].endswith("。")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"title": "积水\x00"}, BadField),
        ({"content": "\ud800"}, BadField),
        ({"title": None}, FieldMissing),
        ({"title": "　"}, FieldMissing),
        ({"title": "长" * 101}, TooLong),
        ({"content": "长" * 5001}, TooLong),
        ({"urgency": "马上"}, BadField),
        ({"keep_secret": "也许"}, BadField),
        ({"revision": 0}, BadField),
        ({"revision": "二"}, BadField),
        ({"longitude": 1e999}, BadField),
        ({"event_time": "昨天"}, BadField),
        ({"attachments": "one"}, BadField),
        ({"state": "closed"}, Malformed),
    ],
    ids=str,
)
def test_a_field_out_of_bounds_is_named(changes: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        read_ticket(a_ticket(**changes))


def test_every_field_of_the_union_is_read_and_emoji_are_kept() -> None:
    ticket = read_ticket(a_ticket(title="水淹了😢", caller_sex="女", subject_type="企业", company="某某公司"))
    assert ticket.title == "水淹了😢"
    assert (ticket.type, ticket.urgency, ticket.channel) == ("complain", "urgent", "RX")
    assert ticket.more is not None
    assert ticket.more["caller_sex"] == "female"
    assert ticket.more["event_time"] == "2026-03-09T08:20:00+08:00"


def test_numbers_and_phones_may_come_as_numbers_and_lose_no_digit() -> None:
    ticket = read_ticket(a_ticket(ticket_no=250912101108115409, caller_phone=13800001111, parent_no=7))
    assert (ticket.outside_no, ticket.caller_phone, ticket.parent_no) == ("250912101108115409", "13800001111", "7")
    for wrong in (True, 1.5, -1, 10**20):
        with pytest.raises(BadField):
            read_ticket(a_ticket(ticket_no=wrong))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026/3/9 8:05", "2026-03-09T08:05:00+08:00"), ("2026.03.09 08:05:06", "2026-03-09T08:05:06+08:00"),
        ("2026年3月9日 8时5分", "2026-03-09T08:05:00+08:00"), ("2026-3-9", "2026-03-09T00:00:00+08:00"),
        ("2026-03-09T08:05:06Z", "2026-03-09T08:05:06+00:00"),
    ],
)  # fmt: skip
def test_a_moment_may_be_written_as_people_write_it(written: str, meant: str) -> None:
    ticket = read_ticket(a_ticket(event_time=written))
    assert ticket.more is not None
    assert ticket.more["event_time"] == meant


@pytest.mark.parametrize("written", ["2026/13/9 8:05", "2026/3/9 25:05", "26/3/9", "2026/3/9 8", "9.3.2026"])
def test_a_moment_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(BadField, match="应形如"):
        read_ticket(a_ticket(event_time=written))


def test_a_word_beside_the_tickets_is_named_itself(platform: Platform) -> None:
    answer = platform.push({"tickets": [a_ticket()], "total": 1})
    assert (answer.status_code, answer.json["error"]["message"]) == (400, "内容格式不对：不认识字段「total」。")


def test_two_hundred_mutations_never_fault(core: Core, platform: Platform) -> None:
    rng = random.Random(20260309)
    odd: list[Any] = [None, "", 0, -1, 2**70, 1.5, True, [], {}, [[]], "\x00", "\ud83d", "😀" * 300, "x" * 9000]
    for number in range(200):
        ticket: dict[str, Any] = a_ticket(ticket_no=f"M{number}")
        for _ in range(rng.randint(1, 4)):
            ticket[rng.choice([*FIELDS, "odd", "", "\x00"])] = rng.choice(odd)
        body = json.dumps(ticket if rng.random() < 0.7 else {"tickets": [ticket, rng.choice(odd)]}).encode()
        if rng.random() < 0.3:
            at = rng.randrange(len(body))
            body = body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]
        answer = platform.push(body)
        assert answer.status_code < 500, body
    assert core.verify_log().ok


# --- pull, results, clock: over the wire ---


class FarSide:
    """A server on loopback that answers as it is told."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler, bytes], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                answer(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def far_side() -> Iterator[Callable[..., FarSide]]:
    made: list[FarSide] = []

    def open_one(answer: Callable[[BaseHTTPRequestHandler, bytes], None]) -> FarSide:
        made.append(FarSide(answer))
        return made[-1]

    yield open_one
    for one in made:
        one.server.shutdown()
        one.server.server_close()


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def test_a_pull_goes_on_where_the_last_one_ended(core: Core, far_side: Callable[..., FarSide]) -> None:
    tickets, asked = [a_ticket(ticket_no=f"L{n}") for n in range(150)], []

    def answer(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        asked.append((handler.path, handler.headers["Authorization"]))
        since = int(handler.path.split("since=")[1].split("&")[0] or 0)
        page = tickets[since : since + 100]
        say(handler, 200, json.dumps({"tickets": page, "next": str(since + len(page))}).encode())

    source = Hotline(far_side(answer).address, "token")
    machines = Machines(core.engine, core.vault)
    assert pull(source, core.register, machines).taken == 150
    tickets.append(a_ticket(ticket_no="L150"))
    asked.clear()
    again = pull(source, core.register, machines)
    assert (again.taken, again.known) == (1, 0)
    assert asked[0] == ("/tickets?since=150&limit=100", "Bearer token")
    assert core.machine_cases().total == 151


def test_a_ticket_that_cannot_be_read_does_not_stop_the_pull(core: Core, far_side: Callable[..., FarSide]) -> None:
    rows = [a_ticket(ticket_no="good"), {"ticket_no": "bad"}, 7]
    side = far_side(lambda handler, _: say(handler, 200, json.dumps({"tickets": rows, "next": "3"}).encode()))
    assert pull(Hotline(side.address, "t"), core.register, Machines(core.engine, core.vault)).taken >= 1
    assert core.machine_cases().total == 1


def as_envelope(row: Any) -> Envelope:
    return Envelope(row.id, row.key, row.channel, row.kind, row.lane, row.case_id, row.event_id, row.body, 1)


def test_what_a_pull_could_not_take_is_on_record_and_told_to_the_desk_once(
    core: Core, far_side: Callable[..., FarSide]
) -> None:
    page = [
        a_ticket(ticket_no="T1"),
        a_ticket(ticket_no="T2", channel="抖音"),
        a_ticket(ticket_no="T1", content="别的"),
    ]
    side = far_side(lambda handler, _: say(handler, 200, json.dumps({"tickets": page, "next": "3"}).encode()))
    source, machines = Hotline(side.address, "t"), Machines(core.engine, core.vault)
    for _ in range(2):
        pulled = pull(source, core.register, machines)
        tell_of_untaken(core, pulled.refused)
        machines.keep_cursor("hotline", "")
    assert [one.outside_no for one in pulled.refused] == ["T2", "T1"] * (len(pulled.refused) // 2)
    with core.engine.connect() as tx:
        rows = tx.execute(select(letters).where(letters.c.key.startswith("untaken:"))).all()
        told = [str(core.opened(as_envelope(row)).body["text"]) for row in rows]
        logged = tx.execute(select(audit_log.c.object).where(audit_log.c.result == "refused")).scalars().all()
    assert len(told) == len(core.directory().by_role["dispatcher"])
    assert "工单没有收进来" in told[0]
    assert "T2：「问题来源」填得不对：不在可选范围内。" in told[0]
    assert {"outside:T2", "outside:T1"} <= set(logged)


def a_result(key: str = "result:1") -> Envelope:
    body = {"outside_no": "T1", "event": "case.closed", "state": "closed", "reply": "已排水", "no": "XYRX1"}
    return Envelope(1, key, "hotline", "result", "hotline:T1", 1, 1, body, 1)


def test_a_result_carries_its_key_so_that_a_repeat_is_harmless(far_side: Callable[..., FarSide]) -> None:
    kept: dict[str, Any] = {}

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        kept[handler.headers["Idempotency-Key"]] = json.loads(body)
        say(handler, 200, b'{"accepted": true}')

    sender = HotlineSender(Hotline(far_side(answer).address, "token"))
    sender.send(a_result())
    sender.send(a_result())
    assert list(kept) == ["result:1"]
    assert kept["result:1"]["ticket_no"] == "T1"
    assert kept["result:1"]["reply"] == "已排水"


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (503, b"", "again"),
        (429, b"", "throttled"),
        (400, b"", "never"),
        (401, b"", "again"),
        (302, b"", "never"),
        (200, b"<html>", "unknown"),
        (200, b"", "unknown"),
        (200, b'{"accepted": fal', "unknown"),
        (200, b'{"accepted": false}', "unknown"),
        (200, b"x" * (6 * 1024 * 1024), "unknown"),
    ],
)
def test_silence_and_nonsense_are_failures_of_their_kind(
    far_side: Callable[..., FarSide], status: int, body: bytes, fate: str
) -> None:
    side = far_side(lambda handler, _: say(handler, status, body, Location="http://127.0.0.1:1/"))
    with pytest.raises(Undelivered) as failure:
        HotlineSender(Hotline(side.address, "token")).send(a_result())
    assert failure.value.fate == fate


def test_nobody_there_is_worth_another_try() -> None:
    with pytest.raises(Undelivered) as failure:
        HotlineSender(Hotline("http://127.0.0.1:1", "token")).send(a_result())
    assert failure.value.fate == "again"


@pytest.mark.parametrize("before_headers", [True, False])
def test_an_answer_without_end_is_cut(far_side: Callable[..., FarSide], before_headers: bool) -> None:
    def drip(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        if not before_headers:
            handler.send_response(200)
            handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" " if not before_headers else b"H")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass

    started = time.monotonic()
    with pytest.raises(Unreachable) as failure:
        Http(far_side(drip).address, total_s=0.4).get("/")
    assert failure.value.fate == "unknown"
    assert time.monotonic() - started < 30


def test_business_time_follows_the_trainer_and_outlives_the_address(far_side: Callable[..., FarSide]) -> None:
    told = {"now": "2026-03-09T01:00:00+00:00", "stopped": True}
    side = far_side(lambda handler, _: say(handler, 200, json.dumps(told).encode()))
    clock = MovableClock(side.address, 0.05)
    assert clock.now().isoformat() == "2026-03-09T01:00:00+00:00"
    told.update(now="2027-01-01T00:00:00+00:00", stopped=False)
    until = time.monotonic() + 60
    while clock.now().year != 2027 and time.monotonic() < until:
        time.sleep(0.02)
    assert clock.now().year == 2027
    side.server.shutdown()
    side.server.server_close()
    time.sleep(0.15)
    assert clock.now().year == 2027

"""Caps over hours and days, codes by SMS and citizens' sessions, on both databases (controls C5, C6; T5, T6, T8)."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core import Core, citizens
from core.citizens.caps import AskedTooOften
from core.citizens.lookups import BadIdNumber, Caller
from core.citizens.requests import RequestedTooOften
from core.citizens.sign_in import CodeGone, CodeTooOften, CodeWrong, NoCodes, NoMobile, TailGone, TailWrong
from core.citizens.visitors import NOBODY, Visitor
from core.crypto import place
from core.models.citizens import citizen_codes, citizen_counts, citizen_sessions
from core.models.record import audit_log, letters
from core.policy import load_policy, read
from core.policy.citizens import load_citizens, read_citizens
from tests.clock import StillClock
from tests.core.library_room import NURSE, PERSON, a_company, a_person, act
from tests.town import a_core

PHONE = PERSON["phone"]
HERE = Caller("10.0.0.1", "h5", "10.0.0.1")


class Later:
    """The machine's clock in the test's hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Later:
    later = Later()
    monkeypatch.setattr(citizens, "real_now", later)
    return later


@pytest.fixture
def house(town_url: str, clock: StillClock, time: Later) -> Any:
    core = a_core(town_url, clock, sms={"endpoint": "127.0.0.1:9"})
    yield core
    core.engine.dispose()


def arrive(core: Core, **more: str) -> Visitor:
    found = core.citizens.visitors.find(core.citizens.visitors.open(**more))
    assert found is not None
    return found


def sent(core: Core) -> list[str]:
    """The codes in the tray, oldest first, read as their sender would."""
    with core.engine.connect() as tx:
        rows = tx.execute(select(letters).where(letters.c.key.startswith("sign-in:")).order_by(letters.c.id)).all()
    told = [json.loads(core.cipher.open(row.body["sealed"], place("letters", "body", row.key))) for row in rows]
    return [one["words"]["values"]["code"] for one in told]


def wrong_for(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def signed_in(core: Core, **more: str) -> Visitor:
    visitor = arrive(core, **more)
    core.citizens.sign_ins.send(visitor, PHONE, "10.0.0.1")
    token = core.citizens.sign_ins.enter(visitor, PHONE, sent(core)[-1], "10.0.0.1")
    found = core.citizens.visitors.find(token)
    assert found is not None
    return found


def test_a_code_opens_a_new_session_once_and_lies_nowhere_in_the_clear(house: Core) -> None:
    visitor = arrive(house)
    assert house.citizens.sign_ins.send(visitor, f"+86 {PHONE[:3]} {PHONE[3:]}", "10.0.0.1") == PHONE
    code = sent(house)[-1]
    assert re.fullmatch(r"\d{6}", code)
    token = house.citizens.sign_ins.enter(visitor, PHONE, code, "10.0.0.1")
    fresh = house.citizens.visitors.find(token)
    assert fresh is not None
    assert fresh.phone == PHONE
    assert fresh.name != visitor.name
    with pytest.raises(CodeGone):
        house.citizens.sign_ins.enter(visitor, PHONE, code, "10.0.0.1")
    with house.engine.connect() as tx:
        dumped = [str(tx.execute(select(table)).all()) for table in (citizen_codes, citizen_sessions, letters)]
    assert not any(PHONE in one or f"'{code}'" in one for one in dumped)


def test_five_wrong_tries_and_the_right_one_comes_too_late(house: Core) -> None:
    visitor = arrive(house)
    house.citizens.sign_ins.send(visitor, PHONE, "10.0.0.1")
    code = sent(house)[-1]
    for left in (4, 3, 2, 1):
        with pytest.raises(CodeWrong) as told:
            house.citizens.sign_ins.enter(visitor, PHONE, wrong_for(code), "10.0.0.1")
        assert f"{left} 次" in str(told.value)
    for tried in (wrong_for(code), code):
        with pytest.raises(CodeGone):
            house.citizens.sign_ins.enter(visitor, PHONE, tried, "10.0.0.1")


def test_eight_guesses_at_once_are_five_tries(house: Core) -> None:
    visitor = arrive(house)
    house.citizens.sign_ins.send(visitor, PHONE, "10.0.0.1")
    guess = wrong_for(sent(house)[-1])

    def one(_: int) -> str:
        try:
            house.citizens.sign_ins.enter(visitor, PHONE, guess, "10.0.0.1")
        except (CodeWrong, CodeGone) as no:
            return type(no).__name__
        return "in"

    with ThreadPoolExecutor(8) as hands:
        told = list(hands.map(one, range(8)))
    assert told.count("CodeWrong") == 4
    assert told.count("CodeGone") == 4


def test_a_code_is_of_its_browser_its_phone_and_its_five_minutes(house: Core, time: Later) -> None:
    mine, other = arrive(house), arrive(house)
    house.citizens.sign_ins.send(mine, PHONE, "10.0.0.1")
    code = sent(house)[-1]
    for visitor, phone in ((other, PHONE), (mine, "19900000001")):
        with pytest.raises(CodeGone):
            house.citizens.sign_ins.enter(visitor, phone, code, "10.0.0.1")
    time.passes(minutes=5, seconds=1)
    with pytest.raises(CodeGone):
        house.citizens.sign_ins.enter(mine, PHONE, code, "10.0.0.1")


def test_a_phone_gets_one_a_minute_five_an_hour_ten_a_day(house: Core, time: Later) -> None:
    def ask() -> int:
        """0 for sent, else the seconds to wait."""
        try:
            house.citizens.sign_ins.send(arrive(house), PHONE, f"10.0.{len(sent(house))}.1")
        except CodeTooOften as no:
            return int(no.facts["wait_s"])
        return 0

    assert ask() == 0
    assert 0 < ask() <= 60
    for _ in range(4):
        time.passes(seconds=61)
        assert ask() == 0
    time.passes(seconds=61)
    assert ask() > 60
    time.passes(hours=1)
    for _ in range(5):
        time.passes(seconds=61)
        assert ask() == 0
    time.passes(hours=2)
    assert ask() > 3600
    time.passes(hours=24)
    assert ask() == 0


def test_an_address_gets_twenty_an_hour_and_all_together_a_day(house: Core, time: Later) -> None:
    for number in range(20):
        house.citizens.sign_ins.send(arrive(house), f"199000001{number:02d}", "10.0.0.9")
    with pytest.raises(CodeTooOften):
        house.citizens.sign_ins.send(arrive(house), "19900000199", "10.0.0.9")
    house.citizens.sign_ins.send(arrive(house), "19900000199", "10.0.0.8")


@pytest.mark.parametrize("phone", ["", "12345", "23800000000", "1990000000a", "+1 212 555 0100", "9" * 500])
def test_what_is_no_mobile_is_told_so_and_costs_nothing(house: Core, phone: str) -> None:
    with pytest.raises(NoMobile):
        house.citizens.sign_ins.send(arrive(house), phone, "10.0.0.1")
    assert sent(house) == []


def test_without_a_platform_nobody_is_promised_a_code(core: Core) -> None:
    with pytest.raises(NoCodes):
        core.citizens.sign_ins.send(arrive(core), PHONE, "10.0.0.1")


def test_the_last_four_prove_whose_licences_they_are(house: Core) -> None:
    person, company = a_person(house), a_company(house, phone=PHONE)
    visitor = signed_in(house)
    assert visitor.subjects == ()
    with pytest.raises(TailWrong):
        house.citizens.sign_ins.prove(visitor, "0000", "10.0.0.1")
    house.citizens.sign_ins.prove(visitor, "002x", "10.0.0.1")
    proved = _again(house, visitor)
    assert proved.subjects == (person,)
    house.citizens.sign_ins.prove(proved, "341L", "10.0.0.1")
    assert set(_again(house, visitor).subjects) == {person, company}


def _again(core: Core, visitor: Visitor) -> Visitor:
    with core.engine.connect() as tx:
        row = tx.execute(select(citizen_sessions).where(citizen_sessions.c.token_hash == visitor.name)).one()
    return Visitor(visitor.name, visitor.phone, tuple((row.subject or "").split(",")), visitor.openid, row.tries)


def test_five_wrong_endings_are_the_end(house: Core) -> None:
    a_person(house)
    visitor = signed_in(house)
    for _ in range(4):
        with pytest.raises(TailWrong):
            house.citizens.sign_ins.prove(visitor, "0000", "10.0.0.1")
    for tail in ("0000", PERSON["number"][-4:]):
        with pytest.raises((TailGone, TailWrong)):
            house.citizens.sign_ins.prove(visitor, tail, "10.0.0.1")


def test_a_wechat_user_is_remembered_with_the_phone_and_nobody_else_is(house: Core, time: Later) -> None:
    person, openid = a_person(house), house.citizens.visitors.openid_index("o-practice-wang")
    house.citizens.sign_ins.prove(signed_in(house, openid=openid), PERSON["number"][-4:], "10.0.0.1")
    time.passes(minutes=2)
    assert signed_in(house, openid=openid).subjects == (person,)
    time.passes(minutes=2)
    assert signed_in(house, openid=house.citizens.visitors.openid_index("o-another")).subjects == ()
    time.passes(minutes=2)
    assert signed_in(house, openid=NOBODY).subjects == ()
    time.passes(days=181)
    assert signed_in(house, openid=openid).subjects == ()


def test_a_session_ends_when_it_idles_when_it_is_old_and_when_it_is_left(house: Core, time: Later) -> None:
    visitors = house.citizens.visitors
    token = visitors.open()
    for _ in range(8):
        time.passes(minutes=14)
        assert visitors.find(token) is not None
    time.passes(minutes=10)
    assert visitors.find(token) is None
    idle = visitors.open()
    time.passes(minutes=16)
    assert visitors.find(idle) is None
    left = visitors.open()
    visitors.close(left)
    assert visitors.find(left) is None
    assert visitors.find("") is None
    assert visitors.find("x" * 5000) is None


def test_a_state_comes_back_once_and_to_its_browser(house: Core) -> None:
    mine, other = arrive(house), arrive(house)
    state = house.citizens.visitors.expect(mine)
    assert not house.citizens.visitors.came_back(other, state)
    assert house.citizens.visitors.came_back(mine, state)
    assert not house.citizens.visitors.came_back(mine, state)
    assert not house.citizens.visitors.came_back(mine, "")


def test_a_person_is_found_by_name_or_by_a_number_of_theirs_and_misses_are_alike(house: Core) -> None:
    person = a_person(house)
    act(house, "licence", "issue", subject=person, **NURSE)
    for second in (PERSON["name"], NURSE["number"]):
        found = house.citizens.lookups.person(PERSON["number"].lower(), second, HERE)
        assert [one.type for one in found] == ["nurse"]
        assert PERSON["name"] not in str(found)
    nobody = "110101199003070038"
    assert house.citizens.lookups.person(PERSON["number"], "王五", HERE) == ()
    with pytest.raises(BadIdNumber):
        house.citizens.lookups.person(nobody[:-1] + "0", "王五", HERE)


def test_a_caller_and_a_subject_reach_their_caps(house: Core, time: Later) -> None:
    a_person(house)
    for number in range(10):
        house.citizens.lookups.person(PERSON["number"], "王五", Caller(f"10.0.1.{number}", "h5"))
    with pytest.raises(AskedTooOften) as told:
        house.citizens.lookups.person(PERSON["number"], PERSON["name"], Caller("10.0.9.9", "h5"))
    assert told.value.facts["wait_s"] > 3600
    with house.engine.connect() as tx:
        names = tx.execute(select(citizen_counts.c.name)).scalars().all()
    assert not any(PERSON["number"] in name for name in names)
    time.passes(hours=25)
    house.citizens.lookups.person(PERSON["number"], PERSON["name"], Caller("10.0.9.9", "h5"))


def test_one_form_sent_by_two_hands_is_one_request_and_counts_once(house: Core) -> None:
    subject = a_person(house)
    form = {"kind": "correct", "subject": subject, "line": "", "words": "地址不对。"}

    def ask(key: str) -> str:
        return house.citizens.requests.ask(f"web:{key}", PHONE, [subject], form).no

    with ThreadPoolExecutor(4) as hands:
        assert len(set(hands.map(ask, ["first"] * 4))) == 1
    told = [ask(key) for key in ("second", "third", "fourth", "fifth", "fifth")]
    assert len(set(told)) == 4
    with pytest.raises(RequestedTooOften):
        ask("sixth")
    assert ask("fifth") == told[-1]
    assert {one.no for one in house.citizens.requests.of(PHONE, [subject])} == {ask("first"), *told}


def test_two_hands_cannot_slip_under_a_cap_together(house: Core) -> None:
    def take(_: int) -> bool:
        try:
            house.citizens.caps.take("scan", {"caller": "one"})
        except AskedTooOften:
            return False
        return True

    with ThreadPoolExecutor(8) as hands:
        told = list(hands.map(take, range(80)))
    assert told.count(True) == 60


def test_the_holder_reads_who_looked(house: Core) -> None:
    person = a_person(house)
    line = act(house, "licence", "issue", subject=person, **NURSE).no
    house.citizens.lookups.scanned(line, HERE)
    house.citizens.lookups.person(PERSON["number"], PERSON["name"], HERE)
    house.citizens.lookups.opened(line, HERE)
    looks = house.citizens.lookups.looks((person,))
    assert [one.how for one in looks] == ["本人查看", "按身份证号查询", "扫码核验"]
    assert looks[0].who == "您自己"
    assert looks[-1].what == "护士执业证书"
    with house.engine.connect() as tx:
        logged = str(tx.execute(select(audit_log)).all())
    assert PERSON["number"] not in logged
    assert PERSON["name"] not in logged


def test_day_old_counts_and_codes_are_swept_out(house: Core, time: Later) -> None:
    house.citizens.sign_ins.send(arrive(house), PHONE, "10.0.0.1")
    time.passes(hours=26)
    house.citizens.sign_ins.send(arrive(house), PHONE, "10.0.0.1")
    with house.engine.connect() as tx:
        left = [
            tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (citizen_codes, citizen_counts)
        ]
    assert left == [1, 3]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"caps": {"scan": {"moon": {"1 hour": 1}}}}, "moon"),
        ({"caps": {"scan": {"caller": {"1 hour": 0}}}}, "from 1 up"),
        ({"codes": {"lives": "soon", "tries": 5, "alarm": 80}}, "5 minutes"),
        ({"pushes": {}}, "pushes"),
        ({"requests": {**read("citizens.yaml")["requests"], "states": {"pending": ""}}}, "requests states"),
    ],
)
def test_a_table_at_fault_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_citizens({**read("citizens.yaml"), **change})


def test_every_state_of_a_case_has_words_for_whoever_asked() -> None:
    """And none of them is a clerk's word for who holds it: 待派发, 待签收."""
    flow, words = load_policy().flows["case"].states, load_citizens().requests.states
    assert words.keys() == flow.keys()
    ours = {state.title for key, state in flow.items() if key in ("pending", "dispatched", "closing", "follow_up")}
    assert not ours & set(words.values())

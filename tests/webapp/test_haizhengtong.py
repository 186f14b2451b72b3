"""Coming in by 海政通: any OAuth 2.0 provider behind the sign-in port, here the sandbox's (controls A1, A5, C5, C7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
import time_machine
from apiflask import APIFlask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from core import build_core
from core.adapters import ADAPTERS
from core.adapters.oauth2 import OAuth2SignIn, challenge
from core.crypto import token_hash
from core.models.people import identities, people, posts, sessions
from core.models.record import audit_log
from core.settings import OAuth2Login, Settings
from core.vouching import NotVouched, SignInPort, Vouched, VoucherAway
from tests.clock import StillClock
from tests.sandbox.haizhengtong import BACK, CLIENT, SECRET
from tests.sandbox.rig import Sandbox, free_port
from tests.webapp.town import PASSWORD, PEOPLE, Town, build
from tests.webapp.visitor import Visitor
from webapp import create_app

Visit = Callable[..., Visitor]
HERE = "http://127.0.0.1:8000"
LEAVE = "/sign-in/haizhengtong"
APP = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 DingTalk/7.6 HaiZhengTong/3.2"
PHONES = {login: f"139760010{number:02d}" for number, login in enumerate(PEOPLE)}
PROOF = "a" * 64


@pytest.fixture
def town(migrated_url: str, clock: StillClock, sandbox: Sandbox) -> Iterator[Town]:
    core = build(migrated_url, clock, sandbox.base)
    with core.engine.begin() as tx:
        for login, phone in PHONES.items():
            index = core.indexer.index(phone, "phone")
            tx.execute(update(people).where(people.c.code == login).values(phone_index=index))
    known = [{"userId": login, "name": PEOPLE[login][0], "mobile": phone} for login, phone in PHONES.items()]
    sandbox.add_people(*known, {"userId": "stranger", "name": "路人", "mobile": "13976009999"})
    yield Town(core, clock)
    core.engine.dispose()


def sent_to(visitor: Visitor, path: str = LEAVE) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 303
    return answer.location


def by_app(visitor: Visitor, sandbox: Sandbox, user: str, path: str = LEAVE) -> TestResponse:
    """Through the provider's page and back; no user is a refusal."""
    return visitor.get(sandbox.signed_in(sent_to(visitor, path), user).removeprefix(HERE))


def entries(town: Town, action: str = "sign_in_haizhengtong") -> list[tuple[str, str]]:
    with town.core.engine.connect() as tx:
        rows = tx.execute(select(audit_log).where(audit_log.c.action == action).order_by(audit_log.c.seq))
        return [(row.result, row.reason) for row in rows]


def nobody_is_in(town: Town) -> bool:
    with town.core.engine.connect() as tx:
        return tx.execute(select(func.count()).select_from(sessions)).scalar_one() == 0


def changed(address: str, **query: str) -> str:
    """The same address with other parameters; an empty one is left out."""
    parts = urlsplit(address)
    told = {**dict(parse_qsl(parts.query)), **query}
    return parts._replace(query=urlencode({name: value for name, value in told.items() if value})).geturl()


def test_the_page_brings_a_person_to_where_they_were_going(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    desk = visit()
    gate = desk.get("/sign-in").text
    assert ("海政通登录" in gate, "钉钉扫码登录" in gate) == (True, True)
    answer = by_app(desk, sandbox, "desk", f"{LEAVE}?next=/stats")
    assert (answer.status_code, answer.location) == (303, "/stats")
    assert "陈文兰" in desk.get("/cases").text
    assert entries(town) == [("done", "")]


def test_the_request_carries_what_the_rfcs_ask_for(visit: Visit, town: Town) -> None:
    visitor = visit()
    asked = {name: value[0] for name, value in parse_qs(urlsplit(sent_to(visitor)).query).items()}
    secret = town.core.vault.current("pepper").secret
    assert asked["code_challenge"] == challenge(token_hash(f"sign-in:{asked['state']}", secret))
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
    assert asked["redirect_uri"] == f"{HERE}{BACK}"
    assert len(asked["state"]) >= 22
    again = parse_qs(urlsplit(sent_to(visitor)).query)
    assert asked["state"] not in again["state"]
    # RFC 7636, appendix B
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(("path", "lands"), [("/", "/"), ("/m", "/m"), ("/m/topics", "/m/topics")])
def test_in_its_own_web_view_nobody_is_asked_how(visit: Visit, sandbox: Sandbox, path: str, lands: str) -> None:
    clerk = visit()
    clerk.client.environ_base = {**clerk.client.environ_base, "HTTP_USER_AGENT": APP}
    gate = clerk.get(path)
    away = clerk.get(gate.location)
    assert (away.status_code, urlsplit(away.location).path) == (303, LEAVE)
    first = sandbox.signed_in(sent_to(clerk, away.location), "water")
    answer = clerk.get(first.removeprefix(HERE))
    assert (answer.status_code, answer.location) == (303, lands)
    assert "韩德玲" in clerk.get("/cases").text
    assert clerk.post("/sign-out", page="/cases").location == "/sign-in?by=password", "going out does not lead back in"
    known = {"haizhengtong_user": "water"}
    silent = httpx.get(sent_to(clerk, LEAVE), headers={"User-Agent": APP}, cookies=known, trust_env=False)
    assert silent.status_code == 302, "inside its app the provider asks nobody who it knows"
    assert clerk.get(silent.headers["Location"].removeprefix(HERE)).status_code == 303


def test_without_an_address_there_is_no_such_way(town: Town, sandbox: Sandbox) -> None:
    settings = town.core.settings.model_copy(update={"haizhengtong": OAuth2Login(agent="HaiZhengTong")})
    core = build_core(settings, town.clock)
    visitor = Visitor(create_app(core))
    assert "海政通" not in visitor.get("/sign-in").text
    for path in (LEAVE, BACK):
        closed = visitor.get(path)
        assert (closed.status_code, "没有开通" in closed.text) == (404, True)
    visitor.client.environ_base = {**visitor.client.environ_base, "HTTP_USER_AGENT": APP.replace("DingTalk", "")}
    assert visitor.get("/sign-in").status_code == 200
    core.engine.dispose()


@pytest.mark.parametrize("login", ["system", "security", "audit"])
def test_an_administrator_needs_the_password_besides(visit: Visit, sandbox: Sandbox, town: Town, login: str) -> None:
    admin = visit()
    half = by_app(admin, sandbox, login)
    assert (half.status_code, "再输入密码" in half.text) == (200, True)
    assert admin.get("/flows").status_code == 303, "half a sign-in opens nothing"
    assert admin.post("/sign-in/password", password="不对的密码").status_code == 401
    assert admin.post("/sign-in/password", password=PASSWORD).status_code == 303
    assert admin.get("/flows").status_code == 200
    assert entries(town, "confirm_password") == [("refused", "PasswordWrong"), ("done", "")]


def test_strangers_and_the_disabled_stay_outside(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    with town.core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.code == "housing").values(active=False))
        river = select(people.c.id).where(people.c.code == "river").scalar_subquery()
        tx.execute(update(posts).where(posts.c.person_id == river).values(active=False))
        shared = town.core.indexer.index(PHONES["desk"], "phone")
        tx.execute(update(people).where(people.c.code == "head").values(phone_index=shared))
    for user, sentence in {
        "stranger": "您还没有登记到本平台，请联系本单位管理员添加。",
        "housing": "您还没有登记到本平台，请联系本单位管理员添加。",
        "river": "没有在用的岗位",
        "desk": "这个手机号登记在几个人名下，请联系本单位管理员核对。",
    }.items():
        answer = by_app(visit(), sandbox, user)
        assert (answer.status_code, sentence in answer.text) == (403, True), user
    assert [reason for _, reason in entries(town)] == ["NotKnownHere", "NotKnownHere", "NoPost", "PhoneShared"]
    assert nobody_is_in(town)


def test_a_number_is_ones_own_again_when_its_former_holder_is_gone(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    with town.core.engine.begin() as tx:
        passed_on = town.core.indexer.index(PHONES["desk"], "phone")
        tx.execute(update(people).where(people.c.code == "head").values(phone_index=passed_on, active=False))
    assert by_app(visit(), sandbox, "desk").status_code == 303


def test_a_state_is_this_browsers_fresh_and_used_once(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    mine, other = visit(), visit()
    back = sandbox.signed_in(sent_to(mine), "desk").removeprefix(HERE)
    assert other.get(back).status_code == 401, "a link made by somebody else signs nobody in"
    cookie = mine.client.get_cookie("form")
    assert cookie
    assert mine.get(changed(back, state="forged")).status_code == 401
    assert mine.get(back).status_code == 401, "a forged answer ends the sign-in it was made for"
    mine.client.set_cookie("form", cookie.value)
    assert mine.get(back).status_code == 303
    thief = visit()
    thief.client.set_cookie("form", cookie.value)  # the cookie of before, with a fresh code for its state
    fresh = dict(parse_qsl(urlsplit(sandbox.signed_in(sent_to(visit()), "desk")).query))["code"]
    again = thief.get(changed(back, code=fresh))
    assert (again.status_code, "重新登录" in again.text, thief.get("/cases").status_code) == (401, True, 303)
    crossed = visit()
    state = dict(parse_qsl(urlsplit(sent_to(crossed, "/sign-in/dingtalk")).query))["state"]
    assert crossed.get(f"{BACK}?code={fresh}&state={state}").status_code == 401, "a state of the other way"
    with time_machine.travel("2026-03-09T01:00:00+00:00", tick=False) as real:
        slow = visit()
        slow_state = dict(parse_qsl(urlsplit(sent_to(slow)).query))["state"]
        real.shift(timedelta(minutes=5, seconds=1))
        assert slow.get(f"{BACK}?code={fresh}&state={slow_state}").status_code == 401
    assert visit().get(BACK).status_code == 401
    assert {reason for result, reason in entries(town) if result == "refused"} == {"SignInGone"}


def test_a_code_of_another_sign_in_opens_nothing(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    """PKCE: a code taken from somebody else's way back does not fit the proof of one's own (RFC 7636 §1)."""
    victim, thief = visit(), visit()
    stolen = dict(parse_qsl(urlsplit(sandbox.signed_in(sent_to(victim), "desk")).query))["code"]
    state = dict(parse_qsl(urlsplit(sent_to(thief)).query))["state"]
    answer = thief.get(f"{BACK}?code={stolen}&state={state}")
    assert (answer.status_code, "海政通没有确认您的身份" in answer.text) == (401, True)
    assert nobody_is_in(town)


@pytest.mark.parametrize(
    ("told", "status", "sentence", "reason"),
    [
        ({"error": "access_denied"}, 401, "您没有同意用海政通登录，请再试一次或用密码登录。", "Declined"),
        ({"error": "temporarily_unavailable"}, 424, "海政通暂时没有回应，请稍后再试或用密码登录。", "SignInAway"),
        ({"error": "<script>"}, 401, "海政通没有确认您的身份，请再试一次或用密码登录。", "NotConfirmed"),
        ({}, 401, "海政通没有确认您的身份，请再试一次或用密码登录。", "NotConfirmed"),
        ({"code": "x" * 600}, 401, "海政通没有确认您的身份，请再试一次或用密码登录。", "NotConfirmed"),
        ({"code": "没有"}, 401, "海政通没有确认您的身份，请再试一次或用密码登录。", "NotConfirmed"),
        ({"code": "guess"}, 401, "海政通没有确认您的身份，请再试一次或用密码登录。", "NotConfirmed"),
    ],
)
def test_what_comes_back_instead_of_a_code_is_one_sentence(
    visit: Visit, town: Town, told: Mapping[str, str], status: int, sentence: str, reason: str
) -> None:
    visitor = visit()
    state = dict(parse_qsl(urlsplit(sent_to(visitor)).query))["state"]
    answer = visitor.get(f"{BACK}?{urlencode({**told, 'state': state})}")
    assert (answer.status_code, answer.text.count(sentence)) == (status, 1)
    assert "<script>" not in answer.text
    assert entries(town) == [("refused", reason)]
    assert nobody_is_in(town)


def test_a_refusal_on_the_page_itself_is_taken_as_one(visit: Visit, sandbox: Sandbox) -> None:
    visitor = visit()
    assert "您没有同意用海政通登录" in by_app(visitor, sandbox, "").text
    assert by_app(visitor, sandbox, "desk").status_code == 303, "and may be changed"


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        ({"http": {"prefix": "/haizhengtong/token", "status": 500}}, 424),
        ({"http": {"prefix": "/haizhengtong/token", "status": 401}}, 424),
        ({"http": {"prefix": "/haizhengtong/token", "status": 302}}, 424),
        ({"html": {"prefix": "/haizhengtong/token"}}, 424),
        ({"truncated": {"prefix": "/haizhengtong/token"}}, 424),
        ({"lost_answer": {"prefix": "/haizhengtong/token"}}, 424),
        ({"http": {"prefix": "/haizhengtong/token", "status": 200, "body": {"access_token": "x"}}}, 424),
        ({"http": {"prefix": "/haizhengtong/token", "status": 200, "body": {"token_type": "bearer"}}}, 424),
        ({"codes_refused": True}, 401),
        ({"http": {"prefix": "/haizhengtong/userinfo", "status": 503}}, 424),
        ({"http": {"prefix": "/haizhengtong/userinfo", "status": 401}}, 401),
        ({"empty": {"prefix": "/haizhengtong/userinfo"}}, 424),
        ({"http": {"prefix": "/haizhengtong/userinfo", "status": 200, "body": {"mobile": PHONES["desk"]}}}, 401),
        ({"userinfo_other": True}, 401),
    ],
    ids=str,
)  # fmt: skip
def test_a_provider_in_trouble_signs_nobody_in(
    visit: Visit, sandbox: Sandbox, town: Town, faults: dict[str, Any], status: int
) -> None:
    visitor = visit()
    back = sandbox.signed_in(sent_to(visitor), "desk").removeprefix(HERE)
    sandbox.set_faults(**faults)
    answer = visitor.get(back)
    assert answer.status_code == status
    assert f"海政通{'暂时没有回应' if status == 424 else '没有确认您的身份'}" in answer.text
    assert nobody_is_in(town)
    assert entries(town) == [("refused", "SignInAway" if status == 424 else "NotConfirmed")]
    sandbox.set_faults(clear=True)
    assert visitor.get(back).status_code == 401, "the same way back is not tried again"
    assert visit().sign_in("desk").status_code == 303


def provider(sandbox: Sandbox, **changes: Any) -> OAuth2SignIn:
    places = {name: f"{sandbox.base}/haizhengtong/{name}" for name in ("authorize", "token", "userinfo")}
    usual = {"client_id": CLIENT, "client_secret": SECRET, "scopes": "openid mobile", "subject": "openid"}
    return OAuth2SignIn("haizhengtong", "海政通", OAuth2Login.model_validate({**places, **usual, **changes}))


def code_for(sandbox: Sandbox, port: OAuth2SignIn, proof: str = PROOF) -> str:
    back = sandbox.signed_in(port.page("s" * 24, f"{HERE}{BACK}", proof), "desk")
    return dict(parse_qsl(urlsplit(back).query))["code"]


def test_the_port_names_the_person_by_the_claim_of_the_settings(sandbox: Sandbox, town: Town) -> None:
    for changes, said in (
        ({}, Vouched("haizhengtong", "phone", PHONES["desk"])),
        ({"credentials": "body"}, Vouched("haizhengtong", "phone", PHONES["desk"])),
        ({"claim": "account", "matches": "account"}, Vouched("haizhengtong", "account", "desk")),
    ):
        port: SignInPort = provider(sandbox, **changes)
        assert port.who(code_for(sandbox, port), f"{HERE}{BACK}", PROOF) == said  # type: ignore[arg-type]
    for changes in ({"claim": "name"}, {"claim": "data.mobile"}, {"subject": "sub"}, {"scopes": "openid"}):
        strange = provider(sandbox, **changes)
        with pytest.raises(NotVouched):
            strange.who(code_for(sandbox, strange), f"{HERE}{BACK}", PROOF)


def test_the_code_is_good_once_for_its_address_and_its_proof(sandbox: Sandbox, town: Town) -> None:
    port = provider(sandbox)
    for back, proof in ((f"{HERE}{BACK}/", PROOF), (f"{HERE}{BACK}", "b" * 64)):
        with pytest.raises(NotVouched):
            port.who(code_for(sandbox, port), back, proof)
    code = code_for(sandbox, port)
    port.who(code, f"{HERE}{BACK}", PROOF)
    with pytest.raises(NotVouched):
        port.who(code, f"{HERE}{BACK}", PROOF)
    with pytest.raises(VoucherAway, match="401"):
        provider(sandbox, client_secret="wrong").who(code_for(sandbox, port), f"{HERE}{BACK}", PROOF)


def test_a_provider_that_is_down_or_slow_holds_nobody_long(sandbox: Sandbox, town: Town) -> None:
    code = code_for(sandbox, provider(sandbox))
    down = provider(sandbox, token=f"http://127.0.0.1:{free_port()}/token")
    with pytest.raises(VoucherAway):
        down.who(code, f"{HERE}{BACK}", PROOF)
    sandbox.set_faults(latency={"prefix": "/haizhengtong/token", "seconds": 20})
    slow, began = provider(sandbox, read_timeout_s=0.3, total_timeout_s=0.5), time.monotonic()
    with pytest.raises(VoucherAway):
        slow.who(code, f"{HERE}{BACK}", PROOF)
    assert time.monotonic() - began < 10
    usual = OAuth2Login()
    assert usual.connect_timeout_s + usual.read_timeout_s <= usual.total_timeout_s <= 8


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "other"}, 400), ({"redirect_uri": "https://evil.example/sign-in/haizhengtong/back"}, 400),
        ({"redirect_uri": f"{HERE}{BACK}?next=1"}, 400), ({"redirect_uri": f"{HERE}/elsewhere"}, 400),
        ({"response_type": "token"}, 400), ({"state": ""}, 400), ({"code_challenge": ""}, 400),
        ({"code_challenge_method": "plain"}, 400), ({"scope": "everything"}, 400), ({"odd": "1"}, 400), ({}, 200),
    ],
    ids=str,
)  # fmt: skip
def test_the_stand_in_is_strict(sandbox: Sandbox, changes: Mapping[str, str], status: int) -> None:
    address = provider(sandbox).page("s" * 24, f"{HERE}{BACK}", PROOF)
    assert httpx.get(changed(address, **changes), trust_env=False).status_code == status


def test_an_account_entered_for_a_person_names_them(town: Town, visit: Visit, sandbox: Sandbox, site: APIFlask) -> None:
    """`matches: account`: the register of people holds the account, each for one person."""
    at = town.core.settings.haizhengtong.model_copy(update={"claim": "account", "matches": "account"})
    core = build_core(town.core.settings.model_copy(update={"haizhengtong": at}), town.clock)
    visitor = Visitor(create_app(core))
    assert by_app(visitor, sandbox, "desk").status_code == 403
    entered = {"row": "desk", "name": "陈文兰", "dingtalk": "desk", "active": "yes", "reason": "接入海政通"}
    system, page = visit("system"), "/settings/person"
    assert system.post(f"{page}/change", page, **entered, haizhengtong="desk").status_code == 303
    taken = {**entered, "row": "head", "name": "蔡婉强", "dingtalk": "head"}
    twice = system.post(f"{page}/change", page, **taken, haizhengtong="desk")
    assert (twice.status_code, "海政通账号「desk」已经有了" in twice.text) == (409, True)
    assert by_app(visitor, sandbox, "desk").status_code == 303
    with town.core.engine.connect() as tx:
        known = select(identities.c.channel).join(people).where(people.c.code == "desk")
        assert set(tx.execute(known).scalars()) == {"web", "dingtalk", "haizhengtong"}
    core.engine.dispose()


def test_production_takes_neither_practice_secret_nor_open_addresses() -> None:
    usual = {"authorize": "https://a", "token": "https://a/t", "userinfo": "https://a/u", "client_id": "c"}
    assert OAuth2Login.model_validate({**usual, "client_secret": "long and random"}).unfit == []
    assert OAuth2Login.model_validate({**usual, "token": "http://a", "client_secret": "practice"}).unfit == [
        "token", "client_secret",
    ]  # fmt: skip
    assert OAuth2Login().unfit == []
    with pytest.raises(ValueError, match="client_secret"):
        OAuth2Login.model_validate(usual)
    assert ADAPTERS["haizhengtong"](Settings.model_construct(haizhengtong=OAuth2Login())) is None

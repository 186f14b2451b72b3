"""Coming in by DingTalk: its login page, and without a word inside DingTalk (security-reliability A1, A5, C5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from apiflask import APIFlask
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from core.models.people import accounts, identities, people, posts, sessions
from core.models.record import audit_log
from core.policy.rates import load_rates
from tests.clock import StillClock
from tests.sandbox.rig import Sandbox
from tests.webapp.town import PASSWORD, PEOPLE, Town, build
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def town(migrated_url: str, clock: StillClock, sandbox: Sandbox) -> Iterator[Town]:
    core = build(migrated_url, clock, sandbox.base)
    sandbox.add_people(*({"userId": login, "name": name} for login, (name, _) in PEOPLE.items()))
    sandbox.add_people({"userId": "stranger", "name": "路人"})
    yield Town(core, clock)
    core.engine.dispose()


def sent_to(visitor: Visitor, path: str = "/sign-in/dingtalk") -> str:
    """Where the browser is sent to agree."""
    answer = visitor.get(path)
    assert answer.status_code == 303
    return answer.location


def by_page(visitor: Visitor, sandbox: Sandbox, user: str, path: str = "/sign-in/dingtalk") -> TestResponse:
    """Through DingTalk's login page and back."""
    back = sandbox.agreed(sent_to(visitor, path), user)
    assert back.startswith(f"{HERE}/sign-in/dingtalk/back?")
    return visitor.get(back.removeprefix(HERE))


def inside(visitor: Visitor, code: str, wanted: str = "") -> TestResponse:
    """As the page does that opened inside DingTalk."""
    return visitor.post("/sign-in/inside", page="/sign-in/inside", code=code, next=wanted)


def entries(town: Town, action: str) -> list[tuple[str, str]]:
    with town.core.engine.connect() as tx:
        rows = tx.execute(select(audit_log).where(audit_log.c.action == action).order_by(audit_log.c.seq))
        return [(row.result, row.reason) for row in rows]


def person_of(town: Town, login: str) -> int:
    return town.actor(login).person or 0


def test_the_login_page_brings_a_person_to_their_own_first_page(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    desk = visit()
    assert "钉钉扫码登录" in desk.get("/sign-in").text
    answer = by_page(desk, sandbox, "desk", "/sign-in/dingtalk?next=/stats")
    assert (answer.status_code, answer.location) == (303, "/stats")
    assert "陈文兰" in desk.get("/cases").text
    assert entries(town, "sign_in_dingtalk") == [("done", "")]
    asked = parse_qs(urlsplit(sent_to(visit())).query)
    assert asked["redirect_uri"] == [f"{HERE}/sign-in/dingtalk/back"]
    assert len(asked["state"][0]) >= 22


def test_a_page_inside_dingtalk_needs_no_word(visit: Visit, sandbox: Sandbox) -> None:
    clerk = visit()
    opened = clerk.client.get("/sign-in?next=/cases", headers={"User-Agent": "Mozilla/5.0 DingTalk/7.6"})
    assert opened.location == "/sign-in/inside?next=/cases"
    page = clerk.get(opened.location)
    assert 'data-corp="ding-practice-corp"' in page.text
    assert sandbox.base in page.headers["Content-Security-Policy"]
    assert sandbox.base not in clerk.get("/sign-in").headers["Content-Security-Policy"]
    answer = inside(clerk, sandbox.get("authcode", user="water")["code"], "/cases")
    assert (answer.status_code, answer.location) == (303, "/cases")
    assert "韩德玲" in clerk.get("/cases").text
    clerk.client.environ_base = {**clerk.client.environ_base, "HTTP_USER_AGENT": "Mozilla/5.0 DingTalk/7.6"}
    assert clerk.post("/sign-out", page="/cases").location == "/sign-in?by=password", "going out does not lead back in"


def test_a_code_is_good_once_and_for_its_own_door(visit: Visit, sandbox: Sandbox) -> None:
    code = sandbox.get("authcode", user="desk")["code"]
    assert inside(visit(), code).status_code == 303
    again = inside(visit(), code)
    assert again.status_code == 401
    assert "钉钉没有确认您的身份" in again.text
    assert inside(visit(), sandbox.login_code("desk")).status_code == 401
    late = sandbox.get("authcode", user="desk")["code"]
    sandbox.set_faults(login_codes_old=True)
    assert inside(visit(), late).status_code == 401
    for odd in ("", "x" * 600, "a\nb", "验证"):
        assert inside(visit(), odd).status_code == 401


def test_a_state_is_this_browsers_fresh_and_used_once(visit: Visit, sandbox: Sandbox) -> None:
    mine, other = visit(), visit()
    back = sandbox.agreed(sent_to(mine), "desk").removeprefix(HERE)
    assert other.get(back).status_code == 401, "a link made by somebody else signs nobody in"
    cookie = mine.client.get_cookie("form")
    assert cookie
    assert mine.get(back).status_code == 303
    thief = visit()
    thief.client.set_cookie("form", cookie.value)  # the cookie of before, brought back with a fresh code
    state = parse_qs(urlsplit(back).query)["state"][0]
    again = thief.get(f"/sign-in/dingtalk/back?authCode={sandbox.login_code('desk')}&state={state}")
    assert (again.status_code, "重新登录" in again.text, thief.get("/cases").status_code) == (401, True, 303)
    with time_machine.travel("2026-03-09T01:00:00+00:00", tick=False) as real:
        slow = visit()
        slow_back = sandbox.agreed(sent_to(slow), "desk").removeprefix(HERE)
        real.shift(timedelta(minutes=5, seconds=1))
        assert slow.get(slow_back).status_code == 401
    assert visit().get("/sign-in/dingtalk/back").status_code == 401


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_neither_way_leads_out_of_the_console(visit: Visit, sandbox: Sandbox, wanted: str) -> None:
    assert by_page(visit(), sandbox, "desk", f"/sign-in/dingtalk?next={wanted}").location == "/"
    assert inside(visit(), sandbox.get("authcode", user="desk")["code"], wanted).location == "/"


def test_whom_dingtalk_knows_and_we_do_not_stays_outside(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    answer = by_page(visit(), sandbox, "stranger")
    assert (answer.status_code, "还没有登记" in answer.text) == (403, True)
    with town.core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.code == "housing").values(active=False))
        tx.execute(update(posts).where(posts.c.person_id == person_of(town, "river")).values(active=False))
    assert inside(visit(), sandbox.get("authcode", user="housing")["code"]).status_code == 403
    assert "没有在用的岗位" in inside(visit(), sandbox.get("authcode", user="river")["code"]).text
    assert entries(town, "sign_in_dingtalk") == [
        ("refused", "NotKnownHere"), ("refused", "NotKnownHere"), ("refused", "NoPost"),
    ]  # fmt: skip


@pytest.mark.parametrize("login", ["system", "security", "audit"])
def test_an_administrator_needs_the_password_besides_dingtalk(
    visit: Visit, sandbox: Sandbox, town: Town, login: str
) -> None:
    admin = visit()
    half = by_page(admin, sandbox, login)
    assert (half.status_code, "再输入密码" in half.text) == (200, True)
    waiting = admin.sid
    assert admin.get("/flows").status_code == 303, "half a sign-in opens nothing"
    assert admin.post("/sign-in/number", number="000000").status_code == 401
    assert admin.get("/flows").status_code == 303
    wrong = admin.post("/sign-in/password", password="不对的密码")
    assert (wrong.status_code, "还可以试 4 次" in wrong.text) == (401, True)
    assert admin.post("/sign-in/password", password=PASSWORD).status_code == 303
    assert admin.get("/flows").status_code == 200
    assert admin.sid != waiting
    assert entries(town, "confirm_password") == [("refused", "PasswordWrong"), ("done", "")]


def test_the_second_password_is_tried_five_times_and_five_minutes(visit: Visit, sandbox: Sandbox) -> None:
    with time_machine.travel("2026-03-09T01:00:00+00:00", tick=False) as real:
        admin = visit()
        by_page(admin, sandbox, "system")
        for _ in range(4):
            assert admin.post("/sign-in/password", password="不对").status_code == 401
        assert "已超时或已用过" in admin.post("/sign-in/password", password="不对").text
        assert admin.post("/sign-in/password", password=PASSWORD).status_code == 401
        real.shift(timedelta(minutes=20))
        late = visit()
        by_page(late, sandbox, "system")
        real.shift(timedelta(minutes=5, seconds=1))
        assert "已超时或已用过" in late.post("/sign-in/password", password=PASSWORD).text


def test_an_administrator_without_an_account_stays_outside(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    with town.core.engine.begin() as tx:
        tx.execute(delete(accounts).where(accounts.c.login == "audit"))
    answer = by_page(visit(), sandbox, "audit")
    assert (answer.status_code, "开通账号" in answer.text) == (403, True)


def test_dingtalks_silence_is_one_sentence_and_the_password_still_opens(visit: Visit, sandbox: Sandbox) -> None:
    code = sandbox.get("authcode", user="desk")["code"]
    for fault in ({"http": {"prefix": "/topapi", "status": 500}}, {"html": {"prefix": "/topapi"}}):
        sandbox.set_faults(clear=True, **fault)
        answer = inside(visit(), code)
        assert (answer.status_code, "暂时没有回应" in answer.text) == (424, True)
    sandbox.set_faults(clear=True)
    assert visit().sign_in("desk").status_code == 303


def test_a_revoked_token_is_replaced(visit: Visit, sandbox: Sandbox) -> None:
    assert by_page(visit(), sandbox, "desk").status_code == 303
    sandbox.set_faults(token_revoked=True)
    assert by_page(visit(), sandbox, "desk").status_code == 303


def test_codes_are_not_guessed_without_end(visit: Visit, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(town.core.rates, "_now", lambda: 1_800_000_030.0)  # else a minute may end in between
    for _ in range(load_rates()["sign_in"].a_minute):
        inside(visit(address="10.7.7.7"), "guess")
    assert inside(visit(address="10.7.7.7"), "guess").status_code == 429
    assert inside(visit(address="10.7.7.8"), "guess").status_code == 401


def test_a_form_of_another_site_signs_nobody_in(site: APIFlask, visit: Visit, sandbox: Sandbox) -> None:
    code = sandbox.get("authcode", user="desk")["code"]
    for path, form in {"/sign-in/inside": {"code": code}, "/sign-in/password": {"password": PASSWORD}}.items():
        assert visit().client.post(path, data=form).status_code == 400
    signed = visit("desk")
    assert signed.client.post("/account/password", data={"old": PASSWORD}).status_code == 400
    assert hidden_value(visit().get("/sign-in").text, "csrf_token")


def test_what_ends_a_right_ends_the_session_at_the_next_request(visit: Visit, sandbox: Sandbox, town: Town) -> None:
    """A5, for people who came by DingTalk: disabled, the last post withdrawn; and in chat they are told the same."""
    gone, idle = visit(), visit()
    by_page(gone, sandbox, "housing")
    by_page(idle, sandbox, "river")
    assert gone.get("/cases").status_code == idle.get("/cases").status_code == 200
    with town.core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.code == "housing").values(active=False))
        tx.execute(update(posts).where(posts.c.person_id == person_of(town, "river")).values(active=False))
    assert gone.get("/cases").status_code == idle.get("/cases").status_code == 403
    with town.core.engine.connect() as tx:
        left = select(sessions.c.person_id).join(identities, identities.c.person_id == sessions.c.person_id)
        assert tx.execute(left.where(identities.c.outside_id.in_(("housing", "river")))).first() is None
    for login in ("housing", "river"):
        with pytest.raises(Exception, match=r"登记|岗位"):
            town.core.actor_for("dingtalk", login)

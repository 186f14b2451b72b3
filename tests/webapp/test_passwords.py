"""Passwords (security-reliability A3): random and one use at first, then one's own, by rules that policy names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, update

from core import build_core
from core.crypto import practice_secrets
from core.models.people import accounts, old_passwords
from core.policy.passwords import password_rules
from core.seeding import PASSWORD as PRACTICE
from core.seeding import seed_people
from core.settings import Settings
from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.town import a_core
from tests.webapp.town import PASSWORD, Town, build
from tests.webapp.visitor import Visitor
from webapp import create_app
from webapp.accounts import open_account

Visit = Callable[..., Visitor]
NEW = "Heron-flies-2026"
NOW = "2026-03-09T01:00:00+00:00"


@pytest.fixture
def town(migrated_url: str, clock: StillClock) -> Iterator[Town]:
    core = build(migrated_url, clock)
    yield Town(core, clock)
    core.engine.dispose()


def change(visitor: Visitor, old: str, new: str, again: str = "") -> tuple[int, str]:
    answer = visitor.post("/account/password", page="/account/password", old=old, new=new, again=again or new)
    return answer.status_code, answer.text


def opened(town: Town, code: str = "desk") -> str:
    with town.core.engine.begin() as tx:
        return open_account(tx, town.core.vault, code)


def test_an_initial_password_opens_only_the_page_that_replaces_it(visit: Visit, town: Town) -> None:
    first = opened(town)
    assert len(first) >= 12
    desk = visit()
    assert desk.sign_in("desk", first).status_code == 303
    for path in ("/", "/cases", "/stats", "/intake"):
        assert desk.get(path).location == "/account/password", path
    assert "设置自己的密码" in desk.get("/account/password").text
    assert change(desk, first, NEW)[0] == 303
    assert desk.get("/cases").status_code == 200
    assert visit().sign_in("desk", first).status_code == 401, "it was good for one use"
    assert visit().sign_in("desk", NEW).status_code == 303


def test_an_administrators_initial_password_is_replaced_too(visit: Visit, town: Town) -> None:
    first = opened(town, "system")
    admin = visit()
    admin.sign_in("system", first)
    assert admin.get("/settings").location == "/account/password"
    assert change(admin, first, NEW)[0] == 303
    assert admin.get("/settings").status_code == 200, "the second factor is not asked for again"


def test_an_initial_password_nobody_used_is_over_after_some_days(visit: Visit, town: Town) -> None:
    first = opened(town)
    with time_machine.travel(datetime.now(UTC) + password_rules().initial + timedelta(hours=1), tick=False):
        answer = visit().sign_in("desk", first)
    assert (answer.status_code, "初始密码已过期" in answer.text) == (403, True)


def test_a_password_of_its_age_is_due(visit: Visit, town: Town) -> None:
    with town.core.engine.begin() as tx:
        tx.execute(update(accounts).values(set_at=datetime.now(UTC) - password_rules().age - timedelta(days=1)))
    desk = visit()
    desk.sign_in("desk")
    assert desk.get("/cases").location == "/account/password"
    assert "90 天" in desk.get("/account/password").text


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("Short-1", "至少要 12 个字符"), ("alllowercaseletters", "至少要有 3 种"), ("Aa1!Aa1!Aa1!", "重复"),
        ("my-Desk-password", "不能包含账号"), ("x" * 200, "最多 128"),
    ],
)  # fmt: skip
def test_an_unfit_password_is_refused_in_one_sentence(visit: Visit, new: str, why: str) -> None:
    desk = visit("desk")
    status, page = change(desk, PASSWORD, new)
    assert status == 422
    assert why in page
    assert visit().sign_in("desk").status_code == 303, "the old one stands"


def test_the_last_ones_are_not_taken_again(visit: Visit, town: Town) -> None:
    desk, said = visit("desk"), [f"Heron-flies-{number}-times" for number in range(6)]
    now = PASSWORD
    for new in said[:5]:
        assert change(desk, now, new)[0] == 303
        now = new
    for used in (said[0], now):
        status, page = change(desk, now, used)
        assert (status, "最近用过" in page) == (422, True)
    assert change(desk, now, said[5])[0] == 303
    assert change(desk, said[5], said[0])[0] == 303, "remembered no longer"
    with town.core.engine.connect() as tx:
        kept = tx.execute(select(old_passwords.c.password_hash)).scalars().all()
    assert len(kept) == password_rules().remembered
    assert not any("Heron" in one for one in kept)


def test_a_change_ends_every_other_session_at_its_next_request(visit: Visit) -> None:
    here, elsewhere = visit("desk"), visit("desk", address="10.0.0.2")
    old = here.sid
    assert change(here, PASSWORD, NEW)[0] == 303
    assert here.sid != old
    assert (here.get("/cases").status_code, elsewhere.get("/cases").status_code) == (200, 303)


def test_the_old_password_is_asked_for_and_not_guessed(visit: Visit) -> None:
    desk = visit("desk")
    for _ in range(5):
        assert change(desk, "不对", NEW)[0] == 401
    status, page = change(desk, PASSWORD, NEW)
    assert (status, "15分钟" in page) == (429, True)
    assert visit(address="10.0.0.9").sign_in("desk").status_code == 303


def test_the_two_new_ones_have_to_agree(visit: Visit) -> None:
    status, page = change(visit("desk"), PASSWORD, NEW, again="Heron-flies-2027")
    assert (status, "不一样" in page) == (422, True)


def test_whoever_has_no_account_is_told_so(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    with town.core.engine.begin() as tx:
        tx.execute(update(accounts).where(accounts.c.login == "desk").values(active=False))
    assert "没有控制台密码" in desk.get("/account/password").text
    assert change_without_form(desk) == 403


def change_without_form(visitor: Visitor) -> int:
    return visitor.post("/account/password", page="/cases", old="a", new=NEW, again=NEW).status_code


def test_practice_accounts_are_none_in_production(tmp_path: Path, clock: StillClock) -> None:
    """Practice accounts exist in practice seeds only; a production site over the same rows opens to none of them."""
    url = SQLite().prepared(migrated, tmp_path)
    core = a_core(url, clock)
    seed_people(core)
    assert Visitor(create_app(core)).sign_in("p009", PRACTICE).status_code == 303
    core.engine.dispose()
    keys = {label: secret.hex() for label, secret in practice_secrets().items()}
    real = build_core(_production(url, keys), clock)
    try:
        visitor = Visitor(create_app(real))
        answer = visitor.post("/sign-in", login="p009", password=PRACTICE)
        assert (answer.status_code, "账号或密码不对" in answer.text) == (401, True)
        with real.engine.begin() as tx:
            own = open_account(tx, real.vault, "p009")
        assert visitor.post("/sign-in", login="p009", password=own).status_code == 303
    finally:
        real.engine.dispose()


def _production(url: str, keys: dict[str, str]) -> Settings:
    """Settings as in production but for the keys, which have to open what practice sealed."""
    practice = Settings(database={"url": url}, clock={"address": ""}, keys=keys)  # type: ignore[arg-type, call-arg]
    return practice.model_copy(update={"profile": "production", "keys": {}})

"""Control H5: a forwarded address is believed from a listed proxy alone, and the console stays within its networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from pydantic import ValidationError
from sqlalchemy import select

from core.models.record import audit_log
from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.webapp.town import build, settings_for
from tests.webapp.visitor import Visitor
from webapp import create_app

Make = Callable[..., APIFlask]


@pytest.fixture
def make(tmp_path: Path, clock: StillClock) -> Iterator[Make]:
    """A site with these settings of `web`."""
    made = []

    def site(**web: Any) -> APIFlask:
        core = build(SQLite().prepared(migrated, tmp_path), clock, **web)
        made.append(core)
        return create_app(core)

    yield site
    for core in made:
        core.engine.dispose()


def heard(site: APIFlask, peer: str, **headers: str) -> str:
    """The address the log has for a failed sign-in from `peer`."""
    visitor = Visitor(site, peer)
    visitor.client.environ_base.update({f"HTTP_{name}": value for name, value in headers.items()})
    visitor.sign_in("nobody", "错的密码")
    with visitor.core.engine.connect() as tx:
        query = select(audit_log.c.address).where(audit_log.c.action == "sign_in").order_by(audit_log.c.seq.desc())
        return str(tx.execute(query).scalars().first())


def test_without_a_listed_proxy_no_header_is_believed(make: Make) -> None:
    site = make()
    for name in ("X_FORWARDED_FOR", "FORWARDED", "X_REAL_IP"):
        assert heard(site, "198.51.100.7", **{name: "10.9.9.9"}) == "198.51.100.7"


def test_a_listed_proxy_names_the_visitor_and_a_visitor_cannot_name_himself(make: Make) -> None:
    site = make(trusted_proxies=["10.0.0.0/29"])
    assert heard(site, "10.0.0.5", X_FORWARDED_FOR="203.0.113.8") == "203.0.113.8"
    assert heard(site, "10.0.0.5", X_FORWARDED_FOR="10.9.9.9, 203.0.113.8") == "203.0.113.8"  # the left part is forged
    assert heard(site, "::ffff:10.0.0.5", X_FORWARDED_FOR="2001:db8::7") == "2001:db8::7"
    assert heard(site, "198.51.100.7", X_FORWARDED_FOR="203.0.113.8") == "198.51.100.7"  # not a proxy of ours


def test_two_proxies_in_a_row_are_counted_from_the_right(make: Make) -> None:
    site = make(trusted_proxies=["10.0.0.5/32"], proxy_hops=2)
    assert heard(site, "10.0.0.5", X_FORWARDED_FOR="1.1.1.1, 203.0.113.8, 10.0.0.4") == "203.0.113.8"
    assert heard(site, "10.0.0.5", X_FORWARDED_FOR="203.0.113.8") == "10.0.0.5"  # one hop short: nobody's word is taken


@pytest.mark.parametrize("odd", ["", "unknown", "<script>", "1.2.3.4:80", "9" * 4000, "１.２.３.４"])
def test_what_is_no_address_is_none(make: Make, odd: str) -> None:
    given = {"X_FORWARDED_FOR": odd.encode().decode("latin-1")}
    assert heard(make(trusted_proxies=["10.0.0.5/32"]), "10.0.0.5", **given) == "10.0.0.5"


def test_the_lock_follows_the_visitor_not_the_proxy(make: Make) -> None:
    site = make(trusted_proxies=["10.0.0.5/32"])

    def attempt(visitor_address: str, password: str = "错的密码") -> Any:
        visitor = Visitor(site, "10.0.0.5")
        visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = visitor_address
        return visitor.sign_in("desk", password).status_code

    assert [attempt("203.0.113.8") for _ in range(6)][-1] == 429
    assert attempt("203.0.113.9") == 401, "a neighbour behind the same proxy is not locked out"


def test_forging_the_header_opens_no_fresh_tries(make: Make) -> None:
    site = make()
    answers = []
    for number in range(6):
        visitor = Visitor(site, "198.51.100.7")
        visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        answers.append(visitor.sign_in("desk", "错的密码").status_code)
    assert answers[-1] == 429


def test_the_console_opens_only_within_its_networks(make: Make) -> None:
    site = make(console_networks=["10.8.0.0/16"])
    inside, outside = Visitor(site, "10.8.3.4"), Visitor(site, "203.0.113.8")
    assert inside.sign_in("desk").status_code == 303
    for path in ("/sign-in", "/cases", "/log"):
        answer = outside.get(path)
        assert answer.status_code == 403
        assert "控制台只能在政务网内打开" in answer.text
    assert outside.client.post("/sign-in").status_code == 403
    assert outside.get("/healthz").status_code == 200
    assert outside.get("/api/v1/cases").status_code == 401  # machines have doors of their own


@pytest.mark.parametrize("odd", ["gestern", "10.0.0.1/8", "10.0.0.0/33"])
def test_a_network_that_is_none_stops_the_start(odd: str) -> None:
    with pytest.raises(ValidationError):
        settings_for("sqlite://", trusted_proxies=[odd])

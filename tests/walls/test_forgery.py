"""Forms that were not ours, reading that must not write, and what every answer tells the browser (E1, E3, A4)."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.cookies import SimpleCookie

import pytest
from flask import session
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.walls.table import Row, rows, somebody
from tests.walls.world import Ask, World

pytestmark = pytest.mark.xdist_group("walls-forgery")
OWN_RECORDS = (
    "sessions", "audit_log", "log_head", "sign_in_failures", "api_calls", "api_tokens", "rate_counts", "citizen_counts",
    "citizen_sessions", "screen_joins",
)  # fmt: skip
"""What keeps its own count of visits: who is signed in, who asked, how often, which screen waits to be let in."""
MACHINES = ("/api/", "/hooks/")
FORMS = [row for row in rows() if row.ask.method != "GET" and somebody(row) and not row.ask.path.startswith(MACHINES)]
READS = [row for row in rows() if row.ask.method == "GET" and somebody(row)]
ORIGIN = "http://127.0.0.1:9100"
CSP = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "font-src": "'self'",
    "img-src": "'self' data:", "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'",
    "frame-ancestors": "'none'",
}  # fmt: skip
INSIDE = dict.fromkeys(("script-src", "connect-src"), f"'self' {ORIGIN}")
"""The pages that ask DingTalk who opened them let in DingTalk's script, here the practice one."""
HASH = re.compile(r"'sha256-[A-Za-z0-9+/]{43}='")
ALONE: Mapping[str, str | re.Pattern[str]] = {
    "worker-src": "'self'",
    "script-src": HASH,
    "style-src": HASH,
    "form-action": "'none'",
    "img-src": "'self' data: blob:",
}
"""The page that judges a code without a network holds its script and style in itself, known by their hashes."""
OWN_SCRIPTS: Mapping[str, Mapping[str, str | re.Pattern[str]]] = {
    "GET /sign-in/inside": INSIDE, "GET /here/": INSIDE, "GET /check": ALONE,
}  # fmt: skip


def kept(world: World) -> dict[str, str]:
    """Every table but the ones that count visits, as a digest of its rows."""
    with closing(sqlite3.connect(str(world.core.engine.url.database))) as tx:
        names = [
            row[0]
            for row in tx.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
        ]
        return {
            name: hashlib.sha256(repr(tx.execute(f'SELECT * FROM "{name}"').fetchall()).encode()).hexdigest()
            for name in names
            if name not in OWN_RECORDS and not name.startswith("sqlite_")
        }


def tokens(world: World) -> dict[str, dict[str, str]]:
    """Ways a form may lack our token: none, an empty one, one altered, one made for another visitor."""
    with world.app.test_request_context():
        session["csrf_token"] = "0" * 40
        anothers = generate_csrf()
    signed, _, seal = world.csrf.rpartition(".")  # the last character says two bits less than it could: not that one
    altered = f"{signed}.{'A' if seal[0] != 'A' else 'B'}{seal[1:]}"
    return {
        "none": {}, "empty": {"csrf_token": ""}, "altered": {"csrf_token": altered},
        "another's": {"csrf_token": anothers}, "no token of ours": {"csrf_token": "x" * 5000},
    }  # fmt: skip


@pytest.mark.parametrize("row", FORMS, ids=lambda row: row.name)
def test_a_form_without_our_token_changes_nothing(world: World, row: Row) -> None:
    before, reader = kept(world), somebody(row)
    values = {**world.values, "own_photo": ""}
    form = {name: value.format(**values) for name, value in row.ask.form.items()} | {"token": "f" * 24}
    for how, given in tokens(world).items():
        client = world.client(reader)
        client.environ_base |= {"HTTP_ORIGIN": "https://evil.example", "HTTP_REFERER": "https://evil.example/"}
        answer = client.post(row.ask.path.format(**values), data={**form, **given}, buffered=True)
        assert answer.status_code == 400, (how, answer.status_code)
        assert "请刷新后再试" in answer.text, how
    assert kept(world) == before


@pytest.mark.parametrize("row", FORMS, ids=lambda row: row.name)
def test_a_token_in_an_address_is_none(world: World, row: Row) -> None:
    values = {**world.values, "own_photo": ""}
    mark = "&" if "?" in row.ask.path else "?"
    path = f"{row.ask.path.format(**values)}{mark}csrf_token={world.csrf}"
    assert world.client(somebody(row)).post(path, data={}, buffered=True).status_code == 400


def test_the_positive_control_of_the_above(world: World) -> None:
    """With the right token the same form does change something, and the digest sees it."""
    before = kept(world)
    answer = world.ask("dispatcher", Ask("POST", "/cases/views", {"name": "我的视图"}))
    assert answer.status_code == 303
    assert [name for name, digest in kept(world).items() if digest != before[name]] == ["saved_views"]
    world.put_back()


@pytest.mark.parametrize("row", READS, ids=lambda row: row.name)
def test_reading_writes_nothing(world: World, row: Row) -> None:
    before, path = kept(world), row.ask.path.format(**world.values, own_photo="x")
    assert world.ask(somebody(row), row.ask).status_code == row.answer
    assert world.client(somebody(row)).head(path, buffered=True).status_code < 500
    assert kept(world) == before


# --- what every answer says -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same world as it stands behind the proxy of a real deployment: cookies over TLS only."""
    url = SQLite().prepared(migrated, tmp_path_factory.mktemp("production"))
    made = World(url, StillClock(), secure_cookies=True)
    yield made
    made.close()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
@pytest.mark.parametrize("reader", ["nobody", "dispatcher", "system"])
def test_every_answer_carries_the_headers(in_production: World, row: Row, reader: str) -> None:
    answer = in_production.ask(reader, row.ask)
    in_production.put_back()
    check_headers(answer, row.ask.path, own=OWN_SCRIPTS.get(row.name))


@pytest.mark.parametrize("path", ["/nothing-here", "/cases/", "/static/../config.yaml", "/static/nothing", "/\x00"])
def test_what_does_not_exist_carries_them_too(in_production: World, path: str) -> None:
    answer = in_production.client("dispatcher").get(path, buffered=True)
    assert 300 <= answer.status_code < 500
    check_headers(answer, path)


def check_headers(answer: TestResponse, path: str, *, own: Mapping[str, str | re.Pattern[str]] | None = None) -> None:
    headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    for name, wanted in {**CSP, **(own or {})}.items():
        said = policy.pop(name)
        assert wanted.fullmatch(said) if isinstance(wanted, re.Pattern) else said == wanted, name
    assert not policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Server" not in headers
    assert "X-Powered-By" not in headers
    if not path.startswith("/static/"):
        assert headers["Cache-Control"] == "no-store"
    assert "charset" in headers["Content-Type"] or answer.mimetype not in ("text/html", "text/plain", "text/css")
    for line in headers.getlist("Set-Cookie"):
        ((name, cookie),) = SimpleCookie(line).items()
        assert name in ("__Host-sid", "__Host-form", "__Host-cid", "__Host-wall")
        assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/")
        assert cookie["samesite"] in ("Lax", "Strict")
        assert cookie["domain"] == ""


def test_a_session_id_never_stands_in_an_address_or_a_page(world: World) -> None:
    client = world.client("dispatcher")
    cookie = client.get_cookie("sid")
    assert cookie is not None
    for row in READS:
        if somebody(row) != "dispatcher":
            continue
        answer = client.get(row.ask.path.format(**world.values, own_photo="x"), buffered=True)
        assert cookie.value.encode() not in answer.data, row.name
        assert cookie.value not in str(answer.headers), row.name


def test_a_session_that_is_not_ours_opens_nothing(world: World) -> None:
    for odd in ("", "x", "A" * 43, "A" * 64, "A" * 3000, "../../etc/passwd", "%00", "' OR 1=1 --"):
        client = world.app.test_client()
        client.set_cookie("sid", odd)
        assert client.get("/cases").headers["Location"].startswith("/sign-in")

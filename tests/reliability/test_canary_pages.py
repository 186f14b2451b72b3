"""Control F4, the other half: what pages, files, the API, faults and the debug log tell of that caller (F3, E4)."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from core import Actor, Core
from core.logs import CHATTY
from core.machines import Machines
from core.models.desk import saved_views
from tests.builders import caller, clerk, desk, head, the_case
from tests.live import Live
from tests.reliability.test_canary import ADDRESS, NAME, PHONE, hits, lived, stored  # noqa: F401  (fixture)
from tests.webapp.machine_room import Platform, a_ticket, machine_app

pytestmark = pytest.mark.slow
PAGES = (
    "/cases?key=all", "/cases?key=done", "/cases/{no}", "/cases?key=all&q={no}", "/intake", "/digest", "/hotspots",
    "/stats?kind=registered", "/stats/cases?amount=received&kind=registered", "/stats/cases?amount=received", "/flows",
)  # fmt: skip


def browser_of(core: Core, actor: Actor) -> FlaskClient:
    """A browser somebody is signed in to."""
    app = machine_app(core)
    client = app.test_client()
    client.set_cookie("sid", app.extensions["sessions"].open(actor.person))
    return client


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever any part says at any level is kept, from before the case begins; the chatty keep still."""
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    caplog.set_level(logging.DEBUG)
    yield
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.NOTSET)


def test_no_page_shows_the_caller_in_full(live: Live, lived: int) -> None:  # noqa: F811
    core, no = live.core, the_case(live.core, lived)["no"]
    live.clock.advance(minutes=2)
    while core.measures.fold():
        pass
    shown = 0
    for actor in (desk(core), head(core), caller(core), clerk(core)):
        client = browser_of(core, actor)
        for path in PAGES:
            answer = client.get(path.format(no=no), buffered=True)
            assert answer.status_code in (200, 403), path
            assert hits(answer.data) == [], (actor.role, path)
            assert hits(str(answer.headers)) == [], (actor.role, path)
            shown += "井盖缺失" in answer.text
    assert shown >= 12, "the case is on these pages"


def test_no_file_and_no_answer_of_the_api_tells_the_caller(live: Live, lived: int) -> None:  # noqa: F811
    core, no = live.core, the_case(live.core, lived)["no"]
    live.clock.advance(minutes=2)
    while core.measures.fold():
        pass
    client = browser_of(core, desk(core))
    page = client.get("/stats").text
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    for path in ("/stats/export?kind=registered", "/stats/cases/export?amount=received&kind=registered"):
        answer = client.post(path, data={"csrf_token": csrf, "token": "c" * 24, "reason": "月度通报"}, buffered=True)
        assert answer.status_code == 200
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            inside = b"".join(book.read(name) for name in book.namelist())
        assert hits(inside) == [], path
        assert no.encode() in inside or "cases" not in path, "the file holds the case"
        assert hits(str(answer.headers)) == []
    secret = Machines(core.engine, core.vault).add_client("canary", "试验")
    bearer = {"Authorization": f"Bearer {Machines(core.engine, core.vault).grant('canary', secret).token}"}
    for path in ("/api/v1/cases", f"/api/v1/cases/{no}"):
        answer = client.get(path, headers=bearer)
        assert no in answer.text
        assert hits(answer.data) == [], path


def test_a_fault_tells_a_number_and_nobodys_name(
    live: Live, lived: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,  # noqa: F811
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Something breaks while the caller's own words are in hand: on the page, at the feed, in the log at any level."""
    core = live.core

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the line is down")

    client = browser_of(core, desk(core))
    csrf = client.get("/intake").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {
        "csrf_token": csrf,
        "token": "c" * 24,
        "title": "井盖缺失",
        "content": NAME,
        "place": ADDRESS,
        "channel": "RX",
    }
    form |= {"type": "complain", "urgency": "normal", "caller_name": NAME, "caller_phone": PHONE, "address": ADDRESS}
    monkeypatch.setattr(core, "register", broken)
    page = client.post("/intake", data=form)
    pushed = Platform(machine_app(core).test_client()).push(
        a_ticket(ticket_no="CANARY-2", caller_name=NAME, caller_phone=PHONE, address=ADDRESS)
    )
    assert (page.status_code, pushed.status_code) == (500, 500)
    assert "编号" in page.text
    for answer in (page, pushed):
        assert hits(answer.data) == []
        assert not [
            word for word in ("Traceback", "RuntimeError", "sqlalchemy", "/core/", ".py") if word in answer.text
        ]
    out = capfd.readouterr()
    told = "\n".join([caplog.text, *(str(record.__dict__) for record in caplog.records), out.out, out.err])
    assert "the line is down" in told, "the fault is on record"
    assert hits(told) == []
    assert lived


def test_the_search_finds_what_is_planted(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    """The positive control: a canary in a plain column, in a log line and in a file would be found."""
    with core.engine.begin() as tx:
        row: dict[str, Any] = {"post_id": desk(core).post, "name": NAME, "query": {}, "kept_at": core.clock.now()}
        tx.execute(insert(saved_views).values(**row))
    assert NAME in hits(b"".join(found for _, found in stored(core)))
    logging.getLogger("canary").debug("called %s", PHONE)
    assert PHONE in hits(caplog.text)
    assert hits(json.dumps({"address": ADDRESS})) != []

"""A wall by itself: it reads screens and nothing else, comes back after a fault, and stays known for years."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from core import Core
from core.crypto import token_hash
from core.models.record import events
from core.models.screens import screen_devices, screen_joins
from core.policy.topics import read_topics
from core.screens import Screens
from tests.webapp.town import Town
from webapp import create_app
from webapp.walls import TEN_YEARS

TOKEN = "the-token-of-a-wall"


@pytest.fixture
def core(town: Town) -> Core:
    return town.core


@pytest.fixture
def wall(core: Core) -> Any:
    """The browser of a wall that is let in."""
    core.measures.fold()
    told = {"title": "大厅左屏", "place": "三楼", "topics": {"all": ["home"]}, "every": 30, "active": True}
    with core.engine.begin() as tx:
        tx.execute(insert(screen_devices).values(**told, token_hash=token_hash(TOKEN), bound_at=core.clock.now()))
    client = create_app(core).test_client()
    client.set_cookie("wall", TOKEN)
    return client


def test_a_wall_reads_screens_and_nothing_else(core: Core, wall: Any) -> None:
    """Every address of the product asked for as a wall: what is not a screen or for everybody is shut."""
    app: Flask = wall.application
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if view.audience in ("public", "machine", "screens"):
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = wall.open(re.sub("<[^>]+>", "1", re.sub(r"<any\((\w+)[^>]+>", r"\1", rule.rule)), method=method)
            assert answer.status_code in (302, 303, 400, 401, 403), (method, rule.rule, answer.status_code)
            assert "/sign-in" in answer.headers.get("Location", "/sign-in"), rule.rule


def test_nothing_a_wall_may_fetch_names_a_person(core: Core, wall: Any) -> None:
    with core.engine.begin() as tx:
        before = tx.execute(select(events.c.id).order_by(events.c.id.desc())).scalar()
    people = {holder.name for held in core.directory().by_person.values() for holder in held if len(holder.name) > 2}
    for name, topic in read_topics().items():
        lists = [place for place, panel in enumerate(topic.panels) if panel.show in ("live", "table")]
        asked = [f"/screen/{name}.json", f"/screen/{name}/towns.json", f"/wall/{name}"]
        for path in asked + [f"/screen/{name}/rows/{place}.json" for place in lists]:
            answer = wall.get(path)
            assert answer.status_code == 200, path
            body = answer.get_data(as_text=True)
            assert [one for one in people if one in body] == [], path
            assert wall.post(path).status_code in (400, 405)
    with core.engine.begin() as tx:
        assert tx.execute(select(events.c.id).order_by(events.c.id.desc())).scalar() == before


def test_its_cookie_is_handed_out_anew_with_every_page(wall: Any) -> None:
    """Browsers keep none for longer than 400 days, and a wall hangs for years."""
    [cookie] = wall.get("/wall/home").headers.getlist("Set-Cookie")
    assert cookie.startswith(f"wall={TOKEN};")
    assert {"HttpOnly", f"Max-Age={TEN_YEARS}"} <= set(cookie.split("; "))
    assert wall.get("/screen/home.json").headers.getlist("Set-Cookie") == []


def test_a_wall_that_was_shut_out_shows_a_code_when_it_starts_again(core: Core, wall: Any) -> None:
    """Nobody stands before it to type a password, and its address bar is hidden."""
    with core.engine.begin() as tx:
        tx.execute(update(screen_devices).values(active=False))
    answer = wall.get("/wall")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/wall/join")
    page = wall.get("/wall/join")
    with core.engine.begin() as tx:
        assert tx.execute(select(screen_joins.c.code)).scalar_one() in page.get_data(as_text=True)
    assert "/sign-in" in page.get_data(as_text=True), "who has an account is not locked out by an old cookie"
    assert "/sign-in" in wall.application.test_client().get("/wall").headers["Location"]


def test_a_wall_that_met_a_fault_asks_again_by_itself(wall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(Screens, "picture", away)
    answer = wall.get("/wall/home")
    assert (answer.status_code, answer.headers["Refresh"]) == (503, "30")
    assert "Refresh" not in wall.get("/wall/nothing").headers


def test_every_answer_tells_the_servers_time(core: Core, wall: Any) -> None:
    """Machines at walls have clocks of their own, some an hour off."""
    first = wall.get("/screen/home.json")
    again = wall.get("/screen/home.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    for answer in (first, again):
        assert int(answer.headers["X-Now"]) == int(core.clock.now().timestamp() * 1000)

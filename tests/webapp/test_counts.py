"""One number, one wording: on the card in chat, on the page and in the API, whatever it counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask

from cards.home import home_face
from cards.spoken import in_words
from cards.work import work_face
from core.machines import Machines
from tests.webapp.town import Town, a_busy_week
from tests.webapp.visitor import Visitor

KEYS = ("today", "todo", "done", "all", "overdue")
TALLY = re.compile(r'key=(\w+)"[^>]*><span>[^<]*</span> <b>([^<]*)</b>')


@pytest.fixture(params=[3, 999])
def most(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Numbers that are all in sight, and numbers that most lists go beyond."""
    said: int = request.param
    monkeypatch.setattr("core.views.MOST_SAID", said)
    monkeypatch.setattr("core.queries.lists.MOST", said + 1)
    return said


def test_chat_page_and_api_say_the_same(town: Town, site: APIFlask, visit: Callable[..., Visitor], most: int) -> None:
    a_busy_week(town)
    visitor, desk = visit("desk"), town.actor("desk")
    home = town.core.home(desk)
    on_page = dict(TALLY.findall(visitor.get("/cases").text))
    on_card = home_face(home).private["tallies"]
    for key, tally in zip(KEYS, home.tallies, strict=True):
        listed = town.core.work(desk, key)
        assert tally.said == listed.said == on_page[key]
        assert f'"tag":"{tally.said}"' in on_card.replace(" ", "")
        assert f"共 {tally.said} 件" in visitor.get(f"/cases?key={key}").text
        for told in (work_face(listed).alert, in_words(work_face(listed))[1]):
            assert f"{tally.said} 件" in told
    secret = Machines(town.core.engine, town.core.vault).add_client("screen-1", "区大屏")
    client: Any = site.test_client()
    token = client.post("/api/v1/token", json={"appid": "screen-1", "appsecret": secret}).json["access_token"]
    answer = client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"}).json
    assert answer["said"] == on_page["all"]
    assert answer["said"] == ("3+" if most == 3 else str(answer["total"]))


def test_the_sources_of_the_page_open_lists_of_their_number(town: Town, visit: Callable[..., Visitor]) -> None:
    a_busy_week(town)
    visitor, desk = visit("desk"), town.actor("desk")
    assert any(one.count for one in town.core.home(desk).sources)
    for one in town.core.home(desk).sources:
        assert f"共 {one.said} 件" in visitor.get(f"/cases?source={one.key}").text

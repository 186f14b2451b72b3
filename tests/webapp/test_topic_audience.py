"""A topic for some posts only: whoever is not of them, and every wall, meets it nowhere, by whatever way they ask."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from apiflask import APIFlask
from sqlalchemy import insert, select

from core.crypto import token_hash
from core.models.record import letters
from core.models.screens import screen_devices
from core.policy.feeds import TOPICS
from core.policy.topics import read_topics
from core.topic_watch import TopicWatch
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

TITLE, METRIC = "区领导专题", "机要登记"
SECRET: dict[str, Any] = {
    "name": "secret", "title": TITLE, "order": 31, "group": "scene", "audience": ["district_leader"],
    "owner": "区政府办公室", "refresh": 60, "lead": "asked",
    "metrics": [
        {"name": "asked", "title": METRIC, "good": "down", "warn": {"yellow": 1, "orange": 1, "red": 1},
         "of": {"record": "registered", "over": "today"}},
    ],
    "panels": [
        {"show": "number", "title": "登记", "metrics": ["asked"]},
        {"show": "live", "title": "办件", "record": "orders", "filters": ["state"]},
        {"show": "ranking", "title": "镇街", "metrics": ["asked"], "by": "town"},
    ],
}  # fmt: skip
PAGES = ("/wall/secret", "/m/secret", "/metrics/secret")
DATA = ("/screen/secret.json", "/screen/secret/towns.json", "/screen/secret/rows/1.json?state=x")
ASKED = ("metric=secret.asked", "topic=secret&town=海秀街道", "topic=secret&panel=2&row=海秀街道")


@pytest.fixture(autouse=True)
def secret(tmp_path: Path, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thirty topics and one for district leaders; a case of today makes its number red."""
    folder = shutil.copytree(TOPICS, tmp_path / "topics")
    (folder / "secret.yaml").write_text(yaml.safe_dump(SECRET, allow_unicode=True), encoding="utf-8")
    for place in ("core.screens", "core.register.screens", "core.register.choices"):
        monkeypatch.setattr(f"{place}.read_topics", lambda: read_topics(folder))
    town.register(0, town="海秀街道")
    town.core.measures.fold()


@pytest.fixture
def wall(site: APIFlask, town: Town) -> Any:
    """A wall that was let in while the topic was still for everybody."""
    told = {"title": "大厅", "place": "", "topics": {"all": ["secret", "home"]}, "every": 30, "active": True}
    with town.core.engine.begin() as tx:
        tx.execute(insert(screen_devices).values(**told, token_hash=token_hash("t"), bound_at=town.clock.now()))
    client = site.test_client()
    client.set_cookie("wall", "t")
    return client


def test_those_it_is_for_see_it(visit: Callable[..., Visitor]) -> None:
    leader = visit("leader")
    for path in (*PAGES, *DATA):
        assert leader.get(path).status_code == 200, path
    assert all(TITLE in leader.get(path).get_data(as_text=True) for path in ("/wall/home", "/m/topics", "/metrics"))
    found = [leader.core.screens.evidence(dict(parse_qsl(asked)), "district_leader") for asked in ASKED]
    assert all(seen and TITLE in seen["content"] for seen in found)


@pytest.mark.parametrize("login", ["desk", "head", "water", "system"])
def test_others_meet_it_nowhere(visit: Callable[..., Visitor], login: str) -> None:
    one = visit(login)
    for path in (*PAGES, *DATA):
        answer = one.get(path)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 403, path
        assert f"「{TITLE}」只给区领导看，这里不能打开。" in page, path
        assert METRIC not in page, path
    for path in ("/wall", "/wall/home?tour=secret,home", "/m", "/m/topics", "/m/home", "/metrics", "/metrics/home"):
        page = one.client.get(path, follow_redirects=True).get_data(as_text=True)
        assert (TITLE in page, "secret" in page, METRIC in page) == (False, False, False), path
    for form in ("/intake", "/joint/new"):
        for asked in ASKED:
            answer = one.get(f"{form}?{asked}")
            page = answer.get_data(as_text=True)
            assert (TITLE in page, METRIC in page) == (False, False), (form, asked)


def test_a_wall_shows_it_to_nobody(wall: Any) -> None:
    for path in ("/wall/secret", *DATA):
        answer = wall.get(path)
        assert (answer.status_code, METRIC in answer.get_data(as_text=True)) == (403, False), path
    assert wall.get("/wall").headers["Location"] == "/wall/home", "its tour passes it by"
    page = wall.get("/wall/home").get_data(as_text=True)
    assert (TITLE in page, "secret" in page, METRIC in page) == (False, False, False)


def test_its_warnings_reach_only_those_it_is_for(town: Town) -> None:
    """The desk hears of red numbers, but not of one that it may not look at."""
    assert TopicWatch(town.core).check() > 0
    with town.core.engine.begin() as tx:
        keys = tx.execute(select(letters.c.key).where(letters.c.key.like("topic:secret.%"))).scalars().all()
    leaders = {one.person for one in town.core.directory().by_role["district_leader"]}
    assert {int(key.split(":")[4]) for key in keys} == leaders


@pytest.mark.parametrize(
    ("panel", "fault"),
    [
        ({"show": "number", "title": "登记", "metrics": ["secret.asked"]}, "登记: secret.asked is for district_leader"),
        ({"show": "table", "title": "表", "feed": "closed.rows"}, "表: closed.rows is for audit_admin"),
    ],
)
def test_no_other_topic_tells_what_is_in_it(tmp_path: Path, panel: dict[str, Any], fault: str) -> None:
    """A picture is one for all its readers: a number of a closed topic on an open one would be seen by everybody."""
    rows = {
        "name": "rows", "title": "行", "owner": "甲", "every": 600, "keep": 30, "by": "push", "key": ["at"],
        "time": "at", "columns": {"at": {"title": "时间", "type": "time", "required": True}},
    }  # fmt: skip
    closed = {**SECRET, "name": "closed", "order": 32, "audience": ["audit_admin"], "datasets": [rows]}
    open_ = {**SECRET, "name": "open", "order": 33, "audience": ["everyone"], "panels": [panel]}
    (tmp_path / "more").mkdir()
    for topic in (SECRET, closed, open_):
        text = yaml.safe_dump(topic, allow_unicode=True)
        (tmp_path / "more" / f"{topic['name']}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=fault):
        read_topics(tmp_path / "more")

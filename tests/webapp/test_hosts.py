"""The hosts' agent against the real door: minutes kept while the platform is away, each counted once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bots.hosts import Agent, Host
from core import Core
from core.feeds.desk import Feeds
from core.machines import Machines
from core.policy.feeds import read_datasets
from tests.clock import StillClock
from tests.core.feed_room import TOPICS
from tests.databases import SQLite, migrated
from tests.town import a_core
from tests.webapp.machine_room import machine_app


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = a_core(SQLite().prepared(migrated, tmp_path), StillClock(datetime.now(UTC)))
    made.feeds = Feeds(made, read_datasets(TOPICS))
    yield made
    made.engine.dispose()


def test_a_host_tells_its_load_and_nothing_is_lost_while_nobody_listens(core: Core) -> None:
    machines = Machines(core.engine, core.vault)
    secret = machines.add_client("hosts-1", "主机采集")
    machines.allow_feeds("hosts-1", ["info_centre.hosts"])
    there = httpx.WSGITransport(app=machine_app(core))
    away = httpx.MockTransport(lambda _: httpx.Response(503, text="later"))
    host = Host("db-1", "数据库")
    with httpx.Client(base_url="http://platform", transport=away) as nobody:
        agent = Agent(nobody, "hosts-1", secret)
        earlier = core.clock.now() - timedelta(minutes=10)
        for minute in range(3):
            agent.waiting.append({**host.look(), "at": f"{earlier + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"})
            assert not agent.push()
    with httpx.Client(base_url="http://platform", transport=there) as platform:
        back = Agent(platform, "hosts-1", secret)
        back.waiting.extend([*agent.waiting, *agent.waiting])
        assert back.push()
        assert not back.waiting
        back._token = "worn-out-" * 4  # as after two hours
        back.waiting.append(host.look())
        assert back.push()
    line = next(one for one in core.feeds.board() if one.name == "info_centre.hosts")
    assert (line.refused_today, line.rows) == (0, 4)

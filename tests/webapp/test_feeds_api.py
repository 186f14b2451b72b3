"""The door for other systems' data: who may push what, hostile bodies, and nothing lost among them."""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from core import Core
from core.feeds.desk import Feeds
from core.machines import Machines
from core.models.feeds import feed_deliveries, feed_rows
from core.policy.feeds import read_datasets
from tests.clock import StillClock
from tests.core.feed_room import NINE, TOPICS, berth
from tests.town import a_core
from tests.webapp.machine_room import machine_app

BERTHS = "/api/v1/feeds/port/berths"


class Port:
    """The port company's system: a client that may deliver the port's datasets and read nothing."""

    def __init__(self, core: Core, *feeds: str) -> None:
        self.core, self.app = core, machine_app(core)
        machines = Machines(core.engine, core.vault)
        secret = machines.add_client("port-1", "港务公司")
        machines.allow_feeds("port-1", feeds)
        self.headers = {"Authorization": f"Bearer {machines.grant('port-1', secret).token}"}

    def push(self, value: Any, path: str = BERTHS, **headers: str) -> Any:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.app.test_client().post(path, data=raw, headers={**self.headers, **headers})

    def count(self, table: Any) -> int:
        with self.core.engine.connect() as tx:
            return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def core(migrated_url: str, clock: StillClock) -> Iterator[Core]:
    made = a_core(migrated_url, clock)
    made.feeds = Feeds(made, read_datasets(TOPICS))
    yield made
    made.engine.dispose()


@pytest.fixture
def port(core: Core) -> Port:
    return Port(core, "port.*")


def test_good_rows_are_taken_and_bad_ones_told(port: Port) -> None:
    answer = port.push({"delivery": "d-1", "at": NINE.isoformat(), "rows": [berth(), berth(tons=-1), {"x": 1}]})
    assert answer.status_code == 200
    assert {name: answer.json[name] for name in ("rows", "fresh", "refused", "repeated")} == {
        "rows": 3, "fresh": 1, "refused": 2, "repeated": False,
    }  # fmt: skip
    assert [fault["row"] for fault in answer.json["faults"]] == [2, 3]
    assert answer.json["strange"] == ["x"]
    again = port.push({"delivery": "d-1", "at": NINE.isoformat(), "rows": [berth(), berth(tons=-1), {"x": 1}]})
    assert (again.json["repeated"], again.json["id"]) == (True, answer.json["id"])
    other = port.push({"delivery": "d-1", "at": NINE.isoformat(), "rows": [berth(tons=7)]})
    assert (other.status_code, other.json["error"]["code"]) == (409, "DifferentBody")
    shape: Any = port.app.test_client().get(BERTHS, headers=port.headers).json
    assert (shape["key"], shape["time"]) == (["berth", "at"], "at")
    assert shape["columns"][5]["choices"] == ["作业", "空闲", "检修"]


def test_who_may_push_what(core: Core) -> None:
    port = Port(core, "port.incidents")
    for path, status in [
        (BERTHS, 403), ("/api/v1/feeds/port/ships", 404), ("/api/v1/feeds/%00/..", 404),
        (f"{BERTHS}?token=x", 400), (f"{BERTHS}?x=1", 400),
    ]:  # fmt: skip
        answer = port.push({"rows": [berth()]}, path)
        assert answer.status_code == status, path
        assert answer.json["error"]["message"].endswith("。")
    assert port.push({"rows": [berth()]}, Authorization="Bearer " + "x" * 40).status_code == 401
    assert port.app.test_client().get("/api/v1/cases", headers=port.headers).status_code == 401  # brings, reads nothing
    assert port.count(feed_rows) == 0


DEEP = b'{"rows":' + b"[" * 5000 + b"]" * 5000 + b"}"
HOSTILE = [
    b"", b"\xff\xfe", b"null", b"[]", b"{", b'"x"', b"NaN", b'{"rows":NaN}', b'{"rows":null}', b'{"rows":[]}',
    b'{"rows":[{}],"rows":[{}]}', b'{"rows":{"a":1}}', b'{"rows":[1],"evil":1}', DEEP, b'{"rows":[' + b"{" * 99,
    b'{"rows":[{"at":1e999}],"at":"x"}', b'{"rows":[{}],"delivery":"' + b"d" * 999 + b'"}', b"<xml/>",
    b'{"rows":[{}],"delivery":{"a":[]}}', b'{"rows":[{}],"at":99999999999999999999}',
    b'{"rows":[{"\\u0000":1}],"at":{}}',
    json.dumps({"rows": [{}] * 5001}).encode(), b'{"rows":[' + b"9" * 5000 + b"]}", b"{}" + b" " * 100,
]  # fmt: skip


def test_hostile_bodies_get_one_sentence_and_change_nothing(port: Port) -> None:
    port.push({"rows": [berth()]})
    for raw in HOSTILE:
        answer = port.push(raw)
        assert 400 <= answer.status_code < 500, (raw[:40], answer.status_code, answer.text[:80])
        sentence = answer.json["error"]["message"]
        assert sentence.count("。") == 1, sentence
        assert not sentence.isascii()
    assert port.push(b"x" * (4 * 1024 * 1024 + 1)).status_code == 413
    assert port.count(feed_rows) == 1
    lines = port.core.feeds.deliveries("port.berths").lines
    assert {line.source for line in lines} == {"port-1"}
    assert any("JSON" in line.why for line in lines)  # the console tells of them
    assert port.push({"rows": [berth(minutes=10)]}).status_code == 200


def test_a_packed_body_and_one_with_a_mark_are_read_and_a_bomb_is_too_big(port: Port) -> None:
    """What says that it is packed and is not, is read as it stands: no good row is lost by a careless header."""
    ways: list[tuple[Callable[[bytes], bytes], str]] = [
        (gzip.compress, "gzip"), (zlib.compress, "deflate"), (bytes, "gzip"), (lambda raw: b"\xef\xbb\xbf" + raw, ""),
    ]  # fmt: skip
    for minute, (pack, coding) in enumerate(ways):
        raw = json.dumps({"rows": [berth(minutes=minute)]}).encode()
        answer = port.push(pack(raw), **{"Content-Encoding": coding})
        assert (answer.status_code, answer.json.get("fresh")) == (200, 1), answer.json
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    packed = gzip.compress(json.dumps({"rows": [berth(minutes=9)]}).encode())
    for body, coding, status, why in (
        (bomb, "gzip", 413, "超过 4 MB"),
        (packed[:-9], "gzip", 400, "不完整"), (b"nothing packed", "gzip", 400, "解不开"),
        (packed, "br", 400, "或用 gzip 压缩一次"), (packed, "gzip, gzip", 400, "或用 gzip 压缩一次"),
    ):  # fmt: skip
        answer = port.push(body, **{"Content-Encoding": coding})
        assert answer.status_code == status, coding
        assert why in answer.json["error"]["message"]
    assert port.count(feed_rows) == 4
    answer = port.push(b'{"rows": [{"tons": NaN}]}')
    assert "NaN 不是 JSON 里的数" in answer.json["error"]["message"]


def test_pushes_at_once_lose_nothing(port: Port) -> None:
    """Four senders, the same rows twice each, shuffled by the threads: every row once."""
    found: list[int] = []

    def send(part: int) -> None:
        for turn in range(6):
            rows = [berth(f"{(part // 2) * 100 + n}号", minutes=turn) for n in range(20)]
            found.append(port.push({"rows": rows}).status_code)

    threads = [threading.Thread(target=send, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {200}
    assert port.count(feed_rows) == 2 * 6 * 20
    assert port.count(feed_deliveries) >= 12
    with port.core.engine.connect() as tx:
        assert len(tx.execute(select(feed_rows.c.key).distinct()).all()) == 240

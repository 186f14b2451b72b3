"""Sources of the screens: JSON in another's words, a folder of sheets, a database; and what if one is away."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from pydantic import SecretStr

from core import Core
from core.adapters.feeds import build_feeds, source_of
from core.arrivals.opening import open_sheet
from core.feeds.desk import Feeds
from core.feeds.folds import newest
from core.feeds.rounds import Rounds
from core.policy.arrivals import arrival_rules
from core.policy.feed_rules import feed_rules
from core.policy.feeds import read_datasets
from core.settings import FeedSource
from tests.clock import StillClock
from tests.core.feed_room import NINE, TOPICS, berth, line_of
from tests.town import a_core


class Far:
    """Another's system on loopback: answers what it is told, counts who asked, hides when told to."""

    def __init__(self) -> None:
        self.answer: Any = {"rows": []}
        self.asked: list[str] = []
        self.headers: list[Any] = []
        self.pages: list[Any] = []
        self.other: dict[str, Any] = {}
        self.refused: dict[str, int] = {}
        self.more: dict[str, str] = {}
        self.status = 200
        far = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                far.asked.append(self.path)
                far.headers.append(self.headers)
                if far.pages:  # the last one is told for ever
                    far.answer = far.pages[min(int(self.path.partition("=")[2]), len(far.pages)) - 1]
                answer = far.other.get(self.path, far.answer)
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(far.refused.get(self.path, far.status))
                for name, value in far.more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def far() -> Iterator[Far]:
    made = Far()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def core(migrated_url: str, clock: StillClock) -> Iterator[Core]:
    made = a_core(migrated_url, clock)
    made.feeds = Feeds(made, read_datasets(TOPICS))
    yield made
    made.engine.dispose()


def rounds(core: Core, **given: Any) -> Rounds:
    """What the settings would say of the berths."""
    source = FeedSource(**{**given, "address": SecretStr(given["address"])})
    feeds = core.settings.feeds.model_copy(update={"sources": {"port.berths": source}})
    settings = core.settings.model_copy(update={"feeds": feeds})
    sheet = arrival_rules().sheet
    built = build_feeds(settings, core.feeds.datasets, lambda raw, name: open_sheet(raw, sheet, name))
    return Rounds(core.feeds, core.clock, built)


def stand(core: Core) -> Any:
    return line_of(core.feeds).stand


def test_another_dialect_is_a_mapping(core: Core, far: Far, clock: StillClock) -> None:
    rows = [
        {"code": f"{n}号", "when": NINE.isoformat(), "work": {"tons": str(n), "kind": "作业"}, "memo": "x"}
        for n in range(1, 4)
    ]
    far.answer = {"result": {"list": [*rows, {"code": "坏"}]}, "next": "p-2", "at": NINE.isoformat()}
    asked = rounds(
        core, address=f"{far.address}/{{topic}}/{{dataset}}.json", rows="result.list",
        columns={"at": "when", "berth": "code", "tons": "work.tons", "state": "work.kind"},
    )  # fmt: skip
    assert asked.run() == 3
    assert far.asked == ["/port/berths.json", "/port/berths.json?since=p-2"]
    assert asked.run() == 0  # it is not due for ten minutes
    line = line_of(core.feeds)
    assert (line.rows, line.refused_today, line.strange, line.stand.state) == (3, 1, "memo", "fine")
    clock.advance(minutes=11)
    far.answer = {"result": {"list": []}, "next": "p-3", "more": False}
    asked.run()
    assert far.asked[2:] == ["/port/berths.json?since=p-2"]
    assert stand(core).state == "fine"


def test_a_list_in_pages_is_read_to_its_end_and_from_its_beginning(core: Core, far: Far, clock: StillClock) -> None:
    """Also where a look holds fewer pages than the list, and where the last page is told for ever."""
    moments = [berth(minutes=one) for one in range(45)]
    far.pages = [{"rows": moments[first : first + 2]} for first in range(0, 45, 2)]
    asked = rounds(core, address=far.address, page="pageNo", headers={"X-App-Key": "k-1"})
    assert asked.run() + asked.run() + asked.run() == 45
    assert far.asked[:2] == ["/?pageNo=1", "/?pageNo=2"]
    assert {one["X-App-Key"] for one in far.headers} == {"k-1"}
    clock.advance(minutes=11)
    far.asked.clear()
    far.pages = [{"rows": [berth("新", minutes=5)]}]
    assert asked.run() == 1
    assert far.asked[0] == "/?pageNo=1"
    assert (stand(core).state, line_of(core.feeds).rows) == ("fine", 46)


def test_packed_and_gb18030_answers_are_read(core: Core, far: Far, clock: StillClock) -> None:
    asked = rounds(core, address=far.address)
    told = {"rows": [berth("秀英港 1 号", minutes=10)]}
    text = json.dumps(told, ensure_ascii=False)
    for minute, (body, more) in enumerate(
        [
            (gzip.compress(text.encode()), {"Content-Encoding": "gzip"}),
            (zlib.compress(text.replace("1 号", "2 号").encode()), {"Content-Encoding": "deflate"}),
            (text.replace("1 号", "3 号").encode("gb18030"), {"Content-Type": "application/json;charset=GBK"}),
            (text.replace("1 号", "4 号").encode("gb18030"), {}),
            (b"\xef\xbb\xbf" + text.replace("1 号", "5 号").encode(), {}),
        ],
        1,
    ):
        far.answer, far.more = body, more
        assert asked.run() == 1, (minute, stand(core).words)
        clock.advance(minutes=11)
    shown = [row["berth"] for row in newest_of(core)]
    assert sorted(shown) == [f"秀英港 {one} 号" for one in range(1, 6)]
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    for body, coding, why in ((bomb, "gzip", "超过 5 MB"), (b"x", "gzip", "解不开"), (b"x", "br", "请改为不压缩")):
        far.answer, far.more = body, {"Content-Encoding": coding}
        clock.advance(minutes=31)
        asked.run()
        assert why in stand(core).words


def newest_of(core: Core) -> tuple[dict[str, Any], ...]:
    dataset = core.feeds.datasets["port.berths"]
    return core._read(lambda tx: newest(tx, dataset, ("berth",), 20))


def test_a_source_away_for_an_hour_is_asked_less_and_comes_back_whole(core: Core, far: Far, clock: StillClock) -> None:
    far.answer = {"rows": [berth(minutes=10)]}
    asked = rounds(core, address=far.address)
    assert asked.run() == 1
    far.status = 503
    tries = len(far.asked)
    for _ in range(12 * 60 + 12):  # an hour and the ten minutes until it is due, looked at every five seconds
        clock.advance(seconds=5)
        asked.run()
    assert 5 <= len(far.asked) - tries <= 12
    assert (stand(core).state, stand(core).stale) == ("failing", True)
    assert "503" in stand(core).words
    far.status, far.answer = 200, {"rows": [berth(minutes=-minutes) for minutes in range(0, 60, 10)]}
    for _ in range(121):
        clock.advance(seconds=5)
        asked.run()
    assert (stand(core).state, line_of(core.feeds).rows) == ("fine", 7)


def test_what_is_no_answer_is_a_failure_with_a_reason(core: Core, far: Far, clock: StillClock) -> None:
    asked = rounds(core, address=far.address)
    for answer, why in [
        (b"<html>", "不是 JSON"),
        ({"rows": 1}, "没有「rows」"),
        (b"[" * 9999, "不是 JSON"),
        ([], "没有"),
    ]:
        far.answer = answer
        asked.run()
        assert why in stand(core).words, answer
        clock.advance(minutes=11)
    far.answer = {"rows": [None, 1, [[]], {"at": {}}, berth(minutes=-30)], "next": 7, "at": "never"}
    assert asked.run() == 1
    away = rounds(core, address="http://127.0.0.1:9")
    clock.advance(minutes=11)
    away.run()
    assert "连接不上" in stand(core).words


def test_files_are_read_once_and_moved_aside(core: Core, tmp_path: Path, clock: StillClock) -> None:
    folder = tmp_path / "port" / "berths"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(
        "时间,泊位,吞吐量（吨）\n2026-03-09 08:00,1号,12\n2026-03-09 08:10,1号,x\n\n".encode("gb18030")
    )
    book = xlsxwriter.Workbook(folder / "b.xlsx")
    sheet = book.add_worksheet()
    for row, cells in enumerate([("at", "berth", "tons"), ("2026/03/09 08:20", "2号", 7.5)]):
        sheet.write_row(row, 0, cells)
    book.close()
    (folder / "c.csv").write_bytes(b"\0\0")
    (folder / "d.txt").write_text("not ours")
    (folder / "e.csv").write_text("still growing")
    for name in "abcd":
        path = next(folder.glob(f"{name}.*"))
        os.utime(path, (1e9 + ord(name), 1e9 + ord(name)))
    asked = rounds(core, by="file", address=str(tmp_path))
    assert asked.run() == 2
    assert sorted(path.name for path in folder.glob("*.*")) == ["d.txt", "e.csv"]
    assert len(list(folder.glob("taken/*"))) == 2
    assert [path.name[-5:] for path in folder.glob("unread/*")] == ["c.csv"]
    assert "c.csv" in stand(core).words
    told = {line.source: (line.way, line.fresh, line.refused) for line in core.feeds.deliveries("port.berths").lines}
    assert told == {"a.csv": ("文件投放", 1, 1), "b.xlsx": ("文件投放", 1, 0)}


def test_a_database_is_asked_and_never_written_to(core: Core, tmp_path: Path, clock: StillClock) -> None:
    path = tmp_path / "port.db"
    far = sqlite3.connect(path)
    far.execute("CREATE TABLE work (moment TEXT, berth TEXT, tons REAL)")
    far.execute("INSERT INTO work VALUES ('2026-03-09 08:00:00', '1号', 12), ('2026-03-09 08:10:00', '2号', -1)")
    far.commit()
    query = "SELECT moment AS at, berth, tons FROM work WHERE moment > :since ORDER BY moment"
    asked = rounds(core, by="query", address=f"sqlite:///{path}", query=query)
    assert asked.run() == 1
    far.execute("INSERT INTO work VALUES ('2026-03-09 09:05:00', '1号', 13)")
    far.commit()
    clock.advance(minutes=11)
    assert asked.run() == 1
    assert (line_of(core.feeds).rows, core.feeds.deliveries("port.berths").lines[0].rows) == (2, 1)
    for wrong in ("DELETE FROM work", "SELECT 1; DELETE FROM work", "WITH a AS (SELECT 1) DELETE FROM work"):
        clock.advance(minutes=11)
        rounds(core, by="query", address=f"sqlite:///{path}", query=wrong).run()
        assert stand(core).state == "failing"
    assert far.execute("SELECT count(*) FROM work").fetchone() == (3,)
    far.close()


@pytest.mark.parametrize(("rest", "looks"), [("WHERE moment > :since ORDER BY berth DESC", 5), ("", 1)])
def test_a_long_result_comes_in_parcels_and_is_cut_with_a_reason(
    core: Core, tmp_path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch, rest: str, looks: int
) -> None:
    """Ten rows, two a moment, four a look in parcels of two: with :since nothing is lost, else it is said."""
    short = replace(feed_rules(), most_rows=2, most_queried=4)
    monkeypatch.setattr("core.adapters.feed_query.feed_rules", lambda: short)
    path = tmp_path / "port.db"
    far = sqlite3.connect(path)
    far.execute("CREATE TABLE work (moment TEXT, berth TEXT, tons REAL)")
    moments = [f"2026-03-09 08:{minute}:00" for minute in (10, 20, 30, 40, 50)]
    far.executemany("INSERT INTO work VALUES (?, ?, 1)", [(at, f"{berth}号") for at in moments for berth in (1, 2)])
    far.commit()
    query = f"SELECT moment AS at, berth, tons FROM work {rest}"
    asked = rounds(core, by="query", address=f"sqlite:///{path}", query=query)
    assert asked.run() == 4
    for _ in range(1, looks):
        clock.advance(minutes=11)
        asked.run()
    if looks == 1:
        assert "超过 4 行" in stand(core).words
    else:
        assert (line_of(core.feeds).rows, stand(core).state) == (10, "fine")
    far.close()


def test_settings_name_a_source_by_dataset_by_topic_by_way_or_for_all() -> None:
    datasets = read_datasets(TOPICS)
    one, topic, way, rest = (FeedSource(address=SecretStr(name)) for name in ("one", "topic", "way", "rest"))
    book = {"port.berths": one, "pull.*": way, "*": rest}
    assert source_of(book, datasets["port.berths"]) is one
    assert source_of(book, datasets["port.incidents"]) is rest
    assert source_of({"port.*": topic, **book}, datasets["port.incidents"]) is topic
    assert source_of({"pull.*": way}, datasets["port.incidents"]) is None
    assert source_of({"*": FeedSource(address=SecretStr(""))}, datasets["port.berths"]) is None

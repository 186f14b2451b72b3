"""feed.push and feed.bad: rows of the screens over HTTP, kept and readable; and a thousand deliveries gone wrong."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from core import Core
from core.feeds.desk import Feeds
from core.feeds.folds import folded
from core.machines import Machines
from core.models.feeds import feed_rows
from core.policy.feeds import Fold, read_datasets
from core.policy.rates import MOST_A_MINUTE
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.core.feed_room import NINE, TOPICS, berth
from tests.webapp.test_feeds_api import HOSTILE
from webapp import create_app

PATH = "/api/v1/feeds/port/berths"
DELIVERIES, EACH, SENDERS = 40, 1000, 4
BERTHS = 50
SINGLE, WRONG = 60, 1000


class Silent(WSGIRequestHandler):
    """Says nothing of each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: Any) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Door:
    """The application over HTTP, with the pass of a client that may deliver the port's data."""

    core: Core
    http: httpx.Client

    def push(self, rows: Any) -> int:
        body = rows if isinstance(rows, bytes) else json.dumps({"rows": rows}).encode()
        return self.http.post(PATH, content=body).status_code

    def total(self, how: str = "count", over: str = "7d", column: str = "") -> float:
        dataset = self.core.feeds.datasets["port.berths"]
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            told = folded(tx, dataset, Fold(dataset.full, how, column, over=over), self.core.clock.now())
        return told.value or 0.0

    def kept(self) -> int:
        with self.core.engine.connect() as tx:
            return int(tx.execute(select(func.count()).select_from(feed_rows)).scalar_one())


@contextmanager
def door(databases: Databases) -> Iterator[Door]:
    """On a fresh database."""
    with databases.fresh() as url, core_on(url) as core:
        core.feeds = Feeds(core, read_datasets(TOPICS))
        machines = Machines(core.engine, core.vault)
        secret = machines.add_client("port-1", "港务公司")
        machines.allow_feeds("port-1", ["port.*"])
        machines.limit_client("port-1", MOST_A_MINUTE)
        token = machines.grant("port-1", secret).token
        server = make_server("127.0.0.1", 0, create_app(core), threaded=True, request_handler=Silent)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        headers = {"Authorization": f"Bearer {token}"}
        try:
            with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as http:
                yield Door(core, http)
        finally:
            server.shutdown()
            server.server_close()


def rows_of(delivery: int) -> Sequence[dict[str, Any]]:
    """What fifty berths said in twenty moments, each row another."""
    draw = random.Random(delivery)
    return [
        berth(
            f"{number % BERTHS + 1}号", (delivery * EACH + number) // BERTHS * 10, draw.randint(1, 99), busy=5, span=10
        )
        for number in range(EACH)
    ]


def figures(databases: Databases, _runs: int) -> Iterator[Figure]:
    """feed.push, feed.readable and feed.bad."""
    yield from _pushed(databases)
    yield from _wrong(databases)


def _pushed(databases: Databases) -> Iterator[Figure]:
    with door(databases) as there:
        there.push(rows_of(DELIVERIES))  # warm
        began = time.perf_counter()
        with ThreadPoolExecutor(SENDERS) as hands:
            told = list(hands.map(lambda number: there.push(rows_of(number)), range(DELIVERIES)))
        seconds = time.perf_counter() - began
        kept = there.kept() - EACH
        rate = kept / seconds if told == [200] * DELIVERIES else 0.0
        against = f"{DELIVERIES} deliveries of {EACH} rows, {SENDERS} senders over HTTP, kept and counted"
        yield Figure(databases.kind, "feed.push", rate, "rows/s", against, at_least=2000)
        times = sorted(_readable(there, number) for number in range(SINGLE))
        p95 = times[SINGLE * 95 // 100 - 1]
        against = f"p95 of {SINGLE} rows, from the push to the number that holds it, {kept:,} rows there"
        yield Figure(databases.kind, "feed.readable", p95, "s", against, at_most=5)


def _readable(there: Door, number: int) -> float:
    """Seconds until a number of the screens shows a row."""
    value = 1000 + number
    began = time.perf_counter()
    at = (NINE + timedelta(seconds=number + 1)).isoformat()
    there.push([berth("新泊位", tons=value, at=at)])
    while there.total("last", "24h", "tons") != value:
        time.sleep(0.01)
    return time.perf_counter() - began


def _wrong(databases: Databases) -> Iterator[Figure]:
    """Bodies that are none, and deliveries in which one row in three is good: each of those must be there after."""
    draw, good, faults = random.Random(3), 0, 0
    with door(databases) as there:
        for number in range(WRONG):
            if number % 2:
                faults += there.push(draw.choice(HOSTILE)) >= 500
                continue
            good += 1
            bad: list[Any] = [
                berth(tons=-1),
                {"at": number},
                draw.choice([None, [], "x", {"berth": {}}, berth(state="飞走")]),
            ]
            rows = [*bad, berth(f"{number}号", number % 600)]
            draw.shuffle(rows)
            faults += there.push(rows) >= 500
        lost = good - there.kept()
    against = f"of {WRONG} deliveries, half of them no delivery at all, half with three bad rows of four"
    yield Figure(databases.kind, "feed.bad", faults, "5xx", against, at_most=0)
    yield Figure(databases.kind, "feed.lost", lost, "rows", f"good rows lost of {good}", at_most=0)

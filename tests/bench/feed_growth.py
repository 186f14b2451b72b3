"""feed.growth: what the screens ask of a dataset, after two years of a busy source and after a week of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from sqlalchemy import Connection, select, text, update

from core import Core
from core.feeds.cells import Delta, cuts_of
from core.feeds.checking import Row, check
from core.feeds.desk import Feeds
from core.feeds.folds import folded, newest
from core.feeds.grains import oldest_hour
from core.feeds.stands import stand
from core.feeds.taking import Delivery, _keep_newest, _write
from core.models.feeds import feeds
from core.policy.feeds import Dataset, Fold, read_datasets, trended
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.core.feed_room import NINE, TOPICS, berth

FEW, MANY = 50_000, 5_000_000
BERTHS, EVERY_S = 50, 631
"""Fifty series that each say something every ten and a half minutes: five million rows are two years."""
AT_ONCE, TURNS = 20_000, 30
ASKED = (
    Fold("port.berths", "sum", "tons", over="today"),
    Fold("port.berths", "sum", "tons", over="24h", by="hour"),
    Fold("port.berths", "sum", "tons", over="30d", by="day"),
    Fold("port.berths", "sum", "tons", over="year", by="month"),
    Fold("port.berths", "sum", "tons", over="1y", by="day"),
    Fold("port.berths", "sum", "tons", over="30d", by="berth"),
    Fold("port.berths", "sum", "tons", over="today", by="town"),
    Fold("port.berths", "max", "tons", over="24h", by="berth"),
    Fold("port.berths", "share", "busy", "span", over="7d"),
    Fold("port.berths", "share", where={"state": "作业"}, over="today"),
    Fold("port.berths", "distinct", "berth", over="30d"),
    Fold("port.berths", "count", over="now", by="state"),
    trended(Fold("port.berths", "sum", "tons", over="now"), "24h", "hour"),
)


def told(dataset: Dataset, count: int) -> Iterator[Row]:
    """So many rows that end now, the oldest first."""
    draw = random.Random(5)
    (known,) = check(dataset, [berth()], NINE, timedelta(0)).rows
    body = dict(known.body)
    for number in reversed(range(count)):
        at = NINE - timedelta(seconds=number // BERTHS * EVERY_S)
        series = f"{number % BERTHS:024x}"
        mine = {
            **body, "at": at.isoformat(), "berth": f"{number % BERTHS}号", "tons": draw.randint(1, 99), "busy": 5,
            "span": 10, "state": "作业" if draw.random() < 0.7 else "空闲",
        }  # fmt: skip
        yield Row(f"{int(at.timestamp()):08x}{series}", series, at, mine)


def seed(core: Core, dataset: Dataset, count: int) -> None:
    """Rows and counts as deliveries would have left them, in fewer and larger commits."""
    core.feeds.push(dataset, {"rows": [berth("起点")]}, "seed")
    rows = told(dataset, count)
    with core.engine.connect() as tx:
        feed, id_ = tx.execute(select(feeds.c.id, feeds.c.delivery_id)).one()
        tx.rollback()
    sent = Delivery("seed", "", NINE, "push", "seed")
    with core.engine.begin() as tx:
        cuts = cuts_of(tx, feed, dataset, True)
    while some := list(islice(rows, AT_ONCE)):
        delta = Delta(cuts, oldest_hour(NINE))
        for row in some:
            delta.take(row.body, row.at)
        with core.engine.begin() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("SET LOCAL statement_timeout = 0"))
            _write(tx, feed, id_, sent, some, [])
            _keep_newest(tx, feed, some)
            delta.write(tx, feed, NINE)
            tx.execute(update(feeds).values(rows=feeds.c.rows + len(some)))


def figures(databases: Databases, _runs: int) -> Iterator[Figure]:
    """feed.growth and feed.asked."""
    few, many = (_measured(databases, count) for count in (FEW, MANY))
    against = f"p95 at {MANY:,} rows in one dataset ÷ at {FEW:,}, the slowest of {len(ASKED) + 2} questions"
    grown = max(many[name] / max(few[name], 0.002) for name in many)
    yield Figure(databases.kind, "feed.growth", grown, "×", against, at_most=1.3)
    slowest = max(many, key=lambda name: many[name])
    yield Figure(databases.kind, "feed.asked", many[slowest] * 1000, "ms", f"p95 of the slowest: {slowest}", at_most=50)


def _measured(databases: Databases, count: int) -> dict[str, float]:
    with databases.fresh() as url, core_on(url) as core:
        core.feeds = Feeds(core, read_datasets(TOPICS))
        dataset = core.feeds.datasets["port.berths"]
        seed(core, dataset, count)
        return {name: _p95(core, ask) for name, ask in _questions(dataset)}


def _questions(dataset: Dataset) -> Iterator[tuple[str, Callable[[Connection], object]]]:
    for fold in ASKED:
        yield f"{fold.how} {fold.over} {fold.by}".strip(), partial(_fold, dataset, fold)
    yield "live", lambda tx: newest(tx, dataset, (), 8, {"state": "空闲"})
    yield "stand", lambda tx: stand(tx, dataset, NINE)


def _fold(dataset: Dataset, fold: Fold, tx: Connection) -> object:
    return folded(tx, dataset, fold, NINE)


def _p95(core: Core, ask: Callable[[Connection], object]) -> float:
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        core._read(ask)
        times.append(time.perf_counter() - began)
    return sorted(times)[TURNS * 95 // 100 - 1]

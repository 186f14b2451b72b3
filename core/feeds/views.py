"""What the console shows of the feeds: the state of each dataset, its deliveries, and the rows that were refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from core.errors import Unknown
from core.feeds.folds import current, shown
from core.feeds.grains import DAY, began, starts
from core.feeds.stands import Stand, stand_of
from core.models.feeds import feed_deliveries, feed_refused, feed_rows, feeds
from core.policy.feeds import WAYS, Dataset
from core.worktime import SHANGHAI

PAGE = 30
SAMPLE = 50
MOST_IN_FILE = 20_000


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One dataset on the board. `today`: rows taken and refused since midnight, and in how many deliveries."""

    name: str
    topic: str
    topic_title: str
    title: str
    owner: str
    stand: Stand
    rows: int
    deliveries_today: int
    rows_today: int
    refused_today: int
    strange: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery in a list. `source`: the client's appid, the address or the file it came from."""

    id: int
    at: datetime
    told_at: datetime
    way: str
    source: str
    rows: int
    fresh: int
    replaced: int
    known: int
    refused: int
    why: str


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A dataset with a page of what came for it. `kept`: how many rows are there; `strange`: undeclared columns."""

    dataset: Dataset
    stand: Stand
    kept: int
    strange: str
    lines: tuple[DeliveryLine, ...]
    page: int
    more: bool


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery opened: rows it left as they stand (a sample), and those refused (those that were kept)."""

    name: str
    title: str
    line: DeliveryLine
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    refused: tuple[tuple[int, str, str], ...]


Table = tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]
"""Heads and rows, for a file."""


def board(tx: Connection, datasets: Mapping[str, Dataset], now: datetime) -> list[FeedLine]:
    """Every declared dataset as it stands."""
    known = {row.name: row for row in tx.execute(select(feeds).where(feeds.c.ended.is_(False)))}
    one = feed_deliveries.c
    taken = func.sum(one.fresh + one.replaced + one.known)
    day = select(one.feed_id, func.count(), taken, func.sum(one.refused)).where(one.at >= began(DAY, starts(now)[DAY]))
    today = {row[0]: tuple(int(part or 0) for part in row[1:]) for row in tx.execute(day.group_by(one.feed_id))}
    return [_line(dataset, known.get(name), today, now) for name, dataset in datasets.items()]


def _line(dataset: Dataset, feed: Row[Any] | None, today: Mapping[int, tuple[int, ...]], now: datetime) -> FeedLine:
    many, taken, refused = today.get(feed.id, (0, 0, 0)) if feed is not None else (0, 0, 0)
    return FeedLine(
        dataset.full, dataset.topic, dataset.topic_title, dataset.title, dataset.owner,
        stand_of(dataset, feed, now),
        feed.rows if feed is not None else 0, many, taken, refused, feed.strange if feed is not None else "",
    )  # fmt: skip


def deliveries(tx: Connection, dataset: Dataset, page: int, only_refused: bool, now: datetime) -> DeliveryPage:
    """A page of the deliveries of a dataset, newest first."""
    feed = current(tx, dataset)
    found: list[Any] = []
    if feed is not None:
        mine = select(feed_deliveries).where(feed_deliveries.c.feed_id == feed.id)
        mine = mine.where(feed_deliveries.c.refused > 0) if only_refused else mine
        mine = mine.order_by(feed_deliveries.c.at.desc(), feed_deliveries.c.id.desc())
        found = list(tx.execute(mine.limit(PAGE + 1).offset(PAGE * (page - 1))))
    lines = tuple(_told(row) for row in found[:PAGE])
    kept, strange = (feed.rows, feed.strange) if feed is not None else (0, "")
    return DeliveryPage(dataset, stand_of(dataset, feed, now), kept, strange, lines, page, len(found) > PAGE)


def _told(row: Row[Any]) -> DeliveryLine:
    return DeliveryLine(
        row.id, row.at, row.told_at, WAYS[row.way], row.source, row.rows, row.fresh, row.replaced, row.known,
        row.refused, row.why,
    )  # fmt: skip


def delivery(tx: Connection, datasets: Mapping[str, Dataset], id_: int) -> DeliveryView:
    """One delivery. Raises Unknown, also for one of a dataset that is no longer declared."""
    both = select(feed_deliveries, feeds.c.name).join(feeds, feeds.c.id == feed_deliveries.c.feed_id)
    row = tx.execute(both.where(feed_deliveries.c.id == id_)).first()
    dataset = datasets.get(row.name.partition("#")[0]) if row is not None else None
    if row is None or dataset is None:
        raise Unknown(what="接收记录")
    mine = select(feed_rows.c.body).where(feed_rows.c.delivery_id == id_).order_by(feed_rows.c.id).limit(SAMPLE)
    rows = tuple(tuple(map(told, shown(dataset, body).values())) for (body,) in tx.execute(mine))
    faults = select(feed_refused.c.row, feed_refused.c.why, feed_refused.c.body)
    faults = faults.where(feed_refused.c.delivery_id == id_).order_by(feed_refused.c.row)
    heads = tuple(one.title for one in dataset.columns.values())
    refused = tuple((one.row, one.why, one.body) for one in tx.execute(faults))
    return DeliveryView(dataset.full, dataset.title, _told(row), heads, rows, refused)


def told(value: Any) -> str:
    """A cell in words: times local, numbers without needless zeros, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return f"{value:g}" if isinstance(value, float) else str(value)


def refused(tx: Connection, dataset: Dataset) -> Table:
    """Refused rows, newest delivery first; what a row said stands under the columns it names, where it can be read."""
    feed = current(tx, dataset)
    heads = ("接收时间", "来源", "行", "原因", *(one.title for one in dataset.columns.values()), "原文")
    if feed is None:
        return heads, ()
    rows = tx.execute(_refused_of(feed.id)).all()
    return heads, tuple(_refused_row(dataset, row) for row in rows)


def _refused_of(feed: int) -> Select[Any]:
    one = feed_deliveries.c
    both = select(one.at, one.source, feed_refused.c.row, feed_refused.c.why, feed_refused.c.body)
    both = both.join(feed_refused, feed_refused.c.delivery_id == one.id).where(one.feed_id == feed)
    return both.order_by(one.id.desc(), feed_refused.c.row).limit(MOST_IN_FILE)


def _refused_row(dataset: Dataset, row: Row[Any]) -> tuple[Any, ...]:
    try:
        body = json.loads(row.body)
    except (ValueError, RecursionError):
        body = {}
    cells = [str(body.get(name, ""))[:200] if isinstance(body, dict) else "" for name in dataset.columns]
    return (told(row.at), row.source, row.row, row.why, *cells, row.body)

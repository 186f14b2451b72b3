"""One delivery into one dataset, in one commit: known ones answered again, rows new, replaced or known, counts kept.

A row's key is its cause: the same row twice is one, the same key with other values replaces what an older delivery
said and never what a newer one said, so that order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from core.errors import DifferentBody, Refusal
from core.feeds import bulk
from core.feeds.cells import Delta, cuts_of
from core.feeds.checking import Checked, Fault
from core.feeds.checking import Row as Good
from core.feeds.grains import oldest_hour
from core.many import insert_into, merge, put
from core.models.feeds import feed_deliveries, feed_newest, feed_refused, feed_rows, feeds
from core.policy.feeds import Dataset

QUIET = frozenset({"pull", "query"})
"""Fetched again and again: what brings nothing new leaves no delivery behind, only that the source lives."""
LONGEST_WHY = 300


class RealAlready(Refusal):
    """Invented data are no longer taken once a real source has spoken."""

    text = "「{title}」已接入真实数据，不再接收演示数据。"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What arrived. `key`: its id within the dataset; `told_at`: when its source made it; `way`: one of WAYS."""

    key: str
    body_hash: str
    told_at: datetime
    way: str
    source: str
    demo: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery. `repeated`: it was known by its id, and nothing changed."""

    id: int
    rows: int
    fresh: int
    replaced: int
    known: int
    refused: int
    repeated: bool
    faults: tuple[Fault, ...] = ()
    strange: tuple[str, ...] = ()


def take(
    tx: Connection, dataset: Dataset, delivery: Delivery, checked: Checked, now: datetime, kept: int, cursor: str = ""
) -> Taken:
    """Write it. `kept`: how many refused rows leave their text behind. Raises DifferentBody, RealAlready."""
    feed = _open(tx, dataset, delivery, bool(checked.rows), now)
    if (known := _known(tx, feed.id, delivery)) is not None:
        heard = {"heard_at": now, "failures": 0, "why": "", **({"cursor": cursor} if cursor else {})}
        tx.execute(update(feeds).where(feeds.c.id == feed.id).values(**heard))
        return known
    rows: dict[str, Good] = {}
    for row in checked.rows:  # of one key in one delivery the latest counts, else the last
        if (twin := rows.get(row.key)) is None or row.at >= twin.at:
            rows[row.key] = row
    there = bulk.there(tx, feed.id, list(rows))
    fresh = [row for key, row in rows.items() if key not in there]
    newer = [row for key, row in rows.items() if key in there and _newer(row, there[key], delivery)]
    if delivery.way in QUIET and not (fresh or newer or checked.faults):
        _stand(tx, feed, None, rows.values(), 0, checked, cursor, now)
        many = len(checked.rows)
        return Taken(0, many, 0, 0, many, 0, repeated=False, strange=checked.strange)
    id_ = _enter(tx, feed.id, delivery, _why(checked), now)
    delta = Delta(cuts_of(tx, feed.id, dataset, not feed.rows), oldest_hour(now))
    _write(tx, feed.id, id_, delivery, fresh, newer)
    for row in fresh:
        delta.take(row.body, row.at)
    for row in newer:
        delta.take(there[row.key].body, there[row.key].at, -1)
        delta.take(row.body, row.at)
    if dataset.time in dataset.key:
        _keep_newest(tx, feed.id, [*fresh, *newer])
    delta.write(tx, feed.id, now)
    _refuse(tx, id_, checked.faults[:kept])
    counts = {
        "rows": len(checked.rows) + len(checked.faults), "fresh": len(fresh), "replaced": len(newer),
        "known": len(checked.rows) - len(fresh) - len(newer), "refused": len(checked.faults),
    }  # fmt: skip
    tx.execute(update(feed_deliveries).where(feed_deliveries.c.id == id_).values(**counts))
    _stand(tx, feed, id_, rows.values(), len(fresh), checked, cursor, now)
    return Taken(id_, **counts, repeated=False, faults=checked.faults, strange=checked.strange)


def note(tx: Connection, dataset: Dataset, delivery: Delivery, why: str, now: datetime) -> None:
    """Something that held no rows at all, on record with its reason; the dataset stands as it did."""
    feed = tx.execute(select(feeds).where(feeds.c.name == dataset.full)).first()
    if feed is None:
        feed = _open(tx, dataset, delivery, False, now)
    mine = feed_deliveries.c.feed_id == feed.id, feed_deliveries.c.key == delivery.key
    if tx.execute(select(feed_deliveries.c.id).where(*mine)).first() is None:
        _enter(tx, feed.id, delivery, why, now)


def _open(tx: Connection, dataset: Dataset, delivery: Delivery, good: bool, now: datetime) -> Row[Any]:
    """The feed, locked. The first real rows end an invented one: another begins, the worker clears the old one away."""
    mine = select(feeds).where(feeds.c.name == dataset.full)
    feed = tx.execute(mine.with_for_update()).first()
    if feed is not None and delivery.demo and not feed.demo:
        raise RealAlready(title=dataset.title)
    if feed is not None and feed.demo and not delivery.demo and good:
        ended = {"name": f"{dataset.full}#{feed.id}", "ended": True}
        tx.execute(update(feeds).where(feeds.c.id == feed.id).values(**ended))
        feed = None
    if feed is None:
        tx.execute(insert(feeds), {**EMPTY, "name": dataset.full, "demo": delivery.demo, "began_at": now})
        feed = tx.execute(mine).one()
    return feed


EMPTY = {
    "ended": False, "seq": 0, "rows": 0, "as_of": None, "delivery_id": None, "heard_at": None, "tried_at": None,
    "next_at": None, "failures": 0, "why": "", "cursor": "", "strange": "",
}  # fmt: skip
"""A feed to which nothing came yet."""


def _known(tx: Connection, feed: int, delivery: Delivery) -> Taken | None:
    mine = feed_deliveries.c.feed_id == feed, feed_deliveries.c.key == delivery.key
    row = tx.execute(select(feed_deliveries).where(*mine)).first()
    if row is None:
        return None
    if row.body_hash != delivery.body_hash:
        raise DifferentBody()
    told = select(feed_refused).where(feed_refused.c.delivery_id == row.id).order_by(feed_refused.c.row)
    faults = tuple(Fault(one.row, one.body, one.why) for one in tx.execute(told))
    return Taken(row.id, row.rows, row.fresh, row.replaced, row.known, row.refused, True, faults)


def _enter(tx: Connection, feed: int, delivery: Delivery, why: str, now: datetime) -> int:
    row = {
        "feed_id": feed, "key": delivery.key, "body_hash": delivery.body_hash, "way": delivery.way,
        "source": delivery.source, "told_at": delivery.told_at, "at": now, "bytes": delivery.size, "rows": 0,
        "fresh": 0, "replaced": 0, "known": 0, "refused": 0, "why": why,
    }  # fmt: skip
    return int(tx.execute(insert(feed_deliveries).returning(feed_deliveries.c.id), row).scalar_one())


def _why(checked: Checked) -> str:
    return f"有未登记的列：{'、'.join(checked.strange)}"[:LONGEST_WHY] if checked.strange else ""


def _newer(row: Good, old: Row[Any], delivery: Delivery) -> bool:
    return bool(delivery.told_at >= old.told_at and dict(row.body) != old.body)


def _write(
    tx: Connection, feed: int, id_: int, delivery: Delivery, fresh: Sequence[Good], newer: Sequence[Good]
) -> None:
    said = {"told_at": delivery.told_at, "delivery_id": id_}
    if fresh:
        new = [{"feed_id": feed, "key": row.key, "at": row.at, "body": row.body, **said} for row in fresh]
        put(tx, feed_rows, new)
    if newer:
        mine = feed_rows.c.feed_id == feed, feed_rows.c.key == bindparam("of_key")
        changed = [{"of_key": row.key, "at": row.at, "body": row.body, **said} for row in newer]
        columns: dict[str, Any] = {name: bindparam(name) for name in ("at", "body", "told_at", "delivery_id")}
        tx.execute(update(feed_rows).where(*mine).values(columns), changed)


def _keep_newest(tx: Connection, feed: int, rows: Sequence[Good]) -> None:
    newest: dict[str, Good] = {}
    for row in rows:
        if (kept := newest.get(row.series)) is None or row.at >= kept.at:
            newest[row.series] = row
    if not newest:
        return
    new = insert_into(tx, feed_newest)
    new = new.on_conflict_do_update(
        index_elements=["feed_id", "series"],
        set_={"at": new.excluded.at, "body": new.excluded.body},
        where=new.excluded.at >= feed_newest.c.at,
    )
    told = [{"feed_id": feed, "series": key, "at": row.at, "body": row.body} for key, row in sorted(newest.items())]
    merge(tx, new, told)


def _refuse(tx: Connection, id_: int, faults: Sequence[Fault]) -> None:
    if faults:
        tx.execute(
            insert(feed_refused),
            [{"delivery_id": id_, "row": one.row, "body": one.body, "why": one.why} for one in faults],
        )


def _stand(
    tx: Connection,
    feed: Row[Any],
    id_: int | None,
    rows: Iterable[Good],
    fresh: int,
    checked: Checked,
    cursor: str,
    now: datetime,
) -> None:
    """The feed has been heard; what it says of itself follows."""
    moments = [row.at for row in rows] + ([feed.as_of] if feed.as_of else [])
    values: dict[str, Any] = {
        "seq": feed.seq + 1, "rows": feed.rows + fresh, "as_of": max(moments, default=None), "heard_at": now,
        "failures": 0, "why": "", "strange": "、".join(checked.strange)[:LONGEST_WHY],
    }  # fmt: skip
    if checked.rows and id_ is not None:
        values["delivery_id"] = id_
    if cursor:
        values["cursor"] = cursor
    tx.execute(update(feeds).where(feeds.c.id == feed.id).values(**values))

"""The feeds' house-keeping, in small commits: counts newly asked for are built, what is past its date goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select, update

from core.feeds.cells import build_next, cuts_of, forget_before
from core.feeds.grains import DAY, began, starts
from core.models.feeds import feed_cells, feed_cuts, feed_deliveries, feed_newest, feed_refused, feed_rows, feeds
from core.policy.feed_rules import FeedRules
from core.policy.feeds import Dataset

MOST = 2000
"""Rows of one commit: some ten milliseconds under the lock."""

Going = Callable[[], bool]


def build(engine: Engine, datasets: Mapping[str, Dataset], now: datetime, going: Going) -> int:
    """Counts that a topic asks for and that are not kept yet, a day a commit. Returns how many days were counted."""
    done = 0
    for name in _lacking(engine, datasets):
        more = True
        while more and going():
            with engine.begin() as tx:
                feed = tx.execute(select(feeds).where(feeds.c.name == name).with_for_update()).one()
                cuts_of(tx, feed.id, datasets[name], not feed.rows)
                more = build_next(tx, feed.id, datasets[name], now)
                done += more
    return done


def _lacking(engine: Engine, datasets: Mapping[str, Dataset]) -> list[str]:
    """The datasets with rows whose counts are not all there: two small queries, mostly answered by nothing."""
    with engine.connect().execution_options(readonly=True) as tx:
        known = {row.id: row.name for row in tx.execute(select(feeds.c.id, feeds.c.name)) if row.name in datasets}
        built: dict[int, set[tuple[str, bool]]] = {one: set() for one in known}
        for row in tx.execute(select(feed_cuts).where(feed_cuts.c.built)):
            if row.feed_id in built:
                built[row.feed_id] |= {(row.name, ends) for ends in (False, row.ends)}
    return [
        name
        for one, name in known.items()
        if any((cut.name, cut.ends) not in built[one] for cut in datasets[name].cuts)
    ]


def forget(engine: Engine, datasets: Mapping[str, Dataset], rules: FeedRules, now: datetime, going: Going) -> int:
    """Rows older than their dataset keeps, with their counts; old deliveries and refusals; feeds that ended."""
    with engine.connect().execution_options(readonly=True) as tx:
        known = tx.execute(select(feeds)).all()
    done = 0
    for feed in known:
        dataset = datasets.get(feed.name)
        if feed.ended or dataset is None:
            if feed.ended:
                done += _end(engine, feed, going)
            continue
        done += _past(engine, feed, dataset, now, going)
    done += _chunks(engine, going, lambda tx: _refused(tx, now - rules.refused_stay))
    return done + _chunks(engine, going, lambda tx: _deliveries(tx, now - rules.deliveries_stay))


def _chunks(engine: Engine, going: Going, run: Callable[[Connection], int]) -> int:
    """Run until nothing is left, each time in a commit of its own."""
    done = 0
    while going():
        with engine.begin() as tx:
            gone = run(tx)
        done += gone
        if gone < MOST:
            break
    return done


def _past(engine: Engine, feed: Row[Any], dataset: Dataset, now: datetime, going: Going) -> int:
    day = starts(now - timedelta(days=dataset.keep))[DAY]
    opens = began(DAY, day)

    def rows(tx: Connection) -> int:
        old = select(feed_rows.c.id).where(feed_rows.c.feed_id == feed.id, feed_rows.c.at < opens).limit(MOST)
        gone = tx.execute(delete(feed_rows).where(feed_rows.c.id.in_(old))).rowcount
        if gone:
            tx.execute(update(feeds).where(feeds.c.id == feed.id).values(rows=feeds.c.rows - gone))
        return gone

    done = _chunks(engine, going, rows)
    with engine.begin() as tx:
        tx.execute(select(feeds.c.id).where(feeds.c.id == feed.id).with_for_update())
        tx.execute(delete(feed_newest).where(feed_newest.c.feed_id == feed.id, feed_newest.c.at < opens))
        cuts = tx.execute(select(feed_cuts.c.id).where(feed_cuts.c.feed_id == feed.id)).scalars().all()
        if cuts:
            forget_before(tx, cuts, day, now)
    return done


def _end(engine: Engine, feed: Row[Any], going: Going) -> int:
    """An invented feed that a real one took the place of: all of it goes, the feed last."""
    mine = select(feed_rows.c.id).where(feed_rows.c.feed_id == feed.id).limit(MOST)
    done = _chunks(engine, going, lambda tx: tx.execute(delete(feed_rows).where(feed_rows.c.id.in_(mine))).rowcount)
    if not going():
        return done
    with engine.begin() as tx:
        cuts = select(feed_cuts.c.id).where(feed_cuts.c.feed_id == feed.id)
        told = select(feed_deliveries.c.id).where(feed_deliveries.c.feed_id == feed.id)
        tx.execute(delete(feed_cells).where(feed_cells.c.cut_id.in_(cuts)))
        tx.execute(delete(feed_refused).where(feed_refused.c.delivery_id.in_(told)))
        for table in (feed_cuts, feed_newest, feed_deliveries):
            tx.execute(delete(table).where(table.c.feed_id == feed.id))
        tx.execute(delete(feeds).where(feeds.c.id == feed.id))
    return done


def _refused(tx: Connection, before: datetime) -> int:
    old = select(feed_refused.c.id).join(feed_deliveries, feed_deliveries.c.id == feed_refused.c.delivery_id)
    return tx.execute(
        delete(feed_refused).where(feed_refused.c.id.in_(old.where(feed_deliveries.c.at < before).limit(MOST)))
    ).rowcount


def _deliveries(tx: Connection, before: datetime) -> int:
    """Deliveries too old, except those that rows still come from: what a panel shows can always be traced."""
    holds = select(feed_rows.c.id).where(feed_rows.c.delivery_id == feed_deliveries.c.id)
    told = select(feed_refused.c.id).where(feed_refused.c.delivery_id == feed_deliveries.c.id)
    old = select(feed_deliveries.c.id).where(feed_deliveries.c.at < before, ~holds.exists(), ~told.exists())
    return tx.execute(delete(feed_deliveries).where(feed_deliveries.c.id.in_(old.limit(MOST)))).rowcount

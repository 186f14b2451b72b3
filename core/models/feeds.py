"""What other systems deliver: the state of each dataset, its deliveries, its rows and what was refused of them.

Rows are kept as they came; `feed_cells` holds, by hour, day and month, every count the topics ask for, and
`feed_newest` the newest row of each series, so that a panel never walks the rows.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # topic.dataset; an ended one: topic.dataset#id
    Column("demo", Boolean, nullable=False),
    Column("ended", Boolean, nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("as_of", Moment, nullable=True),
    Column("delivery_id", Id, nullable=True),
    Column("heard_at", Moment, nullable=True),
    Column("tried_at", Moment, nullable=True),
    Column("next_at", Moment, nullable=True),
    Column("failures", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("strange", Text, nullable=False),
    Column("began_at", Moment, nullable=False),
)

feed_deliveries = Table(
    "feed_deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("fresh", Integer, nullable=False),
    Column("replaced", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("why", Text, nullable=False),
    UniqueConstraint("feed_id", "key"),
    Index("ix_feed_deliveries_feed_id_at", "feed_id", "at"),
    Index("ix_feed_deliveries_at", "at"),
)

feed_rows = Table(
    "feed_rows",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("delivery_id", Id, ForeignKey("feed_deliveries.id"), nullable=False, index=True),
    Column("body", Facts, nullable=False),
    UniqueConstraint("feed_id", "key"),
    Index("ix_feed_rows_feed_id_at", "feed_id", "at"),
)

feed_newest = Table(
    "feed_newest",
    metadata,
    Column("feed_id", Id, ForeignKey("feeds.id"), primary_key=True, autoincrement=False),
    Column("series", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("body", Facts, nullable=False),
)

feed_cuts = Table(
    "feed_cuts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("ends", Boolean, nullable=False),
    Column("built", Boolean, nullable=False),
    Column("through", Integer, nullable=False),
    UniqueConstraint("feed_id", "name"),
)

feed_cells = Table(
    "feed_cells",
    metadata,
    Column("cut_id", Id, ForeignKey("feed_cuts.id"), primary_key=True, autoincrement=False),
    Column("grain", Integer, primary_key=True, autoincrement=False),  # 0 hour, 1 day, 2 month
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("value", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("total", Float, nullable=False),
    Column("least", Float, nullable=True),
    Column("most", Float, nullable=True),
    Column("last", Float, nullable=True),
    Column("last_at", Float, nullable=True),
    sqlite_with_rowid=False,
)

feed_refused = Table(
    "feed_refused",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", Id, ForeignKey("feed_deliveries.id"), nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("why", Text, nullable=False),
)

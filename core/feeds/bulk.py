"""The rows of a feed that a delivery meets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Text, bindparam, column, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from core.models.feeds import feed_rows

CHUNK = 400
"""Keys of one question on SQLite, which allows a limited number of parameters."""


def there(tx: Connection, feed: int, keys: Sequence[str]) -> dict[str, Any]:
    """The rows of a feed that are there already, by key.

    PostgreSQL is asked key by key inside one statement: with an IN of hundreds of keys it may choose to read all the
    feed's rows by another index, which takes the longer the more there are.
    """
    mine = select(feed_rows.c.key, feed_rows.c.at, feed_rows.c.told_at, feed_rows.c.body)
    mine = mine.where(feed_rows.c.feed_id == feed)
    if tx.dialect.name == "postgresql":
        several = func.unnest(bindparam("keys", type_=ARRAY(Text())))
        asked = several.table_valued(column("key", Text()), name="asked").render_derived()
        each = mine.where(feed_rows.c.key == asked.c.key).limit(1).lateral("found")
        question = select(each).select_from(asked.join(each, true()))
        return {row.key: row for row in tx.execute(question, {"keys": list(keys)})}
    found: dict[str, Any] = {}
    some = mine.where(feed_rows.c.key.in_(bindparam("keys", expanding=True)))
    for first in range(0, len(keys), CHUNK):
        found |= {row.key: row for row in tx.execute(some, {"keys": keys[first : first + CHUNK]})}
    return found

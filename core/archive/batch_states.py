"""A batch in another state, and one of which nothing is left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from core.archive.batch_views import DROPPED
from core.models.archive import archive_batches, archive_items

SAID = select(archive_items.c.id).where(archive_items.c.batch_id == archive_batches.c.id).exists()
"""Whether something is left of what a batch said."""


def turn(tx: Connection, batch: int, now: datetime, **values: Any) -> None:
    """A batch is in another state now."""
    tx.execute(update(archive_batches).where(archive_batches.c.id == batch).values(changed_at=now, **values))


def emptied(tx: Connection, batch: int, now: datetime, state: str = DROPPED) -> None:
    """Nothing is left of what a batch said."""
    tx.execute(delete(archive_items).where(archive_items.c.batch_id == batch))
    turn(tx, batch, now, state=state, papers=None)

"""What the jobs of one commit write alike: put down in one statement a table, just before the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Insert, Update

ROWS = "late rows"


@contextmanager
def waiting(tx: Connection) -> Iterator[None]:
    """Within, rows told by `put` wait for `settle`; what was not settled is forgotten with the transaction."""
    tx.info[ROWS] = {}
    try:
        yield
    finally:
        tx.info.pop(ROWS, None)


def put(tx: Connection, statement: Insert | Update, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or change rows, together with those of other jobs if any wait; whoever reads them settles before."""
    if ROWS not in tx.info:
        tx.execute(statement, list(rows))
        return
    for row in rows:
        tx.info[ROWS].setdefault((statement, tuple(row)), []).append(row)


def settle(tx: Connection) -> None:
    """Write what waits, if anything does. Raises what the database says to any of it."""
    if told := tx.info.get(ROWS):
        tx.info[ROWS] = {}
        for (statement, _), rows in told.items():
            tx.execute(statement, rows)


def drop(tx: Connection) -> None:
    """Forget what waits: whoever told it was taken back."""
    tx.info[ROWS] = {}

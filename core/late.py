"""Rows that the jobs of one commit have in common: put down in one statement a table, just before the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Insert

ROWS = "late rows"


@contextmanager
def waiting(tx: Connection) -> Iterator[None]:
    """Within, rows told by `put` wait for `settle`; what was not settled is forgotten with the transaction."""
    tx.info[ROWS] = {}
    try:
        yield
    finally:
        tx.info.pop(ROWS, None)


def put(tx: Connection, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that nothing in this transaction reads again, together with those of other jobs if any wait."""
    if ROWS not in tx.info:
        tx.execute(statement, list(rows))
    else:
        tx.info[ROWS].setdefault(statement, []).extend(rows)


def settle(tx: Connection) -> None:
    """Write what waits. Raises what the database says to any of it."""
    told, tx.info[ROWS] = tx.info[ROWS], {}
    for statement, rows in told.items():
        tx.execute(statement, rows)


def drop(tx: Connection) -> None:
    """Forget what waits: whoever told it was taken back."""
    tx.info[ROWS] = {}

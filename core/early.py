"""Rows that the jobs of one commit will ask for: read in one statement a table before the first of them runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection

from core import late

ROWS = "early rows"
ABSENT: Final = object()


@contextmanager
def asking(tx: Connection) -> Iterator[None]:
    """Within, `keep` and `take` share what was read; nothing of it outlives the transaction."""
    tx.info[ROWS] = {}
    try:
        yield
    finally:
        tx.info.pop(ROWS, None)


def keep(tx: Connection, kind: str, rows: Mapping[Any, Any]) -> None:
    """Have these rows at hand for whoever takes them; None stands for a row that is not there."""
    tx.info[ROWS].update({(kind, key): row for key, row in rows.items()})


def take(tx: Connection, kind: str, key: Any) -> Any:
    """The row read before, once: whoever asks again reads for himself. ABSENT when nobody asked for it.

    Before anybody reads for himself, what others of this commit have yet to write is written, so that he sees it.
    """
    found = tx.info.get(ROWS, {}).pop((kind, key), ABSENT)
    if found is ABSENT:
        late.settle(tx)
    return found

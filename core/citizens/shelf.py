"""What WeChat lends us for a while, shared by all processes and sealed: the access token (wechat-sms.md §4.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from core.crypto import Cipher, place
from core.models.citizens import wechat_shelf

Write = Callable[[Callable[[Connection], Any]], Any]
MARGIN = timedelta(seconds=60)
"""A value is not used in its last minute."""


class Shelf:
    """Named values with an end. Nothing here is older than what another process stored last."""

    def __init__(self, engine: Engine, write: Write, cipher: Cipher, now: Callable[[], datetime]) -> None:
        self._engine, self._write, self._cipher, self._now = engine, write, cipher, now

    def get(self, name: str) -> str | None:
        """The value, or None: never stored, or over."""
        query = select(wechat_shelf).where(wechat_shelf.c.name == name)
        with self._engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(query).first()
        if row is None or (row.expires_at is not None and row.expires_at <= self._now()):
            return None
        return self._cipher.open(row.value, place("wechat_shelf", "value", name))

    def put(self, name: str, value: str, ttl_s: float | None = None) -> None:
        """Keep a value for so many seconds less a minute's margin; None keeps it until another comes."""
        ends = None if ttl_s is None else self._now() + max(timedelta(seconds=ttl_s) - MARGIN, timedelta(seconds=1))
        sealed = self._cipher.seal(value, place("wechat_shelf", "value", name))

        def run(tx: Connection) -> None:
            dialect: Any = postgresql if tx.dialect.name == "postgresql" else sqlite
            row = dialect.insert(wechat_shelf).values(name=name, value=sealed, expires_at=ends)
            tx.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": sealed, "expires_at": ends}))

        self._write(run)

    def drop(self, name: str) -> None:
        self._write(lambda tx: tx.execute(delete(wechat_shelf).where(wechat_shelf.c.name == name)))

"""Counting what is scarce: calls to DingTalk by month and interface, and nonces that count once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.models.cases import api_calls
from core.models.people import nonces
from core.worktime import SHANGHAI

FLUSH_EVERY_S = 5.0
NONCE_LIFE = timedelta(minutes=10)


class Meter:
    """Calls per interface and month, kept in memory for seconds and then added to the database (dingtalk.md §9)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pending: Counter[str] = Counter()
        self._flushed_at = time.monotonic()

    def count(self, api: str) -> None:
        with self._lock:
            self._pending[api] += 1
            if time.monotonic() - self._flushed_at < FLUSH_EVERY_S:
                return
        self.flush()

    def flush(self) -> None:
        """Add what was counted to the month's rows."""
        with self._lock:
            pending, self._pending = self._pending, Counter()
            self._flushed_at = time.monotonic()
        if not pending:
            return
        month = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m}"
        with self._engine.begin() as tx:
            for api, calls in pending.items():
                add(tx, month, api, calls)

    def month(self, month: str) -> dict[str, int]:
        with self._engine.connect().execution_options(readonly=True) as tx:
            rows = tx.execute(select(api_calls.c.api, api_calls.c.calls).where(api_calls.c.month == month))
            return {row.api: row.calls for row in rows}


def add(tx: Connection, month: str, api: str, calls: int) -> None:
    mine = (api_calls.c.month == month, api_calls.c.api == api)
    if tx.execute(update(api_calls).where(*mine).values(calls=api_calls.c.calls + calls)).rowcount == 0:
        tx.execute(insert(api_calls), {"month": month, "api": api, "calls": calls})


def use_nonce(tx: Connection, nonce: str, now: datetime) -> bool:
    """True the first time within ten minutes; older ones are forgotten (domain-rules §15)."""
    tx.execute(delete(nonces).where(nonces.c.at < now - NONCE_LIFE))
    try:
        with tx.begin_nested():
            tx.execute(insert(nonces), {"nonce": nonce, "at": now})
    except IntegrityError:
        return False
    return True

"""How often one caller may call: counted in the database, so that several processes share one count (control C5).

A process draws calls in blocks of a twentieth of the limit, ten at most, and hands them out from memory: together the
processes never let through more than the limit, a busy caller costs a tenth of the writes, and one who is over it costs
none until the minute ends. A process may end a minute with part of a block unused, which no other can use then.

On SQLite a draw waits in the line of the case door and shares its commit, so the two never wait for each other's lock;
on PostgreSQL it is a transaction of its own on its own row, which need not wait for the disk: a count that a power cut
loses harms nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, text
from sqlalchemy.dialects import postgresql, sqlite

from core.crypto import token_hash
from core.models.people import rate_counts
from core.policy.rates import load_rates

MINUTE_S = 60
LARGEST_BLOCK, BLOCKS = 10, 20

Commit = Callable[[Callable[[Connection], Any]], Any]
"""Runs something within a commit of the door's line."""


@dataclass(slots=True)
class _Held:
    """What this process may still hand out to one caller in this minute; `spent`: the limit that was drawn up."""

    left: int = 0
    spent: int = 0


class Rates:
    """Counts calls in real time. Thread-safe."""

    def __init__(self, engine: Engine, commit: Commit, now: Callable[[], float] = time.time) -> None:
        self._engine, self._commit, self._now = engine, commit, now
        self._lock = threading.Lock()
        self._minute = 0
        self._held: dict[str, _Held] = {}

    def wait_s(self, kind: str, who: str, a_minute: int | None = None) -> int:
        """Count one call of `who` for a row of rates.yaml; 0 to go on, else the seconds until the next try.

        `a_minute`: another limit than the row's, such as the one agreed with one appid. Raises Busy.
        """
        return self._wait_s(f"{kind}:{who}", a_minute or load_rates()[kind].a_minute)

    def first_of_minute(self, kind: str, who: str) -> bool:
        """True once a minute: somebody who keeps calling fills no log."""
        return not self._wait_s(f"first:{kind}:{who}", 1)

    def _wait_s(self, name: str, limit: int) -> int:
        now = self._now()
        minute = int(now) // MINUTE_S
        if self._take(name, minute) or self._draw(name, minute, limit):
            return 0
        return MINUTE_S - int(now) % MINUTE_S

    def _take(self, name: str, minute: int) -> bool:
        """One of the calls held in memory."""
        with self._lock:
            if minute > self._minute:
                self._minute = minute
                self._held.clear()
            held = self._held.get(name)
            if held is None or not held.left:
                return False
            held.left -= 1
            return True

    def _draw(self, name: str, minute: int, limit: int) -> bool:
        """A block from the database, one of which is used at once; False when the minute's calls are all drawn."""
        with self._lock:
            if (known := self._held.get(name)) is not None and known.spent >= limit:
                return False
        block = min(LARGEST_BLOCK, max(1, limit // BLOCKS))
        drawn = self._written(lambda tx: count(tx, token_hash(name), minute, block))
        granted = max(0, min(block, limit - (drawn - block)))
        with self._lock:
            if minute == self._minute:
                held = self._held.setdefault(name, _Held())
                held.left += max(0, granted - 1)
                held.spent = limit if drawn >= limit else 0
        return granted > 0

    def _written(self, run: Callable[[Connection], int]) -> int:
        if self._engine.dialect.name == "sqlite":
            return int(self._commit(run))
        with self._engine.begin() as tx:
            tx.execute(text("SET LOCAL synchronous_commit TO OFF"))
            return run(tx)


def count(tx: Connection, name: str, minute: int, calls: int) -> int:
    """Add calls to a caller's minute; returns all of them. The first of a minute sweeps out the minutes before it."""
    dialect: Any = postgresql if tx.dialect.name == "postgresql" else sqlite
    row = dialect.insert(rate_counts).values(minute=minute, name=name, calls=calls)
    row = row.on_conflict_do_update(
        index_elements=["minute", "name"], set_={"calls": rate_counts.c.calls + calls}
    ).returning(rate_counts.c.calls)
    drawn = int(tx.execute(row).scalar_one())
    if drawn == calls:
        tx.execute(delete(rate_counts).where(rate_counts.c.minute < minute - 1))
    return drawn

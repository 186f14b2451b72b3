"""Walls by themselves: a machine shows a code and waits; once an administrator entered it, its token opens screens."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, delete, insert, select

from core.crypto import new_token, token_hash
from core.models.screens import screen_devices, screen_joins
from core.register.screens import CODE_LIFE

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall that is let in: its tour of topics, a change every so many seconds."""

    id: int
    title: str
    topics: tuple[str, ...]
    every: int


class Wired(Protocol):
    """What of the core walls need."""

    engine: Engine

    def _ask(self, run: Callable[[Connection], Any]) -> Any: ...


class Walls:
    """Real time, like sessions: a moved business clock opens no door."""

    def __init__(self, core: Wired) -> None:
        self._core = core

    def of_token(self, token: str) -> Wall | None:
        """The device of this token, if it is let in at this moment."""
        mine = (screen_devices.c.token_hash == token_hash(token), screen_devices.c.active)
        row = self._core._ask(lambda tx: tx.execute(select(screen_devices).where(*mine)).first())
        return None if row is None else Wall(row.id, row.title, tuple(row.topics.get("all", ())), row.every)

    def waiting(self, token: str) -> str:
        """The code a waiting machine shows; empty when its token is unknown or its code is over."""
        mine = screen_joins.c.token_hash == token_hash(token)
        row = self._core._ask(lambda tx: tx.execute(select(screen_joins).where(mine)).first())
        return "" if row is None or datetime.now(UTC) - row.made_at > CODE_LIFE else str(row.code)

    def ask(self) -> tuple[str, str]:
        """A new machine asks: its token and the code it shows. Codes of yesterday are swept out on the way."""
        token, code, now = new_token(), f"{secrets.randbelow(1_000_000):06d}", datetime.now(UTC)
        with self._core.engine.begin() as tx:
            tx.execute(delete(screen_joins).where(screen_joins.c.made_at < now - KEPT))
            tx.execute(delete(screen_joins).where(screen_joins.c.code == code))
            tx.execute(insert(screen_joins).values(token_hash=token_hash(token), code=code, made_at=now))
        return token, code

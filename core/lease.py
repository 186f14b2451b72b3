"""One leader among workers: a row with an owner, an end in real time, and a fencing number that only rises."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import DBAPIError

from core.models.record import leases

LIFE = timedelta(seconds=15)
"""How long a leader leads without renewing (security-reliability §6); it renews every five seconds."""


class Lease:
    """The right to run the clock. `take` is called again and again; losing it means somebody else leads now."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self._name = engine, name
        self.owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.fence: int | None = None

    def take(self) -> bool:
        """Take or renew; False while another owner's lease runs, or when the database does not answer."""
        now = datetime.now(UTC)
        try:
            with self._engine.begin() as tx:
                row = tx.execute(select(leases).where(leases.c.name == self._name).with_for_update()).first()
                if row is None:
                    values = {"name": self._name, "owner": self.owner, "fence": 1, "until": now + LIFE}
                    tx.execute(insert(leases), values)
                    self.fence = 1
                    return True
                if row.owner != self.owner and row.until > now:
                    self.fence = None
                    return False
                fence = row.fence + (row.owner != self.owner)
                mine = {"owner": self.owner, "fence": fence, "until": now + LIFE}
                tx.execute(update(leases).where(leases.c.name == self._name).values(**mine))
                self.fence = fence
                return True
        except DBAPIError:
            self.fence = None
            return False

    def give_back(self) -> None:
        """Let the next worker lead at once (orderly stop)."""
        mine = (leases.c.name == self._name, leases.c.owner == self.owner)
        with self._engine.begin() as tx:
            tx.execute(update(leases).where(*mine).values(until=datetime.now(UTC) - LIFE))
        self.fence = None

"""Citizens' browsers: a random id in a cookie of its own, its hash in the database, proved numbers sealed beside it.

They have nothing to do with the sessions of staff (control A4): another table, another cookie, other rules.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, insert, or_, select, update

from core.crypto import Cipher, Indexer, new_token, place, token_hash
from core.models.citizens import citizen_bindings, citizen_codes, citizen_sessions
from core.policy.citizens import Citizens

Write = Callable[[Callable[[Connection], Any]], Any]
TOUCH_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 64
NOBODY = "-"
"""Stands for a browser that WeChat would not name, so that it is asked once only."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """One open browser. `name`: the hash of its id. `phone`: proved by a code, else empty. `subjects`: those whose
    last four digits were proved. `openid`: who WeChat says it is, as a keyed hash, else empty.
    """

    name: str
    phone: str
    subjects: tuple[str, ...]
    openid: str
    tries: int


class Visitors:
    """The table of citizens' sessions."""

    def __init__(
        self, engine: Engine, write: Write, policy: Citizens, cipher: Cipher, indexer: Indexer,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._engine, self._write, self._policy = engine, write, policy
        self._cipher, self._indexer, self._now = cipher, indexer, now

    def open(self, *, openid: str = "", phone: str = "", leaving: str = "") -> str:
        """A new session under a new id; the one named `leaving` ends with it, those past their end are swept out.

        `openid` is the keyed hash of `openid_index`, `phone` a number that a code proved.
        """
        token = new_token()
        name, now = token_hash(token), self._now()
        row: dict[str, Any] = {
            "token_hash": name, "openid_index": openid or None, "state_hash": None, "phone": None, "phone_index": None,
            "subject": None, "tries": 0, "created_at": now, "seen_at": now,
        }  # fmt: skip
        if phone:
            sealed = self._cipher.seal(phone, place("citizen_sessions", "phone", name))
            row |= {"phone": sealed, "phone_index": self._indexer.index(phone, "phone")}
            row["subject"] = self.remembered(openid, phone) or None if openid not in ("", NOBODY) else None
        over = or_(
            citizen_sessions.c.created_at < now - self._policy.longest,
            citizen_sessions.c.token_hash == leaving,
        )

        def run(tx: Connection) -> None:
            tx.execute(delete(citizen_sessions).where(over))
            tx.execute(insert(citizen_sessions), row)

        self._write(run)
        return token

    def find(self, token: str) -> Visitor | None:
        """The live session of this id, or None: unknown, closed, idle or too old."""
        if not token or len(token) > LONGEST_TOKEN:
            return None
        name, now = token_hash(token), self._now()
        with self._engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(select(citizen_sessions).where(citizen_sessions.c.token_hash == name)).first()
        if row is None:
            return None
        if now - row.seen_at > self._policy.idle or now - row.created_at > self._policy.longest:
            self.close(token)
            return None
        if now - row.seen_at > TOUCH_EVERY:
            self._change(name, seen_at=now)
        phone = self._cipher.open(row.phone, place("citizen_sessions", "phone", name)) if row.phone else ""
        return Visitor(name, phone, _split(row.subject), row.openid_index or "", row.tries)

    def close(self, token: str) -> None:
        """The end of a session and of every code that waits in it (R155)."""
        name = token_hash(token)

        def run(tx: Connection) -> None:
            tx.execute(delete(citizen_sessions).where(citizen_sessions.c.token_hash == name))
            tx.execute(delete(citizen_codes).where(citizen_codes.c.session_hash == name))

        self._write(run)

    def prove(self, visitor: Visitor, subjects: Collection[str]) -> None:
        """The last four digits were those of these subjects; a WeChat user is remembered with this phone."""
        self._change(visitor.name, subject=",".join(sorted(subjects)))
        if visitor.openid in ("", NOBODY):
            return
        key = {"openid_index": visitor.openid, "phone_index": self._indexer.index(visitor.phone, "phone")}
        row = {**key, "subjects": ",".join(sorted(subjects)), "proved_at": self._now()}
        mine = tuple(citizen_bindings.c[name] == value for name, value in key.items())
        over = citizen_bindings.c.proved_at < self._now() - self._policy.bound

        def run(tx: Connection) -> None:
            tx.execute(delete(citizen_bindings).where(or_(and_(*mine), over)))
            tx.execute(insert(citizen_bindings), row)

        self._write(run)

    def remembered(self, openid: str, phone: str) -> str:
        """The subjects this WeChat user proved for this phone, not too long ago; empty for none."""
        since = self._now() - self._policy.bound
        mine = (
            citizen_bindings.c.openid_index == openid,
            citizen_bindings.c.phone_index == self._indexer.index(phone, "phone"),
            citizen_bindings.c.proved_at > since,
        )
        with self._engine.connect().execution_options(readonly=True) as tx:
            return str(tx.execute(select(citizen_bindings.c.subjects).where(*mine)).scalar() or "")

    def count_try(self, visitor: Visitor) -> int:
        """One more attempt at the last four digits; returns how many. Counted before they are looked at."""
        mine = citizen_sessions.c.token_hash == visitor.name

        def run(tx: Connection) -> int:
            tx.execute(update(citizen_sessions).where(mine).values(tries=citizen_sessions.c.tries + 1))
            return int(tx.execute(select(citizen_sessions.c.tries).where(mine)).scalar() or 0)

        return int(self._write(run))

    # --- WeChat's web sign-in ---

    def openid_index(self, openid: str) -> str:
        """How a WeChat user is known here: a keyed hash, which names nobody elsewhere."""
        return self._indexer.index(openid, "citizen.openid")

    def expect(self, visitor: Visitor) -> str:
        """A fresh state for WeChat's web sign-in, to be brought back once (wechat-sms.md §5)."""
        state = new_token()
        self._change(visitor.name, state_hash=token_hash(state))
        return state

    def came_back(self, visitor: Visitor, state: str) -> bool:
        """Whether this is the state that was given to this browser; either way it is used up."""
        mine = citizen_sessions.c.token_hash == visitor.name

        def run(tx: Connection) -> str:
            held = tx.execute(select(citizen_sessions.c.state_hash).where(mine).with_for_update()).scalar()
            tx.execute(update(citizen_sessions).where(mine).values(state_hash=None))
            return held or ""

        return bool(state) and hmac.compare_digest(str(self._write(run)), token_hash(state))

    def _change(self, name: str, **values: Any) -> None:
        mine = citizen_sessions.c.token_hash == name
        self._write(lambda tx: tx.execute(update(citizen_sessions).where(mine).values(**values)))


def _split(subjects: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (subjects or "").split(",")))

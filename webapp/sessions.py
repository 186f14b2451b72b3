"""Server-side sessions of the console: a random id in the cookie, its hash in the database (control A4).

Sessions keep real time: a moved business clock must not lengthen them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response
from sqlalchemy import Connection, Engine, and_, delete, insert, select, update

from core.crypto import new_token, token_hash
from core.db import for_one_question
from core.models.people import identities, sessions

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
PENDING = timedelta(minutes=5)
CONFIRMED = "confirmed"
"""What stands in the place of the number once it was given: this session passed both factors."""
AWAITS_PASSWORD = "password"
"""Another system named the person, an administrator, and the second factor is still to come."""
_TOUCH_EVERY = timedelta(minutes=1)
_ON_WEB = and_(identities.c.person_id == sessions.c.person_id, identities.c.channel == "web")
_FIND = select(sessions, identities.c.outside_id).outerjoin_from(sessions, identities, _ON_WEB)


@dataclass(frozen=True, slots=True)
class Session:
    """An open session. `name` is how the channel "web" knows the person (empty: not at all).

    `confirm`: None = one factor, which is enough for this person; CONFIRMED; AWAITS_PASSWORD; or the hash of a number
    that is still awaited. `must_change`: until one sets a password of one's own, nothing else opens.
    """

    person: int
    name: str
    confirm: str | None
    tries: int
    created_at: datetime
    must_change: bool

    @property
    def pending(self) -> bool:
        return self.confirm not in (None, CONFIRMED)


class Sessions:
    """The table of sessions and the cookie that names one of its rows."""

    def __init__(self, engine: Engine, *, secure: bool) -> None:
        self._engine, self._asking, self._secure = engine, for_one_question(engine), secure
        self.cookie = "__Host-sid" if secure else "sid"

    def open(self, person: int, *, confirm: str | None = None, must_change: bool = False) -> str:
        """A new session under a new id; sessions past their end are swept out on the way."""
        token, now = new_token(), datetime.now(UTC)
        row = {"token_hash": token_hash(token), "person_id": person, "post_id": None, "confirm_hash": confirm,
               "must_change": must_change}  # fmt: skip
        with self._engine.begin() as tx:
            tx.execute(delete(sessions).where(sessions.c.created_at < now - ABSOLUTE))
            tx.execute(insert(sessions).values(**row, confirm_tries=0, created_at=now, seen_at=now))
        return token

    def find(self, token: str) -> Session | None:
        """The live session of this id, or None: unknown, closed, idle for 30 minutes or 8 hours old."""
        if not token or len(token) > 64:
            return None
        now, name = datetime.now(UTC), token_hash(token)
        with self._asking.connect() as tx:
            row = tx.execute(_FIND.where(sessions.c.token_hash == name)).first()
        if row is None:
            return None
        session = Session(row.person_id, row.outside_id or "", row.confirm_hash, row.confirm_tries, row.created_at,
                          row.must_change)  # fmt: skip
        if _ended(session, row.seen_at, now):
            self.close(token)
            return None
        if now - row.seen_at > _TOUCH_EVERY:
            with self._engine.begin() as tx:
                tx.execute(update(sessions).where(sessions.c.token_hash == name).values(seen_at=now))
        return session

    def expect(self, token: str, confirm: str) -> None:
        """Let this session wait for a number, of which only the hash is kept."""
        with self._engine.begin() as tx:
            tx.execute(update(sessions).where(sessions.c.token_hash == token_hash(token)).values(confirm_hash=confirm))

    def count_try(self, token: str) -> int:
        """One more attempt at the number; returns how many were made. Counted before the number is looked at."""
        mine = sessions.c.token_hash == token_hash(token)
        with self._engine.begin() as tx:
            tx.execute(update(sessions).where(mine).values(confirm_tries=sessions.c.confirm_tries + 1))
            return int(tx.execute(select(sessions.c.confirm_tries).where(mine)).scalar() or 0)

    def close(self, token: str) -> None:
        with self._engine.begin() as tx:
            tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash(token)))

    def close_all(self, tx: Connection, person: int) -> None:
        """Every session of a person ends with this commit, wherever it is open (control A5)."""
        tx.execute(delete(sessions).where(sessions.c.person_id == person))

    def hand_out(self, response: Response, token: str) -> None:
        """Set the cookie: unreadable for scripts, not sent from other sites, bound to this host when secure."""
        response.set_cookie(self.cookie, token, secure=self._secure, httponly=True, samesite="Lax", path="/")

    def take_back(self, response: Response) -> None:
        response.delete_cookie(self.cookie, secure=self._secure, httponly=True, samesite="Lax", path="/")


def _ended(session: Session, seen_at: datetime, now: datetime) -> bool:
    if session.pending:
        return now - session.created_at > PENDING
    return now - seen_at > IDLE or now - session.created_at > ABSOLUTE

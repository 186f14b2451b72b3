"""Signing in: a password that tells nothing about names, a lock that grows, and a second factor for administrators."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core import Actor, Core
from core.crypto import check_password, token_hash
from core.errors import Locked, Refusal, WrongPassword
from core.models.people import accounts, identities, sign_in_failures
from webapp.errors import NumberGone, WrongNumber
from webapp.sessions import CONFIRMED, Sessions

FREE_TRIES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
NUMBER_TRIES = 5
_ON_WEB = and_(identities.c.person_id == accounts.c.person_id, identities.c.channel == "web")
_ACCOUNT = select(accounts, identities.c.outside_id).outerjoin_from(accounts, identities, _ON_WEB)


@dataclass(frozen=True, slots=True)
class Entry:
    """A door that opened: the session's id, and whether a number sent to DingTalk is still awaited."""

    token: str
    awaits_number: bool


class SignIn:
    """The door for people with an account. A try is counted before it is judged: parallel guesses gain nothing."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self._core, self._sessions = core, sessions

    def enter(self, login: str, password: str, address: str) -> Entry:
        """Open a session. Raises WrongPassword (same words and time for unknown names), Locked, or NoPost."""
        name = login.strip().lower()[:64]
        self._count(_lock_name(name, address), address)
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            account = tx.execute(_ACCOUNT.where(accounts.c.login == name)).first()
        stored = account.password_hash if account is not None and account.active else None
        if not check_password(password[:256], stored, self._core.vault) or account is None:
            self._note(None, "sign_in", f"account:{account.id}" if account else "account", "WrongPassword", address)
            raise WrongPassword()
        try:
            actor = self._core.actor_for("web", account.outside_id or "", address)
        except Refusal as refusal:
            self._note(None, "sign_in", f"account:{account.id}", refusal.kind, address)
            raise
        if self._is_administrator(actor):
            return self._ask_number(actor, address)
        self._forgive(_lock_name(name, address))
        self._note(actor, "sign_in", f"account:{account.id}", "", address)
        return Entry(self._sessions.open(account.person_id), awaits_number=False)

    def confirm(self, token: str, number: str, address: str) -> Entry:
        """Turn a waiting session into a whole one under a new id. Raises WrongNumber, or NumberGone when it is over."""
        session = self._sessions.find(token)
        if session is None or not session.pending:
            raise NumberGone()
        tries = self._sessions.count_try(token)
        right = hmac.compare_digest(self._hash(token, number.strip()[:6]), session.confirm or "")
        if tries > NUMBER_TRIES or not right:
            self._note(None, "confirm_sign_in", f"person:{session.person}", "WrongNumber", address)
            if tries >= NUMBER_TRIES:
                self._sessions.close(token)
                raise NumberGone()
            raise WrongNumber(left=NUMBER_TRIES - tries)
        self._sessions.close(token)
        actor = self._core.actor_for("web", session.name, address)
        self._forgive(_lock_name(self._login_of(session.person), address))
        self._note(actor, "confirm_sign_in", f"person:{session.person}", "", address)
        return Entry(self._sessions.open(session.person, confirm=CONFIRMED), awaits_number=False)

    def leave(self, token: str, actor: Actor, address: str) -> None:
        """End the session for good: its id opens nothing any more."""
        self._sessions.close(token)
        self._note(actor, "sign_out", f"person:{actor.person}", "", address)

    def _login_of(self, person: int) -> str:
        """The account's own name: what the form says would let one person take away the lock on another's."""
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            return str(tx.execute(select(accounts.c.login).where(accounts.c.person_id == person)).scalar() or "")

    def _is_administrator(self, actor: Actor) -> bool:
        return bool({actor.role, *(post.role for post in actor.others)} & self._core.policy.exclusive)

    def _ask_number(self, actor: Actor, address: str) -> Entry:
        """Send six digits to the administrator's DingTalk; only their hash, bound to this session, is kept (A1)."""
        person, number = actor.person or 0, f"{secrets.randbelow(1_000_000):06d}"
        token = self._sessions.open(person, confirm="none yet")
        self._sessions.expect(token, self._hash(token, number))
        text = f"登录验证码 {number}，5 分钟内有效。不是您本人在登录的话，请立即联系安全管理员。"
        self._core.say(f"confirm:{token_hash(token)}", person, text, "登录验证码")
        self._note(actor, "ask_number", f"person:{person}", "", address)
        return Entry(token, awaits_number=True)

    def _hash(self, token: str, number: str) -> str:
        return token_hash(f"{token}:{number}", self._core.vault.current("pepper").secret)

    def _count(self, name: str, address: str) -> None:
        """Count a try in advance. Raises Locked while the lock holds; five free tries, then 15 min, doubling (A2)."""
        now, mine = datetime.now(UTC), sign_in_failures.c.name_and_address == name
        with self._core.engine.begin() as tx:
            row = tx.execute(select(sign_in_failures).where(mine).with_for_update()).first()
            until = row.locked_until if row is not None else None
            if until is None or until <= now:
                failures = 1 if row is None else row.failures + 1
                values = {"failures": failures, "locked_until": _locked_until(failures, now)}
                if row is None:
                    try:
                        with tx.begin_nested():
                            tx.execute(insert(sign_in_failures).values(name_and_address=name, **values))
                    except IntegrityError:  # the same name from the same place, at the same instant: its row counts
                        values = {"failures": sign_in_failures.c.failures + 1}
                        tx.execute(update(sign_in_failures).where(mine).values(**values))
                else:
                    tx.execute(update(sign_in_failures).where(mine).values(**values))
                return
        self._note(None, "sign_in", "account", "Locked", address)
        raise Locked(minutes=ceil((until - now) / timedelta(minutes=1)))

    def _forgive(self, name: str) -> None:
        with self._core.engine.begin() as tx:
            tx.execute(delete(sign_in_failures).where(sign_in_failures.c.name_and_address == name))

    def _note(self, actor: Actor | None, action: str, what: str, reason: str, address: str) -> None:
        result = "refused" if reason else "done"
        self._core.note(actor, action, what, result, reason, channel="web", address=address)


def _lock_name(login: str, address: str) -> str:
    """Name and address together: nobody can lock a colleague out from elsewhere. Kept as a hash, for people mistype."""
    return token_hash(f"{login}|{address}")


def _locked_until(failures: int, now: datetime) -> datetime | None:
    if failures < FREE_TRIES:
        return None
    doubled: int = 2 ** min(failures - FREE_TRIES, 10)
    return now + min(FIRST_LOCK * doubled, LONGEST_LOCK)

"""Signing in: a password that tells nothing about names, a lock that grows, and a second factor for administrators."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core import Actor, Core
from core.crypto import token_hash
from core.errors import Locked, Refusal, WrongPassword
from core.models.people import sign_in_failures
from core.queries.vouched import web_name
from core.vouching import Vouched
from webapp.errors import (
    InitialOver,
    NoAccount,
    NumberGone,
    OldPasswordWrong,
    PasswordWrong,
    SignInGone,
    WrongNumber,
)
from webapp.passwords import Passwords
from webapp.sessions import AWAITS_PASSWORD, CONFIRMED, Session, Sessions

FREE_TRIES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
NUMBER_TRIES = 5
PASSWORD_TRIES = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A door that opened: the session's id, and what is still awaited: number, password, or nothing."""

    token: str
    awaits: str = ""


class SignIn:
    """The door for people with an account. A try is counted before it is judged: parallel guesses gain nothing."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self._core, self._sessions, self.passwords = core, sessions, Passwords(core, sessions)

    def enter(self, login: str, password: str, address: str) -> Entry:
        """Open a session. Raises WrongPassword (same words and time for unknown names), Locked, InitialOver, NoPost."""
        name = login.strip().lower()[:64]
        self._count(_lock_name(name, address), address)
        account, right = self.passwords.of_login(name, password)
        if account is None or not right:
            self._note(None, "sign_in", f"account:{account.id}" if account else "account", "WrongPassword", address)
            raise WrongPassword()
        try:
            if account.over:
                raise InitialOver()
            actor = self._core.actor_for("web", account.name, address)
        except Refusal as refusal:
            self._note(None, "sign_in", f"account:{account.id}", refusal.kind, address)
            refusal.on_record = True
            raise
        if self._is_administrator(actor):
            return self._ask_number(actor, address, account.due)
        self._forgive(_lock_name(name, address))
        self._note(actor, "sign_in", f"account:{account.id}", "", address)
        return Entry(self._sessions.open(account.person, must_change=account.due))

    def arrive(self, who: Vouched, address: str) -> Entry:
        """Open a session for whom another system vouches for. An administrator is asked for the password too (A1).

        Raises NotKnownHere, PhoneShared, NoPost, NoAccount.
        """
        action = f"sign_in_{who.channel}"
        try:
            actor = self._core.actor_for("web", self._name_of(who), address)
            asked = self._is_administrator(actor)
            if asked and self.passwords.of_person(actor.person or 0) is None:
                raise NoAccount()
        except Refusal as refusal:
            self._note(None, action, "stranger", refusal.kind, address)
            refusal.on_record = True
            raise
        self._note(actor, action, f"person:{actor.person}", "", address)
        if asked:
            return Entry(self._sessions.open(actor.person or 0, confirm=AWAITS_PASSWORD), "password")
        return Entry(self._sessions.open(actor.person or 0))

    def _name_of(self, who: Vouched) -> str:
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            return web_name(tx, who, self._core.indexer.index)

    def confirm(self, token: str, number: str, address: str) -> Entry:
        """Turn a waiting session into a whole one under a new id. Raises WrongNumber, or NumberGone when it is over."""
        session = self._sessions.find(token)
        if session is None or not session.pending or session.confirm == AWAITS_PASSWORD:
            raise NumberGone()
        tries = self._sessions.count_try(token)
        right = hmac.compare_digest(self._hash(token, number.strip()[:6]), session.confirm or "")
        if tries > NUMBER_TRIES or not right:
            self._note(None, "confirm_sign_in", f"person:{session.person}", "WrongNumber", address)
            if tries >= NUMBER_TRIES:
                self._sessions.close(token)
                raise NumberGone()
            raise WrongNumber(left=NUMBER_TRIES - tries)
        return self._whole(token, session, "confirm_sign_in", session.must_change, address)

    def confirm_password(self, token: str, password: str, address: str) -> Entry:
        """The password of an administrator who came by another way. Raises PasswordWrong, SignInGone, InitialOver."""
        session = self._sessions.find(token)
        account = self.passwords.of_person(session.person) if session is not None else None
        if session is None or session.confirm != AWAITS_PASSWORD or account is None:
            raise SignInGone()
        tries = self._sessions.count_try(token)
        self._count(_lock_name(account.login, address), address)
        if tries > PASSWORD_TRIES or not self.passwords.is_right(session.person, password):
            self._note(None, "confirm_password", f"person:{session.person}", "PasswordWrong", address)
            if tries >= PASSWORD_TRIES:
                self._sessions.close(token)
                raise SignInGone()
            raise PasswordWrong(left=PASSWORD_TRIES - tries)
        if account.over:
            raise InitialOver()
        return self._whole(token, session, "confirm_password", account.due, address)

    def change_password(self, token: str, actor: Actor, old: str, new: str, again: str, address: str) -> Entry:
        """Set one's own password; tries at the old one count like tries at the door. Raises a Refusal, one sentence."""
        session, account = self._sessions.find(token), self.passwords.of_person(actor.person or 0)
        if session is None or account is None:
            raise NoAccount()
        lock = _lock_name(account.login, address)
        self._count(lock, address)
        if not self.passwords.is_right(account.person, old):
            self._note(actor, "password.changed", f"person:{account.person}", "WrongPassword", address)
            raise OldPasswordWrong()
        self._forgive(lock)
        return Entry(self.passwords.change(actor, new, again, confirm=session.confirm))

    def _whole(self, token: str, session: Session, action: str, due: bool, address: str) -> Entry:
        """Both factors were given: the waiting session goes, one under a new id comes."""
        self._sessions.close(token)
        actor = self._core.actor_for("web", session.name, address)
        account = self.passwords.of_person(session.person)
        self._forgive(_lock_name(account.login if account else "", address))
        self._note(actor, action, f"person:{session.person}", "", address)
        return Entry(self._sessions.open(session.person, confirm=CONFIRMED, must_change=due))

    def leave(self, token: str, actor: Actor, address: str) -> None:
        """End the session for good: its id opens nothing any more."""
        self._sessions.close(token)
        self._note(actor, "sign_out", f"person:{actor.person}", "", address)

    def _is_administrator(self, actor: Actor) -> bool:
        return bool({actor.role, *(post.role for post in actor.others)} & self._core.policy.exclusive)

    def _ask_number(self, actor: Actor, address: str, due: bool) -> Entry:
        """Send six digits to the administrator's DingTalk; only their hash, bound to this session, is kept (A1)."""
        person, number = actor.person or 0, f"{secrets.randbelow(1_000_000):06d}"
        token = self._sessions.open(person, confirm="none yet", must_change=due)
        self._sessions.expect(token, self._hash(token, number))
        text = f"登录验证码 {number}，5 分钟内有效。不是您本人在登录的话，请立即联系安全管理员。"
        self._core.say(f"confirm:{token_hash(token)}", person, text, "登录验证码")
        self._note(actor, "ask_number", f"person:{person}", "", address)
        return Entry(token, "number")

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
                values = {"failures": failures, "locked_until": _locked_until(failures, now), "tried_at": now}
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

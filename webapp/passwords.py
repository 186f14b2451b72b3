"""Passwords of console accounts: whose is right, when one is due for a change, and the change itself (A3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, and_, delete, insert, select, update

from core import Actor, Core
from core.crypto import check_password, hash_password
from core.models.people import accounts, identities, old_passwords, people
from core.policy.passwords import password_rules
from webapp.errors import PasswordsDiffer, PasswordUnfit, PasswordUsed
from webapp.sessions import Sessions

LONGEST = 256
_ON_WEB = and_(identities.c.person_id == accounts.c.person_id, identities.c.channel == "web")
_ACCOUNT = select(accounts, identities.c.outside_id).outerjoin_from(accounts, identities, _ON_WEB)


@dataclass(frozen=True, slots=True)
class Account:
    """An account in use: `name` is how the channel "web" knows its person, `due` that the password must be changed."""

    id: int
    person: int
    login: str
    name: str
    due: bool
    over: bool


class Passwords:
    """The accounts in use. Practice accounts are none outside the practice ground."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self._core, self._sessions = core, sessions

    def of_login(self, login: str, password: str) -> tuple[Account | None, bool]:
        """The account of this name and whether the password is its own; an unknown name takes as long (A2)."""
        row = self._row(accounts.c.login == login)
        right = check_password(password[:LONGEST], row.password_hash if row is not None else None, self._core.vault)
        return (self._account(row) if row is not None else None), right and row is not None

    def of_person(self, person: int) -> Account | None:
        row = self._row(accounts.c.person_id == person)
        return None if row is None else self._account(row)

    def is_right(self, person: int, password: str) -> bool:
        row = self._row(accounts.c.person_id == person)
        return row is not None and check_password(password[:LONGEST], row.password_hash, self._core.vault)

    def change(self, actor: Actor, new: str, again: str, *, confirm: str | None) -> str:
        """Set a new password: every session of the person ends, one under a new id opens (A5). Returns that id.

        The old password was checked before. Raises PasswordsDiffer, PasswordUnfit, PasswordUsed.
        """
        person, rules, vault = actor.person or 0, password_rules(), self._core.vault
        account = self.of_person(person)
        if new != again:
            raise PasswordsDiffer()
        if why := rules.fault(new, account.login if account else ""):
            raise PasswordUnfit(why=why)
        if any(check_password(new, stored, vault) for stored in self._used(person)):
            raise PasswordUsed()
        now, made = datetime.now(UTC), hash_password(new, vault)

        def work(tx: Any) -> None:
            mine = accounts.c.person_id == person
            old = tx.execute(select(accounts.c.password_hash).where(mine).with_for_update()).scalar_one()
            tx.execute(insert(old_passwords).values(person_id=person, password_hash=old, at=now))
            tx.execute(update(accounts).where(mine).values(password_hash=made, one_use=False, set_at=now))
            kept = select(old_passwords.c.id).where(old_passwords.c.person_id == person)
            kept = kept.order_by(old_passwords.c.id.desc()).limit(rules.remembered)
            stale = old_passwords.c.id.not_in(kept.scalar_subquery())
            tx.execute(delete(old_passwords).where(old_passwords.c.person_id == person, stale))
            self._sessions.close_all(tx, person)

        self._core.operate("password.changed", f"person:{person}", work, actor)
        return self._sessions.open(person, confirm=confirm)

    def _used(self, person: int) -> list[str]:
        """The present password and the ones before it, as many as policy remembers."""
        before = select(old_passwords.c.password_hash).where(old_passwords.c.person_id == person)
        before = before.order_by(old_passwords.c.id.desc()).limit(password_rules().remembered - 1)
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            now = tx.execute(select(accounts.c.password_hash).where(accounts.c.person_id == person)).scalars().all()
            return [*now, *tx.execute(before).scalars()]

    def _row(self, mine: Any) -> Row[Any] | None:
        in_use = (accounts.c.active, people.c.active)
        query = _ACCOUNT.join(people, people.c.id == accounts.c.person_id).where(mine, *in_use)
        if self._core.settings.profile == "production":
            query = query.where(~accounts.c.practice)
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            return tx.execute(query).first()

    def _account(self, row: Row[Any]) -> Account:
        rules, now = password_rules(), datetime.now(UTC)
        age = None if row.set_at is None else now - row.set_at
        old = not row.practice and (age is None or age > rules.age)
        over = bool(row.one_use and (age is None or age > rules.initial))
        return Account(row.id, row.person_id, row.login, row.outside_id or "", bool(row.one_use or old), over)

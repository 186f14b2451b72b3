"""Console accounts as an operator opens them: one person, one random first password, shown once."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update

from core.crypto import KeyVault, hash_password
from core.errors import Unknown
from core.models.people import accounts, people, sessions


def open_account(tx: Connection, vault: KeyVault, code: str) -> str:
    """Open or reopen the account of the person with this code; returns the new password, which is not kept.

    It is good for one thing, setting a password of one's own (A3); whoever was signed in with the old one no longer is
    (A5). Raises Unknown.
    """
    person = tx.execute(select(people.c.id).where(people.c.code == code, people.c.active)).scalar_one_or_none()
    if person is None:
        raise Unknown(what=code[:24])
    password = secrets.token_urlsafe(15)
    values = {"password_hash": hash_password(password, vault), "active": True, "one_use": True,
              "practice": False, "set_at": datetime.now(UTC)}  # fmt: skip
    if tx.execute(update(accounts).where(accounts.c.person_id == person).values(**values)).rowcount == 0:
        tx.execute(insert(accounts), {"person_id": person, "login": code, **values})
    tx.execute(sessions.delete().where(sessions.c.person_id == person))
    return password

"""The machines that talk to us: their secrets and tokens, how often they call, how far a feed was read.

Everything here keeps real time: a trainer who moves the business clock must not open or close a token.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from core.crypto import KeyVault, Unreadable, new_token, token_hash
from core.errors import BadField, NotSignedIn, Refusal, Unknown
from core.models.cases import api_calls
from core.models.people import api_clients, api_tokens
from core.models.record import receipts

TOKEN_LIFE = timedelta(hours=2)
CALLS_A_MINUTE = 600
"""Defaults of domain-rules §15 and security-reliability A8."""


class WrongClient(Refusal):
    """An unknown appid and a wrong appsecret look alike."""

    text = "appid 或 appsecret 不对，请核对后再试。"
    status = 401


@dataclass(frozen=True, slots=True)
class Grant:
    """A token just issued, and for how many seconds it is good."""

    token: str
    seconds: int


class Machines:
    """Clients of the API and senders of pushes. Secrets and tokens are stored as keyed hashes (A7, A8)."""

    def __init__(self, engine: Engine, vault: KeyVault) -> None:
        self._engine, self._vault = engine, vault

    # --- clients and their secrets ---

    @contextmanager
    def _within(self, tx: Connection | None) -> Iterator[Connection]:
        """Somebody's commit, or one of our own."""
        with tx.begin_nested() if tx is not None else self._engine.begin() as ours:
            yield tx if tx is not None else cast(Connection, ours)

    def add_client(self, appid: str, title: str, tx: Connection | None = None) -> str:
        """A new client; returns its appsecret, which is not readable again. Raises BadField."""
        if not re.fullmatch(r"[a-z][a-z0-9_\-]{2,39}", appid):
            raise BadField(field="appid", why="用 3 至 40 个小写字母、数字、横线，以字母开头")
        secret = new_token()
        row = {
            "appid": appid, "title": title, "secret_hash": self._keyed(secret), "secret_hash_2": None,
            "scopes": {"read": ["cases"]}, "active": True,
        }  # fmt: skip
        try:
            with self._within(tx) as ours:
                ours.execute(insert(api_clients), row)
        except IntegrityError:
            raise BadField(field="appid", why="已经有这个 appid，换密钥请用 client rotate") from None
        return secret

    def rotate_client(self, appid: str, tx: Connection | None = None) -> str:
        """A new appsecret; the one before it stays valid until the next rotation. Raises Unknown."""
        secret = new_token()
        with self._within(tx) as ours:
            row = ours.execute(select(api_clients).where(api_clients.c.appid == appid)).first()
            if row is None:
                raise Unknown(what=appid[:40])
            values = {"secret_hash": self._keyed(secret), "secret_hash_2": row.secret_hash}
            ours.execute(update(api_clients).where(api_clients.c.appid == appid).values(**values))
        return secret

    def close_client(self, appid: str, tx: Connection | None = None) -> None:
        """No more calls from this client, from this moment on. Raises Unknown."""
        with self._within(tx) as ours:
            if ours.execute(update(api_clients).where(api_clients.c.appid == appid).values(active=False)).rowcount == 0:
                raise Unknown(what=appid[:40])
            ours.execute(delete(api_tokens).where(api_tokens.c.appid == appid))

    # --- tokens ---

    def grant(self, appid: str, secret: str) -> Grant:
        """A token for two hours. Raises WrongClient, in the same time whether or not the appid is known."""
        with self._engine.begin() as tx:
            row = tx.execute(select(api_clients).where(api_clients.c.appid == appid)).first()
            kept = (row.secret_hash, row.secret_hash_2) if row is not None and row.active else (None, None)
            matches = [self._is_of(secret, one) for one in kept]
            if not any(matches):
                raise WrongClient()
            now, token = datetime.now(UTC), new_token()
            tx.execute(delete(api_tokens).where(api_tokens.c.expires_at < now))
            values = {"token_hash": token_hash(token), "appid": appid, "expires_at": now + TOKEN_LIFE}
            tx.execute(insert(api_tokens), values)
        return Grant(token, int(TOKEN_LIFE.total_seconds()))

    def client_of(self, token: str, reads: str = "cases") -> str:
        """The appid a token was issued to, if its client may read this; else NotSignedIn, as for an expired one."""
        query = (
            select(api_tokens.c.appid, api_tokens.c.expires_at, api_clients.c.scopes)
            .join(api_clients, api_clients.c.appid == api_tokens.c.appid)
            .where(api_tokens.c.token_hash == token_hash(token), api_clients.c.active)
        )
        with self._engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(query).first()
        if row is None or row.expires_at <= datetime.now(UTC) or reads not in row.scopes.get("read", ()):
            raise NotSignedIn()
        return str(row.appid)

    def _keyed(self, secret: str) -> str:
        key = self._vault.current("pepper")
        return f"{key.label}:{token_hash(secret, key.secret)}"

    def _is_of(self, secret: str, kept: str | None) -> bool:
        """Whether this secret made the stored hash; an absent one costs the same time."""
        label, _, made = (kept or f"{self._vault.current('pepper').label}:").partition(":")
        try:
            expected = token_hash(secret, self._vault.find(label).secret)
        except Unreadable:
            return False
        return hmac.compare_digest(expected.encode(), made.encode())

    # --- how often ---

    def wait_s(self, caller: str, limit: int = CALLS_A_MINUTE) -> int:
        """Count one call; 0 to go on, else the seconds until this caller may call again (control C5).

        The count lies in the table of calls, one row a minute, so that it holds across processes.
        """
        now = datetime.now(UTC)
        minute, name = f"{now:%Y-%m-%dT%H:%M}", f"from:{caller}"
        dialect: Any = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        count = dialect.insert(api_calls).values(month=minute, api=name, calls=1)
        count = count.on_conflict_do_update(
            index_elements=["month", "api"], set_={"calls": api_calls.c.calls + 1}
        ).returning(api_calls.c.calls)
        with self._engine.begin() as tx:
            calls = tx.execute(count).scalar_one()
            if calls == 1:
                tx.execute(delete(api_calls).where(api_calls.c.api == name, api_calls.c.month < minute))
        return 60 - now.second if calls > limit else 0

    # --- feeds ---

    def cursor(self, feed: str) -> str:
        """How far a feed was read; empty before the first time."""
        with self._engine.connect().execution_options(readonly=True) as tx:
            answer = tx.execute(select(receipts.c.answer).where(receipts.c.key == _feed_key(feed))).scalar_one_or_none()
        return str(answer["cursor"]) if answer else ""

    def keep_cursor(self, feed: str, cursor: str) -> None:
        """Remember how far: called after everything before it is on disk. It is the receipt of the last page."""
        with self._engine.begin() as tx:
            values = {"answer": {"cursor": cursor}, "at": datetime.now(UTC)}
            mine = receipts.c.key == _feed_key(feed)
            if tx.execute(update(receipts).where(mine).values(**values)).rowcount == 0:
                tx.execute(insert(receipts), {"key": _feed_key(feed), "body_hash": "", "event_id": None, **values})


def _feed_key(feed: str) -> str:
    return f"feed:{feed}"

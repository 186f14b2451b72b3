"""The machines that talk to us: their secrets and tokens, how often each may call, how far a feed was read.

Everything here keeps real time: a trainer who moves the business clock must not open or close a token.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.crypto import KeyVault, Unreadable, new_token, token_hash
from core.errors import BadField, NotSignedIn, Refusal, Unknown
from core.models.people import api_clients, api_tokens
from core.models.record import receipts
from core.policy.rates import MOST_A_MINUTE

TOKEN_LIFE = timedelta(hours=2)
"""Default of domain-rules §15 and security-reliability A8."""


class WrongClient(Refusal):
    """An unknown appid and a wrong appsecret look alike."""

    text = "appid 或 appsecret 不对，请核对后再试。"
    status = 401


@dataclass(frozen=True, slots=True)
class Grant:
    """A token just issued, and for how many seconds it is good."""

    token: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Client:
    """Who calls by a good token, and the calls a minute agreed with them; None: what rates.yaml says.

    `feeds`: the datasets they may deliver, `topic.name` or `topic.*`.
    """

    appid: str
    calls_a_minute: int | None
    feeds: frozenset[str] = frozenset()

    def may_deliver(self, name: str) -> bool:
        """Whether the dataset `topic.name` is one of theirs."""
        return bool({name, f"{name.partition('.')[0]}.*", "*"} & self.feeds)


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
            "scopes": {"read": ["cases"]}, "active": True, "calls_a_minute": None,
        }  # fmt: skip
        try:
            with self._within(tx) as ours:
                ours.execute(insert(api_clients), row)
        except IntegrityError:
            raise BadField(field="appid", why="已经有这个 appid，换密钥请用 client rotate") from None
        return secret

    def allow_feeds(self, appid: str, feeds: Sequence[str], tx: Connection | None = None) -> None:
        """This client delivers these datasets and reads nothing; with none it reads cases again. Raises Unknown."""
        scopes = {"read": [], "feeds": sorted(feeds)} if feeds else {"read": ["cases"]}
        with self._within(tx) as ours:
            mine = update(api_clients).where(api_clients.c.appid == appid)
            if ours.execute(mine.values(scopes=scopes)).rowcount == 0:
                raise Unknown(what=appid[:40])

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

    def limit_client(self, appid: str, calls_a_minute: int | None, tx: Connection | None = None) -> None:
        """So many calls a minute from now on; None goes back to rates.yaml. Raises Unknown, BadField."""
        if calls_a_minute is not None and not 1 <= calls_a_minute <= MOST_A_MINUTE:
            raise BadField(field="每分钟次数", why=f"填 1 至 {MOST_A_MINUTE:,} 的整数")
        known = update(api_clients).where(api_clients.c.appid == appid).values(calls_a_minute=calls_a_minute)
        with self._within(tx) as ours:
            if ours.execute(known).rowcount == 0:
                raise Unknown(what=appid[:40])

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

    def client_of(self, token: str, reads: str = "cases") -> Client:
        """Whom a token was issued to, if they may read this; else NotSignedIn, as for an expired one.

        `reads` empty: whoever it is, such as a client that only delivers.
        """
        query = (
            select(api_tokens.c.appid, api_tokens.c.expires_at, api_clients.c.scopes, api_clients.c.calls_a_minute)
            .join(api_clients, api_clients.c.appid == api_tokens.c.appid)
            .where(api_tokens.c.token_hash == token_hash(token), api_clients.c.active)
        )
        with self._engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(query).first()
        may = row is not None and (not reads or reads in row.scopes.get("read", ()))
        if row is None or row.expires_at <= datetime.now(UTC) or not may:
            raise NotSignedIn()
        return Client(str(row.appid), row.calls_a_minute, frozenset(row.scopes.get("feeds", ())))

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

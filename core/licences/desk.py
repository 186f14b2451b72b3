"""What a keeper of the library has in hand while one act is written, and what it hands back to be recorded."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from core.canon import canonical
from core.crypto import Cipher, Indexer, place
from core.people import Actor
from core.policy.library import ActRule, LibraryRules

Row = dict[str, Any]
NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class LibraryAct:
    """One act on the library. `book`: subject or licence; `row`: its token, or the licence's line; empty for a new one.

    `values` are the texts of the form by field; what a changing act does not give stays as it was. `seen` is the `seq`
    of what the person saw, None to let it be. `kind` of a new subject and `type` of a new licence stand among values.
    """

    key: str
    book: str
    act: str
    row: str
    values: Mapping[str, str]
    actor: Actor
    reason: str = ""
    seen: int | None = None
    source: str = "web"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one row: the event to record, in ids and names of fields, never their values (F5)."""

    book: str
    event: str
    row: str
    seq: int
    facts: Mapping[str, Any]
    called: str
    """What the answer calls it: masked where it names a person."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The transaction, who acts, the moment, the tables, and the means of sealing."""

    tx: Connection
    actor: Actor
    now: datetime
    today: date
    rules: LibraryRules
    rule: ActRule
    cipher: Cipher
    indexer: Indexer

    def sealed(self, table: str, token: str, body: Mapping[str, Any]) -> dict[str, str]:
        """A body as its column keeps it."""
        return sealed(self.cipher, table, token, body)


def sealed(cipher: Cipher, table: str, token: str, body: Mapping[str, Any]) -> dict[str, str]:
    """The body of a row of `subjects` or `licences` as its column keeps it."""
    return {"sealed": cipher.seal(canonical(dict(body)), place(table, "body", token))}


def opened(cipher: Cipher, table: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    """The body of a row of `subjects` or `licences`. Raises Unreadable."""
    body: dict[str, Any] = json.loads(cipher.open(row["body"]["sealed"], place(table, "body", row["token"])))
    return body


def new_name() -> str:
    """128 random bits: the token of a row, the line of a licence; says nothing and cannot be guessed."""
    return new_names(1)[0]


def new_names(count: int) -> list[str]:
    """So many of them, from one request to the system."""
    bits = secrets.token_bytes(count * NAME_BYTES)
    each = (bits[at : at + NAME_BYTES] for at in range(0, len(bits), NAME_BYTES))
    return [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in each]

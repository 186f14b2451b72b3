"""A small log to tamper with: thirty entries, every second one with its event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert

from core.chain import Entry, append, event_hash
from core.crypto import Sm2Signer, SoftVault
from core.db import connect, metadata
from core.entries import EVENT_COLUMNS
from core.models.record import events

VAULT = SoftVault.practice()
KEY = VAULT.current("chain").secret
SIGNER = Sm2Signer(VAULT)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SIZE = 30


@contextmanager
def an_empty_log(url: str) -> Iterator[Engine]:
    engine = connect(url)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@contextmanager
def a_log(url: str) -> Iterator[Connection]:
    """Thirty entries in a transaction that is given up at the end."""
    with an_empty_log(url) as engine, engine.connect() as tx:
        write(tx, range(1, SIZE + 1))
        yield tx
        tx.rollback()


def an_event(number: int) -> dict[str, Any]:
    return dict.fromkeys(EVENT_COLUMNS) | {
        "id": number,
        "flow": "case_leg",
        "name": "accepted",
        "at": NOON,
        "person_id": 3,
        "post_id": 4,
        "seq": number,
        "source": "dingtalk",
        "facts": {"measures": "抽排", "minutes": number},
    }


def an_entry(number: int, **other: Any) -> Entry:
    at = NOON + timedelta(seconds=number)
    return replace(Entry(at, 3, None, "dingtalk", "", "accept", f"case:{number}", "done"), **other)


def write(tx: Connection, numbers: range) -> None:
    entries = []
    for number in numbers:
        if number % 2:
            entries.append(an_entry(number, result="refused", reason="NotYours"))
            continue
        row = an_event(number)
        tx.execute(insert(events), row)
        entries.append(an_entry(number, event_id=number, event_hash=event_hash(row)))
    append(tx, entries, KEY)

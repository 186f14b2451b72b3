"""Where the facts live: one engine, one metadata, one way to store a moment."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, Text, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

IDLE_S = 1.0  # how long a connection may lie before it is asked whether it lives

# SQLite numbers its rows by itself only for the type INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware UTC instant: `timestamptz` on PostgreSQL, ISO text on SQLite (sorts like time)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must carry its zone")
        value = value.astimezone(UTC)
        return value.isoformat(timespec="microseconds") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Facts(TypeDecorator[dict[str, Any]]):
    """A small JSON object kept as text, written one way only so that its hash is stable."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else json.loads(value)


canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""JSON with sorted keys and no blanks: equal values give equal text."""


def connect(url: str, *, pool_size: int = 10) -> Engine:
    """An engine for `url`, with the durability and time-out rules of security-reliability §6."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=20,
            connect_args={"timeout": 5, "check_same_thread": False},
            hide_parameters=True,  # a fault is logged with its statement, never with the values
        )
        event.listen(engine, "connect", _sqlite_rules)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    options = "-c statement_timeout=4000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=10,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={"options": options, "application_name": "xiuying", "prepare_threshold": 1},
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_ping_the_idle, engine.dialect))
    return engine


def for_reading(engine: Engine) -> Engine:
    """The same pool for reads: one snapshot on SQLite; on PostgreSQL no transaction around single statements."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(readonly=True)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def for_one_question(engine: Engine) -> Engine:
    """The same for a single statement, which sees one moment by itself and needs no transaction."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(readonly=True, single=True)
    return for_reading(engine)


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_the_idle(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _fairy: Any) -> None:
    """A connection that lay for a second may be dead: then the pool begins anew. A busy one is not asked every time."""
    if time.monotonic() - record.info.get("used_at", math.inf) < IDLE_S:
        return
    try:
        alive = dialect.do_ping(connection)
    except Exception:
        alive = False
    if not alive:
        raise InvalidatePoolError


def _sqlite_rules(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: every writer begins IMMEDIATE.
    connection.isolation_level = None
    for rule in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {rule}")


def _sqlite_begin(connection: Any) -> None:
    options = connection.get_execution_options()
    if not options.get("single", False):
        connection.exec_driver_sql("BEGIN" if options.get("readonly", False) else "BEGIN IMMEDIATE")

"""Where the facts live: one engine, one metadata, one way to store a moment."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from psycopg import Error
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, Text, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeDecorator

from core.canon import canonical

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

IDLE_S = 1.0  # how long a connection may lie before it is asked whether it lives

SESSION = {
    "statement_timeout": 4000,
    "lock_timeout": 2000,
    "idle_in_transaction_session_timeout": 10000,
    "jit": "off",
    "max_parallel_workers_per_gather": 0,
}
"""What a session on PostgreSQL is told. Hundreds ask at once: no statement is worth compiling or further processes."""

FOR_ITS_VALUES = {"for_its_values": True}
"""Execution option of lists and searches with values of every kind: PostgreSQL plans them anew each time. Prepared once
for any value it expects a third of all cases behind any moment, and reads them all."""

FOR_ANY_VALUES = {"for_any_values": True}
"""Execution option of what is asked with every page, its rare values written into it: planned once a connection, since
planning a dozen counts takes several times as long as counting."""

COPIED = "copied"
"""Execution option of a COPY … FROM STDIN on PostgreSQL: the rows that are sent, as the driver takes them, and the
types of their columns where they are sent in binary."""

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
    """A small JSON object kept as text, written one way only so that its hash is stable; given so, it stays so."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | str | None, dialect: Dialect) -> str | None:
        return value if value is None or isinstance(value, str) else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else json.loads(value)


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
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=10,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={
            "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
            "application_name": "xiuying",
            "prepare_threshold": 1,
        },
    )
    event.listen(engine, "do_execute", _plan)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_ping_the_idle, engine.dialect))
    return engine


def _plan(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """A marked statement is planned as its mark says, a COPY is sent its rows; any other as the server sees fit."""
    options = {} if context is None else context.execution_options
    if COPIED in options:
        rows, types = options[COPIED]
        with cursor.copy(statement) as copy:
            if types:
                copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        return True
    if options.get("for_its_values", False):
        cursor.execute(statement, parameters, prepare=False)
        return True
    if options.get("for_any_values", False):
        cursor.connection.execute("SET plan_cache_mode = force_generic_plan")
        try:
            cursor.execute(statement, parameters, prepare=True)
        finally:
            with suppress(Error):  # a broken connection is not kept, an aborted transaction forgets by itself
                cursor.connection.execute("RESET plan_cache_mode")
        return True
    return False


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

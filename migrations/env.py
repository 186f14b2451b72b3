"""Brings a database from one version of the schema to another, on the address the settings name."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

import core.models  # noqa: F401  (completes the metadata)
from core import word_index
from core.db import Facts, Moment, connect, metadata
from core.settings import read_settings

ONE_AT_A_TIME = 20_260_309
"""The advisory lock that keeps two starting machines from migrating PostgreSQL at once."""


def render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """How a new revision writes our own column types."""
    if kind == "type" and isinstance(item, Moment | Facts):
        return f"{type(item).__name__}()"
    if kind == "type" and "sqlite" in getattr(item, "_variant_mapping", {}):
        return "Id"
    return False


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """A word index is derived, and of another make on each database: it stands in no model."""
    return not (kind == "table" and name and name.startswith(word_index.NAMES))


def migrate(connection: Connection) -> None:
    """Run what was asked for in one transaction: all of it, or nothing."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        compare_type=True,
        render_item=render,
        include_name=ours,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
        context.run_migrations()


def main() -> None:
    """The address comes from the caller (tests) or from the settings."""
    engine = connect(context.config.attributes.get("url") or read_settings().database.url)
    try:
        with engine.connect() as connection:
            migrate(connection)
    finally:
        engine.dispose()


main()

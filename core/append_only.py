"""SQL that makes a table refuse change: triggers on events, the log, what is published; for migrations and tests."""

from __future__ import annotations

from collections.abc import Mapping

_TABLES: Mapping[str, str] = {"audit_log": "seq", "events": "id"}
"""The record: each table that only grew from the beginning, and its primary key. Later ones are guarded by `guard`."""

_REFUSAL = "只增不改，拒绝改动"


def _sqlite(table: str, key: str) -> list[str]:
    # An INSERT OR REPLACE deletes without asking the delete trigger, so the insert of a present key is refused too.
    told = f"BEGIN SELECT RAISE(ABORT, '{table} {_REFUSAL}'); END"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {told}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {told}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) {told}",
    ]


def _postgresql(table: str) -> str:
    # Per statement, because only then TRUNCATE is caught as well.
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def guard(table: str, key: str, dialect: str) -> list[str]:
    """Statements by which a further table only grows; its primary key is `key`."""
    return _sqlite(table, key) if dialect == "sqlite" else [_postgresql(table)]


def unguard(table: str, dialect: str) -> list[str]:
    """Statements that take the guard off."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{what}" for what in ("update", "delete", "replace")]
    return [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"]


_FUNCTION = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' {_REFUSAL}'; END $$"
)

TRIGGERS: Mapping[str, list[str]] = {
    "sqlite": [sql for table, key in _TABLES.items() for sql in _sqlite(table, key)],
    "postgresql": [_FUNCTION, *(_postgresql(table) for table in _TABLES)],
}
"""By dialect, in the order to run them, each a statement of its own."""

DROP_TRIGGERS: Mapping[str, list[str]] = {
    dialect: [sql for table in _TABLES for sql in unguard(table, dialect)] for dialect in ("sqlite", "postgresql")
}
"""The guards of the record alone: later tables keep theirs, and with them what the guards call."""

DROP_FUNCTION: Mapping[str, list[str]] = {"sqlite": [], "postgresql": ["DROP FUNCTION IF EXISTS refuse_change()"]}
"""When no guarded table is left."""

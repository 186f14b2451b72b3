"""SQL that makes a table refuse change: the triggers on events and the log, for the migration and for tests."""

from __future__ import annotations

from collections.abc import Mapping

_TABLES: Mapping[str, str] = {"audit_log": "seq", "events": "id"}
"""Each table that only grows, and its primary key."""

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


_FUNCTION = (
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' {_REFUSAL}'; END $$"
)

TRIGGERS: Mapping[str, list[str]] = {
    "sqlite": [sql for table, key in _TABLES.items() for sql in _sqlite(table, key)],
    "postgresql": [_FUNCTION, *(_postgresql(table) for table in _TABLES)],
}
"""By dialect, in the order to run them, each a statement of its own."""

DROP_TRIGGERS: Mapping[str, list[str]] = {
    "sqlite": [
        f"DROP TRIGGER IF EXISTS {table}_no_{what}" for table in _TABLES for what in ("update", "delete", "replace")
    ],
    "postgresql": [
        *(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}" for table in _TABLES),
        "DROP FUNCTION IF EXISTS refuse_change()",
    ],
}

"""The database itself keeps the record: its triggers refuse every statement that would change it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from core.append_only import unguard
from core.chain import DROP_TRIGGERS, TRIGGERS, verify
from core.db import connect
from tests.core.log_builders import KEY, SIZE, a_log, write

ATTEMPTS = {
    "update": "UPDATE {table} SET {column} = 'x' WHERE {key} = 2",
    "update all": "UPDATE {table} SET {column} = {column}",
    "delete": "DELETE FROM {table} WHERE {key} = 2",
    "replace": "INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE {key} = 2",
    "truncate": "TRUNCATE {table}",
}
NOT_THERE = {("replace", "postgresql"), ("truncate", "sqlite")}


@pytest.mark.parametrize(("table", "key", "column"), [("audit_log", "seq", "result"), ("events", "id", "name")])
def test_no_statement_changes_what_is_written(database_url: str, table: str, key: str, column: str) -> None:
    with a_log(database_url) as tx:
        dialect = tx.dialect.name
        for statement in TRIGGERS[dialect]:
            tx.execute(text(statement))
        for name, attempt in ATTEMPTS.items():
            if (name, dialect) in NOT_THERE:
                continue
            step = tx.begin_nested()
            with pytest.raises(DatabaseError, match=f"{table} 只增不改"):
                tx.execute(text(attempt.format(table=table, key=key, column=column)))
            step.rollback()
        write(tx, range(SIZE + 1, SIZE + 5))
        assert verify(tx, KEY).ok


def test_the_triggers_can_be_taken_off_again(database_url: str) -> None:
    with a_log(database_url) as tx:
        for statement in (*TRIGGERS[tx.dialect.name], *DROP_TRIGGERS[tx.dialect.name]):
            tx.execute(text(statement))
        tx.execute(text("UPDATE audit_log SET result = 'x' WHERE seq = 2"))
        assert verify(tx, KEY).first_broken == 2


def test_a_published_month_refuses_change_and_the_guard_comes_off_again(migrated_url: str) -> None:
    engine = connect(migrated_url)
    month = {
        "month": "2026-03", "version": 1, "at": "2026-04-01", "appeal_until": "2026-04-08", "note": "原样",
        "basis": "{}", "digest": "d",
    }  # fmt: skip
    names = ", ".join(month)
    with engine.begin() as tx:
        tx.execute(text(f"INSERT INTO joint_reports ({names}) VALUES ({', '.join(f':{one}' for one in month)})"), month)
        for name, attempt in ATTEMPTS.items():
            if (name, tx.dialect.name) in NOT_THERE:
                continue
            change = attempt.format(table="joint_reports", key="id", column="note").replace("= 2", "= 1")
            step = tx.begin_nested()
            with pytest.raises(DatabaseError, match=r"joint_reports 只增不改|foreign key"):
                tx.execute(text(change))
            step.rollback()
        for statement in unguard("joint_reports", tx.dialect.name):
            tx.execute(text(statement))
        tx.execute(text("UPDATE joint_reports SET note = '改了'"))
    engine.dispose()

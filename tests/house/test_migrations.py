"""The migrations: numbered in order, up and down on both databases, and no drift from the models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, select
from sqlalchemy.exc import DatabaseError

from core import word_index
from core.db import connect, metadata
from core.entries import GENESIS
from core.models.record import audit_log, events, log_head
from tests.databases import ROOT, alembic


@pytest.fixture
def tx(migrated_url: str) -> Iterator[Connection]:
    engine = connect(migrated_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_they_are_numbered_in_order_and_end_in_one_head() -> None:
    files = sorted(path.name for path in (ROOT / "migrations/versions").glob("*.py"))
    assert [name[:5] for name in files] == [f"{number:04}_" for number in range(1, len(files) + 1)]
    script = ScriptDirectory.from_config(alembic("sqlite://"))
    assert script.get_heads() == [files[-1][:4]]
    assert [revision.revision for revision in script.walk_revisions()] == [name[:4] for name in reversed(files)]


def test_up_down_and_up_again_leaves_no_drift(database_url: str) -> None:
    config = alembic(database_url)
    command.upgrade(config, "head")
    command.check(config)
    command.downgrade(config, "base")
    engine = connect(database_url)
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    command.upgrade(config, "head")
    there = {name for name in inspect(engine).get_table_names() if not name.startswith(word_index.NAMES)}
    assert there == {"alembic_version", *metadata.tables}
    engine.dispose()


def test_the_record_begins_at_its_genesis(tx: Connection) -> None:
    assert tx.execute(select(log_head)).all() == [(1, 0, GENESIS)]
    assert tx.execute(select(audit_log)).all() == []


def test_a_migrated_database_refuses_to_forget_an_event(tx: Connection) -> None:
    event = {"flow": "case", "name": "registered", "at": datetime.now(UTC), "seq": 1, "source": "web", "facts": {}}
    tx.execute(insert(events), event)
    with pytest.raises(DatabaseError, match="只增不改"):
        tx.execute(delete(events))

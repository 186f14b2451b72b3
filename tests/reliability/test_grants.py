"""Control H4: with the product's own database role the work goes on, and neither schema nor record can be touched."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from core import Core
from core.db import connect
from core.errors import BadField
from core.grants import grants
from tests.builders import closed, desk, the_case
from tests.clock import StillClock
from tests.databases import PostgreSQL
from tests.town import a_core, settled

FORBIDDEN = [
    "UPDATE audit_log SET reason = 'x'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "UPDATE events SET facts = '{}'",
    "DELETE FROM events",
    "DROP TRIGGER audit_log_append_only ON audit_log",
    "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "ALTER TABLE cases ADD COLUMN spy text",
    "DROP TABLE cases",
    "CREATE TABLE spy (id int)",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    "SET session_replication_role = replica",
    "UPDATE alembic_version SET version_num = 'x'",
]


@pytest.fixture
def core(postgresql: PostgreSQL, clock: StillClock) -> Iterator[Core]:
    """A core whose connections have the product's role and no more."""
    role = f"product_{os.getpid()}"
    with postgresql.database(settled) as url:
        owner = connect(url)
        with owner.begin() as tx:
            tx.execute(text(f"CREATE ROLE {role} LOGIN"))
            for statement in grants(role):
                tx.execute(text(statement))
        built = a_core(make_url(url).set(username=role).render_as_string(hide_password=False), clock)
        try:
            yield built
        finally:
            built.engine.dispose()
            with owner.begin() as tx:
                tx.execute(text(f"DROP OWNED BY {role}"))
                tx.execute(text(f"DROP ROLE {role}"))
            owner.dispose()


def test_the_work_goes_on_and_the_record_cannot_be_touched(core: Core) -> None:
    case = closed(core, caller_name="雀金丙", caller_phone="19987650123")
    assert the_case(core, case)["state"] == "closed"
    assert core.find(desk(core), "积水").total == 1
    core.retention.run()
    assert core.upward.view().waiting == 1
    for statement in FORBIDDEN:
        with core.engine.connect() as tx, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            tx.execute(text(statement))
    assert core.verify_log().ok


def test_a_role_that_is_no_name_is_refused() -> None:
    for odd in ("", "Robert'); DROP TABLE cases;--", "a b", "x" * 80):
        with pytest.raises(BadField):
            grants(odd)

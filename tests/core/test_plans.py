"""What PostgreSQL plans once and what anew: values are written where they are rare, and no session keeps a mode."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import bindparam, select

from core import Core
from core.models.cases import cases
from core.queries.terms import settled
from tests.builders import desk


def test_values_are_written_and_names_are_kept() -> None:
    since = datetime(2026, 3, 9, tzinfo=UTC)
    where = (cases.c.state.in_(("pending", "it's")), cases.c.registered_at >= since, cases.c.id == bindparam("name"))
    told = settled(select(cases.c.id).where(*where).limit(7)).compile()
    assert list(told.params) == ["name"]
    assert "('pending', 'it''s')" in str(told)
    assert "'2026-03-09T00:00:00.000000+00:00'" in str(told)
    assert "LIMIT 7" in str(told)


def test_a_session_keeps_no_way_of_planning(core: Core) -> None:
    core.board(desk(core))
    if core.engine.dialect.name == "postgresql":
        with core.engine.connect() as tx:
            assert tx.exec_driver_sql("SHOW plan_cache_mode").scalar_one() == "auto"
            assert tx.exec_driver_sql("SHOW max_parallel_workers_per_gather").scalar_one() == "0"

"""What the library is asked finds its rows by an index that knows them, where the planner keeps no statistics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from core import Core
from core.licences import LicenceFilter
from core.people import Actor
from tests.clock import StillClock
from tests.core.library_room import FOOD, a_company, a_licence, clerk
from tests.databases import SQLite
from tests.town import a_core, settled

WALK = "SCAN licences"
"""Every licence, or every newest one, one after the other."""
ASKED: dict[str, Callable[[Core, Actor, str], Any]] = {
    "a line": lambda core, _who, line: core.licences.verdict(line),
    "a number and type": lambda core, _who, _line: core.licences.find_licence("food_business", FOOD["number"]),
    "a case": lambda core, who, _line: core.licences.licences(who, LicenceFilter(case_no="XYBJ00000001")),
    "words": lambda core, who, _line: core.licences.licences(who, LicenceFilter(words="椰风餐饮")),
    "a day": lambda core, who, _line: core.licences.licences(who, LicenceFilter(issued_from=date(2026, 3, 1))),
}


@pytest.fixture
def core(tmp_path: Path, clock: StillClock) -> Any:
    made = a_core(SQLite().prepared(settled, tmp_path), clock)
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("what", ASKED)
def test_no_question_walks_all_licences(core: Core, what: str) -> None:
    line, who, told = a_licence(core, a_company(core)), clerk(core), dict[str, Any]()

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.startswith("SELECT") and "licences" in statement:
            told[statement] = values

    event.listen(core.engine, "before_cursor_execute", note)
    ASKED[what](core, who, line)
    event.remove(core.engine, "before_cursor_execute", note)
    assert told
    with core.engine.connect() as tx:
        plans = [tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values).all() for asked, values in told.items()]
    steps = [step[3] for plan in plans for step in plan]
    assert any("licences" in step for step in steps)
    assert not [step for step in steps if WALK in step]

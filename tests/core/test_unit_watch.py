"""Three-level warning of a unit: what makes it, who hears, once a level, and never within the same working day."""

from __future__ import annotations

import pytest

from core import Core
from core.models.record import letters
from core.models.watch import unit_warnings
from core.queries.workload import Record
from core.unit_watch import UnitWatch
from tests.builders import LEAD, act, clerk, desk, head, person, rows, signed
from tests.clock import StillClock


@pytest.mark.parametrize(
    ("record", "level", "why"),
    [
        (Record(done=20, in_time=19), 0, ""),
        (Record(done=20, in_time=18), 1, "近 7 天按时率 90%"),
        (Record(done=20, in_time=17), 2, "近 7 天按时率 85%"),
        (Record(done=20, in_time=15), 3, "近 7 天按时率 75%"),
        (Record(done=9, in_time=0), 0, ""),
        (Record(overdue=5), 3, "同时超期 5 件"),
        (Record(overdue=4), 0, ""),
        (Record(done=20, in_time=20, answers=10, satisfied=8), 2, "近 7 天满意率 80%"),
        (Record(done=20, in_time=20, answers=9, satisfied=0), 0, ""),
    ],
)
def test_the_lines_of_a_unit(core: Core, record: Record, level: int, why: str) -> None:
    standing = UnitWatch(core)._judge(record)
    assert (standing.level, standing.why) == (level, why)


def told(core: Core) -> list[int]:
    return [row.body["people"][0] for row in rows(core, letters, letters.c.key.like("unit:%"))]


def test_five_cases_overdue_at_once_are_red_and_told_once(core: Core, clock: StillClock) -> None:
    cases = [signed(core, type="ask") for _ in range(5)]
    watch = UnitWatch(core)
    assert watch.check() == 0
    clock.set("2026-03-11 09:00")
    assert (watch.check(), watch.check(), UnitWatch(core).check()) == (1, 0, 0)
    hearers = {clerk(core).person, person(core, "unit_head", LEAD).person, head(core).person}
    assert hearers < set(told(core))
    assert len(told(core)) == len(set(told(core))) == 5, "clerk, head, two desk heads, one leader"
    for case in cases:
        act(core, clerk(core), case, "report", LEAD, result="已处理")
        act(core, desk(core), case, "confirm")
    assert watch.check() == 0
    assert rows(core, unit_warnings)[0].level == 0, "going down is silent"
    assert len(told(core)) == 5


def test_nothing_is_judged_while_offices_are_closed(core: Core, clock: StillClock) -> None:
    for _ in range(5):
        signed(core, type="ask")
    for closed in ("2026-03-11 12:30", "2026-03-14 10:00", "2026-03-11 22:00"):
        clock.set(closed)
        assert UnitWatch(core).check() == 0

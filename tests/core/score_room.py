"""A month with enough joint orders for scores: twelve of them, with a late check-in, a redo and an angry rating."""

from __future__ import annotations

from core import Core
from tests.builders import clerk
from tests.clock import StillClock
from tests.core.joint_room import DISPLEASED, FED, FIRST, PLEASED, SECOND, SPONSOR, an_order, head, move

ORDERS = 12
ANGRY, LATE, REDONE = 2, 3, 1
"""How many of them FIRST was found wanting in, came late to, and had to do again."""


def a_busy_month(core: Core, clock: StillClock) -> list[int]:
    """The orders of the month, each from the flag to both ratings. SECOND does everything right."""
    return [_one(core, clock, number) for number in range(ORDERS)]


def _one(core: Core, clock: StillClock, number: int) -> int:
    order = an_order(core, title=f"第 {number + 1} 处积水")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "accept", unit)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core, SECOND), order, "check_in", SECOND)
    if number >= LATE:
        move(core, clerk(core, FIRST), order, "check_in", FIRST)
    move(core, clerk(core), order, "end_meeting")
    if number < LATE:
        move(core, clerk(core, FIRST), order, "check_in_late", FIRST, place="现场", note="手机没电")
        move(core, clerk(core), order, "approve_late", FIRST)
    for unit in (FIRST, SECOND):
        _feed(core, order, unit)
    if number < REDONE:
        move(core, clerk(core), order, "redo", FIRST, reason="还有积水")
        _feed(core, order, FIRST)
    move(core, clerk(core), order, "close")
    move(core, head(core, SPONSOR), order, "approve_close")
    for unit in (FIRST, SECOND):
        said = DISPLEASED if unit == FIRST and number < ANGRY else PLEASED
        move(core, clerk(core), order, "rate_unit", unit, **said)
        move(core, clerk(core, unit), order, "rate_sponsor", unit, **PLEASED)
    clock.advance(minutes=1)
    return order


def _feed(core: Core, order: int, unit: str) -> None:
    move(core, clerk(core, unit), order, "report", unit, **FED)
    move(core, head(core, unit), order, "approve", unit)

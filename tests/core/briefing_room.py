"""A fortnight with enough cases for a weekly briefing: a year ago a few, the week before some, this week most."""

from __future__ import annotations

from core import Core
from tests.builders import act, clerk, confirmed, desk, signed
from tests.clock import StillClock
from tests.core.moments import at
from tests.core.watch_room import tick

BUSY = "water"
THIS_WEEK, LAST_WEEK, LAST_YEAR = 12, 11, 1
"""Cases registered in each. This week 10 were closed in time, one was late and is closed, one is late and open."""


def a_fortnight(core: Core, clock: StillClock) -> None:
    """Ends on Friday 2026-03-13 at 16:00, folded."""
    clock.set(at("2025-03-11 09:00"))
    confirmed(core, BUSY, title="去年的积水", class_code="0201")
    clock.set(at("2026-03-03 09:00"))
    for number in range(LAST_WEEK):
        confirmed(core, BUSY, title=f"上周的积水 {number}", class_code="0201")
    clock.set(at("2026-03-09 09:00"))
    late, _open = (signed(core, BUSY, title=f"井盖松动 1397654321{number}", urgency="critical") for number in range(2))
    for number in range(THIS_WEEK - 2):
        confirmed(core, BUSY, title=f"路口积水 {number}", class_code="0201" if number % 3 else "0301")
    clock.set(at("2026-03-13 16:00"))
    tick(core)
    act(core, clerk(core, BUSY), late, "report", BUSY, result="已修好")
    act(core, desk(core), late, "confirm")
    core.measures.fold()

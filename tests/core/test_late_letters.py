"""Letters five minutes late (control G6): one alarm to those who run the place, not a storm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bots.clock import Timetable
from core import Core
from core.late_letters import KEY, LateLetters
from core.models.record import letters
from tests.builders import a_case, desk, person, rows
from tests.clock import StillClock


def alarms(core: Core) -> list[int]:
    """Whom an alarm was written to."""
    return sorted(row.body["people"][0] for row in rows(core, letters, letters.c.key.startswith(KEY)))


def everything_leaves(core: Core) -> None:
    with core.engine.begin() as tx:
        tx.execute(letters.update().values(state="sent"))


def test_those_who_run_the_place_hear_of_late_letters_once(core: Core, second: Core, clock: StillClock) -> None:
    a_case(core)
    watch, other = LateLetters(core), LateLetters(second)
    clock.advance(minutes=4, seconds=59)
    assert watch.check() == 0
    clock.advance(seconds=1)
    directory = core.directory()
    told = {one.person for role in ("system_admin", "desk_head") for one in directory.by_role[role]}
    assert watch.check() == len(told)
    assert alarms(core) == sorted(told)
    assert desk(core).person not in told
    for _ in range(3):
        clock.advance(minutes=10)
        assert (watch.check(), other.check()) == (0, 0), "neither again nor by a second leader"
    clock.advance(hours=5)
    assert watch.check() == 0, "one trouble, however long it lasts"
    assert len(alarms(core)) == len(told)


def test_a_new_trouble_is_a_new_alarm(core: Core, clock: StillClock) -> None:
    watch = LateLetters(core)
    for hours in (0, 2):
        clock.advance(hours=hours)
        everything_leaves(core)
        assert watch.check() == 0, "all is well"
        a_case(core)
        clock.advance(minutes=5)
        assert watch.check() > 0
    everything_leaves(core)
    a_case(core)
    clock.advance(minutes=5)
    watch.check()
    a_case(core)
    assert watch.check() == 0, "stumbling on and off within the hour is one trouble"


def test_a_letter_that_is_tried_again_and_again_is_late_all_the_same(core: Core, clock: StillClock) -> None:
    a_case(core)
    with core.engine.begin() as tx:
        tx.execute(letters.update().values(tries=6, due_at=datetime.now(UTC) + timedelta(minutes=9)))
    clock.advance(minutes=6)
    late = core.late_letters()
    assert late is not None
    assert late.since == clock.now() - timedelta(minutes=6)
    assert LateLetters(core).told(late) == f"有 {late.count} 条消息该发没有发出，最早的已等 6 分钟"


def test_quiet_hours_are_no_delay(core: Core, clock: StillClock) -> None:
    a_case(core)
    with core.engine.begin() as tx:
        tx.execute(letters.update().values(hold_until=clock.now() + timedelta(hours=8)))
    clock.advance(hours=8, minutes=4)
    assert core.late_letters() is None
    clock.advance(minutes=1)
    assert core.late_letters() is not None


def test_letters_that_left_or_were_given_up_are_not_late(core: Core, clock: StillClock) -> None:
    a_case(core)
    with core.engine.begin() as tx:
        tx.execute(letters.update().values(state="dead"))
    clock.advance(hours=1)
    Timetable(core, lambda: True, None).look_at_the_tray()
    assert core.late_letters() is None
    assert alarms(core) == []
    assert person(core, "system_admin").person is not None

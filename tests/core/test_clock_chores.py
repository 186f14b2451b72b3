"""What time itself does: pauses end at their cap, closed cases go to the archive, letters gone missing are found."""

from __future__ import annotations

from sqlalchemy import delete

from core import Command, Core
from core.chores import due_commands, sweep
from core.models.record import events, letters
from tests.builders import (
    LEAD,
    a_case,
    act,
    clerk,
    closed,
    dispatched,
    events_of,
    leg_of,
    rows,
    signed,
    states,
)
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.core.joint_room import FIRST, an_order, move
from tests.core.moments import local


def owed(core: Core) -> list[Command]:
    with core.engine.connect() as tx:
        return due_commands(tx, core.world(), core.clock.now())


def paused(core: Core, **fields: str) -> int:
    case = signed(core, **fields)
    act(core, clerk(core), case, "pause", LEAD, reason="awaiting_citizen")
    return case


def test_time_owes_nothing_while_nothing_is_due(core: Core, clock: StillClock) -> None:
    paused(core)
    closed(core)
    clock.set("2026-03-12 17:29:59")
    assert owed(core) == []


def test_a_pause_ends_by_itself_where_its_cap_runs_out(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.set("2026-03-12 17:30")
    (command,) = owed(core)
    assert command.actor.system == "clock"
    core.execute(command)
    assert leg_of(core, case, LEAD)["state"] == "handling"
    resumed = rows(core, events, events.c.name == "resumed")[0]
    assert (resumed.person_id, resumed.source) == (None, "clock")
    assert owed(core) == []


def test_a_pause_ended_late_counts_no_more_than_its_cap(core: Core, clock: StillClock) -> None:
    on_time, late = paused(core), paused(core)
    clock.set("2026-03-12 17:30")
    core.execute(owed(core)[0])
    clock.set("2026-03-31 10:00")
    core.execute(owed(core)[0])
    assert leg_of(core, on_time, LEAD)["due_at"] == leg_of(core, late, LEAD)["due_at"]


def test_an_urgent_pause_is_capped_in_hours(core: Core, clock: StillClock) -> None:
    paused(core, urgency="urgent")  # from Monday 09:00: three hours to lunch, one more from 14:30
    clock.set("2026-03-09 15:29")
    assert owed(core) == []
    clock.set("2026-03-09 15:30")
    assert [command.action for command in owed(core)] == ["resume"]


def test_a_closed_case_is_archived_after_thirty_days(core: Core, clock: StillClock) -> None:
    case = closed(core)
    clock.set("2026-04-08 23:59")
    assert owed(core) == []
    clock.set("2026-04-09 00:00")
    for command in owed(core):
        core.execute(command)
    assert case_of(core, case)["state"] == "archived"
    assert events_of(core, case)[-1] == "case.archived"


def test_two_leaders_do_each_thing_once(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.set("2026-03-13 09:00")
    mine, theirs = owed(core), owed(core)
    assert [command.key for command in mine] == [command.key for command in theirs]
    first, again = core.execute(mine[0]), core.execute(theirs[0])
    assert (again.event, again.repeated) == (first.event, True)
    assert events_of(core, case).count("case_leg.resumed") == 1


def test_a_second_pause_is_owed_under_another_key(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.advance(hours=1)
    act(core, clerk(core), case, "resume", LEAD)
    act(core, clerk(core), case, "pause", LEAD, reason="bad_weather")
    clock.set("2026-03-13 09:00")
    core.execute(owed(core)[0])
    assert leg_of(core, case, LEAD)["state"] == "handling"


def test_overdue_is_no_state_and_time_moves_nothing_because_of_it(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    clock.set("2026-06-01 09:00")
    assert owed(core) == []
    assert states(core, case) == ("dispatched", "to_sign")
    assert core.case_view(clerk(core), case).overdue


def test_the_sweep_finds_letters_gone_missing_and_only_those(core: Core, clock: StillClock) -> None:
    lost, kept = a_case(core), a_case(core)
    with core.engine.begin() as tx:
        tx.execute(delete(letters).where(letters.c.case_id == lost))
    clock.advance(minutes=10)
    with core.engine.begin() as tx:
        assert sweep(tx, clock.now()) == 1
        assert sweep(tx, clock.now()) == 0
    found = rows(core, letters, letters.c.case_id == lost)
    assert [(row.kind, row.state, row.lane) for row in found] == [("card", "due", f"card:{lost}")]
    assert len(rows(core, letters, letters.c.case_id == kept)) == 1
    assert local(found[0].written_at) == "2026-03-09 09:10:00"


def test_the_sweep_finds_the_letters_of_joint_orders_and_their_parts(core: Core, clock: StillClock) -> None:
    lost, kept = an_order(core), an_order(core)
    clock.advance(minutes=10)
    move(core, clerk(core, FIRST), lost, "accept", FIRST)
    move(core, clerk(core, FIRST), kept, "accept", FIRST)
    last = max(row.id for row in rows(core, letters, letters.c.lane == f"joint:{lost}"))
    with core.engine.begin() as tx:
        tx.execute(delete(letters).where(letters.c.id == last))
        assert sweep(tx, clock.now()) == 1
        assert sweep(tx, clock.now()) == 0
    newest = rows(core, letters, letters.c.lane == f"joint:{lost}")[-1]
    assert (newest.kind, newest.channel, newest.state, newest.body) == ("card", "dingtalk.card", "due", {"joint": lost})
    assert len(rows(core, letters, letters.c.lane == f"joint:{kept}")) == 2


def test_the_sweep_leaves_orders_alone_whose_letters_are_old_enough_to_be_erased(core: Core, clock: StillClock) -> None:
    an_order(core)
    with core.engine.begin() as tx:
        tx.execute(delete(letters))
        clock.advance(days=29)
        assert sweep(tx, clock.now()) == 0

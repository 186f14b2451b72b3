"""A day entered into the calendar moves the deadlines it touches, on record; taking it back moves them back (§5)."""

from __future__ import annotations

from datetime import date

import pytest

from bots.clock import Timetable
from core import Core
from core.chores import recounts
from core.errors import BadField
from tests.builders import (
    BELOW,
    LEAD,
    MISSED,
    UNSATISFIED,
    act,
    caller,
    clerk,
    confirmed,
    desk,
    dispatched,
    events_of,
    last_entry,
    leg_of,
    signed,
)
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.core.moments import local

TYPHOON = date(2026, 3, 11)


def amend(core: Core, kind: str, name: str = "") -> None:
    core.set_day(TYPHOON, kind, name)
    Timetable(core, lambda: True, None).follow_the_calendar()


def dues(core: Core, case: int) -> tuple[str, str, str, str]:
    leg, row = leg_of(core, case, LEAD), case_of(core, case)
    return tuple(local(at) for at in (leg["due_at"], leg["original_due_at"], row["due_at"], row["original_due_at"]))  # type: ignore[return-value]


def test_nothing_is_counted_anew_while_the_calendar_stands(core: Core) -> None:
    dispatched(core)
    with core.engine.connect() as tx:
        assert list(recounts(tx, core.world())) == []


def test_a_closure_moves_every_deadline_it_touches_and_says_why(core: Core) -> None:
    case = dispatched(core)
    assert set(dues(core, case)) == {"2026-03-16 17:30:00"}
    amend(core, "holiday", "台风停工")
    assert set(dues(core, case)) == {"2026-03-17 17:30:00"}
    assert events_of(core, case)[-1] == "case_leg.recounted"
    assert any("台风停工，不计" in line for line in core.case_view(clerk(core), case).rules)
    amend(core, "usual")
    assert set(dues(core, case)) == {"2026-03-16 17:30:00"}


def test_the_return_window_is_counted_anew_too(core: Core) -> None:
    case = dispatched(core)
    core.set_day(date(2026, 3, 10), "holiday", "台风停工")
    Timetable(core, lambda: True, None).follow_the_calendar()
    assert local(leg_of(core, case, LEAD)["return_until"]) == "2026-03-11 17:30:00"


def test_days_granted_stay_granted(core: Core) -> None:
    case = signed(core)
    act(core, clerk(core), case, "ask_extension", LEAD, days="2", reason="施工", basis="合同")
    act(core, desk(core), case, "grant_extension", LEAD)
    amend(core, "holiday", "台风停工")
    assert dues(core, case)[:2] == ("2026-03-19 17:30:00", "2026-03-17 17:30:00")


def test_counting_twice_is_counting_once(core: Core) -> None:
    case = dispatched(core)
    amend(core, "holiday", "台风停工")
    Timetable(core, lambda: True, None).follow_the_calendar()
    assert events_of(core, case).count("case_leg.recounted") == 1


def test_a_change_of_the_calendar_is_on_record(core: Core) -> None:
    core.set_day(TYPHOON, "holiday", "台风停工")
    entry = last_entry(core)
    assert (entry.action, entry.object, entry.result) == ("calendar.changed", "day:2026-03-11:holiday", "done")


@pytest.mark.parametrize(("kind", "name"), [("closed", "台风"), ("holiday", ""), ("workday", "长" * 21)])
def test_a_day_without_a_kind_or_a_name_is_refused(core: Core, kind: str, name: str) -> None:
    with pytest.raises(BadField):
        core.set_day(TYPHOON, kind, name)


def test_a_sub_unit_never_has_longer_than_the_unit_above_it_and_is_told_so(core: Core, clock: StillClock) -> None:
    case = signed(core)
    clock.set("2026-03-13 10:00")
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW)
    leg = leg_of(core, case, BELOW)
    assert local(leg["due_at"]) == "2026-03-16 17:30:00"
    told = next(one for one in core.case_view(desk(core), case).legs if one.id == leg["id"]).explained
    assert "以上一级为准" in told[-1]
    act(core, clerk(core, BELOW), case, "sign", BELOW)
    act(core, clerk(core, BELOW), case, "pause", BELOW, reason="awaiting_citizen")
    clock.advance(hours=1)
    act(core, clerk(core, BELOW), case, "resume", BELOW)
    assert local(leg_of(core, case, BELOW)["due_at"]) == "2026-03-16 17:30:00"


def test_calls_missed_in_the_first_round_do_not_count_in_the_second(core: Core) -> None:
    case = confirmed(core)
    for _ in range(2):
        act(core, caller(core), case, "record_call", **MISSED)
    act(core, caller(core), case, "record_call", **UNSATISFIED)
    act(core, clerk(core), case, "report", LEAD, result="已返工")
    act(core, desk(core), case, "confirm")
    assert act(core, caller(core), case, "record_call", **MISSED).name == "case.call_missed"
    assert case_of(core, case)["state"] == "follow_up"

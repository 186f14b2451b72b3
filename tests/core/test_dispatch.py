"""What the desk does with a case, and what a unit does with one it registered itself (R084-R094)."""

import pytest

from core import Core
from core.errors import AlreadyOverseen, BadField, FieldMissing, MoveNotOpen, NotYours
from tests.builders import (
    LEAD,
    OTHER,
    a_case,
    act,
    caller,
    clerk,
    closed,
    confirmed,
    desk,
    dispatched,
    events_of,
    head,
    leg_of,
    legs_of,
    refused,
    reported,
    signed,
    states,
)
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.core.moments import local


def test_dispatch_answers_with_the_deadline(core: Core) -> None:
    done = act(core, desk(core), a_case(core), "dispatch", lead=LEAD)
    assert done.name == "case.dispatched"
    assert done.sentence == "已派发，3月16日 周一 17:30 前办结"


@pytest.mark.parametrize("said", ["城管局", "city_management", " 城管局 "])
def test_a_unit_is_known_by_code_or_name(core: Core, said: str) -> None:
    case = a_case(core)
    act(core, desk(core), case, "dispatch", lead=said)
    assert leg_of(core, case, LEAD)["part"] == "lead"


def test_a_unit_that_is_not_on_the_list_is_typed_instead(core: Core) -> None:
    case = a_case(core)
    act(core, desk(core), case, "dispatch", lead=LEAD, other_unit="水务局")
    assert case_of(core, case)["lead_unit"] == core.directory().by_word[OTHER]


@pytest.mark.parametrize("mark", ["、", "，", ",", " ", "；"])
def test_supporting_units_may_be_parted_by_any_mark(core: Core, mark: str) -> None:
    case = a_case(core)
    act(core, desk(core), case, "dispatch", lead=LEAD, support=f"水务局{mark}住建局")
    assert [leg["part"] for leg in legs_of(core, case)] == ["lead", "support", "support"]


def test_one_unit_is_not_both_lead_and_support(core: Core) -> None:
    refused(BadField, core, desk(core), a_case(core), "dispatch", lead=LEAD, support="水务局、城管局")


def test_dispatching_to_nobody_asks_for_the_unit(core: Core) -> None:
    refused(FieldMissing, core, desk(core), a_case(core), "dispatch")


def test_a_supporting_unit_may_be_added_and_is_not_added_twice(core: Core) -> None:
    case = signed(core)
    act(core, desk(core), case, "add_unit", support=OTHER)
    act(core, desk(core), case, "add_unit", support=OTHER)
    assert states(core, case) == ("handling", "handling", "to_sign")


def test_reassigning_moves_the_case_to_another_lead_with_a_new_clock(core: Core, clock: StillClock) -> None:
    case = signed(core)
    clock.advance(days=1)
    act(core, desk(core), case, "reassign", lead=OTHER, reason="属水务职责")
    assert states(core, case) == ("dispatched", "released", "to_sign")
    assert local(leg_of(core, case, OTHER)["due_at"]) == "2026-03-17 17:30:00"
    assert case_of(core, case)["due_at"] == leg_of(core, case, OTHER)["due_at"]
    assert local(case_of(core, case)["original_due_at"]) == "2026-03-16 17:30:00"
    assert case_of(core, case)["dispatches"] == 2


@pytest.mark.parametrize("kind", ["ask", "suggest", "praise"])
def test_advice_closed_at_the_desk_needs_no_call(core: Core, kind: str) -> None:
    case = a_case(core, type=kind)
    act(core, desk(core), case, "close_directly", reply="办理地点在政务中心")
    assert (case_of(core, case)["state"], case_of(core, case)["reply"]) == ("closed", "办理地点在政务中心")


def test_a_complaint_closed_at_the_desk_is_called_back(core: Core) -> None:
    case = signed(core)
    act(core, desk(core), case, "close_directly", reply="群众来电表示已解决")
    assert states(core, case) == ("follow_up", "released")


def test_an_overdue_case_can_still_be_closed(core: Core, clock: StillClock) -> None:
    case = signed(core)
    clock.set("2026-04-20 10:00")
    assert core.case_view(desk(core), case).overdue
    act(core, desk(core), case, "close_directly", reply="已解决")


@pytest.mark.parametrize("reason", ["no_content", "duplicate"])
def test_an_invalid_case_can_be_restored(core: Core, reason: str) -> None:
    case = dispatched(core)
    act(core, desk(core), case, "mark_invalid", reason=reason)
    assert states(core, case) == ("invalid", "released")
    act(core, desk(core), case, "restore", reason="来电补充了情况")
    assert states(core, case) == ("pending", "released")
    assert case_of(core, case)["lead_unit"] is None
    act(core, desk(core), case, "dispatch", lead=LEAD)
    assert states(core, case) == ("dispatched", "released", "to_sign")


def test_a_reminder_is_counted_and_changes_no_state(core: Core) -> None:
    case = signed(core)
    act(core, desk(core), case, "nudge", opinion="请抓紧")
    assert states(core, case) == ("handling", "handling")
    assert "已催办 1 次" in core.case_view(clerk(core), case).legs[0].marks


def test_supervision_brings_the_deadline_nearer_and_happens_once(core: Core) -> None:
    case = signed(core)
    act(core, head(core), case, "oversee", opinion="区领导批示")
    assert local(leg_of(core, case, LEAD)["due_at"]) == "2026-03-12 17:30:00"
    assert "督办" in core.case_view(desk(core), case).marks
    refused(AlreadyOverseen, core, head(core), case, "oversee", opinion="再次督办")
    refused(NotYours, core, desk(core), case, "oversee", opinion="督办")


def test_supervision_never_pushes_a_deadline_out(core: Core, clock: StillClock) -> None:
    case = signed(core)
    clock.set("2026-03-16 09:00")
    act(core, head(core), case, "oversee", opinion="区领导批示")
    leg = leg_of(core, case, LEAD)
    assert (leg["rule"], local(leg["due_at"])) == ("ordinary", "2026-03-16 17:30:00")
    assert case_of(core, case)["due_at"] == leg["due_at"]


def test_the_desk_redoes_a_closed_case(core: Core) -> None:
    case = closed(core)
    act(core, desk(core), case, "redo", reason="问题反弹")
    assert states(core, case) == ("handling", "handling")
    assert (case_of(core, case)["redos"], case_of(core, case)["finished_at"]) == (1, None)


def test_confirming_keeps_the_units_result_unless_the_desk_writes_its_own(core: Core) -> None:
    case = reported(core)
    act(core, desk(core), case, "confirm", reply="已协调抽排")
    assert case_of(core, case)["reply"] == "已协调抽排"
    assert case_of(core, confirmed(core))["reply"] == "已抽排，积水退去"


def test_a_unit_closes_or_passes_on_what_it_registered_itself(core: Core) -> None:
    mine, passed = (
        a_case(core, by=clerk(core, OTHER), source="web", channel="ZJ", title=title) for title in ("渗漏", "占道")
    )
    refused(NotYours, core, clerk(core), mine, "close_own", reply="已修")
    act(core, clerk(core, OTHER), mine, "close_own", reply="已修")
    act(core, clerk(core, OTHER), passed, "pass_on", lead=LEAD)
    assert states(core, mine) == ("closed",)
    assert states(core, passed) == ("dispatched", "to_sign")
    assert events_of(core, passed) == ["case.registered", "case.dispatched"]


def test_a_caller_neither_dispatches_nor_closes(core: Core) -> None:
    case = a_case(core)
    refused(NotYours, core, caller(core), case, "dispatch", lead=LEAD)
    refused(NotYours, core, caller(core), case, "close_directly", reply="已答复")


def test_an_archived_case_takes_no_more_moves(core: Core) -> None:
    case = closed(core)
    act(core, desk(core), case, "archive")
    refused(MoveNotOpen, core, desk(core), case, "redo", reason="反弹")
    assert core.case_view(desk(core), case).moves == ()


def test_every_event_of_a_plain_life_is_told_in_order(core: Core) -> None:
    assert events_of(core, closed(core)) == [
        "case.registered", "case.dispatched", "case_leg.signed", "case.begun", "case_leg.reported", "case.gathered",
        "case.done", "case_leg.settled", "case.closed",
    ]  # fmt: skip

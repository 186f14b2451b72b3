"""Several units on one case: each its own leg and clock; closing waits for all; levels confirm one another."""

import pytest

from core import Core
from core.errors import AlreadyAbove, MoveNotOpen, NotBelow, NotYours
from tests.builders import (
    BELOW,
    BELOW_TOO,
    LEAD,
    OTHER,
    a_case,
    act,
    clerk,
    desk,
    dispatched,
    events_of,
    leg_of,
    legs_of,
    refused,
    signed,
    states,
)
from tests.builders import the_case as case_of
from tests.clock import StillClock

THIRD = "housing"
TOWN, COMMUNITY = "xiuying", "xiuying_xiuhua"


def reports(core: Core, case: int, unit: str, result: str = "已办") -> None:
    if leg_of(core, case, unit)["state"] == "to_sign":
        act(core, clerk(core, unit), case, "sign", unit)
    act(core, clerk(core, unit), case, "report", unit, result=result)


def test_every_unit_gets_a_leg_and_a_clock_of_its_own(core: Core) -> None:
    case = dispatched(core, LEAD, [OTHER, THIRD])
    assert [(leg["part"], leg["state"]) for leg in legs_of(core, case)] == [
        ("lead", "to_sign"), ("support", "to_sign"), ("support", "to_sign")
    ]  # fmt: skip
    assert all(leg["due_at"] and leg["return_until"] for leg in legs_of(core, case))


def test_closing_waits_for_every_supporting_unit(core: Core) -> None:
    case = dispatched(core, LEAD, [OTHER])
    reports(core, case, LEAD)
    assert states(core, case) == ("handling", "reported", "to_sign")
    refused(MoveNotOpen, core, desk(core), case, "confirm")
    reports(core, case, OTHER)
    assert case_of(core, case)["state"] == "closing"


def test_a_supporting_unit_that_may_go_is_not_waited_for(core: Core) -> None:
    case = dispatched(core, LEAD, [OTHER])
    reports(core, case, LEAD)
    act(core, clerk(core, OTHER), case, "return", OTHER, reason="not_our_duty", basis="三定方案")
    act(core, desk(core), case, "accept_return", OTHER)
    assert states(core, case) == ("closing", "reported", "released")


def test_the_lead_settles_all_when_the_desk_confirms(core: Core) -> None:
    case = dispatched(core, LEAD, [OTHER])
    reports(core, case, LEAD, "路面已修")
    reports(core, case, OTHER, "井盖已换")
    act(core, desk(core), case, "confirm")
    assert states(core, case) == ("follow_up", "settled", "settled")
    assert case_of(core, case)["reply"] == "路面已修"


def test_the_desk_sends_closing_back_to_the_lead_alone(core: Core) -> None:
    case = dispatched(core, LEAD, [OTHER])
    reports(core, case, LEAD)
    reports(core, case, OTHER)
    act(core, desk(core), case, "send_back", reason="未联系诉求人")
    assert states(core, case) == ("handling", "handling", "reported")


@pytest.mark.parametrize(("action", "unit"), [("pass_on", OTHER), ("pass_down", BELOW)])
def test_what_is_sent_further_is_confirmed_one_level_up(core: Core, action: str, unit: str) -> None:
    case = signed(core)
    act(core, clerk(core), case, action, LEAD, lead=unit)
    assert states(core, case) == ("handling", "delegated", "to_sign")
    reports(core, case, unit, "清运完毕")
    assert states(core, case) == ("handling", "delegated", "reported")
    refused(NotYours, core, desk(core), case, "confirm", unit)
    act(core, clerk(core), case, "confirm", unit)
    assert states(core, case) == ("closing", "reported", "settled")
    assert leg_of(core, case, LEAD)["result"] == "清运完毕"


def test_back_one_level_is_not_back_to_the_desk(core: Core) -> None:
    case = signed(core)
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW)
    reports(core, case, BELOW)
    act(core, clerk(core), case, "send_back", BELOW, reason="照片不清")
    assert states(core, case) == ("handling", "delegated", "handling")


def test_when_the_unit_below_returns_the_one_above_works_itself(core: Core) -> None:
    case = signed(core)
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW)
    act(core, clerk(core, BELOW), case, "return", BELOW, reason="wrong_area", basis="区划界线")
    refused(NotYours, core, desk(core), case, "accept_return", BELOW)
    act(core, clerk(core), case, "accept_return", BELOW)
    assert states(core, case) == ("handling", "handling", "released")
    assert events_of(core, case)[-1] == "case_leg.fell_back"


def test_a_street_passes_down_to_its_community(core: Core) -> None:
    case = signed(core, TOWN)
    act(core, clerk(core, TOWN), case, "pass_down", TOWN, lead=COMMUNITY)
    reports(core, case, COMMUNITY, "已劝离")
    act(core, clerk(core, TOWN), case, "confirm", COMMUNITY)
    assert case_of(core, case)["state"] == "closing"
    assert [leg.level for leg in core.case_view(desk(core), case).legs] == [0, 1]


def test_passing_down_reaches_only_the_units_own_sub_units(core: Core) -> None:
    case = signed(core)
    refused(NotBelow, core, clerk(core), case, "pass_down", LEAD, lead=OTHER)


def test_nobody_is_sent_a_case_they_have_already(core: Core) -> None:
    case = dispatched(core, LEAD, [OTHER])
    refused(AlreadyAbove, core, clerk(core), case, "pass_on", LEAD, lead=OTHER)
    refused(AlreadyAbove, core, clerk(core), case, "pass_on", LEAD, lead=LEAD)


def test_three_levels_confirm_from_below(core: Core) -> None:
    case = signed(core, OTHER)
    act(core, clerk(core, OTHER), case, "pass_on", OTHER, lead=LEAD)
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW)
    reports(core, case, BELOW, "已疏通")
    act(core, clerk(core), case, "confirm", BELOW)
    assert states(core, case) == ("handling", "delegated", "reported", "settled")
    act(core, clerk(core, OTHER), case, "confirm", LEAD)
    assert states(core, case) == ("closing", "reported", "settled", "settled")
    assert leg_of(core, case, OTHER)["result"] == "已疏通"


def test_the_whole_branch_goes_when_the_lead_changes(core: Core) -> None:
    case = signed(core)
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW_TOO)
    act(core, desk(core), case, "reassign", lead=OTHER, reason="属水务职责")
    assert states(core, case) == ("dispatched", "released", "released", "to_sign")


def test_urgent_cases_bind_the_legs_below_too(core: Core, clock: StillClock) -> None:
    case = a_case(core, urgency="urgent")
    act(core, desk(core), case, "dispatch", lead=LEAD)
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW)
    assert leg_of(core, case, BELOW)["due_at"] <= leg_of(core, case, LEAD)["due_at"]

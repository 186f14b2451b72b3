"""Returns are requests (domain-rules §6): reviewed, barred after a refusal, adjudicated the second time."""

from typing import Any

import pytest

from core import Core
from core.errors import FieldMissing, NotYours, ReturnBarred, ReturnWindowClosed
from tests.builders import LEAD, OTHER, act, clerk, desk, dispatched, events_of, head, leg_of, refused, signed, states
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.core.moments import local

WHY: dict[str, Any] = {"reason": "not_our_duty", "basis": "区城管局三定方案第四条"}
LAST_MOMENT, TOO_LATE = "2026-03-10 17:30:00", "2026-03-10 17:30:01"


def returning(core: Core, unit: str = LEAD) -> int:
    case = dispatched(core, unit)
    act(core, clerk(core, unit), case, "return", unit, **WHY)
    return case


def test_a_unit_that_asks_to_return_still_owns_the_case(core: Core) -> None:
    case = returning(core)
    assert states(core, case) == ("handling", "returning")
    assert case_of(core, case)["returns"] == 1
    assert case_of(core, case)["lead_unit"] == core.directory().by_word[LEAD]


def test_the_clock_goes_on_while_a_return_is_reviewed(core: Core, clock: StillClock) -> None:
    case = returning(core)
    before = leg_of(core, case, LEAD)["due_at"]
    clock.set("2026-03-11 10:00")
    act(core, desk(core), case, "refuse_return", LEAD, reason="属你单位职责")
    assert leg_of(core, case, LEAD)["due_at"] == before


@pytest.mark.parametrize("missing", ["reason", "basis"])
def test_a_return_needs_its_reason_and_its_basis(core: Core, missing: str) -> None:
    case = dispatched(core)
    refused(FieldMissing, core, clerk(core), case, "return", LEAD, **{**WHY, missing: ""})
    assert states(core, case) == ("dispatched", "to_sign")


def test_an_accepted_return_goes_back_to_the_desk(core: Core) -> None:
    case = returning(core)
    act(core, desk(core), case, "accept_return", LEAD)
    assert states(core, case) == ("pending", "released")
    assert events_of(core, case)[-2:] == ["case_leg.return_accepted", "case.fell_back"]
    assert case_of(core, case)["lead_unit"] is None


def test_a_refused_return_may_not_come_again_without_new_facts(core: Core) -> None:
    case = returning(core)
    act(core, desk(core), case, "refuse_return", LEAD, reason="属你单位职责")
    assert states(core, case) == ("handling", "handling")
    refused(ReturnBarred, core, clerk(core), case, "return", LEAD, **WHY)
    act(core, clerk(core), case, "return", LEAD, **WHY, text="现场复核在界桩以东，属邻区")
    assert states(core, case) == ("handling", "adjudicating")


def test_the_second_return_of_a_case_is_adjudicated_whoever_asks(core: Core) -> None:
    case = returning(core)
    act(core, desk(core), case, "accept_return", LEAD)
    act(core, desk(core), case, "dispatch", lead=OTHER)
    act(core, clerk(core, OTHER), case, "return", OTHER, **WHY)
    assert leg_of(core, case, OTHER)["state"] == "adjudicating"
    refused(NotYours, core, desk(core), case, "rule_out", OTHER, basis="权责清单")


@pytest.mark.parametrize(
    ("ruling", "after"), [("rule_in", ("handling", "handling")), ("rule_out", ("pending", "released"))]
)
def test_the_head_of_the_desk_rules(core: Core, ruling: str, after: tuple[str, ...]) -> None:
    case = returning(core)
    act(core, clerk(core), case, "withdraw_return", LEAD)
    act(core, clerk(core), case, "return", LEAD, **WHY)
    act(core, head(core), case, ruling, LEAD, basis="权责清单第 12 项")
    assert states(core, case) == after


def test_the_leader_in_charge_of_the_unit_may_rule_too(core: Core) -> None:
    case = returning(core)
    act(core, clerk(core), case, "withdraw_return", LEAD)
    act(core, clerk(core), case, "return", LEAD, **WHY)
    leaders = [holder.actor for holder in core.directory().by_role["district_leader"]]
    mine = [one for one in leaders if core.directory().by_word[LEAD] in one.in_charge]
    other = next(one for one in leaders if one not in mine)
    refused(NotYours, core, other, case, "rule_in", LEAD, basis="权责清单")
    act(core, mine[0], case, "rule_in", LEAD, basis="权责清单")
    assert states(core, case) == ("handling", "handling")


def test_a_withdrawn_return_leaves_the_unit_at_work(core: Core) -> None:
    case = returning(core)
    act(core, clerk(core), case, "withdraw_return", LEAD)
    assert states(core, case) == ("handling", "handling")


def test_the_window_is_one_working_day_to_the_second(core: Core, clock: StillClock) -> None:
    early, late = dispatched(core), dispatched(core)
    assert local(leg_of(core, early, LEAD)["return_until"]) == LAST_MOMENT
    clock.set(LAST_MOMENT)
    act(core, clerk(core), early, "return", LEAD, **WHY)
    clock.set(TOO_LATE)
    refusal = refused(ReturnWindowClosed, core, clerk(core), late, "return", LEAD, **WHY)
    assert "3月10日 17:30" in str(refusal)
    assert "return" not in [move.action for move in core.case_view(clerk(core), late).moves]


def test_a_petition_may_be_returned_for_three_working_days(core: Core, clock: StillClock) -> None:
    case = dispatched(core, channel="XF")
    assert local(leg_of(core, case, LEAD)["return_until"]) == "2026-03-12 17:30:00"


def test_who_returns_after_signing_keeps_the_moment_of_signing(core: Core, clock: StillClock) -> None:
    case = signed(core)
    moment = leg_of(core, case, LEAD)["signed_at"]
    clock.advance(hours=1)
    act(core, clerk(core), case, "return", LEAD, **WHY)
    assert leg_of(core, case, LEAD)["signed_at"] == moment

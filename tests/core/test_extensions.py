"""Extensions (domain-rules §4): asked before the deadline, once, within the limit; both deadlines are kept."""

from typing import Any

import pytest

from core import Core
from core.errors import BadField, ExtensionNotAllowed, ExtensionUsed, FieldMissing, NothingAsked, PastDeadline
from tests.builders import BELOW, LEAD, act, clerk, desk, events_of, leg_of, refused, signed
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.core.moments import local

WHY: dict[str, Any] = {"days": "2", "reason": "管网改造需施工", "basis": "施工合同"}
DUE = "2026-03-16 17:30:00"


def asked(core: Core) -> int:
    case = signed(core)
    act(core, clerk(core), case, "ask_extension", LEAD, **WHY)
    return case


def test_asking_changes_no_deadline(core: Core) -> None:
    assert local(leg_of(core, asked(core), LEAD)["due_at"]) == DUE


def test_a_granted_extension_keeps_both_deadlines(core: Core) -> None:
    case = asked(core)
    act(core, desk(core), case, "grant_extension", LEAD)
    leg = leg_of(core, case, LEAD)
    assert (local(leg["due_at"]), local(leg["original_due_at"])) == ("2026-03-18 17:30:00", DUE)
    assert local(case_of(core, case)["due_at"]) == "2026-03-18 17:30:00"
    assert local(case_of(core, case)["original_due_at"]) == DUE
    view = core.case_view(clerk(core), case).legs[0]
    assert view.extended
    assert any("延期：2 个工作日" in line for line in view.explained)


def test_a_refused_extension_changes_nothing_and_may_be_asked_again(core: Core) -> None:
    case = asked(core)
    act(core, desk(core), case, "refuse_extension", LEAD, reason="理由不充分")
    assert local(leg_of(core, case, LEAD)["due_at"]) == DUE
    act(core, clerk(core), case, "ask_extension", LEAD, **WHY)


def test_an_extension_is_asked_once(core: Core) -> None:
    case = asked(core)
    refused(ExtensionUsed, core, clerk(core), case, "ask_extension", LEAD, **WHY)
    act(core, desk(core), case, "grant_extension", LEAD)
    refused(ExtensionUsed, core, clerk(core), case, "ask_extension", LEAD, **WHY)
    refused(NothingAsked, core, desk(core), case, "grant_extension", LEAD)


@pytest.mark.parametrize("missing", ["reason", "basis", "days"])
def test_an_extension_needs_days_reason_and_basis(core: Core, missing: str) -> None:
    case = signed(core)
    refused(FieldMissing, core, clerk(core), case, "ask_extension", LEAD, **{**WHY, missing: ""})


@pytest.mark.parametrize("days", ["0", "11", "999", "-1", "两", "1.5"])
def test_the_days_stay_within_the_limit(core: Core, days: str) -> None:
    case = signed(core)
    refused(BadField, core, clerk(core), case, "ask_extension", LEAD, **{**WHY, "days": days})


def test_after_the_deadline_it_is_too_late(core: Core, clock: StillClock) -> None:
    case = signed(core)
    clock.set(DUE)
    clock.advance(seconds=1)
    refused(PastDeadline, core, clerk(core), case, "ask_extension", LEAD, **WHY)


def test_what_is_critical_is_not_put_off(core: Core) -> None:
    case = signed(core, urgency="critical")
    refused(ExtensionNotAllowed, core, clerk(core), case, "ask_extension", LEAD, **WHY)


def test_the_desk_may_grant_after_the_unit_has_reported(core: Core) -> None:
    case = asked(core)
    act(core, clerk(core), case, "report", LEAD, result="已完工")
    refused_events = events_of(core, case)
    act(core, desk(core), case, "grant_extension", LEAD)
    assert events_of(core, case)[len(refused_events) :] == ["case_leg.extension_granted"]


def test_a_leg_below_never_outlives_the_leg_above(core: Core, clock: StillClock) -> None:
    case = signed(core)
    clock.set("2026-03-12 09:00")
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW)
    assert local(leg_of(core, case, BELOW)["due_at"]) == DUE

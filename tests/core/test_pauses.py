"""Pauses (domain-rules §5): with a reason, up to a cap, shown in the deadline; never a way to stop the clock."""

import pytest

from core import Core
from core.errors import BadField, FieldMissing, PauseUsedUp
from tests.builders import LEAD, act, clerk, leg_of, refused, signed
from tests.clock import StillClock
from tests.core.moments import local

DUE = "2026-03-16 17:30:00"


def paused(core: Core) -> int:
    case = signed(core)
    act(core, clerk(core), case, "pause", LEAD, reason="awaiting_citizen")
    return case


def test_working_time_spent_paused_is_added_to_the_deadline(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.advance(days=1)
    act(core, clerk(core), case, "resume", LEAD)
    assert local(leg_of(core, case, LEAD)["due_at"]) == "2026-03-17 17:30:00"
    assert local(leg_of(core, case, LEAD)["original_due_at"]) == DUE


def test_a_pause_over_lunch_costs_nothing(core: Core, clock: StillClock) -> None:
    case = signed(core)
    clock.set("2026-03-09 12:00")
    act(core, clerk(core), case, "pause", LEAD, reason="no_access")
    clock.set("2026-03-09 14:30")
    act(core, clerk(core), case, "resume", LEAD)
    assert local(leg_of(core, case, LEAD)["due_at"]) == DUE


@pytest.mark.parametrize(("reason", "refusal"), [("", FieldMissing), ("tired", BadField)])
def test_a_pause_has_one_of_the_allowed_reasons(core: Core, reason: str, refusal: type[FieldMissing]) -> None:
    case = signed(core)
    refused(refusal, core, clerk(core), case, "pause", LEAD, reason=reason)


def test_a_paused_leg_is_not_overdue(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.set("2026-03-17 09:00")
    view = core.case_view(clerk(core), case).legs[0]
    assert not view.overdue
    assert view.left == "暂停计时中，恢复后顺延"


def test_more_than_the_cap_is_not_given(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.set("2026-03-19 09:00")  # eight working days later; the cap is three, from Monday to Thursday 17:30
    act(core, clerk(core), case, "resume", LEAD)
    assert local(leg_of(core, case, LEAD)["due_at"]) <= "2026-03-20 17:30:00"


def test_the_cap_counts_all_pauses_together(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.set("2026-03-12 17:30")
    act(core, clerk(core), case, "resume", LEAD)
    clock.set("2026-03-13 09:00")
    refused(PauseUsedUp, core, clerk(core), case, "pause", LEAD, reason="bad_weather")


def test_a_pause_within_the_cap_may_be_followed_by_another(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.advance(hours=2)
    act(core, clerk(core), case, "resume", LEAD)
    act(core, clerk(core), case, "pause", LEAD, reason="bad_weather")
    assert leg_of(core, case, LEAD)["state"] == "paused"


def test_the_explanation_names_the_pause_and_its_reason(core: Core, clock: StillClock) -> None:
    case = paused(core)
    clock.advance(days=1)
    act(core, clerk(core), case, "resume", LEAD)
    lines = core.case_view(clerk(core), case).rules
    assert any(line.startswith("暂停（") for line in lines), lines

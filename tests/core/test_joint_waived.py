"""Closing without the leader's approval, where policy waives it (R116): one tap, and both sides may rate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import Core
from core.errors import MoveNotOpen
from tests.builders import clerk
from tests.core.joint_room import FIRST, SECOND, SPONSOR, fed_back, head, leg_of, lines, move, on_site, states


@pytest.fixture
def waived(core: Core) -> Core:
    """The same district with `close_needs_approval: false`."""
    joint = replace(core.printed.joint, approval=False)
    return Core(core.settings, replace(core.printed, joint=joint), core.engine, core.clock, core.vault)


@pytest.mark.requirement("R114", "R116")
def test_where_policy_waives_it_the_sponsor_closes_at_once_and_nobody_is_asked(waived: Core) -> None:
    order = fed_back(waived)
    before = len(lines(waived))
    move(waived, clerk(waived), order, "close", opinion="办妥")
    assert states(waived, order) == ("to_rate", "fed_back", "fed_back")
    said = [text for _, text in lines(waived)[before:]]
    assert said
    assert all(text.startswith("【联办办结】") for text in said)
    with pytest.raises(MoveNotOpen):
        move(waived, head(waived, SPONSOR), order, "approve_close")


def test_closing_over_a_silent_unit_still_asks_for_the_second_confirmation(waived: Core) -> None:
    order = on_site(waived)
    move(waived, clerk(waived), order, "end_meeting")
    move(waived, clerk(waived, FIRST), order, "report", FIRST, measures="抽排", result="已通")
    move(waived, head(waived, FIRST), order, "approve", FIRST)
    move(waived, clerk(waived), order, "close_over", unfed=str(leg_of(waived, order, SECOND)["id"]))
    assert states(waived, order) == ("to_rate", "fed_back", "no_feedback")

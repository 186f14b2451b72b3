"""「值班」 in chat: who is on duty at the desk and at one's own unit, today and until Sunday."""

from __future__ import annotations

import pytest

from core.register import Amend
from tests.builders import fresh_key
from tests.contract.story_rig import CITY, DESK, HEAD, SECOND_DESK, WATER, Stage

SHIFTS = {"day": "白班", "night": "夜班", "whole": "全天"}
pytestmark = pytest.mark.xdist_group("story-duty")


def turn(stage: Stage, user: str, day: str, shift: str, note: str = "") -> str:
    """Put somebody on the roster; returns how a line names them."""
    core = stage.core
    who = core.actor_for("dingtalk", user)
    given = {"day": day, "shift": shift, "post_id": str(who.post), "note": note}
    core.registers.write(Amend(fresh_key("duty"), "duty_turn", "add", "", given, core.actor_for("dingtalk", HEAD)))
    return f"{who.unit_name} {SHIFTS[shift]}：{who.name} {who.title}"


def test_the_roster_is_told_for_ones_unit_and_the_desk(stage: Stage) -> None:
    clerk = stage[WATER]
    assert clerk.say("值班") == "**今天 3月9日 周一**\n\n没有安排值班，请联系指挥中心负责人"
    unit = turn(stage, WATER, "2026-03-09", "whole")
    night = turn(stage, SECOND_DESK, "2026-03-09", "night")
    day = turn(stage, DESK, "2026-03-09", "day", "带班：*主任*")
    foreign = turn(stage, CITY, "2026-03-09", "whole")
    sunday = turn(stage, WATER, "2026-03-15", "day")
    turn(stage, WATER, "2026-03-16", "day")
    turn(stage, WATER, "2026-03-08", "day")
    assert clerk.say("今天谁值班？").split("\n\n") == [
        "**今天 3月9日 周一**", f"{day}（带班：＊主任＊）", night, unit, "**3月15日 周日**", sunday,
    ]  # fmt: skip
    assert foreign in stage[CITY].say("值班表")
    assert unit not in stage[CITY].say("值班")
    assert stage.warnings() == []

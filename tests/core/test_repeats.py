"""催办 pressed again and again: one message within ten minutes, every press on record (domain-rules §20)."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from core import Actor, Core
from core.execute import Command
from core.models.record import events, letters
from core.policy.notices import read_once
from tests.builders import act, clerk, desk, dispatched, fresh_key, leg_of, person, rows, signed
from tests.clock import StillClock
from tests.core.joint_room import FIRST, REFUSAL, SECOND, an_order, move
from tests.core.joint_room import lines as every_line

AGAIN = "已记录；10 分钟内已告知过对方，不再重复发消息"


def told(core: Core) -> list[str]:
    """The lines of 催办 so far, one a letter."""
    said = rows(core, letters, letters.c.channel == "dingtalk.say")
    return [row.body["text"] for row in said if row.body["text"].startswith("【催办】")]


def presses(core: Core, name: str) -> int:
    return len(rows(core, events, events.c.name == name))


def colleague(core: Core) -> Actor:
    """Somebody else of the dispatchers' unit who may press too."""
    mine = desk(core)
    held = core.directory().by_role["dispatcher"]
    return next(one.actor for one in held if one.person != mine.person and one.unit == mine.unit)


def test_a_case_pressed_again_within_ten_minutes_is_told_once_and_counted_each_time(
    core: Core, clock: StillClock
) -> None:
    case = signed(core)
    assert act(core, desk(core), case, "nudge").sentence != AGAIN
    clock.advance(minutes=9)
    assert act(core, desk(core), case, "nudge").sentence == AGAIN
    assert len(told(core)) == 1
    assert leg_of(core, case, "city_management")["nudges"] == presses(core, "nudged") == 2
    clock.advance(minutes=2)
    assert act(core, desk(core), case, "nudge").sentence != AGAIN
    assert len(told(core)) == 2, "the last message is older than ten minutes"


def test_a_colleague_of_the_same_unit_adds_nothing_but_another_unit_does(core: Core) -> None:
    case = signed(core)
    act(core, desk(core), case, "nudge")
    assert act(core, colleague(core), case, "nudge").sentence == AGAIN
    assert act(core, person(core, "district_leader"), case, "nudge").sentence != AGAIN
    assert len(told(core)) == 2
    assert presses(core, "nudged") == 3


def test_other_words_are_another_message(core: Core) -> None:
    case = signed(core)
    act(core, desk(core), case, "nudge", opinion="市民多次来电")
    assert act(core, desk(core), case, "nudge", opinion="市民多次来电").sentence == AGAIN
    assert act(core, desk(core), case, "nudge", opinion="已上报区领导").sentence != AGAIN
    assert [line.rpartition("。")[2] for line in told(core)] == ["市民多次来电", "已上报区领导"]


def test_another_case_is_another_message(core: Core) -> None:
    for case in (signed(core), signed(core)):
        assert act(core, desk(core), case, "nudge").sentence != AGAIN
    assert len(told(core)) == 2


def test_what_could_not_be_delivered_was_not_said(core: Core) -> None:
    case = signed(core)
    act(core, desk(core), case, "nudge")
    with core.engine.begin() as tx:
        tx.execute(update(letters).where(letters.c.kind == "say").values(state="dead"))
    assert act(core, desk(core), case, "nudge").sentence != AGAIN
    assert len(told(core)) == 2


def test_presses_that_share_a_commit_are_one_message(core: Core) -> None:
    case = dispatched(core)
    who = desk(core)
    answers = core.execute_all([Command(fresh_key(), case, "nudge", who) for _ in range(3)])
    assert [getattr(one, "sentence", one) for one in answers][1:] == [AGAIN, AGAIN]
    assert len(told(core)) == 1
    assert presses(core, "nudged") == 3


def test_a_joint_order_is_urged_once_and_whoever_waits_only_now_still_hears(core: Core, clock: StillClock) -> None:
    order = an_order(core)
    first = move(core, clerk(core), order, "urge", opinion="请尽快响应")
    assert first.sentence == "「催办」已办好"
    before = every_line(core)
    assert move(core, clerk(core), order, "urge", opinion="请尽快响应").sentence == AGAIN
    assert every_line(core) == before
    assert presses(core, "urged") == 2
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    before = every_line(core)
    clock.advance(minutes=1)
    assert move(core, clerk(core), order, "urge", opinion="请尽快响应").sentence == "「催办」已办好"
    leader = person(core, "district_leader").person
    fresh = {one for one, _ in every_line(core)[len(before) :]}
    assert leader in fresh
    assert not fresh & {one for one, line in before if line.startswith("【催办】")}


def test_policy_that_names_no_time_or_no_events_is_refused() -> None:
    assert read_once({"within": "10 minutes", "events": ["case.nudged"]}).minutes == 10
    with pytest.raises(ValueError, match="said_once"):
        read_once({"within": "bald", "events": []})
    with pytest.raises(ValueError, match="said_once"):
        read_once({"within": "10 minutes"})

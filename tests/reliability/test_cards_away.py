"""The card API is away for ten minutes: nobody lacks a task, afterwards every card arrives and the tray is empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from core import outbox
from core.models.joint import joint_orders
from tests.builders import rows
from tests.contract.story_rig import CITY, DESK, HOUSING, SECOND_DESK, WATER, Stage
from tests.contract.test_story_joint import FORM, HOUSING_HEAD, WATER_HEAD, raised
from tests.reliability.plot import PLACES

AWAY = {"prefix": "/v1.0/card", "status": 500, "body": {"code": "system.busy", "message": "系统繁忙"}}
NEW = 4


@pytest.fixture(autouse=True)
def probed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed channel is looked at twice a second."""
    monkeypatch.setattr(outbox, "PROBE_EVERY", timedelta(seconds=0.5))


def read(stage: Stage, user: str, numbers: Sequence[str]) -> bool:
    """Whether a person has words about each of these cases or orders."""
    lines = stage[user].lines()
    return all(any(no in line for line in lines) for no in numbers)


@pytest.mark.slow
def test_ten_minutes_without_cards_leave_nobody_without_a_task(stage: Stage) -> None:
    before = stage.case("停机前的一件")
    with stage.fault(http=AWAY):
        fresh = [stage.push(f"停机时第 {number} 件") for number in range(NEW)]
        stage.until(lambda: all(read(stage, user, fresh) for user in (DESK, SECOND_DESK)))
        for no in (*fresh, before.no):
            reply = stage.sandbox.say(DESK, f"派 {no} 水务局")
            assert reply["code"] == 200, reply
        stage.until(lambda: read(stage, WATER, (*fresh, before.no)))
        stage.clock.advance(minutes=10)
        assert not any(stage[WATER].tracks(no) for no in fresh)
        assert stage.live.waiting()
    stage.live.settle()
    for no in (*fresh, before.no):
        assert stage[WATER].tracks(no) == [f"{no}:1"]
        assert stage[DESK].tracks(no) == [f"{no}:1"]
        assert "sign" in stage[WATER].buttons(f"{no}:1")
        assert stage.differing(no) == []
    lines = [line for line in stage[WATER].lines() if any(no in line for no in fresh)]
    assert len(lines) == NEW, "one line for each task, no more"


@pytest.mark.slow
def test_ten_minutes_without_cards_leave_no_unit_of_a_joint_order_uncalled(stage: Stage) -> None:
    """Raised on cards that lie in the chat already; both people of each unit read it in words and answer by words."""
    called = (WATER, WATER_HEAD, HOUSING, HOUSING_HEAD)
    before = raised(stage, title="停机前的一单")
    for _ in range(NEW):
        assert stage[CITY].say("树旗") == ""
    with stage.fault(http=AWAY):
        cards = stage[CITY].tracks("joint_new:")[-NEW:]
        notes = [
            stage[CITY].press(one, "raise", {**FORM, "title": f"停机时第 {n} 单", "place": PLACES[n]}).note
            for n, one in enumerate(cards)
        ]
        fresh = [note.removeprefix("已树旗，编号 ")[:18] for note in notes]
        stage.until(lambda: all(read(stage, user, fresh) for user in called))
        for no in (*fresh, before):
            assert stage.sandbox.say(WATER, f"报到 {no}")["code"] == 200
        stage.until(lambda: sum("「同意报到」已办好" in line for line in stage[WATER].lines()) == NEW + 1)
        stage.clock.advance(minutes=10)
        assert not any(stage[WATER].tracks(no) for no in fresh)
        assert stage.live.waiting()
    stage.live.settle()
    for no in (*fresh, before):
        for user in called:
            assert stage[user].tracks(no) == [f"{no}:1"]
        assert "accept" not in stage[WATER].buttons(f"{no}:1")
        assert "accept" in stage[HOUSING].buttons(f"{no}:1")
        assert stage.differing(no) == []
    for user in (HOUSING, HOUSING_HEAD):  # whose turn it still is
        lines = [line for line in stage[user].lines() if any(no in line for no in fresh)]
        assert len(lines) == NEW, f"one line for each order on the phone of {user}, no more: {lines}"
    assert len(rows(stage.core, joint_orders)) == NEW + 1

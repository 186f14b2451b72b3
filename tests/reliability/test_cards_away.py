"""The card API is away for ten minutes: nobody lacks a task, afterwards every card arrives and the tray is empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from core import outbox
from tests.contract.story_rig import DESK, SECOND_DESK, WATER, Stage

AWAY = {"prefix": "/v1.0/card", "status": 500, "body": {"code": "system.busy", "message": "系统繁忙"}}
NEW = 4


def read(stage: Stage, user: str, numbers: Sequence[str]) -> bool:
    """Whether a person has words about each of these cases."""
    lines = stage[user].lines()
    return all(any(no in line for line in lines) for no in numbers)


@pytest.mark.slow
def test_ten_minutes_without_cards_leave_nobody_without_a_task(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PROBE_EVERY", timedelta(seconds=0.5))
    before = stage.case("停机前的一件")
    with stage.fault(http=AWAY):
        fresh = [stage.push(f"停机时第 {number} 件") for number in range(NEW)]
        stage.until(lambda: all(read(stage, user, fresh) for user in (DESK, SECOND_DESK)), 30)
        for no in (*fresh, before.no):
            reply = stage.sandbox.say(DESK, f"派 {no} 水务局")
            assert reply["code"] == 200, reply
        stage.until(lambda: read(stage, WATER, (*fresh, before.no)), 30)
        stage.clock.advance(minutes=10)
        assert not any(stage[WATER].tracks(no) for no in fresh)
        assert stage.live.waiting()
    stage.live.settle(20)
    for no in (*fresh, before.no):
        assert stage[WATER].tracks(no) == [f"{no}:1"]
        assert stage[DESK].tracks(no) == [f"{no}:1"]
        assert "sign" in stage[WATER].buttons(f"{no}:1")
        assert stage.differing(no) == []
    lines = [line for line in stage[WATER].lines() if any(no in line for no in fresh)]
    assert len(lines) == NEW, "one line for each task, no more"

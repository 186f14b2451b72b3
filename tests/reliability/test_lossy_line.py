"""The whole story over a bad line: frames lost and doubled, connections cut; nothing is lost, nothing happens twice."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

import tests.live
from bots.dingtalk.bot import build_bot
from tests.contract.story_rig import Stage
from tests.reliability.plot import PLAIN_LIFE, STEPS, Persistent, told

CASES, HANDS, SEED = 10, 5, 20260309
CUTS = ({"close": 1011}, {"disconnect": True}, {"reset": True}, {"close": 1001})


def cut_now_and_then(stage: Stage, done: threading.Event) -> int:
    """Break the connection again and again until told to stop; returns how often."""
    dice, cuts = random.Random(SEED), 0
    while not done.wait(dice.uniform(0.8, 1.8)):
        stage.sandbox.post("faults", **dice.choice(CUTS))
        cuts += 1
    return cuts


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are cut after seconds, not minutes: one that lived a second counts as steady, as after a minute."""
    monkeypatch.setattr(tests.live, "build_bot", partial(build_bot, steady_s=1.0))


@pytest.mark.slow
@pytest.mark.usefixtures("hasty")
def test_lost_and_doubled_frames_and_reconnects_lose_nothing_and_double_nothing(stage: Stage) -> None:
    done = [stage.case(f"第 {number} 处积水") for number in range(CASES)]
    person, over, began = Persistent(stage.core, stage.sandbox), threading.Event(), time.monotonic()

    def live(number: int) -> None:
        for step in STEPS:
            person.take(done[number].case, done[number].no, step)

    stage.sandbox.set_faults(duplicate={"share": 0.2, "copies": 2}, drop={"share": 0.1})
    with ThreadPoolExecutor(HANDS + 1) as pool:
        cutting = pool.submit(cut_now_and_then, stage, over)
        try:
            list(pool.map(live, range(CASES)))
        finally:
            over.set()
    stage.sandbox.set_faults(clear=True)
    stage.live.settle(30)
    print(
        f"seed {SEED}: {CASES} cases, {person.presses} taps, {person.unanswered} unanswered, "
        f"{cutting.result()} connections cut, {time.monotonic() - began:.0f} s"
    )
    assert [told(stage.core, one.case) for one in done] == [PLAIN_LIFE] * CASES
    assert all(stage.differing(one.no) == [] for one in done)
    assert stage.core.verify_log().ok

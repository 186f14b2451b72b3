"""The whole story over a bad line: frames lost and doubled, connections cut; nothing is lost, nothing happens twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

import tests.live
from bots.dingtalk.bot import build_bot
from core.models.joint import joint_orders
from tests.builders import rows
from tests.contract.story_rig import CITY, Stage
from tests.contract.test_story_joint import FORM
from tests.reliability.plot import CASE, JOINT, PLACES, Persistent, Play, Plot, an_order

CASES, ORDERS, HANDS, SEED = 10, 5, 5, 20260309
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


def _begun(_person: Persistent, play: Play) -> Play:
    return play


@pytest.mark.slow
@pytest.mark.usefixtures("hasty")
def test_lost_and_doubled_frames_and_reconnects_lose_nothing_and_double_nothing(stage: Stage) -> None:
    begun = [CASE.begin(stage, f"第 {number} 处积水") for number in range(CASES)]
    check(stage, CASE, [partial(_begun, play=play) for play in begun])


@pytest.mark.slow
@pytest.mark.usefixtures("hasty")
def test_a_bad_line_raises_every_flag_once_and_loses_and_doubles_nothing_of_a_joint_order(stage: Stage) -> None:
    """From the raising on: whoever presses 树旗 again because no answer came hears the number of the one order."""
    for _ in range(ORDERS):
        assert stage[CITY].say("树旗") == ""
    cards = stage[CITY].tracks("joint_new:")
    assert len(cards) == ORDERS

    def begin(person: Persistent, track: str, place: str) -> Play:
        form = {**FORM, "title": f"围墙倒塌 {track[-3:]}", "place": place}
        return an_order(stage.core, person.raise_flag(track, form))

    check(stage, JOINT, [partial(begin, track=track, place=place) for track, place in zip(cards, PLACES, strict=False)])
    assert len(rows(stage.core, joint_orders)) == ORDERS


def check(stage: Stage, plot: Plot, begins: Sequence[Callable[[Persistent], Play]]) -> None:
    """Several runs of a story at once over the bad line, and what must be true afterwards."""
    person, over, began = Persistent(stage.core, stage.sandbox), threading.Event(), time.monotonic()

    def live(begin: Callable[[Persistent], Play]) -> Play:
        play = begin(person)
        for step in plot.steps:
            person.take(plot, play, step)
        return play

    stage.sandbox.set_faults(patient=None, duplicate={"share": 0.2, "copies": 2}, drop={"share": 0.1})
    with ThreadPoolExecutor(HANDS + 1) as pool:
        cutting = pool.submit(cut_now_and_then, stage, over)
        try:
            done = list(pool.map(live, begins))
        finally:
            over.set()
    stage.sandbox.set_faults(clear=True)
    stage.live.settle()
    print(
        f"seed {SEED}: {len(done)} stories of a {plot.flow}, {person.presses} taps, {person.unanswered} unanswered, "
        f"{cutting.result()} connections cut, {time.monotonic() - began:.0f} s"
    )
    assert [plot.told(stage.core, one.id) for one in done] == [plot.life] * len(done)
    assert all(stage.differing(one.no) == [] for one in done)
    assert stage.core.verify_log().ok

"""Every callback thrice, shuffled, eight at once, and again after a restart of the bot: one effect, one answer."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.contract.story_rig import DESK, WATER, Stage, shown
from tests.reliability.plot import CASE, PLOTS, Play, Plot, Step, name_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability-lines")]

RUNS, AT_ONCE, SEED = {"case": 8, "joint_order": 3}, 8, 20260309
AGAIN_AFTER_S = 3.0
SHUFFLED = {"share": 0.5, "seconds": 0.3}

Tap = dict[str, Any]
"""A click as the control API of the sandbox takes it."""


class Line:
    """Sends taps over a line that shuffles; keeps every answer that came back, by the number of its message."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.notes: defaultdict[str, set[str]] = defaultdict(set)
        self.deliveries = self.answers = 0

    def send(self, taps: Sequence[Tap]) -> None:
        """Each tap three times, eight taps under way together."""
        with self.stage.fault(reorder=SHUFFLED):
            body = {"clicks": [{**tap, "copies": 3} for tap in taps], "in_flight": AT_ONCE}
            results = self.stage.sandbox.post("burst", **body)["results"]
        for result in results:
            came = [answer["response"] for answer in result["answers"] if answer["code"] == 200]
            self.notes[result["messageId"]] |= {one["userPrivateData"]["cardParamMap"]["note"] for one in came}
            self.deliveries += 3
            self.answers += len(came)

    def send_all(self, taps: Iterable[Tap], dice: random.Random) -> None:
        """Everything once more, in any order."""
        again = list(taps)
        dice.shuffle(again)
        self.send(again)


def a_tap(stage: Stage, play: Play, number: int, step: Step) -> Tap:
    """What a thumb sends for this step of a story; the same again whenever it is repeated."""
    stage.until(lambda: step.action in stage[step.user].buttons(play.track))
    params = shown(stage[step.user].face(play.track), step.action)
    return {
        "userId": step.user, "outTrackId": play.track, "action": step.action, "form": dict(step.form),
        "params": params, "messageId": f"thrice-{play.no}-{number}",
    }  # fmt: skip


@pytest.mark.parametrize("plot", PLOTS, ids=name_of)
def test_every_callback_has_one_effect_and_one_answer_in_any_order_and_after_a_restart(
    stage: Stage, plot: Plot
) -> None:
    dice, line, taps = random.Random(SEED), Line(stage), list[Tap]()
    plays = [plot.begin(stage, f"第 {number} 处积水") for number in range(RUNS[plot.flow])]
    for number, step in enumerate(plot.steps):
        fresh = [a_tap(stage, one, number, step) for one in plays]
        line.send(fresh)
        stage.settle()
        taps += fresh
    once = stage.counts()
    line.send_all(taps, dice)
    stage.live.restart_bot()
    line.send_all(taps, dice)
    stage.settle()
    print(f"\nseed {SEED}: {len(taps)} taps, {line.deliveries} deliveries, {line.answers} answers in time")
    assert stage.counts() == once
    assert [plot.told(stage.core, one.id) for one in plays] == [plot.life] * len(plays)
    assert {name: notes for name, notes in line.notes.items() if len(notes) != 1} == {}
    assert len(line.notes) == len(plays) * len(plot.steps)
    assert stage.core.verify_log().ok
    assert [stage.differing(one.no) for one in plays] == [[]] * len(plays)


def happened(stage: Stage, case: int, event: str) -> bool:
    return CASE.told(stage.core, case)[event] > 0


def test_words_heard_again_after_a_restart_act_once_and_are_answered_once(stage: Stage) -> None:
    """A chat message is a callback too; as if its acknowledgement were lost, it comes thrice and then again."""
    stage.sandbox.set_faults(patient=None)  # an acknowledgement that is lost is not waited for
    case, heard = stage.case(), 0
    spoken = ((DESK, f"派 {case.no} 水务局", "case.dispatched"), (WATER, f"签收 {case.no}", "case_leg.signed"))
    for user, words, event in spoken:
        before = len(stage[user].lines())
        with ThreadPoolExecutor(1) as pool:
            with stage.fault(ignore_ack={"share": 1, "seconds": AGAIN_AFTER_S}):
                saying = pool.submit(stage.sandbox.say, user, words, copies=3)
                stage.until(partial(happened, stage, case.case, event))
                stage.live.restart_bot()
            heard += saying.result()["code"] == 200
        stage.settle()
        assert CASE.told(stage.core, case.case)[event] == 1
        assert len(stage[user].lines()) == before + 1, stage[user].lines()[before:]
    print(f"\n{heard} of {len(spoken)} messages were heard again after the restart")
    assert stage.core.verify_log().ok

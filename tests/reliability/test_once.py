"""Delivered three times, eight at once, after a restart: every callback has one effect and one answer."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.story_rig import CITY, HOUSING, LEADER, WATER, Stage, shown
from tests.contract.test_story_joint import CONTACT, FORM, do, raised
from tests.reliability.plot import CASE, JOINT, PLOTS, Plot, an_order, name_of


@pytest.mark.parametrize("plot", PLOTS, ids=name_of)
def test_every_callback_of_the_story_counts_once_however_often_and_whenever_it_comes(stage: Stage, plot: Plot) -> None:
    done, sent = plot.begin(stage, "港口路下雨就积水"), []
    track = done.track
    with stage.fault(plain_select=True):
        for number, step in enumerate(plot.steps):
            person = stage[step.user]
            assert step.action in person.buttons(track)
            params, name = shown(person.face(track), step.action), f"once-{done.no}-{number}"
            with stage.fault(reorder={"share": 0.5, "seconds": 0.3}):
                first = person.press(track, step.action, step.form, messageId=name, copies=3, params=params)
            sent.append((step, params, name, first.note))
            assert set(first.notes) == {first.note}
            stage.settle()
        for copies in (8, 3):
            for step, params, name, note in sent:
                again = stage[step.user].press(
                    track, step.action, step.form, messageId=name, copies=copies, params=params
                )
                assert {again.note, *again.notes} == {note}, step
            stage.live.restart_bot()
    stage.settle()
    assert plot.told(stage.core, done.id) == plot.life
    assert stage.core.verify_log().ok
    assert stage.differing(done.no) == []


def test_eight_thumbs_on_one_button_at_once_move_the_case_once(stage: Stage) -> None:
    """Eight taps of their own, each with its own number: one wins, the others hear who was first."""
    done = stage.sent_to("water")
    clerk, track = stage[WATER], f"{done.no}:1"
    params = shown(clerk.face(track), "sign")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: clerk.press(track, "sign", params=params), range(8)))
    stage.settle()
    notes = [answer.note for answer in answers]
    assert sum(note.startswith("已签收") for note in notes) == 1, notes
    assert all("签收" in note for note in notes)
    assert CASE.told(stage.core, done.case)["case_leg.signed"] == 1


def test_callbacks_of_many_people_in_any_order_keep_to_themselves(stage: Stage) -> None:
    """Three copies of every tap of five cases, all under way together and shuffled by the line."""
    cases = [stage.sent_to("water") for _ in range(5)]
    stage.settle()
    faces = {one.no: shown(stage[WATER].face(f"{one.no}:1"), "sign") for one in cases}
    with stage.fault(reorder={"share": 0.7, "seconds": 0.3}), ThreadPoolExecutor(5) as pool:
        told_back = pool.map(
            lambda one: stage[WATER].press(f"{one.no}:1", "sign", copies=3, params=faces[one.no]), cases
        )
        notes = list(itertools.chain.from_iterable(answer.notes for answer in told_back))
    stage.settle()
    assert len(notes) == 15
    assert all(note.startswith("已签收") for note in notes)
    assert [CASE.told(stage.core, one.case)["case_leg.signed"] for one in cases] == [1] * 5


def test_a_flag_pressed_again_and_again_on_one_card_is_one_order(stage: Stage) -> None:
    """Eight taps of their own, as of somebody who sees no answer; the form may even be another one by then."""
    clerk = stage[CITY]
    assert clerk.say("树旗") == ""
    track = clerk.tracks("joint_new:")[-1]
    with ThreadPoolExecutor(8) as pool:
        forms = [{**FORM, "title": f"港口路围墙倒塌 {number % 2}"} for number in range(8)]
        answers = list(pool.map(lambda form: clerk.press(track, "raise", form), forms))
    stage.live.restart_bot()
    answers.append(clerk.press(track, "raise", FORM))
    stage.settle()
    assert len({answer.note for answer in answers}) == 1, [answer.note for answer in answers]
    no = answers[0].note.removeprefix("已树旗，编号 ")[:18]
    assert stage[WATER].tracks("XYDQ") == [f"{no}:1"]
    assert stage.counts()[2:4] == (1, 2)
    assert stage.core.verify_log().ok


def test_leader_and_contact_rule_at_the_same_moment_and_one_of_them_has_ruled(stage: Stage) -> None:
    no = raised(stage)
    do(stage, HOUSING, no, "refuse", reason="不属本单位职责", basis="三定方案")
    do(stage, CITY, no, "contest", reason="属你单位职责")
    track, play = f"{no}:1", an_order(stage.core, no)
    stage.until(lambda: "rule_in" in stage[CONTACT].buttons(track))
    words = [(LEADER, "rule_in"), (CONTACT, "rule_out")] * 4
    sent = [(user, action, shown(stage[user].face(track), action)) for user, action in words]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: stage[one[0]].press(track, one[1], params=one[2]), sent))
    stage.settle()
    notes = [answer.note for answer in answers]
    assert sum("已办好" in note for note in notes) == 1, notes
    assert sum(note.startswith("已由") for note in notes) == 7, notes
    told = JOINT.told(stage.core, play.id)
    assert told["joint_leg.ruled_in@housing"] + told["joint_leg.ruled_out@housing"] == 1
    assert stage.differing(no) == []

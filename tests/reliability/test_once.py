"""Delivered three times, eight at once, after a restart: every callback has one effect and one answer."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

from tests.contract.story_rig import WATER, Stage, shown
from tests.reliability.plot import PLAIN_LIFE, STEPS, told


def test_every_callback_of_the_story_counts_once_however_often_and_whenever_it_comes(stage: Stage) -> None:
    done, sent = stage.case(), []
    track = f"{done.no}:1"
    with stage.fault(plain_select=True):
        for number, step in enumerate(STEPS):
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
    assert told(stage.core, done.case) == PLAIN_LIFE
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
    assert told(stage.core, done.case)["case_leg.signed"] == 1


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
    assert [told(stage.core, one.case)["case_leg.signed"] for one in cases] == [1] * 5

"""Card clicks over the wire: one effect, one answer, the truth on every phone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.dingtalk.answers import Answers
from core.ports import Envelope
from tests.contract.dingtalk_rig import CLERK, COLLEAGUE, DISPATCHER, Rig


def note(result: dict[str, Any]) -> str:
    """The private line of an answer."""
    return str(result["response"]["userPrivateData"]["cardParamMap"]["note"])


def shown(rig: Rig, user: str, track: str) -> dict[str, str]:
    """What the leg buttons of a card send as this person sees it now."""
    face = rig.sandbox.face(user, track)
    return {"seq": face["seq"], "leg": face["leg"]}


@pytest.fixture
def listening(rig: Rig) -> Rig:
    rig.listen()
    return rig


def test_a_click_acts_answers_the_clicker_and_reaches_everybody_else_by_letter(listening: Rig) -> None:
    _, track, clerk = listening.sent_out()
    before = listening.sandbox.face(COLLEAGUE, track)
    result = listening.sandbox.click(clerk, track, "sign")
    assert result["code"] == 200
    assert not result["timeout"]
    assert note(result).startswith("已签收")
    assert listening.sandbox.face(clerk, track)["can_report"] == "true"
    assert listening.sandbox.face(COLLEAGUE, track)["foot"] == before["foot"]
    listening.deliver()
    assert listening.sandbox.face(COLLEAGUE, track)["foot"] != before["foot"]
    assert listening.sandbox.get("cards")[0]["differs"] == []
    assert listening.sandbox.warnings() == []


def test_a_click_delivered_three_times_counts_once_and_reads_the_same(listening: Rig) -> None:
    _, track, clerk = listening.sent_out()
    frame = {"messageId": "m-1", "params": shown(listening, clerk, track)}
    result = listening.sandbox.click(clerk, track, "sign", copies=3, **frame)
    again = listening.sandbox.click(clerk, track, "sign", **frame)
    notes = {one["response"]["userPrivateData"]["cardParamMap"]["note"] for one in result["answers"]}
    assert notes == {note(again)}
    assert listening.events().count("case_leg.signed") == 1


def test_a_repeat_after_a_restart_gets_the_same_answer(rig: Rig) -> None:
    first_bot = rig.listen()
    _, track, clerk = rig.sent_out()
    frame = {"messageId": "m-2", "params": shown(rig, clerk, track)}
    first = rig.sandbox.click(clerk, track, "sign", **frame)
    first_bot.stop()
    rig.listen()
    assert note(rig.sandbox.click(clerk, track, "sign", **frame)) == note(first)
    assert rig.events().count("case_leg.signed") == 1


def test_a_tap_on_an_old_face_changes_nothing_and_hears_who_did_what_when(listening: Rig) -> None:
    _, track, clerk = listening.sent_out()
    old = shown(listening, clerk, track)
    listening.sandbox.click(clerk, track, "sign")
    result = listening.sandbox.click(clerk, track, "sign", params=old)
    assert note(result).startswith("已由水务局 韩德玲于今天 09:00")
    assert note(result).endswith("，卡片已刷新")
    assert listening.events().count("case_leg.signed") == 1
    assert listening.sandbox.face(clerk, track)["can_report"] == "true"


def test_two_people_on_one_card_at_once_make_one_dispatch(listening: Rig) -> None:
    listening.case()
    listening.deliver()
    track, form = listening.track(), {"lead": "water"}
    press = {"outTrackId": track, "action": "case_dispatch", "form": form}
    both = [{"userId": user, **press} for user in (DISPATCHER, COLLEAGUE)]
    results = listening.sandbox.post("burst", clicks=both)["results"]
    notes = [note(one) for one in results]
    assert sum(one.startswith("已派发") for one in notes) == 1
    assert sum("卡片已刷新" in one for one in notes) == 1
    assert listening.events().count("case.dispatched") == 1


@pytest.mark.parametrize("plain", [False, True])
def test_a_select_is_understood_with_and_without_its_index(listening: Rig, plain: bool) -> None:
    listening.case()
    listening.deliver()
    listening.sandbox.fault(plain_select=plain)
    result = listening.sandbox.click(DISPATCHER, listening.track(), "case_dispatch", form={"lead": "water"})
    assert note(result).startswith("已派发")


def test_a_form_that_names_only_itself_does_what_it_was_opened_for(listening: Rig) -> None:
    listening.case()
    listening.deliver()
    listening.sandbox.fault(form_id=True, loose_types=True)
    result = listening.sandbox.click(DISPATCHER, listening.track(), "case_dispatch", form={"lead": "water"})
    assert note(result).startswith("已派发")
    assert listening.events().count("case.dispatched") == 1


def test_the_wrong_hands_read_whose_step_it_is(listening: Rig) -> None:
    _, track, _ = listening.sent_out()
    result = listening.sandbox.click(DISPATCHER, track, "sign", params=shown(listening, CLERK, track))
    assert "承办单位" in note(result)
    assert "case_leg.signed" not in listening.events()


def test_an_answer_carries_no_call_to_the_card_api(listening: Rig) -> None:
    _, track, clerk = listening.sent_out()
    before = listening.sandbox.calls()
    listening.sandbox.click(clerk, track, "sign")
    assert listening.sandbox.calls() == before


def test_a_fault_is_no_acknowledgement_and_its_number_is_in_the_log(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, track, clerk = rig.sent_out()

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(rig.core, "execute_all", broken)
    rig.listen()
    result = rig.sandbox.click(clerk, track, "sign")
    assert result["code"] == 500
    told = note(result)
    assert told.startswith("系统出了点问题，已记录（编号 ")
    assert told.split("编号 ")[1][:8] in caplog.text
    assert "disk" not in told


def test_a_case_of_others_looks_like_one_that_is_not_there(rig: Rig) -> None:
    no = rig.case().no
    answers = Answers(rig.core)
    private = {"actionIds": ["case_dispatch"], "params": {"case_seq": "1", "form": {"lead": "water"}}}
    told = []
    for track in (f"{no}:1", "XYRX20260309999990:1"):
        data = {"userId": CLERK, "outTrackId": track, "content": json.dumps({"cardPrivateData": private})}
        told.append(note({"response": answers.answer(f"m-{track}", data)}).replace(track[:-2], "N"))
    assert told[0] == told[1]
    assert "case.dispatched" not in rig.events()


def test_the_clickers_line_stays_while_the_others_are_wiped(rig: Rig) -> None:
    _, track, clerk = rig.sent_out()
    rig.listen()
    rig.sandbox.click(clerk, track, "sign")
    person = rig.core.actor_for("dingtalk", clerk).person
    rig.senders["dingtalk.card"].send(
        Envelope(1, "card:x", "dingtalk.card", "card", "card:1", 1, None, {"by": person}, 1)
    )
    assert rig.sandbox.face(clerk, track)["note"].startswith("已签收")
    assert rig.sandbox.face(COLLEAGUE, track)["note"] == ""

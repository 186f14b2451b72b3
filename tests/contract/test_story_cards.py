"""Cards among several people: once and the same, stale taps, wrong hands, private words, small values, failures."""

from __future__ import annotations

import json

import pytest

from core.models.record import audit_log
from tests.contract.story_rig import (
    CALLER,
    CITY,
    DESK,
    SECOND_DESK,
    WATER,
    Stage,
    shown,
)

pytestmark = pytest.mark.xdist_group("story-cards")


def test_a_click_delivered_three_times_is_one_event_and_one_answer(stage: Stage) -> None:
    done = stage.sent_to("water")
    clerk, track = stage[WATER], f"{done.no}:1"
    answer = clerk.tap(track, "sign", copies=3)
    assert len(answer.notes) == 3
    assert set(answer.notes) == {answer.note}
    later = clerk.press(track, "report", {"result": "已疏通"}, messageId="twice", copies=2)
    again = clerk.press(track, "report", {"result": "已疏通"}, messageId="twice", params=shown(later.face, "report"))
    names = [fact.name for fact in stage.facts(done.case)]
    assert names.count("case_leg.signed") == 1
    assert names.count("case_leg.reported") == 1
    assert again.redrawn


def test_a_stale_tap_changes_nothing_redraws_and_says_who_did_what_when(stage: Stage) -> None:
    done = stage.case()
    first, second, track = stage[DESK], stage[SECOND_DESK], f"{done.no}:1"
    old = shown(second.face(track), "case_dispatch")
    first.tap(track, "case_dispatch", {"lead": "water"})
    before = stage.counts()
    answer = second.tap(track, "case_dispatch", {"lead": "housing"}, params=old)
    assert answer.note == "已由指挥中心 莫雅冰于今天 09:00派发，卡片已刷新"
    assert answer.redrawn
    assert answer.face["state"] == "待签收"
    assert stage.counts() == before
    assert stage.differing(done.no) == []


def test_a_step_of_somebody_else_is_refused_privately_on_a_fresh_face(stage: Stage) -> None:
    """A dispatcher's card has no part of a unit to act on: pressed all the same, the law answers, nobody else hears."""
    done = stage.sent_to("water", "城管局")
    track, before = f"{done.no}:1", stage.counts()
    words = {user: stage[user].lines() for user in (SECOND_DESK, WATER, CITY)}
    dispatcher, clerk = stage[DESK], stage[CITY]
    assert dispatcher.face(track)["leg"] == ""
    for person, action, form in (
        (dispatcher, "sign", None),
        (dispatcher, "report", {"result": "已办"}),
        (clerk, "case_nudge", {"opinion": "请快办"}),
        (clerk, "case_mark_invalid", {"reason": "duplicate"}),
    ):
        answer = person.press(track, action, form)
        assert answer.note.endswith("您当前岗位不能操作") or "不能" in answer.note, answer.note
        assert answer.redrawn
    assert dispatcher.press(track, "sign").note == "签收由承办单位办理，您当前岗位不能操作"
    stage.settle()
    assert stage.counts() == before
    assert {user: stage[user].lines() for user in words} == words
    assert stage.differing(done.no) == []


def test_a_units_step_on_a_case_without_units_is_answered_too(stage: Stage) -> None:
    done = stage.case()
    before = stage.counts()
    answer = stage[DESK].press(f"{done.no}:1", "sign")
    assert answer.note == "此件现在是「待派发」，不能签收"
    assert answer.redrawn
    assert stage.counts() == before


def test_the_full_number_is_told_privately_for_a_reason_and_on_record(stage: Stage) -> None:
    done = stage.sent_to("water")
    person, track = stage[DESK], f"{done.no}:1"
    answer = person.tap(track, "case_reveal", {"reason": "回电核实地点"}, copies=3)
    assert answer.note == "诉求人 吴海生，电话 19900001234，地址 港口路 18 号 502"
    assert set(answer.notes) == {answer.note}
    copy = stage.sandbox.get(f"cards/{track}")
    assert "19900001234" not in json.dumps(copy["public"], ensure_ascii=False)
    for user in (SECOND_DESK, WATER):
        assert "19900001234" not in json.dumps(stage.sandbox.phone(user), ensure_ascii=False)
    facts = [fact for fact in stage.facts(done.case) if fact.name == "case.revealed"]
    assert [(fact.person, fact.post) for fact in facts] == [("莫雅冰", "指挥中心 调度员（一席）")]
    with stage.core.engine.connect() as tx:
        logged = [row.action for row in tx.execute(audit_log.select()) if row.object == done.no]
    assert logged.count("case.revealed") == 1


def test_only_those_whose_step_it_is_hear_one_line(stage: Stage) -> None:
    """Silent update, loud baton: a signature tells nobody, a handover tells exactly the next one, on every copy."""
    done = stage.sent_to("water")
    people = (DESK, SECOND_DESK, WATER)
    before = {user: len(stage[user].lines()) for user in people}

    def heard() -> dict[str, int]:
        return {user: len(stage[user].lines()) - before[user] for user in people}

    stage[WATER].tap(f"{done.no}:1", "sign")
    assert heard() == {DESK: 0, SECOND_DESK: 0, WATER: 0}
    stage[WATER].tap(f"{done.no}:1", "report", {"result": "已疏通"})
    assert heard() == {DESK: 1, SECOND_DESK: 0, WATER: 0}
    assert stage[DESK].lines()[-1].startswith("【待办结】")
    for user in people:
        assert len(stage[user].tracks(done.no)) == 1


def test_a_delivery_that_failed_behind_a_success_is_told_in_words_and_made_good(stage: Stage) -> None:
    """HTTP 200 with success false inside: whoever has no card reads words, and gets the card when it works again."""
    desk, before = stage[DESK], len(stage[DESK].lines())
    with stage.fault(deliver_fail="busy for now"):
        no = stage.push("投放失败的时候")
        stage.until(lambda: len(desk.lines()) > before)
        assert desk.tracks(no) == []
    stage.until(lambda: desk.tracks(no))
    stage.settle()
    assert len(desk.lines()) == before + 1
    assert len(desk.tracks(no)) == 1


def test_long_words_stay_within_a_kilobyte_a_value(stage: Stage) -> None:
    long = "积水又漫进商铺了，孩子上学要绕路" * 60
    done = stage.case("港口路积水" * 20, content=long, place="港口路与丘海大道口" * 11, address="港口路" * 60)
    desk, clerk, track = stage[DESK], stage[WATER], f"{done.no}:1"
    earlier = len(stage.warnings())
    support = "城管局、住建局、交通局、市监局、卫健委、教育局、人社局、民政局"
    desk.tap(track, "case_dispatch", {"lead": "water", "support": support, "opinion": long[:500]})
    clerk.tap(track, "sign")
    clerk.tap(track, "progress", {"note": long[:1000]})
    clerk.tap(track, "report", {"result": long[:1000]})
    for user in (DESK, WATER, CITY):
        assert max(len(value.encode()) for value in stage[user].face(track).values()) <= 1024
    assert stage.warnings()[earlier:] == []


def test_when_the_card_call_fails_words_arrive_and_the_card_follows(stage: Stage) -> None:
    desk = stage[DESK]
    before = len(desk.lines())
    broken = {"prefix": "/v1.0/card", "status": 500, "body": {"code": "system.busy", "message": "系统繁忙"}}
    with stage.fault(http=broken):
        no = stage.push("卡片送不出的时候")
        stage.until(lambda: len(desk.lines()) > before)
        assert desk.tracks(no) == []
        line = desk.lines()[-1]
    assert no in line
    assert "待派发" in line
    assert f"/cases/{no}" in line
    stage.until(lambda: desk.tracks(no))
    stage.settle()
    assert len(desk.lines()) == before + 1
    assert desk.tap(f"{no}:1", "case_dispatch", {"lead": "water"}).note.startswith("已派发")


def test_a_revoked_token_costs_one_more_and_nobody_notices(stage: Stage) -> None:
    stage.settle()
    stage.sandbox.set_faults(token_revoked=True)
    done = stage.sent_to("water")
    assert stage[WATER].tap(f"{done.no}:1", "sign").note.startswith("已签收")


def test_one_person_who_left_does_not_keep_the_others_from_the_truth(stage: Stage) -> None:
    """The platform refuses an update that names somebody it no longer knows."""
    clerk = next(one for one in stage.sandbox.get("people") if one["userId"] == CITY)
    done = stage.case()
    stage.sandbox.post("events", type="user_leave_org", data={"userId": [CITY]})
    try:
        press = {"lead": "water", "support": "城管局"}
        assert stage[DESK].press(f"{done.no}:1", "case_dispatch", press).note.startswith("已派发")
        stage.until(lambda: stage[WATER].tracks(done.no))
        assert stage[WATER].press(f"{done.no}:1", "sign").note.startswith("已签收")
    finally:
        stage.sandbox.add_people(clerk)
    stage.settle()


def test_an_answer_over_quota_has_no_text_and_breaks_nothing(stage: Stage) -> None:
    person = stage[CALLER]
    stage.sandbox.post("meter", quota_stream=1)
    try:
        assert person.say("待办").startswith("没有收到文字内容")
    finally:
        stage.sandbox.post("meter", quota_stream=0)
    assert person.say("待办") == ""

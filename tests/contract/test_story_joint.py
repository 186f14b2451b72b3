"""树党旗 on cards, at its own terminal: the flag raised, answered, ruled, shown up for, fed back, closed and rated."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.models.joint import joint_orders
from core.models.record import events
from tests.contract.story_rig import CITY, DESK, HOUSING, LEADER, TRANSPORT, WATER, Person, Stage

pytestmark = pytest.mark.xdist_group("story-joint")

CITY_HEAD, WATER_HEAD, HOUSING_HEAD, CONTACT = "xy020", "xy022", "xy024", "xy005"
"""The heads of three units, who are also the people in charge there, and the contact person of LEADER."""
FORM = {
    "title": "港口路围墙倒塌", "flag_kind": "safety", "flag_reason": "beyond_us", "matter": "查清原因，定下清运办法",
    "units": "水务局、住建局", "meet_at": "3月10日 15:00", "place": "港口路公交站旁",
}  # fmt: skip
FED = {"measures": "关阀止漏", "result": "渗漏已止", "next_step": "三日内换管"}


def raised(stage: Stage, **changes: str) -> str:
    """The number of an order that the clerk of the city management office raised from the card 树旗."""
    clerk = stage[CITY]
    assert clerk.say("树旗") == ""
    card = clerk.tracks("joint_new:")[-1]
    answer = clerk.tap(card, "raise", {**FORM, **changes})
    if clerk.face(card)["can_confirm"] == "true":  # an earlier order is under way at the place
        answer = clerk.tap(card, "confirm")
    assert answer.note.startswith("已树旗，编号 XYDQ"), answer.note
    return answer.note.removeprefix("已树旗，编号 ")[:18]


def card(person: Person, no: str) -> str:
    """This person's latest card of the order."""
    return person.tracks(no)[-1]


def do(stage: Stage, user: str, no: str, action: str, **form: str) -> str:
    """A tap on the order's card; returns the private line."""
    return stage[user].tap(card(stage[user], no), action, form).note


def happened(stage: Stage, no: str) -> list[str]:
    """What is on record of the order, oldest first."""
    query = (
        select(events.c.name).join(joint_orders, joint_orders.c.id == events.c.joint_id).where(joint_orders.c.no == no)
    )
    with stage.core.engine.connect().execution_options(readonly=True) as tx:
        return list(tx.execute(query.order_by(events.c.id)).scalars())


def rows(face: dict[str, str], name: str) -> dict[str, str]:
    told: list[dict[str, Any]] = json.loads(face[name])
    return {row["k"]: row["v"] for row in told}


def coming(stage: Stage) -> str:
    """Both units agreed and check-in has begun."""
    no = raised(stage)
    for user in (WATER, HOUSING):
        do(stage, user, no, "accept")
    do(stage, CITY, no, "order_start_check_in")
    return no


def worked(stage: Stage) -> str:
    """Fed back and approved by both units' leaders."""
    no = coming(stage)
    for user in (WATER, HOUSING):
        do(stage, user, no, "check_in")
    do(stage, CITY, no, "order_end_meeting")
    for user, head in ((WATER, WATER_HEAD), (HOUSING, HOUSING_HEAD)):
        do(stage, user, no, "report", **FED)
        do(stage, head, no, "approve")
    return no


@pytest.mark.requirement("R109", "R110", "R111")
def test_a_flag_raised_on_a_card_brings_the_order_to_both_people_of_each_unit(stage: Stage) -> None:
    no = raised(stage)
    for user in (WATER, WATER_HEAD, HOUSING, HOUSING_HEAD):
        face = stage[user].face(card(stage[user], no))
        assert face["title"] == "树党旗 · 港口路围墙倒塌"
        assert face["state"] == "待响应"
        assert face["meeting"] == "报到：3月10日 周二 15:00 港口路公交站旁"
        assert rows(face, "units") == {"水务局": "待响应", "住建局": "待响应"}
        assert len(stage[user].tracks(no)) == 1
    assert stage[TRANSPORT].tracks(no) == []
    assert stage.differing(no) == []


@pytest.mark.requirement("R107", "R109")
def test_a_flag_is_raised_from_the_card_of_a_12345_case_with_its_fields(stage: Stage) -> None:
    done = stage.sent_to("city_management", title="美俗路围墙倒塌", place="美俗路", content="围墙倒了半边，压住路面。")
    clerk, track = stage[CITY], f"{done.no}:1"
    clerk.tap(track, "sign")
    form = {name: FORM[name] for name in ("flag_kind", "flag_reason", "units", "meet_at")}
    note = clerk.tap(track, "raise_flag", form).note
    no = note.removeprefix("已树旗，编号 ")[:18]
    face = stage[WATER].face(card(stage[WATER], no))
    assert face["title"] == "树党旗 · 美俗路围墙倒塌"
    assert "围墙倒了半边" in face["body"]
    assert rows(face, "rows")["来源"] == f"12345 工单 尾号 {done.no[-6:]}"
    assert clerk.face(track)["state"] == "办理中"
    assert clerk.say("联办") == ""
    listed = clerk.tracks("joint_list:")[-1]
    clerk.tap(listed, "list", params={"key": "raised"})
    (row,) = [one for one in clerk.rows(listed) if one["no"] == no]
    assert f"尾号 {no[-6:]} · 12345 工单 · " in row["sub"]
    assert row["sub"].endswith("已树旗"), "what happened last"
    own = raised(stage)
    clerk.tap(listed, "list", params={"key": "raised"})
    sources = json.loads(clerk.face(listed)["sources"])
    assert [one["title"] for one in sources] == ["全部来源", "12345 工单", "自主新建"]
    assert int(sources[0]["tag"]) == int(sources[1]["tag"]) + int(sources[2]["tag"])
    clerk.tap(listed, "list", params={"key": sources[1]["key"]})
    found = [one["no"] for one in clerk.rows(listed)]
    assert no in found
    assert own not in found
    clerk.tap(listed, "list", params={"key": sources[2]["key"]})
    assert clerk.rows(listed)[0]["no"] == own
    assert "自主新建" in clerk.rows(listed)[0]["sub"]
    clerk.tap(listed, "open", params={"no": own})
    assert clerk.rows(listed)[0]["no"] == own, "it stays on the list that was chosen"
    clerk.tap(listed, "list", params={"key": "called"})
    assert clerk.face(listed)["has_sources"] == "false"


@pytest.mark.requirement("R126", "R117", "R118")
def test_a_refusal_with_reason_and_basis_goes_back_to_the_sponsor_who_lets_the_unit_go(stage: Stage) -> None:
    no = raised(stage)
    do(stage, WATER, no, "refuse", reason="不属本单位职责", basis="三定方案")
    sponsor = stage[CITY]
    assert sponsor.lines()[-1].startswith(f"【退回待审】{no[-6:]} 港口路围墙倒塌：水务局不报到，不属本单位职责")
    sponsor.say("联办")
    listed = sponsor.tracks("joint_list:")[-1]
    sponsor.tap(listed, "list", params={"key": "returned"})
    assert [row["no"] for row in sponsor.rows(listed)][:1] == [no]
    face = sponsor.face(card(sponsor, no))
    assert rows(face, "details")["不报到"] == "不属本单位职责，依据：三定方案"
    do(stage, CITY, no, "let_go")
    assert rows(sponsor.face(card(sponsor, no)), "units")["水务局"] == "已移出"
    assert stage[WATER].buttons(card(stage[WATER], no)) == set()


@pytest.mark.requirement("R119", "R137", "R138")
def test_a_contested_refusal_is_ruled_from_message_buttons_and_everybody_hears(stage: Stage) -> None:
    no = raised(stage)
    do(stage, WATER, no, "refuse", reason="不属本单位职责", basis="三定方案")
    do(stage, CITY, no, "contest", reason="属你单位职责")
    for user in (LEADER, CONTACT):
        assert stage[user].lines()[-1].startswith(f"【归属判定】{no[-6:]} 港口路围墙倒塌：水务局应否参加")
        assert {"rule_in", "rule_out"} <= stage[user].buttons(card(stage[user], no))
    assert do(stage, CONTACT, no, "rule_in", basis="权责清单") == "「判定参加」已办好，现在是「待签到」"
    words = f"【判定参加】{no[-6:]} 港口路围墙倒塌：区政府 苏兴勇（代分管区领导）判定本单位参加"
    for user in (WATER, WATER_HEAD):
        assert [line for line in stage[user].lines() if line.startswith(words)] != []
    assert stage["xy009"].lines()[-1].startswith(f"【归属判定】{no[-6:]}")
    late = stage[LEADER].press(card(stage[LEADER], no), "rule_out", params={"seq": "3", "leg": _leg(stage, no)}).note
    assert late == "已由区政府 苏兴勇于今天 09:00判定参加，卡片已刷新"
    assert "refuse" not in stage[WATER].buttons(card(stage[WATER], no))


def _leg(stage: Stage, no: str) -> str:
    actor = stage.core.actor_for("dingtalk", CITY)
    return str(stage.core.joints.view(actor, stage.core.joints.find(actor, no)).legs[0].id)


@pytest.mark.requirement("R127", "R128")
def test_a_part_is_handed_on_inside_the_unit_with_its_card_and_the_remark(stage: Stage) -> None:
    no = raised(stage)
    clerk = stage[WATER]
    choices = json.loads(clerk.face(card(clerk, no))["colleague_options"])
    other = next(one for one in choices if not one["text"].startswith("水务局"))
    do(stage, WATER, no, "hand_on", next_person=other["value"], note="请带水泵到场")
    user = next(one.dingtalk for one in stage.core.directory().by_person[int(other["value"])] if one.dingtalk)
    assert stage[user].lines()[-1].endswith("转来，请带水泵到场")
    do(stage, user, no, "accept")
    assert rows(clerk.face(card(clerk, no)), "units")["水务局"] == "待签到"


@pytest.mark.requirement("R127")
def test_where_a_unit_is_too_large_for_the_list_the_next_person_is_named(stage: Stage) -> None:
    """A town with its villages: the list on a card holds whole names alone, everybody else is written out."""
    directory = stage.core.directory()
    town = directory.by_word["东山镇"]
    no = raised(stage, units="东山镇", place="东山镇环湖路")
    clerk = next(one.dingtalk for one in directory.by_unit[town] if one.role == "unit_clerk")
    below = [one for unit in sorted(directory.within(town) - {town}) for one in directory.by_unit.get(unit, ())]
    whole = {f"{directory.unit_name(one.unit)} {one.name}" for one in (*directory.by_unit[town], *below)}
    choices = json.loads(stage[clerk].face(card(stage[clerk], no))["colleague_options"])
    assert {one["text"] for one in choices} < whole, "every name is whole, not all of them fit"
    other = next(
        one for one in below if f"{directory.unit_name(one.unit)} {one.name}" not in {c["text"] for c in choices}
    )
    bare = "下一处理人请从本单位或下属单位中选择，或写全姓名"
    assert do(stage, clerk, no, "hand_on", other_person="没有这个人") == bare
    assert do(stage, clerk, no, "hand_on") == bare
    stranger = next(one for one in directory.by_unit[directory.by_word["水务局"]])
    assert do(stage, clerk, no, "hand_on", other_person=stranger.name) == bare
    named = f"{directory.unit_name(other.unit)} {other.name}"
    assert do(stage, clerk, no, "hand_on", other_person=named, note="请到场") == "「转下一处理人」已办好"
    assert stage[other.dingtalk].lines()[-1].endswith("转来，请到场")


@pytest.mark.requirement("R129", "R130")
def test_check_in_and_late_check_in_keep_time_place_and_remark(stage: Stage) -> None:
    no = coming(stage)
    do(stage, WATER, no, "check_in", place="港口路公交站旁")
    do(stage, CITY, no, "order_end_meeting")
    assert (
        do(stage, HOUSING, no, "check_in_late", place="港口路", note="手机没电") == "「补卡」已办好，现在是「补卡待审」"
    )
    sponsor = stage[CITY]
    assert (
        rows(sponsor.face(card(sponsor, no)), "details")["签到"]
        == "补卡 3月9日 09:00 港口路（手机没电），待发起单位同意"
    )
    do(stage, CITY, no, "approve_late")
    mine = stage[HOUSING].face(card(stage[HOUSING], no))
    assert rows(mine, "details")["签到"] == "补卡 3月9日 09:00 港口路（手机没电）"
    assert rows(mine, "units")["住建局"] == "待反馈 · 补卡"
    assert rows(stage[WATER].face(card(stage[WATER], no)), "details")["签到"] == "3月9日 09:00 港口路公交站旁"


@pytest.mark.requirement("R131", "R132", "R116")
def test_progress_counts_once_the_units_own_leader_approves_and_closing_once_the_sponsors_does(stage: Stage) -> None:
    no = coming(stage)
    for user in (WATER, HOUSING):
        do(stage, user, no, "check_in")
    early = stage[WATER].press(card(stage[WATER], no), "report", FED).note
    assert early == "会议还没有结束，请等发起单位结束会议"
    do(stage, CITY, no, "order_end_meeting")
    do(stage, WATER, no, "report", **FED)
    assert stage[WATER_HEAD].lines()[-1].startswith(f"【反馈待审批】{no[-6:]}")
    assert "approve" not in stage[WATER].buttons(card(stage[WATER], no))
    do(stage, WATER_HEAD, no, "send_back", reason="写明换管时间")
    do(stage, WATER, no, "report", **FED)
    do(stage, WATER_HEAD, no, "approve")
    do(stage, HOUSING, no, "report", **FED)
    do(stage, HOUSING_HEAD, no, "approve")
    do(stage, CITY, no, "order_close")
    assert stage[CITY_HEAD].lines()[-1].startswith(f"【办结待批】{no[-6:]}")
    do(stage, CITY_HEAD, no, "order_approve_close")
    assert stage[CITY].face(card(stage[CITY], no))["state"] == "待评价"


@pytest.mark.requirement("R114", "R115")
def test_closing_waits_for_every_feedback_or_a_second_confirmation_and_a_redo_opens_one_again(stage: Stage) -> None:
    no = worked(stage)
    do(stage, CITY, no, "redo", reason="墙根还在渗水")
    assert stage[CITY].press(card(stage[CITY], no), "order_close").note == (
        "水务局还没有反馈，可催办或「按未反馈办结」"
    )
    sponsor = stage[CITY]
    (choice,) = json.loads(sponsor.face(card(sponsor, no))["unfed_options"])
    assert choice["text"] == "水务局 记为未反馈"
    do(stage, WATER, no, "report", measures="再次堵漏", result="不再渗水")
    assert rows(stage[WATER_HEAD].face(card(stage[WATER_HEAD], no)), "details")["结果"] == "不再渗水"
    do(stage, CITY, no, "order_close_over", unfed=choice["value"])
    do(stage, CITY_HEAD, no, "order_approve_close")
    units = rows(sponsor.face(card(sponsor, no)), "units")
    assert units == {"水务局": "未反馈", "住建局": "已反馈"}


def open_at(note: str) -> int:
    """How many matters are open at the place, as the answer to a relaunch says."""
    said = re.match(r"这个地点还有 (\d+) 件没了的事", note)
    assert said, note
    return int(said[1])


@pytest.mark.requirement("R113", "R133", "R123")
def test_both_sides_rate_blind_and_a_finished_order_is_raised_again(stage: Stage) -> None:
    no = worked(stage)
    do(stage, CITY, no, "order_close")
    do(stage, CITY_HEAD, no, "order_approve_close")
    before = stage[WATER].face(card(stage[WATER], no))
    bare = stage[CITY].press(card(stage[CITY], no), "rate_unit", {"pleased": "displeased"}).note
    assert bare == "请填写「不满意的原因」后再评价"
    do(stage, CITY, no, "rate_unit", pleased="displeased", displeasure="来得太晚")
    assert stage[WATER].face(card(stage[WATER], no)) == before
    do(stage, WATER, no, "rate_sponsor", pleased="pleased")
    shown = rows(stage[WATER].face(card(stage[WATER], no)), "details")["评价"]
    assert shown == "发起单位评 不满意：来得太晚；联办单位评 满意"
    do(stage, HOUSING, no, "rate_sponsor", pleased="pleased")
    do(stage, CITY, no, "rate_unit", pleased="pleased")
    assert stage[CITY].face(card(stage[CITY], no))["state"] == "已完成"
    again = {"units": "交通局", "meet_at": "3月12日 9:00", "flag_reason": "no_power"}
    known = open_at(do(stage, CITY, no, "order_relaunch", **again))
    held = stage[CITY].tracks("joint_new:")[-1]
    here = rows(stage[CITY].face(held), "open_here").values()
    mine = f"尾号 {no[-6:]} 港口路围墙倒塌（已完成，城管局发起）；水务局 3月9日 下一步：三日内换管"
    assert [one for one in here if one.startswith(mine)]
    assert happened(stage, no)[-1] == "rated", "nothing is raised before it has been read over"
    new = stage[CITY].tap(held, "confirm").note.removeprefix("已树旗，编号 ")[:18]
    assert open_at(do(stage, CITY, no, "order_relaunch", **again)) == known + 1
    assert rows(stage[TRANSPORT].face(card(stage[TRANSPORT], new)), "rows")["接续"] == f"上一次联办 尾号 {no[-6:]}"
    assert happened(stage, no)[-1] == "relaunched"


@pytest.mark.requirement("R124", "R125")
def test_a_unit_finds_its_orders_by_one_word_and_opens_them(stage: Stage) -> None:
    no = raised(stage)
    clerk = stage[WATER]
    assert clerk.say("联办") == ""
    listed = clerk.tracks("joint_list:")[-1]
    assert json.loads(clerk.face(listed)["tabs"])[0]["title"] == "联动工单"
    assert no in [row["no"] for row in clerk.rows(listed)]
    held = len(clerk.tracks(no))
    clerk.tap(listed, "open", params={"no": no})
    assert len(clerk.tracks(no)) == held + 1
    assert clerk.say(f"查 {no[-6:]}") == ""
    assert len(clerk.tracks(no)) == held + 2
    assert clerk.buttons(clerk.tracks(no)[-2]) == set()
    assert stage.differing(no) == []


def test_a_unit_answers_and_checks_in_with_a_typed_word(stage: Stage) -> None:
    no = raised(stage)
    tail = no[-6:]
    assert stage[WATER].say("签到") == "请写上尾号，比如「签到 0427 港口路公交站旁」"
    assert stage[WATER].say(f"签到 {tail}") == "此件现在是「待响应」，不能签到"
    assert stage[WATER].say(f"报到 {tail}") == f"尾号 {tail} 港口路围墙倒塌：「同意报到」已办好，现在是「待签到」"
    assert stage[WATER].say(f"签到 {tail}") == "发起单位还没有开始签到，请等通知"
    do(stage, CITY, no, "order_start_check_in")
    assert stage[WATER].say(f"签到 {tail} 路口东侧").endswith("「签到」已办好，现在是「已签到」")
    assert rows(stage[WATER].face(card(stage[WATER], no)), "details")["签到"] == "3月9日 09:00 路口东侧"
    assert stage[TRANSPORT].say(f"报到 {tail}").startswith("没有找到")


def test_a_stale_tap_acts_on_nothing_and_says_who_was_first(stage: Stage) -> None:
    no = raised(stage)
    first, second = stage[WATER], stage[WATER_HEAD]
    old = {name: second.face(card(second, no))[name] for name in ("seq", "leg")}
    first.tap(card(first, no), "accept", copies=3)
    before = happened(stage, no)
    answer = second.press(card(second, no), "refuse", {"reason": "不属职责", "basis": "三定"}, params=old)
    assert answer.note == "已由水务局 韩德玲于今天 09:00同意报到，卡片已刷新"
    assert answer.redrawn
    assert happened(stage, no) == before == ["raised", "accepted"]


def test_bad_input_on_the_flag_card_is_one_sentence_and_raises_nothing(stage: Stage) -> None:
    clerk = stage[CITY]
    clerk.say("树旗")
    track = clerk.tracks("joint_new:")[-1]
    with stage.core.engine.connect() as tx:
        before = len(tx.execute(select(joint_orders.c.id)).all())
    for changes, words in (
        ({"units": "火星局"}, "火星局"), ({"meet_at": "改天"}, "报到时间请写成"), ({"units": "城管局"}, "不用写本单位"),
        ({"matter": "长" * 1001}, "1000"),
    ):  # fmt: skip
        assert words in clerk.press(track, "raise", {**FORM, **changes}).note
    assert stage[LEADER].say("树旗") == "树旗由各单位和指挥中心办理，您当前岗位不能操作"
    with stage.core.engine.connect() as tx:
        assert len(tx.execute(select(joint_orders.c.id)).all()) == before


def test_the_whole_story_leaves_no_warning_and_a_whole_record(stage: Stage) -> None:
    worked(stage)
    assert stage[DESK].say("联办") == ""
    assert stage.warnings() == []
    assert stage.core.verify_log().ok


EIGHT = ("water", "housing", "transport", "ecology", "planning", "xiuying", "haixiu_street", "fire")


@pytest.mark.slow
def test_a_full_order_with_eight_units_costs_few_calls_and_every_copy_follows(stage: Stage) -> None:
    """joint.calls_per_order: one card holds everybody, so an act is one update; lines go to those whose turn it is."""
    directory = stage.core.directory()

    def hand(unit: str, role: str) -> str:
        return next(one.dingtalk for one in directory.by_unit[directory.by_word[unit]] if one.role == role)

    stage.sandbox.post("meter", reset=True)
    no = raised(stage, units="、".join(EIGHT))
    track = f"{no}:1"
    clerks = {unit: hand(unit, "unit_clerk") for unit in EIGHT}
    for user in clerks.values():
        stage[user].tap(track, "accept")
    stage[CITY].tap(track, "order_start_check_in")
    for user in clerks.values():
        stage[user].tap(track, "check_in")
    stage[CITY].tap(track, "order_end_meeting")
    for unit, user in clerks.items():
        stage[user].tap(track, "report", FED)
        stage[hand(unit, "unit_head")].tap(track, "approve")
    stage[CITY].tap(track, "order_close")
    stage[CITY_HEAD].tap(track, "order_approve_close")
    for user in clerks.values():
        stage[user].tap(track, "rate_sponsor", {"pleased": "pleased"})
        stage[CITY].tap(track, "rate_unit", {"pleased": "pleased"})
    assert stage[CITY].face(track)["state"] == "已完成"
    assert stage.differing(no) == []
    counted = stage.sandbox.get("meter")["counted"]
    print(f"{counted} calls for an order with {len(EIGHT)} units")
    assert counted <= 120

"""Before a flag goes up: what is open at the place, whom to call, and the form that waits for a yes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cards import joint_new_face
from core import Actor, Core
from core.errors import AlreadyThere, BadField, FieldMissing, MoveNotOpen, NotYours, Stale, Unknown, UnknownUnit
from core.flag_views import Promise
from core.joint_errors import FlagGone, WrongMoment
from core.models.arrivals import drafts
from core.models.joint import joint_orders
from core.recall.policy import load_recall
from core.register import Amend
from tests.builders import act, clerk, dispatched, fresh_key, person, rows, signed
from tests.clock import StillClock
from tests.core.joint_room import FED, FIRST, FORM, PLEASED, SECOND, SPONSOR, an_order, closed, head, move

ELSEWHERE = "transport"
CROSSING, SAME_CROSSING = "港口路与南港路交叉口", "南港路口（港口路）"


def at(core: Core, place: str, **more: str) -> tuple[Promise, ...]:
    """What a clerk of another unit is shown who is about to raise a flag there."""
    return core.flags.look(clerk(core, ELSEWHERE), more.get("title", ""), more.get("matter", ""), place).promises


def finished(core: Core, **fields: str) -> int:
    """Closed, rated and over; both units said what they would do next."""
    order = closed(core, **fields)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "rate_sponsor", unit, **PLEASED)
        move(core, clerk(core), order, "rate_unit", unit, **PLEASED)
    return order


def save(core: Core, actor: Actor, title: str, *units: str) -> None:
    members = ",".join(str(core.directory().by_word[unit]) for unit in units)
    core.registers.write(Amend(fresh_key(), "unit_group", "add", "", {"title": title, "members": members}, actor))


# --- what is open at a place ----------------------------------------------------------------------------------------


def test_an_order_under_way_and_what_a_finished_one_left_are_shown_at_their_place(core: Core) -> None:
    running = an_order(core, place=CROSSING)
    over = finished(core, place=CROSSING, title="围墙倒塌")
    an_order(core, place="港口路与爱华路交叉口")
    found = {one.tail: one for one in at(core, SAME_CROSSING)}
    tails = [core.joints.sheet(order).order["no"][-6:] for order in (running, over)]
    assert set(found) == set(tails)
    assert (found[tails[0]].state_title, found[tails[0]].steps) == ("响应中", ())
    assert (found[tails[0]].sponsor, found[tails[0]].units) == ("城管局", "水务局、住建局")
    assert found[tails[1]].state_title == "已完成"
    assert found[tails[1]].steps == ("水务局 3月9日 下一步：汛前清掏", "住建局 3月9日 下一步：汛前清掏")
    assert at(core, "长秀大道") == ()


def test_a_next_step_is_open_until_its_unit_tells_of_the_order_that_went_on(core: Core) -> None:
    order = finished(core, place=CROSSING)
    again = core.joints.listed(clerk(core), "done").rows[0]
    move(core, clerk(core), order, "relaunch", units=FIRST, meet_at="3月11日 10:00", flag_reason="beyond_us")
    (later,) = [row.id for row in rows(core, joint_orders) if row.id != order]
    assert {one.tail for one in at(core, CROSSING) if one.steps} == {again.tail}
    move(core, clerk(core, FIRST), later, "accept", FIRST)
    move(core, clerk(core), later, "start_check_in")
    move(core, clerk(core, FIRST), later, "check_in", FIRST)
    move(core, clerk(core), later, "end_meeting")
    move(core, clerk(core, FIRST), later, "report", FIRST, **{**FED, "next_step": "雨季前换管"})
    steps = {one.tail: one.steps for one in at(core, CROSSING)}
    assert steps[again.tail] == ("住建局 3月9日 下一步：汛前清掏",)
    assert [told for tail, told in steps.items() if tail != again.tail] == [("水务局 3月9日 下一步：雨季前换管",)]


def test_a_next_step_without_words_or_of_long_ago_is_none(core: Core, clock: StillClock) -> None:
    order = closed(core, place=CROSSING)
    assert at(core, CROSSING)
    clock.advance(days=400)
    assert at(core, CROSSING) == ()
    assert core.joints.sheet(order).order["state"] == "to_rate"


def test_what_is_shown_names_no_door_and_no_number_of_anybody(core: Core) -> None:
    an_order(core, place="港口路 12 号 3 栋 401 室", title="王某 13812345678 家门口积水")
    (one,) = at(core, "港口路")
    assert one.place == "港口路"
    assert "13812345678" not in one.said
    assert "401" not in one.said


def test_a_case_and_an_order_with_coordinates_meet_by_distance(core: Core) -> None:
    here = {"longitude": "110.2870", "latitude": "20.0180"}
    near, far = {"longitude": "110.2880", "latitude": "20.0190"}, {"longitude": "110.2930", "latitude": "20.0180"}
    case = signed(core, place="码头东门", more=here)
    act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="water", flag_reason="beyond_us", units=FIRST,
        meet_at="3月10日 15:00")  # fmt: skip
    beside, away = (signed(core, ELSEWHERE, place="渔市北口", more=more) for more in (near, far))
    who = clerk(core, ELSEWHERE)
    assert core.flags.look(who, "", "", "渔市北口", beside).promises
    assert core.flags.look(who, "", "", "渔市北口", away).promises == ()


def test_all_that_is_open_is_counted_though_only_some_of_it_is_listed(core: Core) -> None:
    shown = load_recall().promises.shown
    for number in range(shown + 2):
        an_order(core, place=CROSSING, title=f"第{number}处积水")
    look = core.flags.look(clerk(core, ELSEWHERE), "", "", CROSSING)
    assert (len(look.promises), look.count) == (shown, shown + 2)
    whole = core.flags.read_over(clerk(core), {**FORM, "place": CROSSING})
    assert (len(whole.promises), whole.count) == (shown, shown + 2)
    face = joint_new_face(
        held=core.flags.view(clerk(core), core.flags.hold("held", clerk(core), {**FORM, "place": CROSSING}))
    )
    assert face.private["hint"].startswith(f"这个地点还有 {shown + 2} 件没了的事")
    listed = json.loads(face.private["open_here"])
    assert len(listed) == shown + 1
    assert listed[-1] == {"k": "此处另有", "v": "2 件，没有列出"}
    (one,) = [core.flags.look(clerk(core), "", "", "长秀大道")]
    assert (one.promises, one.count) == ((), 0)


def test_only_whoever_may_raise_a_flag_is_told(core: Core) -> None:
    for role in ("audit_admin", "district_leader"):
        with pytest.raises(NotYours):
            core.flags.look(person(core, role), "", "", CROSSING)
    assert core.flags.look(person(core, "contact_person"), "", "", CROSSING).promises == ()


# --- whom to call ---------------------------------------------------------------------------------------------------


def test_the_units_a_matter_calls_for_are_suggested_and_those_called_are_not(core: Core) -> None:
    look = core.flags.look(clerk(core), "下雨路面积水", "雨水井堵了，水排不走", "港口路")
    assert look.suggested[0] == "水务局"
    whole = core.flags.read_over(clerk(core), {**FORM, "units": "水务局", "matter": "雨水井堵了，电梯也泡坏了"})
    assert "水务局" not in whole.suggested
    assert "城管局" not in whole.suggested, "not the sponsor itself"


def test_recent_units_and_groups_are_offered_and_a_group_is_called_by_its_name(core: Core) -> None:
    assert core.flags.choices(clerk(core)) == ()
    an_order(core, place="长秀大道")
    save(core, clerk(core), "防汛组", FIRST, "emergency", "power_company")
    save(core, person(core, "desk_head"), "消防联查", "fire", "police")
    recent, own, district = core.flags.choices(clerk(core))
    assert (recent.title, recent.units, recent.key) == ("最近联办", ("水务局", "住建局"), "")
    assert (own.title, own.units, own.own) == ("防汛组", ("水务局", "应急局", "供电局"), True)
    assert (district.title, district.own) == ("消防联查", False)
    assert [one.title for one in core.flags.choices(clerk(core, ELSEWHERE))] == ["消防联查"], "a unit's own is its own"
    order = an_order(core, units="防汛组、住建局", place="爱华路", pick="消防联查")
    names = [leg.unit for leg in core.joints.view(clerk(core), order).legs]
    assert sorted(names) == sorted(["住建局", "消防大队", "公安分局", "水务局", "应急局", "供电局"])
    with pytest.raises(UnknownUnit):
        an_order_by(core, ELSEWHERE, units="防汛组")


def an_order_by(core: Core, unit: str, **fields: str) -> int:
    return core.joints.raise_flag(fresh_key(), {**FORM, **fields}, clerk(core, unit)).case


def test_a_group_is_kept_by_whoever_saved_it(core: Core) -> None:
    save(core, clerk(core), "防汛组", FIRST, "emergency")
    (row,) = core.registers.page(clerk(core), "unit_group").rows
    with pytest.raises(AlreadyThere):
        save(core, clerk(core), "防汛组", FIRST, SECOND)
    with pytest.raises(BadField, match="2 到 20 个单位"):
        save(core, clerk(core), "一家", FIRST)
    with pytest.raises(FieldMissing, match="有哪些单位"):
        save(core, clerk(core), "没有")
    with pytest.raises(BadField, match="和单位的名称相同"):
        save(core, clerk(core), "水务局", FIRST, SECOND)
    with pytest.raises(BadField, match="存下它的单位"):
        core.registers.write(Amend(fresh_key(), "unit_group", "retire", row.key, {}, clerk(core, ELSEWHERE)))
    core.registers.write(Amend(fresh_key(), "unit_group", "retire", row.key, {}, clerk(core)))
    assert core.flags.choices(clerk(core)) == ()


# --- held until its writer's yes ------------------------------------------------------------------------------------


def test_a_held_flag_is_read_over_put_right_and_raised_once(core: Core) -> None:
    an_order(core, place=CROSSING)
    who = clerk(core, ELSEWHERE)
    form = {**FORM, "units": "水务局", "place": SAME_CROSSING, "title": "护栏倒了"}
    token = core.flags.hold("k1", who, form)
    assert core.flags.hold("k1", who, form) == token
    view = core.flags.view(who, token)
    assert (view.title, dict(view.rows)["联办单位"]) == ("护栏倒了", "水务局")
    assert [one.title for one in view.look.promises] == ["港口路积水"]
    assert view.look.clashes[0].startswith("水务局")
    core.flags.change(who, token, {"meet_at": "3月11日 9:30", "units": "住建局"})
    view = core.flags.view(who, token)
    assert (dict(view.rows)["联办单位"], view.look.clashes) == ("水务局、住建局", ())
    with pytest.raises(WrongMoment):
        core.flags.change(who, token, {"meet_at": "改天"})
    done = core.flags.confirm(who, token)
    assert core.flags.confirm(who, token).sentence.startswith("已树旗，编号 XYDQ")
    assert len(rows(core, joint_orders)) == 2
    assert core.flags.view(who, token).no == done.no
    assert [row.body for row in rows(core, drafts)] == [{}], "nothing of the form is kept"


def test_a_held_flag_is_its_writers_and_of_one_day(core: Core, clock: StillClock) -> None:
    who = clerk(core, ELSEWHERE)
    token = core.flags.hold("k1", who, {**FORM, "units": "水务局"})
    with pytest.raises(Unknown):
        core.flags.view(clerk(core), token)
    with pytest.raises(Unknown):
        core.arrivals.drafts.view(who, token)
    dropped = core.flags.hold("k2", who, {**FORM, "units": "水务局"})
    core.flags.drop(who, dropped)
    with pytest.raises(FlagGone):
        core.flags.confirm(who, dropped)
    clock.advance(days=2)
    with pytest.raises(FlagGone):
        core.flags.confirm(who, token)
    core.arrivals.drafts.settle()
    assert [row.body for row in rows(core, drafts)] == [{}, {}]
    assert rows(core, joint_orders) == []


# --- from a case ----------------------------------------------------------------------------------------------------


def test_a_held_flag_from_a_case_carries_its_fields(core: Core) -> None:
    an_order(core, place=CROSSING)
    case = signed(core, ELSEWHERE, title="护栏倒了", place=CROSSING, content="护栏倒了半边。")
    who = clerk(core, ELSEWHERE)
    leg = core.case_view(who, case).legs[0].id
    form = {"flag_kind": "safety", "flag_reason": "beyond_us", "units": "水务局", "meet_at": "3月10日 15:00"}
    token = core.flags.hold("k1", who, form, case, leg)
    assert core.flags.view(who, token).title == "护栏倒了"
    core.flags.confirm(who, token)
    order = core.joints.view(who, max(row.id for row in rows(core, joint_orders)))
    assert (order.title, order.matter, order.source) == ("护栏倒了", "护栏倒了半边。", "12345 工单")
    assert core.flags.view(who, token).no == order.no


def test_the_deputy_head_of_the_unit_that_holds_the_case_may_raise_from_it_and_nobody_elses(core: Core) -> None:
    deputy = next(one.actor for one in core.directory().by_role["deputy_head"])
    unit = next(one.code for one in core.directory().units.values() if one.id == deputy.unit)
    case = dispatched(core, unit)
    form: dict[str, Any] = {
        "flag_kind": "safety", "flag_reason": "beyond_us", "units": "水务局", "meet_at": "3月10日 15:00"
    }  # fmt: skip
    with pytest.raises(MoveNotOpen):
        act(core, deputy, case, "raise_flag", unit, **form)
    act(core, clerk(core, unit), case, "sign", unit)
    offered = {move.action for move in core.case_view(deputy, case).moves if move.leg is not None}
    assert offered == {"raise_flag"}, "and no other step of the unit's people"
    with pytest.raises((NotYours, Unknown)):
        act(core, head(core, FIRST), case, "raise_flag", unit, **form)
    done = act(core, deputy, case, "raise_flag", unit, **form)
    assert done.sentence.startswith("已树旗")


# --- from a finished order ------------------------------------------------------------------------------------------


def test_what_goes_on_from_a_finished_order_is_read_over_with_its_own_open_steps_and_raised_once(core: Core) -> None:
    order, who = finished(core, place=CROSSING), clerk(core)
    tail, seen = core.joints.sheet(order).order["no"][-6:], core.joints.sheet(order).order["seq"]
    other = an_order_by(core, ELSEWHERE, units=FIRST, place=SAME_CROSSING, title="护栏倒了")
    form = {"units": "水务局", "meet_at": "3月10日 15:30", "flag_reason": "beyond_us"}
    look = core.flags.read_over(who, form, order=order)
    assert {one.title for one in look.promises} == {"港口路积水", "护栏倒了"}
    assert next(one.steps for one in look.promises if one.tail == tail)[0].endswith("下一步：汛前清掏")
    assert look.clashes[0].startswith("水务局"), "called there within the hour"
    token = core.flags.hold("k1", who, form, order=order, seen=seen)
    assert dict(core.flags.view(who, token).rows)["报到地点"] == CROSSING
    told = core.flags.confirm(who, token).sentence
    (later,) = [row for row in rows(core, joint_orders) if row.id not in (order, other)]
    assert told.startswith(f"已树旗，编号 {later.no}")
    assert (later.earlier_id, core.flags.confirm(who, token).no, core.flags.view(who, token).no) == (
        order, later.no, later.no,
    )  # fmt: skip
    second = core.flags.hold("k2", who, form, order=order, seen=seen)
    with pytest.raises(Stale):
        core.flags.confirm(who, second)


def test_an_order_from_a_case_is_found_by_the_coordinates_of_its_case(core: Core) -> None:
    case = signed(core, place="码头东门", more={"longitude": "110.2870", "latitude": "20.0180"})
    act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="water", flag_reason="beyond_us", units=FIRST,
        meet_at="3月10日 15:00")  # fmt: skip
    (order,) = rows(core, joint_orders)
    beside = signed(core, ELSEWHERE, place="渔市北口", more={"longitude": "110.2880", "latitude": "20.0190"})
    act(core, clerk(core, ELSEWHERE), beside, "raise_flag", ELSEWHERE, flag_kind="water", flag_reason="beyond_us",
        units=SECOND, meet_at="3月12日 15:00")  # fmt: skip
    found = core.flags.look(clerk(core), order.title, order.matter, order.place, order=order.id).promises
    assert len(found) == 2

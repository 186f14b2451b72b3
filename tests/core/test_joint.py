"""树党旗 as law: raising, refusing and ruling, showing up, feeding back, closing, the blind rating, who hears of it."""

from __future__ import annotations

import pytest

from core import Core, Refusal
from core.errors import BadField, DifferentBody, FieldMissing, MoveNotOpen, NotYours, Stale, Unknown, UnknownUnit
from core.execute import Command
from core.joint.moments import meeting_time
from core.joint_errors import (
    CheckInNotStarted,
    CheckInOver,
    FlagFlying,
    RefusalBarred,
    UnfedChanged,
    UnitsUnfed,
    WrongMoment,
)
from core.models.joint import joint_legs, joint_orders, joint_ratings, joint_rulings
from core.models.record import events, letters
from core.people import CLOCK, Actor
from core.queries.joint_lists import JointFilter
from core.worktime import SHANGHAI
from tests.builders import act, clerk, desk, fresh_key, person, rows, signed
from tests.clock import MONDAY, StillClock
from tests.core.joint_room import (
    DISPLEASED,
    FED,
    FIRST,
    FORM,
    PLEASED,
    REFUSAL,
    SECOND,
    SPONSOR,
    an_order,
    closed,
    fed_back,
    head,
    leg_of,
    lines,
    move,
    on_site,
    states,
)


def leader(core: Core) -> Actor:
    return person(core, "district_leader")


def tail(core: Core, order: int) -> str:
    return str(core.joints.sheet(order).order["no"][-6:])


# --- raising --------------------------------------------------------------------------------------------------------


def test_a_flag_raised_from_a_case_carries_its_fields_and_leaves_its_clock_alone(core: Core) -> None:
    case = signed(core, title="围墙倒塌", place="海秀路 3 号", content="围墙倒了半边。")
    before = core.sheet(case)
    assert before is not None
    done = act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="safety", flag_reason="beyond_us",
               units="水务局、住建局", meet_at="明天 9:30")  # fmt: skip
    order = core.joints.find(clerk(core), core.joints.listed(clerk(core), "raised").rows[0].no)
    view = core.joints.view(clerk(core), order)
    assert (view.title, view.place, view.matter) == ("围墙倒塌", "海秀路 3 号", "围墙倒了半边。")
    assert view.case_no == done.no
    assert view.source == "12345 工单"
    after = core.sheet(case)
    assert after is not None
    assert (after.case["state"], after.legs[0]["state"]) == ("handling", "handling")
    assert after.legs[0]["due_at"] == before.legs[0]["due_at"]
    assert [event["name"] for event in after.events][-1] == "flag_raised"
    with pytest.raises(FlagFlying, match=view.tail):
        act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="safety", flag_reason="beyond_us",
            units="生态环境局", meet_at="明天 9:30")  # fmt: skip


def test_one_form_card_raises_one_order_whoever_presses_again_and_with_whatever(core: Core) -> None:
    """Somebody sees no answer and presses again, or changes a word first: a cause of its own, and the same order."""
    who, sheet = clerk(core, SPONSOR), "joint_new:21:7"
    with pytest.raises(Refusal):
        core.joints.raise_flag(fresh_key(), {**FORM, "units": "火星局"}, who, sheet=sheet)
    first = core.joints.raise_flag(fresh_key(), FORM, who, sheet=sheet)
    again = core.joints.raise_flag(fresh_key(), {**FORM, "title": "港口路又积水"}, who, sheet=sheet)
    assert (again.no, again.sentence, again.repeated) == (first.no, first.sentence, True)
    other = core.joints.raise_flag(fresh_key(), FORM, who, sheet="joint_new:21:8")
    assert [row.no for row in rows(core, joint_orders)] == [first.no, other.no]


def test_a_key_raises_one_order_and_another_body_under_it_is_refused(core: Core) -> None:
    first, again = (core.joints.raise_flag("flag:1", FORM, clerk(core)) for _ in range(2))
    assert (again.case, again.repeated) == (first.case, True)
    with pytest.raises(DifferentBody):
        core.joints.raise_flag("flag:1", {**FORM, "place": "别处"}, clerk(core))
    assert len(rows(core, joint_orders)) == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"units": ""}, FieldMissing),
        ({"units": "火星局"}, UnknownUnit),
        ({"units": "水务局、水务局"}, BadField),
        ({"units": "城管局"}, BadField),
        ({"matter": " "}, FieldMissing),
        ({"flag_kind": "party"}, BadField),
        ({"meet_at": "改天"}, WrongMoment),
        ({"meet_at": "3月8日 15:00"}, WrongMoment),
    ],
)
def test_a_flag_that_says_too_little_or_wrong_is_refused_and_changes_nothing(
    core: Core, changes: dict[str, str], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        core.joints.raise_flag(fresh_key(), {**FORM, **changes}, clerk(core))
    assert rows(core, joint_orders) == []
    assert rows(core, letters) == []


def test_a_unit_called_elsewhere_within_the_same_hour_is_named_to_the_sponsor(core: Core) -> None:
    first = an_order(core, units=FIRST)
    told = [
        core.joints.raise_flag(fresh_key(), {**FORM, "meet_at": at}, clerk(core)).sentence
        for at in ("3月10日 15:30", "3月11日 15:00")
    ]
    assert told[0].endswith(f"2 个单位已通知；同一时段另有联办：水务局（{tail(core, first)}）")
    assert told[1].endswith("2 个单位已通知")


def test_whoever_may_not_raise_is_told(core: Core) -> None:
    with pytest.raises(NotYours):
        core.joints.raise_flag(fresh_key(), FORM, leader(core))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3月10日 15:00", (3, 10, 15, 0)), ("明天9点半", (3, 10, 9, 30)), ("后天 下午3点", (3, 11, 15, 0)),
        ("2026-03-12T08:05", (3, 12, 8, 5)), ("15：30", (3, 9, 15, 30)), ("3-20 09:00", (3, 20, 9, 0)),
    ],
)  # fmt: skip
def test_a_meeting_time_is_read_as_people_write_it(text: str, said: tuple[int, int, int, int]) -> None:
    at = meeting_time(text, MONDAY).astimezone(SHANGHAI)
    assert (at.month, at.day, at.hour, at.minute) == said


@pytest.mark.parametrize("text", ["", "25:00", "13月1日 9:00", "昨天 9:00", "2030-01-01 09:00", "3月9日 08:59"])
def test_a_meeting_time_that_is_none_or_lies_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(WrongMoment):
        meeting_time(text, MONDAY)


# --- answering ------------------------------------------------------------------------------------------------------


def test_a_unit_ruled_in_stays_and_may_not_refuse_again(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    move(core, leader(core), order, "rule_in", FIRST, basis="权责清单")
    assert states(core, order)[1] == "coming"
    with pytest.raises(MoveNotOpen):
        move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), order, "adjust", meet_at="3月12日 10:00")
    assert states(core, order) == ("answering", "coming", "invited")  # another day asks the free, not the ruled-in
    (ruling,) = rows(core, joint_rulings)
    assert (ruling.stays, ruling.on_behalf, ruling.basis) == (True, False, "权责清单")


def test_a_ruling_by_the_contact_person_is_shown_as_on_behalf(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    move(core, person(core, "contact_person"), order, "rule_out", FIRST)
    assert states(core, order)[1] == "released"
    told = core.joints.view(clerk(core), order).timeline[-1]
    assert told.who.endswith("（代分管区领导）")
    assert rows(core, joint_rulings)[0].on_behalf


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_leader_who_is_not_in_charge_may_not_rule(core: Core, nth: int) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    with pytest.raises(NotYours, match="分管区领导"):
        move(core, person(core, "district_leader", nth=nth), order, "rule_in", FIRST)
    assert states(core, order)[1] == "disputed"


def test_a_part_handed_on_stays_one_part_with_one_clock(core: Core) -> None:
    order = an_order(core)
    before = leg_of(core, order, FIRST)
    station = core.directory().below(core.directory().by_word[FIRST])[0]
    other = core.directory().by_unit[station.id][0]
    move(core, clerk(core, FIRST), order, "hand_on", FIRST, next_person=str(other.person), note="请你站去")
    after = leg_of(core, order, FIRST)
    assert (after["id"], after["due_at"], after["person_id"]) == (before["id"], before["due_at"], other.person)
    assert (other.person, f"【转您处理】{tail(core, order)} 港口路积水：水务局 韩德玲转来，请你站去") in lines(core)
    move(core, other.actor, order, "accept", FIRST)
    assert states(core, order)[1] == "coming"


def test_the_nearest_past_rulings_are_shown_to_whoever_refuses_reviews_or_rules(core: Core) -> None:
    told = (
        ("港口路积水", FIRST, "权责清单"),
        ("夜市占道经营", SECOND, "市容条例"),
        ("桥下积水成塘", FIRST, "排水职责"),
    )
    for title, unit, basis in told:
        order = an_order(
            core, title=title, matter=f"{title}，请查清原因", flag_kind="water" if unit == FIRST else "traffic"
        )
        move(core, clerk(core, unit), order, "refuse", unit, **REFUSAL)
        move(core, clerk(core), order, "contest", unit, reason="属你单位职责")
        move(core, leader(core), order, "rule_in", unit, basis=basis)
    order = an_order(core, title="公交站积水", matter="公交站积水，请查清原因")
    for who in (clerk(core, FIRST), clerk(core), desk(core)):
        first, second = core.joints.view(who, order).legs
        assert "桥下积水成塘" in first.precedents[0] or "港口路积水" in first.precedents[0]
        assert all("夜市" not in one for one in first.precedents[:2])
        assert (second.precedents == ()) == (who.unit == clerk(core, FIRST).unit), "not one's own part, not one's words"
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    assert core.joints.view(clerk(core, FIRST), order).legs[0].precedents == ()


# --- showing up -----------------------------------------------------------------------------------------------------


def test_check_in_without_a_start_after_the_end_or_without_an_invitation_is_refused(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    with pytest.raises(CheckInNotStarted):
        move(core, clerk(core, FIRST), order, "check_in", FIRST)
    move(core, clerk(core), order, "start_check_in")
    with pytest.raises(NotYours):
        move(core, clerk(core, "ecology"), order, "check_in", FIRST)
    with pytest.raises(MoveNotOpen):
        move(core, clerk(core, SECOND), order, "check_in", SECOND)  # has not agreed
    move(core, clerk(core), order, "end_meeting")
    with pytest.raises(CheckInOver):
        move(core, clerk(core, FIRST), order, "check_in", FIRST)
    assert states(core, order) == ("working", "coming", "invited")


def test_a_late_check_in_is_late_for_ever_once_the_sponsor_agrees(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core), order, "end_meeting")
    move(core, clerk(core, FIRST), order, "check_in_late", FIRST, place="港口路", note="手机没电")
    move(core, clerk(core), order, "refuse_late", FIRST, reason="请写明到场时间")
    move(core, clerk(core, FIRST), order, "check_in_late", FIRST, place="港口路", note="15 点到场，手机没电")
    move(core, clerk(core), order, "approve_late", FIRST)
    move(core, clerk(core, FIRST), order, "report", FIRST, **FED)
    leg = next(leg for leg in core.joints.view(clerk(core), order).legs if leg.unit == "水务局")
    assert leg.late
    assert leg.check_in == "补卡 3月9日 09:00 港口路（15 点到场，手机没电）"


# --- closing and rating ---------------------------------------------------------------------------------------------


def test_closing_over_an_open_part_needs_a_second_confirmation_of_exactly_these(core: Core) -> None:
    order = on_site(core)
    move(core, clerk(core), order, "end_meeting")
    move(core, clerk(core, FIRST), order, "report", FIRST, **FED)
    with pytest.raises(UnitsUnfed, match="水务局、住建局"):
        move(core, clerk(core), order, "close")
    listed = ",".join(str(leg_of(core, order, unit)["id"]) for unit in (FIRST, SECOND))
    move(core, head(core, FIRST), order, "approve", FIRST)
    with pytest.raises(UnfedChanged):
        move(core, clerk(core), order, "close_over", unfed=listed)  # one of them has fed back by now
    move(core, clerk(core), order, "close_over", unfed=str(leg_of(core, order, SECOND)["id"]))
    assert states(core, order) == ("close_review", "fed_back", "reporting")
    with pytest.raises(NotYours, match="发起单位领导"):
        move(core, clerk(core), order, "approve_close")
    move(core, head(core, SPONSOR), order, "approve_close")
    assert states(core, order) == ("to_rate", "fed_back", "no_feedback")


def test_a_redo_keeps_what_was_fed_back_before_readable(core: Core) -> None:
    order = fed_back(core)
    move(core, clerk(core), order, "redo", FIRST, reason="还有积水")
    move(core, clerk(core, FIRST), order, "report", FIRST, measures="再次抽排", result="全部退尽")
    leg = core.joints.view(clerk(core), order).legs[0]
    assert [one.result for one in leg.feedbacks] == ["全部退尽", "积水已退"]


def test_neither_side_learns_the_others_rating_before_both_have_given_theirs(core: Core) -> None:
    order = closed(core)
    faces = {unit: core.joints.view(clerk(core, unit), order) for unit in (SPONSOR, FIRST, SECOND)}
    move(core, clerk(core), order, "rate_unit", FIRST, **DISPLEASED)
    for unit in (FIRST, SECOND):
        assert core.joints.view(clerk(core, unit), order) == faces[unit], "a rating leaves no trace anywhere else"
    assert core.joints.view(clerk(core), order).legs[0].rated == ("本单位已评价，双方都评后同时公布",)
    assert "来得太晚" not in str([row.facts for row in rows(core, events)])
    move(core, clerk(core, FIRST), order, "rate_sponsor", FIRST, **PLEASED)
    shown = ("发起单位评 不满意：来得太晚", "联办单位评 满意")
    assert core.joints.view(clerk(core), order).legs[0].rated == shown
    assert core.joints.view(clerk(core, FIRST), order).legs[0].rated == shown
    assert core.joints.view(clerk(core, SECOND), order).legs[0].rated == ()


def test_a_rating_that_only_one_side_gave_is_shown_when_the_days_are_over(core: Core, clock: StillClock) -> None:
    order = closed(core)
    move(core, clerk(core, FIRST), order, "rate_sponsor", FIRST, **PLEASED)
    clock.advance(days=4)
    assert [one.action for one in core.joints.due_commands()] == []
    clock.advance(days=4)
    (command,) = core.joints.due_commands()
    core.execute(command)
    assert states(core, order)[0] == "completed"
    assert core.joints.view(clerk(core), order).legs[0].rated == ("发起单位评 未评价", "联办单位评 满意")
    assert len(rows(core, joint_ratings)) == 1


def test_the_source_case_hears_what_came_of_it_and_a_finished_order_can_be_raised_again(core: Core) -> None:
    case = signed(core)
    act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="water", flag_reason="beyond_us", units="水务局",
        meet_at="明天 9:30")  # fmt: skip
    order = rows(core, joint_orders)[0].id
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core, FIRST), order, "check_in", FIRST)
    move(core, clerk(core), order, "end_meeting")
    move(core, clerk(core, FIRST), order, "report", FIRST, **FED)
    move(core, head(core, FIRST), order, "approve", FIRST)
    move(core, clerk(core), order, "close")
    move(core, head(core, SPONSOR), order, "approve_close")
    move(core, clerk(core, FIRST), order, "rate_sponsor", FIRST, **PLEASED)
    move(core, clerk(core), order, "rate_unit", FIRST, **PLEASED)
    assert states(core, order)[0] == "completed"
    view = core.case_view(clerk(core), case)
    assert view.timeline[-1].text.endswith("已完成。水务局：积水已退")
    assert view.joint_result == "水务局：积水已退"  # its own reply begins so
    move(core, clerk(core), order, "relaunch", units="住建局", meet_at="3月12日 9:00", flag_reason="no_power")
    first, second = (core.joints.view(clerk(core), row.id) for row in rows(core, joint_orders))
    assert [one.no for one in first.later] == [second.no]
    assert second.earlier is not None
    assert second.earlier.no == first.no


# --- who hears ------------------------------------------------------------------------------------------------------


def pair(core: Core, unit: str) -> set[int]:
    """分管领导 and 联系人 of a unit in the practice town: its head, and the clerk who is its contact."""
    return {person(core, "unit_head", unit).person or 0, clerk(core, unit).person or 0}


def test_each_moment_reaches_both_people_of_each_unit_once_and_nobody_else(core: Core, clock: StillClock) -> None:
    sponsors, firsts, seconds = (pair(core, unit) for unit in (SPONSOR, FIRST, SECOND))
    rulers = {leader(core).person, person(core, "contact_person").person}
    centre = {one.person for one in core.directory().by_role["desk_head"]}
    me, head_of_first = clerk(core).person, head(core, FIRST).person
    order = an_order(core)
    heard = 0

    def told(*people: set[int | None] | set[int]) -> str:
        nonlocal heard
        said = lines(core)[heard:]
        heard += len(said)
        reached = [one for one, _ in said]
        assert len(reached) == len(set(reached)), said
        assert set(reached) == set().union(*people), said
        return said[0][1][:8] if said else ""

    assert told() == ""  # at raising the card itself arrives
    assert {one.person for one in core.joints.audience(order)} == sponsors | firsts | seconds
    move(core, clerk(core), order, "adjust", place="海秀路口")
    assert told(firsts, seconds).startswith("【时间地点调整】"[:8])
    clerk_of_second = clerk(core, SECOND).person
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    told(sponsors, seconds - {clerk_of_second})
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    told(rulers, seconds, sponsors - {me})
    move(core, leader(core), order, "rule_in", SECOND)
    told(seconds, sponsors, centre, rulers - {leader(core).person})
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    told()
    move(core, clerk(core), order, "start_check_in")
    told(firsts, seconds)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "check_in", unit)
    told()
    move(core, clerk(core), order, "end_meeting")
    told(firsts, seconds)
    move(core, clerk(core, FIRST), order, "report", FIRST, **FED)
    told({head_of_first})
    move(core, head(core, FIRST), order, "approve", FIRST)
    told({me})
    clock.advance(days=8)
    for command in core.joints.due_commands():
        core.execute(command)
    told(seconds)
    assert core.joints.due_commands() == []
    move(core, clerk(core), order, "close_over", unfed=str(leg_of(core, order, SECOND)["id"]))
    told({head(core, SPONSOR).person})
    move(core, head(core, SPONSOR), order, "approve_close")
    told(firsts, seconds, {me})


def test_an_overdue_answer_is_said_once_for_each_step(core: Core, clock: StillClock) -> None:
    order = an_order(core)
    clock.advance(hours=1, minutes=1)
    commands = core.joints.due_commands()
    assert [one.action for one in commands] == ["remind", "remind"]
    for command in [*commands, *commands]:
        core.execute(command)
    assert [leg["overdue"] for leg in core.joints.sheet(order).legs] == [1, 1]
    assert core.joints.due_commands() == []


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_stranger_reads_nothing_and_a_called_unit_reads_no_words_of_the_others(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    with pytest.raises(Unknown):
        core.joints.view(clerk(core, "ecology"), order)
    with pytest.raises(Unknown):
        core.joints.find(clerk(core, "ecology"), tail(core, order))
    with pytest.raises(Unknown):
        core.joints.view(person(core, "audit_admin"), order)
    view = core.joints.view(clerk(core, FIRST), order)
    assert [(leg.unit, leg.refusal) for leg in view.legs] == [("水务局", ""), ("住建局", "")]
    assert all("不属本单位职责" not in line.text for line in view.timeline)
    assert core.joints.view(clerk(core), order).legs[1].refusal == "不属本单位职责，依据：三定方案第三条"


def test_each_side_has_its_own_lists(core: Core) -> None:
    order = an_order(core)
    case = signed(core)
    act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="water", flag_reason="beyond_us", units="生态环境局",
        meet_at="明天 9:30")  # fmt: skip
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)

    def found(who: Actor, key: str, **wanted: str) -> list[str]:
        page = core.joints.listed(who, key, JointFilter(**wanted))
        assert page.key == key
        return [row.source for row in page.rows]

    assert found(clerk(core), "raised") == ["12345 工单", "自主新建"]
    assert found(clerk(core), "raised", source="own") == ["自主新建"]
    assert found(clerk(core), "raised", source="12345") == ["12345 工单"]
    assert found(clerk(core), "returned") == ["自主新建"]
    assert found(clerk(core, FIRST), "called") == ["自主新建"]
    assert found(leader(core), "rulings") == []
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    assert found(leader(core), "rulings") == ["自主新建"]
    assert found(desk(core), "running") == ["12345 工单", "自主新建"]
    assert found(desk(core), "finished") == []
    with pytest.raises(NotYours):
        core.joints.listed(person(core, "system_admin"))


@pytest.mark.requirement("R107", "R117", "R124")
def test_a_reader_opens_on_the_list_where_the_next_move_is_theirs(core: Core) -> None:
    """Whoever opens 联办 wants what they must do, else what there is: never an empty list beside a full one."""

    def opens(who: Actor) -> str:
        return core.joints.listed(who).key

    assert opens(clerk(core)) == "called", "nothing anywhere: the first of the lists"
    order = an_order(core)
    assert opens(clerk(core)) == "raised", "not an empty 联动工单 beside what the unit raised itself"
    assert (opens(clerk(core, FIRST)), opens(leader(core)), opens(desk(core))) == ("called", "running", "running")
    theirs = core.joints.raise_flag(fresh_key("flag"), {**FORM, "units": SPONSOR}, clerk(core, FIRST)).case
    assert opens(clerk(core)) == "called", "called by another, it has to answer"
    move(core, clerk(core), theirs, "accept", SPONSOR)
    assert opens(clerk(core)) == "called", "both wait for others: the first list with anything in it"
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    assert opens(clerk(core)) == "returned", "a refusal waits to be reviewed"
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    assert opens(leader(core)) == "rulings"
    move(core, leader(core), order, "rule_out", SECOND)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    assert opens(clerk(core)) == "raised", "everybody has answered, the sponsor starts the check-in"
    assert opens(clerk(core, FIRST)) == "raised", "and so does this one on its own order"
    finished = closed(core, title="围墙倒塌")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), finished, "rate_sponsor", unit, **PLEASED)
        move(core, clerk(core), finished, "rate_unit", unit, **PLEASED)
    assert opens(clerk(core, SECOND)) == "done", "nothing runs for it, so what is over"
    assert core.joints.listed(clerk(core), "done").key == "done", "a list that is asked for is the one"


@pytest.mark.requirement("R119", "R121", "R124")
def test_a_unit_that_left_has_the_order_among_what_is_over_for_it_and_not_among_what_runs(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    assert [row.state_title for row in core.joints.listed(clerk(core, SECOND), "called").rows] == ["退回待审"]
    move(core, clerk(core), order, "let_go", SECOND)
    assert core.joints.listed(clerk(core, SECOND), "called").rows == ()
    assert [row.state_title for row in core.joints.listed(clerk(core, SECOND), "done").rows] == ["已移出"]
    assert [row.state_title for row in core.joints.listed(clerk(core, FIRST), "called").rows] == ["待响应"]
    assert core.joints.listed(clerk(core, FIRST), "done").rows == ()
    assert [row.state_title for row in core.joints.listed(clerk(core), "raised").rows] == ["响应中"]
    assert core.joints.listed(clerk(core), "done").rows == ()


def test_what_happened_last_says_on_whose_part(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    assert core.joints.view(clerk(core), order).last.endswith(" 不报到")
    assert (
        core.joints.view(clerk(core), order).timeline[-1].text == "不报到的原因：不属本单位职责；依据：三定方案第三条"
    )
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    assert core.joints.view(clerk(core), order).last.endswith(" 不同意（住建局）")
    assert core.joints.listed(desk(core), "running").rows[0].last.endswith(" 不同意（住建局）")
    done = fed_back(core)
    told = [line.text for line in core.joints.view(clerk(core), done).timeline if line.what == "报进展"]
    assert told == ["工作措施：抽排积水；积水已退；下一步计划：汛前清掏"] * 2, "in the order of the form"


def test_both_sides_read_until_when_they_may_rate(core: Core) -> None:
    order = closed(core)
    for who in (clerk(core), clerk(core, FIRST), desk(core)):
        assert core.joints.view(who, order).left == "还剩 5 个工作日 6 小时（3月16日 周一 17:30 前）"
    for who, key in ((clerk(core), "raised"), (clerk(core, FIRST), "called"), (desk(core), "running")):
        (row,) = core.joints.listed(who, key).rows
        assert (row.left, row.whose, row.may_urge) == ("还剩 5 个工作日 6 小时（3月16日 周一 17:30 前）", "", False)


def test_a_button_drawn_before_somebody_else_acted_is_stale_and_a_repeat_is_one_event(core: Core) -> None:
    order = an_order(core)
    leg = leg_of(core, order, FIRST)
    command = Command(
        "dingtalk:m-1", order, "accept", clerk(core, FIRST), {}, leg["id"], leg["seq"], flow="joint_order"
    )
    first, again = (core.execute(command) for _ in range(2))
    assert again.event == first.event
    late = Command(
        "dingtalk:m-2", order, "refuse", head(core, FIRST), REFUSAL, leg["id"], leg["seq"], flow="joint_order"
    )
    with pytest.raises(Stale, match="水务局 韩德玲"):
        core.execute(late)
    assert [row.name for row in rows(core, events)] == ["raised", "accepted"]


def test_a_word_barred_from_refusing_again_keeps_its_sentence(core: Core) -> None:
    order = an_order(core)
    leg = leg_of(core, order, FIRST)
    with core.engine.begin() as tx:
        tx.execute(joint_legs.update().where(joint_legs.c.id == leg["id"]).values(barred=True))
    command = Command("dingtalk:m-3", order, "refuse", clerk(core, FIRST), REFUSAL, leg["id"], flow="joint_order")
    for _ in range(2):
        with pytest.raises(RefusalBarred, match="不能再次退回"):
            core.execute(command)


def test_the_clock_is_nobody_who_may_answer_for_a_unit(core: Core) -> None:
    order = an_order(core)
    with pytest.raises(NotYours):
        move(core, CLOCK, order, "accept", FIRST)

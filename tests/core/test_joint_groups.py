"""The group of a joint order: who should be in it at each moment, and that nothing of a person is on its card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cards import joint_group_face
from cards.card import VALUE_BYTES
from cards.joint_samples import a_joint_group, a_joint_group_over
from cards.manifest import check
from core import Core
from core.joint_groups import GroupSheet, street_of
from core.models.record import letters
from core.policy.joint import GroupRule, read_joint
from tests.builders import clerk, person, rows
from tests.core.joint_room import FIRST, REFUSAL, SECOND, SPONSOR, an_order, closed, head, move


def the_sheet(core: Core, order: int) -> GroupSheet:
    found = core.joint_groups.sheet(order)
    assert found is not None
    return found


def users(core: Core, *units: str) -> set[str]:
    """Both people of these units, as DingTalk knows them."""
    held = [one for unit in units for one in core.directory().by_unit[core.directory().by_word[unit]]]
    return {one.dingtalk for one in held if one.role in ("unit_head", "unit_clerk")}


def enter(core: Core, order: int) -> None:
    """Whoever is to join has joined."""
    sheet = the_sheet(core, order)
    core.joint_groups.made(sheet, "cid1", (*sheet.members, *sheet.joining))


def test_at_first_only_the_sponsors_people_are_in_and_then_whoever_agreed(core: Core) -> None:
    order = an_order(core)
    assert set(the_sheet(core, order).joining) == users(core, SPONSOR)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    assert set(the_sheet(core, order).joining) == users(core, SPONSOR, FIRST)
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    move(core, person(core, "district_leader"), order, "rule_in", SECOND)
    assert set(the_sheet(core, order).joining) == users(core, SPONSOR, FIRST, SECOND)


def test_a_unit_asked_again_stays_and_one_that_leaves_goes(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    enter(core, order)
    move(core, clerk(core), order, "adjust", meet_at="3月11日 9:30")
    assert the_sheet(core, order).leaving == ()
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    assert the_sheet(core, order).leaving == ()
    move(core, clerk(core), order, "let_go", FIRST)
    assert set(the_sheet(core, order).leaving) == users(core, FIRST)


def test_whoever_a_part_was_handed_to_comes_along(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    station = core.directory().below(core.directory().by_word[FIRST])[0]
    other = core.directory().by_unit[station.id][0]
    move(core, clerk(core, FIRST), order, "hand_on", FIRST, next_person=str(other.person), note="请你站去")
    assert set(the_sheet(core, order).joining) == {*users(core, SPONSOR, FIRST), other.dingtalk}


def test_the_owner_is_who_raised_it_and_the_name_is_the_number(core: Core) -> None:
    order = an_order(core, title="王某 13900001111 反映港口路 3 号墙倒")
    sheet = the_sheet(core, order)
    no = core.joints.sheet(order).order["no"]
    assert (sheet.owner, sheet.name) == (core.directory().by_person[clerk(core).person or 0][0].dingtalk, no)
    assert sheet.title.startswith(f"联办 {no[-6:]} ")
    assert len(sheet.title) <= 30
    assert "13900001111" not in sheet.title


def test_no_word_of_a_person_and_no_house_reaches_the_group(core: Core) -> None:
    secret = {"title": "港口路积水", "matter": "群众张三家 3 栋 501 进水", "place": "港口路 88 号 3 栋门口"}
    order = an_order(core, **secret)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, reason="李四说不归我们", basis="三定方案")
    face = joint_group_face(the_sheet(core, order).view)
    told = str(dict(face.public))
    for word in ("张三", "501", "88", "栋", "李四", "三定", clerk(core).label.split()[-1]):
        assert word not in told
    assert "港口路" in face.public["meeting"]
    assert check(face) == []


def test_every_event_writes_one_letter_for_the_group_and_some_none(core: Core) -> None:
    order = an_order(core)

    def told() -> int:
        return len(rows(core, letters, letters.c.channel == "dingtalk.group"))

    assert told() == 1
    move(core, clerk(core), order, "urge")
    assert told() == 1
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    assert told() == 2


def test_where_policy_has_no_group_nothing_is_written(core: Core) -> None:
    day = core.printed.joint.groups[0][0]
    off = replace(core.printed.joint, groups=((day, GroupRule(on=False)),))
    other = Core(core.settings, replace(core.printed, joint=off), core.engine, core.clock, core.vault)
    order = an_order(other)
    assert rows(core, letters, letters.c.channel == "dingtalk.group") == []
    assert other.joint_groups.sheet(order) is None


def test_an_order_that_is_over_empties_its_group_only_where_policy_says_so(core: Core) -> None:
    order = closed(core)
    enter(core, order)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "rate_sponsor", unit, pleased="pleased")
        move(core, clerk(core), order, "rate_unit", unit, pleased="pleased")
    quiet = the_sheet(core, order)
    assert (quiet.over, quiet.leaving) == (True, ())
    day = core.printed.joint.groups[0][0]
    leave = replace(core.printed.joint, groups=((day, GroupRule(on=True, after="leave")),))
    other = Core(core.settings, replace(core.printed, joint=leave), core.engine, core.clock, core.vault)
    assert set(the_sheet(other, order).leaving) == users(core, SPONSOR, FIRST, SECOND) - {quiet.owner}


def test_the_group_sees_how_far_each_unit_is_and_no_more(core: Core) -> None:
    order = an_order(core, units=FIRST)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core, FIRST), order, "check_in", FIRST)
    move(core, clerk(core), order, "end_meeting")
    before = joint_group_face(the_sheet(core, order).view).public["units"]
    move(core, clerk(core, FIRST), order, "report", FIRST, measures="抽排", result="已退")
    assert joint_group_face(the_sheet(core, order).view).public["units"] == before
    move(core, head(core, FIRST), order, "approve", FIRST)
    assert "已反馈" in joint_group_face(the_sheet(core, order).view).public["units"]


@pytest.mark.parametrize(
    ("place", "town", "street"),
    [
        ("港口路公交站旁", "", "港口路"),
        ("港口路 88 号 3 栋门口", "海秀街道", "海秀街道 港口路"),
        ("海秀街道办事处", "", "海秀街道"),
        ("滨海大道 12 号", "", "滨海大道"),
        ("东方洋公园北门", "", "东方洋公园"),
        ("3 栋 501", "", ""),
        ("王某家 13900001111", "", "王某家"),
    ],
)
def test_a_place_is_told_to_its_street(place: str, town: str, street: str) -> None:
    assert street_of(place, town) == street


@pytest.mark.parametrize("view", [a_joint_group(), a_joint_group_over()])
def test_the_face_is_faithful_to_its_template(view: object) -> None:
    assert check(joint_group_face(view)) == []  # type: ignore[arg-type]


def test_twenty_units_fit_on_the_card() -> None:
    units = tuple((f"第{n}街道办事处综合治理中心", "处置中") for n in range(20))
    face = joint_group_face(a_joint_group(units=units, title="题" * 60, place="远" * 60))
    assert all(len(value.encode()) <= VALUE_BYTES for value in face.public.values())
    assert "另 12 个" in face.public["units"]


@pytest.mark.parametrize("row", [{"after": "burn", "pin_days": 9}, {"after": "quiet", "pin_days": 0}])
def test_a_group_row_that_says_nothing_known_is_refused(row: dict[str, object]) -> None:
    table = {
        "limits": [], "close_needs_approval": True, "deputy": [], "contact": [], "centre": [], "moments": {},
        "showing": {"code_seconds": 30, "grace_seconds": 30, "keep_hours": 12, "near_metres": 200},
    }  # fmt: skip
    with pytest.raises(ValueError, match="group"):
        read_joint({**table, "groups": [{"from": "2020-01-01", "made": True, **row}]})

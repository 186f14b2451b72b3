"""The group of a joint order on the platform: made once, its card pinned, its people following, in every fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from core import Core
from core.models.record import letters
from core.outbox import Relay
from core.policy.joint import GroupRule
from tests.builders import clerk
from tests.contract.dingtalk_rig import Rig
from tests.core.joint_room import FIRST, REFUSAL, SECOND, an_order, closed, move

CREATE, ADD, DELETE = (f"POST /v1.0/im/sceneGroup/{what}" for what in ("create", "member/add", "member/delete"))
UNPIN = "POST /v1.0/card/tops/close"
CITY, CITY_HEAD, WATER, WATER_HEAD = "xy021", "xy020", "xy023", "xy022"


def groups(rig: Rig) -> list[Any]:
    found: list[Any] = rig.sandbox.get("groups")
    return found


def the_group(rig: Rig) -> Any:
    (group,) = groups(rig)
    return group


def cards_in(rig: Rig, user: str) -> list[str]:
    """The cards in the group's chat as this member sees them."""
    chats = [one for one in rig.sandbox.get(f"phone/{user}")["chats"] if one["kind"] == "group"]
    return [line["content"]["outTrackId"] for chat in chats for line in chat["messages"] if line["kind"] == "card"]


def late(rig: Rig) -> None:
    """Every letter that waits is due now."""
    with rig.core.engine.begin() as tx:
        tx.execute(update(letters).where(letters.c.state == "due").values(due_at=rig.clock.now().replace(year=2020)))
    rig.deliver()


def states(rig: Rig) -> set[str]:
    with rig.core.engine.connect() as tx:
        return set(tx.execute(select(letters.c.state).where(letters.c.channel == "dingtalk.group")).scalars())


def test_one_group_is_made_with_the_sponsors_people_and_the_card_in_it_and_above_it(rig: Rig) -> None:
    order = an_order(rig.core, matter="张三家 3 栋 501 进水")
    no = rig.core.joints.sheet(order).order["no"]
    rig.deliver()
    group = the_group(rig)
    assert set(group["members"]) == {CITY, CITY_HEAD}
    assert group["pinned"] == [f"joint_group:{no}"]
    assert group["robots"] == ["ding-practice"]
    assert cards_in(rig, CITY) == [f"joint_group:{no}"]
    face = rig.sandbox.face(CITY, f"joint_group:{no}")
    assert (face["state"], face["title"]) == ("响应中", "树党旗 · 港口路积水")
    assert "501" not in str(face)
    calls = rig.sandbox.calls()
    assert (calls[CREATE], calls["POST /v1.0/robot/groups/orgRobots/add"]) == (1, 1)
    assert states(rig) == {"sent"}
    assert rig.sandbox.warnings() == []


def test_its_people_follow_the_order_and_the_card_shows_each_step(rig: Rig) -> None:
    order = an_order(rig.core)
    rig.deliver()
    track = the_group(rig)["pinned"][0]
    move(rig.core, clerk(rig.core, FIRST), order, "accept", FIRST)
    move(rig.core, clerk(rig.core, SECOND), order, "refuse", SECOND, **REFUSAL)
    rig.deliver()
    assert set(the_group(rig)["members"]) == {CITY, CITY_HEAD, WATER, WATER_HEAD}
    assert "已响应" in rig.sandbox.face(WATER, track)["units"]
    move(rig.core, clerk(rig.core), order, "adjust", meet_at="3月11日 9:30")
    move(rig.core, clerk(rig.core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(rig.core, clerk(rig.core), order, "let_go", FIRST)
    rig.deliver()
    assert set(the_group(rig)["members"]) == {CITY, CITY_HEAD}
    assert rig.sandbox.calls()[CREATE] == 1


@pytest.mark.parametrize("path", ["/v1.0/im/sceneGroup/create", "/v1.0/robot/groups", "/v1.0/card", "/v1.0/im"])
def test_an_answer_that_never_comes_makes_no_second_group_and_no_second_card(rig: Rig, path: str) -> None:
    order = an_order(rig.core)
    rig.sandbox.fault(lost_answer={"prefix": path})
    rig.deliver()
    move(rig.core, clerk(rig.core, FIRST), order, "accept", FIRST)
    rig.sandbox.fault(lost_answer=None)
    late(rig)
    late(rig)
    group = the_group(rig)
    assert set(group["members"]) == {CITY, CITY_HEAD, WATER, WATER_HEAD}
    assert len(cards_in(rig, CITY)) == len(group["pinned"]) == 1
    assert "已响应" in rig.sandbox.face(WATER, group["pinned"][0])["units"]
    assert states(rig) <= {"sent", "merged"}


def test_a_platform_that_is_down_keeps_the_letter_and_nobody_lacks_a_card(rig: Rig) -> None:
    an_order(rig.core)
    rig.sandbox.fault(http={"prefix": "/v1.0/im", "status": 500, "body": {"code": "system.busy"}})
    rig.deliver()
    assert groups(rig) == []
    assert states(rig) == {"due"}
    assert rig.sandbox.cards_of(WATER) != []
    rig.sandbox.fault(http=None)
    late(rig)
    assert len(groups(rig)) == 1


def test_somebody_dingtalk_no_longer_knows_keeps_nobody_out(rig: Rig) -> None:
    order = an_order(rig.core)
    rig.deliver()
    rig.sandbox.post("people", left=[WATER_HEAD])
    move(rig.core, clerk(rig.core, FIRST), order, "accept", FIRST)
    rig.deliver()
    assert set(the_group(rig)["members"]) == {CITY, CITY_HEAD, WATER}


def finished(core: Core) -> int:
    order = closed(core)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "rate_sponsor", unit, pleased="pleased")
        move(core, clerk(core), order, "rate_unit", unit, pleased="pleased")
    return order


def test_a_group_whose_order_is_over_is_left_quiet_with_nothing_pinned(rig: Rig) -> None:
    order = closed(rig.core)
    rig.deliver()
    group = the_group(rig)
    assert len(group["members"]) == 6
    for unit in (FIRST, SECOND):
        move(rig.core, clerk(rig.core, unit), order, "rate_sponsor", unit, pleased="pleased")
        move(rig.core, clerk(rig.core), order, "rate_unit", unit, pleased="pleased")
    rig.deliver()
    after = the_group(rig)
    assert (after["pinned"], after["members"]) == ([], group["members"])
    assert rig.sandbox.face(CITY, group["pinned"][0])["state"] == "已完成"
    calls = rig.sandbox.calls()
    move(rig.core, clerk(rig.core), order, "relaunch", units=FIRST, meet_at="3月12日 9:00", flag_reason="beyond_us")
    rig.deliver()
    assert rig.sandbox.calls()[UNPIN] == calls[UNPIN] == 1


def test_where_policy_says_so_everybody_but_the_owner_is_taken_out_at_the_end(rig: Rig) -> None:
    day = rig.core.printed.joint.groups[0][0]
    joint = replace(rig.core.printed.joint, groups=((day, GroupRule(on=True, after="leave")),))
    core = Core(rig.core.settings, replace(rig.core.printed, joint=joint), rig.core.engine, rig.clock, rig.core.vault)
    from bots.dingtalk.sender import senders

    relay = Relay(core.engine, rig.clock, {**senders(core, rig.api), "sms": rig.relay._senders["sms"]})
    order = closed(core)
    while relay.run_once():
        pass
    assert len(the_group(rig)["members"]) == 6
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "rate_sponsor", unit, pleased="pleased")
        move(core, clerk(core), order, "rate_unit", unit, pleased="pleased")
    while relay.run_once():
        pass
    assert the_group(rig)["members"] == [CITY]


def test_an_order_that_was_over_before_a_group_could_be_made_gets_none(rig: Rig) -> None:
    finished(rig.core)
    rig.deliver()
    assert groups(rig) == []


def test_the_groups_card_brings_ones_own_card_to_ones_own_chat(rig: Rig) -> None:
    order = an_order(rig.core)
    move(rig.core, clerk(rig.core, FIRST), order, "accept", FIRST)
    rig.deliver()
    rig.listen()
    track = the_group(rig)["pinned"][0]
    before = len(rig.sandbox.cards_of(WATER))
    answer = rig.sandbox.click(WATER, track, "show")
    assert answer["code"] == 200
    assert rig.sandbox.face(WATER, track)["note"] == "已发到聊天里"
    assert "note" not in rig.sandbox.face(CITY, track) or rig.sandbox.face(CITY, track)["note"] == ""
    rig.deliver()
    assert len(rig.sandbox.cards_of(WATER)) == before + 1


def test_without_a_group_template_the_order_goes_its_way_without_a_group(rig: Rig) -> None:
    dingtalk = rig.core.settings.dingtalk.model_copy(update={"group_template": ""})
    settings = rig.core.settings.model_copy(update={"dingtalk": dingtalk})
    core = Core(settings, rig.core.printed, rig.core.engine, rig.clock, rig.core.vault)
    from bots.dingtalk.sender import senders

    an_order(core)
    relay = Relay(core.engine, rig.clock, {**senders(core, rig.api), "sms": rig.relay._senders["sms"]})
    while relay.run_once():
        pass
    assert groups(rig) == []
    assert states(rig) == {"sent"}


def test_the_platform_is_strict_about_groups(rig: Rig) -> None:
    api = rig.api

    def refused(path: str, body: Mapping[str, Any]) -> str:
        with pytest.raises(Exception) as caught:  # noqa: PT011
            api.ask("POST", path, dict(body))
        return str(caught.value)

    create = "/v1.0/im/sceneGroup/create"
    whole = {"title": "联办", "template_id": "t", "owner_user_id": CITY, "user_ids": CITY_HEAD, "uuid": "n1"}
    assert "miss.param.template_id" in refused(create, {**whole, "template_id": ""})
    assert "invalidParameter.title" in refused(create, {**whole, "title": "长" * 31})
    assert "invalidParameter.userIds" in refused(create, {**whole, "user_ids": "nobody"})
    assert "param.invalid" in refused(create, {**whole, "user_ids": [CITY_HEAD]})
    first, again = (api.ask("POST", create, whole)["open_conversation_id"] for _ in range(2))
    assert first == again
    named = {"open_conversation_id": first}
    assert "miss.param.user_ids" in refused("/v1.0/im/sceneGroup/member/add", named)
    assert "invalidParameter.openConversationId" in refused(
        "/v1.0/im/sceneGroup/member/add", {"open_conversation_id": "cid", "user_ids": WATER}
    )
    assert "invalidParameter.userIds" in refused("/v1.0/im/sceneGroup/member/delete", {**named, "user_ids": CITY})
    assert "robot.notExist" in refused(
        "/v1.0/robot/groups/orgRobots/add", {"openConversationId": first, "robotCode": "x"}
    )

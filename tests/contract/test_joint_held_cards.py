"""The card of a joint order held up on its way: its people read the task in words, once, and the card follows (C9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import clerk
from tests.contract.dingtalk_rig import Rig
from tests.contract.test_dingtalk_letters import made_due, states
from tests.core.joint_room import FIRST, REFUSAL, SECOND, an_order, leg_of, move
from tests.core.joint_room import states as stands

CITY, WATER, WATER_HEAD, HOUSING, HOUSING_HEAD, LEADER = "xy021", "xy023", "xy022", "xy025", "xy024", "xy001"
CALLED, STREET = (WATER, WATER_HEAD, HOUSING, HOUSING_HEAD), "xy121"
CARD = {"prefix": "/v1.0/card"}


def tasks(rig: Rig, user: str, no: str) -> list[str]:
    """The lines about this order that stand for its card: they name its number in full."""
    return [line for line in rig.sandbox.said_to(user) if no in line]


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        ({"deliver_fail": "busy for now"}, "due"),
        ({"http": {**CARD, "status": 500}}, "due"),
        ({"html": CARD}, "due"),
        ({"empty": CARD}, "due"),
        ({"truncated": CARD}, "due"),
        ({"lost_answer": CARD}, "due"),
        ({"template_missing": True}, "dead"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_while_the_card_is_held_every_called_person_reads_the_task_once_and_then_gets_it(
    rig: Rig, fault: dict[str, Any], fate: str
) -> None:
    rig.sandbox.fault(**fault)
    order = an_order(rig.core)
    no = rig.core.joints.sheet(order).order["no"]
    rig.deliver()
    made_due(rig)
    assert states(rig)[0][0] == fate
    for user in CALLED:
        (line,) = tasks(rig, user, no)
        assert "港口路积水" in line
        assert "待响应" in line
        assert "报到：明天 15:00 港口路公交站" in line
        assert f"/joint/{no}" in line
    assert rig.sandbox.said_to(STREET) == rig.sandbox.said_to(LEADER) == []
    rig.sandbox.post("faults", clear=True)
    if fate == "due":
        made_due(rig)
        assert states(rig)[0] == ("sent", "")
        for user in CALLED:
            assert [card for card in rig.sandbox.cards_of(user) if card.startswith(no)] == [f"{no}:1"]
            assert len(tasks(rig, user, no)) == 1, "no second line with the card"
        assert [card["differs"] for card in rig.sandbox.get("cards") if card["outTrackId"] == f"{no}:1"] == [[]]


def test_what_was_done_meanwhile_stands_on_the_card_when_it_comes(rig: Rig) -> None:
    """The letter waits, the order goes on: nobody is shown the step that is over, whoever's turn comes reads it."""
    rig.sandbox.fault(http={**CARD, "status": 500})
    order = an_order(rig.core)
    no = rig.core.joints.sheet(order).order["no"]
    rig.deliver()
    move(rig.core, clerk(rig.core, FIRST), order, "accept", FIRST)
    move(rig.core, clerk(rig.core, SECOND), order, "refuse", SECOND, **REFUSAL)
    move(rig.core, clerk(rig.core), order, "contest", SECOND, reason="属你单位职责")
    made_due(rig)
    (ruler,) = tasks(rig, LEADER, no)
    assert "待判定" in ruler
    rig.sandbox.post("faults", clear=True)
    made_due(rig)
    track = f"{no}:1"
    shown = {user: rig.sandbox.face(user, track) for user in (WATER, LEADER)}
    assert [face["state"] for face in shown.values()] == ["待签到", "待判定"]
    assert shown[WATER]["can_accept"] == "false"
    assert shown[LEADER]["can_rule_in"] == "true"
    assert len(tasks(rig, LEADER, no)) == 1
    assert rig.sandbox.cards_of(HOUSING) == [], "it has left the matter to the ruling, and read so in words"


def test_a_tap_on_the_card_that_follows_acts_once(rig: Rig) -> None:
    """The answer to the creating call was lost: the card may be there already, the letter comes again."""
    rig.listen()
    rig.sandbox.fault(lost_answer=CARD)
    order = an_order(rig.core)
    no = rig.core.joints.sheet(order).order["no"]
    rig.deliver()
    rig.sandbox.post("faults", clear=True)
    made_due(rig)
    result = rig.sandbox.click(WATER, f"{no}:1", "accept", copies=3)
    assert result["code"] == 200
    rig.deliver()
    assert stands(rig.core, order) == ("answering", "coming", "invited")
    assert leg_of(rig.core, order, FIRST)["seq"] == 2
    assert rig.sandbox.face(WATER_HEAD, f"{no}:1")["can_accept"] == "false"
    assert rig.sandbox.warnings() == []

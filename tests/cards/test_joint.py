"""The joint order card: at most three buttons in sight, one part in hand, nothing of others, everything small."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cards.card import VALUE_BYTES
from cards.flow_template import personal
from cards.joint import action_id, joint_face, joint_move_of, offer
from cards.joint_samples import a_joint, a_joint_leader, a_joint_leg, a_joint_signing, a_joint_sponsor, a_joint_unit
from cards.joint_template import flows
from cards.manifest import check
from core.views import MoveView

EVERY = [(flow.name, move) for flow in flows() for move in personal(flow)]


@pytest.mark.parametrize("view", [a_joint(), a_joint_unit(), a_joint_sponsor(), a_joint_signing(), a_joint_leader()])
def test_a_face_is_faithful_to_its_template(view: object) -> None:
    assert check(joint_face(view)) == []  # type: ignore[arg-type]


def test_an_id_of_a_move_says_which_flow_it_is_of() -> None:
    for flow, move in EVERY:
        assert joint_move_of(action_id(flow, move.action)) == (flow, move.action)


def test_a_card_acts_on_ones_own_part_before_all_others() -> None:
    _, leg, others = offer(a_joint_unit())
    assert leg is not None
    assert (leg.unit, others) == ("水务局", 0)
    _, leg, _ = offer(a_joint_leader())
    assert leg is not None
    assert leg.unit == "海秀街道"


def test_no_more_than_three_buttons_are_in_sight_and_the_rest_lie_behind_more() -> None:
    moves = tuple(MoveView(move.action, move.title, move.face, move.style, 31 if flow == "joint_leg" else None, 2)
                  for flow, move in EVERY)  # fmt: skip
    face = joint_face(a_joint(moves=moves))
    assert (
        sum(face.private[f"can_{action_id(flow, one.action)}"] == "true" for flow, one in EVERY if one.face == "main")
        <= 3
    )
    assert face.private["has_more"] == "true"
    assert check(face) == []


def test_twenty_units_and_long_words_still_fit() -> None:
    legs = tuple(
        a_joint_leg(n, f"第{n}街道办事处综合治理中心", "coming", "待签到", marks=("判定参加", "超时 2 次"))
        for n in range(20)
    )
    face = joint_face(a_joint(legs=legs, matter="长" * 1000, place="远" * 200, title="题" * 100))
    assert all(len(value.encode()) <= VALUE_BYTES for value in (*face.public.values(), *face.private.values()))
    assert json.loads(face.private["units"])[-1]["v"] == "12 个单位，见联办过程"


def test_what_a_unit_may_not_read_is_on_no_part_of_the_card() -> None:
    others = replace(a_joint().legs[2], full=False, refusal="", answer="")
    face = joint_face(replace(a_joint_unit(), legs=(*a_joint_unit().legs[:2], others)))
    assert "物业管理条例" not in json.dumps([dict(face.public), dict(face.private)], ensure_ascii=False)

"""The case card: which buttons, whose words, and what never leaves the private part."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cards import card_action, case_face, manifests, move_of
from cards.case import action_id, offer
from cards.case_template import flows
from cards.flow_template import personal
from cards.manifest import check
from core.views import Suggested, SuggestionView
from tests.cards.builders import DUE, LEFT, a_case, a_leg, moves
from tests.cards.stored import everything_on

EVERY_MOVE = [(flow.name, move.action) for flow in flows() for move in personal(flow)]


@pytest.mark.parametrize(("flow", "action"), EVERY_MOVE)
def test_every_move_has_one_id_on_the_card_and_the_id_names_the_move(flow: str, action: str) -> None:
    (move,) = moves(flow, action)
    told = card_action(move)
    assert told == action_id(flow, action)
    assert move_of(told) == (flow, action)
    assert told in manifests()["case"].actions


def test_no_two_moves_share_an_id() -> None:
    assert len({action_id(*one) for one in EVERY_MOVE}) == len(EVERY_MOVE)
    assert not any(action.startswith("case_") for flow, action in EVERY_MOVE if flow == "case_leg")


@pytest.mark.parametrize(("flow", "action"), EVERY_MOVE)
def test_every_move_a_person_may_take_can_be_pressed(flow: str, action: str) -> None:
    (move,) = moves(flow, action)
    private = case_face(a_case(moves=(move,))).private
    pressed = {name for name, value in private.items() if value == "true" and name.startswith(("can_", "more_"))}
    assert pressed == {f"can_{card_action(move)}"}


def test_with_every_move_at_once_each_button_is_there_once() -> None:
    private = everything_on().private
    shown = [
        name.split("_", 1)[1] for name, on in private.items() if on == "true" and name.startswith(("can_", "more_"))
    ]
    assert sorted(shown) == sorted(action_id(*one) for one in EVERY_MOVE)


@pytest.mark.parametrize("state", ["closed", "archived", "invalid"])
def test_an_ended_card_has_no_buttons_but_the_result_and_the_link(state: str) -> None:
    view = a_case(state, result="已抽排", moves=(*moves("case"), *moves("case_leg")))
    face = case_face(view, base="https://console.example/")
    assert not any(on == "true" for name, on in face.private.items() if name.startswith(("can_", "more_")))
    assert face.private["has_buttons"] == face.private["has_more"] == "false"
    assert face.private["result"] == "**办理结果** 已抽排"
    assert face.public["link"] == "https://console.example/cases/XYRX20260309004213"
    assert "138" not in face.private["details"]


def test_a_click_sends_what_the_button_was_drawn_with() -> None:
    actions = manifests()["case"].actions
    assert set(actions["sign"].params) == {"seq", "leg"}
    assert set(actions["case_dispatch"].params) == {"case_seq"}
    face = case_face(a_case(seq=9, moves=moves("case_leg", "sign", seq=4)))
    assert (face.private["seq"], face.private["leg"], face.public["case_seq"]) == ("4", "71", "9")


def test_of_several_legs_the_one_with_the_next_plain_step_is_offered_and_the_card_says_so() -> None:
    legs = (a_leg(71, "delegated"), a_leg(72, "reported", unit="海秀街道"), a_leg(73, "reported", unit="秀英街道"))
    legs = (*legs[:2], replace(legs[2], due_at=DUE - timedelta(hours=1)))
    offered = (
        *moves("case_leg", "progress", leg=71),
        *moves("case_leg", "confirm", leg=72),
        *moves("case_leg", "confirm", leg=73, seq=8),
    )
    view = a_case("handling", legs=legs, moves=offered)
    kept, leg, others = offer(view)
    assert (leg and leg.id, [move.leg for move in kept], others) == (73, [73], 1)
    face = case_face(view)
    assert (face.private["leg"], face.private["seq"]) == ("73", "8")
    assert face.private["about"] == "下面的操作针对：秀英街道（待审核）；另有 1 份也等您处理，办完这一份就轮到"


def test_the_state_is_told_from_the_side_of_the_next_step() -> None:
    reviewing = a_case(
        "handling", legs=(a_leg(71, "returning"),), moves=moves("case_leg", "accept_return", "refuse_return")
    )
    assert case_face(reviewing).private["state"] == "退回待审"
    closing = a_case("closing", moves=(*moves("case_leg", "grant_extension"), *moves("case", "confirm")))
    assert case_face(closing).private["state"] == "待办结"


def test_what_is_overdue_is_red() -> None:
    late = a_leg(71, "to_sign", overdue=True, left="已超期 2 小时（原定 今天 17:30）")
    face = case_face(a_case(legs=(late,), moves=moves("case_leg", "sign")))
    assert face.private["tone"] == "red"
    assert face.alert.endswith("港口路积水 · 已超期 2 小时")


def test_the_first_line_on_a_lock_screen_carries_it() -> None:
    assert case_face(a_case()).alert == "【待签收】XYRX…4213 港口路积水 · 周三 17:30 前"


def test_the_public_part_is_the_same_for_every_reader() -> None:
    desk = a_case(caller="王大山", phone="13812345678", moves=moves("case", "nudge"), result="")
    unit = a_case(caller="保密", phone="保密", address="保密", result="已抽排", left="", state_title="办理中",
                  moves=moves("case_leg", "sign"), units=())  # fmt: skip
    assert case_face(desk).public == case_face(unit, "一句话").public


def test_no_number_that_belongs_to_a_person_is_public() -> None:
    words = "我叫王大山，电话13812345678或0898-68651234，身份证460100199001011234，住港口路12号3栋502室"
    view = a_case(title=words, content=words, place=words, last=words, result=words)
    told = json.dumps(dict(case_face(view).public), ensure_ascii=False)
    for secret in ("13812345678", "68651234", "460100199001011234", "12号", "3栋", "502室", "138****5678"):
        assert secret not in told


def test_the_caller_stands_masked_in_the_private_part() -> None:
    face = case_face(a_case())
    assert "王* 138****5678" in face.private["details"]
    assert "期限" in face.private["details"]
    assert "3月11日 周三 17:30" in face.private["details"]


def test_an_unpublished_calendar_is_said() -> None:
    assert "（假日安排未公布，暂定）" in case_face(a_case(provisional=True)).private["details"]


def test_what_the_units_handed_in_is_read_before_there_is_an_answer() -> None:
    legs = (a_leg(71, "reported", result="已抽排"), a_leg(72, "reported", unit="城管局", result="已清扫"))
    assert case_face(a_case("closing", legs=legs)).private["result"] == "**办理结果** 水务局：已抽排；城管局：已清扫"


@pytest.mark.parametrize("filler", ["长", "😀", "a", '"', "\\", "👨‍👩‍👧", "*", "\u202e长"])
def test_however_long_the_words_every_value_fits(filler: str) -> None:
    words = filler * 10_000
    leg = a_leg(71, "to_sign", unit=words, result=words, marks=(words, words), left=words)
    view = a_case(
        title=words, content=words, place=words, last=words, result=words, whose_move=words, left=words, caller=words,
        address=words, lead=words, marks=(words,), calls=(words,), legs=(leg, leg, leg, leg, leg),
        moves=moves("case_leg", "sign"), type_title=words, class_title=words, channel_title=words,
    )  # fmt: skip
    assert check(case_face(view, words)) == []


def test_the_title_is_short_and_the_body_a_few_lines() -> None:
    face = case_face(a_case(title="很长的标题" * 9, content="很长的内容" * 99))
    assert len(face.public["title"]) == 20
    assert len(face.public["body"]) == 110


def test_the_last_words_are_told_once_and_without_numbers() -> None:
    told = a_case().timeline[0]
    asked = replace(told, id=43, what="退回", text="不属本单位职责，联系人 13812345678")
    face = case_face(a_case(timeline=(told, asked)))
    assert {"k": "退回", "v": "不属本单位职责，联系人 138＊＊＊＊5678"} in json.loads(face.private["details"])
    handed_in = replace(told, id=44, what="办结", text="已抽排")
    done = a_case("closing", legs=(a_leg(71, "reported", result="已抽排"),), timeline=(handed_in,))
    assert "办结" not in case_face(done).private["details"]


def test_time_left_is_a_sentence_of_its_own() -> None:
    assert case_face(a_case()).private["left"] == LEFT
    assert case_face(a_case("closed")).private["has_left"] == "false"


def test_units_to_choose_from_come_with_the_move() -> None:
    face = case_face(a_case("pending", moves=moves("case", "dispatch")))
    assert json.loads(face.private["unit_options"])[0] == {"value": "water", "text": "水务局"}
    assert face.private["below_options"] == "[]"


def test_the_dispatcher_reads_who_may_be_meant_and_why() -> None:
    water = Suggested("water", "水务局", 2, "因为：「积水」；职责：城区道路排水防涝")
    face = case_face(a_case("pending", legs=(), suggestion=SuggestionView((water,), True, "")))
    assert {"k": "建议 1", "v": "水务局（因为：「积水」；职责：城区道路排水防涝）"} in json.loads(
        face.private["details"]
    )
    unsure = case_face(a_case("pending", legs=(), suggestion=SuggestionView((), False, "没有把握，请人工判断")))
    assert {"k": "建议", "v": "没有把握，请人工判断"} in json.loads(unsure.private["details"])

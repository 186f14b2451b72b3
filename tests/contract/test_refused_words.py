"""Words DingTalk does not let through: everybody's copy still tells state and buttons, and points to the page (C9)."""

from __future__ import annotations

from core import Command
from core.ports import Envelope
from tests.builders import clerk
from tests.contract.dingtalk_rig import CLERK, COLLEAGUE, DISPATCHER, Rig
from tests.contract.test_dingtalk_letters import CREATE, PUT, SAY, counted, states
from tests.core.joint_room import FIRST, REFUSAL, SECOND, an_order, move

WORDS = ["积水", "抽排"]
"""The title and the content of the case, and what its unit hands in."""
INSTEAD = "内容请到网页查看"
SENTENCE = "原文没有通过钉钉的内容检查，请到网页查看。"
WITHHELD = "钉钉没有放行原文，卡片已改为请到网页查看，状态和按钮照常更新"
WATER, WATER_HEAD, LEADER = "xy023", "xy022", "xy001"


def take(rig: Rig, action: str, **form: str) -> None:
    """The bureau's clerk acts from the page, and the letters leave."""
    actor = rig.core.actor_for("dingtalk", CLERK)
    view = rig.core.case_view(actor, 1)
    rig.core.execute(Command(f"web:{action}:{view.seq}", 1, action, actor, form, view.legs[0].id))
    rig.deliver()


def told(rig: Rig, user: str, track: str) -> str:
    """Everything a copy of a card says to this person."""
    return "\n".join(rig.sandbox.face(user, track).values())


def test_a_refused_update_still_brings_every_copy_the_true_state_and_buttons(rig: Rig) -> None:
    no, track, _ = rig.sent_out()
    rig.sandbox.fault(content_unsafe=WORDS)
    before = counted(rig)
    take(rig, "sign")
    assert counted(rig) - before == {PUT: 2}
    for user in (DISPATCHER, COLLEAGUE, CLERK):
        face = rig.sandbox.face(user, track)
        assert face["title"] == INSTEAD
        assert face["body"] == SENTENCE
        assert face["link"].endswith(f"/cases/{no}")
        assert not any(word in told(rig, user, track) for word in WORDS)
        assert "办理中" in told(rig, user, track)
    assert rig.sandbox.face(CLERK, track)["can_sign"] == "false"
    assert rig.sandbox.face(CLERK, track)["can_report"] == "true"
    assert states(rig)[-1] == ("withheld", WITHHELD)
    assert [line for user in (DISPATCHER, COLLEAGUE, CLERK) for line in rig.sandbox.said_to(user)] == []


def test_what_a_unit_hands_in_is_withheld_and_its_step_goes_on(rig: Rig) -> None:
    _, track, _ = rig.sent_out()
    take(rig, "sign")
    rig.sandbox.fault(content_unsafe=["抽排"])
    take(rig, "report", result="已抽排完毕，路面恢复通行")
    face = rig.sandbox.face(DISPATCHER, track)
    assert face["state"] == "待办结"
    assert face["result"] == f"**办理结果** {INSTEAD}"
    assert face["can_case_confirm"] == "true"


def test_once_the_words_pass_again_the_next_act_brings_them_back(rig: Rig) -> None:
    _, track, _ = rig.sent_out()
    rig.sandbox.fault(content_unsafe=WORDS)
    take(rig, "sign")
    rig.sandbox.post("faults", clear=True)
    take(rig, "progress", note="已到现场")
    assert rig.sandbox.face(COLLEAGUE, track)["title"] == "港口路积水"
    assert rig.sandbox.face(COLLEAGUE, track)["body"].startswith("港口路与海港路口")
    assert states(rig)[-1] == ("sent", "")


def test_an_update_that_changes_nothing_costs_no_call_after_words_were_withheld(rig: Rig) -> None:
    rig.sent_out()
    rig.sandbox.fault(content_unsafe=WORDS)
    take(rig, "sign")
    before = counted(rig)
    rig.senders["dingtalk.card"].send(Envelope(1, "card:again", "dingtalk.card", "card", "card:1", 1, None, {}, 1))
    assert counted(rig) == before


def test_a_card_refused_at_its_making_is_made_without_the_words(rig: Rig) -> None:
    rig.sandbox.fault(content_unsafe=WORDS)
    rig.case()
    rig.deliver()
    assert counted(rig) == {CREATE: 2}
    assert rig.sandbox.cards_of(DISPATCHER) == rig.sandbox.cards_of(COLLEAGUE) == [rig.track()]
    face = rig.sandbox.face(DISPATCHER, rig.track())
    assert (face["title"], face["body"], face["can_case_dispatch"]) == (INSTEAD, SENTENCE, "true")
    assert states(rig) == [("withheld", WITHHELD)]


def test_a_card_refused_even_without_the_words_is_told_in_words_and_waits_for_a_person(rig: Rig) -> None:
    rig.sandbox.fault(content_unsafe=[*WORDS, INSTEAD])
    rig.case()
    rig.deliver()
    assert states(rig) == [("dead", "/v1.0/card/instances/createAndDeliver: param.contentUnsafe")]
    assert [len(rig.sandbox.said_to(user)) for user in (DISPATCHER, COLLEAGUE)] == [1, 1]


def test_a_card_asked_for_in_chat_is_shown_without_the_words(rig: Rig) -> None:
    no, _, _ = rig.sent_out()
    rig.listen()
    rig.sandbox.fault(content_unsafe=WORDS)
    rig.sandbox.say(COLLEAGUE, f"查 {no}")
    rig.deliver()
    own = rig.sandbox.cards_of(COLLEAGUE)[-1]
    assert own.count(":") == 2
    assert rig.sandbox.face(COLLEAGUE, own)["title"] == INSTEAD
    assert states(rig)[-1] == ("withheld", WITHHELD)
    assert counted(rig)[SAY] == 0


def to_the_leader(rig: Rig, order: int) -> str:
    """One unit agrees, the other's refusal is sent to the leader and the letters leave; returns the card's track."""
    move(rig.core, clerk(rig.core, FIRST), order, "accept", FIRST)
    move(rig.core, clerk(rig.core, SECOND), order, "refuse", SECOND, **REFUSAL)
    move(rig.core, clerk(rig.core), order, "contest", SECOND, reason="属你单位职责")
    rig.deliver()
    return f"{rig.core.joints.sheet(order).order['no']}:1"


def test_a_joint_order_whose_title_is_refused_reaches_its_people_and_its_group_without_it(rig: Rig) -> None:
    rig.sandbox.fault(content_unsafe=["积水"])
    order = an_order(rig.core)
    rig.deliver()
    assert states(rig) == states(rig, "dingtalk.group") == [("withheld", WITHHELD)]
    track = to_the_leader(rig, order)
    face = rig.sandbox.face(LEADER, track)
    assert (face["title"], face["body"]) == (f"树党旗 · {INSTEAD}", SENTENCE)
    assert face["can_rule_in"] == face["can_rule_out"] == "true"
    group = rig.sandbox.face("xy021", f"joint_group:{face['number']}")
    assert group["title"] == f"树党旗 · {INSTEAD}"
    assert "已响应" in group["units"]


def test_a_refused_reason_is_kept_off_the_leaders_copy_and_the_ruling_waits_there(rig: Rig) -> None:
    order = an_order(rig.core)
    rig.deliver()
    rig.sandbox.fault(content_unsafe=[REFUSAL["reason"]])
    track = to_the_leader(rig, order)
    assert REFUSAL["reason"] not in told(rig, LEADER, track)
    face = rig.sandbox.face(LEADER, track)
    assert face["can_rule_in"] == face["can_rule_out"] == "true"
    assert [rig.sandbox.face(user, track)["state"] for user in (WATER, WATER_HEAD)] == ["待签到", "待签到"]
    assert ("withheld", WITHHELD) in states(rig)

"""Letters over the wire: few calls, true copies, words when cards fail, and every kind of failure told apart."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core import Command
from core.models.record import channels, letters
from core.outbox import real_now
from core.ports import Envelope
from tests.contract.dingtalk_rig import CLERK, COLLEAGUE, DISPATCHER, Rig

CREATE = "POST /v1.0/card/instances/createAndDeliver"
DELIVER = "POST /v1.0/card/instances/deliver"
PUT = "PUT /v1.0/card/instances"
SAY = "POST /v1.0/robot/oToMessages/batchSend"


def counted(rig: Rig) -> Counter[str]:
    """The calls that DingTalk counts."""
    return Counter({api: calls for api, calls in rig.sandbox.calls().items() if api in (CREATE, DELIVER, PUT, SAY)})


def made_due(rig: Rig) -> None:
    """Let the pauses of the relay be over."""
    with rig.core.engine.begin() as tx:
        tx.execute(update(letters).where(letters.c.state == "due").values(due_at=real_now() - timedelta(seconds=1)))
        tx.execute(update(channels).values(probe_at=real_now() - timedelta(seconds=1)))
    rig.deliver()


def states(rig: Rig, channel: str = "dingtalk.card") -> list[tuple[str, str]]:
    """State and error of every letter of a channel, oldest first."""
    with rig.core.engine.connect() as tx:
        rows = tx.execute(
            select(letters.c.state, letters.c.error).where(letters.c.channel == channel).order_by(letters.c.id)
        )
        return [(row.state, row.error or "") for row in rows]


def act(rig: Rig, user: str, action: str, **form: str) -> Counter[str]:
    """One act on the only case card; returns the calls it cost."""
    before = counted(rig)
    result = rig.sandbox.click(user, rig.track(), action, form=form or None)
    assert result["code"] == 200, result
    rig.deliver()
    (card,) = rig.sandbox.get("cards")
    assert card["differs"] == []
    return counted(rig) - before


def test_a_plain_life_costs_few_calls_and_leaves_every_copy_true(rig: Rig) -> None:
    rig.listen()
    rig.case()
    rig.deliver()
    assert counted(rig) == {CREATE: 1}
    assert act(rig, DISPATCHER, "case_dispatch", lead="water") == {PUT: 1, DELIVER: 1}
    assert act(rig, CLERK, "sign") == {PUT: 1}
    assert act(rig, CLERK, "report", result="已抽排完毕，路面恢复通行") == {PUT: 1, SAY: 1}
    assert sum(act(rig, DISPATCHER, "case_confirm").values()) <= 2
    answers = {"connected": "connected", "contacted": "yes", "solved": "solved", "satisfied": "satisfied"}
    assert act(rig, DISPATCHER, "case_record_call", **answers) == {PUT: 1}
    assert rig.sandbox.warnings() == []
    face = rig.sandbox.face(CLERK, rig.track())
    assert not [name for name, value in face.items() if name.startswith("can_") and value == "true"]


def test_urging_twice_in_ten_minutes_is_one_message_and_two_acts_on_record(rig: Rig) -> None:
    rig.listen()
    rig.sent_out()
    assert act(rig, DISPATCHER, "case_nudge", opinion="请抓紧") == {PUT: 1, SAY: 1}
    assert act(rig, COLLEAGUE, "case_nudge", opinion="请抓紧") == {PUT: 1}
    assert rig.sandbox.face(COLLEAGUE, rig.track())["note"] == "已记录；10 分钟内已告知过对方，不再重复发消息"
    assert [line.count("【催办】") for line in rig.sandbox.said_to(CLERK)] == [1]
    assert rig.events().count("case.nudged") == 2


def test_an_unchanged_face_costs_no_call(rig: Rig) -> None:
    _, _, _ = rig.sent_out()
    before = counted(rig)
    rig.senders["dingtalk.card"].send(Envelope(1, "card:again", "dingtalk.card", "card", "card:1", 1, None, {}, 1))
    assert counted(rig) == before


def test_a_revoked_token_is_replaced_once_and_the_letter_arrives(rig: Rig) -> None:
    rig.case()
    rig.deliver()
    rig.sandbox.fault(token_revoked=True)
    before = rig.sandbox.calls()["POST /v1.0/oauth2/accessToken"]
    rig.case("HK-9")
    rig.deliver()
    assert states(rig)[-1] == ("sent", "")
    assert rig.sandbox.calls()["POST /v1.0/oauth2/accessToken"] == before + 1


def test_a_card_that_was_not_delivered_is_a_failure_and_words_arrive(rig: Rig) -> None:
    rig.sandbox.fault(deliver_fail="busy for now")
    rig.case()
    rig.deliver()
    state, error = states(rig)[0]
    assert state == "due"
    assert "did not reach 4 people: busy for now" in error
    assert len(rig.sandbox.said_to(DISPATCHER)) == 1
    assert "港口路积水" in rig.sandbox.said_to(DISPATCHER)[0]
    rig.sandbox.fault(deliver_fail=None)
    made_due(rig)
    assert states(rig)[0] == ("sent", "")
    assert len(rig.sandbox.cards_of(DISPATCHER)) == 1
    assert len(rig.sandbox.said_to(DISPATCHER)) == 1


def test_who_is_called_in_while_the_making_of_a_card_is_unanswered_gets_it_too(rig: Rig) -> None:
    """The first call worked with the people of its moment; its maker was killed, or its answer lost."""
    rig.listen()
    rig.sandbox.fault(lost_answer={"prefix": CREATE.split()[1]})
    rig.case()
    rig.deliver()
    track, at_first = rig.track(), len(rig.sandbox.cards_of(DISPATCHER))
    rig.sandbox.post("faults", clear=True)
    assert rig.sandbox.click(DISPATCHER, track, "case_dispatch", form={"lead": "water"})["code"] == 200
    made_due(rig)
    assert rig.sandbox.cards_of(CLERK) == [track]
    assert rig.sandbox.cards_of(DISPATCHER) == [track] * at_first, "who had it gets no second one"
    assert (rig.sandbox.face(CLERK, track)["can_sign"], rig.sandbox.warnings()) == ("true", [])
    assert {state for state, _ in states(rig)} == {"sent", "merged"}


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        ({"http": {"prefix": "/v1.0/card", "status": 500}}, "due"),
        ({"http": {"prefix": "/v1.0/card", "status": 403, "body": {"code": "x.ApiCountLimitForOrg"}}}, "due"),
        ({"html": {"prefix": "/v1.0/card"}}, "due"),
        ({"empty": {"prefix": "/v1.0/card"}}, "due"),
        ({"truncated": {"prefix": "/v1.0/card"}}, "due"),
        ({"lost_answer": {"prefix": "/v1.0/card"}}, "due"),
        ({"template_missing": True}, "dead"),
    ],
)
def test_when_cards_fail_everybody_still_reads_the_task_once(rig: Rig, fault: dict[str, Any], fate: str) -> None:
    rig.sandbox.fault(**fault)
    rig.case()
    rig.deliver()
    made_due(rig)
    assert states(rig)[0][0] == fate
    for user in (DISPATCHER, COLLEAGUE):
        assert len(rig.sandbox.said_to(user)) == 1
    rig.sandbox.post("faults", clear=True)
    made_due(rig)
    if fate == "due":
        assert states(rig)[0] == ("sent", "")
        assert rig.sandbox.cards_of(DISPATCHER) == [rig.track()]
        assert rig.sandbox.get("cards")[0]["differs"] == []


@pytest.mark.parametrize("fault", [{"template_missing": True}, {"http": {"prefix": "/v1.0/card", "status": 500}}])
@pytest.mark.parametrize(
    ("words", "read"), [("待办", "港口路积水"), ("首页", "待办 · 1"), ("秀华路的路灯坏了好几天，晚上看不见", "秀华路")]
)
def test_whoever_asks_for_a_card_that_cannot_be_shown_reads_it_in_words_once(
    rig: Rig, fault: dict[str, Any], words: str, read: str
) -> None:
    rig.case()
    rig.deliver()
    rig.listen()
    rig.sandbox.fault(**fault)
    rig.sandbox.say(DISPATCHER, words)
    for _ in range(4):
        rig.deliver()
        rig.relay.speak_for_closed_channels()
        made_due(rig)
    told = [line for line in rig.sandbox.said_to(DISPATCHER) if "卡片没有发出来" in line]
    assert len(told) == 1
    assert read in told[0]


def test_too_many_calls_slow_the_letter_down_and_send_no_words(rig: Rig) -> None:
    body = {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}
    rig.sandbox.fault(http={"prefix": "/v1.0/card", "status": 403, "body": body})
    rig.case()
    rig.deliver()
    assert states(rig)[0][0] == "due"
    assert rig.sandbox.said_to(DISPATCHER) == []


def test_one_person_who_left_does_not_keep_the_card_from_the_others(rig: Rig) -> None:
    rig.sandbox.post("events", type="user_leave_org", data={"userId": [COLLEAGUE]})
    rig.case()
    rig.deliver()
    assert rig.sandbox.cards_of(DISPATCHER) == [rig.track()]
    assert states(rig)[0] == ("sent", "")


def test_an_update_that_changed_nothing_is_sent_again(rig: Rig) -> None:
    _, track, clerk = rig.sent_out()
    rig.listen()
    nothing = {"success": True, "result": False}
    rig.sandbox.fault(http={"prefix": "/v1.0/card/instances", "status": 200, "body": nothing})
    rig.sandbox.click(clerk, track, "sign")
    rig.deliver()
    assert "due" in {state for state, _ in states(rig)}
    rig.sandbox.post("faults", clear=True)
    made_due(rig)
    assert {state for state, _ in states(rig)} <= {"sent", "merged"}
    assert rig.sandbox.get("cards")[0]["differs"] == []


def test_a_card_the_platform_lost_is_made_again(rig: Rig) -> None:
    _, track, clerk = rig.sent_out()
    rig.sandbox.post("reset")
    actor = rig.core.actor_for("dingtalk", clerk)
    leg = rig.core.case_view(actor, 1).legs[0]
    rig.core.execute(Command("web:1", 1, "sign", actor, {}, leg.id))
    rig.deliver()
    assert rig.sandbox.face(clerk, track)["can_report"] == "true"
    assert rig.sandbox.cards_of(DISPATCHER) == [track]


def test_the_lock_screen_line_of_a_shared_card_stays_true_for_later_readers(rig: Rig) -> None:
    rig.sent_out()
    (chat,) = rig.sandbox.get(f"phone/{CLERK}")["chats"]
    assert chat["last"].startswith("【新办件】XYRX…")
    assert chat["last"].endswith("港口路积水")


def test_a_case_opened_in_chat_comes_below_and_the_older_own_copy_loses_its_buttons(rig: Rig) -> None:
    no, track, clerk = rig.sent_out()
    rig.listen()
    for _ in range(2):
        rig.sandbox.say(clerk, no)
        rig.deliver()
    _, first, second = rig.sandbox.cards_of(clerk)
    assert rig.sandbox.face(clerk, second)["can_sign"] == "true"
    assert rig.sandbox.face(clerk, first)["can_sign"] == "false"
    assert rig.sandbox.face(clerk, first)["note"] == "已在下方打开最新卡片"
    rig.sandbox.click(clerk, second, "sign")
    rig.deliver()
    assert rig.sandbox.face(clerk, track)["can_report"] == "true"
    assert rig.sandbox.face(clerk, first)["can_report"] == "false"


def test_a_line_to_somebody_who_left_is_noted_and_not_repeated(rig: Rig) -> None:
    rig.core.say("say:1", rig.core.actor_for("dingtalk", CLERK).person or 0, "试一试", "试")
    rig.sandbox.post("events", type="user_leave_org", data={"userId": [CLERK]})
    rig.deliver()
    assert states(rig, "dingtalk.say") == [("sent", "")]


def test_whoever_flow_control_held_back_reads_the_line_later_and_nobody_twice(rig: Rig) -> None:
    done = rig.case()
    rig.deliver()
    both = [rig.core.actor_for("dingtalk", user).person or 0 for user in (DISPATCHER, COLLEAGUE)]
    rig.sandbox.fault(flow_controlled=[COLLEAGUE])
    body = {"people": both, "userIds": [DISPATCHER, COLLEAGUE], "text": "请看", "title": "试"}
    letter = Envelope(1, "baton:9", "dingtalk.say", "say", "say:9", done.case, None, body, 1)
    rig.senders["dingtalk.say"].send(letter)
    assert (rig.sandbox.said_to(DISPATCHER), rig.sandbox.said_to(COLLEAGUE)) == (["请看"], [])
    rig.sandbox.fault(flow_controlled=None)
    rig.deliver()
    assert (rig.sandbox.said_to(DISPATCHER), rig.sandbox.said_to(COLLEAGUE)) == (["请看"], ["请看"])


def test_whom_the_platform_filters_out_is_told_to_the_sender_as_not_reached(rig: Rig) -> None:
    no, _, _ = rig.sent_out()
    rig.sandbox.fault(filtered=[CLERK])
    dispatcher = rig.core.actor_for("dingtalk", DISPATCHER)
    rig.core.execute(Command("web:nudge", 1, "nudge", dispatcher, {}))
    rig.deliver()
    assert rig.sandbox.said_to(CLERK) == []
    (told,) = [line for line in rig.sandbox.said_to(DISPATCHER) if "韩德玲" in line]
    assert no[-6:] in told


def test_a_line_whose_first_try_failed_is_marked_when_it_comes_again(rig: Rig) -> None:
    rig.core.say("say:2", rig.core.actor_for("dingtalk", CLERK).person or 0, "试一试", "试")
    rig.sandbox.fault(lost_answer={"prefix": "/v1.0/robot"})
    rig.deliver()
    rig.sandbox.post("faults", clear=True)
    made_due(rig)
    assert rig.sandbox.said_to(CLERK) == ["试一试", "试一试（补发）"]


def test_every_counted_call_is_metered(rig: Rig) -> None:
    rig.sent_out()
    rig.core.calls.flush()
    month = f"{real_now():%Y-%m}"
    assert sum(rig.core.calls.month(month).values()) == sum(counted(rig).values())

"""SMS through the unmodified SDK against the sandbox: every state a message can be in, and that it is sent once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.models.record import channels, letters
from core.ports import SmsReport
from tests.builders import person, rows
from tests.clock import StillClock
from tests.contract.sms_rig import HELD_S, SmsRig, a_sms_rig
from tests.sandbox.rig import Sandbox

TEXT = "【秀英联办】尾号000421联动工单：港口路围墙倒塌，请在今天 17:30 前响应，详情见钉钉。"


@pytest.fixture
def sms(town_url: str, clock: StillClock, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmsRig]:
    rig = a_sms_rig(town_url, clock, sandbox, monkeypatch)
    yield rig
    sandbox.set_faults(clear=True)
    rig.core.engine.dispose()


# --- queued, sent, delivered, failed ---


def test_a_letter_is_queued_then_sent_then_delivered(sms: SmsRig) -> None:
    key = sms.write()
    assert sms.state(key) == ("due", "")
    sms.deliver()
    assert sms.state(key) == ("sent", "sent")
    assert sms.inbox() == [TEXT]
    sms.reported()
    assert sms.ask(seconds=25) == 1
    assert sms.state(key) == ("sent", "delivered")
    (row,) = sms.sends()
    assert (row.code, row.parts, row.phone_sealed, row.look_at) == ("DELIVERED", 1, None, None)
    assert len(sms.gateway.sent) == 1


def test_what_the_carrier_could_not_deliver_is_failed_costs_nothing_and_says_so(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_fail="MOBILE_NOT_ON_SERVICE")
    key = sms.write()
    sms.deliver()
    assert sms.core.sms.usage().spent == 1
    sms.reported()
    sms.ask(seconds=25)
    assert sms.state(key) == ("dead", "failed")
    assert sms.letter(key).error == "手机没有收到（MOBILE_NOT_ON_SERVICE）"
    assert (sms.core.sms.usage().spent, sms.inbox()) == (0, [])


def test_a_failed_message_is_sent_again_when_a_person_says_so(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_fail="MOBILE_NOT_ON_SERVICE")
    key = sms.write()
    sms.deliver()
    sms.reported()
    sms.ask(seconds=25)
    sms.sandbox.set_faults(sms_fail=None)
    sms.core.resend(person(sms.core, "system_admin"), "web:resend", sms.letter(key).id)
    sms.deliver()
    assert sms.state(key) == ("sent", "sent")
    assert sms.inbox() == [TEXT]
    assert [row.state for row in sms.sends()] == ["failed", "sent"]


def test_receipts_are_asked_for_step_by_step_and_given_up_after_three_days(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_late=86_400)
    key = sms.write()
    sms.deliver()
    asked = []
    for hours in (0.01, 0.02, 0.1, 0.6, 4, 13, 25, 49, 60):
        before = sms.gateway.asked
        sms.time.at = sms.sends()[0].handed_at
        assert sms.ask(hours=hours) == 0
        asked.append(sms.gateway.asked - before)
    assert asked == [1, 1, 1, 1, 1, 1, 1, 1, 0], "one question a step, and none between the last and the end"
    assert sms.state(key) == ("sent", "sent")
    sms.time.at = sms.sends()[0].handed_at
    sms.ask(hours=73)
    assert sms.state(key) == ("unknown", "unknown")
    assert sms.sends()[0].phone_sealed is None
    assert sms.letter(key).error == "三天没有回执，不知道是否收到"
    assert sms.core.sms.usage().spent == 1, "it may be billed"


# --- unknown: asked about, not sent again ---


def test_an_answer_lost_after_acceptance_leads_to_a_question_and_to_one_message(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_no_answer=HELD_S)
    key = sms.write()
    sms.deliver()
    assert sms.state(key) == ("unknown", "unknown")
    sms.sandbox.set_faults(sms_no_answer=None)
    sms.time.advance(minutes=5)
    sms.deliver()
    sms.reported()
    assert sms.ask() == 1
    assert sms.state(key) == ("sent", "delivered")
    assert (len(sms.gateway.sent), sms.inbox()) == (1, [TEXT])


def test_what_the_platform_never_had_goes_again_once_it_is_sure(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_broken="reset")
    key = sms.write()
    sms.deliver()
    sms.sandbox.set_faults(sms_broken=None)
    for seconds in (25, 120, 300):
        assert sms.ask(seconds=seconds) == 0
        sms.deliver()
        assert sms.state(key) == ("unknown", "unknown"), "not known there yet is not the same as never accepted"
    sms.ask(minutes=5)
    assert sms.state(key) == ("due", "refused")
    sms.deliver()
    assert (sms.state(key), sms.inbox()) == (("sent", "sent"), [TEXT])
    assert len(sms.gateway.sent) == 2
    assert sms.core.sms.usage().spent == 1


def test_what_is_lost_twice_waits_for_a_person(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_broken="reset")
    key = sms.write()
    sms.deliver()
    for _ in range(2):
        sms.sandbox.set_faults(sms_broken=None)
        sms.ask(minutes=11)
        sms.sandbox.set_faults(sms_broken="reset")
        sms.deliver()
    assert sms.state(key) == ("dead", "refused")
    assert sms.letter(key).error == "短信平台没有收到"
    assert (len(sms.gateway.sent), sms.core.sms.usage().spent) == (2, 0)


def test_a_platform_that_is_away_is_not_taken_for_one_that_knows_nothing(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_no_answer=HELD_S)
    key = sms.write()
    sms.deliver()
    sms.sandbox.set_faults(sms_no_answer=None, sms_gateway={"status": 503, "code": "ServiceUnavailable"})
    for _ in range(4):
        sms.ask(hours=1)
    assert sms.state(key) == ("unknown", "unknown")
    sms.sandbox.set_faults(sms_gateway=None)
    sms.ask(hours=10)
    assert (sms.state(key)[1], len(sms.gateway.sent)) == ("delivered", 1)


def test_an_account_that_does_not_say_which_message_it_means_leads_to_no_second_one(
    sms: SmsRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps one to this number without our name for it: that may be the one nobody answered for."""
    real, nameless = sms.gateway.ask, True
    monkeypatch.setattr(
        sms.gateway, "ask", lambda *at: [replace(one, out_id="" if nameless else one.out_id) for one in real(*at)]
    )
    sms.sandbox.set_faults(sms_no_answer=HELD_S)
    key = sms.write()
    sms.deliver()
    sms.sandbox.set_faults(sms_no_answer=None)
    for _ in range(3):
        sms.ask(hours=1)
        sms.deliver()
    assert sms.state(key) == ("unknown", "unknown")
    assert (len(sms.gateway.sent), sms.inbox()) == (1, [TEXT])
    nameless = False
    sms.ask(hours=10)
    assert (sms.state(key), len(sms.gateway.sent)) == (("sent", "delivered"), 1)


def test_a_person_who_sends_an_unknown_one_again_makes_us_ask_first(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_no_answer=HELD_S)
    key = sms.write()
    sms.deliver()
    sms.sandbox.set_faults(sms_no_answer=None)
    sms.core.resend(person(sms.core, "system_admin"), "web:resend", sms.letter(key).id)
    sms.time.advance(seconds=5)
    sms.deliver()
    assert sms.letter(key).state == "sent"
    assert (len(sms.gateway.sent), sms.inbox()) == (1, [TEXT])


def test_a_process_killed_between_sending_and_settling_sends_nothing_twice(sms: SmsRig) -> None:
    key = sms.write()
    (claimed,) = sms.relay.claim(9)
    message = sms.core.sms.message(claimed.envelope)
    sms.core.sms.begin(message)
    sms.gateway.send(message.phone, message.draft.template, message.values, message.draft.out_id)
    # killed here: nothing is settled
    assert sms.state(key) == ("due", "sending")
    sms.time.advance(seconds=61)
    sms.another_relay().run_once()
    assert sms.state(key)[0] == "sent"
    assert (len(sms.gateway.sent), sms.inbox()) == (1, [TEXT])


def test_a_process_killed_just_before_sending_sends_it_once_that_is_sure(sms: SmsRig) -> None:
    key = sms.write()
    (claimed,) = sms.relay.claim(9)
    sms.core.sms.begin(sms.core.sms.message(claimed.envelope))
    sms.time.advance(seconds=61)
    sms.deliver()
    assert (sms.state(key), sms.inbox()) == (("unknown", "sending"), [])
    sms.ask(minutes=10)
    sms.deliver()
    assert (sms.state(key), sms.inbox()) == (("sent", "sent"), [TEXT])


# --- receipts in any order ---


def test_a_report_that_comes_before_our_own_answer_stays(sms: SmsRig) -> None:
    key = sms.write()
    (claimed,) = sms.relay.claim(9)
    message = sms.core.sms.message(claimed.envelope)
    sms.core.sms.begin(message)
    out_id = message.draft.out_id
    assert sms.core.sms.report([SmsReport(out_id, "", False, "MOBILE_ACCOUNT_ABNORMAL")]) == 1
    sms.core.sms.accepted(out_id, "1^0")
    sms.relay._settle(claimed, state="sent", error=None)
    assert sms.state(key) == ("dead", "failed")


def test_the_first_final_word_stays_and_repeats_tell_nothing(sms: SmsRig) -> None:
    key = sms.write()
    sms.deliver()
    (row,) = sms.sends()
    late = SmsReport(row.out_id, row.biz_id, None, "")
    done = SmsReport(row.out_id, row.biz_id, True, "DELIVERED", parts=2)
    failed = SmsReport(row.out_id, row.biz_id, False, "MOBILE_NOT_ON_SERVICE")
    assert [sms.core.sms.report([one]) for one in (late, done, done, failed, late)] == [0, 1, 0, 0, 0]
    assert sms.state(key) == ("sent", "delivered")
    assert sms.core.sms.usage().spent == 2, "the carrier's count of parts is what is billed"


@pytest.mark.parametrize(
    "change", [{"phone": "19900009999"}, {"biz_id": "1^0"}, {"out_id": "f" * 32}], ids=["number", "biz id", "out id"]
)
def test_a_pushed_report_of_somebody_elses_message_is_passed_over(sms: SmsRig, change: dict[str, str]) -> None:
    key = sms.write()
    sms.deliver()
    (row,) = sms.sends()
    told = {"out_id": row.out_id, "biz_id": row.biz_id, "phone": "19900000022", **change}
    assert sms.core.sms.report([SmsReport(delivered=False, code="X", **told)], pushed=True) == 0
    assert sms.state(key) == ("sent", "sent")


# --- refusals ---


@pytest.mark.parametrize(
    ("code", "state", "told"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "dead", False),
        ("isv.MOBILE_NUMBER_ILLEGAL", "dead", False),
        ("isv.AMOUNT_NOT_ENOUGH", "due", True),
        ("isp.RAM_PERMISSION_DENY", "due", True),
        ("isp.SYSTEM_ERROR", "due", False),
    ],
)
def test_a_refusal_with_status_200_is_a_refusal(sms: SmsRig, code: str, state: str, told: bool) -> None:
    sms.sandbox.set_faults(sms_code=code)
    key = sms.write()
    sms.relay.run_once()
    assert sms.state(key) == (state, "refused")
    assert sms.core.sms.usage().spent == 0
    admin = person(sms.core, "system_admin").person
    assert [row.body["people"] for row in rows(sms.core, letters, letters.c.key.like("sms-fault:%"))] == [
        [admin]
    ] * told
    sms.sandbox.set_faults(sms_code=None)
    sms.time.advance(seconds=5)
    sms.relay.run_once()
    assert len(sms.inbox()) == (state == "due")


def test_an_account_that_is_refused_closes_the_channel_and_opens_it_again(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_gateway={"status": 400, "code": "SignatureDoesNotMatch"})
    keys = [sms.write(title=f"第{number}处积水") for number in range(3)]
    for _ in keys:
        sms.relay.run_once()
        sms.time.advance(seconds=2)
    (channel,) = rows(sms.core, channels, channels.c.name == "sms")
    assert channel.opened_at is not None
    sms.sandbox.set_faults(sms_gateway=None)
    sms.time.advance(seconds=40)
    sms.deliver()
    sms.deliver()
    assert [sms.state(key)[0] for key in keys] == ["sent"] * 3
    assert len(sms.inbox()) == 3

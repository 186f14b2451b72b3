"""The SMS platform is down, or takes messages and says nothing: a joint order calls everybody once, nobody twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from core.models.joint import joint_orders
from tests.builders import clerk, rows
from tests.clock import StillClock
from tests.contract.sms_rig import HELD_S, SmsRig, a_sms_rig
from tests.core.joint_room import FIRST, REFUSAL, an_order, move
from tests.sandbox.rig import Sandbox

CALLED = 4
"""Both people of two units."""
DOWN = {"status": 503, "code": "ServiceUnavailable"}


@pytest.fixture
def sms(town_url: str, clock: StillClock, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmsRig]:
    rig = a_sms_rig(town_url, clock, sandbox, monkeypatch)
    yield rig
    sandbox.set_faults(clear=True)
    rig.core.engine.dispose()


def texts(sms: SmsRig) -> Counter[str]:
    """Number → how many messages of joint orders came."""
    return Counter(row["phone_number"] for row in sms.sandbox.get("sms")["texts"])


def states(sms: SmsRig) -> Counter[str]:
    return Counter(row.state for row in sms.sends())


def test_messages_taken_without_an_answer_are_asked_about_and_never_sent_again(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_no_answer=HELD_S)
    order = an_order(sms.core)
    sms.deliver()
    assert states(sms) == {"unknown": CALLED}
    assert set(texts(sms).values()) == {1}
    move(sms.core, clerk(sms.core, FIRST), order, "refuse", FIRST, **REFUSAL)
    sms.deliver()
    sms.sandbox.set_faults(sms_no_answer=None)
    sms.time.advance(minutes=5)
    sms.deliver()
    sms.reported()
    sms.ask()
    handed = len(sms.gateway.sent)
    for hours in (1, 5, 30):
        sms.ask(hours=hours)
        sms.deliver()
    assert set(states(sms)) == {"delivered"}
    assert len(sms.gateway.sent) == handed == len(set(sms.gateway.sent)), "each was handed over once"
    assert len(sms.sandbox.get("sms")["texts"]) == handed


def test_a_platform_that_was_down_gets_each_message_once_when_it_is_back(sms: SmsRig) -> None:
    """503 may mean either, so nothing leaves again before it is sure that the platform never had it."""
    sms.sandbox.set_faults(sms_gateway=DOWN)
    an_order(sms.core)
    sms.deliver()
    sms.time.advance(minutes=3)
    sms.deliver()
    assert not texts(sms)
    sms.sandbox.set_faults(sms_gateway=None)
    for _ in range(4):
        sms.ask(minutes=4)
        sms.deliver()
    assert len(texts(sms)) == CALLED
    assert set(texts(sms).values()) == {1}


def test_a_platform_that_is_away_holds_up_neither_the_order_nor_its_cards(sms: SmsRig) -> None:
    sms.sandbox.set_faults(sms_broken="reset")
    order = an_order(sms.core)
    sms.deliver()
    move(sms.core, clerk(sms.core, FIRST), order, "accept", FIRST)
    assert [row.state for row in rows(sms.core, joint_orders)] == ["answering"]
    waiting = [row for row in sms.sends() if row.state not in ("delivered", "sent")]
    assert len(waiting) == CALLED
    sms.sandbox.set_faults(sms_broken=None)
    for _ in range(4):
        sms.ask(minutes=4)
        sms.deliver()
    assert set(texts(sms).values()) == {1}

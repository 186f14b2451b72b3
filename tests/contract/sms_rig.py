"""A bench for SMS: the sandbox's service, a core beside it, the sender and the receipts in the test's hand."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import select

from bots.sms import SmsReceipts, SmsSender
from core import Core, outbox
from core.adapters.aliyun_sms import AliyunSms, build_sms
from core.models.record import letters
from core.models.sms import sms_sends
from core.outbox import Relay
from core.ports import SmsGateway
from tests.builders import person
from tests.clock import StillClock
from tests.contract.dingtalk_rig import Nowhere
from tests.core.mail_room import Moving
from tests.sandbox.rig import Sandbox
from tests.town import a_core

VALUES = {
    "tail": "000421",
    "title": "港口路围墙倒塌",
    "until": "今天 17:30 前",
    "unit": "水务局",
    "step": "水务局待响应",
    "result": "留下",
}
READ_S = 3.0
HELD_S = 60
"""How long the client waits for an answer; how long one is held back that never comes in time."""
_keys = itertools.count(1)


class Counted:
    """The real adapter, with every hand-over counted."""

    def __init__(self, inner: SmsGateway) -> None:
        self._inner, self.sent, self.asked = inner, list[str](), 0

    def send(self, phone: str, template: str, values: Any, out_id: str) -> str:
        self.sent.append(out_id)
        return self._inner.send(phone, template, values, out_id)

    def ask(self, phone: str, day: Any) -> Any:
        self.asked += 1
        return self._inner.ask(phone, day)


class SmsRig:
    """One deployment with the SMS channel alone; `time` is the real time of relay and receipts."""

    def __init__(self, core: Core, clock: StillClock, sandbox: Sandbox, time: Moving) -> None:
        self.core, self.clock, self.sandbox, self.time = core, clock, sandbox, time
        gateway = build_sms(core.settings)
        assert isinstance(gateway, AliyunSms)
        self.gateway = Counted(gateway)
        self.relay = self.another_relay()
        self.receipts = SmsReceipts(core, self.gateway)
        self.person = person(core, "unit_head", "water").person or 0
        self.user = core.directory().by_person[self.person][0].dingtalk

    def another_relay(self) -> Relay:
        others = dict.fromkeys(("dingtalk.say", "dingtalk.card", "hotline"), Nowhere())
        return Relay(self.core.engine, self.clock, {**others, "sms": SmsSender(self.core, self.gateway)})

    def write(self, template: str = "joint_raised", *, person: int = 0, urgent: bool = False, **values: str) -> str:
        """Put one SMS into the tray; returns its key."""
        key = f"test-sms:{next(_keys)}"
        told = {**VALUES, "due": "期限今天 17:30", **values}
        assert self.core.sms.write(key, person or self.person, template, told, urgent=urgent)
        return key

    def deliver(self) -> None:
        """Send every letter that is due."""
        while self.relay.run_once():
            pass

    def letter(self, key: str) -> Any:
        with self.core.engine.connect() as tx:
            return tx.execute(select(letters).where(letters.c.key == key)).one()

    def sends(self) -> list[Any]:
        with self.core.engine.connect() as tx:
            return list(tx.execute(select(sms_sends).order_by(sms_sends.c.id)).all())

    def state(self, key: str) -> tuple[str, str]:
        """The letter's state and that of its last hand-over (empty: none)."""
        letter = self.letter(key)
        return letter.state, next((row.state for row in reversed(self.sends()) if row.letter_id == letter.id), "")

    def inbox(self, user: str = "") -> list[str]:
        """The texts on a person's phone."""
        return [row["text"] for row in self.sandbox.get("sms", userId=user or self.user)]

    def reported(self) -> None:
        """Wait until the carrier has reported every message."""
        self.sandbox.until(lambda: all(row["err_code"] for row in self.sandbox.get("sms")["texts"]))

    def ask(self, **later: float) -> int:
        """Let real time pass for the product, and ask for receipts."""
        self.time.advance(**later)
        return self.receipts.ask()


def a_sms_rig(url: str, clock: StillClock, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **sms: Any) -> SmsRig:
    """A rig on a settled database; `sms` changes its settings."""
    moving = Moving()
    monkeypatch.setattr(outbox, "real_now", moving)
    endpoint = sandbox.base.removeprefix("http://")
    core = a_core(url, clock, sandbox.base, sms={"endpoint": endpoint, "read_timeout_s": READ_S, **sms})
    sandbox.post("sms", receipt_s=0.1)
    return SmsRig(core, clock, sandbox, moving)

"""Letters of the channel `sms`: handed to the platform once, asked about when nobody answered, never sent blindly."""

from __future__ import annotations

import structlog

from core import Core
from core.ports import Envelope, Sender, SmsFault, SmsGateway, SmsReport, Undelivered
from core.sms import NOT_IN_USE, Open

log = structlog.get_logger()

WAIT = "发出后没有回音，正在向平台核实"


class SmsSender:
    """Hands letters over. A letter that may have left already is asked for first (wechat-sms.md §9.7)."""

    def __init__(self, core: Core, gateway: SmsGateway) -> None:
        self._core, self._gateway = core, gateway

    def send(self, letter: Envelope) -> None:
        """Deliver one letter, or know that it was. Raises Undelivered."""
        state, unknown = self._core.sms.state_of(letter.id)
        if state in ("sent", "delivered"):
            return
        if unknown is not None and unknown.phone and not self._may_go_again(unknown):
            return
        message = self._core.sms.message(letter)
        self._core.sms.begin(message)
        out_id = message.draft.out_id
        try:
            biz_id = self._gateway.send(message.phone, message.draft.template, message.values, out_id)
        except SmsFault as fault:
            self._failed(out_id, fault)
            raise
        self._core.sms.accepted(out_id, biz_id)

    def _may_go_again(self, unknown: Open) -> bool:
        """Whether the platform says that it never had this message; False: it has. Raises Undelivered: not known."""
        report = find(self._gateway, unknown)
        if report is not None:
            self._core.sms.report([report])
            return False
        if not self._core.sms.not_there(unknown, in_hand=True):
            raise Undelivered("unknown", WAIT)
        return True

    def _failed(self, out_id: str, fault: SmsFault) -> None:
        if fault.fate == "unknown":
            self._core.sms.unanswered(out_id, fault.code)
        else:
            self._core.sms.refused(out_id, fault.code)
        if fault.alarm:
            log.error("the SMS platform refuses this account", code=fault.code)
            self._core.sms.fault(fault.code, str(fault))


class NoSms:
    """Stands where no SMS platform is set: the letter says so instead of waiting."""

    def send(self, letter: Envelope) -> None:
        raise Undelivered("never", NOT_IN_USE)


class SmsReceipts:
    """Asks the platform what became of messages, step by step, until it is known or too late to know."""

    def __init__(self, core: Core, gateway: SmsGateway) -> None:
        self._core, self._gateway = core, gateway

    def ask(self) -> int:
        """Ask for everything due; returns how many were settled. A platform that does not answer ends the round."""
        settled = 0
        for one in self._core.sms.due():
            try:
                report = find(self._gateway, one) if one.phone else None
            except SmsFault as fault:
                log.warning("the SMS platform gives no account of its messages", code=fault.code)
                self._core.sms.ask_later(one)
                return settled
            if report is None:
                self._core.sms.not_there(one)
                continue
            settled += self._core.sms.report([report])
            if report.delivered is None:
                self._core.sms.ask_later(one)
        return settled


def find(gateway: SmsGateway, one: Open) -> SmsReport | None:
    """The platform's word on one message; None when it has none of that name.

    Raises SmsFault, also where it keeps a message to this number without a name: that may be the one whose fate is not
    known, and what may have left is not sent again.
    """
    nameless = False
    for day in one.days:
        for report in gateway.ask(one.phone, day):
            if report.out_id == one.out_id:
                return report
            nameless |= not report.out_id
    if nameless and one.row.state in ("sending", "unknown"):
        raise SmsFault("unknown", "", "短信平台的记录没有写明是哪一条")
    return None


def sms_sender(core: Core, gateway: SmsGateway | None) -> Sender:
    """The sender of the channel."""
    return NoSms() if gateway is None else SmsSender(core, gateway)

"""短信: what leaves by SMS, within the year's budget, handed over once, and asked for until its fate is known."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, select

from core import outbox, tray
from core.crypto import Cipher, Indexer, place
from core.models.cases import cases
from core.models.people import people
from core.notices import letter
from core.policy import Policy
from core.policy.texting import parts_of
from core.ports import Clock, Envelope, Held, SmsReport, Undelivered
from core.queries.people import Directory
from core.settings import Settings
from core.sms import ledger
from core.sms.ledger import Draft, Usage
from core.texts import sms_body
from core.watch import quiet_until
from core.worktime import local_date

T = TypeVar("T")
NO_BUDGET = "未发短信：额度"
NO_PHONE = "未发短信：没有登记手机号"
TOO_LATE = "未发短信：验证码已过期"
NOT_IN_USE = "未发短信：没有开通短信"
LOOKS_AT_ONCE = 40


class Whole(Protocol):
    """What SMS need of the core they hang on."""

    engine: Engine
    settings: Settings

    @property
    def policy(self) -> Policy: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def cipher(self) -> Cipher: ...

    @property
    def indexer(self) -> Indexer: ...

    @property
    def directory(self) -> Callable[[], Directory]: ...

    def _read(self, run: Callable[[Connection], T]) -> T: ...

    def say(self, key: str, person_id: int, text: str, title: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Message:
    """A letter ready to be handed over. The number is nowhere else in the clear, and in no log."""

    phone: str
    values: Mapping[str, str]
    draft: Draft


@dataclass(frozen=True, slots=True)
class Open:
    """A hand-over whose fate is not known. `phone` is empty when it is too old to be asked for."""

    out_id: str
    phone: str
    days: tuple[date, ...]
    age: timedelta
    row: Any


class Sms:
    """The SMS half of the tray; `core` is the whole it hangs on."""

    def __init__(self, core: Whole) -> None:
        self._core = core

    # --- writing ---

    def write(
        self, key: str, person: int, template: str, values: Mapping[str, str], *, urgent: bool = False,
        case_id: int | None = None, no: str = "",
    ) -> bool:  # fmt: skip
        """Put an SMS to one person into the tray; False when its key is there already. Quiet hours hold it (§20).

        Raises KeyError for a template sms.yaml does not know, or a value it needs.
        """
        core, now = self._core, self._core.clock.now()
        body = sms_body(core.policy.sms.templates[template], person, values, urgent=urgent, no=no)
        hold = None if urgent else quiet_until(now, core.policy.quiet)
        row = letter(key, "sms", "sms", f"sms:{key}", body, now, case=case_id, hold_until=hold)
        with core.engine.begin() as tx:
            return tray.write(tx, [row])

    def write_to(self, key: str, phone: str, template: str, values: Mapping[str, str], until: datetime) -> bool:
        """Put an SMS to a bare number into the tray, at any hour; past `until` (real time) it does not leave any more.

        Number and values lie sealed until then. Raises KeyError for an unknown template.
        """
        core, sealed = self._core, {"phone": phone, "values": dict(values)}
        named = core.policy.sms.templates[template].name
        body = {"people": [], "template": named, "urgent": True, "title": "登录验证码", "case": "", "words": sealed}
        body |= {"until": until.isoformat()}
        row = letter(key, "sms", "sms", f"sms:{key}", tray.closed(core.cipher, key, body), core.clock.now())
        with core.engine.begin() as tx:
            return tray.write(tx, [row])

    # --- leaving ---

    def message(self, one: Envelope) -> Message:
        """What is to be handed over for a letter. Raises Undelivered: nobody to send it to, or not at this hour."""
        core, now = self._core, self._core.clock.now()
        until = None if one.body.get("urgent") else quiet_until(now, core.policy.quiet)
        if until is not None:
            raise Held(until)
        template = core.policy.sms.templates.get(str(one.body.get("template")))
        if template is None:
            raise Undelivered("never", "未发短信：模板已不用")
        person, phone, values = self._to_whom(one)
        text, out_id = template.fill(values), secrets.token_hex(16)
        draft = Draft(
            one.id, out_id, person, template.name, template.purpose, parts_of(text, core.settings.sms.sign_name),
            core.indexer.index(text, "sms.words"), core.cipher.seal(phone, place("sms_sends", "phone", out_id)),
            core.indexer.index(phone, "phone"),
        )  # fmt: skip
        return Message(phone, values, draft)

    def _to_whom(self, one: Envelope) -> tuple[int | None, str, Mapping[str, str]]:
        if "until" not in one.body:
            if not one.body["people"]:
                return None, self._phone_of_caller(one.case), one.body["values"]
            person = int(one.body["people"][0])
            return person, self._phone_of(person), one.body["values"]
        if datetime.fromisoformat(one.body["until"]) <= outbox.real_now():
            raise Undelivered("never", TOO_LATE)
        words = tray.opened(self._core.cipher, one).body["words"]
        return None, words["phone"], words["values"]

    def _phone_of(self, person: int) -> str:
        query = select(people.c.code, people.c.phone_sealed).where(people.c.id == person, people.c.active)
        row = self._core._read(lambda tx: tx.execute(query).first())
        if row is None or not row.phone_sealed:
            raise Undelivered("never", NO_PHONE)
        return self._core.cipher.open(row.phone_sealed, place("people", "phone", row.code))

    def _phone_of_caller(self, case: int | None) -> str:
        query = select(cases.c.no, cases.c.caller_phone).where(cases.c.id == case)
        row = self._core._read(lambda tx: tx.execute(query).first())
        if row is None or not row.caller_phone:
            raise Undelivered("never", NO_PHONE)
        return self._core.cipher.open(row.caller_phone, place("cases", "caller_phone", row.no))

    def begin(self, message: Message) -> None:
        """On record before it leaves, so that a death in between is asked about, not repeated. Raises Undelivered."""
        core, now, real = self._core, self._core.clock.now(), outbox.real_now()
        policy, draft = core.policy.sms, message.draft
        with core.engine.begin() as tx:
            if ledger.said_lately(tx, draft, now - policy.merge_within):
                raise Undelivered("merged", "十分钟内发过同样的短信")
            before = ledger.usage(tx, policy, now)
            if not ledger.begin(tx, policy, draft, now, real, real + outbox.LEASE):
                raise Undelivered("never", NO_BUDGET)
        self._alarm(before, draft.parts)

    def accepted(self, out_id: str, biz_id: str) -> None:
        """The platform took it."""
        self._settle(out_id, "sent", biz_id=biz_id)

    def refused(self, out_id: str, code: str) -> None:
        """The platform did not take it: it cost nothing."""
        self._settle(out_id, "refused", code=code[:60])

    def unanswered(self, out_id: str, code: str) -> None:
        """Handed over, no answer: it may be on its way."""
        self._settle(out_id, "unknown", code=code[:60])

    def _settle(self, out_id: str, state: str, **values: Any) -> None:
        real = outbox.real_now()
        if state != "refused":
            values["look_at"] = real + self._core.policy.sms.ask_after[0]
        with self._core.engine.begin() as tx:
            ledger.settle(tx, out_id, real, state, **values)

    # --- what became of it ---

    def state_of(self, letter_id: int) -> tuple[str, Open | None]:
        """The state of a letter's last hand-over (empty: none yet), with what is to be asked when it is not known."""
        row = self._core._read(lambda tx: ledger.latest(tx, letter_id))
        if row is None:
            return "", None
        return row.state, self._open(row) if row.state in ("sending", "unknown") else None

    def due(self) -> list[Open]:
        """Hand-overs to be asked for now."""
        real = outbox.real_now()
        return [self._open(row) for row in self._core._read(lambda tx: ledger.due_looks(tx, real, LOOKS_AT_ONCE))]

    def _open(self, row: Any) -> Open:
        """The platform files a message under its own day, which may be the next when it was handed over at midnight."""
        sealed = row.phone_sealed
        phone = self._core.cipher.open(sealed, place("sms_sends", "phone", row.out_id)) if sealed else ""
        days = dict.fromkeys(local_date(at) for at in (row.handed_at, row.handed_at + timedelta(minutes=2)))
        return Open(row.out_id, phone, tuple(days), outbox.real_now() - row.handed_at, row)

    def report(self, reports: Sequence[SmsReport], pushed: bool = False) -> int:
        """Carriers' words, asked for or pushed; returns how many told something new. Repeats and strangers do not.

        A push is not signed: a report `pushed` counts only with the number and the platform's id of a message of ours.
        """
        core, real, now = self._core, outbox.real_now(), self._core.clock.now()
        fresh = 0
        with core.engine.begin() as tx:
            for one in reports:
                if not pushed or self._is_ours(tx, one):
                    fresh += ledger.take_report(tx, one, real, now)
        return fresh

    def _is_ours(self, tx: Connection, report: SmsReport) -> bool:
        row = ledger.handed(tx, report.out_id)
        if row is None or row.phone_index != self._core.indexer.index(report.phone, "phone"):
            return False
        return row.biz_id is None or row.biz_id == report.biz_id

    def not_there(self, one: Open, in_hand: bool = False) -> bool:
        """The platform knows nothing of it. True once that means it never left, so that its letter may go again.

        `in_hand`: the letter is about to go; else it is put back among those that wait.
        """
        policy, real, now = self._core.policy.sms, outbox.real_now(), self._core.clock.now()
        with self._core.engine.begin() as tx:
            if one.row.state not in ("sending", "unknown") or one.age < policy.absent_after:
                self._later(tx, one, real, now)
                return False
            left_never = ledger.never_left(tx, one.row, real)
            if left_never and not in_hand:
                ledger.let_go_again(tx, policy, one.row, real)
            return left_never

    def ask_later(self, one: Open) -> None:
        """Under way, or nobody answered: ask again at the next step, until it is too late to know."""
        with self._core.engine.begin() as tx:
            self._later(tx, one, outbox.real_now(), self._core.clock.now())

    def _later(self, tx: Connection, one: Open, real: datetime, now: datetime) -> None:
        policy, row = self._core.policy.sms, one.row
        if one.age >= policy.give_up or not one.phone:
            return ledger.lose(tx, row, now)
        ahead = [span for span in (*policy.ask_after, policy.absent_after, policy.give_up) if span > one.age]
        return ledger.look_later(tx, row, row.handed_at + min(ahead))

    # --- the budget ---

    def usage(self) -> Usage:
        """What is spent of the year and the month."""
        core = self._core
        return core._read(lambda tx: ledger.usage(tx, core.policy.sms, core.clock.now()))

    def _alarm(self, before: Usage, parts: int) -> None:
        """Administrators hear once when the year or the month passes one of the marks."""
        core, today = self._core, local_date(self._core.clock.now())
        spans = (
            ("今年", f"{today:%Y}", before.spent, before.a_year),
            ("本月", f"{today:%Y%m}", before.month, before.a_month),
        )
        for name, key, spent, most in spans:
            passed = [mark for mark in core.policy.sms.alarms if spent * 100 < mark * most <= (spent + parts) * 100]
            for mark in passed:
                text = f"短信{name}已用 {mark}%（{spent + parts:,} / {most:,} 条），请留意额度。"
                self.tell_administrators(f"sms-budget:{key}:{mark}", text)

    def fault(self, code: str, why: str) -> None:
        """The account needs a person: administrators hear of it once an hour."""
        self.tell_administrators(f"sms-fault:{code}:{outbox.real_now():%Y%m%d%H}", f"{why}，请处理。平台代码 {code}")

    def tell_administrators(self, key: str, text: str) -> None:
        for holder in self._core.directory().by_role.get("system_admin", ()):
            self._core.say(f"{key}:{holder.person}", holder.person, text, "短信告警")

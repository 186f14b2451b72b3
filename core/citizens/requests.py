"""What holders ask about their own data: to correct it or to erase it (control F6; PIPL 46, 47, 50).

Each request is a case like any other, with its deadlines, its units and its answer; what it is about lies sealed with
it, so that a holder is shown the requests of the subjects they proved to be, and no other's of the same phone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select

from core.citizens.caps import AskedTooOften, Caps
from core.crypto import Sm3Indexer, Sm4Cipher
from core.decide import check_text
from core.errors import FieldMissing, Malformed, Unknown
from core.holders import ABOUT, request_of
from core.licences.library import Library
from core.licences.views import SubjectView
from core.models.cases import cases
from core.models.record import events
from core.people import HOLDER, Actor
from core.policy import Policy
from core.policy.citizens import Citizens
from core.ports import Ticket
from core.receipts import Done

REFUSED, ANSWERED = "invalid", "closed"
MOST_SHOWN = 50
LONGEST = 500


class RequestedTooOften(AskedTooOften):
    text = "今天提交得太多了，请过{wait}再提，急事请拨 12345。"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as its holder sees it. `due`: when it is to be answered, as far as that is set; `answer`: what was
    said at its end, of a refused one why.
    """

    no: str
    kind_title: str
    what: str
    at: datetime
    state_title: str
    tone: str
    due: datetime | None
    answer: str
    refused: bool


class Wired(Protocol):
    """What of the core is needed here."""

    cipher: Sm4Cipher
    indexer: Sm3Indexer

    @property
    def policy(self) -> Policy: ...
    @property
    def licences(self) -> Library: ...
    def register(self, key: str, ticket: Ticket, actor: Actor, source: str = ...) -> Done: ...
    def _read(self, run: Callable[[Connection], Any]) -> Any: ...


class Requests:
    """The holder's requests; `caps` count them for each subject."""

    def __init__(self, core: Wired, caps: Caps, policy: Citizens) -> None:
        self._core, self._caps, self._rules = core, caps, policy.requests

    def ask(self, key: str, phone: str, proved: Sequence[str], form: dict[str, str]) -> Done:
        """Open the case of a request. `form`: kind, subject, line (empty: the registered data itself) and words.

        Raises Unknown for what is not theirs, FieldMissing, Malformed, TooLong, BadField, RequestedTooOften.
        """
        kind, words = form.get("kind", ""), form.get("words", "").strip()
        if kind not in self._rules.kinds:
            raise Malformed(why="请选择要更正还是要删除")
        if not words:
            raise FieldMissing(field="说明", action="提交")
        check_text("说明", words, LONGEST)
        subject = self._subject(phone, proved, form.get("subject", ""))
        what, about = self._what(subject, form.get("line", ""))
        try:
            self._caps.take("request", {"subject": subject.token}, once=key)
        except AskedTooOften as no:
            raise RequestedTooOften(**no.facts) from None
        ticket = Ticket(
            outside_no="", revision=1, channel=self._rules.source, type=self._rules.type,
            title=f"{self._rules.kinds[kind]}：{what}", content=f"{about}\n{words}", place=self._rules.place,
            caller_name=subject.name[:50], caller_phone=phone,
            more={ABOUT: {"subject": subject.token, "kind": kind, "what": what}},
        )  # fmt: skip
        return self._core.register(key, ticket, HOLDER, "h5")

    def of(self, phone: str, proved: Sequence[str]) -> tuple[Request, ...]:
        """The requests of these subjects under this phone, newest first."""
        mine = (
            cases.c.phone_index == self._core.indexer.index(phone, "phone"),
            cases.c.registered_by.is_(None),
            cases.c.outside_no.is_(None),
        )
        query = select(cases).where(*mine).order_by(cases.c.id.desc()).limit(MOST_SHOWN)

        def read(tx: Connection) -> list[Request]:
            return list(self._shown(tx, tx.execute(query).mappings().all(), frozenset(proved)))

        return tuple(self._core._read(read))

    def _subject(self, phone: str, proved: Sequence[str], token: str) -> SubjectView:
        for one in self._core.licences.of_phone(phone):
            if one.token == token and token in proved:
                return one
        raise Unknown(what="这份登记")

    def _what(self, subject: SubjectView, line: str) -> tuple[str, str]:
        """What a request is about: in a word, and for whoever works on it, with no number in full."""
        if not line:
            return "登记信息", f"持证人要求处理本人在证照库里的登记信息（{subject.kind_title}）。"
        view = self._core.licences.held((subject.token,), line)
        number = self._core.licences.verdict(line).number
        return view.type_name, f"涉及证照：{view.type_name}，{view.number_label} {number}，发证机关 {view.issuer}。"

    def _shown(self, tx: Connection, found: Sequence[Any], proved: frozenset[str]) -> Iterator[Request]:
        words = self._rules.states
        for row in found:
            about = request_of(self._core.cipher, row)
            if about.get("subject") not in proved:
                continue
            refused = row["state"] == REFUSED
            answer = self._why(tx, row["id"]) if refused else row["reply"] or ""
            over = refused or row["finished_at"] is not None
            yield Request(
                row["no"], self._rules.kinds.get(about["kind"], ""), about["what"], row["registered_at"],
                words[ANSWERED if over and not refused else row["state"]],
                "orange" if refused else "ok" if over else "blue",
                None if over else row["due_at"], answer if over else "", refused,
            )  # fmt: skip

    def _why(self, tx: Connection, case: int) -> str:
        """The reason given when a case was last said to be invalid, in words."""
        mine = (events.c.case_id == case, events.c.flow == "case", events.c.name == "marked_invalid")
        facts = tx.execute(select(events.c.facts).where(*mine).order_by(events.c.id.desc()).limit(1)).scalar()
        reason = str((facts or {}).get("reason", ""))
        return self._core.policy.field("mark_invalid", "reason").options.get(reason, reason)

"""What citizens ask of the library: each ask counted by who asks and about whom, and on record for the holder (T5, T6).

The library masks; here stand the caps, the two elements of a person's query, and the list of who looked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select

from core.citizens.caps import AskedTooOften, Caps
from core.crypto import Sm3Indexer, normalise
from core.errors import FieldMissing, Refusal, Unknown
from core.licences.codes import CodeVerdict
from core.licences.keeping import number_index
from core.licences.library import Library
from core.licences.numbers import is_id_number
from core.licences.views import LicenceView, Page, SubjectView
from core.models.licences import licences, subjects
from core.models.record import audit_log
from core.policy.library import LICENCE, SUBJECT
from core.queries.people import Directory

LONGEST_CODE = 64
MOST_LOOKS = 200
LOOKS = {
    "licence.scanned": "扫码核验", "licence.sought": "按身份证号查询", "company.sought": "按企业名称查询",
    "licence.read": "查看证照", "licence.revealed": "查看完整号码", "licence.picture_read": "查看证照图片",
    "subject.read": "查看登记信息", "subject.revealed": "查看完整登记信息", "licence.opened": "本人查看",
}  # fmt: skip
"""Acts of the log that are looks, as the holder reads them."""


class BadIdNumber(Refusal):
    text = "身份证号填得不对，请填写完整的 18 位号码。"
    status = 422


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `name` is a WeChat user's keyed hash or a network address, `channel` wechat or h5."""

    name: str
    channel: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the holder's licences: when, by whom in words, how, and at which type of licence (empty: at all)."""

    at: datetime
    who: str
    how: str
    what: str


class Wired(Protocol):
    """What of the core is needed here."""

    indexer: Sm3Indexer

    @property
    def licences(self) -> Library: ...

    @property
    def directory(self) -> Callable[[], Directory]: ...
    def _read(self, run: Callable[[Connection], Any]) -> Any: ...
    def alarm(self, kind: str, sentence: str) -> None: ...
    def note(
        self, actor: None, action: str, what: str, result: str, reason: str = "", channel: str = "web",
        address: str = "",
    ) -> None: ...  # fmt: skip


class Lookups:
    """The questions; `caps` count them."""

    def __init__(self, core: Wired, caps: Caps) -> None:
        self._core, self._caps = core, caps

    def scanned(self, code: str, by: Caller, payload: str = "") -> CodeVerdict:
        """What a scanned code means today; `code` is a code's id, or a licence's line as our own links carry it.

        Raises Unknown (missing and foreign look alike), AskedTooOften.
        """
        self._caps.take("scan", {"caller": by.name})
        if len(code) > LONGEST_CODE:
            raise Unknown(what="这份证照")
        told = self._core.licences.verdict_of_code(code, payload, by.channel, by.address)
        if told.word.key not in ("unknown", "unreadable"):
            return told
        view = self._core.licences.verdict(code)
        self._note("licence.scanned", f"{LICENCE}:{view.line}", by)
        return CodeVerdict(told.word, view)

    def person(self, id_number: str, second: str, by: Caller) -> tuple[LicenceView, ...]:
        """A person's licences for whoever knows the full ID number and the name, or the number of one of the licences.

        Nobody, another name and nobody's number are the same empty answer after the same work. Raises BadIdNumber,
        FieldMissing, AskedTooOften.
        """
        number, named = normalise(id_number[:40]).upper(), " ".join(second.split())[:100]
        if not is_id_number(number):
            raise BadIdNumber()
        if not named:
            raise FieldMissing(field="姓名或证照编号", action="查询")
        try:
            self._caps.take("person", {"caller": by.name, "subject": number})
        except AskedTooOften:
            self._core.alarm("enumeration", "有人连续查询他人的个人证照，已到次数上限，请看日志里的 licence.sought。")
            self._note("licence.sought", "limit:person", by, "refused")
            raise
        found = self._core.licences.of_person(number, named)
        lines = self._core._read(lambda tx: self._by_licence(tx, number, named))
        views = found or tuple(self._core.licences.verdict(line) for line in lines)
        self._note("licence.sought", f"{SUBJECT}:{views[0].subject if views else 'nobody'}", by)
        return views

    def _by_licence(self, tx: Connection, number: str, licence: str) -> Sequence[str]:
        """The lines of the person of this ID number who holds a licence of this number."""
        person = self._core.indexer.index(number, "subject_number")
        held = number_index(self._core.indexer, licence)
        mine = (subjects.c.number_index == person, subjects.c.kind == "person", ~subjects.c.gone)
        told = (licences.c.number_index == held, licences.c.shown, licences.c.state != "draft")
        query = select(subjects.c.id).join(licences, licences.c.subject_id == subjects.c.id).where(*mine, *told)
        whose = tx.execute(query.limit(1)).scalar() or 0
        theirs = (licences.c.subject_id == whose, licences.c.shown, licences.c.state != "draft")
        return (
            tx.execute(select(licences.c.line).where(*theirs).order_by(licences.c.id.desc()).limit(50)).scalars().all()
        )

    def companies(self, words: str, by: Caller) -> Page[SubjectView]:
        """Companies whose name holds the words, twenty at most (R159). Raises NameTooShort, AskedTooOften."""
        self._caps.take("company", {"caller": by.name})
        return self._core.licences.companies(" ".join(words.split())[:100])

    def company(self, token: str, by: Caller) -> tuple[SubjectView, tuple[LicenceView, ...]]:
        """A company and its licences, masked (R158, R161). Raises Unknown, AskedTooOften."""
        self._caps.take("company", {"caller": by.name})
        company, views = self._core.licences.company(token[:LONGEST_CODE])
        self._note("company.sought", f"{SUBJECT}:{company.token}", by)
        return company, views

    # --- for the holder ---

    def opened(self, line: str, by: Caller) -> None:
        """The holder looked at one of their own in full: on record like everybody's look."""
        self._note("licence.opened", f"{LICENCE}:{line}", by)

    def looks(self, tokens: Sequence[str]) -> list[Look]:
        """Who looked at the licences of these subjects, newest first (control F6)."""
        held = {f"{LICENCE}:{one.line}": one.type_name for one in self._core.licences.of_holder(tokens)}
        objects = [*held, *(f"{SUBJECT}:{token}" for token in tokens)]
        fits = (audit_log.c.object.in_(objects), audit_log.c.action.in_(LOOKS), audit_log.c.result == "done")
        query = select(audit_log).where(*fits).order_by(audit_log.c.seq.desc()).limit(MOST_LOOKS)
        found = self._core._read(lambda tx: tx.execute(query).all())
        return [Look(row.at, self._who(row), LOOKS[row.action], held.get(row.object, "")) for row in found]

    def _who(self, row: Any) -> str:
        if row.action == "licence.opened":
            return "您自己"
        if row.actor_person is None:
            return "公众（看到的是遮挡后的内容）"
        directory = self._core.directory()
        post = directory.holders.get(row.actor_post)
        unit = directory.units.get(post.unit) if post else None
        return f"{unit.name}工作人员" if unit else "工作人员"

    def _note(self, action: str, what: str, by: Caller, result: str = "done") -> None:
        self._core.note(None, action, what, result, channel=by.channel, address=by.address)

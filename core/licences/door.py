"""The door of the library: one act judged, written, recorded and receipted in one commit (house-style §8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, insert

from core.canon import canonical
from core.commits import CommitLine, Job
from core.crypto import Cipher, Indexer, Sm2Signer
from core.decide import check_text
from core.entries import Entry, event_hash
from core.errors import FieldMissing, NotYours, Unknown
from core.licences import keeping, subjects
from core.licences.codes import writing as codes
from core.licences.codes.stamp import Stamp
from core.licences.desk import Desk, LibraryAct, Told
from core.models.record import events
from core.people import Actor
from core.policy import Policy
from core.policy.codes import code_rules
from core.policy.library import BATCH, CODE, LICENCE, SUBJECT, ActRule, library_rules
from core.ports import Clock
from core.receipts import Done, answered, keep_receipt, refuse
from core.sm import sm3
from core.worktime import local_date

NEW_EVENT = insert(events).returning(events.c.id)
PAGE = "library"
"""The page of permissions.yaml whose roles keep the library."""
Writer = Callable[[Desk, LibraryAct], list[Told]]
"""Writes one act of a book and tells what became of its rows; the last of them is what the act was about."""


class Wired(Protocol):
    """What of the core the door needs."""

    @property
    def policy(self) -> Policy: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def signer(self) -> Sm2Signer: ...

    @property
    def cipher(self) -> Cipher: ...

    @property
    def indexer(self) -> Indexer: ...


class LibraryDoor:
    """Every change of subjects and licences, one at a time."""

    def __init__(self, core: Wired, line: CommitLine) -> None:
        self._core, self._line = core, line
        self._more: dict[str, Writer] = {}

    def teach(self, book: str, writer: Writer) -> None:
        """Take in a book that is kept by a part above the library, through the same door."""
        self._more[book] = writer

    def write(self, act: LibraryAct) -> Done:
        """Do it, or answer as before for a known key; `no` of the answer is the row. Raises a Refusal, on record."""
        now, digest = self._core.clock.now(), _digest(act)
        what = f"{act.book}:{act.row[:40] if act.row.isprintable() else ''}"
        job = Job(
            0,
            lambda tx: self._run(tx, act, digest, now),
            lambda tx, no: refuse(tx, act.key, digest, act.actor, f"{act.book}.{act.act}", what, now, no),
        )
        done: Done = self._line.submit(job)
        return done

    def _run(self, tx: Connection, act: LibraryAct, digest: str, now: datetime) -> tuple[Done, Sequence[Entry]]:
        if earlier := answered(tx, act.key, digest):
            return earlier, ()
        rules = library_rules()
        rule = rules.acts.get(act.book, {}).get(act.act)
        if rule is None:
            raise Unknown(what="这个动作")
        may_keep(self._core.policy, act.actor, rule.title)
        reason = _reason(rule, act.reason, rules.limits.reason)
        desk = Desk(tx, act.actor, now, local_date(now), rules, rule, self._core.cipher, self._core.indexer)
        if (writer := self._more.get(act.book)) is not None:
            told = writer(desk, act)
        else:
            told = self._codes(desk, act, reason) if act.book in (CODE, BATCH) else _written(desk, act)
        entries = [recorded(tx, one, act.actor, now, act.source, reason) for one in told]
        last = told[-1]
        sentence = f"已{rule.title}「{last.called}」"
        done = Done(entries[-1].event_id or 0, 0, last.row, f"{last.book}.{last.event}", sentence)
        keep_receipt(tx, act.key, digest, done, now)
        return done, entries

    def _codes(self, desk: Desk, act: LibraryAct, reason: str) -> list[Told]:
        stamp = Stamp(self._core.signer, code_rules())
        return codes.write(desk, stamp, act.book, act.act, act.row, act.values, reason, act.seen)


def may_keep(policy: Policy, actor: Actor, action: str) -> None:
    """Raises NotYours for whoever does not keep the library."""
    roles = policy.pages[PAGE]
    if actor.role not in roles and actor.system is None:
        raise NotYours(holder="、".join(title for role, title in policy.roles.items() if role in roles), action=action)


def _reason(rule: ActRule, told: str, most: int) -> str:
    reason = told.strip()
    if rule.reason and not reason:
        raise FieldMissing(field="原因", action=rule.title)
    check_text("原因", reason, most)
    return reason


def _written(desk: Desk, act: LibraryAct) -> list[Told]:
    if act.book == LICENCE:
        return keeping.write(desk, act.act, act.row, act.values, act.seen)
    if act.act == "add":
        return [subjects.add(desk, act.values)]
    row = subjects.locked(desk, act.row, act.seen)
    doing: Callable[[], Told] = {
        "change": lambda: subjects.change(desk, row, act.values),
        "delete": lambda: subjects.remove(desk, row),
    }[act.act]
    return [doing()]


def recorded(tx: Connection, told: Told, who: Actor, now: datetime, source: str, reason: str = "") -> Entry:
    """The event of one row and its entry in the log, by which the history of the row is found."""
    facts = {"row": told.row, **told.facts, **({"reason": reason} if reason else {})}
    row = {**event_row(told, who, source), "at": now, "facts": canonical(facts)}
    event: int = tx.execute(NEW_EVENT, row).scalar_one()
    digest = event_hash({**row, "id": event})
    return Entry(
        now, who.person, who.post, who.channel, who.address, *called_in_log(told), "done", event_id=event,
        event_hash=digest,
    )  # fmt: skip


def event_row(told: Told, who: Actor, source: str) -> dict[str, Any]:
    """What an event of the library is stored as, but for its moment and its facts."""
    return {
        "case_id": None, "leg_id": None, "flow": told.book, "name": told.event, "person_id": who.person,
        "post_id": who.post, "unit_id": who.unit, "from_state": None, "to_state": None, "seq": told.seq,
        "source": source,
    }  # fmt: skip


def called_in_log(told: Told) -> tuple[str, str]:
    """The action, and what it was done to, as the log names them."""
    return f"{told.book}.{told.event}", f"{told.book}:{told.row}"


def _digest(act: LibraryAct) -> str:
    told = [act.book, act.act, act.row, dict(act.values), act.reason, act.actor.person]
    return sm3(canonical(told).encode("utf-8", "surrogatepass")).hex()


__all__ = ["SUBJECT", "LibraryDoor", "may_keep", "recorded"]

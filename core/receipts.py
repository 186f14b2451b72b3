"""What a cause was answered: a repeat of its key gets the same answer again, a refusal too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from core import early, errors, joint_errors, late
from core.entries import Entry
from core.errors import DifferentBody, Malformed, Refusal
from core.models.record import receipts
from core.people import Actor
from core.queries.sheets import Rows

NEW_RECEIPT = insert(receipts)
LONGEST_KEY = 300
RECEIPTS = select(receipts.c.key, receipts.c.body_hash, receipts.c.answer).where(
    receipts.c.key.in_(bindparam("keys", expanding=True))
)
RECEIPT = select(receipts.c.body_hash, receipts.c.answer).where(receipts.c.key == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command; a repeat of its key gets the same again, with `repeated` set.

    `rows`: the case and its legs as this command left them, for whoever shows them next; None for a repeat.
    """

    event: int
    case: int
    no: str
    name: str
    sentence: str
    repeated: bool = False
    rows: Rows | None = field(default=None, compare=False, repr=False)


def can_be_kept(key: str) -> bool:
    """Whether a cause's key can lie in the database."""
    return len(key) <= LONGEST_KEY and key.isprintable()


def read_receipts(tx: Connection, keys: Iterable[str]) -> None:
    """What several causes were answered before, kept at hand for `answered`."""
    asked = [key for key in keys if can_be_kept(key)]
    known = {row.key: row for row in tx.execute(RECEIPTS, {"keys": asked})}
    early.keep(tx, "receipt", {key: known.get(key) for key in asked})


def once(what: str) -> tuple[str, str]:
    """Key and digest of something that may come about once, whatever is written with it the second time."""
    return f"once:{what}", "once"


def answered(tx: Connection, key: str, digest: str) -> Done | None:
    """What this key was answered before, or None.

    Raises the earlier refusal again; DifferentBody on another body; Malformed for a key that cannot be kept.
    """
    if not can_be_kept(key):
        raise Malformed(why="请求编号过长或含有不能显示的字符")
    row = early.take(tx, "receipt", key)
    if row is early.ABSENT:
        row = tx.execute(RECEIPT, {"key": key}).first()
    if row is None:
        return None
    if row.body_hash != digest:
        raise DifferentBody()
    if "refusal" in row.answer:
        raise again(row.answer["refusal"], row.answer["text"])
    return Done(**{**row.answer, "repeated": True})


def again(kind: str, text: str) -> Refusal:
    """An earlier refusal as it was told."""
    found = getattr(errors, kind, getattr(joint_errors, kind, Refusal))
    refusal: Refusal = found.__new__(found)
    Exception.__init__(refusal, text)
    refusal.facts = {"repeated": True}
    return refusal


def keep_receipt(tx: Connection, key: str, digest: str, done: Done, now: datetime) -> None:
    answer = {"event": done.event, "case": done.case, "no": done.no, "name": done.name, "sentence": done.sentence}
    row = {"key": key, "body_hash": digest, "event_id": done.event, "answer": answer, "at": now}
    late.put(tx, NEW_RECEIPT, [row])


def refuse(
    tx: Connection, key: str, digest: str, actor: Actor, action: str, what: str, now: datetime, no: Exception
) -> Sequence[Entry] | None:
    """Record a refusal: a receipt that repeats it and an entry in the log. None for repeats, which are on record."""
    if not isinstance(no, Refusal) or no.facts.get("repeated"):
        return None
    if not isinstance(no, (DifferentBody, Malformed)):
        answer = {"refusal": no.kind, "text": str(no)}
        tx.execute(NEW_RECEIPT, {"key": key, "body_hash": digest, "event_id": None, "answer": answer, "at": now})
    said = action if len(action) <= 40 and action.isprintable() else "unknown"
    return (Entry(now, actor.person, actor.post, actor.channel, actor.address, said, what, "refused", no.kind),)

"""The tray as people see it: what waits, what failed and why; short messages, replies, sending again, giving up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.boards import Late, LetterView
from core.canon import canonical
from core.crypto import Cipher, place
from core.errors import FieldMissing, Unknown
from core.models.cases import cases
from core.models.record import letters
from core.models.sms import sms_sends
from core.ports import Envelope
from core.queries.people import Directory

LATE = timedelta(minutes=5)
"""How old a letter may be that should have left (G6)."""
WAITING = ("due", "dead", "unknown")
NOBODY_NAMED = {"card": "各持卡人", "sms": "群众"}
WORDS = ("text", "words", "guesses")
"""What a letter to one person says, or what they asked for: a number they typed, a sign-in code, a name."""


def closed(cipher: Cipher, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A letter's body with its words sealed for this letter alone (control F2)."""
    words = {name: body[name] for name in WORDS if name in body}
    if not words:
        return dict(body)
    plain = {name: value for name, value in body.items() if name not in WORDS}
    return {**plain, "sealed": cipher.seal(canonical(words), place("letters", "body", key))}


def opened(cipher: Cipher, letter: Envelope) -> Envelope:
    """The letter as its sender reads it. Raises Unreadable."""
    sealed = letter.body.get("sealed")
    if not sealed:
        return letter
    words = json.loads(cipher.open(sealed, place("letters", "body", letter.key)))
    return replace(letter, body={**letter.body, **words})


def spent(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a body once it was said: to whom and about what, not the words."""
    return {name: value for name, value in body.items() if name != "sealed"}


def write(tx: Connection, rows: Sequence[dict[str, Any]]) -> bool:
    """Put letters into the tray; False when their keys are there already, which is a repeat and does nothing."""
    try:
        with tx.begin_nested():
            tx.execute(insert(letters), list(rows))
    except IntegrityError:
        return False
    return True


def listed(tx: Connection, directory: Directory, state: str, page: int, size: int = 30) -> tuple[list[LetterView], int]:
    """Letters newest first. `state`: waiting (due, dead or unknown), sms (all of that channel), one state, or all."""
    where = letters.c.state.in_(WAITING) if state == "waiting" else letters.c.state == state
    where = letters.c.channel == "sms" if state == "sms" else where
    query = select(letters, cases.c.no, cases.c.title).outerjoin(cases, cases.c.id == letters.c.case_id)
    counted = select(func.count()).select_from(letters)
    if state != "all":
        query, counted = query.where(where), counted.where(where)
    rows = tx.execute(query.order_by(letters.c.id.desc()).limit(size).offset((max(1, page) - 1) * size)).all()
    fates = _fates(tx, [row.id for row in rows if row.channel == "sms"])
    return [_view(row, directory, fates.get(row.id, "")) for row in rows], tx.execute(counted).scalar_one()


def _fates(tx: Connection, ids: Sequence[int]) -> dict[int, str]:
    """What became of the last hand-over of each SMS letter."""
    query = select(sms_sends.c.letter_id, sms_sends.c.state).where(sms_sends.c.letter_id.in_(ids))
    return {row.letter_id: row.state for row in tx.execute(query.order_by(sms_sends.c.id))} if ids else {}


def _view(row: Any, directory: Directory, fate: str) -> LetterView:
    body = row.body or {}
    people = body.get("people") or ([body["person"]] if "person" in body else [])
    to = "、".join(filter(None, (directory.person_name(person) for person in people)))
    no, title = row.no or str(body.get("case", "")), row.title or str(body.get("title", ""))
    about = f"{no[-6:]} {title}".strip()
    return LetterView(
        row.id, row.channel, row.kind, to or NOBODY_NAMED.get(row.kind, "12345 平台"), about, row.state,
        row.tries, row.due_at, row.error or "", row.written_at, row.sent_at, fate, row.hold_until,
    )  # fmt: skip


def resend(tx: Connection, letter_id: int) -> None:
    """Make a letter that did not leave due at once. Raises Unknown for any other."""
    waiting = (letters.c.id == letter_id, letters.c.state.in_(WAITING))
    values = {"state": "due", "due_at": datetime.now(UTC), "hold_until": None, "tries": 0}
    if abs(letter_id) >= 2**63 or tx.execute(update(letters).where(*waiting).values(**values)).rowcount != 1:
        raise Unknown(what="这封消息")


def give_up(tx: Connection, letter_id: int, reason: str) -> None:
    """Put a letter aside for good, with the reason."""
    if not reason.strip():
        raise FieldMissing(field="原因", action="放弃发送")
    waiting = (letters.c.id == letter_id, letters.c.state.in_(WAITING))
    body = tx.execute(select(letters.c.body).where(*waiting).with_for_update()).scalar_one_or_none()
    if body is None:
        raise Unknown(what="这封消息")
    values = {"state": "given_up", "error": f"已放弃：{reason.strip()[:200]}", "body": spent(body)}
    tx.execute(update(letters).where(*waiting).values(**values))


def late(tx: Connection, now: datetime) -> Late | None:
    """The letters that wait longer than they may, at this moment of business time; None when there are none.

    A letter waits from when it was written, or from when its quiet hours ended, however often it was tried since
    (security-reliability §5, Tray; control G6).
    """
    waits = func.coalesce(letters.c.hold_until, letters.c.written_at, type_=letters.c.written_at.type)
    query = select(func.count(), func.min(waits)).where(letters.c.state == "due", waits <= now - LATE)
    count, since = tx.execute(query).one()
    return Late(count, since) if count else None

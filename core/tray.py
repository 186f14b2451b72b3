"""The tray as people see it: what waits, what failed and why; short messages, replies, sending again, giving up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.boards import LetterView
from core.crypto import Cipher, place
from core.db import canonical
from core.errors import FieldMissing, Unknown
from core.models.cases import cases
from core.models.record import letters
from core.ports import Envelope
from core.queries.people import Directory

WAITING = ("due", "dead", "unknown")
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
    """Letters newest first. `state`: waiting (due, dead or unknown), or one state, or all."""
    where = letters.c.state.in_(WAITING) if state == "waiting" else letters.c.state == state
    query = select(letters, cases.c.no, cases.c.title).outerjoin(cases, cases.c.id == letters.c.case_id)
    counted = select(func.count()).select_from(letters)
    if state != "all":
        query, counted = query.where(where), counted.where(where)
    rows = tx.execute(query.order_by(letters.c.id.desc()).limit(size).offset((max(1, page) - 1) * size)).all()
    return [_view(row, directory) for row in rows], tx.execute(counted).scalar_one()


def _view(row: Any, directory: Directory) -> LetterView:
    body = row.body or {}
    people = body.get("people") or ([body["person"]] if "person" in body else [])
    to = "、".join(filter(None, (directory.person_name(person) for person in people)))
    about = f"{row.no[-6:]} {row.title}" if row.no else body.get("title", "")
    return LetterView(
        row.id, row.channel, row.kind, to or ("各持卡人" if row.kind == "card" else "12345 平台"), about, row.state,
        row.tries, row.due_at, row.error or "", row.written_at, row.sent_at,
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


def oldest_due(tx: Connection) -> datetime | None:
    """When the oldest letter still waiting fell due (real time): an alarm beyond five minutes."""
    now = datetime.now(UTC)
    waiting = or_(letters.c.leased_until.is_(None), letters.c.leased_until < now)
    oldest: datetime | None = tx.execute(
        select(func.min(letters.c.due_at)).where(letters.c.state == "due", waiting)
    ).scalar_one()
    return oldest

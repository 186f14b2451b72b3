"""The chained log as an office keeps it: entries for what is no command, pages to read, the daily head, the verdict."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select, text

from core import chain
from core.boards import LogLine
from core.crypto import Signer
from core.entries import Entry
from core.models.people import people
from core.models.record import audit_log, daily_heads
from core.people import Actor


def entry(
    now: datetime,
    actor: Actor | None,
    action: str,
    what: str,
    result: str,
    reason: str = "",
    channel: str = "",
    address: str = "",
) -> Entry:
    """An entry in ids and names of things, never their values (security-reliability §5.6)."""
    if actor is None:
        return Entry(now, None, None, channel or "web", address, action, what, result, reason[:200])
    return Entry(
        now,
        actor.person,
        actor.post,
        channel or actor.channel,
        address or actor.address,
        action,
        what,
        result,
        reason[:200],
    )


def page(tx: Connection, number: int, words: str, size: int = 50) -> tuple[list[LogLine], int]:
    """One page, newest first; `words` narrows by action, object, result or person."""
    where = []
    if words.strip():
        columns = (audit_log.c.action, audit_log.c.object, audit_log.c.result, people.c.name)
        where.append(or_(*(column.contains(words.strip(), autoescape=True) for column in columns)))
    joined = audit_log.outerjoin(people, people.c.id == audit_log.c.actor_person)
    total = tx.execute(select(func.count()).select_from(joined).where(*where)).scalar_one()
    query = select(audit_log, people.c.name.label("who")).select_from(joined).where(*where)
    rows = tx.execute(query.order_by(audit_log.c.seq.desc()).limit(size).offset((max(1, number) - 1) * size)).all()
    return [_line(row) for row in rows], total


def _line(row: Any) -> LogLine:
    return LogLine(
        row.seq,
        row.at,
        row.who or "系统",
        row.channel,
        row.action,
        row.object,
        row.result,
        row.reason,
        row.reference,
        row.mac,
    )


def verify_all(engine: Engine, key: bytes, signer: Signer) -> chain.Verdict:
    """The whole chain against its head, its signed days and the events it vouches for."""
    with engine.connect().execution_options(readonly=True) as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("SET LOCAL statement_timeout = 0"))
        return chain.verify(tx, key, signer=signer)


def sign(tx: Connection, day: date, signer: Signer, key: bytes) -> tuple[str, bool]:
    """The sentence of the day's signed head, and whether it was signed just now. Raises LogBroken."""
    known = tx.execute(select(daily_heads.c.day).where(daily_heads.c.day == day)).first()
    return chain.head_sentence(chain.sign_day(tx, day, signer, key)), known is None

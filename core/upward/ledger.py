"""The book of what went up: rows offered and answered, the cursor along the log, what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from core.boards import UpwardRow, UpwardView
from core.models.cases import cases
from core.models.record import audit_log, events
from core.models.upward import upward_rows, upward_state
from core.ports import Verdict
from core.upward.content import Shown

NAME = "province"
MOST_ENTRIES = 400
COUNTED = 5000  # entries of the log looked at to say how many cases wait
NOTHING: Mapping[str, Any] = {
    "seq": 0,
    "failures": 0,
    "next_at": None,
    "tried_at": None,
    "pushed_at": None,
    "error": None,
}
UNANSWERED = "对方没有答复这一行"
STATES = {"taken": "sent", "refused": "failed", "later": "due"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A row about to leave, under its revision."""

    id: int
    shown: Shown
    revision: int


def state_of(tx: Connection) -> Mapping[str, Any]:
    row = tx.execute(select(upward_state).where(upward_state.c.name == NAME)).mappings().first()
    return dict(row) if row is not None else NOTHING


def locked(tx: Connection) -> Mapping[str, Any]:
    """The one row of the state, made when it is missing; whoever holds it offers."""
    mine = select(upward_state).where(upward_state.c.name == NAME).with_for_update()
    row = tx.execute(mine).mappings().first()
    if row is None:
        tx.execute(insert(upward_state), {"name": NAME, **NOTHING})
        row = tx.execute(mine).mappings().one()
    return dict(row)


def touched(tx: Connection, seq: int, most: int) -> tuple[int, list[int], bool]:
    """The cases of the next entries of the log, `most` at most; how far it is read with them; whether more follows.

    The log is numbered in the order of commits, which the ids of events need not be.
    """
    query = (
        select(audit_log.c.seq, events.c.case_id)
        .outerjoin(events, events.c.id == audit_log.c.event_id)
        .where(audit_log.c.seq > seq)
        .order_by(audit_log.c.seq)
        .limit(MOST_ENTRIES)
    )
    rows, found, end = tx.execute(query).all(), dict[int, None](), seq
    for row in rows:
        if row.case_id is not None and row.case_id not in found and len(found) == most:
            return end, list(found), True
        end = row.seq
        if row.case_id is not None:
            found[row.case_id] = None
    return end, list(found), len(rows) == MOST_ENTRIES


def wished(tx: Connection, most: int) -> list[int]:
    """The cases of rows that are to go again."""
    query = select(upward_rows.c.case_id).where(upward_rows.c.state == "due").order_by(upward_rows.c.id).limit(most)
    return list(tx.execute(query).scalars())


def offer(tx: Connection, found: Sequence[Shown], now: datetime) -> list[Offer]:
    """Write down what leaves: new rows, changed ones under their next revision, and those without an answer yet."""
    ids = {one.case for one in found}
    known = {
        (row.resource, row.number): row for row in tx.execute(select(upward_rows).where(upward_rows.c.case_id.in_(ids)))
    }
    offers = list[Offer]()
    for one in found:
        row, digest = known.get((one.resource, one.number)), one.digest
        if row is not None and row.digest == digest:
            if row.state in ("due", "offered"):
                offers.append(Offer(row.id, one, row.revision))
            continue
        fresh = {"digest": digest, "state": "offered", "error": None, "changed_at": now}
        if row is None:
            values = {"resource": one.resource, "number": one.number, "case_id": one.case, "revision": 1, **fresh}
            made = insert(upward_rows).values(**values, acknowledged=0).returning(upward_rows.c.id)
            offers.append(Offer(tx.execute(made).scalar_one(), one, 1))
            continue
        revision = row.revision + 1
        tx.execute(update(upward_rows).where(upward_rows.c.id == row.id).values(revision=revision, **fresh))
        offers.append(Offer(row.id, one, revision))
    return offers


def settle(tx: Connection, batch: Sequence[Offer], said: Sequence[Verdict], now: datetime) -> int:
    """Keep the platform's answers; returns how many rows it took. A row it did not speak of goes again next time."""
    answers, taken = {(one.number, one.revision): one for one in said}, 0
    for one in batch:
        told = answers.get((one.shown.number, one.revision))
        fate, why = ("later", UNANSWERED) if told is None else (told.fate, told.why or None)
        values: dict[str, Any] = {"state": STATES[fate], "error": why, "changed_at": now}
        if fate == "taken":
            values["acknowledged"], taken = one.revision, taken + 1
        mine = (upward_rows.c.id == one.id, upward_rows.c.revision == one.revision)
        tx.execute(update(upward_rows).where(*mine).values(**values))
    return taken


def moved(tx: Connection, now: datetime, seq: int, every: timedelta) -> None:
    """Everything up to here was answered for."""
    told = {"seq": seq, "failures": 0, "error": None, "tried_at": now, "pushed_at": now, "next_at": now + every}
    tx.execute(update(upward_state).where(upward_state.c.name == NAME).values(**told))


def failed(tx: Connection, now: datetime, why: str, wait: Callable[[int], timedelta]) -> None:
    """No answer: the cursor stays where it is, the next try is later."""
    failures = locked(tx)["failures"] + 1
    told = {"failures": failures, "error": why[:200], "tried_at": now, "next_at": now + wait(failures)}
    tx.execute(update(upward_state).where(upward_state.c.name == NAME).values(**told))


def wish(tx: Connection, row: int | None, now: datetime) -> int:
    """Refused rows go again (one, or all); the next push is due at once. Returns how many."""
    mine = upward_rows.c.state == "failed"
    if row is not None:
        if row >= 2**63:
            return 0
        mine = mine & (upward_rows.c.id == row)
    count = tx.execute(update(upward_rows).where(mine).values(state="due", changed_at=now)).rowcount
    if count:
        locked(tx)
        tx.execute(update(upward_state).where(upward_state.c.name == NAME).values(next_at=now))
    return count


def view(tx: Connection, page: int, size: int) -> UpwardView:
    """How it stands, and a page of the refused rows, newest first."""
    state = state_of(tx)
    counted = select(upward_rows.c.state, func.count().label("rows")).group_by(upward_rows.c.state)
    counts = {row.state: row.rows for row in tx.execute(counted)}
    ahead = (
        select(events.c.case_id, audit_log.c.seq)
        .select_from(audit_log.outerjoin(events, events.c.id == audit_log.c.event_id))
        .where(audit_log.c.seq > state["seq"])
        .order_by(audit_log.c.seq)
        .limit(COUNTED)
        .subquery()
    )
    waiting, entries = tx.execute(select(func.count(ahead.c.case_id.distinct()), func.count(ahead.c.seq))).one()
    rows = tx.execute(
        select(upward_rows, cases.c.no, cases.c.title)
        .join(cases, cases.c.id == upward_rows.c.case_id)
        .where(upward_rows.c.state == "failed")
        .order_by(upward_rows.c.id.desc())
        .limit(size)
        .offset((max(1, page) - 1) * size)
    )
    return UpwardView(
        pushed_at=state["pushed_at"], tried_at=state["tried_at"], next_at=state["next_at"], error=state["error"] or "",
        waiting=waiting + counts.get("due", 0), more=entries == COUNTED, sent=counts.get("sent", 0),
        failed=counts.get("failed", 0),
        rows=tuple(
            UpwardRow(
                row.id, row.resource, row.number, row.no, row.title, row.revision, row.error or "", row.changed_at
            )
            for row in rows
        ),
    )  # fmt: skip

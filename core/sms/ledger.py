"""What was handed to the SMS platform and what became of it: the record of each message and the year's budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from core.models.record import letters
from core.models.sms import sms_sends
from core.policy.texting import SmsPolicy
from core.ports import SmsReport
from core.worktime import SHANGHAI, local_date

COSTS = ("sending", "unknown", "sent", "delivered")
"""States that are or may be billed: what failed on its way is free (wechat-sms.md §9.5)."""
OPEN = ("sending", "unknown", "sent")
"""States a report may still change; the first final word stays."""
ABSENT = "absent"
"""The code of a message that the platform does not know."""
LETTER = {"sent": "sent", "delivered": "sent", "failed": "dead", "unknown": "unknown"}
IN_TURN = select(func.pg_advisory_xact_lock(20_260_311))
"""Budget is asked and taken by one process after the other. SQLite has one writer anyway."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The budget as the tray shows it, in messages: of the year and of this month."""

    year: int
    a_year: int
    spent: int
    month: int
    a_month: int
    reserve: int

    @property
    def left(self) -> int:
        return max(0, self.a_year - self.spent)

    @property
    def percent(self) -> int:
        """Of the year, rounded down."""
        return min(100, self.spent * 100 // self.a_year) if self.a_year else 100


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to leave; `out_id` is our own name for it, new with each hand-over."""

    letter: int
    out_id: str
    person: int | None
    template: str
    purpose: str
    parts: int
    words_index: str
    phone_sealed: str
    phone_index: str


def usage(tx: Connection, policy: SmsPolicy, now: datetime) -> Usage:
    """What is spent of the calendar year and month in which `now` (business time) lies."""
    today = local_date(now)
    spent, month = _spent(tx, today.replace(month=1, day=1)), _spent(tx, today.replace(day=1))
    return Usage(today.year, policy.a_year, spent, month, policy.a_month, policy.reserve)


def _spent(tx: Connection, since: date) -> int:
    start = datetime.combine(since, time(), SHANGHAI).astimezone(UTC)
    billed = (sms_sends.c.at >= start, sms_sends.c.state.in_(COSTS))
    return int(tx.execute(select(func.coalesce(func.sum(sms_sends.c.parts), 0)).where(*billed)).scalar_one())


def latest(tx: Connection, letter_id: int) -> Any:
    """The last hand-over of a letter, or None."""
    mine = select(sms_sends).where(sms_sends.c.letter_id == letter_id)
    return tx.execute(mine.order_by(sms_sends.c.id.desc()).limit(1)).first()


def handed(tx: Connection, out_id: str) -> Any:
    """A hand-over by our own name for it, or None."""
    return tx.execute(select(sms_sends).where(sms_sends.c.out_id == out_id)).first()


def said_lately(tx: Connection, draft: Draft, since: datetime) -> bool:
    """Whether another letter said the same words to the same person since then (business time).

    A message to a bare number is a code: never said twice, and asked for anew when it does not come.
    """
    if draft.person is None:
        return False
    same = (
        sms_sends.c.person_id == draft.person, sms_sends.c.at >= since, sms_sends.c.state.in_(COSTS),
        sms_sends.c.words_index == draft.words_index, sms_sends.c.letter_id != draft.letter,
    )  # fmt: skip
    return tx.execute(select(sms_sends.c.id).where(*same).limit(1)).first() is not None


def begin(tx: Connection, policy: SmsPolicy, draft: Draft, now: datetime, real: datetime, look_at: datetime) -> bool:
    """Write down that a message is about to leave, before it does; False when the budget has nothing left for it."""
    if tx.dialect.name == "postgresql":
        tx.execute(IN_TURN)
    if policy.left_for(draft.purpose, usage(tx, policy, now).spent) < draft.parts:
        return False
    row = {
        "letter_id": draft.letter, "out_id": draft.out_id, "person_id": draft.person, "template": draft.template,
        "purpose": draft.purpose, "parts": draft.parts, "state": "sending", "code": None, "biz_id": None,
        "words_index": draft.words_index, "phone_sealed": draft.phone_sealed, "phone_index": draft.phone_index,
        "at": now, "handed_at": real, "settled_at": None, "look_at": look_at, "looks": 0, "lost": 0,
    }  # fmt: skip
    old = latest(tx, draft.letter)
    if old is not None and old.state == "refused":  # it was never accepted: the row serves the next try
        tx.execute(update(sms_sends).where(sms_sends.c.id == old.id).values(**{**row, "lost": old.lost}))
    else:
        tx.execute(insert(sms_sends), row)
    return True


def settle(tx: Connection, out_id: str, real: datetime, state: str, **values: Any) -> bool:
    """The answer to a hand-over: sent, unknown or refused. A report that came first stays."""
    ended = {"settled_at": real, "phone_sealed": None, "look_at": None} if state == "refused" else {}
    mine = (sms_sends.c.out_id == out_id, sms_sends.c.state.in_(("sending", "unknown")))
    done = tx.execute(update(sms_sends).where(*mine).values(state=state, **ended, **values))
    return bool(done.rowcount)


def take_report(tx: Connection, report: SmsReport, real: datetime, now: datetime) -> bool:
    """A carrier's word, pushed or asked for; False when it tells nothing new. Its letter shows it."""
    row = tx.execute(select(sms_sends).where(sms_sends.c.out_id == report.out_id).with_for_update()).first()
    if row is None or row.state not in OPEN:
        return False
    if report.delivered is None:
        fresh = settle(tx, report.out_id, real, "sent", biz_id=report.biz_id or row.biz_id)
        _follow(tx, row, "sent", None, now)
        return fresh
    state = "delivered" if report.delivered else "failed"
    values = {
        "state": state, "code": report.code[:60], "biz_id": report.biz_id or row.biz_id, "settled_at": real,
        "look_at": None, "phone_sealed": None, "parts": report.parts or row.parts,
    }  # fmt: skip
    tx.execute(update(sms_sends).where(sms_sends.c.id == row.id).values(**values))
    _follow(tx, row, state, None if report.delivered else f"手机没有收到（{report.code[:60]}）", now)
    return True


def _follow(tx: Connection, row: Any, state: str, error: str | None, now: datetime) -> None:
    """Bring the letter to what became of its last hand-over, out of the hands of whoever still holds it."""
    if latest(tx, row.letter_id).id != row.id:
        return
    values: dict[str, Any] = {"state": LETTER[state], "error": error, "lease": None, "leased_until": None}
    if state in ("sent", "delivered"):
        values["sent_at"] = func.coalesce(letters.c.sent_at, now)
    waits = letters.c.state.in_(("due", "unknown", "sent"))
    tx.execute(update(letters).where(letters.c.id == row.letter_id, waits).values(**values))


def never_left(tx: Connection, row: Any, real: datetime) -> bool:
    """The platform does not know this message: it was never accepted. False when a report came meanwhile."""
    return settle(tx, row.out_id, real, "refused", code=ABSENT, lost=row.lost + 1)


def let_go_again(tx: Connection, policy: SmsPolicy, row: Any, real: datetime) -> None:
    """The letter of a message that never left goes once more, or is dead when that was tried before."""
    again = row.lost < policy.again
    values = {"state": "due", "due_at": real, "tries": 0} if again else {"state": "dead", "error": "短信平台没有收到"}
    waits = and_(letters.c.id == row.letter_id, letters.c.state == "unknown")
    tx.execute(update(letters).where(waits).values(lease=None, leased_until=None, **values))


def due_looks(tx: Connection, real: datetime, most: int) -> list[Any]:
    """Hand-overs whose fate is to be asked for now, oldest first."""
    query = select(sms_sends).where(sms_sends.c.look_at <= real, sms_sends.c.state.in_(OPEN))
    return list(tx.execute(query.order_by(sms_sends.c.look_at).limit(most)).all())


def look_later(tx: Connection, row: Any, at: datetime) -> None:
    """Ask again then."""
    same = (sms_sends.c.id == row.id, sms_sends.c.look_at == row.look_at)
    tx.execute(update(sms_sends).where(*same).values(look_at=at, looks=row.looks + 1))


def lose(tx: Connection, row: Any, now: datetime) -> None:
    """Nobody will ever say what became of it: a person decides."""
    same = (sms_sends.c.id == row.id, or_(*(sms_sends.c.state == state for state in OPEN)))
    if tx.execute(update(sms_sends).where(*same).values(state="unknown", look_at=None, phone_sealed=None)).rowcount:
        _follow(tx, row, "unknown", "三天没有回执，不知道是否收到", now)

"""The record nobody can change quietly: entries chained by HMAC-SM3, heads signed once a day, and their verifier.

The rules are those of security-reliability §5. The chain shows an entry that was edited, deleted, swapped or inserted;
a tail that was cut off together with its head shows only against a daily head, best one that was sent out of the house.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    func,
    insert,
    select,
    type_coerce,
    update,
)

from core.append_only import DROP_TRIGGERS, TRIGGERS
from core.crypto import Signer
from core.entries import (
    EVENT_COLUMNS,
    GENESIS,
    LATER_COLUMNS,
    Entry,
    Head,
    entry_mac,
    entry_values,
    event_hash,
    moment_text,
)
from core.many import put
from core.models.record import audit_log, daily_heads, events, log_head

__all__ = [
    "DROP_TRIGGERS", "GENESIS", "TRIGGERS", "DailyHead", "Entry", "Head", "LogBroken", "Verdict",
    "append", "event_hash", "head", "head_sentence", "sign_day", "verify",
]  # fmt: skip


def _raw(column: ColumnElement[Any], label: str) -> ColumnElement[Any]:
    """A column as it lies in the database: moments and facts unread, so that the verifier sees the very text."""
    return type_coerce(column, Text).label(label)


_HEAD = select(log_head.c.seq, log_head.c.mac).where(log_head.c.id == 1)
_LOCKED_HEAD = _HEAD.with_for_update()
_INSERT = insert(audit_log)
ONE_BY_ONE = 50  # so many entries, a rush of clicks, go as fast with the statement that is prepared already
_MOVE_HEAD = update(log_head).where(log_head.c.id == 1).values(seq=bindparam("new_seq"), mac=bindparam("new_mac"))
_LOG_COLUMNS = tuple(column.name for column in audit_log.c)
_END = select(  # one statement, hence one moment, however busy the log is
    select(log_head.c.seq).where(log_head.c.id == 1).scalar_subquery().label("seq"),
    select(log_head.c.mac).where(log_head.c.id == 1).scalar_subquery().label("mac"),
    select(func.max(audit_log.c.seq)).scalar_subquery().label("last"),
)
_END_AND_EVENTS = _END.add_columns(select(func.count()).select_from(events).scalar_subquery().label("events"))
_DAYS = select(daily_heads.c.day, daily_heads.c.seq, daily_heads.c.mac, daily_heads.c.signature)
_BATCH = (
    select(
        *(_raw(column, column.name) if column.name == "at" else column for column in audit_log.c),
        *(_raw(events.c[name], f"event_{name}") for name in (*EVENT_COLUMNS, *LATER_COLUMNS)),
    )
    .outerjoin_from(audit_log, events, events.c.id == audit_log.c.event_id)
    .where(audit_log.c.seq > bindparam("since"), audit_log.c.seq <= bindparam("until"))
    .order_by(audit_log.c.seq)
    .limit(bindparam("batch"))
)


class LogBroken(Exception):
    """The end of the log does not fit its head, so it must not be signed; the verifier tells where it broke."""


@dataclass(frozen=True, slots=True)
class DailyHead:
    """The head at the end of a day, signed."""

    day: date
    seq: int
    mac: str
    signature: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verifier found: how many entries it checked and, if not ok, the first broken one and why."""

    ok: bool
    checked: int
    first_broken: int | None
    why: str
    head_seq: int


def append(tx: Connection, entries: Sequence[Entry], key: bytes) -> int:
    """Append entries in their order and return the last seq. Call it last before the commit: it locks the head.

    Three statements whatever the number of entries (and a fourth once, for the very first entry of all).
    """
    if not entries:
        return head(tx).seq
    row = tx.execute(_LOCKED_HEAD).first()
    seq, mac = (0, GENESIS) if row is None else (int(row.seq), row.mac)
    if row is None:
        tx.execute(insert(log_head), {"id": 1, "seq": seq, "mac": mac})
    rows: list[dict[str, Any]] = []
    for entry in entries:
        seq += 1
        values = entry_values(seq, entry)
        mac = entry_mac(key, mac, values)
        values["mac"], values["at"] = mac, entry.at
        rows.append(values)
    if len(rows) > ONE_BY_ONE:
        put(tx, audit_log, rows)
    else:
        tx.execute(_INSERT, rows if len(rows) > 1 else rows[0])
    tx.execute(_MOVE_HEAD, {"new_seq": seq, "new_mac": mac})
    return seq


def head(tx: Connection) -> Head:
    """The end of the log; seq 0 while it is empty."""
    row = tx.execute(_HEAD).first()
    return Head(0, GENESIS) if row is None else Head(row.seq, row.mac)


def verify(
    tx: Connection,
    key: bytes,
    *,
    signer: Signer | None = None,
    since: int = 0,
    batch: int = 5000,
    kept: Sequence[Head] = (),
) -> Verdict:
    """Check every entry after `since` (which is trusted), its event, the head, and the daily heads.

    With a signer the signatures are checked too. `kept` are heads from outside, as chat messages and printouts hold
    them: their mac may be cut short. From 0 it also finds events that no entry vouches for. Works in batches, in
    memory for one of them and a byte per event, beside a running product.
    """
    end = tx.execute(_END if since else _END_AND_EVENTS).one()
    seq, checked, vouched = since, 0, bytearray()
    try:
        mac, last_mac = _before(tx, since), end.mac or GENESIS
        marks = _marks(tx, signer, since, kept)
        for row in _entries(tx, since, end.seq or 0, batch):
            seq, mac = _check(row, seq + 1, mac, key, vouched)
            checked += 1
            for mark in marks.pop(seq, ()):
                mark.check(mac)
        _check_end(seq, mac, Head(end.seq or 0, last_mac), end.last or 0, marks)
        if since == 0 and sum(vouched) < end.events:
            raise _Broken(None, f"有 {end.events - sum(vouched)} 个事件在日志中没有记录。")
    except _Broken as broken:
        return Verdict(False, checked, broken.seq, broken.why, end.seq or 0)
    return Verdict(True, checked, None, "", end.seq or 0)


def sign_day(tx: Connection, day: date, signer: Signer, key: bytes) -> DailyHead:
    """Sign the head as it stands for this day and keep it; a day already signed is returned as it was.

    Raises LogBroken if the last entry does not fit the head: a forged end must not get a signature.
    """
    row = tx.execute(select(daily_heads).where(daily_heads.c.day == day)).first()
    if row is not None:
        return DailyHead(row.day, row.seq, row.mac, row.signature)
    now = head(tx)
    verdict = verify(tx, key, since=max(now.seq - 1, 0))
    if not verdict.ok:
        raise LogBroken(verdict.why)
    made = DailyHead(day, now.seq, now.mac, signer.sign(_statement(day, now.seq, now.mac)))
    tx.execute(insert(daily_heads), {"day": day, "seq": made.seq, "mac": made.mac, "signature": made.signature})
    return made


def head_sentence(daily: DailyHead) -> str:
    """The line that leaves the house, to be kept by somebody who does not run this machine."""
    day = daily.day
    return (
        f"{day.year} 年 {day.month} 月 {day.day} 日操作日志共 {daily.seq} 条，末条校验码 {daily.mac[:32]}，"
        f"签名 {daily.signature[-16:]}。请保留本条消息，核对日志时以此为准。"
    )


class _Broken(Exception):
    """Where the verifier stopped: the entry (None if it is an event without one) and the Chinese reason."""

    def __init__(self, seq: int | None, why: str) -> None:
        super().__init__(why)
        self.seq, self.why = seq, why


@dataclass(frozen=True, slots=True)
class _Mark:
    """A head somebody vouched for earlier: the log must still pass through it."""

    seq: int
    mac: str
    title: str
    genuine: bool

    def check(self, mac: str | None) -> None:
        if not self.genuine:
            raise _Broken(self.seq, f"{self.title}的签名不符。")
        if mac is not None and not (self.mac and mac.startswith(self.mac)):
            raise _Broken(self.seq, f"第 {self.seq} 条与{self.title}不符，日志曾被重写。")


def _marks(tx: Connection, signer: Signer | None, since: int, kept: Sequence[Head]) -> dict[int, list[_Mark]]:
    marks: dict[int, list[_Mark]] = {}
    for day, seq, mac, signature in tx.execute(_DAYS.where(daily_heads.c.seq > since)):
        genuine = signer is None or signer.verify(_statement(day, seq, mac), signature)
        marks.setdefault(seq, []).append(_Mark(seq, mac, f"「{day}」的每日日志头", genuine))
    for known in kept:
        if known.seq > since:
            marks.setdefault(known.seq, []).append(_Mark(known.seq, known.mac, "外存的日志头", True))
    return marks


def _before(tx: Connection, since: int) -> str:
    if since == 0:
        return GENESIS
    mac = tx.execute(select(audit_log.c.mac).where(audit_log.c.seq == since)).scalar()
    if mac is None:
        raise _Broken(since, f"第 {since} 条缺失。")
    return str(mac)


def _entries(tx: Connection, since: int, until: int, batch: int) -> Iterator[Sequence[Any]]:
    """Rows of the log up to `until`, each with the event it names behind it."""
    while since < until:
        rows = tx.execute(_BATCH, {"since": since, "until": until, "batch": batch}).all()
        if not rows:
            return
        yield from rows
        since = rows[-1][0]


def _check(row: Sequence[Any], seq: int, mac: str, key: bytes, vouched: bytearray) -> tuple[int, str]:
    values = dict(zip(_LOG_COLUMNS, row, strict=False))
    claimed = values.pop("mac")
    if values["seq"] != seq:
        raise _Broken(seq, f"第 {seq} 条缺失。")
    mac = entry_mac(key, mac, values | {"at": moment_text(values["at"])})
    if mac != claimed:
        raise _Broken(seq, f"第 {seq} 条与校验码不符，内容或次序被改动。")
    if (event := values["event_id"]) is not None:
        stored = dict(zip((*EVENT_COLUMNS, *LATER_COLUMNS), row[len(_LOG_COLUMNS) :], strict=True))
        if stored["id"] is None:
            raise _Broken(seq, f"第 {seq} 条所记的事件 {event} 不存在。")
        if event_hash(stored) != values["event_hash"]:
            raise _Broken(seq, f"第 {seq} 条所记的事件 {event} 被改动。")
        if event >= len(vouched):
            vouched.extend(bytes(event + 4096 - len(vouched)))
        vouched[event] = 1
    return seq, mac


def _check_end(seq: int, mac: str, end: Head, last: int, marks: Mapping[int, list[_Mark]]) -> None:
    if seq < end.seq:
        raise _Broken(seq + 1, f"第 {seq + 1} 条至第 {end.seq} 条缺失。")
    for later in sorted(marks):
        for mark in marks[later]:
            mark.check(None)
            raise _Broken(end.seq + 1, f"日志只到第 {end.seq} 条，而{mark.title}已到第 {later} 条，末尾被截断。")
    if seq > end.seq:
        raise _Broken(end.seq + 1, f"日志只到第 {end.seq} 条，早于核对起点第 {seq} 条。")
    if mac != end.mac:
        raise _Broken(seq, f"第 {seq} 条与日志头不符。")
    if last > end.seq:
        raise _Broken(end.seq + 1, f"第 {end.seq + 1} 条起未经日志头登记。")


def _statement(day: date, seq: int, mac: str) -> bytes:
    return f"{day.isoformat()}|{seq}|{mac}".encode()

"""Acts on codes within the library's door: ordering a batch, making one for a licence, binding, voiding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from core.decide import check_text
from core.errors import BadField, FieldMissing, Unknown
from core.licences import keeping
from core.licences.codes.no import CodeNotInState, HasCode, NoSuchCode, NotForCodes, WhyAnother
from core.licences.codes.stamp import Stamp
from core.licences.desk import Desk, Row, Told, new_name
from core.licences.no import ChangedMeanwhile
from core.models.codes import code_batches, licence_codes
from core.policy.codes import REFUSE, code_rules
from core.policy.library import BATCH, CODE

FREE, BOUND, OVER, STAGED = "free", "bound", "void", "staged"
MAKING, READY = "making", "ready"
WITH_CODE = ("valid", "expired", "suspended")
"""States of a licence in which it may get a code."""


def number_of(row: Mapping[Any, Any]) -> str:
    """What is printed under a code for people: batch and place in it; of a code made for one licence, its own row."""
    return f"{row['batch_id']:06}-{row['serial']:05}" if row["batch_id"] else f"S{row['id']:06}"


def write(
    desk: Desk, stamp: Stamp, book: str, act: str, row: str, values: Mapping[str, str], reason: str, seen: int | None
) -> list[Told]:
    """One act. Raises the refusals of `no`, Unknown, BadField, FieldMissing."""
    if book == BATCH:
        if act == "finish":
            raise Unknown(what="这个动作")
        return [_order(desk, values)] if act == "order" else [_void_batch(desk, row)]
    match act:
        case "make":
            return _make(desk, stamp, row, reason)
        case "bind":
            return _bind(desk, row, values.get("line", ""), reason, seen)
        case _:
            return [_void(desk, _locked(desk, row, seen))]


def _order(desk: Desk, values: Mapping[str, str]) -> Told:
    rules, given = code_rules(), values.get("count", "").strip()
    if not (given.isascii() and given.isdigit() and len(given) < 7 and 1 <= int(given) <= rules.batch):
        raise BadField(field="数量", why=f"请填 1 到 {rules.batch} 的整数")
    if values.get("layout") not in rules.layouts:
        raise BadField(field="打印版式", why="请选一种版式")
    note = values.get("note", "").strip()
    check_text("用途", note, rules.note)
    token = new_name()
    row = {
        "token": token, "count": int(given), "made": 0, "drawn": 0, "state": MAKING, "layout": values["layout"],
        "note": note, "person_id": desk.actor.person, "seq": 1, "ordered_at": desk.now, "changed_at": desk.now,
    }  # fmt: skip
    number = desk.tx.execute(insert(code_batches).returning(code_batches.c.id), row).scalar_one()
    return Told(BATCH, "ordered", token, 1, {"count": int(given), "number": number}, f"第 {number} 批，{given} 个")


def _void_batch(desk: Desk, token: str) -> Told:
    """Every sticker of the batch that is not used yet, as when a box of them is lost."""
    batch = desk.tx.execute(select(code_batches).where(code_batches.c.token == token).with_for_update()).mappings()
    row = batch.first()
    if row is None:
        raise Unknown(what="这一批码")
    if row["state"] not in desk.rule.begins:
        raise CodeNotInState(state=f"「{desk.rules.code_states[row['state']].title}」", act=desk.rule.title)
    unused = (licence_codes.c.batch_id == row["id"], licence_codes.c.state == FREE)
    done = update(licence_codes).where(*unused)
    count = desk.tx.execute(done.values(state=OVER, seq=licence_codes.c.seq + 1, changed_at=desk.now)).rowcount
    if not count:
        raise CodeNotInState(state="没有未绑定的码", act=desk.rule.title)
    seq = row["seq"] + 1
    same = update(code_batches).where(code_batches.c.id == row["id"])
    desk.tx.execute(same.values(seq=seq, changed_at=desk.now))
    return Told(BATCH, desk.rule.event, token, seq, {"count": count}, f"第 {row['id']} 批，{count} 个")


def _make(desk: Desk, stamp: Stamp, line: str, reason: str) -> list[Told]:
    """A new code for a licence at once, without a sticker printed before."""
    told = _room(desk, line, reason)
    code = new_name()
    row = {**_fresh(code, stamp.payload(code, 0), None, 0, desk.now), "state": BOUND, "line": line}
    made = desk.tx.execute(insert(licence_codes).returning(licence_codes.c.id), row).scalar_one()
    called = number_of({"id": made, "batch_id": None})
    return [*told, Told(CODE, desk.rule.event, code, 1, {"line": line}, called)]


def _bind(desk: Desk, code: str, line: str, reason: str, seen: int | None) -> list[Told]:
    row = _locked(desk, code, seen)
    told = _room(desk, line, reason)
    return [*told, _set(desk, row, BOUND, line, {"line": line})]


def _room(desk: Desk, line: str, reason: str) -> list[Told]:
    """The licence is there and gets its one code: one it has is voided, with a reason, or refuses the new one."""
    if not line:
        raise FieldMissing(field="证照", action=desk.rule.title)
    licence = keeping.locked(desk, line, None)
    state = keeping.state_of(licence, desk.today)
    if state not in WITH_CODE:
        raise NotForCodes(state=desk.rules.states[state].title)
    held = select(licence_codes).where(licence_codes.c.line == line).with_for_update()
    old = desk.tx.execute(held).mappings().first()
    if old is None:
        return []
    if code_rules().second == REFUSE:
        raise HasCode(number=number_of(old))
    if not reason:
        raise WhyAnother(number=number_of(old))
    return [_set(desk, dict(old), OVER, None, {"line": line}, "voided")]


def _void(desk: Desk, row: Row) -> Told:
    return _set(desk, row, OVER, None, {"line": row["line"]} if row["line"] else {})


def _locked(desk: Desk, code: str, seen: int | None) -> Row:
    query = select(licence_codes).where(licence_codes.c.code == code, licence_codes.c.state != STAGED)
    row = desk.tx.execute(query.with_for_update()).mappings().first()
    if row is None:
        raise NoSuchCode()
    if seen is not None and seen != row["seq"]:
        raise ChangedMeanwhile()
    if row["state"] not in desk.rule.begins:
        raise CodeNotInState(state=desk.rules.code_states[row["state"]].title, act=desk.rule.title)
    return dict(row)


def _set(desk: Desk, row: Row, state: str, line: str | None, facts: Mapping[str, Any], event: str = "") -> Told:
    seq = row["seq"] + 1
    values = {"state": state, "line": line, "seq": seq, "changed_at": desk.now}
    desk.tx.execute(update(licence_codes).where(licence_codes.c.id == row["id"]).values(values))
    return Told(CODE, event or desk.rule.event, row["code"], seq, facts, number_of(row))


def _fresh(code: str, payload: str, batch: int | None, serial: int, now: Any) -> Row:
    return {
        "code": code, "batch_id": batch, "serial": serial, "payload": payload, "state": STAGED, "line": None, "seq": 1,
        "made_at": now, "changed_at": now,
    }  # fmt: skip


def stage(tx: Connection, batch: int, first: int, made: Sequence[tuple[str, str]], now: Any) -> int:
    """Codes of a batch with their payloads, unseen until the whole batch is ready; returns how many there are now."""
    have = tx.execute(select(func.count()).select_from(licence_codes).where(licence_codes.c.batch_id == batch))
    if have.scalar_one() != first - 1:  # another worker came first
        return first - 1
    rows = [_fresh(code, payload, batch, first + at, now) for at, (code, payload) in enumerate(made)]
    tx.execute(insert(licence_codes), rows)
    count = first - 1 + len(rows)
    tx.execute(update(code_batches).where(code_batches.c.id == batch).values(made=count, changed_at=now))
    return count

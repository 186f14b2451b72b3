"""What is past its date, and how it is erased: one pair of statements for each row of retention.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, exists, func, or_, select, update

from core import word_index
from core.models.arrivals import attachments, drafts, import_rows, imports
from core.models.cases import call_backs, case_legs, cases, revisions
from core.models.joint import joint_check_ins, joint_legs, joint_orders
from core.models.likeness import case_grams
from core.models.people import api_tokens, sessions, sign_in_failures
from core.models.record import letters, receipts
from core.models.retention import holds
from core.models.suggest import suggestions

OVER = ("closed", "archived", "invalid", "merged")
ERASED = "原文已过保存期限"
"""What stands in the place of a case's title afterwards."""

Find = Callable[[datetime], Select[Any]]
Erase = Callable[[Connection, Sequence[Any]], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """`find`: the keys of what is older than a moment. `erase`: those of them that still may be erased."""

    find: Find
    erase: Erase


def _old_cases(before: datetime, still_there: ColumnElement[bool]) -> Select[Any]:
    ended = func.coalesce(cases.c.finished_at, cases.c.changed_at)
    held = exists().where(holds.c.case_id == cases.c.id)
    return select(cases.c.id).where(
        cases.c.state.in_(OVER), cases.c.registered_at < before, ended < before, ~held, still_there
    )


def _find_callers(before: datetime) -> Select[Any]:
    sealed = (cases.c.caller_name, cases.c.caller_phone, cases.c.phone_index, cases.c.address)
    return _old_cases(before, or_(*(column.is_not(None) for column in sealed), cases.c.more != {}))


def _erase_callers(tx: Connection, ids: Sequence[Any]) -> None:
    nobody: dict[str, Any] = {
        "caller_name": None,
        "caller_phone": None,
        "phone_index": None,
        "address": None,
        "more": {},
    }
    tx.execute(update(cases).where(cases.c.id.in_(ids)).values(**nobody))


def _find_photos(before: datetime) -> Select[Any]:
    return _old_cases(before, exists().where(attachments.c.case_id == cases.c.id))


def _erase_photos(tx: Connection, ids: Sequence[Any]) -> None:
    tx.execute(delete(attachments).where(attachments.c.case_id.in_(ids)))


def _find_whereabouts(before: datetime) -> Select[Any]:
    """Joint orders that are over: where phones were, the photos of feedbacks, the files of refusals."""
    legs = select(joint_legs.c.id).where(joint_legs.c.order_id == joint_orders.c.id)
    spots = exists().where(joint_check_ins.c.leg_id.in_(legs), joint_check_ins.c.spot.is_not(None))
    shots = exists().where(attachments.c.joint_leg_id.in_(legs))
    placed = or_(joint_orders.c.meet_spot.is_not(None), joint_orders.c.where_media.is_not(None))
    return select(joint_orders.c.id).where(joint_orders.c.finished_at < before, or_(spots, shots, placed))


def _erase_whereabouts(tx: Connection, ids: Sequence[Any]) -> None:
    legs = select(joint_legs.c.id).where(joint_legs.c.order_id.in_(ids))
    tx.execute(update(joint_check_ins).where(joint_check_ins.c.leg_id.in_(legs)).values(spot=None))
    tx.execute(update(joint_orders).where(joint_orders.c.id.in_(ids)).values(meet_spot=None, where_media=None))
    tx.execute(delete(attachments).where(attachments.c.joint_leg_id.in_(legs)))


def _find_texts(before: datetime) -> Select[Any]:
    return _old_cases(before, cases.c.title != ERASED)


def _erase_texts(tx: Connection, ids: Sequence[Any]) -> None:
    """The words of a case and whatever was derived from them; its number, states, times and events stay."""
    texts = [cases.c[name] for name in word_index.CASES.columns]
    for row in tx.execute(select(cases.c.id, *texts).where(cases.c.id.in_(ids))).all():
        word_index.CASES.change(tx, row[0], row[1:], (ERASED, "", ""))
    blank = {"title": ERASED, "content": "", "place": "", "reply": None}
    tx.execute(update(cases).where(cases.c.id.in_(ids)).values(**blank))
    tx.execute(update(case_legs).where(case_legs.c.case_id.in_(ids)).values(result=None))
    tx.execute(update(call_backs).where(call_backs.c.case_id.in_(ids)).values(opinion=None))
    for table in (revisions, suggestions, case_grams):
        tx.execute(delete(table).where(table.c.case_id.in_(ids)))


def _find_letters(before: datetime) -> Select[Any]:
    return select(letters.c.id).where(letters.c.state != "due", letters.c.written_at < before)


def _find_drafts(before: datetime) -> Select[Any]:
    return select(drafts.c.id).where(drafts.c.state != "open", drafts.c.opened_at < before)


def _erase_drafts(tx: Connection, ids: Sequence[Any]) -> None:
    tx.execute(delete(attachments).where(attachments.c.draft_id.in_(ids), attachments.c.case_id.is_(None)))
    tx.execute(update(attachments).where(attachments.c.draft_id.in_(ids)).values(draft_id=None))
    tx.execute(delete(drafts).where(drafts.c.id.in_(ids)))


def _find_sheets(before: datetime) -> Select[Any]:
    return select(imports.c.id).where(imports.c.state.in_(("done", "dropped")), imports.c.changed_at < before)


def _erase_sheets(tx: Connection, ids: Sequence[Any]) -> None:
    tx.execute(delete(import_rows).where(import_rows.c.import_id.in_(ids)))
    tx.execute(delete(imports).where(imports.c.id.in_(ids)))


def _find_receipts(before: datetime) -> Select[Any]:
    return select(receipts.c.key).where(receipts.c.at < before, ~receipts.c.key.startswith("feed:"))


def _find_sign_ins(before: datetime) -> Select[Any]:
    tried, locked = sign_in_failures.c.tried_at, sign_in_failures.c.locked_until
    return select(sign_in_failures.c.name_and_address).where(
        or_(tried.is_(None), tried < before), or_(locked.is_(None), locked < before)
    )


def _find_sessions(before: datetime) -> Select[Any]:
    ended = select(sessions.c.token_hash).where(and_(sessions.c.created_at < before, sessions.c.seen_at < before))
    return ended.union_all(select(api_tokens.c.token_hash).where(api_tokens.c.expires_at < before)).subquery().select()


def _erase_sessions(tx: Connection, keys: Sequence[Any]) -> None:
    for table in (sessions, api_tokens):
        tx.execute(delete(table).where(table.c.token_hash.in_(keys)))


def _rows_of(table: Table, key: str) -> Erase:
    """Whole rows go."""

    def erase(tx: Connection, keys: Sequence[Any]) -> None:
        tx.execute(delete(table).where(table.c[key].in_(keys)))

    return erase


KINDS: Mapping[str, Kind] = {
    "callers": Kind(_find_callers, _erase_callers),
    "photos": Kind(_find_photos, _erase_photos),
    "whereabouts": Kind(_find_whereabouts, _erase_whereabouts),
    "texts": Kind(_find_texts, _erase_texts),
    "letters": Kind(_find_letters, _rows_of(letters, "id")),
    "drafts": Kind(_find_drafts, _erase_drafts),
    "sheets": Kind(_find_sheets, _erase_sheets),
    "receipts": Kind(_find_receipts, _rows_of(receipts, "key")),
    "sign_ins": Kind(_find_sign_ins, _rows_of(sign_in_failures, "name_and_address")),
    "sessions": Kind(_find_sessions, _erase_sessions),
}
"""Each name of retention.yaml."""
REAL_TIME = frozenset({"sign_ins", "sessions", "receipts", "letters"})
"""Kinds whose moments are real time; the others' are business time, which a trainer may move."""

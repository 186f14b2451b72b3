"""Licences written: drafts, first versions, newer versions that the old ones point on to, states, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from core.crypto import Indexer
from core.decide import check_text
from core.errors import AlreadyThere, FieldMissing, NothingChanged, Unknown
from core.licences import subjects as holders
from core.licences.checks import Terms, tidy, tidy_licence
from core.licences.desk import Desk, Row, Told, new_name, opened
from core.licences.masks import PUBLIC, shown_number
from core.licences.no import (
    ChangedMeanwhile,
    NotInState,
    NotTheirs,
    OtherName,
    ReadingOver,
    TooManyPictures,
    TooManyVersions,
)
from core.licences.numbers import MOST_VERSIONS, identifier, serials
from core.models.licences import files, licence_pictures, licences, subjects
from core.models.pictures import licence_readings
from core.policy.library import LICENCE, NEW
from core.policy.licences import LicenceType, licence_types

NEW_LICENCE = insert(licences).returning(licences.c.id)
STATES = {"suspend": "suspended", "resume": "valid", "cancel": "cancelled"}


def state_of(row: Mapping[Any, Any], today: date) -> str:
    """The state as of a day: a valid licence whose last day is past has expired."""
    past = row["valid_to"] is not None and row["valid_to"] < today
    return "expired" if row["state"] == "valid" and past else str(row["state"])


def write(desk: Desk, act: str, row: str, values: Mapping[str, str], seen: int | None) -> list[Told]:
    """One act on one licence, judged by its state. Raises NotInState, and what is wrong with the form."""
    if not row:
        _open_from(desk, NEW)
        return _add(desk, values)
    old = locked(desk, row, seen)
    _open_from(desk, state_of(old, desk.today))
    match act:
        case "edit" | "issue":
            return [_edit(desk, old, values)]
        case "change" | "replace":
            return [_renew(desk, old, values)]
        case "discard":
            desk.tx.execute(delete(licence_pictures).where(licence_pictures.c.line == old["line"]))
            desk.tx.execute(delete(licences).where(licences.c.id == old["id"]))
        case "picture":
            _add_pictures(desk, old, values.get("files", ""))
        case "unpicture":
            _take_picture(desk, old, values.get("picture", ""))
    if act != "discard":
        _set(desk, old, {"state": STATES.get(act, old["state"])})
    return [_told(desk, old, {"from": old["state"]})]


def locked(desk: Desk, line: str, seen: int | None) -> Row:
    """The newest version of a licence, locked. Raises Unknown, ChangedMeanwhile."""
    query = select(licences).where(licences.c.line == line, licences.c.shown).with_for_update()
    row = desk.tx.execute(query).mappings().first()
    if row is None:
        raise Unknown(what="这份证照")
    if seen is not None and seen != row["seq"]:
        raise ChangedMeanwhile()
    return dict(row)


def _open_from(desk: Desk, state: str) -> None:
    if state not in desk.rule.begins:
        title = desk.rules.states[state].title if state != NEW else "还没有登记"
        raise NotInState(state=title, act=desk.rule.title)


def _add(desk: Desk, values: Mapping[str, str]) -> list[Told]:
    kind, line = _type(values.get("type", "")), new_name()
    _take_reading(desk, values.get("reading", ""), line)
    terms, fields = _checked(desk, kind, values)
    holder, told = _holder(desk, kind, values)
    serial = serials(desk.tx, kind.code, kind.issuer.code)[0]  # locks the type, so that no twin slips in beside
    _refuse_twin(desk, kind, terms.number, "")
    row = {
        "line": line, "version": 1, "serial": serial, "type": kind.key, "subject_id": holder,
        "state": "draft" if desk.rule.key == "draft" else "valid", "case_no": _case_no(desk, values),
    }  # fmt: skip
    made = _insert(desk, kind, row, terms, fields)
    _add_pictures(desk, made, values.get("files", ""))
    return [*told, _told(desk, made, {})]


def _take_reading(desk: Desk, token: str, line: str) -> None:
    """What was read from a picture becomes one licence, whoever confirms it a second time. Raises ReadingOver."""
    if not token:
        return
    mine = (licence_readings.c.token == token, licence_readings.c.state == "open")
    taken = update(licence_readings).where(*mine).values(state="done", line=line, changed_at=desk.now)
    if not desk.tx.execute(taken).rowcount:
        raise ReadingOver(how="已登记")


def _edit(desk: Desk, old: Row, values: Mapping[str, str]) -> Told:
    """A draft as it now reads; `issue` makes it valid."""
    kind, before = licence_types()[old["type"]], _as_form(desk, old)
    terms, fields = _checked(desk, kind, {**before, **values})
    _refuse_twin(desk, kind, terms.number, old["line"])
    state = "valid" if desk.rule.key == "issue" else "draft"
    new = {
        **_columns(desk, kind, terms), "case_no": _case_no(desk, {**before, **values}), "state": state,
        "body": desk.sealed("licences", old["token"], {"number": terms.number, "fields": fields}),
    }  # fmt: skip
    _set(desk, old, new)
    return _told(desk, old, {"fields": _differing(before, values)})


def _renew(desk: Desk, old: Row, values: Mapping[str, str]) -> Told:
    """The next version; the one before stays as it was and points on to it (§13)."""
    kind, before = licence_types()[old["type"]], _as_form(desk, old)
    if not (changed := _differing(before, values)):
        raise NothingChanged()
    if old["version"] >= MOST_VERSIONS:
        raise TooManyVersions()
    terms, fields = _checked(desk, kind, {**before, **values})
    _refuse_twin(desk, kind, terms.number, old["line"])
    row = {
        **{name: old[name] for name in ("line", "serial", "type", "subject_id")}, "version": old["version"] + 1,
        "state": old["state"] if desk.rule.key == "change" else "valid",
        "case_no": _case_no(desk, {**before, **values}), "seq": old["seq"] + 1,
    }  # fmt: skip
    _set(desk, old, {"shown": False, "state": "replaced"})
    made = _insert(desk, kind, row, terms, fields)
    desk.tx.execute(update(licences).where(licences.c.id == old["id"]).values(newer_id=made["id"]))
    return _told(desk, made, {"fields": changed, "from": old["state"]})


def _insert(desk: Desk, kind: LicenceType, row: Row, terms: Terms, fields: Mapping[str, str]) -> Row:
    token = new_name()
    whole = {
        "seq": 1, **row, **_columns(desk, kind, terms), "token": token, "newer_id": None, "shown": True,
        "identifier": identifier(kind.code, kind.issuer.code, row["serial"], row["version"]),
        "body": desk.sealed("licences", token, {"number": terms.number, "fields": dict(fields)}),
        "added_at": desk.now, "changed_at": desk.now,
    }  # fmt: skip
    return {**whole, "id": int(desk.tx.execute(NEW_LICENCE, whole).scalar_one())}


def _columns(desk: Desk, kind: LicenceType, terms: Terms) -> dict[str, Any]:
    return {
        "issuer": terms.issuer, "number_index": number_index(desk.indexer, terms.number),
        "issued_on": terms.issued_on, "valid_from": terms.valid_from, "valid_to": terms.valid_to,
    }  # fmt: skip


def number_index(indexer: Indexer, number: str) -> str:
    """By what a licence is found by its number, whatever its type."""
    return indexer.index(number.upper(), "licence_number")


def _set(desk: Desk, old: Row, values: Mapping[str, Any]) -> None:
    told = {**values, "seq": old["seq"] + 1, "changed_at": desk.now}
    desk.tx.execute(update(licences).where(licences.c.id == old["id"]).values(told))


def _checked(desk: Desk, kind: LicenceType, values: Mapping[str, str]) -> tuple[Terms, dict[str, str]]:
    terms, fields, faults = tidy_licence(kind, values, desk.today)
    for fault in faults:
        raise fault.refusal(desk.rule.title)
    if terms is None:
        raise FieldMissing(field=kind.number.label, action=desk.rule.title)
    return terms, fields


def _holder(desk: Desk, kind: LicenceType, values: Mapping[str, str]) -> tuple[int, list[Told]]:
    """Whose licence it is: a known subject by token or by number, or one that is registered with it."""
    book = desk.rules.kinds[kind.holder]
    if token := values.get("subject", ""):
        row = holders.locked(desk, token, None)
        if row["kind"] != kind.holder:
            raise NotTheirs(type=kind.name, kind=book.title)
        return row["id"], []
    given = {"name": values.get("holder", ""), "number": values.get("holder_code", "")}
    clean, faults = tidy(book.fields[:2], given)
    for fault in faults:
        raise fault.refusal(desk.rule.title)
    known = holders.find(desk, kind.holder, clean["number"])
    if known is None:
        more = {one.key: values.get(f"holder_{one.key}", "") for one in book.fields[2:]}
        whole, faults = tidy(book.fields, {**more, **clean})
        for fault in faults:
            raise fault.refusal(desk.rule.title)
        told = holders.added(desk, book, whole, "added")
        made = desk.tx.execute(select(subjects.c.id).where(subjects.c.token == told.row)).scalar_one()
        return int(made), [told]
    if known["name_index"] != desk.indexer.index(clean["name"], "subject_name"):
        raise OtherName()
    if known["gone"]:
        desk.tx.execute(update(subjects).where(subjects.c.id == known["id"]).values(gone=False))
    return int(known["id"]), []


def _refuse_twin(desk: Desk, kind: LicenceType, number: str, line: str) -> None:
    twin = select(licences.c.id).where(
        licences.c.number_index == number_index(desk.indexer, number), licences.c.type == kind.key, licences.c.shown,
        licences.c.state != "cancelled", licences.c.line != line,
    )  # fmt: skip
    if desk.tx.execute(twin.limit(1)).first() is not None:
        raise AlreadyThere(field=kind.number.label, what=shown_number(number, kind.holder, PUBLIC))


def _case_no(desk: Desk, values: Mapping[str, str]) -> str:
    text = values.get("case_no", "").strip()
    check_text("办件编号", text, desk.rules.limits.case_no)
    return text


def _add_pictures(desk: Desk, row: Row, named: str) -> None:
    """Pictures kept in the file store before, by their names, each once."""
    mine = (licence_pictures.c.line == row["line"], licence_pictures.c.removed_at.is_(None))
    there = set(desk.tx.execute(select(licence_pictures.c.file).where(*mine)).scalars())
    fresh = [name for name in dict.fromkeys(named.split(",")) if name and name not in there]
    if len(there) + len(fresh) > desk.rules.limits.pictures:
        raise TooManyPictures(limit=desk.rules.limits.pictures)
    known = select(func.count()).select_from(files).where(files.c.name.in_(fresh))
    if fresh and desk.tx.execute(known).scalar_one() != len(fresh):
        raise Unknown(what="这张图片")
    for name in fresh:
        picture = {
            "token": new_name(), "line": row["line"], "file": name, "person_id": desk.actor.person,
            "added_at": desk.now, "removed_at": None,
        }  # fmt: skip
        desk.tx.execute(insert(licence_pictures), picture)
    if not fresh and desk.rule.key == "picture":
        raise NothingChanged()


def _take_picture(desk: Desk, row: Row, token: str) -> None:
    mine = (licence_pictures.c.line == row["line"], licence_pictures.c.token == token)
    gone = update(licence_pictures).where(*mine, licence_pictures.c.removed_at.is_(None)).values(removed_at=desk.now)
    if not desk.tx.execute(gone).rowcount:
        raise Unknown(what="这张图片")


def _type(key: str) -> LicenceType:
    kind = licence_types().get(key)
    if kind is None:
        raise Unknown(what="这种证照")
    return kind


def _as_form(desk: Desk, row: Row) -> dict[str, str]:
    """A licence as its form would have it, so that what is not given stays as it was."""
    body = opened(desk.cipher, "licences", row)
    return {
        **body["fields"], "number": body["number"], "issuer": row["issuer"], "case_no": row["case_no"],
        "issued_on": row["issued_on"].isoformat(), "valid_from": row["valid_from"].isoformat(),
        "valid_to": row["valid_to"].isoformat() if row["valid_to"] else "长期",
    }  # fmt: skip


def _differing(before: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    return sorted(name for name in before if name in values and values[name].strip() != before[name])


def _told(desk: Desk, row: Row, more: Mapping[str, Any]) -> Told:
    facts = {"type": row["type"], "version": row["version"], "identifier": row["identifier"], **more}
    return Told(LICENCE, desk.rule.event, row["line"], row["seq"] + 1, facts, licence_types()[row["type"]].name)

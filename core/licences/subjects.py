"""Whom licences belong to: companies and persons, each once by number, never taken away from under a licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update

from core import word_index
from core.crypto import Indexer
from core.errors import AlreadyThere, NothingChanged, Unknown
from core.licences.checks import tidy
from core.licences.desk import Desk, Row, Told, new_name, opened
from core.licences.masks import STAFF, shown, shown_name
from core.licences.no import ChangedMeanwhile, HasLicences, HasPapers
from core.models.archive import archive_documents, archive_volumes
from core.models.licences import licence_staged, licences, subjects
from core.policy.library import SUBJECT, SubjectKind
from core.policy.licences import COMPANY

NEW = insert(subjects).returning(subjects.c.id)
OVER = ("cancelled", "replaced")


def add(desk: Desk, values: Mapping[str, str]) -> Told:
    """A new subject, or one that was deleted, come back. Raises AlreadyThere, and what is wrong with the form."""
    kind = desk.rules.kinds.get(values.get("kind", ""))
    if kind is None:
        raise Unknown(what="企业或个人")
    clean = _checked(desk, kind, values)
    known = find(desk, kind.key, clean["number"])
    if known is not None and not known["gone"]:
        field = kind.field("number")
        raise AlreadyThere(field=field.label, what=shown(field, clean["number"], STAFF))
    if known is None:
        return added(desk, kind, clean)
    _write(desk, kind, known, clean, gone=False)
    return _told(desk, kind, known["token"], known["seq"] + 1, clean, [])


def added(desk: Desk, kind: SubjectKind, clean: Mapping[str, str], event: str = "") -> Told:
    """A new row from what was checked."""
    token = new_name()
    row = {
        "token": token, "kind": kind.key, **columns(desk.indexer, kind.key, clean), "seq": 1, "gone": False,
        "body": desk.sealed("subjects", token, clean), "added_at": desk.now, "changed_at": desk.now,
    }  # fmt: skip
    made: int = desk.tx.execute(NEW, row).scalar_one()
    if kind.key == COMPANY:
        word_index.SUBJECTS.note(desk.tx, made, (clean["name"],))
    return _told(desk, kind, token, 1, clean, [], event)


def change(desk: Desk, row: Row, values: Mapping[str, str]) -> Told:
    """Other values for a known subject. Raises NothingChanged, AlreadyThere, and what is wrong with the form."""
    kind, old = desk.rules.kinds[row["kind"]], opened(desk.cipher, "subjects", row)
    clean = _checked(desk, kind, {**old, **values})
    changed = [name for name in clean if clean[name] != old.get(name, "")]
    if not changed:
        raise NothingChanged()
    if "number" in changed and find(desk, kind.key, clean["number"]) is not None:
        field = kind.field("number")
        raise AlreadyThere(field=field.label, what=shown(field, clean["number"], STAFF))
    _write(desk, kind, row, clean, gone=False)
    return _told(desk, kind, row["token"], row["seq"] + 1, clean, changed)


def remove(desk: Desk, row: Row) -> Told:
    """A subject goes for good when no licence was ever theirs; else it leaves every list and its licences stay whole.

    Raises HasLicences while one of them is not cancelled, or is being registered by a sheet; HasPapers while a paper of
    theirs is in the archive.
    """
    kind, body = desk.rules.kinds[row["kind"]], opened(desk.cipher, "subjects", row)
    mine = licences.c.subject_id == row["id"]
    live = select(func.count()).select_from(licences).where(mine, licences.c.state.not_in(OVER))
    coming = select(func.count()).select_from(licence_staged).where(licence_staged.c.subject_id == row["id"])
    if count := desk.tx.execute(live).scalar_one() + desk.tx.execute(coming).scalar_one():
        raise HasLicences(count=count)
    theirs = archive_documents.c.subject_id == row["id"]
    filed = select(func.count()).select_from(archive_documents).where(theirs, archive_documents.c.shown)
    if count := desk.tx.execute(filed).scalar_one():
        raise HasPapers(count=count)
    if not any(desk.tx.execute(one.limit(1)).first() for one in (select(licences.c.id).where(mine), _ever_filed(row))):
        if row["name"] is not None:
            word_index.SUBJECTS.forget(desk.tx, row["id"], (row["name"],))
        desk.tx.execute(delete(subjects).where(subjects.c.id == row["id"]))
    else:
        _write(desk, kind, row, body, gone=True)
    return _told(desk, kind, row["token"], row["seq"] + 1, body, [])


def _ever_filed(row: Row) -> Select[Any]:
    return select(archive_volumes.c.id).where(archive_volumes.c.subject_id == row["id"])


def locked(desk: Desk, token: str, seen: int | None) -> Row:
    """A subject that is in the lists, locked. Raises Unknown, ChangedMeanwhile."""
    row = desk.tx.execute(
        select(subjects).where(subjects.c.token == token, ~subjects.c.gone).with_for_update()
    ).mappings().first()  # fmt: skip
    if row is None:
        raise Unknown(what="这个企业或个人")
    if seen is not None and seen != row["seq"]:
        raise ChangedMeanwhile()
    return dict(row)


def find(desk: Desk, kind: str, number: str) -> Row | None:
    """The subject with this number, gone or not."""
    index = desk.indexer.index(number, "subject_number")
    query = select(subjects).where(subjects.c.number_index == index, subjects.c.kind == kind)
    row = desk.tx.execute(query).mappings().first()
    return dict(row) if row is not None else None


def columns(indexer: Indexer, kind: str, clean: Mapping[str, str]) -> dict[str, Any]:
    """What of a subject stands beside its sealed body: a company's name, and blind indexes."""
    phone = clean.get("phone", "")
    return {
        "name": clean["name"] if kind == COMPANY else None,
        "name_index": indexer.index(clean["name"], "subject_name"),
        "number_index": indexer.index(clean["number"], "subject_number"),
        "phone_index": indexer.index(phone, "subject_phone") if phone else None,
    }


def _checked(desk: Desk, kind: SubjectKind, values: Mapping[str, str]) -> dict[str, str]:
    clean, faults = tidy(kind.fields, values)
    for fault in faults:
        raise fault.refusal(f"{desk.rule.title}{kind.title}")
    return clean


def _write(desk: Desk, kind: SubjectKind, row: Row, clean: Mapping[str, str], *, gone: bool) -> None:
    told = columns(desk.indexer, kind.key, clean)
    values = {
        **told, "body": desk.sealed("subjects", row["token"], clean), "gone": gone, "seq": row["seq"] + 1,
        "changed_at": desk.now,
    }  # fmt: skip
    if row["name"] is not None and told["name"] != row["name"]:
        word_index.SUBJECTS.change(desk.tx, row["id"], (row["name"],), (told["name"],))
    desk.tx.execute(update(subjects).where(subjects.c.id == row["id"]).values(values))


def _told(
    desk: Desk, kind: SubjectKind, token: str, seq: int, clean: Mapping[str, str], changed: list[str], event: str = ""
) -> Told:
    facts = {"kind": kind.key, **({"fields": changed} if changed else {})}
    called = clean["name"] if kind.key == COMPANY else shown_name(clean["name"], kind.key, "public")
    return Told(SUBJECT, event or desk.rule.event, token, seq, facts, called)

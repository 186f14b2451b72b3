"""Papers written: filed into the volume of their subject and category, corrected, renewed, withdrawn, used again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from core.archive import words
from core.archive.desk import (
    body_of,
    categories,
    locked_document,
    locked_volume,
    number_of,
    refuse_unless_open,
    statement,
)
from core.archive.no import Expired, NotForReuse, NotTheirPapers, SamePaper
from core.archive.views import Category
from core.crypto import Sm2Signer, place
from core.decide import check_text
from core.errors import FieldMissing, NothingChanged, Unknown
from core.licences import subjects as holders
from core.licences.checks import OPEN_ENDED, tidy
from core.licences.desk import Desk, LibraryAct, Row, Told, new_name, opened
from core.models.archive import archive_categories, archive_documents, archive_uses, archive_volumes
from core.models.licences import files
from core.policy.archive import DOCUMENT, OPEN, VOLUME, archive_rules

NEW = insert(archive_documents).returning(archive_documents.c.id)
NEW_VOLUME = insert(archive_volumes).returning(archive_volumes.c.id)
FILE = ("file", "kind", "pages", "digest", "text")
"""What of an act's values is about the file, put there by whoever opened and kept it."""


@dataclass(frozen=True, slots=True)
class Filing:
    """Writes papers in a transaction it is given."""

    signer: Sm2Signer

    def write(self, desk: Desk, act: LibraryAct) -> list[Told]:
        """One act on one paper. Raises a Refusal."""
        if act.act == "file":
            subject = holders.locked(desk, act.values.get("subject", ""), None)
            return self.file(desk, subject, act.values.get("category", ""), act.values)
        old = locked_document(desk, act.row, act.seen)
        volume = locked_volume(desk, row_id=old["volume_id"])
        refuse_unless_open(desk, volume["state"])
        if act.act != "use":
            _touch(desk, volume, {})
        match act.act:
            case "change":
                return [self._change(desk, old, volume, act.values)]
            case "replace":
                return [self._replace(desk, old, volume, act.values)]
            case "withdraw":
                self._set(desk, old, {"shown": False, "withdrawn": True})
                words.note(desk.tx, desk.indexer, old["id"], ())
                return [_told(desk, old, volume)]
        return [self._use(desk, old, volume, act.values)]

    # --- a new paper ---

    def file(self, desk: Desk, subject: Row, category: str, values: Mapping[str, str]) -> list[Told]:
        """Into the open volume of this subject and category, or a new one. Raises a Refusal."""
        kind = _category(desk, category, subject)
        fields = _checked(desk, {**values, "unit": values.get("unit") or desk.actor.unit_name})
        file = _file(desk, values)
        _refuse_same(desk, subject["id"], file["file"])
        volume, told = self._volume(desk, subject, kind)
        at = volume["last"] + 1
        _touch(desk, volume, {"last": at})
        row = {
            "line": new_name(), "version": 1, "volume_id": volume["id"], "place": at, "category": kind.code,
            "subject_id": subject["id"], "seq": 1, **file,
        }  # fmt: skip
        made = self._insert(desk, row, fields, values.get("text", ""))
        return [*told, _told(desk, {**made, "seq": 0}, volume)]

    def _volume(self, desk: Desk, subject: Row, kind: Category) -> tuple[Row, list[Told]]:
        year = desk.today.year
        query = select(archive_volumes).where(
            archive_volumes.c.subject_id == subject["id"], archive_volumes.c.category == kind.code,
            archive_volumes.c.year == year, archive_volumes.c.state == OPEN,
        )  # fmt: skip
        mine = query.order_by(archive_volumes.c.id).limit(1).with_for_update()
        known = desk.tx.execute(mine).mappings().first()
        if known is None:  # the category is the gate: whoever waited at it finds what was opened meanwhile
            gate = select(archive_categories).where(archive_categories.c.code == kind.code)
            desk.tx.execute(gate.with_for_update())
            known = desk.tx.execute(mine).mappings().first()
        if known is not None:
            return dict(known), []
        last = select(func.coalesce(func.max(archive_volumes.c.serial), 0))
        serial = desk.tx.execute(last.filter_by(category=kind.code, year=year)).scalar_one() + 1
        token, name = new_name(), opened(desk.cipher, "subjects", subject)["name"]
        row = {
            "token": token, "no": f"XYDA-{kind.code}-{year}-{serial:05d}", "category": kind.code, "year": year,
            "serial": serial, "subject_id": subject["id"], "retention": kind.retention, "secrecy": "内部", "box": "",
            "shelf": "", "body": desk.sealed("archive_volumes", token, {"title": f"{name}{kind.title}（{year} 年）"}),
            "state": OPEN, "last": 0, "seq": 1, "opened_at": desk.now, "changed_at": desk.now, "checked_at": None,
        }  # fmt: skip
        made = int(desk.tx.execute(NEW_VOLUME, row).scalar_one())
        facts = {"no": row["no"], "category": kind.code}
        return {**row, "id": made}, [Told(VOLUME, "opened", token, 1, facts, str(row["no"]))]

    def _insert(self, desk: Desk, row: Row, fields: Mapping[str, str], text: str) -> Row:
        token = new_name()
        read = {"text": desk.cipher.seal(text, place("archive_documents", "text", token)), "read_at": desk.now}
        whole = {
            **row, "token": token, "shown": True, "withdrawn": False, **_columns(fields),
            "signature": self.signer.sign(statement(row, fields)), "person_id": desk.actor.person,
            "body": desk.sealed("archive_documents", token, fields), "added_at": desk.now, "changed_at": desk.now,
            **(read if text else {"text": None, "read_at": None}),
        }  # fmt: skip
        made = int(desk.tx.execute(NEW, whole).scalar_one())
        words.note(desk.tx, desk.indexer, made, (*fields.values(), text))
        return {**whole, "id": made}

    # --- a known one ---

    def _change(self, desk: Desk, old: Row, volume: Row, values: Mapping[str, str]) -> Told:
        """Other words about the same file, signed anew."""
        before = body_of(desk.cipher, "archive_documents", old)
        fields = _checked(desk, {**before, **values})
        changed = sorted(name for name in fields if fields[name] != before.get(name, ""))
        if not changed:
            raise NothingChanged()
        new = {
            **_columns(fields), "signature": self.signer.sign(statement(old, fields)),
            "body": desk.sealed("archive_documents", old["token"], fields),
        }  # fmt: skip
        self._set(desk, old, new)
        words.note(desk.tx, desk.indexer, old["id"], (*fields.values(), text_of_row(desk, old)))
        return _told(desk, old, volume, {"fields": changed})

    def _replace(self, desk: Desk, old: Row, volume: Row, values: Mapping[str, str]) -> Told:
        """A newer file of the same paper; the one before stays and is never offered again."""
        fields = _checked(desk, {**body_of(desk.cipher, "archive_documents", old), **values})
        file = _file(desk, values)
        _refuse_same(desk, old["subject_id"], file["file"])
        self._set(desk, old, {"shown": False})
        words.note(desk.tx, desk.indexer, old["id"], ())
        kept = {name: old[name] for name in ("line", "volume_id", "place", "category", "subject_id")}
        row = {**kept, "version": old["version"] + 1, "seq": old["seq"] + 1, **file}
        made = self._insert(desk, row, fields, values.get("text", ""))
        return _told(desk, {**made, "seq": old["seq"]}, volume)

    def _use(self, desk: Desk, old: Row, volume: Row, values: Mapping[str, str]) -> Told:
        """A filed paper serves again: on record with what for (§14). Raises Expired, NotForReuse."""
        title = body_of(desk.cipher, "archive_documents", old)["title"]
        if old["valid_to"] is not None and old["valid_to"] < desk.today:
            raise Expired(title=title)
        if not categories(desk.tx, desk.today)[old["category"]].reuse:
            raise NotForReuse()
        used_for, case_no = values.get("used_for", "").strip(), values.get("case_no", "").strip()
        if not used_for:
            raise FieldMissing(field="用在哪里", action=desk.rule.title)
        check_text("用在哪里", used_for, archive_rules().used_for)
        check_text("办件编号", case_no, desk.rules.limits.case_no)
        row = {
            "line": old["line"], "document_id": old["id"], "used_for": used_for, "case_no": case_no,
            "person_id": desk.actor.person, "used_at": desk.now,
        }  # fmt: skip
        desk.tx.execute(insert(archive_uses), row)
        return _told(desk, {**old, "seq": old["seq"] - 1}, volume, {"case_no": case_no} if case_no else {})

    @staticmethod
    def _set(desk: Desk, old: Row, values: Mapping[str, Any]) -> None:
        told = {**values, "seq": old["seq"] + 1, "changed_at": desk.now}
        desk.tx.execute(update(archive_documents).where(archive_documents.c.id == old["id"]).values(told))


def _touch(desk: Desk, volume: Row, values: Mapping[str, Any]) -> None:
    """What lies in a volume is another now, so a check that was under way no longer holds."""
    told = {**values, "seq": volume["seq"] + 1, "changed_at": desk.now}
    desk.tx.execute(update(archive_volumes).where(archive_volumes.c.id == volume["id"]).values(told))


def text_of_row(desk: Desk, row: Mapping[Any, Any]) -> str:
    """What was read of a document; empty while nobody has read it."""
    if row["text"] is None:
        return ""
    return desk.cipher.open(row["text"], place("archive_documents", "text", row["token"]))


def _category(desk: Desk, code: str, subject: Row) -> Category:
    kind = categories(desk.tx, desk.today).get(code)
    if kind is None or not kind.open:
        raise Unknown(what="这个分类")
    if not kind.takes(subject["kind"]):
        raise NotTheirPapers(category=kind.title, holder=archive_rules().holders[kind.holder])
    return kind


def _checked(desk: Desk, values: Mapping[str, str]) -> dict[str, str]:
    for_good = values.get("valid_to", "").strip() in OPEN_ENDED
    clean, faults = tidy(archive_rules().fields, {**values, "valid_to": ""} if for_good else values)
    for fault in faults:
        raise fault.refusal(desk.rule.title)
    return clean


def _columns(fields: Mapping[str, str]) -> dict[str, Any]:
    """What of the fields is also looked for by itself."""
    days = {name: date.fromisoformat(fields[name]) if fields[name] else None for name in ("made_on", "valid_to")}
    return {"case_no": fields["case_no"], **days}


def _file(desk: Desk, values: Mapping[str, str]) -> Row:
    """The kept file an act is about. Raises Unknown."""
    size = desk.tx.execute(select(files.c.size).where(files.c.name == values.get("file", ""))).scalar()
    if size is None:
        raise Unknown(what="这个文件")
    return {
        "file": values["file"], "kind": values["kind"], "pages": int(values["pages"]), "digest": values["digest"],
        "size": size,
    }  # fmt: skip


def _refuse_same(desk: Desk, subject: int, file: str) -> None:
    if (no := same_paper_in(desk.tx, subject, file)) is not None:
        raise SamePaper(no=no)


def same_paper_in(tx: Connection, subject: int, file: str) -> str | None:
    """The number under which this very file is filed for this subject already; None for a new one."""
    query = (
        select(archive_volumes.c.no, archive_documents.c.place)
        .join(archive_volumes, archive_volumes.c.id == archive_documents.c.volume_id)
        .where(archive_documents.c.file == file, archive_documents.c.subject_id == subject, archive_documents.c.shown)
    )
    twin = tx.execute(query.limit(1)).first()
    return number_of(twin.no, twin.place) if twin is not None else None


def _told(desk: Desk, row: Row, volume: Row, more: Mapping[str, Any] | None = None) -> Told:
    no = number_of(volume["no"], row["place"])
    facts = {"no": no, "category": row["category"], "version": row["version"], **(more or {})}
    return Told(DOCUMENT, desk.rule.event, row["line"], row["seq"] + 1, facts, no)

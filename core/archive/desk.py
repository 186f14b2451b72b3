"""What the writers of the archive share: categories and rows as they lie, and the signature that binds a paper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from core.archive.no import VolumeElsewhere
from core.archive.views import Category
from core.canon import canonical
from core.crypto import Cipher, place
from core.errors import Unknown
from core.licences.desk import Desk, Row
from core.licences.no import ChangedMeanwhile
from core.models.archive import archive_categories, archive_documents, archive_volumes
from core.policy.archive import archive_rules
from core.sm import sm3


def categories(tx: Connection, today: date) -> dict[str, Category]:
    """Every category in its order, those out of use too."""
    query = select(archive_categories).order_by(archive_categories.c.place, archive_categories.c.code)
    return {
        row.code: Category(
            row.code, row.title, row.holder, row.retention, row.reuse, tuple(row.words.get("words", ())),
            row.valid_from <= today and (row.valid_to is None or today < row.valid_to),
        )
        for row in tx.execute(query)
    }  # fmt: skip


def body_of(cipher: Cipher, table: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    """The sealed body of a volume, a document or an item. Raises Unreadable."""
    told: dict[str, Any] = json.loads(cipher.open(row["body"]["sealed"], place(table, "body", row["token"])))
    return told


def statement(row: Mapping[Any, Any], fields: Mapping[str, str]) -> bytes:
    """What the signature of a paper covers: the paper, its file by hash, and everything registered of it."""
    about = sm3(canonical(dict(fields)).encode()).hex()
    told = [row["line"], row["version"], row["digest"], row["kind"], row["size"], row["pages"], about]
    return canonical(told).encode()


def number_of(volume_no: str, place_in_it: int) -> str:
    """The number of a paper: that of its volume and its running number in it."""
    return f"{volume_no}-{place_in_it:03d}"


def locked_volume(desk: Desk, *, token: str = "", row_id: int = 0, seen: int | None = None) -> Row:
    """A volume, locked. Raises Unknown, ChangedMeanwhile."""
    where = archive_volumes.c.token == token if token else archive_volumes.c.id == row_id
    row = desk.tx.execute(select(archive_volumes).where(where).with_for_update()).mappings().first()
    if row is None:
        raise Unknown(what="这个案卷")
    if seen is not None and seen != row["seq"]:
        raise ChangedMeanwhile()
    return dict(row)


def locked_document(desk: Desk, line: str, seen: int | None) -> Row:
    """The newest version of a paper that was not withdrawn, locked. Raises Unknown, ChangedMeanwhile."""
    query = select(archive_documents).where(archive_documents.c.line == line, archive_documents.c.shown)
    row = desk.tx.execute(query.with_for_update()).mappings().first()
    if row is None:
        raise Unknown(what="这份资料")
    if seen is not None and seen != row["seq"]:
        raise ChangedMeanwhile()
    return dict(row)


def refuse_unless_open(desk: Desk, state: str) -> None:
    """Raises VolumeElsewhere where the act may not be done in the volume's state."""
    if state not in desk.rule.begins:
        raise VolumeElsewhere(state=archive_rules().states[state].title, act=desk.rule.title)

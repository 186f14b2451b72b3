"""Finding rows of the archive, by an index each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, false, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from core.archive import words
from core.archive.checks import Held
from core.archive.desk import body_of
from core.archive.filters import ArchiveFilter
from core.crypto import Cipher, Indexer, place
from core.licences.rows import LONGEST_WORDS, Found, page_of, subjects_meant
from core.models.archive import archive_checks, archive_documents, archive_uses, archive_volumes
from core.models.licences import subjects
from core.models.record import audit_log
from core.policy.archive import DOCUMENT

CANDIDATES = 300
"""Papers that are opened for one question, newest first."""
NO = re.compile(r"(XYDA-[A-Z]{2,4}-\d{4}-\d{5})(?:-(\d{3,6}))?")

WITH_ALL = (
    select(
        archive_documents,
        archive_volumes.c.token.label("volume_token"),
        archive_volumes.c.no.label("volume_no"),
        archive_volumes.c.state.label("volume_state"),
        archive_volumes.c.retention.label("retention"),
        archive_volumes.c.secrecy.label("secrecy"),
        subjects.c.token.label("holder_token"),
        subjects.c.kind.label("holder_kind"),
        subjects.c.name.label("holder_name"),
        subjects.c.body.label("holder_body"),
    )
    .join(archive_volumes, archive_volumes.c.id == archive_documents.c.volume_id)
    .join(subjects, subjects.c.id == archive_documents.c.subject_id)
)
"""A paper with its volume and what is needed to name its subject."""

VOLUMES = select(
    archive_volumes,
    subjects.c.token.label("holder_token"),
    subjects.c.kind.label("holder_kind"),
    subjects.c.name.label("holder_name"),
    subjects.c.body.label("holder_body"),
).join(subjects, subjects.c.id == archive_volumes.c.subject_id)


def document_page(
    tx: Connection, wanted: ArchiveFilter, sealing: tuple[Cipher, Indexer], today: date, page: int, size: int
) -> Found:
    """Papers in their newest version that fit, the latest filed first; by day when one is asked for."""
    query = WITH_ALL.where(archive_documents.c.shown, *_narrowed(tx, wanted, sealing, today))
    order: list[Any] = [archive_documents.c.id.desc()]
    if wanted.since or wanted.until:
        order.insert(0, archive_documents.c.made_on.desc())
    return page_of(tx, query, order, page, size)


def _narrowed(
    tx: Connection, wanted: ArchiveFilter, sealing: tuple[Cipher, Indexer], today: date
) -> list[ColumnElement[bool]]:
    table, where = archive_documents.c, list[ColumnElement[bool]]()
    if wanted.category:
        where.append(table.category == wanted.category)
    if wanted.holder:
        where.append(subjects.c.kind == wanted.holder)
    if wanted.subject:
        where.append(subjects.c.token == wanted.subject)
    if wanted.volume:
        where.append(archive_volumes.c.token == wanted.volume)
    if wanted.since:
        where.append(table.made_on >= wanted.since)
    if wanted.until:
        where.append(table.made_on <= wanted.until)
    if wanted.state:
        past = and_(table.valid_to.is_not(None), table.valid_to < today)
        where.append(past if wanted.state == "expired" else ~past)
    if said := " ".join(wanted.words.split())[:LONGEST_WORDS]:
        where.append(_meant(tx, said, sealing))
    return where


def _meant(tx: Connection, said: str, sealing: tuple[Cipher, Indexer]) -> ColumnElement[bool]:
    """By its number or its volume's, its case, its subject, or what stands in it."""
    if not said.isprintable():
        return false()
    if number := NO.fullmatch(said.upper()):
        mine = archive_volumes.c.no == number[1]
        return and_(mine, archive_documents.c.place == int(number[2])) if number[2] else mine
    cipher, indexer = sealing
    return or_(
        archive_documents.c.case_no == said,
        archive_documents.c.subject_id.in_(subjects_meant(tx, said, indexer)),
        archive_documents.c.id.in_(_saying(tx, said, cipher, indexer)),
    )


def _saying(tx: Connection, said: str, cipher: Cipher, indexer: Indexer) -> list[int]:
    """The ids of the newest papers in which every word stands, opened to make sure."""
    held = words.holding(indexer, said, CANDIDATES)
    if held is None:
        return []
    query = select(archive_documents).where(archive_documents.c.id.in_(list(tx.execute(held).scalars())))
    asked = said.lower().split()
    opened = ((row["id"], _whole(cipher, row)) for row in tx.execute(query).mappings())
    return [row for row, whole in opened if all(word in whole for word in asked)]


def _whole(cipher: Cipher, row: Mapping[Any, Any]) -> str:
    """Everything a paper says, in lower case."""
    told = " ".join(body_of(cipher, "archive_documents", row).values())
    return f"{told} {read_text(cipher, row)}".lower()


def read_text(cipher: Cipher, row: Mapping[Any, Any]) -> str:
    """What was read of a paper; empty while nobody has."""
    if row["text"] is None:
        return ""
    return cipher.open(row["text"], place("archive_documents", "text", row["token"]))


def document_at(tx: Connection, *, line: str = "", token: str = "") -> Mapping[Any, Any] | None:
    """The last version of a paper by its line, withdrawn or not; or any version by its token."""
    where = archive_documents.c.token == token if token else archive_documents.c.line == line
    query = WITH_ALL.where(where).order_by(archive_documents.c.version.desc()).limit(1)
    return tx.execute(query).mappings().first()


def versions_of(tx: Connection, line: str) -> Sequence[Mapping[Any, Any]]:
    """Every version of a paper, newest first."""
    query = select(archive_documents).where(archive_documents.c.line == line)
    return tx.execute(query.order_by(archive_documents.c.version.desc())).mappings().all()


def uses_of(tx: Connection, line: str, most: int = 100) -> Sequence[Mapping[Any, Any]]:
    """What a paper served for, newest first."""
    query = select(archive_uses).where(archive_uses.c.line == line).order_by(archive_uses.c.id.desc())
    return tx.execute(query.limit(most)).mappings().all()


def uses_count(tx: Connection, lines: Sequence[str]) -> dict[str, int]:
    """How many times each of these papers served again."""
    query = select(archive_uses.c.line, func.count()).where(archive_uses.c.line.in_(lines))
    return {row[0]: row[1] for row in tx.execute(query.group_by(archive_uses.c.line))}


def volume_page(tx: Connection, said: str, state: str, indexer: Indexer, page: int, size: int) -> Found:
    """Volumes, the newest first; those meant by a number, a place on the shelf or a subject."""
    query, table = VOLUMES, archive_volumes.c
    if state:
        query = query.where(table.state == state)
    if plain := " ".join(said.split())[:LONGEST_WORDS]:
        named = or_(table.no == plain.upper(), table.box == plain, table.shelf == plain)
        query = query.where(or_(named, table.subject_id.in_(subjects_meant(tx, plain, indexer))))
    return page_of(tx, query, (table.id.desc(),), page, size)


def volume_at(tx: Connection, token: str) -> Mapping[Any, Any] | None:
    """One volume."""
    return tx.execute(VOLUMES.where(archive_volumes.c.token == token)).mappings().first()


def held_counts(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """How many papers each of these volumes holds today."""
    query = select(archive_documents.c.volume_id, func.count()).where(
        archive_documents.c.volume_id.in_(ids), archive_documents.c.shown
    )
    return {row[0]: row[1] for row in tx.execute(query.group_by(archive_documents.c.volume_id))}


def held_in(tx: Connection, volume: Mapping[Any, Any]) -> Held:
    """A volume with everything its check looks at but the files."""
    mine = archive_documents.c.volume_id == volume["id"]
    query = select(archive_documents).where(mine, archive_documents.c.shown).order_by(archive_documents.c.place)
    documents = tx.execute(query).mappings().all()
    gone = select(archive_documents.c.place).where(mine, archive_documents.c.withdrawn)
    objects = [f"{DOCUMENT}:{row['line']}" for row in documents]
    logged = select(audit_log.c.object).where(audit_log.c.object.in_(objects), audit_log.c.event_id.is_not(None))
    recorded = {name.partition(":")[2] for name in tx.execute(logged.distinct()).scalars()}
    return Held(volume, documents, frozenset(tx.execute(gone).scalars()), frozenset(recorded))


def checks_of(tx: Connection, volume: int, most: int = 20) -> Sequence[Mapping[Any, Any]]:
    """The reports on a volume, newest first."""
    query = select(archive_checks).where(archive_checks.c.volume_id == volume).order_by(archive_checks.c.id.desc())
    return tx.execute(query.limit(most)).mappings().all()

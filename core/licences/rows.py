"""Finding rows of the library by an index each, so that a million licences answer like ten thousand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, false, func, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from core import word_index
from core.crypto import Indexer, normalise
from core.licences.filters import LicenceFilter
from core.licences.keeping import number_index
from core.licences.numbers import is_credit_code, is_id_number, is_identifier
from core.models.licences import licence_pictures, licences, subjects

COUNTED = 10_000
"""A list is counted as far as this; beyond it, it says that there are more."""
CANDIDATES = 500
"""Companies of the word index that are read for one question, newest first."""
LONGEST_WORDS = 100
DEEPEST = 500
OVER = ("cancelled", "replaced")


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one page, and how many there are as far as they were counted."""

    rows: Sequence[Mapping[Any, Any]]
    total: int
    more: bool


def page_of(tx: Connection, query: Select[Any], order: Sequence[Any], page: int, size: int) -> Found:
    """One page of a query over a table with an `id`."""
    ids = query.with_only_columns(*query.selected_columns.values()[:1]).order_by(None).limit(COUNTED + 1)
    total = int(tx.execute(select(func.count()).select_from(ids.subquery())).scalar_one())
    shown = query.order_by(*order).limit(size).offset((min(max(1, page), DEEPEST) - 1) * size)
    return Found(tx.execute(shown).mappings().all(), min(total, COUNTED), total > COUNTED)


# --- subjects ---


def companies_named(tx: Connection, words: str, most: int = CANDIDATES) -> Select[Any]:
    """The ids of companies whose name holds all these words, among the newest that the word index knows."""
    said = words.split()
    held = [subjects.c.name.contains(word, autoescape=True) for word in said]
    asked = word_index.pairs(*said)
    if not asked:
        newest = select(subjects.c.id).where(subjects.c.name.is_not(None)).order_by(subjects.c.id.desc()).limit(most)
        these = newest.subquery()
    else:
        these = word_index.SUBJECTS.holders(tx, asked, most)[0].subquery()
    return select(subjects.c.id).join(these, these.c.id == subjects.c.id).where(and_(*held), ~subjects.c.gone)


def subjects_meant(tx: Connection, words: str, indexer: Indexer, kind: str = "") -> Select[Any]:
    """The ids of subjects meant by a credit code, an ID number, a phone, a whole name, or words in a company's name."""
    plain = " ".join(words.split())[:LONGEST_WORDS]
    if not plain or not plain.isprintable():
        return select(subjects.c.id).where(false())
    number = normalise(plain).upper()
    if is_credit_code(number) or is_id_number(number):
        exact: ColumnElement[bool] = subjects.c.number_index == indexer.index(number, "subject_number")
    elif re.fullmatch(r"1\d{10}", number):
        exact = subjects.c.phone_index == indexer.index(number, "subject_phone")
    else:
        exact = subjects.c.name_index == indexer.index(plain, "subject_name")
        if kind != "person":
            exact = or_(exact, subjects.c.id.in_(companies_named(tx, plain)))
    return select(subjects.c.id).where(exact, ~subjects.c.gone)


def subject_page(tx: Connection, kind: str, words: str, indexer: Indexer, page: int, size: int) -> Found:
    """Subjects of one kind, newest first; those meant by the words, if any are said."""
    query = select(subjects).where(subjects.c.kind == kind, ~subjects.c.gone)
    if words.strip():
        query = query.where(subjects.c.id.in_(subjects_meant(tx, words, indexer, kind)))
    return page_of(tx, query, (subjects.c.id.desc(),), page, size)


def subject_by(tx: Connection, *where: ColumnElement[bool]) -> Mapping[Any, Any] | None:
    """One subject that is in the lists."""
    return tx.execute(select(subjects).where(~subjects.c.gone, *where)).mappings().first()


def counts_of(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """How many licences each of these subjects has in their newest version."""
    query = select(licences.c.subject_id, func.count()).where(licences.c.subject_id.in_(ids), licences.c.shown)
    return {row[0]: row[1] for row in tx.execute(query.group_by(licences.c.subject_id))}


# --- licences ---

WITH_HOLDER = select(
    licences,
    subjects.c.token.label("holder_token"),
    subjects.c.kind.label("holder_kind"),
    subjects.c.name.label("holder_name"),
    subjects.c.body.label("holder_body"),
).join(subjects, subjects.c.id == licences.c.subject_id)
"""A licence with what is needed to name its holder."""


def licence_page(tx: Connection, wanted: LicenceFilter, indexer: Indexer, today: date, page: int, size: int) -> Found:
    """Newest versions that fit, the latest registered first; by day of issue when one is asked for."""
    query = WITH_HOLDER.where(licences.c.shown, *_narrowed(tx, wanted, indexer, today))
    order = [licences.c.id.desc()]
    if wanted.issued_from or wanted.issued_to:
        order.insert(0, licences.c.issued_on.desc())
    return page_of(tx, query, order, page, size)


def _narrowed(tx: Connection, wanted: LicenceFilter, indexer: Indexer, today: date) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.type:
        where.append(licences.c.type == wanted.type)
    if wanted.case_no:
        where.append(licences.c.case_no == wanted.case_no)
    if wanted.issued_from:
        where.append(licences.c.issued_on >= wanted.issued_from)
    if wanted.issued_to:
        where.append(licences.c.issued_on <= wanted.issued_to)
    if wanted.state:
        where += _in_state(wanted.state, today)
    if words := " ".join(wanted.words.split())[:LONGEST_WORDS]:
        where.append(_meant(tx, words, indexer))
    return where


def _in_state(state: str, today: date) -> list[ColumnElement[bool]]:
    past = and_(licences.c.valid_to.is_not(None), licences.c.valid_to < today)
    match state:
        case "expired":
            return [licences.c.state == "valid", past]
        case "valid":
            return [licences.c.state == "valid", or_(licences.c.valid_to.is_(None), licences.c.valid_to >= today)]
    return [licences.c.state == state]


def _meant(tx: Connection, words: str, indexer: Indexer) -> ColumnElement[bool]:
    """By its identifier, its number, its case number or its holder."""
    if is_identifier(words.upper()):
        return licences.c.identifier == words.upper()
    ways = (
        licences.c.number_index == number_index(indexer, words),
        licences.c.case_no == words,
        licences.c.subject_id.in_(subjects_meant(tx, words, indexer)),
    )  # each by an index of its own; an "or" of them would read every licence
    return licences.c.id.in_(union_all(*(select(licences.c.id).where(licences.c.shown, way) for way in ways)))


def licence_at(tx: Connection, *, line: str = "", token: str = "") -> Mapping[Any, Any] | None:
    """The newest version of a licence by its line, or any version by its token."""
    where = licences.c.token == token if token else and_(licences.c.line == line, licences.c.shown)
    return tx.execute(WITH_HOLDER.where(where)).mappings().first()


def licences_of(tx: Connection, ids: Sequence[int], most: int = 500) -> Sequence[Mapping[Any, Any]]:
    """The newest versions of every licence of these subjects but drafts, the latest issued first."""
    query = WITH_HOLDER.where(licences.c.subject_id.in_(ids), licences.c.shown, licences.c.state != "draft")
    order = (licences.c.issued_on.desc(), licences.c.id.desc())
    return tx.execute(query.order_by(*order).limit(most)).mappings().all()


def versions_of(tx: Connection, line: str) -> Sequence[Mapping[Any, Any]]:
    """Every version of a licence, newest first."""
    query = select(licences).where(licences.c.line == line).order_by(licences.c.version.desc())
    return tx.execute(query).mappings().all()


def pictures_of(tx: Connection, lines: Sequence[str]) -> dict[str, list[Mapping[Any, Any]]]:
    """The pictures these licences show now, in the order they came."""
    mine = (licence_pictures.c.line.in_(lines), licence_pictures.c.removed_at.is_(None))
    found: dict[str, list[Mapping[Any, Any]]] = {line: [] for line in lines}
    for row in tx.execute(select(licence_pictures).where(*mine).order_by(licence_pictures.c.id)).mappings():
        found[row["line"]].append(row)
    return found

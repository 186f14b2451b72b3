"""Many licences in one commit, as sheets and feeds bring them: a few statements a table, an event for each row.

What comes here was checked (`checks.tidy_licence`); holders are found or registered by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core import word_index
from core.canon import canonical
from core.crypto import Cipher, Indexer
from core.entries import Entry
from core.licences.checks import Terms
from core.licences.desk import Desk, Told, new_name, sealed
from core.licences.door import entry_of, event_row
from core.licences.keeping import number_index
from core.licences.numbers import identifier, serials
from core.licences.subjects import columns
from core.many import among, insert_into, insert_many, put
from core.models.licences import licences, subjects
from core.models.record import events
from core.policy.library import LICENCE, SUBJECT
from core.policy.licences import COMPANY, LicenceType


@dataclass(frozen=True, slots=True)
class Checked:
    """One licence that may be written: its holder's fields and its own, tidy."""

    kind: LicenceType
    holder: Mapping[str, str]
    terms: Terms
    fields: Mapping[str, str]
    case_no: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """The same with all that is done without a database, sealed and indexed: columns of its holder and its own."""

    kind: LicenceType
    holder: Mapping[str, Any]
    licence: Mapping[str, Any]

    @property
    def index(self) -> str:
        """By what its number is found."""
        return str(self.licence["number_index"])


def made_ready(cipher: Cipher, indexer: Indexer, rows: Iterable[Checked]) -> list[Ready]:
    """What takes a while and needs no transaction. Rows of one holder share their columns."""
    holders: dict[tuple[str, str], dict[str, Any]] = {}
    ready = []
    for row in rows:
        key = row.kind.holder, row.holder["number"]
        if key not in holders:
            holders[key] = _holder(cipher, indexer, row)
        ready.append(Ready(row.kind, holders[key], _licence(cipher, indexer, row)))
    return ready


def _holder(cipher: Cipher, indexer: Indexer, row: Checked) -> dict[str, Any]:
    token, kind = new_name(), row.kind.holder
    body = sealed(cipher, "subjects", token, row.holder)
    return {"token": token, "kind": kind, **columns(indexer, kind, row.holder), "seq": 1, "gone": False, "body": body}


def _licence(cipher: Cipher, indexer: Indexer, row: Checked) -> dict[str, Any]:
    token, terms = new_name(), row.terms
    return {
        "token": token, "line": new_name(), "version": 1, "newer_id": None, "type": row.kind.key, "state": "valid",
        "issuer": terms.issuer, "case_no": row.case_no, "seq": 1, "number_index": number_index(indexer, terms.number),
        "issued_on": terms.issued_on, "valid_from": terms.valid_from, "valid_to": terms.valid_to,
        "body": sealed(cipher, "licences", token, {"number": terms.number, "fields": dict(row.fields)}),
    }  # fmt: skip


def take_in(
    desk: Desk, rows: Sequence[Ready], source: str, *, staged: int | None = None
) -> tuple[list[str], list[Entry]]:
    """Write them in this transaction; returns the line of each and the entries for the log.

    Those `staged` for an import are seen by nobody until it is flipped.
    """
    holders, told = _holders(desk, rows)
    lines, made = _licences(desk, rows, holders, staged)
    return lines, list(_recorded(desk, [*told, *made], source))


def _holders(desk: Desk, rows: Sequence[Ready]) -> tuple[dict[tuple[str, str], int], list[Told]]:
    """The id of every holder by kind and blind index of the number; those not known are registered."""
    asked = {(row.kind.holder, str(row.holder["number_index"])): row.holder for row in rows}
    found: dict[tuple[str, str], int] = {}
    query = select(subjects.c.id, subjects.c.number_index, subjects.c.kind)
    for row in desk.tx.execute(query.where(among(desk.tx, subjects.c.number_index, {index for _, index in asked}))):
        found[row.kind, row.number_index] = row.id
    fresh = {key: holder for key, holder in asked.items() if key not in found}
    if fresh:
        new = [{**holder, "added_at": desk.now, "changed_at": desk.now} for holder in fresh.values()]
        ids = insert_many(desk.tx, subjects, new)
        found |= dict(zip(fresh, ids, strict=True))
        named = [(made, (row["name"],)) for made, row in zip(ids, new, strict=True) if row["kind"] == COMPANY]
        word_index.SUBJECTS.note_all(desk.tx, named)
    return found, [Told(SUBJECT, "added", row["token"], 1, {"kind": row["kind"]}, "") for row in fresh.values()]


def _licences(
    desk: Desk, rows: Sequence[Ready], holders: Mapping[tuple[str, str], int], staged: int | None
) -> tuple[list[str], list[Told]]:
    given = _serials(desk.tx, rows)
    new, told = list[dict[str, Any]](), list[Told]()
    for row in rows:
        serial, kind, line = next(given[row.kind.key]), row.kind, row.licence["line"]
        name = identifier(kind.code, kind.issuer.code, serial, 1)
        new.append(
            {
                **row.licence, "serial": serial, "identifier": name, "shown": staged is None, "import_id": staged,
                "subject_id": holders[kind.holder, row.holder["number_index"]], "added_at": desk.now,
                "changed_at": desk.now,
            }
        )  # fmt: skip
        told.append(Told(LICENCE, "issued", line, 1, {"type": kind.key, "version": 1, "identifier": name}, ""))
    put(desk.tx, insert_into(desk.tx, licences), new)
    return [row["line"] for row in new], told


def _serials(tx: Connection, rows: Iterable[Ready]) -> dict[str, Iterator[str]]:
    kinds: dict[str, tuple[LicenceType, int]] = {}
    for row in rows:
        kinds[row.kind.key] = row.kind, kinds.get(row.kind.key, (row.kind, 0))[1] + 1
    return {key: iter(serials(tx, kind.code, kind.issuer.code, count)) for key, (kind, count) in sorted(kinds.items())}


def _recorded(desk: Desk, told: Sequence[Told], source: str) -> Iterator[Entry]:
    """An event for each, and its entry in the log."""
    facts = [canonical({"row": one.row, **one.facts}) for one in told]
    rows = [event_row(one, desk.actor, desk.now, source, fact) for one, fact in zip(told, facts, strict=True)]
    ids = insert_many(desk.tx, events, rows)
    for one, row, event in zip(told, rows, ids, strict=True):
        yield entry_of(one, desk.actor, desk.now, event, row)

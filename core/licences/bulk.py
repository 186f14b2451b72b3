"""Many licences in one commit, as sheets bring them: a few statements a table, an event for each row.

What comes here was checked (`checks.tidy_licence`); holders are found or registered by number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, literal, select

from core import word_index
from core.canon import canonical
from core.crypto import Cipher, Indexer
from core.entries import Entry, event_form
from core.licences.checks import Terms
from core.licences.desk import Desk, Told, new_names, sealed
from core.licences.door import called_in_log, event_row
from core.licences.keeping import number_index
from core.licences.numbers import identifier, serials
from core.licences.subjects import columns as columns_of
from core.many import among, insert_many, put
from core.models.licences import licence_staged, licences, subjects
from core.models.record import events
from core.policy.library import LICENCE, SUBJECT
from core.policy.licences import COMPANY, LicenceType

SHOWN = {"newer_id": None, "shown": True}
"""The newest version of a licence."""
NAMES = 3
"""A row takes at most: the token of its holder, its own, and its line."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One licence that may be written: its holder's fields and its own, tidy."""

    kind: LicenceType
    holder: Mapping[str, str]
    terms: Terms
    fields: Mapping[str, str]
    case_no: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """The event of one row: the row it tells of, and its facts as the text that is stored and hashed."""

    row: str
    facts: str


@dataclass(frozen=True, slots=True)
class ReadyHolder:
    """The columns of a subject that may be new, the pairs of its name where that is open, and its event.

    `key`: by what a subject is found, its kind and the blind index of its number.
    """

    key: tuple[str, str]
    columns: Mapping[str, Any]
    pairs: Sequence[int]
    noted: Noted


@dataclass(frozen=True, slots=True)
class Ready:
    """A licence with all that is done without a database: sealed, indexed, numbered, its event written."""

    holder: ReadyHolder
    columns: Mapping[str, Any]
    noted: Noted

    @property
    def index(self) -> str:
        """By what its number is found."""
        return str(self.columns["number_index"])


def made_ready(cipher: Cipher, indexer: Indexer, rows: Sequence[tuple[Checked, str]]) -> list[Ready]:
    """What takes a while and needs no transaction, of rows and their serial numbers. Rows of one holder share it."""
    holders: dict[tuple[str, str], ReadyHolder] = {}
    names, made = iter(new_names(NAMES * len(rows))), list[Ready]()
    for row, serial in rows:
        key = row.kind.holder, row.holder["number"]
        if key not in holders:
            holders[key] = _holder(cipher, indexer, row, next(names))
        columns = _licence(cipher, indexer, row, serial, (next(names), next(names)))
        facts = {"type": row.kind.key, "version": 1, "identifier": columns["identifier"]}
        made.append(Ready(holders[key], columns, _noted(columns["line"], facts)))
    return made


def _holder(cipher: Cipher, indexer: Indexer, row: Checked, token: str) -> ReadyHolder:
    kind = row.kind.holder
    body, own = sealed(cipher, "subjects", token, row.holder), columns_of(indexer, kind, row.holder)
    told = {"token": token, "kind": kind, **own, "seq": 1, "gone": False, "body": canonical(body)}
    pairs = word_index.pairs(row.holder["name"]) if kind == COMPANY else ()
    return ReadyHolder((kind, own["number_index"]), told, pairs, _noted(token, {"kind": kind}))


def _licence(cipher: Cipher, indexer: Indexer, row: Checked, serial: str, names: tuple[str, str]) -> dict[str, Any]:
    kind, terms, (token, line) = row.kind, row.terms, names
    body = sealed(cipher, "licences", token, {"number": terms.number, "fields": dict(row.fields)})
    return {
        "token": token, "line": line, "version": 1, "type": kind.key, "state": "valid",
        "serial": serial, "identifier": identifier(kind.code, kind.issuer.code, serial, 1), "issuer": terms.issuer,
        "case_no": row.case_no, "seq": 1, "number_index": number_index(indexer, terms.number),
        "issued_on": terms.issued_on, "valid_from": terms.valid_from, "valid_to": terms.valid_to,
        "body": canonical(body),
    }  # fmt: skip


def _noted(row: str, facts: Mapping[str, Any]) -> Noted:
    return Noted(row, canonical({"row": row, **facts}))


def numbered(tx: Connection, rows: Sequence[Checked]) -> list[tuple[Checked, str]]:
    """Each with a serial number of its type."""
    kinds = {row.kind.key: row.kind for row in rows}
    counts = Counter(row.kind.key for row in rows)
    given = {key: iter(serials(tx, kinds[key].code, kinds[key].issuer.code, counts[key])) for key in sorted(kinds)}
    return [(row, next(given[row.kind.key])) for row in rows]


def take_in(desk: Desk, rows: Sequence[Ready], source: str, staged: int | None = None) -> list[Entry]:
    """Write them in this transaction; returns the entries for the log.

    Those `staged` for an import are seen by nobody until it is flipped.
    """
    holders, added = _holders(desk, rows)
    alike = {"import_id": staged, "added_at": desk.now, "changed_at": desk.now}
    new = [{**row.columns, "subject_id": holders[row.holder.key]} for row in rows]
    if staged is None:
        put(desk.tx, licences, new, {**alike, **SHOWN})
    else:
        put(desk.tx, licence_staged, new, alike)
    registered, issued = Told(SUBJECT, "added", "", 1, {}, ""), Told(LICENCE, "issued", "", 1, {}, "")
    made = [row.noted for row in rows]
    return [*_recorded(desk, source, registered, added), *_recorded(desk, source, issued, made)]


def flip(tx: Connection, import_id: int) -> None:
    """What was staged for an import becomes licences, all of it at once and in its order."""
    told = [one for one in licence_staged.c if one.name != "id"]
    theirs = licence_staged.c.import_id == import_id
    columns = [*(one.name for one in told), *SHOWN]
    values = select(*told, *(literal(value, licences.c[name].type) for name, value in SHOWN.items()))
    tx.execute(insert(licences).from_select(columns, values.where(theirs).order_by(licence_staged.c.id)))
    tx.execute(delete(licence_staged).where(theirs))


def _holders(desk: Desk, rows: Sequence[Ready]) -> tuple[dict[tuple[str, str], int], list[Noted]]:
    """The id of every holder by kind and blind index of the number; those not known are registered."""
    asked = {row.holder.key: row.holder for row in rows}
    found: dict[tuple[str, str], int] = {}
    query = select(subjects.c.id, subjects.c.number_index, subjects.c.kind)
    for row in desk.tx.execute(query.where(among(desk.tx, subjects.c.number_index, {index for _, index in asked}))):
        found[row.kind, row.number_index] = row.id
    fresh = {key: holder for key, holder in asked.items() if key not in found}
    alike = {"added_at": desk.now, "changed_at": desk.now}
    ids = insert_many(desk.tx, subjects, [holder.columns for holder in fresh.values()], alike)
    found |= dict(zip(fresh, ids, strict=True))
    named = [(made, one.pairs) for made, one in zip(ids, fresh.values(), strict=True) if one.pairs]
    word_index.SUBJECTS.note_all(desk.tx, named)
    return found, [holder.noted for holder in fresh.values()]


def _recorded(desk: Desk, source: str, told: Told, noted: Sequence[Noted]) -> Iterator[Entry]:
    """An event for each, all of them like the one told but for its row and facts, and its entry in the log."""
    now, who, alike = desk.now, desk.actor, event_row(told, desk.actor, source)
    form, (action, what) = event_form(alike), called_in_log(told)
    ids = insert_many(desk.tx, events, [{"facts": one.facts} for one in noted], {**alike, "at": now})
    for one, event in zip(noted, ids, strict=True):
        digest = form.hash(now, event, one.facts)
        yield Entry(
            now, who.person, who.post, who.channel, who.address, action, f"{what}{one.row}", "done", event_id=event,
            event_hash=digest,
        )  # fmt: skip

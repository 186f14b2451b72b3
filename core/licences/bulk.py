"""Many licences in one commit, as sheets bring them: a few statements a table, an event for each row.

What comes here was checked (`checks.tidy_licence`); holders are found or registered by number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core import word_index
from core.canon import canonical
from core.crypto import Cipher, Indexer
from core.entries import Entry, EventForm, event_form
from core.licences.checks import Terms
from core.licences.desk import Desk, Told, new_name, sealed
from core.licences.door import called_in_log, event_row
from core.licences.keeping import number_index
from core.licences.numbers import identifier, serials
from core.licences.subjects import columns
from core.many import among, insert_many, put
from core.models.licences import licences, subjects
from core.models.record import events
from core.people import Actor
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
class Noting:
    """The events of rows that are registered alike: what each is stored as but for its facts, and its action."""

    row: Mapping[str, Any]
    form: EventForm
    action: str


@dataclass(frozen=True, slots=True)
class Noted:
    """The event of one row, and what its entry in the log says it was about."""

    noting: Noting
    facts: str
    what: str


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


class Preparing:
    """Makes rows ready for who brought them by some way: what takes a while and needs no transaction."""

    def __init__(self, cipher: Cipher, indexer: Indexer, actor: Actor, source: str) -> None:
        self._cipher, self._indexer = cipher, indexer
        self._added, self._issued = (_noting(actor, source, book) for book in ((SUBJECT, "added"), (LICENCE, "issued")))

    def ready(self, rows: Iterable[tuple[Checked, str]]) -> list[Ready]:
        """Rows and their serial numbers. Rows of one holder share it."""
        holders: dict[tuple[str, str], ReadyHolder] = {}
        made = []
        for row, serial in rows:
            key = row.kind.holder, row.holder["number"]
            if key not in holders:
                holders[key] = self._holder(row)
            made.append(self._licence(row, serial, holders[key]))
        return made

    def _holder(self, row: Checked) -> ReadyHolder:
        token, kind = new_name(), row.kind.holder
        body, own = sealed(self._cipher, "subjects", token, row.holder), columns(self._indexer, kind, row.holder)
        told = {"token": token, "kind": kind, **own, "seq": 1, "gone": False, "body": canonical(body)}
        pairs = word_index.pairs(row.holder["name"]) if kind == COMPANY else ()
        noted = Noted(self._added, canonical({"row": token, "kind": kind}), f"{SUBJECT}:{token}")
        return ReadyHolder((kind, own["number_index"]), told, pairs, noted)

    def _licence(self, row: Checked, serial: str, holder: ReadyHolder) -> Ready:
        token, line, kind, terms = new_name(), new_name(), row.kind, row.terms
        name = identifier(kind.code, kind.issuer.code, serial, 1)
        body = sealed(self._cipher, "licences", token, {"number": terms.number, "fields": dict(row.fields)})
        told = {
            "token": token, "line": line, "version": 1, "newer_id": None, "type": kind.key, "state": "valid",
            "serial": serial, "identifier": name, "issuer": terms.issuer, "case_no": row.case_no, "seq": 1,
            "number_index": number_index(self._indexer, terms.number), "issued_on": terms.issued_on,
            "valid_from": terms.valid_from, "valid_to": terms.valid_to, "body": canonical(body),
        }  # fmt: skip
        facts = canonical({"row": line, "type": kind.key, "version": 1, "identifier": name})
        return Ready(holder, told, Noted(self._issued, facts, f"{LICENCE}:{line}"))


def _noting(actor: Actor, source: str, event: tuple[str, str]) -> Noting:
    told = Told(*event, "", 1, {}, "")
    row = event_row(told, actor, source)
    return Noting(row, event_form(row), called_in_log(told)[0])


def numbered(tx: Connection, rows: Sequence[Checked]) -> Iterator[tuple[Checked, str]]:
    """Each with a serial number of its type."""
    kinds = {row.kind.key: row.kind for row in rows}
    counts = Counter(row.kind.key for row in rows)
    given = {key: iter(serials(tx, kinds[key].code, kinds[key].issuer.code, counts[key])) for key in sorted(kinds)}
    return ((row, next(given[row.kind.key])) for row in rows)


def take_in(desk: Desk, rows: Sequence[Ready], staged: int | None = None) -> list[Entry]:
    """Write them in this transaction; returns the entries for the log.

    Those `staged` for an import are seen by nobody until it is flipped.
    """
    holders, added = _holders(desk, rows)
    alike = {"shown": staged is None, "import_id": staged, "added_at": desk.now, "changed_at": desk.now}
    put(desk.tx, licences, [{**row.columns, "subject_id": holders[row.holder.key], **alike} for row in rows])
    return list(_recorded(desk, [*added, *(row.noted for row in rows)]))


def _holders(desk: Desk, rows: Sequence[Ready]) -> tuple[dict[tuple[str, str], int], list[Noted]]:
    """The id of every holder by kind and blind index of the number; those not known are registered."""
    asked = {row.holder.key: row.holder for row in rows}
    found: dict[tuple[str, str], int] = {}
    query = select(subjects.c.id, subjects.c.number_index, subjects.c.kind)
    for row in desk.tx.execute(query.where(among(desk.tx, subjects.c.number_index, {index for _, index in asked}))):
        found[row.kind, row.number_index] = row.id
    fresh = {key: holder for key, holder in asked.items() if key not in found}
    if fresh:
        new = [{**holder.columns, "added_at": desk.now, "changed_at": desk.now} for holder in fresh.values()]
        ids = insert_many(desk.tx, subjects, new)
        found |= dict(zip(fresh, ids, strict=True))
        named = [(made, one.pairs) for made, one in zip(ids, fresh.values(), strict=True) if one.pairs]
        word_index.SUBJECTS.note_all(desk.tx, named)
    return found, [holder.noted for holder in fresh.values()]


def _recorded(desk: Desk, noted: Sequence[Noted]) -> Iterator[Entry]:
    """An event for each, and its entry in the log."""
    now, who = desk.now, desk.actor
    ids = insert_many(desk.tx, events, [{**one.noting.row, "at": now, "facts": one.facts} for one in noted])
    for one, event in zip(noted, ids, strict=True):
        digest = one.noting.form.hash(now, event, one.facts)
        yield Entry(
            now, who.person, who.post, who.channel, who.address, one.noting.action, one.what, "done", event_id=event,
            event_hash=digest,
        )  # fmt: skip

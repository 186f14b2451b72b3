"""The clock's part of a sheet: what was confirmed is staged in small commits, seen by nobody, then shown in one flip.

While one part is being written the next ones are made ready in a thread of their own: sealing and indexing take as long
as the database does, and neither waits for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from core.canon import read_texts
from core.commits import CommitLine, Job
from core.crypto import place
from core.entries import Entry
from core.licences.bulk import Checked, Ready, flip, made_ready, take_in
from core.licences.checks import Terms
from core.licences.desk import Desk
from core.licences.numbers import serial, serials
from core.logbook import entry
from core.many import among
from core.models.licences import licence_import_parts, licence_imports, licences
from core.people import CLOCK, Actor
from core.policy.library import LICENCE, library_rules
from core.policy.licences import LicenceType, licence_types
from core.worktime import local_date

if TYPE_CHECKING:
    from core.licences.library import Whole

CHECKED, RUNNING, DONE, DROPPED, STOPPED = "checked", "running", "done", "dropped", "stopped"
AHEAD = 4
"""Parts that are looked at: the one that is written, and those made ready meanwhile."""
PLACE = ("licence_import_parts", "body")
_RUNNING = select(licence_imports).where(licence_imports.c.state == RUNNING).order_by(licence_imports.c.id).limit(1)
_NEXT = select(licence_import_parts.c.id).order_by(licence_import_parts.c.id).limit(AHEAD)


@dataclass(frozen=True, slots=True)
class Part:
    """Some hundred licences of a sheet, ready to be written."""

    id: int
    rows: Sequence[Ready]


class Staging:
    """Registers the sheets that run. One at a time does so, the leader of the workers."""

    def __init__(self, core: Whole, line: CommitLine) -> None:
        self._core, self._line = core, line

    def work(self, leads: Callable[[], bool]) -> int:
        """Stage part by part and flip each sheet that is whole; returns how many licences were registered."""
        count = 0
        with ThreadPoolExecutor(1, thread_name_prefix="sheet-parts") as beside:
            ahead: dict[int, Future[Part]] = {}
            while leads() and (taken := self._some(beside, ahead)) is not None:
                count += taken
        return count

    def _some(self, beside: ThreadPoolExecutor, ahead: dict[int, Future[Part]]) -> int | None:
        """The next part of the first sheet that runs, the one after it begun; None when none runs."""
        head = self._core._read(lambda tx: tx.execute(_RUNNING).mappings().first())
        if head is None:
            return None
        kind, whose = licence_types()[head["type"]], licence_import_parts.c.import_id == head["id"]
        holder = self._core.directory().holders.get(head["post_id"])
        actor = holder.actor if holder is not None else CLOCK
        first: int = head["first_serial"]
        if first is None:
            first = self._line.submit(Job(0, lambda tx: (self._number(tx, kind, head), ()), lambda _tx, _no: None))
        ids = self._core._read(lambda tx: list(tx.execute(_NEXT.where(whose)).scalars()))
        for part in ids:
            if part not in ahead:
                ahead[part] = beside.submit(self._ready, kind, part, first)
        ready = ahead.pop(ids[0]).result() if ids else None

        def work(tx: Connection) -> tuple[int, Sequence[Entry]]:
            if ready is None:
                return 0, (self._flip(tx, actor, head["id"]),)
            return self._stage(tx, actor, head, ready)

        taken: int = self._line.submit(Job(0, work, lambda _tx, _no: None))
        return taken

    @staticmethod
    def _number(tx: Connection, kind: LicenceType, head: RowMapping) -> int:
        """A sheet's licences are numbered in its order, so that every part knows its numbers before it is written."""
        count = head["total"] - head["faulty"]
        first = int(serials(tx, kind.code, kind.issuer.code, count)[0]) if count else 0
        tx.execute(update(licence_imports).where(licence_imports.c.id == head["id"]).values(first_serial=first))
        return first

    def _ready(self, kind: LicenceType, part: int, first: int) -> Part:
        query = select(licence_import_parts).where(licence_import_parts.c.id == part)
        row = self._core._read(lambda tx: tx.execute(query).mappings().one())
        told = read_texts(self._core.cipher.open(row["body"]["sealed"], place(*PLACE, row["place"])))
        at = first + int(row["place"].rpartition(".")[2])
        rows = (Checked(kind, one["holder"], _terms(one), one["fields"], one["case_no"]) for one in told)
        numbered = [(one, serial(number)) for number, one in enumerate(rows, at)]
        return Part(part, made_ready(self._core.cipher, self._core.indexer, numbered))

    def _stage(self, tx: Connection, actor: Actor, head: RowMapping, part: Part) -> tuple[int, Sequence[Entry]]:
        """One part written unseen, in the commit that takes it out of the waiting."""
        gone = delete(licence_import_parts).where(licence_import_parts.c.id == part.id)
        if not tx.execute(gone).rowcount:
            return 0, ()  # another hand was quicker
        kind, now, rules = licence_types()[head["type"]], self._core.clock.now(), library_rules()
        known = twins(tx, kind, {row.index for row in part.rows})  # somebody may have registered one meanwhile
        rows = [row for row in part.rows if row.index not in known]
        desk = Desk(
            tx, actor, now, local_date(now), rules, rules.acts[LICENCE]["issue"], self._core.cipher, self._core.indexer
        )
        entries = take_in(desk, rows, "sheet", head["id"])
        settled = {"settled": licence_imports.c.settled + len(part.rows), "changed_at": now}
        tx.execute(update(licence_imports).where(licence_imports.c.id == head["id"]).values(settled))
        return len(rows), entries

    def _flip(self, tx: Connection, actor: Actor, import_id: int) -> Entry:
        """All of a sheet is there: it is shown at once."""
        now = self._core.clock.now()
        flip(tx, import_id)
        done = {"state": DONE, "changed_at": now}
        tx.execute(update(licence_imports).where(licence_imports.c.id == import_id).values(done))
        return entry(now, actor, "licence.sheet_done", f"sheet:{import_id}", "done")


def twins(tx: Connection, kind: LicenceType, indexes: Collection[str]) -> dict[str, Mapping[Any, Any]]:
    """The licences of this type that stand under any of these numbers, by blind index."""
    live = (licences.c.type == kind.key, licences.c.shown, licences.c.state != "cancelled")
    query = select(licences).where(among(tx, licences.c.number_index, indexes), *live)
    return {row["number_index"]: row for row in tx.execute(query).mappings()}


def _terms(told: Mapping[str, Any]) -> Terms:
    last = told["valid_to"]
    return Terms(
        told["number"], told["issuer"], date.fromisoformat(told["issued_on"]), date.fromisoformat(told["valid_from"]),
        date.fromisoformat(last) if last else None,
    )  # fmt: skip

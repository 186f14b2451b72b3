"""Sheets of licences: read at arm's length, checked as a whole, staged by the clock in small commits, then one flip.

Nobody sees a licence of a sheet before all of them are there, so a sheet is there as a whole or not at all; the same
file brought twice is the same import, and rows that are in the library already change nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from core.arrivals.opening import rows_of_sheet
from core.canon import canonical
from core.commits import CommitLine
from core.crypto import place
from core.errors import Refusal, Unknown
from core.licences.bulk import Checked
from core.licences.checks import Terms
from core.licences.desk import opened
from core.licences.door import may_keep
from core.licences.keeping import number_index
from core.licences.sheets import Row, checked
from core.licences.staging import CHECKED, DONE, DROPPED, PLACE, RUNNING, STOPPED, Staging, twins
from core.models.licences import licence_import_parts, licence_imports
from core.people import CLOCK, Actor
from core.policy.arrivals import arrival_rules
from core.policy.library import library_rules
from core.policy.licences import LicenceType, licence_types
from core.views import ImportView, RowFault

if TYPE_CHECKING:
    from core.licences.library import Whole

TITLES = {CHECKED: "待确认", RUNNING: "正在登记", DONE: "已完成", DROPPED: "已放弃", STOPPED: "已停止"}
FIRST, PART, SHOWN, KEPT = 1000, 3000, 200, 5000


class SheetOver(Refusal):
    text = "这份表格{how}，要改请改好后重新上传。"


class SheetFaulty(Refusal):
    text = "还有 {count} 行没有填好，请改好重传，或只登记没问题的行。"
    status = 422


class LicenceImports:
    """Takes sheets of licences in. Only who brought one sees it."""

    def __init__(self, core: Whole, line: CommitLine) -> None:
        self._core, self._write, self._staging = core, core._write, Staging(core, line)

    def bring(self, actor: Actor, type_key: str, name: str, raw: bytes) -> int:
        """Read and check a whole file; nothing is registered. Returns its id. Raises WrongFile, OtherSheet, Unknown."""
        may_keep(self._core.policy, actor, "导入证照")
        kind = licence_types().get(type_key)
        if kind is None:
            raise Unknown(what="这种证照")
        digest = hashlib.sha256(type_key.encode() + b"\0" + raw).hexdigest()
        if (known := self._known(actor, digest)) is not None:
            return known
        rows = list(checked(kind, rows_of_sheet(raw, library_rules().sheet, name), self._core.today()))
        rows = self._core._read(lambda tx: self._compared(tx, kind, rows))
        what = f"sheet:{digest[:12]}"
        made: int = self._write(
            actor, "licence.sheet_checked", what, lambda tx: self._keep(tx, actor, kind, name, digest, rows)
        )
        return made

    def _known(self, actor: Actor, digest: str) -> int | None:
        mine = (licence_imports.c.digest == digest, licence_imports.c.person_id == actor.person)
        query = select(licence_imports.c.id).where(*mine, licence_imports.c.state.in_((CHECKED, RUNNING, DONE)))
        found = self._core._read(lambda tx: tx.execute(query.order_by(licence_imports.c.id.desc()).limit(1)).scalar())
        return None if found is None else int(found)

    def _compared(self, tx: Connection, kind: LicenceType, rows: Sequence[Row]) -> list[Row]:
        """Rows whose number is in the library: the same is left out, another content is a fault."""
        indexes = {row.number: self._index(row.checked) for row in rows if row.checked is not None}
        known, told = twins(tx, kind, set(indexes.values())), []
        for row in rows:
            twin = known.get(indexes[row.number]) if row.checked is not None else None
            if twin is None:
                told.append(row)
            elif row.checked is not None and not self._same(twin, row.checked):
                why = "库里已有这个编号，内容不同，请在证照页面办理变更"
                told.append(Row(row.number, None, (RowFault(row.number, kind.number.label, why),)))
        return told

    def _index(self, row: Checked) -> str:
        return number_index(self._core.indexer, row.terms.number)

    def _same(self, twin: Mapping[Any, Any], row: Checked) -> bool:
        terms = row.terms
        days = (terms.issued_on, terms.valid_from, terms.valid_to, row.case_no, terms.issuer)
        if (twin["issued_on"], twin["valid_from"], twin["valid_to"], twin["case_no"], twin["issuer"]) != days:
            return False
        return bool(opened(self._core.cipher, "licences", twin)["fields"] == dict(row.fields))

    def _keep(
        self, tx: Connection, actor: Actor, kind: LicenceType, name: str, digest: str, rows: Sequence[Row]
    ) -> int:
        now, good = self._core.clock.now(), [row.checked for row in rows if row.checked is not None]
        faults = [fault for row in rows for fault in row.faults]
        head = {
            "type": kind.key, "digest": digest, "file_name": name, "person_id": actor.person, "post_id": actor.post,
            "state": CHECKED, "total": len(rows), "faulty": len(rows) - len(good), "settled": 0, "made_at": now,
            "faults": {"list": [[one.row, one.column, one.why] for one in faults[:KEPT]]}, "changed_at": now,
        }  # fmt: skip
        made = int(tx.execute(insert(licence_imports).returning(licence_imports.c.id), head).scalar_one())
        ends = [*range(FIRST, len(good), PART), len(good)]  # little at first, so that writing begins at once
        parts = [self._part(made, at, good[at:end]) for at, end in pairwise([0, *ends]) if end > at]
        if parts:
            tx.execute(insert(licence_import_parts), parts)
        return made

    def _part(self, made: int, at: int, rows: Sequence[Checked]) -> dict[str, Any]:
        where = f"{made}.{at}"
        told = [
            {"holder": row.holder, "fields": row.fields, "case_no": row.case_no, **_days(row.terms)} for row in rows
        ]
        token = self._core.cipher.seal(canonical(told), place(*PLACE, where))
        return {"import_id": made, "place": where, "body": {"sealed": token}}

    def start(self, actor: Actor, import_id: int, *, only_good: bool) -> None:
        """Let the clock register it: all of it, or what is in order. Raises SheetFaulty, SheetOver, Unknown."""

        def run(tx: Connection) -> None:
            row = self._own(tx, actor, import_id)
            if row["state"] in (RUNNING, DONE):
                return
            if row["state"] != CHECKED:
                raise SheetOver(how=TITLES[row["state"]])
            if row["faulty"] and (not only_good or row["faulty"] == row["total"]):
                raise SheetFaulty(count=row["faulty"])
            self._turn(tx, import_id, RUNNING)

        self._write(actor, "licence.sheet_started", f"sheet:{import_id}", run)

    def drop(self, actor: Actor, import_id: int) -> None:
        """Keep nothing of it. Raises SheetOver once it is being registered, Unknown."""

        def run(tx: Connection) -> None:
            row = self._own(tx, actor, import_id)
            if row["state"] not in (CHECKED, DROPPED):
                raise SheetOver(how=TITLES[row["state"]])
            tx.execute(delete(licence_import_parts).where(licence_import_parts.c.import_id == import_id))
            self._turn(tx, import_id, DROPPED)

        self._write(actor, "licence.sheet_dropped", f"sheet:{import_id}", run)

    # --- the clock's part ---

    def work(self, leads: Callable[[], bool] = lambda: True) -> int:
        """Register what was confirmed, sheet by sheet; returns how many licences."""
        return self._staging.work(leads)

    def wipe(self) -> int:
        """Sheets nobody confirmed in time keep nothing of what they said; returns how many."""
        since = self._core.clock.now() - arrival_rules().draft.keep
        old = select(licence_imports.c.id).where(licence_imports.c.state == CHECKED, licence_imports.c.made_at < since)
        ids = self._core._read(lambda tx: list(tx.execute(old).scalars()))
        for import_id in ids:
            self._write(CLOCK, "licence.sheet_dropped", f"sheet:{import_id}", self._emptied(import_id))
        return len(ids)

    def _emptied(self, import_id: int) -> Callable[[Connection], None]:
        def run(tx: Connection) -> None:
            tx.execute(delete(licence_import_parts).where(licence_import_parts.c.import_id == import_id))
            self._turn(tx, import_id, DROPPED)

        return run

    def _turn(self, tx: Connection, import_id: int, state: str) -> None:
        values = {"state": state, "changed_at": self._core.clock.now()}
        tx.execute(update(licence_imports).where(licence_imports.c.id == import_id).values(values))

    # --- looking ---

    def view(self, actor: Actor, import_id: int, *, every_fault: bool = False) -> tuple[ImportView, LicenceType]:
        """A sheet as who brought it sees it, and of which type it is. Raises Unknown."""
        row = self._core._read(lambda tx: self._own(tx, actor, import_id))
        return _seen(row, KEPT if every_fault else SHOWN), licence_types()[row["type"]]

    def latest(self, actor: Actor, most: int = 10) -> tuple[ImportView, ...]:
        """The sheets a person brought, newest first."""
        query = select(licence_imports).where(licence_imports.c.person_id == actor.person)
        query = query.order_by(licence_imports.c.id.desc()).limit(most)
        return tuple(_seen(row, 0) for row in self._core._read(lambda tx: tx.execute(query).mappings().all()))

    @staticmethod
    def _own(tx: Connection, actor: Actor, import_id: int) -> Mapping[Any, Any]:
        query = select(licence_imports).where(
            licence_imports.c.id == import_id, licence_imports.c.person_id == actor.person
        )
        row = tx.execute(query).mappings().first()
        if row is None:
            raise Unknown(what="这份表格")
        return row


def _seen(row: Mapping[Any, Any], most: int) -> ImportView:
    faults = tuple(RowFault(*one) for one in row["faults"]["list"][:most])
    return ImportView(
        row["id"], row["file_name"], row["state"], TITLES[row["state"]], row["total"], row["faulty"], row["settled"],
        row["made_at"], faults,
    )  # fmt: skip


def _days(terms: Terms) -> dict[str, str | None]:
    return {
        "number": terms.number, "issuer": terms.issuer, "issued_on": terms.issued_on.isoformat(),
        "valid_from": terms.valid_from.isoformat(), "valid_to": terms.valid_to.isoformat() if terms.valid_to else None,
    }  # fmt: skip

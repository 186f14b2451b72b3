"""Sheets: read at arm's length, checked row by row, registered by the clock; the same file twice changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from core.arrivals.fields import RULES, Filled
from core.arrivals.house import House
from core.arrivals.opening import open_sheet
from core.arrivals.rows import COLUMNS, Header, Row, checked, header_of
from core.canon import canonical
from core.crypto import place
from core.errors import NotYours, Refusal, Unknown
from core.models.arrivals import import_rows, imports
from core.people import CLOCK, Actor
from core.policy.arrivals import arrival_rules
from core.views import ImportView, RowFault

CHECKED, RUNNING, DONE, DROPPED, STOPPED = "checked", "running", "done", "dropped", "stopped"
TITLES = {CHECKED: "待确认", RUNNING: "正在登记", DONE: "已完成", DROPPED: "已放弃", STOPPED: "已停止"}
READY, TAKEN, FAULTY, REFUSED = "ready", "taken", "faulty", "refused"
NONE: Mapping[str, str] = MappingProxyType({})
UNUSED = "unused"  # the row of column names, where some of them are none of ours
AT_ONCE, TOGETHER, SHOWN = 48, 12, 200


class SheetOver(Refusal):
    text = "这份表格{how}，要改请改好后重新上传。"


class SheetFaulty(Refusal):
    text = "还有{count}行没有填好，请改好重传，或只登记没问题的行。"
    status = 422


class SheetElsewhere(Refusal):
    text = "这份表格已由{who}导入，不用再导。"


class Imports:
    """Takes sheets in. Only who brought one sees it."""

    def __init__(self, house: House, understood: Callable[[Mapping[str, str]], Filled]) -> None:
        self._house, self._understood = house, understood

    def bring(self, actor: Actor, name: str, raw: bytes) -> int:
        """Read and check a whole file; nothing is registered. Returns its id. Raises WrongFile, SheetElsewhere."""
        if actor.role not in self._house.policy.registers:
            raise NotYours(holder="指挥中心和承办单位", action="登记")
        digest = hashlib.sha256(raw).hexdigest()
        if (known := self._known(actor, digest)) is not None:
            return known
        lines = open_sheet(raw, arrival_rules().sheet, name)
        header = header_of(lines, arrival_rules().header)
        rows = list(checked(lines, header, self._understood))
        made: int = self._house._write(
            actor, "sheet.checked", f"sheet:{digest[:12]}", lambda tx: self._keep(tx, actor, name, digest, header, rows)
        )
        return made

    def _known(self, actor: Actor, digest: str) -> int | None:
        """The same file as it was brought before and not given up; somebody else's is refused."""
        query = select(imports).where(imports.c.digest == digest, imports.c.state.not_in((DROPPED, STOPPED)))
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(query.order_by(imports.c.id.desc()).limit(1)).first()
        if row is None or (row.person_id != actor.person and row.state == CHECKED):
            return None
        if row.person_id != actor.person:
            raise SheetElsewhere(who=self._house.core.directory().person_name(row.person_id))
        return int(row.id)

    def _keep(self, tx: Connection, actor: Actor, name: str, digest: str, header: Header, rows: Sequence[Row]) -> int:
        now, faulty = self._house.clock.now(), sum(bool(row.faults) for row in rows)
        head = {
            "digest": digest, "file_name": name, "person_id": actor.person, "post_id": actor.post, "state": CHECKED,
            "total": len(rows), "faulty": faulty, "settled": 0, "made_at": now, "changed_at": now,
        }  # fmt: skip
        made = int(tx.execute(insert(imports).returning(imports.c.id), head).scalar_one())
        stored = [self._stored(made, row) for row in rows]
        if header.unused:
            stored.append(
                _row(made, header.at + 1, UNUSED, {label: f"{at:02}" for at, label in enumerate(header.unused)}, {})
            )
        if stored:
            tx.execute(insert(import_rows), stored)
        return made

    def _stored(self, made: int, row: Row) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if not row.faults:
            where = place("import_rows", "body", f"{made}.{row.number}")
            body = {"sealed": self._house.cipher.seal(canonical(dict(row.given)), where)}
        return _row(made, row.number, FAULTY if row.faults else READY, row.faults, body)

    def start(self, actor: Actor, import_id: int, *, only_good: bool) -> None:
        """Let the clock register it: every row, or those that are in order. Raises SheetFaulty, SheetOver, Unknown."""

        def run(tx: Connection) -> None:
            row = self._own(tx, actor, import_id)
            if row["state"] in (RUNNING, DONE):
                return
            if row["state"] != CHECKED:
                raise SheetOver(how=TITLES[row["state"]])
            if row["faulty"] == row["total"] or (row["faulty"] and not only_good):
                raise SheetFaulty(count=row["faulty"])
            self._turn(tx, import_id, RUNNING)

        self._house._write(actor, "sheet.started", f"sheet:{import_id}", run)

    def drop(self, actor: Actor, import_id: int) -> None:
        """Keep nothing of it. Raises SheetOver once it is being registered, Unknown."""

        def run(tx: Connection) -> None:
            row = self._own(tx, actor, import_id)
            if row["state"] not in (CHECKED, DROPPED):
                raise SheetOver(how=TITLES[row["state"]])
            tx.execute(delete(import_rows).where(import_rows.c.import_id == import_id))
            self._turn(tx, import_id, DROPPED)

        self._house._write(actor, "sheet.dropped", f"sheet:{import_id}", run)

    def work(self, leads: Callable[[], bool] = lambda: True) -> int:
        """The clock's part: register what was confirmed, in order; returns how many rows. Safe to repeat anywhere."""
        count = 0
        with ThreadPoolExecutor(TOGETHER, thread_name_prefix="sheet") as pool:
            while leads() and (taken := self._some(pool)) is not None:
                count += taken
        return count

    def _some(self, pool: Executor) -> int | None:
        """The next rows of the first sheet that runs, several at a time so that they share commits; None: no sheet."""
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            head = tx.execute(select(imports).where(imports.c.state == RUNNING).order_by(imports.c.id)).first()
            if head is None:
                return None
            ready = select(import_rows).where(import_rows.c.import_id == head.id, import_rows.c.state == READY)
            rows = [dict(row) for row in tx.execute(ready.order_by(import_rows.c.row).limit(AT_ONCE)).mappings()]
        holder = self._house.core.directory().holders.get(head.post_id)
        if not rows or holder is None:
            self._end(head.id, DONE if not rows else STOPPED)
            return 0
        told = list(pool.map(lambda row: self._register(head.digest, holder.actor, row), rows))
        self._settle(head.id, told)
        return len(told)

    def _register(self, digest: str, actor: Actor, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row through the one door. A key that was used is answered as before."""
        where = place("import_rows", "body", row["place"])
        given: dict[str, str] = json.loads(self._house.cipher.open(row["body"]["sealed"], where))
        try:
            ticket = self._understood(given).sure()
            done = self._house.register(f"import:{digest[:32]}:{row['row']}", ticket, actor, "web")
        except Refusal as no:
            return {"id": row["id"], "state": REFUSED, "case_no": None, "faults": {"": str(no)}, "body": {}}
        return {"id": row["id"], "state": TAKEN, "case_no": done.no, "faults": {}, "body": {}}

    def _settle(self, import_id: int, told: Sequence[Mapping[str, Any]]) -> None:
        """Their bodies go with the same commit that says what became of them."""

        def run(tx: Connection) -> None:
            for one in told:
                values = {name: value for name, value in one.items() if name != "id"}
                tx.execute(update(import_rows).where(import_rows.c.id == one["id"]).values(values))
            gone = select(func.count()).where(
                import_rows.c.import_id == import_id, import_rows.c.state.in_((TAKEN, REFUSED))
            )
            settled = tx.execute(gone).scalar_one()
            changed = {"settled": settled, "changed_at": self._house.clock.now()}
            tx.execute(update(imports).where(imports.c.id == import_id).values(changed))

        self._house._write(CLOCK, "sheet.taken", f"sheet:{import_id}", run)

    def _end(self, import_id: int, state: str) -> None:
        def run(tx: Connection) -> None:
            tx.execute(update(import_rows).where(import_rows.c.import_id == import_id).values(body={}))
            self._turn(tx, import_id, state)

        self._house._write(CLOCK, f"sheet.{state}", f"sheet:{import_id}", run)

    def wipe(self) -> int:
        """Sheets nobody confirmed in time keep nothing of what they said. Returns how many."""
        since = self._house.clock.now() - arrival_rules().draft.keep
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            old = tx.execute(
                select(imports.c.id).where(imports.c.state == CHECKED, imports.c.made_at < since)
            ).scalars()
            ids = list(old)
        for import_id in ids:
            self._end(import_id, DROPPED)
        return len(ids)

    def _turn(self, tx: Connection, import_id: int, state: str) -> None:
        now = self._house.clock.now()
        tx.execute(update(imports).where(imports.c.id == import_id).values(state=state, changed_at=now))

    def _own(self, tx: Connection, actor: Actor, import_id: int) -> Mapping[str, Any]:
        query = select(imports).where(imports.c.id == import_id, imports.c.person_id == actor.person)
        row = tx.execute(query.with_for_update()).mappings().first()
        if row is None:
            raise Unknown(what="这份表格")
        return dict(row)

    def view(self, actor: Actor, import_id: int, *, every_fault: bool = False) -> ImportView:
        """A sheet as who brought it sees it. Raises Unknown."""
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            row = self._own(tx, actor, import_id)
            bad = select(import_rows.c.row, import_rows.c.faults).where(
                import_rows.c.import_id == import_id, import_rows.c.state.in_((FAULTY, REFUSED))
            )
            query = bad.order_by(import_rows.c.row)
            found = tx.execute(query if every_fault else query.limit(SHOWN)).all()
            names = select(import_rows.c.faults).where(
                import_rows.c.import_id == import_id, import_rows.c.state == UNUSED
            )
            told = tx.execute(names).scalar() or {}
        return self._seen(row, tuple(fault for one in found for fault in _faults(one.row, one.faults)), told)

    def latest(self, actor: Actor, most: int = 10) -> tuple[ImportView, ...]:
        """The sheets a person brought, newest first."""
        query = select(imports).where(imports.c.person_id == actor.person).order_by(imports.c.id.desc()).limit(most)
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            return tuple(self._seen(dict(row), ()) for row in tx.execute(query).mappings())

    @staticmethod
    def _seen(row: Mapping[str, Any], faults: tuple[RowFault, ...], unused: Mapping[str, str] = NONE) -> ImportView:
        return ImportView(
            row["id"], row["file_name"], row["state"], TITLES[row["state"]], row["total"], row["faulty"],
            row["settled"], row["made_at"], faults,
            tuple(sorted(unused, key=unused.__getitem__)),
        )  # fmt: skip


def _row(made: int, number: int, state: str, faults: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
    values = {"import_id": made, "row": number, "place": f"{made}.{number}", "state": state, "body": dict(body)}
    return {**values, "faults": dict(faults), "case_no": None}


def _faults(number: int, faults: Mapping[str, str]) -> Iterator[RowFault]:
    """A row's faults in the order of the template, what is wrong with all of it last."""
    turn = {RULES[name].label: at for at, name in enumerate(COLUMNS)}
    for column, why in sorted(faults.items(), key=lambda one: turn.get(one[0], len(turn))):
        yield RowFault(number, column, why)

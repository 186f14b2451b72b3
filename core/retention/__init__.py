"""Keeping data no longer than policy says (control F5): found, erased in small commits, each on record.

Events and the log hold ids, not values, so nothing of what is erased was ever in them: the chain verifies as before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, text

from core.errors import BadField, FieldMissing, Unknown
from core.models.cases import cases
from core.models.retention import holds
from core.people import CLOCK, Actor
from core.policy.retention import Keeping, load_retention
from core.ports import Clock
from core.retention.kinds import KINDS, REAL_TIME

MOST = 200  # rows of one commit: some milliseconds under the lock
LONGEST_REASON = 200


class Wired(Protocol):
    """What of the core is needed here."""

    engine: Engine
    clock: Clock

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class Due:
    """How much of one kind is past its date: rows, sessions, or cases."""

    keeping: Keeping
    before: datetime
    count: int


class Retention:
    """Lists what is due, erases it, and holds back cases somebody has a reason to keep."""

    def __init__(self, core: Wired, book: Mapping[str, Keeping] | None = None) -> None:
        self._core, self._book = core, book or load_retention()

    def due(self) -> list[Due]:
        """What the next run would erase, kind by kind; nothing is changed."""
        found = []
        for keeping in self._book.values():
            before = self._before(keeping)
            count = select(func.count()).select_from(KINDS[keeping.name].find(before).subquery())
            found.append(Due(keeping, before, int(self._asked(count)[0])))
        return found

    def run(self, keep_on: Callable[[], bool] = lambda: True) -> dict[str, int]:
        """Erase what is due; returns how much of each kind. Safe to stop and to run again."""
        return {name: count for name in self._book if (count := self._run(self._book[name], keep_on))}

    def _run(self, keeping: Keeping, keep_on: Callable[[], bool]) -> int:
        kind, before, done = KINDS[keeping.name], self._before(keeping), 0
        while keep_on():
            keys = self._asked(kind.find(before).limit(MOST))
            if not keys:
                break

            def erase(tx: Connection, keys: list[Any] = keys) -> None:
                if tx.dialect.name == "sqlite":
                    tx.execute(text("PRAGMA secure_delete = ON"))  # what is freed is overwritten in the file
                still = kind.find(before)  # somebody may have put one of them on hold meanwhile
                column = still.selected_columns[0]
                kind.erase(tx, list(tx.execute(still.where(column.in_(keys))).scalars()))

            self._core._write(CLOCK, "retention.erased", f"retention:{keeping.name}:{len(keys)}", erase)
            done += len(keys)
        return done

    def hold(self, no: str, reason: str) -> None:
        """Nothing of this case is erased until it is released. Raises Unknown, FieldMissing, BadField."""
        if not reason.strip():
            raise FieldMissing(field="原因", action="暂缓清除")
        if len(reason) > LONGEST_REASON or not reason.isprintable():
            raise BadField(field="原因", why=f"不超过 {LONGEST_REASON} 字，不含控制字符")

        def run(tx: Connection) -> None:
            case = _case(tx, no)
            tx.execute(delete(holds).where(holds.c.case_id == case))
            tx.execute(insert(holds), {"case_id": case, "reason": reason.strip(), "at": self._core.clock.now()})

        self._core._write(None, "retention.held", no, run, reason.strip())

    def release(self, no: str) -> None:
        """Its dates count again. Raises Unknown for a case that is not held."""

        def run(tx: Connection) -> None:
            if not tx.execute(delete(holds).where(holds.c.case_id == _case(tx, no))).rowcount:
                raise Unknown(what=no[:24])

        self._core._write(None, "retention.released", no, run)

    def _before(self, keeping: Keeping) -> datetime:
        now = datetime.now(UTC) if keeping.name in REAL_TIME else self._core.clock.now()
        return now - keeping.stays

    def _asked(self, query: Select[Any]) -> list[Any]:
        """The first column of a look over years of rows, which may take its time beside a running product."""
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("SET LOCAL statement_timeout = 0"))
            return list(tx.execute(query).scalars())


def _case(tx: Connection, no: str) -> int:
    case: int | None = tx.execute(select(cases.c.id).where(cases.c.no == no[:40])).scalar_one_or_none()
    if case is None:
        raise Unknown(what=no[:24])
    return case

"""Batches made by the clock: signed and staged in small commits, drawn, packed, then shown at once (R183, R184)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from core.commits import CommitLine, Job
from core.entries import Entry
from core.licences.codes.drawing import Pen
from core.licences.codes.sheets import EXCEL, PDF, ZIP, Pictures, PrintSheet, Sticker, excel
from core.licences.codes.stamp import Stamp, link_of
from core.licences.codes.writing import FREE, MAKING, READY, STAGED, number_of, stage
from core.licences.desk import Told, new_name
from core.licences.door import recorded
from core.models.codes import code_batches, licence_codes
from core.people import CLOCK
from core.policy.codes import code_rules
from core.policy.library import BATCH

if TYPE_CHECKING:
    from core.licences.library import Whole

SIGNED, DRAWN = 500, 1000
"""Codes of one commit, and codes drawn between two words about how far it got."""
Run = Callable[[Connection], tuple[Any, Sequence[Entry]]]
Leads = Callable[[], bool]
_NEXT = select(code_batches).where(code_batches.c.state == MAKING).order_by(code_batches.c.id).limit(1)


class Maker:
    """Makes the batches that were ordered, one after another; a crash loses at most the drawing."""

    def __init__(self, core: Whole, line: CommitLine, stamp: Stamp, address: str) -> None:
        self._core, self._line, self._stamp, self._address = core, line, stamp, address

    def work(self, leads: Leads = lambda: True) -> int:
        """Make every batch that waits, as long as this process leads; returns how many batches got ready."""
        count = 0
        while leads() and (batch := self._core._read(lambda tx: tx.execute(_NEXT).mappings().first())) is not None:
            if not (self._sign(batch, leads) and self._draw(batch, leads)):
                break
            count += 1
        return count

    def _sign(self, batch: Mapping[Any, Any], leads: Leads) -> bool:
        made = batch["made"]
        while made < batch["count"]:
            if not leads():
                return False
            codes = [new_name() for _ in range(min(SIGNED, batch["count"] - made))]
            signed = [(code, self._stamp.payload(code, batch["id"])) for code in codes]
            told = self._submit(self._staged(batch["id"], made + 1, signed))
            if told == made:  # another worker is at it
                return False
            made = told
        return True

    def _staged(self, batch: int, first: int, signed: Sequence[tuple[str, str]]) -> Run:
        now = self._core.clock.now()
        return lambda tx: (stage(tx, batch, first, signed, now), ())

    def _draw(self, batch: Mapping[Any, Any], leads: Leads) -> bool:
        """Every code drawn once: its picture for the ZIP and its place on the print sheet."""
        rules, now = code_rules(), self._core.clock.now()
        with tempfile.TemporaryFile() as zipped, tempfile.TemporaryFile() as printed:
            pen, told = Pen(rules), list[Sticker]()
            pictures, sheet = Pictures(zipped, now), PrintSheet(printed, rules.layouts[batch["layout"]])
            for one in self._stickers(batch["id"]):
                if len(told) % DRAWN == 0 and not self._carry_on(batch["id"], len(told), leads):
                    return False
                drawn = pen.draw(one.link)
                pictures.add(f"{one.number}.png", pen.picture(drawn))
                sheet.add(one.number, drawn)
                told.append(one)
            pictures.close()
            sheet.close()
            kept = {"excel": self._core.files.keep(excel(told), EXCEL)}
            for name, file, kind in (("pictures", zipped, ZIP), ("sheet", printed, PDF)):
                file.seek(0)
                kept[name] = self._core.files.keep(file.read(), kind)
        self._submit(lambda tx: self._flip(tx, batch["id"], kept))
        return True

    def _stickers(self, batch: int) -> Iterator[Sticker]:
        query = select(licence_codes).where(licence_codes.c.batch_id == batch).order_by(licence_codes.c.serial)
        rows = iter(self._core._read(lambda tx: tx.execute(query).mappings().all()))
        while some := list(islice(rows, SIGNED)):
            for row in some:
                link = link_of(self._address, row["code"], row["payload"])
                yield Sticker(number_of(row), row["code"], link)

    def _carry_on(self, batch: int, drawn: int, leads: Leads) -> bool:
        now = self._core.clock.now()
        step = update(code_batches).where(code_batches.c.id == batch).values(drawn=drawn, changed_at=now)
        self._submit(lambda tx: (tx.execute(step), ()))
        return leads()

    def _flip(self, tx: Connection, batch: int, kept: Mapping[str, str]) -> tuple[None, Sequence[Entry]]:
        """All of it is there: the codes are known from now on, in the commit that says so."""
        row = tx.execute(select(code_batches).where(code_batches.c.id == batch).with_for_update()).mappings().one()
        if row["state"] != MAKING:
            return None, ()
        now, seq = self._core.clock.now(), row["seq"] + 1
        waiting = (licence_codes.c.batch_id == batch, licence_codes.c.state == STAGED)
        tx.execute(update(licence_codes).where(*waiting).values(state=FREE, changed_at=now))
        values = {"state": READY, "drawn": row["count"], "seq": seq, "changed_at": now, **kept}
        tx.execute(update(code_batches).where(code_batches.c.id == batch).values(values))
        told = Told(BATCH, "finished", row["token"], seq, {"count": row["count"], "number": batch}, "")
        return None, (recorded(tx, told, CLOCK, now, "clock"),)

    def _submit(self, run: Run) -> Any:
        return self._line.submit(Job(0, run, lambda _tx, _no: None))

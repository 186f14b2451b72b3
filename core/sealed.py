"""Where sealed values lie: one list for key rotation, for the restore drill, and for whoever adds a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, update

from core.crypto import Cipher, KeyVault, Sm4Cipher, place
from core.models.archive import archive_documents, archive_items, archive_volumes
from core.models.arrivals import attachments, drafts, import_rows
from core.models.cases import cases
from core.models.citizens import citizen_sessions, wechat_pushes, wechat_shelf
from core.models.joint import joint_check_ins, joint_orders
from core.models.licence_feed import licence_arrivals
from core.models.licences import licence_import_parts, licence_staged, licences, subjects
from core.models.people import people
from core.models.pictures import licence_readings, picture_items
from core.models.record import letters
from core.models.roster import directory_imports
from core.models.sms import sms_sends

BATCH = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed texts; `row` names the column that stands for the row in a value's place, `name` itself."""

    table: Table
    column: str
    row: str
    name: str = ""  # when the value's place has another name than the column
    inside: bool = False  # the text lies in the column's JSON object under "sealed"
    of: str = ""  # the table the value's place names, when it will go there
    batch: int = BATCH  # rows sealed again in one commit: few where each is large

    def token(self, value: Any) -> str | None:
        """The sealed text in a stored value."""
        return (value or {}).get("sealed") if self.inside else value

    def place(self, row: object) -> str:
        return place(self.of or self.table.name, self.name or self.column, row)


SEALED = (
    SealedColumn(cases, "caller_name", "no"),
    SealedColumn(cases, "caller_phone", "no"),
    SealedColumn(cases, "address", "no"),
    SealedColumn(cases, "more", "no", inside=True),
    SealedColumn(people, "phone_sealed", "code", name="phone"),
    SealedColumn(letters, "body", "key", inside=True),
    SealedColumn(sms_sends, "phone_sealed", "out_id", name="phone"),
    SealedColumn(wechat_pushes, "reply", "key_hash"),
    SealedColumn(wechat_shelf, "value", "name"),
    SealedColumn(citizen_sessions, "phone", "token_hash"),
    SealedColumn(drafts, "body", "token", inside=True),
    SealedColumn(attachments, "sealed", "token", batch=10),
    SealedColumn(joint_orders, "meet_spot", "no"),
    SealedColumn(joint_check_ins, "spot", "leg_id"),
    SealedColumn(import_rows, "body", "place", inside=True),
    SealedColumn(subjects, "body", "token", inside=True),
    SealedColumn(licence_staged, "body", "token", inside=True, of="licences"),
    SealedColumn(licences, "body", "token", inside=True),
    SealedColumn(licence_import_parts, "body", "place", inside=True, batch=10),
    SealedColumn(archive_volumes, "body", "token", inside=True),
    SealedColumn(archive_documents, "body", "token", inside=True),
    SealedColumn(archive_documents, "text", "token"),
    SealedColumn(archive_items, "body", "token", inside=True),
    SealedColumn(licence_readings, "body", "token", inside=True),
    SealedColumn(picture_items, "body", "place", inside=True),
    SealedColumn(licence_arrivals, "body", "outside_id", inside=True),
    SealedColumn(directory_imports, "body", "token", inside=True, batch=10),
)


def open_samples(tx: Connection, cipher: Cipher) -> int:
    """Open one value of each sealed column, the newest; returns how many columns had one. Raises Unreadable."""
    opened = 0
    for sealed in SEALED:
        table, column = sealed.table, sealed.table.c[sealed.column]
        query = select(table.c[sealed.row], column).where(column.is_not(None)).order_by(table.c.id.desc()).limit(50)
        for row, value in tx.execute(query):
            if token := sealed.token(value):
                cipher.open(token, sealed.place(row))
                opened += 1
                break
    return opened


def reseal(engine: Engine, vault: KeyVault) -> int:
    """Seal again, under the newest key, whatever an older one sealed; returns how many values. Safe to run again.

    Raises Unreadable naming no value: what cannot be opened is left as it is, after everything before it was done.
    """
    cipher, done = Sm4Cipher(vault), 0
    for sealed in SEALED:
        last = 0
        while True:
            with engine.begin() as tx:
                last, count = _reseal_batch(tx, sealed, cipher, last)
            done += count
            if not last:
                break
    return done


def _reseal_batch(tx: Connection, sealed: SealedColumn, cipher: Sm4Cipher, last: int) -> tuple[int, int]:
    """Returns the id to go on from (0: nothing left) and how many values were sealed again."""
    table, column = sealed.table, sealed.table.c[sealed.column]
    query = select(table.c.id, table.c[sealed.row], column).where(table.c.id > last, column.is_not(None))
    rows = tx.execute(query.order_by(table.c.id).limit(sealed.batch).with_for_update()).all()
    count = 0
    for row_id, row, value in rows:
        token = sealed.token(value)
        if token and not cipher.is_current(token):
            fresh = cipher.seal(cipher.open(token, sealed.place(row)), sealed.place(row))
            stored = {**value, "sealed": fresh} if sealed.inside else fresh
            tx.execute(update(table).where(table.c.id == row_id).values({sealed.column: stored}))
            count += 1
    return (int(rows[-1][0]) if rows else 0), count

"""Existing papers brought in (R148–R152): a manifest, a ZIP, or both; read by the clock, repaired, then filed.

Nothing is registered before a person saw what matched, what did not and what is in doubt. The same files brought twice
are the same batch; a paper that is filed already is passed over. Only who brought a batch sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from core.archive import items, sheets
from core.archive.batch_states import SAID, emptied, turn
from core.archive.batch_views import (
    CHECKED,
    DONE,
    DROPPED,
    READING,
    RUNNING,
    TITLES,
    batch_view,
    item_view,
)
from core.archive.desk import body_of, categories
from core.archive.items import Item, Judge
from core.archive.no import BatchOver, NothingMatched
from core.archive.views import BatchView, ItemView
from core.arrivals.opening import WrongFile, open_sheet
from core.arrivals.zips import MEDIA_TYPE, WHAT, Zipped
from core.canon import canonical
from core.crypto import place
from core.errors import Unknown
from core.licences.desk import new_name
from core.licences.door import may_keep
from core.licences.masks import STAFF, shown
from core.models.archive import archive_batches, archive_items
from core.people import CLOCK, Actor
from core.policy.archive import archive_rules
from core.policy.arrivals import arrival_rules
from core.policy.library import library_rules

if TYPE_CHECKING:
    from core.archive.archive import Whole

SHOWN = 5000  # items of one report
LONGEST = 200  # characters of a repaired text that are looked at; no field takes as many


class Batches:
    """Takes batches in and shows them; the clock's part is `core.archive.taking`."""

    def __init__(self, core: Whole) -> None:
        self._core = core

    def bring(self, actor: Actor, kind: str, manifest: tuple[str, bytes] | None, papers: bytes | None) -> str:
        """Take a manifest, a ZIP or both; returns the batch's token. Raises WrongFile, OtherSheet, NotYours."""
        may_keep(self._core.policy, actor, "成批录入资料")
        if kind not in library_rules().kinds:
            raise Unknown(what="企业或个人")
        if not manifest and not papers:
            raise WrongFile(what="清单或压缩包", why="请先选择文件")
        digest = hashlib.sha256(
            b"\0".join((kind.encode(), hashlib.sha256(manifest[1] if manifest else b"").digest(), papers or b""))
        ).hexdigest()
        if (known := self._known(actor, digest)) is not None:
            return known
        rows = self._rows(kind, manifest) if manifest else []
        if papers and len(papers) > archive_rules().batch.most_bytes:
            raise WrongFile(what=WHAT, why="文件太大，请分几次传")
        count = len(Zipped(papers, archive_rules().batch).entries) if papers else 0
        if not rows and not count:
            raise WrongFile(what="清单或压缩包", why="里面没有要录入的内容")
        name = self._core.files.keep(papers, MEDIA_TYPE) if papers else None
        token = new_name()
        told = [self.row(0, at, number, one) for at, (number, one) in enumerate(rows, 1)]

        def run(tx: Connection) -> None:
            now = self._core.clock.now()
            head = {
                "token": token, "kind": kind, "digest": digest, "state": READING, "papers": name,
                "person_id": actor.person, "post_id": actor.post, "total": count, "settled": 0, "brought_at": now,
                "changed_at": now,
            }  # fmt: skip
            made = tx.execute(insert(archive_batches).returning(archive_batches.c.id), head).scalar_one()
            if told:
                tx.execute(insert(archive_items), [{**row, "batch_id": made} for row in told])

        self._core._write(actor, "archive_batch.brought", f"archive_batch:{token}", run)
        return token

    def _rows(self, kind: str, manifest: tuple[str, bytes]) -> list[tuple[int, Item]]:
        name, raw = manifest
        lines = open_sheet(raw, library_rules().sheet, name)
        if len(lines) - 1 > archive_rules().batch.rows:
            raise WrongFile(what="表格", why="行数太多，请分几次传")
        kinds = list(self._core._read(lambda tx: categories(tx, self._core.today())).values())
        most = archive_rules().batch.rows + archive_rules().batch.entries
        rows = list(islice(sheets.rows_of(kind, lines), most + 1))  # one row may name files without end
        if len(rows) > most:
            raise WrongFile(what="表格", why="写的文件名太多，请分几次传")
        return [(row.row, items.of_row(row, kind, kinds)) for row in rows]

    def row(self, batch: int, at: int, number: int | None, item: Item, state: str = items.WAITING) -> dict[str, Any]:
        """An item as its table keeps it."""
        token = new_name()
        return {
            "token": token, "batch_id": batch, "place": at, "row": number, "file": item.file.get("file") or None,
            "state": state, "why": "", "body": self.sealed(token, item),
        }  # fmt: skip

    def sealed(self, token: str, item: Item) -> dict[str, str]:
        """What an item says, sealed for its row."""
        return {"sealed": self._core.cipher.seal(canonical(item.told()), place("archive_items", "body", token))}

    def opened(self, row: Mapping[Any, Any]) -> Item:
        """What the item of a row says."""
        return Item(**body_of(self._core.cipher, "archive_items", row))

    def _known(self, actor: Actor, digest: str) -> str | None:
        mine = (archive_batches.c.digest == digest, archive_batches.c.person_id == actor.person)
        query = select(archive_batches.c.token).where(
            *mine, archive_batches.c.state != DROPPED, or_(archive_batches.c.state != DONE, SAID)
        )
        found = self._core._read(lambda tx: tx.execute(query.order_by(archive_batches.c.id.desc()).limit(1)).scalar())
        return None if found is None else str(found)

    # --- repair ---

    def mend(self, actor: Actor, token: str, item: str, given: Mapping[str, str]) -> str:
        """Other words for one item, or another file, or a yes; judged again. Returns its state.

        `given`: name and number of the subject, category, the paper's fields, `file` (the token of an item that holds
        a loose file), `act` (save, sure or skip). What is empty and was masked stays. Raises BatchOver, Unknown.
        """

        def run(tx: Connection) -> str:
            head = self._open(tx, actor, token)
            row = _found(tx, archive_items.c.token == item, archive_items.c.batch_id == head["id"])
            if row["state"] == items.DONE:
                raise BatchOver(how="已归档")
            if given.get("act") == "skip":
                _set(tx, row["id"], {"state": items.SKIPPED, "why": ""})
                return items.SKIPPED
            told = self.opened(row)
            self._told(tx, head, told, given)
            told.sure = given.get("act") == "sure"
            state, why = Judge(tx, head["kind"], categories(tx, self._core.today()), self.sealing).judge(told)
            values = {
                "state": state, "why": why, "body": self.sealed(row["token"], told),
                "file": told.file.get("file") or None,
            }  # fmt: skip
            _set(tx, row["id"], values)
            turn(tx, head["id"], self._core.clock.now())
            return state

        state: str = self._core._write(actor, "archive_batch.mended", f"archive_batch:{token}", run)
        return state

    def _told(self, tx: Connection, head: Mapping[Any, Any], told: Item, given: Mapping[str, str]) -> None:
        book = library_rules().kinds[head["kind"]]
        for one in book.fields[:2]:
            text = given.get(one.key, "").strip()[:LONGEST]
            if text and text != shown(one, told.subject.get(one.key, ""), STAFF):
                told.subject[one.key] = text
        told.category = given.get("category", told.category)[:10]
        told.fields |= {
            one.key: given[f"paper_{one.key}"][:LONGEST]
            for one in archive_rules().fields
            if f"paper_{one.key}" in given
        }
        if loose := given.get("file", ""):
            other = _found(tx, archive_items.c.token == loose, archive_items.c.batch_id == head["id"])
            if other["row"] is not None or other["file"] is None or told.file:
                raise Unknown(what="这个文件")
            held = self.opened(other)
            told.file, told.name, told.near, told.fault = held.file, held.name, False, ""
            tx.execute(delete(archive_items).where(archive_items.c.id == other["id"]))

    @property
    def sealing(self) -> Any:
        """What opens and finds sealed values."""
        return self._core.cipher, self._core.indexer

    # --- deciding ---

    def start(self, actor: Actor, token: str) -> None:
        """Let the clock file what matched. Raises NothingMatched, BatchOver, Unknown."""

        def run(tx: Connection) -> None:
            head = self._open(tx, actor, token)
            count = tx.execute(_in_state(head["id"], items.MATCHED)).scalar_one()
            if not count:
                raise NothingMatched()
            turn(tx, head["id"], self._core.clock.now(), state=RUNNING, total=count, settled=0)

        self._core._write(actor, "archive_batch.started", f"archive_batch:{token}", run)

    def drop(self, actor: Actor, token: str) -> None:
        """Keep nothing of what was not filed. Raises BatchOver while it is being filed, Unknown."""

        def run(tx: Connection) -> None:
            head = _mine(tx, actor, token)
            if head["state"] not in (READING, CHECKED):
                raise BatchOver(how=TITLES[head["state"]])
            emptied(tx, head["id"], self._core.clock.now())

        self._core._write(actor, "archive_batch.dropped", f"archive_batch:{token}", run)

    def wipe(self) -> int:
        """Batches nobody works at keep nothing of what they said, those that were filed too; returns how many."""
        since = self._core.clock.now() - arrival_rules().draft.keep
        over = or_(archive_batches.c.state.in_((READING, CHECKED)), and_(archive_batches.c.state == DONE, SAID))
        old = select(archive_batches).where(archive_batches.c.changed_at < since, over)
        found = self._core._read(lambda tx: tx.execute(old).all())
        for row in found:
            left = DONE if row.state == DONE else DROPPED
            self._core._write(CLOCK, "archive_batch.wiped", f"archive_batch:{row.token}", self._emptied(row.id, left))
        return len(found)

    def _emptied(self, batch: int, left: str) -> Callable[[Connection], None]:
        return lambda tx: emptied(tx, batch, self._core.clock.now(), left)

    def _open(self, tx: Connection, actor: Actor, token: str) -> Mapping[Any, Any]:
        """One's own batch while it may be repaired, or once what matched is filed. Raises BatchOver, Unknown."""
        head = _mine(tx, actor, token)
        if head["state"] not in (CHECKED, DONE):
            raise BatchOver(how=TITLES[head["state"]])
        return head

    # --- looking ---

    def view(self, actor: Actor, token: str) -> BatchView:
        """One's own batch. Raises Unknown."""
        return self._core._read(lambda tx: batch_view(tx, _mine(tx, actor, token)))

    def latest(self, actor: Actor, most: int = 10) -> tuple[BatchView, ...]:
        """One's own batches, newest first."""
        query = select(archive_batches).where(archive_batches.c.person_id == actor.person)
        query = query.order_by(archive_batches.c.id.desc()).limit(most)
        return self._core._read(lambda tx: tuple(batch_view(tx, row) for row in tx.execute(query).mappings().all()))

    def items(self, actor: Actor, token: str, state: str = "", page: int = 1, size: int = 50) -> tuple[ItemView, ...]:
        """Its items in their order, those in one state when it is said, fifty a page. Raises Unknown."""

        def read(tx: Connection) -> Sequence[Mapping[Any, Any]]:
            query = select(archive_items).where(archive_items.c.batch_id == _mine(tx, actor, token)["id"])
            if state:
                query = query.where(archive_items.c.state == state)
            query = query.order_by(archive_items.c.place).limit(size).offset((max(1, page) - 1) * size)
            return tx.execute(query).mappings().all()

        kind = self.view(actor, token).kind
        return tuple(item_view(row, self.opened(row), kind) for row in self._core._read(read))

    def loose(self, actor: Actor, token: str) -> tuple[ItemView, ...]:
        """Files no row names and that are not filed: what a row without its file may be given. Raises Unknown."""
        free = (archive_items.c.row.is_(None), archive_items.c.file.is_not(None), archive_items.c.state != items.DONE)
        return self._all(actor, token, *free)

    def every(self, actor: Actor, token: str) -> tuple[ItemView, ...]:
        """All items but those that are in order, for the report. Raises Unknown."""
        return self._all(actor, token, archive_items.c.state.not_in((items.MATCHED, items.DONE)))

    def _all(self, actor: Actor, token: str, *where: Any) -> tuple[ItemView, ...]:
        def read(tx: Connection) -> tuple[str, Sequence[Mapping[Any, Any]]]:
            head = _mine(tx, actor, token)
            query = select(archive_items).where(archive_items.c.batch_id == head["id"], *where)
            return head["kind"], tx.execute(query.order_by(archive_items.c.place).limit(SHOWN)).mappings().all()

        kind, rows = self._core._read(read)
        return tuple(item_view(row, self.opened(row), kind) for row in rows)


def _in_state(batch: int, state: str) -> Any:
    return select(func.count()).where(archive_items.c.batch_id == batch, archive_items.c.state == state)


def _set(tx: Connection, item: int, values: Mapping[str, Any]) -> None:
    tx.execute(update(archive_items).where(archive_items.c.id == item).values(**values))


def _found(tx: Connection, *where: Any) -> Mapping[Any, Any]:
    row = tx.execute(select(archive_items).where(*where).with_for_update()).mappings().first()
    if row is None:
        raise Unknown(what="这一条")
    return row


def _mine(tx: Connection, actor: Actor, token: str) -> Mapping[Any, Any]:
    mine = (archive_batches.c.token == token, archive_batches.c.person_id == actor.person)
    row = tx.execute(select(archive_batches).where(*mine)).mappings().first()
    if row is None:
        raise Unknown(what="这批资料")
    return row

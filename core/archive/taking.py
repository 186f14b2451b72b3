"""The clock's part of a batch: its files opened and matched, then what a person confirmed filed, in small commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from core.archive import items
from core.archive.batch_states import turn
from core.archive.batch_views import CHECKED, DONE, READING, RUNNING
from core.archive.batches import Batches
from core.archive.desk import categories
from core.archive.filing import Filing
from core.archive.items import Item, Judge
from core.archive.views import Category
from core.arrivals.zips import Entry as ZipEntry
from core.arrivals.zips import Zipped
from core.commits import CommitLine, Job
from core.entries import Entry
from core.errors import Busy, NotScanned, Refusal
from core.licences import subjects as holders
from core.licences.desk import Desk, Told
from core.licences.door import recorded
from core.logbook import entry
from core.models.archive import archive_batches, archive_items
from core.people import CLOCK, Actor
from core.policy.archive import DOCUMENT, archive_rules
from core.policy.library import SUBJECT, library_rules
from core.worktime import local_date

if TYPE_CHECKING:
    from core.archive.archive import Archive, Whole

LONGEST_NAME = 200
PART, WRITTEN = 20, 200
"""Items read or filed, and items whose verdict is written down, between two commits."""


class Taking:
    """Works through batches as long as the worker leads."""

    def __init__(self, core: Whole, archive: Archive, batches: Batches, filing: Filing, line: CommitLine) -> None:
        self._core, self._archive, self._batches, self._filing, self._line = core, archive, batches, filing, line

    def work(self, leads: Callable[[], bool] = lambda: True) -> int:
        """Read what came, file what was confirmed; returns how many papers were filed."""
        count = 0
        with suppress(Busy, NotScanned):  # nothing is wrong with the files: the next round goes on where this stopped
            while leads() and (head := self._next(READING)) is not None:
                self._read(head, leads)
        while leads() and (head := self._next(RUNNING)) is not None:
            count += self._file(head)
        return count

    def _next(self, state: str) -> Mapping[Any, Any] | None:
        query = select(archive_batches).where(archive_batches.c.state == state).order_by(archive_batches.c.id).limit(1)
        return self._core._read(lambda tx: tx.execute(query).mappings().first())

    # --- reading ---

    def _read(self, head: Mapping[Any, Any], leads: Callable[[], bool]) -> None:
        """Open every file that was not opened yet, part by part, then match and judge all of it."""
        if head["papers"] is not None:
            zipped = Zipped(self._core.files.get(head["papers"]), archive_rules().batch)
            kinds = list(self._core._read(lambda tx: categories(tx, self._core.today())).values())
            for at in range(head["settled"], len(zipped.entries), PART):
                if not leads():
                    return
                told = [self._opened(zipped, one, head["kind"], kinds) for one in zipped.entries[at : at + PART]]
                if not self._keep(head, at, told):
                    return
        self._match(head)

    def _opened(self, zipped: Zipped, one: ZipEntry, kind: str, kinds: Sequence[Category]) -> Item:
        item, most = items.of_file(one.name[-LONGEST_NAME:], kind, kinds), archive_rules().paper.most_bytes
        try:
            item.file = self._archive.opened(zipped.read(one, most, "资料"))
        except (Busy, NotScanned):
            raise
        except Refusal as refusal:
            item.fault = str(refusal).rstrip("。")
        return item

    def _keep(self, head: Mapping[Any, Any], at: int, told: Sequence[Item]) -> bool:
        """Whether the batch still wants them: it may have been dropped meanwhile."""
        first = 100_000 + at  # behind every row of the manifest

        def run(tx: Connection) -> bool:
            if not _still(tx, head["id"], READING):
                return False
            rows = [self._batches.row(head["id"], first + number, None, item) for number, item in enumerate(told, 1)]
            tx.execute(archive_items.insert(), rows)
            turn(tx, head["id"], self._core.clock.now(), settled=at + len(told))
            return True

        kept: bool = self._core._write(CLOCK, "archive_batch.read", f"archive_batch:{head['token']}", run)
        return kept

    def _match(self, head: Mapping[Any, Any]) -> None:
        """Rows get their files; every item its place, its state and its reason.

        Judged while nobody waits for it and written down part by part; the last part shows the whole of it. Begun
        anew after a crash it comes to the same: a row that has its file already looks for none.
        """
        query = select(archive_items).where(archive_items.c.batch_id == head["id"]).order_by(archive_items.c.place)
        rows = self._core._read(lambda tx: tx.execute(query).mappings().all())
        told = {row["id"]: self._batches.opened(row) for row in rows}
        lost = self._paired(rows, told)
        gone = set(lost.values())
        self._lend_names(told, [row for row in rows if row["row"]])
        left = [row for row in rows if row["id"] not in gone]
        values = self._core._read(lambda tx: self._judged(tx, head["kind"], left, told))
        for at in range(0, max(1, len(left)), WRITTEN):
            part, last = left[at : at + WRITTEN], at + WRITTEN >= len(left)
            if not self._write_down(head, [(row["id"], values[row["id"]], lost.get(row["id"])) for row in part], last):
                return

    @staticmethod
    def _paired(rows: Sequence[Mapping[Any, Any]], told: Mapping[int, Item]) -> dict[int, int]:
        """Rows take what their files say; row → the item of the file, which is one with it now."""
        asked = [row for row in rows if row["row"] and not (told[row["id"]].file or told[row["id"]].fault)]
        files = {told[row["id"]].name: row["id"] for row in rows if not row["row"]}
        found, lost = items.matched([told[row["id"]] for row in asked], list(files)), dict[int, int]()
        for at, (name, near) in found.items():
            item, file = told[asked[at]["id"]], told[files[name]]
            item.file, item.fault, item.near, item.name = file.file, file.fault, near, name
            lost[asked[at]["id"]] = files[name]
        return lost

    def _judged(
        self, tx: Connection, kind: str, left: Sequence[Mapping[Any, Any]], told: Mapping[int, Item]
    ) -> dict[int, dict[str, Any]]:
        """What becomes of each item, by the library and the archive as they are now."""
        judge = Judge(tx, kind, categories(tx, self._core.today()), self._batches.sealing)
        values = dict[int, dict[str, Any]]()
        for number, row in enumerate(left, 1):
            item = told[row["id"]]
            state, why = judge.judge(item, number)
            values[row["id"]] = {
                "state": state, "why": why, "place": number, "file": item.file.get("file") or None,
                "body": self._batches.sealed(row["token"], item),
            }  # fmt: skip
        return values

    def _write_down(
        self, head: Mapping[Any, Any], part: Sequence[tuple[int, dict[str, Any], int | None]], last: bool
    ) -> bool:
        """Some items in one commit, with the files that went into them; whether the batch still wants them."""

        def run(tx: Connection) -> bool:
            if not _still(tx, head["id"], READING):
                return False
            merged = [file for _, _, file in part if file is not None]
            tx.execute(archive_items.delete().where(archive_items.c.id.in_(merged)))
            for item, values, _ in part:
                tx.execute(update(archive_items).where(archive_items.c.id == item).values(**values))
            if last:
                turn(tx, head["id"], self._core.clock.now(), state=CHECKED, papers=None)
            return True

        wanted: bool = self._core._write(CLOCK, "archive_batch.checked", f"archive_batch:{head['token']}", run)
        return wanted

    @staticmethod
    def _lend_names(told: Mapping[int, Item], asked: Sequence[Mapping[Any, Any]]) -> None:
        """A file named by a number alone is that of the row which tells whose number it is."""
        rows = [told[row["id"]].subject for row in asked]
        names = {one.get("number", "").strip().upper(): one.get("name", "") for one in rows}
        for item in told.values():
            number = item.subject.get("number", "")
            if number in names and not item.subject.get("name"):
                item.subject = {"number": number, "name": names[number]}

    # --- filing ---

    def _file(self, head: Mapping[Any, Any]) -> int:
        """The next matched items in one commit, each with its event; the batch is done when none is left."""
        holder = self._core.directory().holders.get(head["post_id"])
        actor = holder.actor if holder is not None else CLOCK

        def work(tx: Connection) -> tuple[int, Sequence[Entry]]:
            waiting = (archive_items.c.batch_id == head["id"], archive_items.c.state == items.MATCHED)
            query = select(archive_items).where(*waiting).order_by(archive_items.c.place).limit(PART)
            rows = tx.execute(query.with_for_update()).mappings().all()
            now = self._core.clock.now()
            if not rows:
                turn(tx, head["id"], now, state=DONE)
                return 0, (entry(now, actor, "archive_batch.done", f"archive_batch:{head['token']}", "done"),)
            entries, filed = list[Entry](), 0
            for row in rows:
                told, values = self._one(tx, actor, head["kind"], row)
                entries += [recorded(tx, one, actor, now, "batch") for one in told]
                filed += any(one.book == DOCUMENT for one in told)
                tx.execute(update(archive_items).where(archive_items.c.id == row["id"]).values(**values))
            settled = archive_batches.c.settled + len(rows)
            turn(tx, head["id"], now, settled=settled)
            return filed, entries

        count: int = self._line.submit(Job(0, work, lambda _tx, _no: None))
        return count

    def _one(
        self, tx: Connection, actor: Actor, kind: str, row: Mapping[Any, Any]
    ) -> tuple[list[Told], dict[str, Any]]:
        """One item filed: its subject first, then its paper. What is refused now stays with its reason."""
        item, now, rules = self._batches.opened(row), self._core.clock.now(), library_rules()
        desk = Desk(
            tx, actor, now, local_date(now), rules, rules.acts[DOCUMENT]["file"], self._core.cipher, self._core.indexer
        )
        try:
            with tx.begin_nested():
                told = list(self._subject(desk, kind, item))
                if item.file:
                    subject = holders.find(desk, kind, item.subject["number"])
                    if subject is not None:
                        told += self._filing.file(desk, subject, item.category, {**item.fields, **item.file})
        except Refusal as refusal:
            return [], {"state": items.FAULTY, "why": str(refusal).rstrip("。")}
        return told, {"state": items.DONE, "why": "", "file": None}

    def _subject(self, desk: Desk, kind: str, item: Item) -> Iterator[Told]:
        """Registered when it is new, brought up to date when a person said so."""
        acts = library_rules().acts[SUBJECT]
        given = {"kind": kind, **{key: text for key, text in item.subject.items() if text}}
        known = holders.find(desk, kind, item.subject["number"])
        if known is None or known["gone"]:
            yield holders.add(replace(desk, rule=acts["add"]), given)
        elif item.sure or not item.file:
            judge = Judge(desk.tx, kind, {}, (desk.cipher, desk.indexer))
            before = judge.known(item.subject["number"])
            if before is not None and (news := judge.news(item, before[1])):
                values = {key: given[key] for key in news}
                yield holders.change(replace(desk, rule=acts["change"]), known, values)


def _still(tx: Connection, batch: int, state: str) -> bool:
    query = select(archive_batches.c.state).where(archive_batches.c.id == batch).with_for_update()
    return tx.execute(query).scalar() == state

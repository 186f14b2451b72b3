"""The archive as everybody else meets it: one object on the core; writes by the library's door, every read on record.

Papers are opened and files are kept before the door is asked, so a refusal writes nothing and a crash leaves at most a
file nobody names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import IO, Any, Protocol, TypeVar

from sqlalchemy import Connection

from core.archive import rows, volumes
from core.archive.batches import Batches
from core.archive.checks import Checker
from core.archive.desk import categories
from core.archive.exports import check_report, volume_zip
from core.archive.filing import FILE, Filing
from core.archive.filters import ArchiveFilter
from core.archive.keeping import Keeping
from core.archive.no import CheckFailed
from core.archive.papers import Paper, open_paper, page_picture
from core.archive.reuse import Reuse
from core.archive.showing import Shower
from core.archive.stats import ArchiveStats, as_sheets, stats
from core.archive.taking import Taking
from core.archive.texts import Texts
from core.archive.views import Category, CheckView, DocumentView, VolumeView
from core.commits import CommitLine
from core.crypto import Sm2Signer
from core.errors import NotScanned, Refusal, Unknown
from core.files import Files
from core.licences import LibraryAct
from core.licences.door import Wired as DoorWired
from core.licences.door import may_keep
from core.licences.exports import HasExports
from core.licences.history import history
from core.licences.library import Library
from core.licences.rows import DEEPEST, Found
from core.licences.views import LibraryEvent, Page
from core.measures.exports import Taken
from core.people import Actor
from core.policy.archive import DOCUMENT, VOLUME, archive_rules
from core.policy.library import library_rules
from core.queries.people import Directory
from core.receipts import Done
from core.sm import sm3

T = TypeVar("T")
V = TypeVar("V")
MOMENT_OF = {"file": "filing", "hand_over": "hand_over"}


class Whole(DoorWired, Protocol):
    """What the archive needs of the core it hangs on."""

    licences: Library
    files: Files

    @property
    def scan(self) -> Callable[[bytes, str], None]: ...

    @property
    def measures(self) -> HasExports: ...

    @property
    def signer(self) -> Sm2Signer: ...

    @property
    def directory(self) -> Callable[[], Directory]: ...

    def today(self) -> date: ...

    def _read(self, run: Callable[[Connection], T]) -> T: ...

    def note(self, actor: Actor | None, action: str, what: str, result: str, reason: str = "") -> None: ...

    def say(self, key: str, person_id: int, text: str, title: str) -> bool: ...

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class Archive:
    """Thread-safe."""

    def __init__(self, core: Whole, line: CommitLine) -> None:
        self._core = core
        self.checker = Checker(core.files, core.cipher, core.signer, self._infection)
        self.scan = core.scan
        self.filing = Filing(core.signer)
        core.licences.teach(DOCUMENT, self.filing.write)
        core.licences.teach(VOLUME, volumes.write)
        self.batches = Batches(core)
        self.taking = Taking(core, self, self.batches, self.filing, line)

        self.texts, self.keeping, self.reuse = Texts(core), Keeping(core, self), Reuse(core, self)

    # --- writing ---

    def file(self, key: str, actor: Actor, subject: str, category: str, fields: Mapping[str, str], raw: bytes) -> Done:
        """File a paper for a company or person (its token). Raises WrongFile, UnsafePaper and what the door raises."""
        self._may(actor, "存入资料")
        values = {**fields, **self.opened(raw), "subject": subject, "category": category}
        return self.write(LibraryAct(key, DOCUMENT, "file", "", values, actor))

    def renew(self, act: LibraryAct, raw: bytes) -> Done:
        """A newer file of a known paper. Raises like `file`."""
        self._may(act.actor, "换新版")
        return self.write(replace(act, act="replace", values={**act.values, **self.opened(raw)}))

    def opened(self, raw: bytes) -> dict[str, str]:
        """A paper opened and put into the file store, as an act names it. Raises WrongFile, UnsafePaper."""
        return self.keep(open_paper(raw, self._infection))

    def keep(self, paper: Paper) -> dict[str, str]:
        """A paper that was opened put into the file store, as an act names it."""
        name = self._core.files.keep(paper.data, paper.kind)
        told = (name, paper.kind, str(paper.pages), sm3(paper.data).hex(), paper.text or "")
        return dict(zip(FILE, told, strict=True))

    def write(self, act: LibraryAct) -> Done:
        """One act on a paper or a volume. A volume is filed and handed over through its check. Raises a Refusal."""
        if act.book == VOLUME and act.act in MOMENT_OF:
            return self._through_check(act)
        return self._core.licences.write(act)

    def check(self, key: str, actor: Actor, volume: str, moment: str) -> CheckView:
        """Judge a volume now and keep the report. Raises NotYours, Unknown, ChangedMeanwhile."""
        self._may(actor, "检测")
        if moment not in archive_rules().moments:
            raise Unknown(what="这个环节")
        held = self._core._read(lambda tx: rows.held_in(tx, _found(rows.volume_at(tx, volume))))
        found = self.checker.judge(held, moment, self._core.today())
        values = {
            "moment": moment, "documents": str(len(held.documents)),
            "findings": json.dumps([[one.check, one.place, one.why] for one in found], ensure_ascii=False),
        }  # fmt: skip
        self._core.licences.write(LibraryAct(key, VOLUME, "check", volume, values, actor, "", held.volume["seq"]))
        return self.volume(actor, volume).checks[0]

    def _through_check(self, act: LibraryAct) -> Done:
        """Filed or handed over only with a report that found nothing. Raises CheckFailed, NothingToFile."""
        title = library_rules().acts[VOLUME][act.act].title
        self._may(act.actor, title)
        view = self.volume(act.actor, act.row)
        if view.documents and view.state in library_rules().acts[VOLUME][act.act].begins:
            report = self.check(f"{act.key}:check", act.actor, act.row, MOMENT_OF[act.act])
            if not report.passed:
                raise CheckFailed(count=len(report.lines), act=title)
        return self._core.licences.write(replace(act, seen=None))

    # --- reading ---

    def categories(self, kind: str = "") -> tuple[Category, ...]:
        """The categories in use, in their order; those for one kind of subject when it is said."""
        found = self._core._read(lambda tx: categories(tx, self._core.today()))
        return tuple(one for one in found.values() if one.open and (not kind or one.takes(kind)))

    def documents(self, actor: Actor, wanted: ArchiveFilter, page: int = 1) -> Page[DocumentView]:
        """Papers in their newest version, found by text, subject, category and date (R147). Raises NotYours."""
        self._may(actor, "查看资料库")
        size, sealing = archive_rules().page, (self._core.cipher, self._core.indexer)

        def read(tx: Connection) -> tuple[Found, dict[str, int], Shower]:
            found = rows.document_page(tx, wanted, sealing, self._core.today(), page, size)
            return found, rows.uses_count(tx, [row["line"] for row in found.rows]), self.shower(tx)

        found, used, shower = self._core._read(read)
        views = tuple(shower.document(row, used.get(row["line"], 0)) for row in found.rows)
        return page_view(views, found, page, size)

    def document(self, actor: Actor, line: str = "", *, token: str = "") -> DocumentView:
        """One paper with its versions and uses, by line or by the token of a version. Raises NotYours, Unknown."""
        self._may(actor, "查看资料库")

        def read(tx: Connection) -> DocumentView:
            row = _found(rows.document_at(tx, line=line, token=token), "这份资料")
            versions, uses = rows.versions_of(tx, row["line"]), rows.uses_of(tx, row["line"])
            return self.shower(tx).document(row, len(uses), versions, uses, whole=True)

        view = self._core._read(read)
        self._core.note(actor, "archive_document.read", f"{DOCUMENT}:{view.line}", "done")
        return view

    def page(self, actor: Actor, token: str, number: int) -> bytes:
        """A page of a version as JPEG without its mark, which whoever sends it out draws; on record.

        Raises NotYours, Unknown, WrongFile.
        """
        self._may(actor, "查看资料库")
        row = _found(self._core._read(lambda tx: rows.document_at(tx, token=token)), "这份资料")
        picture = page_picture(self._core.files.get(row["file"]), row["kind"], number)
        self._core.note(actor, "archive_document.page_read", f"{DOCUMENT}:{row['line']}", "done")
        return picture

    def volumes(self, actor: Actor, said: str = "", state: str = "", page: int = 1) -> Page[VolumeView]:
        """Volumes, newest first, by number, place or subject. Raises NotYours."""
        self._may(actor, "查看资料库")
        size = archive_rules().page

        def read(tx: Connection) -> tuple[Found, dict[int, int], Shower]:
            found = rows.volume_page(tx, said, state, self._core.indexer, page, size)
            return found, rows.held_counts(tx, [row["id"] for row in found.rows]), self.shower(tx)

        found, counts, shower = self._core._read(read)
        views = tuple(shower.volume(row, counts.get(row["id"], 0)) for row in found.rows)
        return page_view(views, found, page, size)

    def volume(self, actor: Actor, token: str) -> VolumeView:
        """One volume with its reports. Raises NotYours, Unknown."""
        self._may(actor, "查看资料库")

        def read(tx: Connection) -> VolumeView:
            row = _found(rows.volume_at(tx, token))
            count = rows.held_counts(tx, [row["id"]]).get(row["id"], 0)
            return self.shower(tx).volume(row, count, rows.checks_of(tx, row["id"]))

        return self._core._read(read)

    def report(self, actor: Actor, view: CheckView) -> bytes:
        """A report as Excel, on record. Raises NotYours."""
        self._may(actor, "导出检测报告")
        self._core.note(actor, f"{VOLUME}.report_taken", f"{VOLUME}:{view.volume}", "done")
        return check_report(view, f"{actor.unit_name} {actor.name}")

    def take(self, actor: Actor, token: str, reason: str) -> tuple[str, IO[bytes]]:
        """A volume as a ZIP with the hashes of its papers: name and file, which the caller closes.

        Raises NotYours, Unknown, FieldMissing, TooLargeToTake.
        """
        view = self.volume(actor, token)
        held = self._core._read(lambda tx: rows.held_in(tx, _found(rows.volume_at(tx, token))))
        return f"{view.no}.zip", volume_zip(self._core, actor, view, held.documents, reason)

    def stats(self, actor: Actor, since: date, until: date) -> ArchiveStats:
        """The numbers of what was filed in a period, both days included. Raises NotYours."""
        self._may(actor, "查看资料统计")
        today = self._core.today()
        return self._core._read(lambda tx: stats(tx, categories(tx, today), since, until, today))

    def stats_sheet(self, actor: Actor, since: date, until: date, reason: str) -> Taken:
        """The same as Excel, on record. Raises NotYours, FieldMissing without a reason."""
        tables = as_sheets(self.stats(actor, since, until))
        about = f"审批资料统计 {since} 至 {until}"
        return self._core.measures.exports.take(actor, tables, about, reason, "审批资料统计", f"{DOCUMENT}.stats_taken")

    def history(self, actor: Actor, book: str, row: str) -> tuple[LibraryEvent, ...]:
        """What was done to a paper or a volume, newest first. Raises NotYours."""
        self._may(actor, "查看资料库")
        directory = self._core.directory()
        return self._core._read(lambda tx: history(tx, directory, book, row))

    def shower(self, tx: Connection) -> Shower:
        """What makes views of rows as of now."""
        today = self._core.today()
        return Shower(self._core.cipher, categories(tx, today), self._core.directory(), today)

    def _infection(self, raw: bytes) -> str:
        """What is wrong with bytes, in words that follow 「文件」; nothing where they are clean.

        Raises NotScanned: that nobody could look says nothing about the file.
        """
        try:
            self.scan(raw, "")
        except NotScanned:
            raise
        except Refusal as refusal:
            return f"没有通过查毒：{str(refusal).rstrip('。')}"
        return ""

    def _may(self, actor: Actor, what: str) -> None:
        may_keep(self._core.policy, actor, what)


def page_view(items: tuple[V, ...], found: Found, page: int, size: int) -> Page[V]:
    """One page of a list as it is shown."""
    return Page(items, found.total, min(max(1, page), DEEPEST), max(1, -(-found.total // size)), found.more)


def _found(row: Mapping[Any, Any] | None, what: str = "这个案卷") -> Mapping[Any, Any]:
    if row is None:
        raise Unknown(what=what)
    return row

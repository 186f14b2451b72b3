"""The library as everybody else meets it: one object on the core, every read with its reader's right and masks."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, select

from core.commits import CommitLine
from core.errors import NotYours, Unknown
from core.feeds.desk import Feeds
from core.files import Files
from core.licences import rows
from core.licences.codes import CodeVerdict
from core.licences.codes.desk import Codes
from core.licences.door import LibraryDoor, Wired, may_keep
from core.licences.exports import HasExports, LibraryExports
from core.licences.feed import LicenceFeed
from core.licences.filters import LicenceFilter
from core.licences.history import history
from core.licences.imports import LicenceImports
from core.licences.keeping import number_index
from core.licences.masks import HOLDER, PUBLIC, REVEALED, STAFF
from core.licences.no import NameTooShort
from core.licences.picture_sets import PictureSets
from core.licences.readings import Readings
from core.licences.showing import licence_view, subject_view
from core.licences.views import LibraryEvent, LicenceView, Page, SubjectView
from core.models.licences import licence_pictures, licences, subjects
from core.people import Actor
from core.policy.library import LICENCE, SUBJECT, library_rules
from core.queries.people import Directory
from core.settings import Settings

T = TypeVar("T")


class Whole(Wired, Protocol):
    """What the library needs of the core it hangs on."""

    settings: Settings
    engine: Engine
    feeds: Feeds
    files: Files

    @property
    def measures(self) -> HasExports: ...

    @property
    def directory(self) -> Callable[[], Directory]: ...

    def today(self) -> date: ...

    def _read(self, run: Callable[[Connection], T]) -> T: ...

    def note(
        self, actor: Actor | None, action: str, what: str, result: str, reason: str = "", channel: str = "web",
        address: str = "",
    ) -> None: ...  # fmt: skip

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class Library:
    """Writes go through `write`; the rest are reads. Thread-safe."""

    def __init__(self, core: Whole, line: CommitLine) -> None:
        self._core, self._door = core, LibraryDoor(core, line)
        self.write, self.teach = self._door.write, self._door.teach
        self.exports, self.codes = LibraryExports(self, core.measures), Codes(core, line, self.verdict)
        self.imports, self.feed = LicenceImports(core, line), LicenceFeed(core, self)
        self.readings, self.picture_sets = Readings(core, self.write), PictureSets(core, self.write)

    # --- for the office ---

    def subjects(
        self, actor: Actor, kind: str, words: str = "", page: int = 1, *, full: bool = False
    ) -> Page[SubjectView]:
        """Companies or persons, newest first, or those meant by a name or a number; `full` is the export's alone.

        Raises NotYours, Unknown.
        """
        self._staff(actor)
        if kind not in library_rules().kinds:
            raise Unknown(what="企业或个人")
        size = library_rules().limits.page

        def read(tx: Connection) -> tuple[rows.Found, dict[int, int]]:
            found = rows.subject_page(tx, kind, words, self._core.indexer, page, size)
            return found, rows.counts_of(tx, [row["id"] for row in found.rows])

        found, counts = self._core._read(read)
        reader = REVEALED if full else STAFF
        views = (subject_view(self._core.cipher, row, reader, counts.get(row["id"], 0)) for row in found.rows)
        return _page(tuple(views), found, page, size)

    def subject(self, actor: Actor, token: str, *, reason: str = "") -> SubjectView:
        """One company or person; with a reason in full, which the log remembers (F3). Raises NotYours, Unknown."""
        self._staff(actor)
        view = self._subject(token, REVEALED if reason else STAFF)
        self._core.note(actor, "subject.revealed" if reason else "subject.read", f"{SUBJECT}:{token}", "done", reason)
        return view

    def licences(self, actor: Actor, wanted: LicenceFilter, page: int = 1) -> Page[LicenceView]:
        """The licence list (R178). Raises NotYours."""
        self._staff(actor)
        size, today = library_rules().limits.page, self._core.today()
        found = self._core._read(lambda tx: rows.licence_page(tx, wanted, self._core.indexer, today, page, size))
        views = tuple(licence_view(self._core.cipher, row, STAFF, today) for row in found.rows)
        return _page(views, found, page, size)

    def licence(self, actor: Actor, line: str = "", *, token: str = "", reason: str = "") -> LicenceView:
        """One licence with its pictures and versions, by line (the newest) or by the token of a version.

        With a reason in full, which the log remembers (F3). Raises NotYours, Unknown.
        """
        self._staff(actor)
        view = self._licence(REVEALED if reason else STAFF, line, token=token, versions=True)
        action = "licence.revealed" if reason else "licence.read"
        self._core.note(actor, action, f"{LICENCE}:{view.line}", "done", reason)
        return view

    def of_subject(self, actor: Actor, token: str) -> tuple[LicenceView, ...]:
        """Every licence of a company or person with pictures, for the office (R171, R174). Raises NotYours, Unknown."""
        self._staff(actor)
        return self._of((token,), STAFF)

    def picture(self, actor: Actor, token: str) -> bytes:
        """A picture for the office, as it was kept; looking at it is on record. Raises NotYours, Unknown."""
        self._staff(actor)
        data, line = self._picture(token)
        self._core.note(actor, "licence.picture_read", f"{LICENCE}:{line}", "done")
        return data

    def history(self, actor: Actor, book: str, row: str) -> tuple[LibraryEvent, ...]:
        """What was done to a subject or a licence, newest first. Raises NotYours."""
        self._staff(actor)
        directory = self._core.directory()
        return self._core._read(lambda tx: history(tx, directory, book, row))

    def _staff(self, actor: Actor) -> None:
        may_keep(self._core.policy, actor, "查看证照库")

    # --- for everybody ---

    def verdict(self, line: str) -> LicenceView:
        """What anybody may know of the licence a code is bound to: today's state, masked (§13). Raises Unknown."""
        return self._licence(PUBLIC, line)

    def verdict_of_code(self, text: str, payload: str = "", channel: str = "web", address: str = "") -> CodeVerdict:
        """What a scanned link, or the id of a code with what stood behind its ?, means today, for anybody (R157)."""
        return self.codes.verdict(text, payload, channel, address)

    def companies(self, words: str, page: int = 1) -> Page[SubjectView]:
        """Companies whose name holds the words, for anybody, twenty a page (R159). Raises NameTooShort."""
        least, size = library_rules().limits.public_words, library_rules().limits.page
        if len("".join(words.split())) < least:
            raise NameTooShort(count=least)

        def read(tx: Connection) -> tuple[rows.Found, dict[int, int]]:
            query = select(subjects).where(subjects.c.id.in_(rows.companies_named(tx, words[: rows.LONGEST_WORDS])))
            found = rows.page_of(tx, query, (subjects.c.id.desc(),), min(page, 5), size)
            return found, rows.counts_of(tx, [row["id"] for row in found.rows])

        found, counts = self._core._read(read)
        views = (subject_view(self._core.cipher, row, PUBLIC, counts.get(row["id"], 0)) for row in found.rows)
        return _page(tuple(views), found, page, size)

    def company(self, token: str) -> tuple[SubjectView, tuple[LicenceView, ...]]:
        """A company and its licences as anybody may see them (R158, R161). Raises Unknown, for a person too."""
        view = self._subject(token, PUBLIC, subjects.c.kind == "company")
        return view, self._of((token,), PUBLIC)

    def of_person(self, id_number: str, name: str) -> tuple[LicenceView, ...]:
        """A person's licences for whoever knows both number and name (R157); a miss looks and takes like a hit."""
        number = self._core.indexer.index(id_number.strip().upper(), "subject_number")
        named = self._core.indexer.index(name.strip(), "subject_name")

        def read(tx: Connection) -> Sequence[Mapping[Any, Any]]:
            row = rows.subject_by(tx, subjects.c.number_index == number, subjects.c.kind == "person")
            fits = row is not None and hmac.compare_digest(row["name_index"], named)
            return rows.licences_of(tx, [row["id"] if row is not None and fits else 0])

        today = self._core.today()
        return tuple(licence_view(self._core.cipher, row, PUBLIC, today) for row in self._core._read(read))

    # --- for the holder, whose phone was proved by a code ---

    def of_phone(self, phone: str) -> tuple[SubjectView, ...]:
        """The companies and persons registered with a phone, for its holder (R154); nothing of an unknown one."""
        index = self._core.indexer.index(phone, "subject_phone")
        query = select(subjects).where(subjects.c.phone_index == index, ~subjects.c.gone).order_by(subjects.c.id)

        def read(tx: Connection) -> tuple[Sequence[Mapping[Any, Any]], dict[int, int]]:
            found = tx.execute(query.limit(50)).mappings().all()
            return found, rows.counts_of(tx, [row["id"] for row in found])

        found, counts = self._core._read(read)
        return tuple(subject_view(self._core.cipher, row, HOLDER, counts.get(row["id"], 0)) for row in found)

    def ends_with(self, token: str, tail: str) -> bool:
        """Whether a subject's number ends in these four characters: the second proof of a first sign-in (§12)."""
        try:
            whole = self._subject(token, REVEALED).number
        except Unknown:
            return False
        return hmac.compare_digest(whole[-4:].upper().encode(), tail.strip().upper()[:4].encode())

    def of_holder(self, tokens: Sequence[str]) -> tuple[LicenceView, ...]:
        """Every licence of these subjects with pictures, for the holder the caller has made sure of (R154)."""
        return self._of(tokens, HOLDER)

    def held(self, tokens: Sequence[str], line: str) -> LicenceView:
        """One licence for its holder. Raises Unknown when it belongs to none of these subjects."""
        view = self._licence(HOLDER, line)
        if view.subject not in tokens or view.state == "draft":
            raise Unknown(what="这份证照")
        return view

    def held_picture(self, tokens: Sequence[str], token: str) -> bytes:
        """A picture for the holder, without its watermark, which whoever sends it out draws. Raises Unknown."""
        data, line = self._picture(token)
        self.held(tokens, line)
        return data

    # --- for other parts of the product ---

    def find_subject(self, kind: str, number: str) -> str | None:
        """The token of the company or person with this number; None for an unknown one."""
        index = self._core.indexer.index(number, "subject_number")
        mine = (subjects.c.number_index == index, subjects.c.kind == kind)
        row = self._core._read(lambda tx: rows.subject_by(tx, *mine))
        return None if row is None else str(row["token"])

    def find_licence(self, type_key: str, number: str) -> str | None:
        """The line of the licence of this type with this number, the newest not cancelled one; None for none."""
        mine = licences.c.number_index == number_index(self._core.indexer, number)
        query = select(licences.c.line).where(mine, licences.c.type == type_key, licences.c.shown)
        order = (licences.c.state == "cancelled", licences.c.id.desc())
        line = self._core._read(lambda tx: tx.execute(query.order_by(*order).limit(1)).scalar())
        return None if line is None else str(line)

    # --- inside ---

    def _subject(self, token: str, reader: str, *where: ColumnElement[bool]) -> SubjectView:
        def read(tx: Connection) -> tuple[Mapping[Any, Any], int] | None:
            row = rows.subject_by(tx, subjects.c.token == token, *where)
            return None if row is None else (row, rows.counts_of(tx, [row["id"]]).get(row["id"], 0))

        found = self._core._read(read)
        if found is None:
            raise Unknown(what="这个企业或个人")
        return subject_view(self._core.cipher, found[0], reader, found[1])

    def _licence(self, reader: str, line: str, *, token: str = "", versions: bool = False) -> LicenceView:
        def read(tx: Connection) -> tuple[Any, ...] | None:
            row = rows.licence_at(tx, line=line, token=token)
            if row is None or (reader == PUBLIC and row["state"] == "draft"):  # neither is opened to be looked at
                return None
            pictures = rows.pictures_of(tx, [row["line"]])[row["line"]] if reader != PUBLIC else []
            return row, pictures, rows.versions_of(tx, row["line"]) if versions else ()

        found = self._core._read(read)
        if found is None:
            raise Unknown(what="这份证照")
        return licence_view(self._core.cipher, found[0], reader, self._core.today(), found[1], found[2])

    def _of(self, tokens: Sequence[str], reader: str) -> tuple[LicenceView, ...]:
        def read(tx: Connection) -> tuple[Sequence[Mapping[Any, Any]], dict[str, list[Mapping[Any, Any]]]]:
            ids = list(tx.execute(select(subjects.c.id).where(subjects.c.token.in_(tokens))).scalars())
            found = rows.licences_of(tx, ids)
            return found, rows.pictures_of(tx, [row["line"] for row in found])

        found, pictures = self._core._read(read)
        today = self._core.today()
        return tuple(licence_view(self._core.cipher, row, reader, today, pictures[row["line"]]) for row in found)

    def _picture(self, token: str) -> tuple[bytes, str]:
        mine = (licence_pictures.c.token == token, licence_pictures.c.removed_at.is_(None))
        query = select(licence_pictures.c.file, licence_pictures.c.line).where(*mine)
        row = self._core._read(lambda tx: tx.execute(query).first())
        if row is None:
            raise Unknown(what="这张图片")
        return self._core.files.get(row.file), row.line


def _page(items: tuple[T, ...], found: rows.Found, page: int, size: int) -> Page[T]:
    return Page(items, found.total, min(max(1, page), rows.DEEPEST), max(1, -(-found.total // size)), found.more)


__all__ = ["Library", "LicenceFilter", "NotYours"]

"""The library taken out as Excel: what a list shows, capped, with a reason, marked with who and when, on record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from core.errors import TooManyRows
from core.licences.filters import LicenceFilter
from core.licences.views import LicenceView, SubjectView
from core.measures.exports import Exports, Taken
from core.measures.sheets import Cell, Sheet
from core.people import Actor
from core.policy.library import library_rules
from core.policy.licences import COMPANY
from core.worktime import local_date

if TYPE_CHECKING:
    from core.licences.library import Library


class HasExports(Protocol):
    """The part of the core that writes Excel files and their entries in the log."""

    @property
    def exports(self) -> Exports: ...


class LibraryExports:
    """Excel files of companies, persons and licences."""

    def __init__(self, library: Library, measures: HasExports) -> None:
        self._library, self._measures = library, measures

    def subjects(self, actor: Actor, kind: str, words: str, reason: str, *, full: bool = False) -> Taken:
        """Every company or person of the list. `full`: with phones and ID numbers unmasked.

        Raises FieldMissing without a reason, TooManyRows beyond the cap.
        """
        rows = tuple(self._subjects(actor, kind, words, full))
        book = library_rules().kinds[kind]
        columns = tuple(field.label for field in book.fields)
        told: tuple[tuple[Cell, ...], ...] = tuple(
            (*(_told(view, field.key) for field in book.fields), view.licences, local_date(view.added_at).isoformat())
            for view in rows
        )
        table = Sheet(book.title, (*columns, "证照份数", "登记日期"), told)
        asked = f" 查「{words}」" if words and kind == COMPANY else ""
        about = f"{book.title}名录{'（含完整号码）' if full else ''}{asked}"
        action = f"subject.exported{'_in_full' if full else ''}"
        return self._measures.exports.take(actor, [table], about, reason, f"{book.title}名录", action)

    def licences(self, actor: Actor, wanted: LicenceFilter, reason: str) -> Taken:
        """Every licence of the list, numbers of persons masked. Raises FieldMissing, TooManyRows."""
        columns = (
            "电子证照标识", "证照名称", "编号", "持证人", "状态", "发证机关", "发证日期", "有效期起", "有效期止",
            "办件编号",
        )  # fmt: skip
        told = tuple(
            (
                view.identifier, view.type_name, view.number, view.holder, view.state_title, view.issuer,
                view.issued_on.isoformat(), view.valid_from.isoformat(),
                view.valid_to.isoformat() if view.valid_to else "长期", view.case_no,
            )
            for view in self._licences(actor, wanted)
        )  # fmt: skip
        table = Sheet("证照", columns, told)
        return self._measures.exports.take(actor, [table], "证照列表", reason, "证照", "licence.exported")

    def _subjects(self, actor: Actor, kind: str, words: str, full: bool) -> Iterator[SubjectView]:
        first = self._library.subjects(actor, kind, words, full=full)
        _refuse_more(first.total)
        yield from first.items
        for page in range(2, first.pages + 1):
            yield from self._library.subjects(actor, kind, words, page, full=full).items

    def _licences(self, actor: Actor, wanted: LicenceFilter) -> Iterator[LicenceView]:
        first = self._library.licences(actor, wanted)
        _refuse_more(first.total)
        yield from first.items
        for page in range(2, first.pages + 1):
            yield from self._library.licences(actor, wanted, page).items


def _refuse_more(total: int) -> None:
    most = library_rules().limits.export
    if total > most:
        raise TooManyRows(limit=f"{most:,}")


def _told(view: SubjectView, key: str) -> str:
    return next((one.value for one in view.fields if one.key == key), "")

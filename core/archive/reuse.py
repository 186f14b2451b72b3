"""A paper once filed is offered when the same company or person applies again, and every use is told (§14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from core.archive import rows
from core.archive.filters import ArchiveFilter
from core.archive.papers import JPEG
from core.archive.views import DocumentView
from core.errors import Unknown
from core.licences import LibraryAct
from core.people import Actor
from core.policy.archive import DOCUMENT
from core.receipts import Done

if TYPE_CHECKING:
    from core.archive.archive import Archive, Whole


class Reuse:
    """What may serve again, and that it did."""

    def __init__(self, core: Whole, archive: Archive) -> None:
        self._core, self._archive = core, archive

    def offered(self, actor: Actor, subject: str) -> tuple[DocumentView, ...]:
        """What this subject filed before that may serve again: never expired, never replaced. Raises NotYours."""
        wanted = ArchiveFilter(subject=subject, state="usable")
        first = self._archive.documents(actor, wanted)
        rest = (self._archive.documents(actor, wanted, page) for page in range(2, first.pages + 1))
        return tuple(one for page in (first, *rest) for one in page.items if one.usable)

    def pictures(self, actor: Actor, subject: str, lines: Sequence[str]) -> dict[str, str]:
        """Line → file of those among these offered papers that are pictures. Raises NotYours."""
        mine = [one.line for one in self.offered(actor, subject) if one.kind == JPEG and one.line in lines]

        def read(tx: Connection) -> dict[str, str]:
            found = {line: rows.document_at(tx, line=line) for line in mine}
            return {line: str(row["file"]) for line, row in found.items() if row is not None}

        return self._core._read(read)

    def use(
        self, key: str, actor: Actor, subject: str, lines: Sequence[str], used_for: str, case_no: str = ""
    ) -> list[Done]:
        """Record that these offered papers served again. Raises Unknown for one not offered, and the door's no."""
        offered = {one.line for one in self.offered(actor, subject)}
        if not lines or set(lines) - offered:
            raise Unknown(what="可复用的资料")
        values = {"used_for": used_for, "case_no": case_no}
        acts = (LibraryAct(f"{key}:{line}", DOCUMENT, "use", line, values, actor) for line in dict.fromkeys(lines))
        return [self._core.licences.write(act) for act in acts]

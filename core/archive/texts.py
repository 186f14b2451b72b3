"""Texts of papers for searching: what a PDF carries is known at once, a picture is read when nobody waits for reading.

Until then it is found by what was registered of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from core.archive import words
from core.archive.desk import body_of
from core.archive.papers import page_picture
from core.crypto import place
from core.errors import Refusal
from core.models.archive import archive_documents
from core.people import CLOCK
from core.policy.archive import DOCUMENT, archive_rules
from core.reading import text_of

if TYPE_CHECKING:
    from core.archive.archive import Whole

READ_PAGES, BUSY = 5, 429
"""Pages of a paper that are read: what it is about stands on the first ones."""
WAITING = (
    select(archive_documents)
    .where(archive_documents.c.shown, archive_documents.c.read_at.is_(None))
    .order_by(archive_documents.c.id)
    .limit(1)
)


class Texts:
    """Reads papers one by one. `reader`: a picture as JPEG in, its text out."""

    def __init__(self, core: Whole, reader: Callable[[bytes], str] = text_of) -> None:
        self._core, self.reader = core, reader

    def work(self, leads: Callable[[], bool] = lambda: True) -> int:
        """Read what waits, as long as the worker leads; returns how many papers were read."""
        count = 0
        while leads():
            row = self._core._read(lambda tx: tx.execute(WAITING).mappings().first())
            if row is None:
                break
            text = self._text(row)
            if text is None:
                break
            self._keep(row, text)
            count += 1
        return count

    def _text(self, row: Mapping[Any, Any]) -> str | None:
        """What stands on its first pages; empty for one that cannot be read, so that it is not tried for ever.

        None while the reader is busy with somebody's picture: a person at a form comes first.
        """
        told = list[str]()
        for page in range(1, min(row["pages"], READ_PAGES) + 1):
            try:
                told.append(self.reader(page_picture(self._core.files.get(row["file"]), row["kind"], page)))
            except Refusal as refusal:
                if refusal.status == BUSY:
                    return None
        return " ".join(" ".join(told).split())[: archive_rules().paper.text]

    def _keep(self, row: Mapping[Any, Any], text: str) -> None:
        def run(tx: Connection) -> None:
            mine = (archive_documents.c.id == row["id"], archive_documents.c.shown)
            fresh = tx.execute(select(archive_documents).where(*mine).with_for_update()).mappings().first()
            if fresh is None:  # replaced or withdrawn while it was being read
                return
            sealed = self._core.cipher.seal(text, place("archive_documents", "text", row["token"])) if text else None
            values = {"text": sealed, "read_at": self._core.clock.now()}
            tx.execute(update(archive_documents).where(mine[0]).values(**values))
            fields = body_of(self._core.cipher, "archive_documents", fresh)
            words.note(tx, self._core.indexer, row["id"], (*fields.values(), text))

        self._core._write(CLOCK, "archive_document.text_read", f"{DOCUMENT}:{row['line']}", run)

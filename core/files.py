"""Files that must outlast everything: kept once by their content in the file store, known to the database by name.

A file is in the store before the database speaks of it, so a crash leaves at most a file nobody names; `sweep` finds
those. What kind of thing a file may be is judged by whoever takes it in; here it is bytes, sealed at rest (control D4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Column, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import Unknown
from core.models.archive import archive_batches, archive_documents, archive_items
from core.models.arrivals import attachments
from core.models.codes import code_batches
from core.models.faces import face_templates
from core.models.licences import files, licence_pictures
from core.models.pictures import licence_readings, picture_items
from core.ports import Clock, FileMissing, FileStore

SPARED = timedelta(days=1)
"""A file nobody names yet may belong to a form that is still being filled."""
MOST_SWEPT, TOGETHER = 1000, 50
REFERENCES: Sequence[Column[str]] = (
    licence_pictures.c.file,
    face_templates.c.picture,
    code_batches.c.excel,
    code_batches.c.pictures,
    code_batches.c.sheet,
    archive_documents.c.file,
    archive_batches.c.papers,
    archive_items.c.file,
    licence_readings.c.file,
    picture_items.c.file,
    attachments.c.file,
)
"""Every column that names a file: the table of whoever keeps files is added here."""


class Files:
    """The file store with its list in the database. Thread-safe."""

    def __init__(self, engine: Engine, store: FileStore, clock: Clock) -> None:
        self._engine, self.store, self._clock = engine, store, clock

    def keep(self, data: bytes, kind: str) -> str:
        """Keep these bytes of a media type; returns their name. The same bytes have one name and lie there once."""
        name, now = self.store.put(data), self._clock.now()
        with self._engine.connect().execution_options(readonly=True) as tx:
            at = tx.execute(select(files.c.at).where(files.c.name == name)).scalar()
        if at is not None and at > now - SPARED / 2:
            return name
        try:
            with self._engine.begin() as tx:  # known, but nobody's for long perhaps: `sweep` spares it from now on
                if not tx.execute(update(files).where(files.c.name == name).values(at=now)).rowcount:
                    tx.execute(insert(files), {"name": name, "kind": kind, "size": len(data), "at": now})
        except IntegrityError:  # somebody kept the same file at this very moment
            pass
        return self.store.put(data)  # `sweep` may have taken it a moment before it was named

    def keep_all(self, many: Sequence[bytes], kind: str) -> list[str]:
        """Several files of a media type in one commit; returns their names in the same order."""
        names, now = [self.store.put(data) for data in many], self._clock.now()
        sizes = dict(zip(names, map(len, many), strict=True))
        try:
            with self._engine.begin() as tx:
                told = update(files).where(files.c.name.in_(names)).values(at=now)
                known = set(tx.execute(told.returning(files.c.name)).scalars())
                new = [{"name": one, "kind": kind, "size": sizes[one], "at": now} for one in sizes if one not in known]
                if new:
                    tx.execute(insert(files), new)
        except IntegrityError:  # somebody kept one of them at this very moment
            return [self.keep(data, kind) for data in many]
        return [self.store.put(data) for data in many]  # as above

    def get(self, name: str) -> bytes:
        """What lies under a name. Raises Unknown."""
        try:
            return self.store.get(name)
        except FileMissing:
            raise Unknown(what="这个文件") from None

    def names(self) -> list[str]:
        """Every name the database knows."""
        with self._engine.connect().execution_options(readonly=True) as tx:
            return list(tx.execute(select(files.c.name).order_by(files.c.name)).scalars())

    def missing(self) -> list[str]:
        """Names the database knows and the store does not have whole: for the restore drill, reading every file."""
        return [name for name in self.names() if not self._is_whole(name)]

    def sweep(self, before: datetime | None = None) -> int:
        """Remove the files no row names, older than a day; returns how many went."""
        until, gone = before or self._clock.now() - SPARED, 0
        while gone < MOST_SWEPT and (count := self._swept(until)):
            gone += count
        return gone

    def _swept(self, until: datetime) -> int:
        """Some of them, from the store before anyone may name them anew."""
        used = [select(column).where(column == files.c.name).exists() for column in REFERENCES]
        loose = select(files.c.name).where(files.c.at < until, *(~one for one in used)).limit(TOGETHER)
        with self._engine.begin() as tx:
            found = list(tx.execute(loose).scalars())
            old = delete(files).where(files.c.name.in_(found), files.c.at < until)
            names = list(tx.execute(old.returning(files.c.name)).scalars())
            for name in names:
                self.store.remove(name)
        return len(names)

    def renew(self) -> int:
        """Seal every file again that an older key sealed; returns how many. Safe to stop and to run again."""
        return sum(self.store.renew(name) for name in list(self.store.names()))

    def _is_whole(self, name: str) -> bool:
        try:
            self.store.get(name)  # its seal binds the bytes to the name
        except FileMissing:
            return False
        return True

"""A backup: every table as lines of text, zipped and sealed, the same for each kind of database; and its way back.

The file is one line of plain JSON that names the key, then sealed pieces. Each piece is bound to its file, its number
and whether it is the last, so a piece that was changed, moved, dropped or cut off is noticed.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import secrets
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Date, Engine, LargeBinary, Table, func, select, text

from core import chain, models
from core.canon import canonical
from core.crypto import Key, KeyVault, Unreadable
from core.db import Moment, metadata
from core.sm import sm4_open, sm4_seal

__all__ = ["BackupFault", "Manifest", "back_up", "lines_of", "manifest_of", "models"]

FORMAT = 1
PIECE = 1024 * 1024
LEFT_OUT = frozenset(
    {
        "sessions",
        "api_tokens",
        "nonces",
        "rate_counts",
        "sign_in_failures",
        "leases",
        "figures",
        "rollups",
        "rollup_state",
    }
)
"""What must not come back to life with old data (who was signed in, who was leading), and what is counted anew."""


class BackupFault(Exception):
    """A backup that cannot be made, or a file that must not be restored; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: rows by table, the schema's revision, the end of the log."""

    format: int
    made_at: str
    revision: str
    tables: Mapping[str, int]
    log_seq: int
    log_mac: str


def tables() -> list[Table]:
    """Every table a backup holds, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def back_up(engine: Engine, vault: KeyVault, folder: Path) -> Path:
    """Write one backup file into `folder` and read it through once. The product may run on beside it.

    Raises BackupFault when the file does not read back as written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_at = datetime.now(UTC)
    target = folder / f"xiuying-{made_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}.backup"
    draft = target.with_suffix(".part")
    try:
        with draft.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            rows = _write(engine, vault, file, made_at)
            file.flush()
            os.fsync(file.fileno())
        with draft.open("rb") as file:
            if sum(1 for line in lines_of(file, vault) if line.startswith("[")) != rows:
                raise BackupFault("备份写好后读不回全部内容，请检查磁盘后再备份。")
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def revision_of(tx: Connection) -> str:
    """The schema's revision, as the migrations left it; empty when there is none."""
    return MigrationContext.configure(tx).get_current_revision() or ""


def _write(engine: Engine, vault: KeyVault, file: IO[bytes], made_at: datetime) -> int:
    with _snapshot(engine) as tx, _SealedFile(file, vault.current("data")) as sealed:
        head = chain.head(tx)
        counts = {table.name: tx.execute(select(func.count()).select_from(table)).scalar_one() for table in tables()}
        manifest = Manifest(FORMAT, made_at.isoformat(), revision_of(tx), counts, head.seq, head.mac)
        with gzip.GzipFile(fileobj=sealed, mode="wb", mtime=0) as packed:
            _line(packed, {"manifest": asdict(manifest)})
            for table in tables():
                _line(packed, {"table": table.name, "columns": [column.name for column in table.c]})
                for row in tx.execute(select(table).execution_options(yield_per=1000)):
                    _line(packed, [encode(value) for value in row])
            _line(packed, {"end": sum(counts.values())})
    return sum(counts.values())


def _snapshot(engine: Engine) -> Connection:
    """A connection that sees one moment, however long it reads."""
    tx = engine.connect()
    if engine.dialect.name == "sqlite":
        return tx.execution_options(readonly=True)
    tx = tx.execution_options(isolation_level="REPEATABLE READ", readonly=True)
    tx.execute(text("SET LOCAL statement_timeout = 0"))
    tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return tx


def _line(packed: gzip.GzipFile, value: object) -> None:
    packed.write(canonical(value).encode() + b"\n")


def encode(value: object) -> object:
    """A column's value as JSON carries it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def decode(value: Any, kind: object) -> Any:
    """The same value for a column of this type."""
    if value is None:
        return None
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value


def manifest_of(first: str) -> Manifest:
    """The manifest in a backup's first line. Raises BackupFault."""
    try:
        manifest = Manifest(**json.loads(first)["manifest"])
    except (ValueError, KeyError, TypeError):
        raise BackupFault("这份备份没有清单，不能恢复。") from None
    if manifest.format != FORMAT:
        raise BackupFault(f"这份备份的格式是第 {manifest.format} 版，本程序只认第 {FORMAT} 版。")
    return manifest


def lines_of(file: IO[bytes], vault: KeyVault) -> Iterator[str]:
    """The lines of a backup, checked as they are read. Raises BackupFault for a damaged file or a missing key."""
    try:
        with gzip.GzipFile(fileobj=io.BufferedReader(_OpenedFile(file, vault))) as packed:
            for line in packed:
                yield line.decode().rstrip("\n")
    except Unreadable as fault:
        raise BackupFault(f"打不开备份：{fault}") from None
    except (ValueError, KeyError, TypeError, EOFError, OSError):
        raise BackupFault("备份文件已损坏或不完整，不能恢复。") from None


def _aad(key: Key, name: str, number: int, last: bool) -> bytes:
    return f"{key.label}|backup|{name}|{number}|{'last' if last else 'more'}".encode()


class _SealedFile(io.RawIOBase):
    """Seals what is written, piece by piece; `close` writes the last piece and leaves the file below open."""

    def __init__(self, file: IO[bytes], key: Key) -> None:
        self._file, self._key, self._name = file, key, secrets.token_hex(16)
        self._waiting, self._number = bytearray(), 0
        head = {"backup": FORMAT, "key": key.label, "name": self._name}
        file.write(canonical(head).encode() + b"\n")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) >= PIECE:
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        sealed = sm4_seal(self._key.secret, piece, _aad(self._key, self._name, self._number, last))
        self._file.write(struct.pack(">IB", len(sealed), last) + sealed)
        self._number += 1


class _OpenedFile(io.RawIOBase):
    """The other way: what was sealed, as a stream. A file that stops before its last piece raises EOFError."""

    def __init__(self, file: IO[bytes], vault: KeyVault) -> None:
        head = json.loads(file.readline(4096))
        self._file, self._name = file, str(head["name"])
        self._key = vault.find(str(head["key"]))
        self._ready, self._number, self._last = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._last:
            self._ready = self._next()
        given = self._ready[: len(buffer)]
        buffer[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def _next(self) -> bytes:
        head = self._file.read(5)
        if len(head) < 5:
            raise EOFError("no last piece")
        size, last = struct.unpack(">IB", head)
        if size > 2 * PIECE:
            raise ValueError("piece too large")
        piece = sm4_open(self._key.secret, self._file.read(size), _aad(self._key, self._name, self._number, bool(last)))
        self._number, self._last = self._number + 1, bool(last)
        return piece

"""Bringing a backup back: into an empty database, in one transaction, and not kept unless everything checks out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, delete, func, insert, select, text, update

from core import chain, word_index
from core.backup import BackupFault, Manifest, decode, lines_of, manifest_of, revision_of, tables
from core.crypto import KeyVault, Sm2Signer, Sm4Cipher, Unreadable
from core.files import Files
from core.models.record import log_head
from core.models.registers import SEEDED
from core.sealed import open_samples

BATCH = 500


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back and what was checked: rows, entries of the log, sealed columns opened, files read whole.

    `missing`: names of files the rows speak of and the file store does not have whole; it is brought back beside this.
    """

    manifest: Manifest
    rows: int
    entries: int
    sealed: int
    files: int = 0
    missing: tuple[str, ...] = ()


def restore(engine: Engine, vault: KeyVault, path: Path, store: Files | None = None) -> Restored:
    """Load a backup file and check it, with `store` every file its rows name too.

    Raises BackupFault, and then the database is as empty as before.
    """
    with path.open("rb") as file, engine.begin() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("SET LOCAL statement_timeout = 0"))
        lines = lines_of(file, vault)
        manifest = manifest_of(next(lines, ""))
        _must_be_empty(tx, manifest)
        counts = _load(tx, lines)
        _check_counts(manifest, counts)
        for index in word_index.INDEXES:
            index.rebuild(tx)
        if tx.dialect.name == "postgresql":
            _set_sequences(tx)
        verdict = chain.verify(tx, vault.current("chain").secret, signer=Sm2Signer(vault))
        if not verdict.ok or verdict.head_seq != manifest.log_seq:
            raise BackupFault(f"恢复后日志核验不通过：{verdict.why or '日志头与清单不符。'}")
        try:
            sealed = open_samples(tx, Sm4Cipher(vault))
        except Unreadable as fault:
            raise BackupFault(f"恢复后有密文打不开：{fault}") from None
    missing = tuple(store.missing()) if store is not None else ()
    held = counts.get("files", 0) - len(missing) if store is not None else 0
    return Restored(manifest, sum(counts.values()), verdict.checked, sealed, held, missing)


def _must_be_empty(tx: Connection, manifest: Manifest) -> None:
    here = revision_of(tx)
    if here != manifest.revision:
        raise BackupFault(f"数据库结构是「{here or '空'}」，备份是「{manifest.revision}」，请先迁移到同一版本。")
    untouched = chain.head(tx).seq == 0
    for table in tables():
        count = tx.execute(select(func.count()).select_from(table)).scalar_one()
        if untouched and (table is log_head or table.name in SEEDED):
            tx.execute(delete(table))
        elif count:
            raise BackupFault(f"数据库不是空的（{table.name} 有内容），恢复只能在空库进行。")


def _load(tx: Connection, lines: Iterator[str]) -> dict[str, int]:
    """Insert every row; a row that refers to another of its own table learns of it once all are there."""
    known = {table.name: table for table in tables()}
    counts, later = dict[str, int](), list[tuple[Table, Column[Any], Any, Any]]()
    table, columns, batch, ended = None, list[Column[Any]](), list[dict[str, Any]](), False
    for line in lines:
        value = json.loads(line)
        if isinstance(value, list) and table is not None:
            batch.append(_row(table, columns, value, later))
            counts[table.name] += 1
            if len(batch) < BATCH:
                continue
        if batch and table is not None:
            tx.execute(insert(table), batch)
            batch = []
        if isinstance(value, dict) and "table" in value:
            _point_back(tx, later)
            table, columns = _known(known, value)
            counts[table.name] = 0
        elif isinstance(value, dict) and "end" in value:
            ended = True
    _point_back(tx, later)
    if not ended:
        raise BackupFault("备份文件已损坏或不完整，不能恢复。")
    return counts


def _known(known: dict[str, Table], value: dict[str, Any]) -> tuple[Table, list[Column[Any]]]:
    try:
        table = known[value["table"]]
        return table, [table.c[name] for name in value["columns"]]
    except KeyError as name:
        raise BackupFault(f"备份里有不认识的表或列「{name.args[0]}」。") from None


def _row(table: Table, columns: list[Column[Any]], values: list[Any], later: list[Any]) -> dict[str, Any]:
    row = {column.name: decode(value, column.type) for column, value in zip(columns, values, strict=True)}
    for column in columns:
        if row[column.name] is not None and any(key.column.table is table for key in column.foreign_keys):
            later.append((table, column, row["id"], row[column.name]))
            row[column.name] = None
    return row


def _point_back(tx: Connection, later: list[tuple[Table, Column[Any], Any, Any]]) -> None:
    for table, column, row, upper in later:
        tx.execute(update(table).where(table.c.id == row).values({column.name: upper}))
    later.clear()


def _check_counts(manifest: Manifest, counts: dict[str, int]) -> None:
    for name, expected in manifest.tables.items():
        if counts.get(name, 0) != expected:
            raise BackupFault(f"{name} 应有 {expected} 行，备份里只有 {counts.get(name, 0)} 行。")


def _set_sequences(tx: Connection) -> None:
    """Numbers given out by the database go on after the highest restored one."""
    for table in tables():
        if "id" in table.c and (name := tx.scalar(select(func.pg_get_serial_sequence(table.name, "id")))):
            highest = tx.scalar(select(func.max(table.c.id)))
            if highest:
                tx.execute(text("SELECT setval(CAST(:name AS regclass), :highest)"), {"name": name, "highest": highest})

"""The word index: which cases hold which two neighbouring characters, so that two characters find a case in millions.

It is derived from the cases and written in the commit that changes their text, so it has no history and no backup.
SQLite keeps it in FTS5 without a copy of the text; PostgreSQL in arrays under a GIN index, where each pair also names
the block of case numbers it stands in, so the newest blocks are asked first, whatever lies in the older ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, bindparam, column, func, select, text

from core.db import Id
from core.models.cases import cases

COLUMNS = ("title", "content", "place")
NAME = "case_words"
MOST_ASKED = 6  # pairs of one question; what is left is read in the text itself
BLOCK_BITS, PLACE_BITS = 14, 21
BATCH = 2000

CREATE: Mapping[str, str] = {
    "sqlite": f"CREATE VIRTUAL TABLE {NAME} USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii')",
    "postgresql": (
        f"CREATE TABLE {NAME} (case_id bigint NOT NULL CONSTRAINT pk_{NAME} PRIMARY KEY, words bigint[] NOT NULL)"
    ),
}
"""To be followed by `rebuild`."""
DROP = f"DROP TABLE {NAME}"
DROP_INDEX = f"DROP INDEX IF EXISTS ix_{NAME}_words"
CREATE_INDEX = f"CREATE INDEX ix_{NAME}_words ON {NAME} USING gin (words) WITH (gin_pending_list_limit = 256)"
"""On PostgreSQL, where filling comes before the index because that is many times as fast."""

_ADD = {
    "sqlite": text(f"INSERT INTO {NAME} (rowid, words) VALUES (:case, :words)"),
    "postgresql": text(f"INSERT INTO {NAME} (case_id, words) VALUES (:case, CAST(:words AS bigint[]))"),
}
_FORGET = {
    "sqlite": text(f"INSERT INTO {NAME} ({NAME}, rowid, words) VALUES ('delete', :case, :words)"),
    "postgresql": text(f"DELETE FROM {NAME} WHERE case_id = :case"),
}
EMPTY = {
    "sqlite": text(f"INSERT INTO {NAME} ({NAME}) VALUES ('delete-all')"),
    "postgresql": text(f"DELETE FROM {NAME}"),
}
_FTS = f"SELECT rowid AS id FROM {NAME} WHERE {NAME} MATCH :asked ORDER BY rowid DESC LIMIT :most"
_GIN = "SELECT case_id AS id FROM {name} WHERE {pairs} ORDER BY case_id DESC LIMIT :most"


def pairs(*texts: str) -> list[int]:
    """Every two neighbouring letters, digits or characters in any of the texts, each pair once."""
    found: dict[int, None] = {}
    for one in texts:
        low = one.lower()
        for first, second in pairwise(low):
            if first.isalnum() and second.isalnum():
                found[ord(first) << PLACE_BITS | ord(second)] = None
    return list(found)


def note(tx: Connection, case: int, texts: Iterable[str]) -> None:
    """Take in a new case."""
    kind = tx.dialect.name
    tx.execute(_ADD[kind], {"case": case, "words": _stored(kind, case, pairs(*texts))})


def change(tx: Connection, case: int, before: Iterable[str], now: Iterable[str]) -> None:
    """A case's text is another now; `before` must be what it was noted with."""
    kind = tx.dialect.name
    old = {"words": _stored(kind, case, pairs(*before))} if kind == "sqlite" else {}
    tx.execute(_FORGET[kind], {"case": case, **old})
    note(tx, case, now)


def rebuild(tx: Connection) -> None:
    """The whole index anew from the cases: after a migration or a restore."""
    kind, last = tx.dialect.name, 0
    tx.execute(EMPTY[kind])
    if kind == "postgresql":
        tx.execute(text(DROP_INDEX))
    query = select(cases.c.id, *(cases.c[name] for name in COLUMNS)).order_by(cases.c.id).limit(BATCH)
    while rows := tx.execute(query.where(cases.c.id > last)).all():
        tx.execute(_ADD[kind], [{"case": one[0], "words": _stored(kind, one[0], pairs(*one[1:]))} for one in rows])
        last = rows[-1][0]
    if kind == "postgresql":
        tx.execute(text(CREATE_INDEX))


def holders(tx: Connection, asked: Sequence[int], most: int) -> tuple[Select[Any], int]:
    """The newest cases, at most so many, that hold every one of these pairs; and how many they are."""
    chosen = _spread(asked)
    if tx.dialect.name == "sqlite":
        found = _rows(_FTS, most, asked=_stored("sqlite", 0, chosen))
        return found, _size(tx, found)
    last = (tx.execute(select(func.max(cases.c.id))).scalar() or 0) >> BLOCK_BITS
    for blocks in (2, 8, last + 1):  # the newest blocks are enough for what is common
        first = max(0, last + 1 - blocks)
        found = _in_blocks(chosen, range(first, last + 1), most)
        size = _size(tx, found)
        if size == most or not first:
            break
    return found, size


def _in_blocks(asked: Sequence[int], blocks: Iterable[int], most: int) -> Select[Any]:
    names = [f"p{number}" for number in range(len(asked))]
    every = " AND ".join(f"words && CAST(:{name} AS bigint[])" for name in names)
    told = {name: [pair << PLACE_BITS | block for block in blocks] for name, pair in zip(names, asked, strict=True)}
    return _rows(_GIN.format(name=NAME, pairs=every), most, **told)


def _rows(sql: str, most: int, **told: object) -> Select[Any]:
    clause = text(sql)
    for name, value in {**told, "most": most}.items():
        clause = clause.bindparams(bindparam(name, value, unique=True))
    return select(clause.columns(column("id", Id)).subquery())


def _size(tx: Connection, found: Select[Any]) -> int:
    return int(tx.execute(select(func.count()).select_from(found.subquery())).scalar_one())


def _spread(asked: Sequence[int]) -> Sequence[int]:
    if len(asked) <= MOST_ASKED:
        return asked
    return [asked[number * (len(asked) - 1) // (MOST_ASKED - 1)] for number in range(MOST_ASKED)]


def _stored(kind: str, case: int, found: Sequence[int]) -> object:
    if kind == "sqlite":
        return " ".join(f"{pair:x}" for pair in found)
    return [pair << PLACE_BITS | case >> BLOCK_BITS for pair in found]

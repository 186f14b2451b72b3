"""Word indexes: which rows hold which two neighbouring characters, so that two characters find one in millions.

An index is derived from its table and written in the commit that changes a text, so it has no history and no backup.
SQLite keeps it in FTS5 without a copy of the text; PostgreSQL in arrays under a GIN index, where each pair also names
the block of row numbers it stands in, so the newest blocks are asked first, whatever lies in the older ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, column, select, text

from core.db import Id
from core.many import copy_in
from core.models.cases import cases
from core.models.licences import subjects

MOST_ASKED = 6  # pairs of one question; what is left is read in the text itself
MOST_PROBED, NEWEST, RAREST = 12, 40, 3
"""Of a longer question so many pairs are tried, by so many of their newest rows, and so many asked."""
BLOCK_BITS, PLACE_BITS = 14, 21
BATCH = 2000
_RUNS = re.compile(r"[^\W_]+")
"""Letters, digits and characters that stand together."""
THESE = {
    "sqlite": "SELECT value AS id FROM json_each(:rows)",
    "postgresql": "SELECT unnest(CAST(:rows AS bigint[])) AS id",
}
"""Rows an index has named, for whatever asks on: the index itself is asked once."""


def pairs(*texts: str) -> list[int]:
    """Every two neighbouring letters, digits or characters in any of the texts, each pair once."""
    found: dict[int, None] = {}
    for one in texts:
        for run in _RUNS.findall(one.lower()):
            signs = [ord(sign) for sign in run]
            found.update(dict.fromkeys([first << PLACE_BITS | second for first, second in pairwise(signs)]))
    return list(found)


class WordIndex:
    """The index `name` over some columns of one table; `key` is what PostgreSQL calls the row's id in it."""

    def __init__(self, name: str, table: Table, key: str, columns: tuple[str, ...]) -> None:
        self.name, self.columns, self._table, self._key = name, columns, table, key
        self.create: Mapping[str, str] = {
            "sqlite": f"CREATE VIRTUAL TABLE {name} USING "
            "fts5(words, content='', columnsize=0, detail=none, tokenize='ascii')",
            "postgresql": (
                f"CREATE TABLE {name} ({key} bigint NOT NULL CONSTRAINT pk_{name} PRIMARY KEY, words bigint[] NOT NULL)"
            ),
        }
        """To be followed by `rebuild`."""
        self.drop = f"DROP TABLE {name}"
        self.drop_index = f"DROP INDEX IF EXISTS ix_{name}_words"
        self.create_index = (
            f"CREATE INDEX ix_{name}_words ON {name} USING gin (words) WITH (gin_pending_list_limit = 256)"
        )
        """On PostgreSQL, where filling comes before the index because that is many times as fast."""
        self._add = {
            "sqlite": f"INSERT INTO {name} (rowid, words) VALUES (?, ?)",
            "postgresql": f"INSERT INTO {name} ({key}, words) VALUES (%s, CAST(%s AS bigint[]))",
        }
        self._forget = {
            "sqlite": text(f"INSERT INTO {name} ({name}, rowid, words) VALUES ('delete', :row, :words)"),
            "postgresql": text(f"DELETE FROM {name} WHERE {key} = :row"),
        }
        self.empty = {
            "sqlite": text(f"INSERT INTO {name} ({name}) VALUES ('delete-all')"),
            "postgresql": text(f"DELETE FROM {name}"),
        }
        self._fts = f"SELECT rowid AS id FROM {name} WHERE {name} MATCH :asked ORDER BY rowid DESC LIMIT :most"
        # Block by block: asked for all at once, the planner reads rows from the newest instead of the index.
        self._gin = (
            f"SELECT held.id FROM generate_series((SELECT max({key}) FROM {name}) >> {BLOCK_BITS}, 0, -1) AS block "
            f"CROSS JOIN LATERAL (SELECT {key} AS id FROM {name} WHERE words @> ARRAY[{{pairs}}] ORDER BY {key} DESC) "
            "AS held LIMIT :most"
        )

    def note(self, tx: Connection, row: int, texts: Iterable[str]) -> None:
        """Take in a new row."""
        self.note_all(tx, [(row, pairs(*texts))])

    def note_all(self, tx: Connection, rows: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Take in new rows, each with the pairs of its texts, in one statement."""
        kind = tx.dialect.name
        told = [(row, _stored(kind, row, held)) for row, held in rows]
        if len(told) > 1 and kind == "postgresql":
            copy_in(tx, self.name, (self._key, "words"), told)
        elif told:
            tx.exec_driver_sql(self._add[kind], told)

    def change(self, tx: Connection, row: int, before: Iterable[str], now: Iterable[str]) -> None:
        """A row's text is another now; `before` must be what it was noted with."""
        self.forget(tx, row, before)
        self.note(tx, row, now)

    def forget(self, tx: Connection, row: int, before: Iterable[str]) -> None:
        """A row goes; `before` must be what it was noted with."""
        kind = tx.dialect.name
        old = {"words": _stored(kind, row, pairs(*before))} if kind == "sqlite" else {}
        tx.execute(self._forget[kind], {"row": row, **old})

    def rebuild(self, tx: Connection) -> None:
        """The whole index anew from its table: after a migration or a restore. A row without text is left out."""
        kind, last, ids = tx.dialect.name, 0, self._table.c.id
        tx.execute(self.empty[kind])
        if kind == "postgresql":
            tx.execute(text(self.drop_index))
        query = select(ids, *(self._table.c[name] for name in self.columns)).order_by(ids).limit(BATCH)
        while rows := tx.execute(query.where(ids > last)).all():
            self.note_all(tx, [(one[0], pairs(*one[1:])) for one in rows if None not in one[1:]])
            last = rows[-1][0]
        if kind == "postgresql":
            tx.execute(text(self.create_index))

    def holders(self, tx: Connection, asked: Sequence[int], most: int) -> tuple[Select[Any], int]:
        """The newest rows, at most so many, that hold every one of these pairs; and how many they are."""
        kind = tx.dialect.name
        chosen = self._rarest(tx, asked) if kind == "sqlite" and len(asked) > MOST_ASKED else _spread(asked, MOST_ASKED)
        if kind == "sqlite":
            found = _rows(self._fts, most=most, asked=_stored(kind, 0, chosen))
        else:
            told = {f"p{number}": pair << PLACE_BITS for number, pair in enumerate(chosen)}
            every = ", ".join(f"CAST(:{name} AS bigint) | block" for name in told)
            found = _rows(self._gin.format(pairs=every), most=most, **told)
        rows = list(tx.execute(found).scalars())
        return _rows(THESE[kind], rows=json.dumps(rows) if kind == "sqlite" else rows), len(rows)

    def _rarest(self, tx: Connection, asked: Sequence[int]) -> Sequence[int]:
        """The few pairs whose newest rows lie farthest apart: the others stand in so many rows that asking them costs
        more than it narrows. SQLite alone, whose index walks the rows of every pair asked.
        """
        probed = _spread(asked, MOST_PROBED)
        each = " UNION ALL ".join(
            f"SELECT {number}, count(*), min(id), max(id) FROM (SELECT rowid AS id FROM {self.name} "
            f"WHERE {self.name} MATCH '{pair:x}' ORDER BY rowid DESC LIMIT {NEWEST})"
            for number, pair in enumerate(probed)
        )
        told = {row[0]: (row[1] == NEWEST, -(row[3] - row[2]) if row[1] else 0) for row in tx.exec_driver_sql(each)}
        return [probed[number] for number in sorted(told, key=told.__getitem__)[:RAREST]]


def _rows(sql: str, **told: object) -> Select[Any]:
    clause = text(sql)
    for name, value in told.items():
        clause = clause.bindparams(bindparam(name, value, unique=True))
    return select(clause.columns(column("id", Id)).subquery())


def _spread(asked: Sequence[int], most: int) -> Sequence[int]:
    if len(asked) <= most:
        return asked
    return [asked[number * (len(asked) - 1) // (most - 1)] for number in range(most)]


def _stored(kind: str, row: int, found: Sequence[int]) -> str:
    """Words of the full-text index, or an array as PostgreSQL reads one."""
    if kind == "sqlite":
        return " ".join([f"{pair:x}" for pair in found])
    block = row >> BLOCK_BITS
    return f"{{{','.join([str(pair << PLACE_BITS | block) for pair in found])}}}"


CASES = WordIndex("case_words", cases, "case_id", ("title", "content", "place"))
SUBJECTS = WordIndex("subject_words", subjects, "subject_id", ("name",))
"""Companies alone: a person's name lies sealed."""
INDEXES = (CASES, SUBJECTS)
NAMES = tuple(index.name for index in INDEXES)

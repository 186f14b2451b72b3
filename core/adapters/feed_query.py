"""The rows of a database that is only read: one SELECT a look, in its own words and within limits of time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnClause, CursorResult, Engine, column, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.adapters.feed_words import mark_of, renamed
from core.feeds.checking import moment_of
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset
from core.ports import Parcel, SourceAway
from core.settings import FeedSource

PORTION = 1000
"""Rows of a far database held at a time."""
NAMED = re.compile(r"(?<![:\w]):(since(?:_epoch)?)\b")
READS = re.compile(r"\s*(select|with)\b[^;]*\Z", re.IGNORECASE)
SORTED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?|\d{10}|\d{13}|\d{14}")
"""Moments whose texts stand in the order of time, so that the database can be asked in its own words."""
CONNECT_S, LOCKED_S, ANSWER_S = 5, 10, 30
"""How long a far database may take to be reached, to give way to us, and to answer one statement."""
SESSION: Mapping[str, tuple[str, ...]] = {
    "sqlite3": ("PRAGMA query_only=ON",),
    "psycopg": (
        "SET default_transaction_read_only = on", "SET TIME ZONE 'Asia/Shanghai'",
        f"SET statement_timeout = '{ANSWER_S}s'", f"SET lock_timeout = '{LOCKED_S}s'",
    ),
}  # fmt: skip
"""By driver, what a session says first: that it only reads, that times are ours as `:since` is, and its patience."""
OTHERS = (
    "SET SESSION TRANSACTION READ ONLY",
    "SET time_zone = '+08:00'",
    f"SET max_execution_time = {ANSWER_S * 1000}",
)
"""MySQL and what speaks like it; a word one of them does not know is no reason to stop, but for the first."""
REACHING: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"timeout": LOCKED_S}, "postgresql": {"connect_timeout": CONNECT_S},
    "mysql": {"connect_timeout": CONNECT_S}, "mariadb": {"connect_timeout": CONNECT_S},
}  # fmt: skip


class QuerySource:
    """The rows of one SELECT; `:since` in it is the newest moment read so far, 1970-01-01 the first time.

    It is told as the time column tells it when that is a text in the order of time, else as local time,
    `2026-03-09 14:00:00`. `:since_epoch` is the same moment in seconds since 1970, for columns that count them.
    """

    way = "query"

    def __init__(self, given: FeedSource, dataset: Dataset) -> None:
        self._given, self._time = given, dataset.time
        self._engine: Engine | None = None
        self.every, self.demo = given.every_s or dataset.every, given.demo
        self.place = f"db:{hashlib.sha256(given.address.get_secret_value().encode()).hexdigest()[:12]}"

    def fetch(self, cursor: str) -> Iterator[Parcel]:
        """Its rows parcel by parcel, never the whole result in memory, and at most so many a look (feeds.yaml).

        A longer result goes on at the next look, for it is put in the order of time; without :since what came is kept
        and the reason for the cut told. Raises SourceAway.
        """
        asked = self._given.query.strip().rstrip(";")
        if not READS.fullmatch(asked):
            raise SourceAway("设置里的 query 只能是一条 SELECT")
        since = _moments(asked, cursor)
        order: ColumnClause[Any] = column(self._given.columns.get(self._time, self._time))
        query = select(text("*")).select_from(text(f"({asked}) AS asked")).order_by(order)
        try:
            with self._database().connect() as tx:
                portions = tx.execution_options(stream_results=True, max_row_buffer=PORTION)
                yield from self._parcels(portions.execute(query, since), cursor, bool(since))
                tx.rollback()
        except (SQLAlchemyError, OSError) as fault:
            raise SourceAway(f"数据库没有给出结果（{type(fault).__name__}）", self.place) from None

    def _parcels(self, found: CursorResult[Any], cursor: str, resumes: bool) -> Iterator[Parcel]:
        """The cursor goes on from the last moment of which every row was read."""
        rules, ahead, left = feed_rules(), cursor, feed_rules().most_queried
        newest = ""
        rows = self._portion(found, rules.most_rows)
        while True:
            left -= len(rows)
            following = self._portion(found, max(1, min(rules.most_rows, left)))
            for told in filter(None, (_since(row.get(self._time)) for row in rows)):
                if told > newest:
                    ahead, newest = newest or ahead, told
            ahead = ahead if following else newest or ahead
            yield Parcel(rows, self._named, mark_of(rows), ahead, more=bool(following))
            if following and left <= 0 and not (resumes and ahead != cursor):
                raise SourceAway(f"一次查到的超过 {rules.most_queried:,} 行，只收下前面的；query 里要用 :since")
            if not following or left <= 0:
                return
            rows = following

    def _portion(self, found: CursorResult[Any], most: int) -> list[Any]:
        return [
            renamed({name: _plain(value) for name, value in row._mapping.items()}, self._given.columns)
            for row in found.fetchmany(most)
        ]

    @property
    def _named(self) -> str:
        return (self._engine.url.database if self._engine else "") or "db"

    def _database(self) -> Engine:
        if self._engine is None:
            try:
                url = make_url(self._given.address.get_secret_value())
                reaching = dict(REACHING.get(url.get_backend_name(), {}))
                # Between two looks nothing stays open over there.
                self._engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=reaching)
            except (ArgumentError, NoSuchModuleError, ImportError):
                raise SourceAway("设置里的数据库地址不对") from None
            event.listen(self._engine, "connect", _only_read)
        return self._engine


def _only_read(connection: Any, _record: Any) -> None:
    """The far database is never written to, whatever the statement, and never waited for without end."""
    name = type(connection).__module__.partition(".")[0]
    cursor = connection.cursor()
    first, *rest = SESSION.get(name, OTHERS)
    cursor.execute(first)
    for word in rest:
        if name in SESSION:
            cursor.execute(word)
        else:
            with suppress(Exception):
                cursor.execute(word)
    cursor.close()
    if name == "psycopg":
        connection.commit()


def _plain(value: Any) -> Any:
    """What a driver makes of a cell, as JSON would tell it; moments stay moments."""
    if value is None or isinstance(value, str | int | float | datetime):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, list | dict) else str(value)


def _moments(asked: str, cursor: str) -> dict[str, Any]:
    """The moment read up to, in the ways a query names it."""
    moment = moment_of(cursor)
    known = {"since": cursor or "1970-01-01", "since_epoch": int(moment.timestamp()) if moment else 0}
    return {name: known[name] for name in NAMED.findall(asked)}


def _since(value: Any) -> str:
    """A cell of the time column as `:since` tells it; empty for what is no moment."""
    moment = moment_of(value)
    if moment is None:
        return ""
    return value if isinstance(value, str) and SORTED.fullmatch(value) else moment.isoformat(" ", "seconds")[:19]

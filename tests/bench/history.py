"""Years of finished cases at once: rows as the doors would have left them, laid straight into the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, select

from core import Core, word_index
from core.canon import canonical
from core.models.cases import case_legs, cases
from core.models.people import units
from core.models.record import events
from core.policy import read
from core.seeding.draws import CHANNELS

DAYS = 1095
END = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
BATCH = 5_000
TABLES = (cases, case_legs, events)
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One appeal at one of its places."""

    title: str
    content: str
    place: str
    town: str
    type: str
    service_type: str
    class_code: str
    lead: int
    pairs: tuple[int, ...]


class History:
    """The rows of cases `first` to `last`, spread over three years, the lower numbers the older."""

    def __init__(self, core: Core, most: int) -> None:
        with core.engine.connect().execution_options(readonly=True) as tx:
            self._texts = _texts(tx)
        self._day, self._dice = most // DAYS + 1, Random(most)
        self._start = END - timedelta(days=DAYS)
        self._channels = self._dice.choices(list(CHANNELS), list(CHANNELS.values()), k=9973)
        self._rule = core.policy.limits.rows[0].rule.id

    def text(self, number: int) -> Text:
        """What case `number` is about."""
        return self._texts[number * 7919 % len(self._texts)]

    def rows(self, number: int) -> dict[Table, list[Row]]:
        """The case, its part and what happened."""
        text, at = self.text(number), self._start + timedelta(days=number / self._day)
        done, day = at + timedelta(hours=30), f"{at:%Y%m%d}"
        channel = self._channels[number % len(self._channels)]
        no = f"XY{channel}{day}{number % self._day:05}{number % 10}"
        state = "closed" if number % 10 == 0 else "archived"
        case = _case(number, no, state, channel, text, at, done)
        leg = _leg(number, text.lead, self._rule, at, done)
        told = [
            _event(3 * number + step, number, None if flow == "case" else number, flow, name, moment, seq)
            for step, (flow, name, moment, seq) in enumerate(
                (("case", "registered", at, 1), ("case", "dispatched", at, 2), ("case", "closed", done, 6))
            )
        ]
        return {cases: [case], case_legs: [leg], events: told}


def _case(number: int, no: str, state: str, channel: str, text: Text, at: datetime, done: datetime) -> Row:
    values: dict[str, Any] = {
        "id": number, "no": no, "no_reversed": no[::-1], "state": state, "seq": 6, "channel": channel,
        "outside_no": f"H-{number}", "revision": 1, "registered_at": at, "keep_secret": False, "wants_reply": True,
        "type": text.type, "service_type": text.service_type, "class_code": text.class_code, "title": text.title,
        "content": text.content, "town": text.town, "place": text.place, "more": "{}", "urgency": "normal",
        "hard": False, "sensitive": False, "supervised": False, "lead_unit": text.lead, "first_dispatched_at": at,
        "dispatches": 1, "returns": 0, "redos": 0, "due_at": done, "original_due_at": done, "provisional": False,
        "reply": "已现场处置并回复群众。", "finished_at": done, "outcome": "satisfied", "changed_at": done,
        "phone_index": f"history-{number % 300_000}",
    }  # fmt: skip
    return tuple(values.get(column.name) for column in cases.c)


def _leg(number: int, unit: int, rule: str, at: datetime, done: datetime) -> Row:
    values: dict[str, Any] = {
        "id": number, "case_id": number, "unit_id": unit, "part": "lead", "state": "settled", "seq": 4, "rule": rule,
        "hours": "desk", "sent_at": at, "clock_from": at, "return_until": done, "due_at": done, "original_due_at": done,
        "provisional": False, "signed_at": at, "settled_at": done, "returns": 0, "return_refused": False,
        "extension": "none", "asked_days": 0, "granted_days": 0, "extensions": 0, "nudges": 0,
        "result": "已现场处置。",
    }  # fmt: skip
    return tuple(values.get(column.name) for column in case_legs.c)


def _event(id: int, case: int, leg: int | None, flow: str, name: str, at: datetime, seq: int) -> Row:
    values: dict[str, Any] = {
        "id": id, "case_id": case, "leg_id": leg, "flow": flow, "name": name, "at": at, "seq": seq, "source": "feed",
        "facts": canonical({}),
    }  # fmt: skip
    return tuple(values.get(column.name) for column in events.c)


def _texts(tx: Connection) -> list[Text]:
    """Every practice appeal at every place it fits."""
    codes = {row.code: row.id for row in tx.execute(select(units.c.code, units.c.id))}
    others = sorted(codes.values())
    told: list[Text] = []
    for appeal in read("seed/appeals.yaml")["appeals"]:
        for place in _places():
            if place["kind"] in appeal["where"]:
                slots = {"place": place["name"], "community": place["name"]}
                title, content = appeal["title"].format(**slots), appeal["content"].format(**slots)
                lead = codes.get(appeal["lead"]) or others[len(told) % len(others)]
                pairs = tuple(word_index.pairs(title, content, place["name"]))
                told.append(
                    Text(
                        title, content, place["name"], place["town"], appeal["type"], appeal["service_type"],
                        appeal["class"], lead, pairs,
                    )
                )  # fmt: skip
    return told


@cache
def _places() -> Sequence[dict[str, Any]]:
    rows: Sequence[dict[str, Any]] = read("seed/places.yaml")
    return rows


def fill(core: Core, history: History, numbers: range) -> None:
    """Lay these cases into the database of `core`, its indexes rebuilt afterwards, its statistics taken."""
    load = _into_sqlite if core.engine.dialect.name == "sqlite" else _into_postgresql
    with without_indexes(core, TABLES):
        load(core, history, numbers)


@contextmanager
def without_indexes(core: Core, tables: Sequence[Table]) -> Iterator[None]:
    """The indexes of these tables, but those of what is unique, are away meanwhile and made anew at the end."""
    held = [index for table in tables for index in table.indexes]
    with patient(core) as tx:
        for index in held:
            index.drop(tx, checkfirst=True)
    yield
    with patient(core) as tx:
        for index in held:
            index.create(tx, checkfirst=True)


@contextmanager
def patient(core: Core) -> Iterator[Connection]:
    """A transaction that may take its time."""
    with core.engine.begin() as tx:
        if tx.dialect.name == "postgresql":
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
            tx.exec_driver_sql("SET LOCAL lock_timeout = 0")
            tx.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
        yield tx


def _into_sqlite(core: Core, history: History, numbers: range) -> None:
    connection = sqlite3.connect(str(core.engine.url.database), isolation_level=None)
    for rule in ("foreign_keys=OFF", "synchronous=OFF", "busy_timeout=60000", "cache_size=-200000"):
        connection.execute(f"PRAGMA {rule}")
    words: dict[tuple[int, ...], str] = {}
    for first in range(0, len(numbers), BATCH):
        batch = numbers[first : first + BATCH]
        told = [history.rows(number) for number in batch]
        connection.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            marks = ", ".join("?" * len(table.c))
            rows = (tuple(map(_stored, row)) for one in told for row in one[table])
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
        pairs = ((n, history.text(n).pairs) for n in batch)
        indexed = ((n, words.setdefault(p, " ".join(f"{one:x}" for one in p))) for n, p in pairs)
        connection.executemany(f"INSERT INTO {word_index.CASES.name} (rowid, words) VALUES (?, ?)", indexed)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _stored(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _into_postgresql(core: Core, history: History, numbers: range) -> None:
    address = core.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    name = word_index.CASES.name
    with psycopg.connect(address, options="-c session_replication_role=replica") as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute(word_index.CASES.drop_index)
        for table in TABLES:
            _copy(connection, table.name, (row for number in numbers for row in history.rows(number)[table]))
        _copy(connection, name, ((number, _words(history.text(number).pairs, number)) for number in numbers))
        connection.execute(word_index.CASES.create_index)
        for table in TABLES:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"
            )
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("VACUUM ANALYZE")


def _words(pairs: Sequence[int], number: int) -> str:
    block = number >> word_index.BLOCK_BITS
    return "{" + ",".join(str(pair << word_index.PLACE_BITS | block) for pair in pairs) + "}"


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterator[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)

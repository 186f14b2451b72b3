"""Many rows in one statement: as one JSON text on PostgreSQL, for few round trips; as plain tuples on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from core.canon import canonical

AT_ONCE = 100
"""Rows of one statement on SQLite."""


def among(tx: Connection, of: Column[str], values: Collection[str]) -> ColumnElement[bool]:
    """Whether a text column holds one of many values, which travel as one parameter."""
    if tx.dialect.name == "postgresql":
        return of == any_(literal(list(values), postgresql.ARRAY(Text())))
    told = func.json_each(bindparam(None, canonical(list(values)), type_=Text())).table_valued(column("value", Text()))
    return of.in_(select(told.c.value))


def insert_into(tx: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what happens on conflict, in this database's way."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def put(tx: Connection, new: postgresql.Insert | sqlite.Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute an insert (and whatever it does on conflict) for every row, in their order."""
    if not rows:
        return
    told = {name: _told(tx, new.table.c[name].type) for name in rows[0]}
    if not isinstance(new, postgresql.Insert):
        _put_plain(tx, new, {name: told[name]([row[name] for row in rows]) for name in told})
        return
    shape = [column(name, new.table.c[name].type) for name in told]
    sent = func.json_to_recordset(bindparam("rows", type_=Text()).cast(JSON))
    given = sent.table_valued(*shape, name="given").render_derived(with_types=True)
    each = zip(*(tell([row[name] for row in rows]) for name, tell in told.items()), strict=True)
    body = [dict(zip(told, values, strict=True)) for values in each]
    tx.execute(
        new.from_select(list(told), select(*(given.c[name] for name in told)), include_defaults=False),
        {"rows": canonical(body, str)},
    )


def _put_plain(tx: Connection, new: sqlite.Insert, columns: Mapping[str, Sequence[Any]]) -> None:
    """The driver's own way, some hundred rows a statement: SQLAlchemy's way through every parameter costs as much again
    as the insert, and a statement a row gives other threads no time to work.
    """
    made = new.compile(dialect=tx.dialect, column_keys=list(columns))
    names, sql = made.positiontup or (), str(made)
    rows = list(zip(*(columns[name] for name in names), strict=True))
    marks = f"({', '.join('?' * len(names))})"
    several, whole = sql.replace(marks, ", ".join([marks] * AT_ONCE), 1), len(rows) - len(rows) % AT_ONCE
    for at in range(0, whole, AT_ONCE):
        tx.exec_driver_sql(several, tuple(chain.from_iterable(rows[at : at + AT_ONCE])))
    if whole < len(rows):
        tx.exec_driver_sql(sql, rows[whole:])


def _told(tx: Connection, of: TypeEngine[Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Turns the values of one column into what the driver takes; the very same value, as the moment of all, once."""
    tell = of.dialect_impl(tx.dialect).bind_processor(tx.dialect)
    if tell is None:
        return _same

    def every(values: Sequence[Any]) -> Sequence[Any]:
        last, made, told = values[0], tell(values[0]), list[Any]()
        for value in values:
            if value is not last:
                last, made = value, tell(value)
            told.append(made)
        return told

    return every


def _same(values: Sequence[Any]) -> Sequence[Any]:
    return values


def insert_many(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows that have the same columns, their `id` not among them, and return the ids in their order.

    SQLite would answer with ids only row by row; but there nobody else writes meanwhile, so ours are the newest.
    """
    if not rows:
        return []
    if tx.dialect.name == "sqlite":
        before = tx.execute(select(func.max(table.c.id))).scalar() or 0
        put(tx, sqlite.insert(table), rows)
        return list(tx.execute(select(table.c.id).where(table.c.id > before).order_by(table.c.id)).scalars())
    numbers = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
    ids = list(tx.execute(select(numbers).select_from(func.generate_series(1, len(rows)).alias())).scalars())
    put(tx, postgresql.insert(table), [{"id": made, **row} for made, row in zip(ids, rows, strict=True)])
    return ids

"""Many rows at once: copied into the table on PostgreSQL, some hundred a statement on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, repeat
from types import MappingProxyType
from typing import Any, cast

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
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from core.canon import canonical
from core.db import COPIED

_NUMBERS = text(
    "WITH told AS MATERIALIZED (SELECT CAST(pg_get_serial_sequence(:name, 'id') AS regclass) AS name) "
    "SELECT string_agg(CAST(nextval(told.name) AS text), ',') FROM told, generate_series(1, :count)"
)
"""So many ids of a table; the name of its sequence is looked up once, not for each."""
AT_ONCE, VARIABLES = 1000, 32_000
"""Rows of one statement on SQLite, and how many values it takes at most, little below its own bound."""


def among(tx: Connection, of: Column[str], values: Collection[str]) -> ColumnElement[bool]:
    """Whether a text column holds one of many values, which travel as one parameter."""
    if tx.dialect.name == "postgresql":
        return of == any_(literal(list(values), postgresql.ARRAY(Text())))
    told = func.json_each(bindparam(None, canonical(list(values)), type_=Text())).table_valued(column("value", Text()))
    return of.in_(select(told.c.value))


def insert_into(tx: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what happens on conflict, in this database's way."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def put(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], alike: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Insert every row, in their order; what is `alike` in all of them stands there once."""
    if rows:
        _put(tx, table, _columns(tx, table, rows, alike))


def _put(tx: Connection, table: Table, columns: Mapping[str, Iterable[Any]]) -> None:
    if tx.dialect.name == "sqlite":
        _put_plain(tx, sqlite.insert(table), columns)
    else:
        types = [table.c[name].type.compile(tx.dialect).lower().replace("float", "float8") for name in columns]
        copy_in(tx, table.name, list(columns), zip(*columns.values(), strict=True), types)


def merge(tx: Connection, new: postgresql.Insert | sqlite.Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute an insert that says what happens on conflict for every row, in their order."""
    if not rows:
        return
    columns = _columns(tx, cast(Table, new.table), rows)
    if not isinstance(new, postgresql.Insert):
        _put_plain(tx, new, columns)
        return
    shape = [column(name, new.table.c[name].type) for name in columns]
    sent = func.json_to_recordset(bindparam("rows", type_=Text()).cast(JSON))
    given = sent.table_valued(*shape, name="given").render_derived(with_types=True)
    body = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    tx.execute(
        new.from_select(list(columns), select(*(given.c[name] for name in columns)), include_defaults=False),
        {"rows": canonical(body, str)},
    )


def copy_in(
    tx: Connection, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], types: Sequence[str] = ()
) -> None:
    """Rows as the driver takes them, in PostgreSQL's own way for many, which neither plans nor parses them.

    With the types of the columns they are sent in binary, which is half the work for whoever holds values, not texts.
    """
    how = " (FORMAT BINARY)" if types else ""
    sql = f"COPY {name} ({', '.join(columns)}) FROM STDIN{how}"
    tx.exec_driver_sql(sql, execution_options={COPIED: (rows, types)})


def _columns(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], alike: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Iterable[Any]]:
    """The values of every column, as the driver takes them."""
    told: dict[str, Iterable[Any]] = {
        name: _told(tx, table.c[name].type)([row[name] for row in rows]) for name in rows[0]
    }
    for name, value in alike.items():
        told[name] = repeat(_told(tx, table.c[name].type)([value])[0], len(rows))
    return told


def _put_plain(tx: Connection, new: sqlite.Insert, columns: Mapping[str, Iterable[Any]]) -> None:
    """The driver's own way, some hundred rows a statement: SQLAlchemy's way through every parameter costs as much again
    as the insert, and a statement a row gives other threads no time to work.
    """
    made = new.compile(dialect=tx.dialect, column_keys=list(columns))
    names, sql = made.positiontup or (), str(made)
    rows = list(zip(*(columns[name] for name in names), strict=True))
    marks = f"({', '.join('?' * len(names))})"
    most = min(AT_ONCE, VARIABLES // len(names))
    several, whole = sql.replace(marks, ", ".join([marks] * most), 1), len(rows) - len(rows) % most
    for at in range(0, whole, most):
        tx.exec_driver_sql(several, tuple(chain.from_iterable(rows[at : at + most])))
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


def insert_many(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], alike: Mapping[str, Any] = MappingProxyType({})
) -> list[int]:
    """`put` rows that have no `id` yet, and return the ids in their order.

    SQLite would answer with ids only row by row; but there nobody else writes meanwhile, and each row's id is one more
    than the greatest so far.
    """
    if not rows:
        return []
    if tx.dialect.name == "sqlite":
        put(tx, table, rows, alike)
        last: int = tx.execute(select(func.max(table.c.id))).scalar_one()
        return list(range(last - len(rows) + 1, last + 1))
    told: str = tx.execute(_NUMBERS, {"name": table.name, "count": len(rows)}).scalar_one()
    ids = [int(one) for one in told.split(",")]
    _put(tx, table, {"id": ids, **_columns(tx, table, rows, alike)})
    return ids

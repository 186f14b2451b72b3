"""Many rows in few statements, on both databases: nothing lost, nothing twice, in their order."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, Column, Date, Float, Integer, MetaData, Table, Text, select

from core import Core
from core.db import Facts, Id, Moment
from core.many import AT_ONCE, among, insert_into, insert_many, merge
from tests.clock import MONDAY

SHELF = Table(
    "test_shelf", MetaData(),
    Column("id", Id, primary_key=True), Column("name", Text, unique=True), Column("count", Integer),
    Column("at", Moment), Column("facts", Facts), Column("share", Float), Column("day", Date), Column("kept", Boolean),
)  # fmt: skip


MORE = {"share": 0.1, "day": date(2026, 3, 9), "kept": True}


def a_row(number: int, count: int = 1) -> dict[str, object]:
    return {
        "name": f"n{number}'\\\"",
        "count": count,
        "at": MONDAY,
        "facts": {"number": number, "字": "港口路\n"},
        **MORE,
    }


def test_hundreds_of_rows_of_every_type_come_back_as_they_went_and_in_their_order(core: Core) -> None:
    with core.engine.begin() as tx:
        SHELF.create(tx)
        rows = [a_row(number) for number in range(AT_ONCE * 2 + 7)]
        ids = insert_many(tx, SHELF, rows)
        told = [dict(row) for row in tx.execute(select(SHELF).order_by(SHELF.c.id)).mappings()]
    assert told == [{"id": made, **row} for made, row in zip(ids, rows, strict=True)]


def test_rows_that_are_there_are_counted_up_by_the_inserts_own_words(core: Core) -> None:
    with core.engine.begin() as tx:
        SHELF.create(tx)
        insert_many(tx, SHELF, [a_row(number) for number in range(5)])
        new = insert_into(tx, SHELF)
        new = new.on_conflict_do_update(index_elements=["name"], set_={"count": SHELF.c.count + new.excluded.count})
        merge(tx, new, [a_row(number, 10) for number in range(AT_ONCE + 3)])
        counts = list(tx.execute(select(SHELF.c.count).order_by(SHELF.c.name)).scalars())
    assert sorted(counts) == [10] * (AT_ONCE - 2) + [11] * 5


def test_among_many_names_those_that_stand_are_found(core: Core) -> None:
    with core.engine.begin() as tx:
        SHELF.create(tx)
        insert_many(tx, SHELF, [a_row(number) for number in range(9)])
        asked = {a_row(number)["name"] for number in (3, 7, 700)}
        found = tx.execute(select(SHELF.c.facts).where(among(tx, SHELF.c.name, {str(one) for one in asked}))).scalars()
        assert sorted(one["number"] for one in found) == [3, 7]
        assert tx.execute(select(SHELF.c.id).where(among(tx, SHELF.c.name, set()))).all() == []

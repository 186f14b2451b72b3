"""Figures: what one case counts for at one unit, the rollups of them by day and month, and how far they are folded."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Id, Moment, metadata
from core.figures import AMOUNTS


def amounts() -> list[Column[int]]:
    """One whole number for each amount of `core.figures`."""
    return [Column(name, Integer, nullable=False) for name in AMOUNTS]


figures = Table(
    "figures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("unit_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("channel", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("class", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("turns_at", Moment, nullable=True, index=True),
    *amounts(),
    UniqueConstraint("case_id", "kind", "unit_id"),
    Index("ix_figures_kind_unit_id_day", "kind", "unit_id", "day"),
)

rollups = Table(
    "rollups",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("unit_id", Id, primary_key=True, autoincrement=False),
    Column("dim", Text, primary_key=True),
    Column("grain", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", Text, primary_key=True),
    *amounts(),
)

rollup_state = Table(
    "rollup_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("event_id", Id, nullable=True),
    Column("next_case", Id, nullable=True),
    Column("at", Moment, nullable=True),
)

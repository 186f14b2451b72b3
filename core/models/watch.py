"""What the watch over people's time keeps beside the legs: refused digests, and what was said of a whole unit."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from core.db import Facts, Id, Moment, metadata

digest_refusals = Table(
    "digest_refusals",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("since", Moment, nullable=False),
)

unit_warnings = Table(
    "unit_warnings",
    metadata,
    Column("unit_id", Id, ForeignKey("units.id"), primary_key=True, autoincrement=False),
    Column("level", Integer, nullable=False),
    Column("told", Facts, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

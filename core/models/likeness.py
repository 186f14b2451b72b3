"""What lies together: cases merged into a leading one, the pieces of text that find alike cases, the hot spots."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text

from core.db import Facts, Id, Moment, metadata

merges = Table(
    "merges",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("leading_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
)

# Two characters as one number. No foreign key: forty rows a case are written with it and swept when it is old.
case_grams = Table(
    "case_grams",
    metadata,
    Column("gram", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_case_grams_case_id", "case_id"),
)

hotspots = Table(
    "hotspots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("words", Facts, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("level", Text, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("warning", Text, nullable=False),
    Column("warned_level", Text, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    Column("decided_at", Moment, nullable=True),
    Column("reason", Text, nullable=True),
    Index("ix_hotspots_current", "current"),
)

hotspot_cases = Table(
    "hotspot_cases",
    metadata,
    Column("hotspot_id", Id, ForeignKey("hotspots.id"), primary_key=True, autoincrement=False),
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Index("ix_hotspot_cases_case_id", "case_id"),
)

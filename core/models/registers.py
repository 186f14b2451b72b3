"""What an administrator keeps by hand: sources, service types, limits, the duty roster, who covers for whom."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Facts, Id, metadata

sources = Table(
    "sources",
    metadata,
    Column("code", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("short", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
)

service_types = Table(
    "service_types",
    metadata,
    Column("code", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("demand_type", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
)

limits = Table(
    "limits",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=True),
    Column("terms", Facts, nullable=False),
)

duty_turns = Table(
    "duty_turns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("day", Date, nullable=False),
    Column("shift", Text, nullable=False),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_duty_turns_day", "day"),
)

absences = Table(
    "absences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("cover_id", Id, ForeignKey("people.id"), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_absences_last_day", "last_day"),
)

city_ranks = Table(
    "city_ranks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("month", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("among", Integer, nullable=False),
    Column("score", Text, nullable=False),
    Column("paper", Text, nullable=False),
    UniqueConstraint("month", "item"),
)

SEEDED = frozenset({"sources", "service_types", "limits", "archive_categories"})
"""Tables a new database begins with rows in, taken from policy/: a restore may replace these."""

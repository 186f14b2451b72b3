"""What came from the 一体化平台: each of its licences once, with what became of it here (R185)."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from core.db import Facts, Id, Moment, metadata

licence_arrivals = Table(
    "licence_arrivals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("outside_id", Text, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("told_type", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("strange", Text, nullable=False),
    Column("line", Text, nullable=True),
    Column("way", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("body", Facts, nullable=False),
    Column("came_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Index("ix_licence_arrivals_state_changed_at", "state", "changed_at"),
    Index("ix_licence_arrivals_changed_at", "changed_at"),
)

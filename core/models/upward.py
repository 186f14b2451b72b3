"""What goes up to the provincial platform: each row offered so far, and how far the log was read for it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Id, Moment, metadata

upward_rows = Table(
    "upward_rows",
    metadata,
    Column("id", Id, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("acknowledged", Integer, nullable=False),
    Column("error", Text, nullable=True),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("resource", "number"),
    Index("ix_upward_rows_state", "state", "id"),
)

upward_state = Table(
    "upward_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_at", Moment, nullable=True),
    Column("tried_at", Moment, nullable=True),
    Column("pushed_at", Moment, nullable=True),
    Column("error", Text, nullable=True),
)

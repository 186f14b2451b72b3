"""Codes for licences: batches of stickers and the codes themselves, each free, bound to one licence, or void."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Id, Moment, metadata

code_batches = Table(
    "code_batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("count", Integer, nullable=False),
    Column("made", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("layout", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("excel", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("pictures", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("sheet", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("seq", Integer, nullable=False),
    Column("ordered_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
"""`state`: making, ready. `id` is the batch number that every code of it carries signed."""

licence_codes = Table(
    "licence_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("batch_id", Id, ForeignKey("code_batches.id"), nullable=True),
    Column("serial", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("line", Text, nullable=True, unique=True),
    Column("seq", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("batch_id", "serial"),
    Index("ix_licence_codes_batch_id_state_id", "batch_id", "state", "id"),
)
"""`state`: staged (its batch is being made and nobody knows it), free, bound, void. `line`: whose code it is now;
unique, so that a licence has one code at a time. `payload` is what was printed, valid whatever key signs today. A code
stands on a wall for everybody to read, so it is no secret and is kept in plain to be printed again."""

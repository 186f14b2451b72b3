"""Walls that are let in by themselves: the devices, and the codes of those that still ask."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Table, Text

from core.db import Facts, Id, Moment, metadata

screen_devices = Table(
    "screen_devices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("topics", Facts, nullable=False),
    Column("every", Integer, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("bound_at", Moment, nullable=False),
    Column("active", Boolean, nullable=False),
)

screen_joins = Table(
    "screen_joins",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("code", Text, nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
)
"""A machine that shows a code and waits; the code is used up when an administrator enters it. Kept for a day."""

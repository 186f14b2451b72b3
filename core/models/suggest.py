"""Dispatch suggestions as they were made, and the text models with their figures."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text

from core.db import Facts, Id, Moment, metadata

suggestions = Table(
    "suggestions",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("model_id", Id, nullable=True),
    Column("duties", Integer, nullable=False),
    Column("sure", Boolean, nullable=False),
    Column("known", Float, nullable=True),
    Column("first_unit", Id, nullable=True),
    Column("second_unit", Id, nullable=True),
    Column("third_unit", Id, nullable=True),
    Column("reasons", Facts, nullable=False),
    Index("ix_suggestions_made_at", "made_at"),
)

text_models = Table(
    "text_models",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("made_at", Moment, nullable=True),
    Column("learnt_from", Integer, nullable=False),
    Column("figures", Facts, nullable=False),
    Column("note", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("weights", LargeBinary, nullable=True),
)

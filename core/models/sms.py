"""SMS handed to the platform: one row a hand-over, with what it cost and what became of it; the budget's ledger."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from core.db import Id, Moment, metadata

sms_sends = Table(
    "sms_sends",
    metadata,
    Column("id", Id, primary_key=True),
    Column("letter_id", Id, ForeignKey("letters.id"), nullable=False, index=True),
    Column("out_id", Text, nullable=False, unique=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=True),
    Column("template", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=True),
    Column("biz_id", Text, nullable=True),
    Column("words_index", Text, nullable=False),
    Column("phone_sealed", Text, nullable=True),
    Column("phone_index", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("handed_at", Moment, nullable=False),
    Column("settled_at", Moment, nullable=True),
    Column("look_at", Moment, nullable=True),
    Column("looks", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Index("ix_sms_sends_at", "at"),
    Index("ix_sms_sends_look_at", "look_at"),
    Index("ix_sms_sends_person_id_at", "person_id", "at"),
)
"""`person_id` is null for a message to a bare number, a citizen's. `at` is business time (budget, merging);
`handed_at`, `settled_at` and `look_at` are real time. `lost`: how often the platform did not know it.

States: sending (about to leave, or its process died), unknown (no answer), sent (accepted), delivered, failed (the
carrier's word), refused (not accepted: cost nothing).
"""

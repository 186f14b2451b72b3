"""分析研判: briefings that are being written, and those that were submitted, each whole and never changed again."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

briefing_drafts = Table(
    "briefing_drafts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("texts", Facts, nullable=False),
    Column("figures", Facts, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    UniqueConstraint("kind", "since"),
)

briefings = Table(
    "briefings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("content", Facts, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    UniqueConstraint("kind", "since", "edition"),
)

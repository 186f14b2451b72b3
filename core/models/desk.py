"""What people keep at their desk: named filters."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Id, primary_key=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Facts, nullable=False),
    Column("kept_at", Moment, nullable=False),
    UniqueConstraint("post_id", "name"),
)

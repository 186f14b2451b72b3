"""Cases whose data may not be erased yet, whatever their age: somebody with a reason said so."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from core.db import Id, Moment, metadata

holds = Table(
    "holds",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

"""Directory imports that wait for a yes or are over, and the outside ids by which other directories know our people."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from core.db import Facts, Id, Moment, metadata

directory_imports = Table(
    "directory_imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("token", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", Facts, nullable=False),
    Column("why", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
"""`body` holds the sealed plan while it waits, and counts alone afterwards."""

directory_links = Table(
    "directory_links",
    metadata,
    Column("source", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("outside_id", Text, primary_key=True),
    Column("our_id", BigInteger, nullable=False),
    Index("ix_directory_links_our_id", "kind", "our_id"),
)

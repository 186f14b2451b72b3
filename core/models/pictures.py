"""Pictures on their way into the library: papers read and not confirmed yet, and sets of pictures being matched."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from core.db import Facts, Id, Moment, metadata

licence_readings = Table(
    "licence_readings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("file", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("document", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("line", Text, nullable=True, index=True),
    Column("body", Facts, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Index("ix_licence_readings_person_id_id", "person_id", "id"),
    Index("ix_licence_readings_state_made_at", "state", "made_at"),
)
"""What was read from a picture, sealed, with the places of every field; kept beside the licence it became (R190)."""

picture_sets = Table(
    "picture_sets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("digest", Text, nullable=False, index=True),
    Column("state", Text, nullable=False, index=True),
    Column("total", Integer, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

picture_items = Table(
    "picture_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("set_id", Id, ForeignKey("picture_sets.id"), nullable=False),
    Column("place", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("file", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("line", Text, nullable=True),
    Column("body", Facts, nullable=False),
    Index("ix_picture_items_set_id_state_id", "set_id", "state", "id"),
)
"""One picture of a set: where it belongs, or why that is not known; its name may tell a person and lies sealed."""

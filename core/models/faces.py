"""What an administrator lays over the shipped faces of licences: versions by date, and printers."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, Text, UniqueConstraint

from core.db import Id, metadata

face_templates = Table(
    "face_templates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("layout", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("picture", Text, nullable=True),
    UniqueConstraint("kind", "number"),
)
"""`kind` is a licence type, `layout` its electronic face and `form` what is printed onto its paper, as JSON; `picture`
names the file of the background, by its content, so that a version never changes below its layout."""

printers = Table(
    "printers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("right_mm", Text, nullable=False),
    Column("down_mm", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Index("ix_printers_title", "title"),
)
"""How far each printer is off, in millimetres as written: 「1.5」, 「-0.8」."""

"""What came in by hand and waits: drafts to confirm, photos of a case, sheets on their way in."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

drafts = Table(
    "drafts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Facts, nullable=False),
    Column("case_no", Text, nullable=True),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_drafts_person_id_state", "person_id", "state"),
    Index("ix_drafts_state_expires_at", "state", "expires_at"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=True, index=True),
    Column("draft_id", Id, ForeignKey("drafts.id"), nullable=True, index=True),
    Column("joint_leg_id", Id, ForeignKey("joint_legs.id"), nullable=True, index=True),  # of a unit's feedback (R131)
    # of its refusal instead (R126): SM3 of what a refusal rests on, as it is kept; none for a photo
    Column("basis_digest", Text, nullable=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=True),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("file", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("sealed", Text, nullable=True),  # until it was moved to the file store
    Column("at", Moment, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", Text, nullable=False, index=True),
    Column("file_name", Text, nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("faulty", Integer, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("id", Id, primary_key=True),
    Column("import_id", Id, ForeignKey("imports.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("place", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("body", Facts, nullable=False),
    Column("faults", Facts, nullable=False),
    Column("case_no", Text, nullable=True),
    UniqueConstraint("import_id", "row"),
)

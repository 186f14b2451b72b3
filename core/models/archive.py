"""The archive of approval papers: categories, volumes, documents in versions, their blind words, uses and checks."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from core.db import Facts, Id, Moment, metadata

archive_categories = Table(
    "archive_categories",
    metadata,
    Column("code", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("retention", Text, nullable=False),
    Column("reuse", Boolean, nullable=False),
    Column("words", Facts, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
)

archive_volumes = Table(
    "archive_volumes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("no", Text, nullable=False, unique=True),
    Column("category", Text, ForeignKey("archive_categories.code"), nullable=False),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("subject_id", Id, ForeignKey("subjects.id"), nullable=False, index=True),
    Column("retention", Text, nullable=False),
    Column("secrecy", Text, nullable=False),
    Column("box", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("body", Facts, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("last", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("checked_at", Moment, nullable=True, index=True),
    UniqueConstraint("category", "year", "serial"),
)
"""`last`: the running number of the newest document in it. `body` holds the title, which may name a person."""

archive_documents = Table(
    "archive_documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("line", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("volume_id", Id, ForeignKey("archive_volumes.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("category", Text, nullable=False),
    Column("subject_id", Id, ForeignKey("subjects.id"), nullable=False),
    Column("case_no", Text, nullable=False, index=True),
    Column("made_on", Date, nullable=True),
    Column("valid_to", Date, nullable=True),
    Column("file", Text, ForeignKey("files.name"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("body", Facts, nullable=False),
    Column("text", Text, nullable=True),
    Column("read_at", Moment, nullable=True, index=True),
    Column("person_id", Id, nullable=True),
    Column("seq", Integer, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("line", "version"),
    Index("ix_archive_documents_volume_id_place", "volume_id", "place"),
    Index("ix_archive_documents_subject_id_shown_id", "subject_id", "shown", "id"),
    Index("ix_archive_documents_category_shown_id", "category", "shown", "id"),
    Index("ix_archive_documents_made_on_shown_id", "made_on", "shown", "id"),
    Index("ix_archive_documents_shown_id", "shown", "id"),
)
"""One row a version of the paper `line`; `place` is its running number in the volume, the same in all versions.

`digest` is SM3 over the file, `signature` SM2 over it and the metadata; `text` what was read of it, null until then.
"""

archive_words = Table(
    "archive_words",
    metadata,
    Column("word", BigInteger, nullable=False),
    Column("document_id", Id, ForeignKey("archive_documents.id"), nullable=False, index=True),
    PrimaryKeyConstraint("word", "document_id"),
)
"""Which documents hold which two neighbouring characters, each pair under the index key: nothing can be read off it."""

archive_uses = Table(
    "archive_uses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("line", Text, nullable=False, index=True),
    Column("document_id", Id, ForeignKey("archive_documents.id"), nullable=False),
    Column("used_for", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("used_at", Moment, nullable=False),
)

archive_checks = Table(
    "archive_checks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("volume_id", Id, ForeignKey("archive_volumes.id"), nullable=False, index=True),
    Column("moment", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("findings", Facts, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("checked_at", Moment, nullable=False),
)
"""A report on the four properties of a volume: findings name checks and running numbers, never what a paper says."""

archive_batches = Table(
    "archive_batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("digest", Text, nullable=False, index=True),
    Column("state", Text, nullable=False, index=True),
    Column("papers", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("total", Integer, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("brought_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
"""A manifest and a ZIP of papers on their way in; `papers` names the ZIP until it has been read."""

archive_items = Table(
    "archive_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("batch_id", Id, ForeignKey("archive_batches.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("row", Integer, nullable=True),
    Column("file", Text, ForeignKey("files.name"), nullable=True, index=True),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("body", Facts, nullable=False),
    Index("ix_archive_items_batch_id_state_place", "batch_id", "state", "place"),
)
"""A row of the manifest, a file of the ZIP, or both together: what will be filed, and what stands in its way."""

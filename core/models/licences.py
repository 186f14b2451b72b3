"""The licence library: whom licences belong to, licences in all their versions, their pictures; and stored files."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from core.db import Facts, Id, Moment, metadata

subjects = Table(
    "subjects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=True),
    Column("name_index", Text, nullable=False),
    Column("number_index", Text, nullable=False),
    Column("phone_index", Text, nullable=True, index=True),
    Column("body", Facts, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("number_index", "kind"),
    Index("ix_subjects_name_index_kind_gone", "name_index", "kind", "gone"),
    Index("ix_subjects_kind_gone_id", "kind", "gone", "id"),
)
"""`name` is a company's, in plain and in the word index; a person's lies sealed in `body` with everything else."""

licences = Table(
    "licences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("line", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("newer_id", Id, ForeignKey("licences.id"), nullable=True),
    Column("shown", Boolean, nullable=False),
    Column("identifier", Text, nullable=False, unique=True),
    Column("serial", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject_id", Id, ForeignKey("subjects.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("number_index", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
    Column("body", Facts, nullable=False),
    Column("import_id", Id, ForeignKey("licence_imports.id"), nullable=True),
    Column("seq", Integer, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("line", "version"),
    *(
        Index(f"ix_licences_{'_'.join(names)}", *names, sqlite_where=text("shown = 1"), postgresql_where=text("shown"))
        for names in (
            ("subject_id", "id"), ("id",), ("type", "id"), ("issued_on", "id"), ("state", "id"), ("case_no", "id"),
            ("number_index", "type"),
        )
    ),
)  # fmt: skip
"""One row a version; `line` is the licence through all of them and what a code is bound to. `shown`: the newest.

Older versions stand in no index of the lists.
"""

LATER = ("id", "newer_id", "shown")
"""What a licence gets when it is shown."""
licence_staged = Table(
    "licence_staged",
    metadata,
    Column("id", Id, primary_key=True),
    *(Column(one.name, one.type, nullable=one.name == "valid_to") for one in licences.c if one.name not in LATER),
    ForeignKeyConstraint(["subject_id"], ["subjects.id"]),
)
"""Licences of the sheet that is being registered, seen by nobody; with no index, for they go as one into `licences`."""

licence_imports = Table(
    "licence_imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", Text, nullable=False),
    Column("digest", Text, nullable=False, index=True),
    Column("file_name", Text, nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("total", Integer, nullable=False),
    Column("faulty", Integer, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("first_serial", Integer, nullable=True),
    Column("faults", Facts, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

licence_import_parts = Table(
    "licence_import_parts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("import_id", Id, ForeignKey("licence_imports.id"), nullable=False, index=True),
    Column("place", Text, nullable=False, unique=True),
    Column("body", Facts, nullable=False),
)
"""The checked rows of a sheet, some hundred in one sealed part; each goes in the commit that writes its licences."""

licence_serials = Table(
    "licence_serials",
    metadata,
    Column("type_code", Text, primary_key=True),
    Column("issuer_code", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

licence_pictures = Table(
    "licence_pictures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("line", Text, nullable=False, index=True),
    Column("file", Text, ForeignKey("files.name"), nullable=False, index=True),
    Column("person_id", Id, nullable=True),
    Column("added_at", Moment, nullable=False),
    Column("removed_at", Moment, nullable=True),
)

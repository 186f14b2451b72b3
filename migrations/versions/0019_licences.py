"""The licence library: companies and persons, licences in versions, pictures, and the files of the file store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import word_index
from core.db import Facts, Id, Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _subjects()
    _imports()
    _licences()
    _files()
    op.execute(word_index.SUBJECTS.create[op.get_context().dialect.name])
    word_index.SUBJECTS.rebuild(op.get_bind())


def _subjects() -> None:
    op.create_table(
        "subjects",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_index", sa.Text(), nullable=False),
        sa.Column("number_index", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("token", name=op.f("uq_subjects_token")),
        sa.UniqueConstraint("number_index", "kind", name=op.f("uq_subjects_number_index_kind")),
    )
    op.create_index("ix_subjects_name_index", "subjects", ["name_index", "kind"])
    op.create_index("ix_subjects_kind_gone_id", "subjects", ["kind", "gone", "id"])
    op.create_index(op.f("ix_subjects_phone_index"), "subjects", ["phone_index"])


def _imports() -> None:
    op.create_table(
        "licence_imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("faulty", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("faults", Facts(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_licence_imports_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_licence_imports_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_imports")),
    )
    for column in ("digest", "person_id", "state"):
        op.create_index(op.f(f"ix_licence_imports_{column}"), "licence_imports", [column])
    op.create_table(
        "licence_import_parts",
        sa.Column("id", Id, nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["licence_imports.id"], name=op.f("fk_licence_import_parts_import_id_licence_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_import_parts")),
        sa.UniqueConstraint("place", name=op.f("uq_licence_import_parts_place")),
    )
    op.create_index(op.f("ix_licence_import_parts_import_id"), "licence_import_parts", ["import_id"])


def _licences() -> None:
    op.create_table(
        "licences",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("newer_id", Id, nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("number_index", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("import_id", Id, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["licence_imports.id"], name=op.f("fk_licences_import_id_licence_imports")
        ),
        sa.ForeignKeyConstraint(["newer_id"], ["licences.id"], name=op.f("fk_licences_newer_id_licences")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_licences_subject_id_subjects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences")),
        sa.UniqueConstraint("token", name=op.f("uq_licences_token")),
        sa.UniqueConstraint("identifier", name=op.f("uq_licences_identifier")),
        sa.UniqueConstraint("line", "version", name=op.f("uq_licences_line_version")),
    )
    op.create_index("ix_licences_subject_id_shown_id", "licences", ["subject_id", "shown", "id"])
    op.create_index("ix_licences_shown_id", "licences", ["shown", "id"])
    op.create_index("ix_licences_type_shown_id", "licences", ["type", "shown", "id"])
    op.create_index("ix_licences_issued_on_shown_id", "licences", ["issued_on", "shown", "id"])
    op.create_index("ix_licences_state_shown_id", "licences", ["state", "shown", "id"])
    op.create_index("ix_licences_case_no", "licences", ["case_no"])
    op.create_index(op.f("ix_licences_import_id"), "licences", ["import_id"])
    op.create_index(op.f("ix_licences_number_index"), "licences", ["number_index"])
    op.create_table(
        "licence_serials",
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("issuer_code", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("type_code", "issuer_code", name=op.f("pk_licence_serials")),
    )


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_at"), "files", ["at"])
    op.create_table(
        "licence_pictures",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["file"], ["files.name"], name=op.f("fk_licence_pictures_file_files")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_pictures")),
        sa.UniqueConstraint("token", name=op.f("uq_licence_pictures_token")),
    )
    op.create_index(op.f("ix_licence_pictures_line"), "licence_pictures", ["line"])
    op.create_index(op.f("ix_licence_pictures_file"), "licence_pictures", ["file"])


def downgrade() -> None:
    op.execute(word_index.SUBJECTS.drop)
    for table in (
        "licence_pictures",
        "files",
        "licence_serials",
        "licences",
        "licence_import_parts",
        "licence_imports",
        "subjects",
    ):
        op.drop_table(table)

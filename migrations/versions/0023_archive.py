"""The archive of approval papers: categories begin with the rows of policy/; volumes, documents, batches, checks."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment
from core.models.archive import archive_categories
from core.policy import read

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FIRST_DAY = date(2020, 1, 1)
NEWEST_FIRST = (
    "archive_words",
    "archive_uses",
    "archive_items",
    "archive_documents",
    "archive_checks",
    "archive_batches",
    "archive_volumes",
    "archive_categories",
)


def upgrade() -> None:
    _categories()
    _volumes()
    _batches()
    _checks()
    _documents()
    _items()
    _uses()
    _words()
    begun = read("seed/archive_categories.yaml")
    lasting = {"valid_from": FIRST_DAY, "valid_to": None}
    op.bulk_insert(archive_categories, [{**row, "words": {"words": row["words"]}, **lasting} for row in begun])


def _categories() -> None:
    op.create_table(
        "archive_categories",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("reuse", sa.Boolean(), nullable=False),
        sa.Column("words", Facts(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_archive_categories")),
    )


def _volumes() -> None:
    op.create_table(
        "archive_volumes",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("secrecy", sa.Text(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("shelf", sa.Text(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("checked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["category"], ["archive_categories.code"], name=op.f("fk_archive_volumes_category_archive_categories")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_archive_volumes_subject_id_subjects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_volumes")),
        sa.UniqueConstraint("category", "year", "serial", name=op.f("uq_archive_volumes_category_year_serial")),
        sa.UniqueConstraint("no", name=op.f("uq_archive_volumes_no")),
        sa.UniqueConstraint("token", name=op.f("uq_archive_volumes_token")),
    )
    op.create_index(op.f("ix_archive_volumes_checked_at"), "archive_volumes", ["checked_at"], unique=False)
    op.create_index(op.f("ix_archive_volumes_state"), "archive_volumes", ["state"], unique=False)
    op.create_index(op.f("ix_archive_volumes_subject_id"), "archive_volumes", ["subject_id"], unique=False)


def _batches() -> None:
    op.create_table(
        "archive_batches",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("papers", sa.Text(), nullable=True),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("brought_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["papers"], ["files.name"], name=op.f("fk_archive_batches_papers_files")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_archive_batches_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_archive_batches_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_batches")),
        sa.UniqueConstraint("token", name=op.f("uq_archive_batches_token")),
    )
    op.create_index(op.f("ix_archive_batches_digest"), "archive_batches", ["digest"], unique=False)
    op.create_index(op.f("ix_archive_batches_papers"), "archive_batches", ["papers"], unique=False)
    op.create_index(op.f("ix_archive_batches_person_id"), "archive_batches", ["person_id"], unique=False)
    op.create_index(op.f("ix_archive_batches_state"), "archive_batches", ["state"], unique=False)


def _checks() -> None:
    op.create_table(
        "archive_checks",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("volume_id", Id, nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("findings", Facts(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("checked_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["volume_id"], ["archive_volumes.id"], name=op.f("fk_archive_checks_volume_id_archive_volumes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_checks")),
        sa.UniqueConstraint("token", name=op.f("uq_archive_checks_token")),
    )
    op.create_index(op.f("ix_archive_checks_volume_id"), "archive_checks", ["volume_id"], unique=False)


def _documents() -> None:
    op.create_table(
        "archive_documents",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("volume_id", Id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("read_at", Moment(), nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["files.name"], name=op.f("fk_archive_documents_file_files")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_archive_documents_subject_id_subjects")),
        sa.ForeignKeyConstraint(
            ["volume_id"], ["archive_volumes.id"], name=op.f("fk_archive_documents_volume_id_archive_volumes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_documents")),
        sa.UniqueConstraint("line", "version", name=op.f("uq_archive_documents_line_version")),
        sa.UniqueConstraint("token", name=op.f("uq_archive_documents_token")),
    )
    op.create_index(op.f("ix_archive_documents_case_no"), "archive_documents", ["case_no"], unique=False)
    op.create_index(
        "ix_archive_documents_category_shown_id", "archive_documents", ["category", "shown", "id"], unique=False
    )
    op.create_index(op.f("ix_archive_documents_file"), "archive_documents", ["file"], unique=False)
    op.create_index(
        "ix_archive_documents_made_on_shown_id", "archive_documents", ["made_on", "shown", "id"], unique=False
    )
    op.create_index(op.f("ix_archive_documents_read_at"), "archive_documents", ["read_at"], unique=False)
    op.create_index("ix_archive_documents_shown_id", "archive_documents", ["shown", "id"], unique=False)
    op.create_index(
        "ix_archive_documents_subject_id_shown_id", "archive_documents", ["subject_id", "shown", "id"], unique=False
    )
    op.create_index("ix_archive_documents_volume_id_place", "archive_documents", ["volume_id", "place"], unique=False)


def _items() -> None:
    op.create_table(
        "archive_items",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("batch_id", Id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["archive_batches.id"], name=op.f("fk_archive_items_batch_id_archive_batches")
        ),
        sa.ForeignKeyConstraint(["file"], ["files.name"], name=op.f("fk_archive_items_file_files")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_items")),
        sa.UniqueConstraint("token", name=op.f("uq_archive_items_token")),
    )
    op.create_index(
        "ix_archive_items_batch_id_state_place", "archive_items", ["batch_id", "state", "place"], unique=False
    )
    op.create_index(op.f("ix_archive_items_file"), "archive_items", ["file"], unique=False)


def _uses() -> None:
    op.create_table(
        "archive_uses",
        sa.Column("id", Id, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("document_id", Id, nullable=False),
        sa.Column("used_for", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("used_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["archive_documents.id"], name=op.f("fk_archive_uses_document_id_archive_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_uses")),
    )
    op.create_index(op.f("ix_archive_uses_line"), "archive_uses", ["line"], unique=False)


def _words() -> None:
    op.create_table(
        "archive_words",
        sa.Column("word", sa.BigInteger(), nullable=False),
        sa.Column("document_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["archive_documents.id"], name=op.f("fk_archive_words_document_id_archive_documents")
        ),
        sa.PrimaryKeyConstraint("word", "document_id", name=op.f("pk_archive_words")),
    )
    op.create_index(op.f("ix_archive_words_document_id"), "archive_words", ["document_id"], unique=False)


def downgrade() -> None:
    for table in NEWEST_FIRST:
        op.drop_table(table)

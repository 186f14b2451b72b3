"""Faces of licences: versions laid over the shipped ones, and printers with their offsets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "face_templates",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_templates")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_face_templates_kind_number")),
    )
    op.create_table(
        "printers",
        sa.Column("id", Id, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("right_mm", sa.Text(), nullable=False),
        sa.Column("down_mm", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printers")),
    )
    op.create_index("ix_printers_title", "printers", ["title"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_printers_title", table_name="printers")
    op.drop_table("printers")
    op.drop_table("face_templates")

"""Dispatch suggestions and the text models they may use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suggestions",
        sa.Column("case_id", Id, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("model_id", Id, nullable=True),
        sa.Column("duties", sa.Integer(), nullable=False),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.Column("known", sa.Float(), nullable=True),
        sa.Column("first_unit", Id, nullable=True),
        sa.Column("second_unit", Id, nullable=True),
        sa.Column("third_unit", Id, nullable=True),
        sa.Column("reasons", Facts(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_suggestions_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_suggestions")),
    )
    op.create_index("ix_suggestions_made_at", "suggestions", ["made_at"])
    op.create_table(
        "text_models",
        sa.Column("id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("made_at", Moment(), nullable=True),
        sa.Column("learnt_from", sa.Integer(), nullable=False),
        sa.Column("figures", Facts(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_models")),
    )


def downgrade() -> None:
    op.drop_table("text_models")
    op.drop_index("ix_suggestions_made_at", "suggestions")
    op.drop_table("suggestions")

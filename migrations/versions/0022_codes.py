"""Codes for licences: batches of stickers, and codes bound to one licence each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code_batches",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("excel", sa.Text(), nullable=True),
        sa.Column("pictures", sa.Text(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("ordered_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_batches")),
        sa.UniqueConstraint("token", name=op.f("uq_code_batches_token")),
        *(
            sa.ForeignKeyConstraint([column], ["files.name"], name=op.f(f"fk_code_batches_{column}_files"))
            for column in ("excel", "pictures", "sheet")
        ),
    )
    for column in ("excel", "pictures", "sheet", "state"):
        op.create_index(op.f(f"ix_code_batches_{column}"), "code_batches", [column])
    op.create_table(
        "licence_codes",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("batch_id", Id, nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_licence_codes_code")),
        sa.UniqueConstraint("line", name=op.f("uq_licence_codes_line")),
        sa.UniqueConstraint("batch_id", "serial", name=op.f("uq_licence_codes_batch_id_serial")),
        sa.ForeignKeyConstraint(["batch_id"], ["code_batches.id"], name=op.f("fk_licence_codes_batch_id_code_batches")),
    )
    op.create_index("ix_licence_codes_batch_id_state_id", "licence_codes", ["batch_id", "state", "id"])


def downgrade() -> None:
    op.drop_table("licence_codes")
    op.drop_table("code_batches")

"""Walls that are let in by themselves, and the codes of those that ask."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screen_devices",
        sa.Column("id", Id, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("bound_at", Moment(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_screen_devices_token_hash")),
    )
    op.create_table(
        "screen_joins",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_screen_joins")),
    )
    op.create_index(op.f("ix_screen_joins_code"), "screen_joins", ["code"])


def downgrade() -> None:
    op.drop_table("screen_joins")
    op.drop_table("screen_devices")

"""Saved views: the filters people keep under a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", Facts(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_saved_views_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("post_id", "name", name=op.f("uq_saved_views_post_id_name")),
    )


def downgrade() -> None:
    op.drop_table("saved_views")

"""Groups of units that are called together when a flag is raised."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit_groups",
        sa.Column("id", Id, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("unit_id", Id, nullable=True),
        sa.Column("members", Facts(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_groups_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_groups")),
    )
    op.create_index(op.f("ix_unit_groups_unit_id"), "unit_groups", ["unit_id"])


def downgrade() -> None:
    op.drop_table("unit_groups")

"""Joint orders of a span are found by when they were raised, for screens, scores and what is open at a place."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_joint_orders_raised_at", "joint_orders", ["raised_at"])


def downgrade() -> None:
    op.drop_index("ix_joint_orders_raised_at", "joint_orders")

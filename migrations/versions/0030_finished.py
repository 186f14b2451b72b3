"""What was finished in the last hours is found by its time, not among everything that was ever finished."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cases_finished_at", "cases", ["finished_at"])


def downgrade() -> None:
    op.drop_index("ix_cases_finished_at", "cases")

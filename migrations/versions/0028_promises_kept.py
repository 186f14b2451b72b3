"""A next step that a unit has done since: when it said so, and in which words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Moment

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("joint_feedbacks", sa.Column("kept_at", Moment(), nullable=True))
    op.add_column("joint_feedbacks", sa.Column("kept_note", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("joint_feedbacks") as table:
        table.drop_column("kept_note")
        table.drop_column("kept_at")

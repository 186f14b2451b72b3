"""Where phones were at a check-in, how far from the meeting, when a kept scan came in; photos of a unit's feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("joint_orders") as table:
        table.add_column(sa.Column("meet_spot", sa.Text(), nullable=True))
        table.add_column(sa.Column("where_media", sa.Text(), nullable=True))
    with op.batch_alter_table("joint_check_ins") as table:
        table.add_column(sa.Column("spot", sa.Text(), nullable=True))
        table.add_column(sa.Column("distance", sa.Integer(), nullable=True))
        table.add_column(sa.Column("sent_at", Moment(), nullable=True))
    with op.batch_alter_table("attachments") as table:
        table.add_column(sa.Column("joint_leg_id", Id, nullable=True))
        table.create_foreign_key(op.f("fk_attachments_joint_leg_id_joint_legs"), "joint_legs", ["joint_leg_id"], ["id"])
        table.create_index(op.f("ix_attachments_joint_leg_id"), ["joint_leg_id"])


def downgrade() -> None:
    with op.batch_alter_table("attachments") as table:
        table.drop_index(op.f("ix_attachments_joint_leg_id"))
        table.drop_constraint(op.f("fk_attachments_joint_leg_id_joint_legs"), type_="foreignkey")
        table.drop_column("joint_leg_id")
    with op.batch_alter_table("joint_check_ins") as table:
        table.drop_column("sent_at")
        table.drop_column("distance")
        table.drop_column("spot")
    with op.batch_alter_table("joint_orders") as table:
        table.drop_column("where_media")
        table.drop_column("meet_spot")

"""The DingTalk group of each joint order, the review of a hard one, and published months that nobody changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.append_only import guard, unguard
from core.db import Facts, Id, Moment

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "joint_groups",
        sa.Column("order_id", Id, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("members", Facts(), nullable=False),
        sa.Column("robot_in", sa.Boolean(), nullable=False),
        sa.Column("face_hash", sa.Text(), nullable=True),
        sa.Column("made_at", Moment(), nullable=True),
        sa.Column("over_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["joint_orders.id"], name=op.f("fk_joint_groups_order_id_joint_orders")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_joint_groups")),
        sa.UniqueConstraint("name", name=op.f("uq_joint_groups_name")),
    )
    op.create_table(
        "joint_reviews",
        sa.Column("order_id", Id, autoincrement=False, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("points", Facts(), nullable=False),
        sa.Column("drafted_at", Moment(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("lessons", Facts(), nullable=True),
        sa.Column("kept_at", Moment(), nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["joint_orders.id"], name=op.f("fk_joint_reviews_order_id_joint_orders")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_joint_reviews")),
    )
    op.create_index("ix_joint_orders_finished_at", "joint_orders", ["finished_at"])
    for statement in guard("joint_reports", "id", op.get_context().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in unguard("joint_reports", op.get_context().dialect.name):
        op.execute(statement)
    op.drop_index("ix_joint_orders_finished_at", table_name="joint_orders")
    op.drop_table("joint_reviews")
    op.drop_table("joint_groups")

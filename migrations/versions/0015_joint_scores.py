"""Published months of joint orders' scores, and the appeals against them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "joint_reports",
        sa.Column("id", Id, nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("appeal_until", Moment(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("basis", Facts(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_reports")),
        sa.UniqueConstraint("month", "version", name=op.f("uq_joint_reports_month_version")),
    )
    op.create_table(
        "joint_appeals",
        sa.Column("id", Id, nullable=False),
        sa.Column("report_id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("leg_id", Id, nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("answered_by", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["joint_reports.id"], name=op.f("fk_joint_appeals_report_id_joint_reports")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_joint_appeals_unit_id_units")),
        sa.ForeignKeyConstraint(["leg_id"], ["joint_legs.id"], name=op.f("fk_joint_appeals_leg_id_joint_legs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_appeals")),
        sa.UniqueConstraint(
            "report_id", "unit_id", "leg_id", "item", name=op.f("uq_joint_appeals_report_id_unit_id_leg_id_item")
        ),
    )
    op.create_index(op.f("ix_joint_appeals_report_id"), "joint_appeals", ["report_id"])
    op.create_index("ix_joint_appeals_state", "joint_appeals", ["state"])


def downgrade() -> None:
    op.drop_table("joint_appeals")
    op.drop_table("joint_reports")

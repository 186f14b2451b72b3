"""Patrols: a unit's plans, their walks, and the findings made on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patrol_plans",
        sa.Column("id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("look_for", sa.Text(), nullable=False),
        sa.Column("weekdays", Facts(), nullable=False),
        sa.Column("dates", Facts(), nullable=False),
        sa.Column("walkers", Facts(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("laid_to", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_patrol_plans_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol_plans")),
    )
    op.create_index(op.f("ix_patrol_plans_unit_id"), "patrol_plans", ["unit_id"], unique=False)
    op.create_table(
        "patrol_walks",
        sa.Column("id", Id, nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=True),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["patrol_plans.id"], name=op.f("fk_patrol_walks_plan_id_patrol_plans")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_patrol_walks_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_patrol_walks_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol_walks")),
        sa.UniqueConstraint("plan_id", "day", name=op.f("uq_patrol_walks_plan_id_day")),
    )
    op.create_index("ix_patrol_walks_day", "patrol_walks", ["day"], unique=False)
    op.create_table(
        "patrol_findings",
        sa.Column("id", Id, nullable=False),
        sa.Column("walk_id", Id, nullable=False),
        sa.Column("draft_id", Id, nullable=True),
        sa.Column("case_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["walk_id"], ["patrol_walks.id"], name=op.f("fk_patrol_findings_walk_id_patrol_walks")),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_patrol_findings_draft_id_drafts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_patrol_findings_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol_findings")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_patrol_findings_draft_id")),
        sa.UniqueConstraint("case_id", name=op.f("uq_patrol_findings_case_id")),
    )
    op.create_index(op.f("ix_patrol_findings_walk_id"), "patrol_findings", ["walk_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_patrol_findings_walk_id"), table_name="patrol_findings")
    op.drop_table("patrol_findings")
    op.drop_index("ix_patrol_walks_day", table_name="patrol_walks")
    op.drop_table("patrol_walks")
    op.drop_index(op.f("ix_patrol_plans_unit_id"), table_name="patrol_plans")
    op.drop_table("patrol_plans")

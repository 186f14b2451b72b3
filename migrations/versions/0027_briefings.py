"""Briefings: drafts, what was submitted and never changes again, and the district's place in the city."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.append_only import guard, unguard
from core.db import Facts, Id, Moment

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "briefing_drafts",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("texts", Facts(), nullable=False),
        sa.Column("figures", Facts(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefing_drafts")),
        sa.UniqueConstraint("kind", "since", name=op.f("uq_briefing_drafts_kind_since")),
    )
    op.create_table(
        "briefings",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", Facts(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefings")),
        sa.UniqueConstraint("kind", "since", "edition", name=op.f("uq_briefings_kind_since_edition")),
    )
    op.create_table(
        "city_ranks",
        sa.Column("id", Id, nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("among", sa.Integer(), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city_ranks")),
        sa.UniqueConstraint("month", "item", name=op.f("uq_city_ranks_month_item")),
    )
    for statement in guard("briefings", "id", op.get_context().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in unguard("briefings", op.get_context().dialect.name):
        op.execute(statement)
    for table in ("city_ranks", "briefings", "briefing_drafts"):
        op.drop_table(table)

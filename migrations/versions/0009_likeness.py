"""Merged cases, the pieces of text that find alike ones, and hot spots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("case_id", Id, autoincrement=False, nullable=False),
        sa.Column("leading_id", Id, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_merges_case_id_cases")),
        sa.ForeignKeyConstraint(["leading_id"], ["cases.id"], name=op.f("fk_merges_leading_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_leading_id"), "merges", ["leading_id"])
    op.create_table(
        "case_grams",
        sa.Column("gram", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("gram", "case_id", name=op.f("pk_case_grams")),
    )
    op.create_index("ix_case_grams_case_id", "case_grams", ["case_id"])
    _hotspots()


def _hotspots() -> None:
    op.create_table(
        "hotspots",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", Facts(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("found_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("warning", sa.Text(), nullable=False),
        sa.Column("warned_level", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspots")),
    )
    op.create_index("ix_hotspots_current", "hotspots", ["current"])
    op.create_table(
        "hotspot_cases",
        sa.Column("hotspot_id", Id, autoincrement=False, nullable=False),
        sa.Column("case_id", Id, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_hotspot_cases_case_id_cases")),
        sa.ForeignKeyConstraint(["hotspot_id"], ["hotspots.id"], name=op.f("fk_hotspot_cases_hotspot_id_hotspots")),
        sa.PrimaryKeyConstraint("hotspot_id", "case_id", name=op.f("pk_hotspot_cases")),
    )
    op.create_index("ix_hotspot_cases_case_id", "hotspot_cases", ["case_id"])


def downgrade() -> None:
    for table in ("hotspot_cases", "hotspots", "case_grams", "merges"):
        op.drop_table(table)

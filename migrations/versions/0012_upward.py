"""Counts of calls, calls agreed with one client; what goes up to the province; cases held back from erasing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_clients", sa.Column("calls_a_minute", sa.Integer(), nullable=True))
    op.create_table(
        "rate_counts",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "name", name=op.f("pk_rate_counts")),
    )
    op.add_column("sign_in_failures", sa.Column("tried_at", Moment(), nullable=True))
    op.create_table(
        "holds",
        sa.Column("case_id", Id, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_holds_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_holds")),
    )
    _upward()


def _upward() -> None:
    op.create_table(
        "upward_rows",
        sa.Column("id", Id, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("acknowledged", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_upward_rows_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upward_rows")),
        sa.UniqueConstraint("resource", "number", name=op.f("uq_upward_rows_resource_number")),
    )
    op.create_index(op.f("ix_upward_rows_case_id"), "upward_rows", ["case_id"])
    op.create_index("ix_upward_rows_state", "upward_rows", ["state", "id"])
    op.create_table(
        "upward_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("tried_at", Moment(), nullable=True),
        sa.Column("pushed_at", Moment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_upward_state")),
    )


def downgrade() -> None:
    op.drop_table("upward_state")
    op.drop_table("upward_rows")
    op.drop_table("holds")
    op.drop_column("sign_in_failures", "tried_at")
    op.drop_table("rate_counts")
    op.drop_column("api_clients", "calls_a_minute")

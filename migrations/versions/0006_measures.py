"""Figures of each case at each unit, their rollups by day and month, and how far they are folded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AMOUNTS = (
    "received", "signed", "signed_on_time", "contacted", "contacted_on_time", "closed", "on_time", "overdue",
    "overdue_open", "due", "returned", "redone", "moved_out", "open", "reached", "solved", "satisfied", "dispatched",
    "direct", "invalid", "contact_minutes", "close_minutes", "handovers",
)  # fmt: skip


def amounts() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in AMOUNTS]


def upgrade() -> None:
    op.create_table(
        "figures",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("turns_at", Moment(), nullable=True),
        *amounts(),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_figures_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures")),
        sa.UniqueConstraint("case_id", "kind", "unit_id", name=op.f("uq_figures_case_id_kind_unit_id")),
    )
    op.create_index("ix_figures_kind_unit_id_day", "figures", ["kind", "unit_id", "day"])
    op.create_index(op.f("ix_figures_turns_at"), "figures", ["turns_at"])
    op.create_table(
        "rollups",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", Id, autoincrement=False, nullable=False),
        sa.Column("dim", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        *amounts(),
        sa.PrimaryKeyConstraint("kind", "unit_id", "dim", "grain", "day", "value", name=op.f("pk_rollups")),
    )
    op.create_table(
        "rollup_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", Id, nullable=True),
        sa.Column("next_case", Id, nullable=True),
        sa.Column("at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rollup_state")),
    )
    # The worker walks every case there is, then follows the log from where it ended when it began.
    op.execute("INSERT INTO rollup_state (name, seq, event_id, next_case, at) VALUES ('figures', 0, NULL, 0, NULL)")


def downgrade() -> None:
    op.drop_table("rollup_state")
    op.drop_table("rollups")
    op.drop_index(op.f("ix_figures_turns_at"), table_name="figures")
    op.drop_index("ix_figures_kind_unit_id_day", table_name="figures")
    op.drop_table("figures")

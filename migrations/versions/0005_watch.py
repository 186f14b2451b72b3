"""Each leg knows when it next makes itself heard; who wants no morning digest; what was said of a unit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LIVE = "('to_sign', 'handling', 'delegated', 'returning', 'adjudicating')"


def upgrade() -> None:
    with op.batch_alter_table("case_legs") as table:
        table.add_column(sa.Column("look_at", Moment(), nullable=True))
        table.add_column(sa.Column("watch", Facts(), nullable=True))
    op.create_index("ix_case_legs_look_at", "case_legs", ["look_at"], unique=False)
    # Legs from before are looked at once; the clock then knows when each of them has something to say.
    op.execute(f"UPDATE case_legs SET look_at = sent_at WHERE state IN {LIVE}")
    op.create_table(
        "digest_refusals",
        sa.Column("person_id", Id, nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_digest_refusals_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_digest_refusals")),
    )
    op.create_table(
        "unit_warnings",
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("told", Facts(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_warnings_unit_id_units")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_warnings")),
    )


def downgrade() -> None:
    op.drop_table("unit_warnings")
    op.drop_table("digest_refusals")
    op.drop_index("ix_case_legs_look_at", table_name="case_legs")
    op.drop_column("case_legs", "watch")
    op.drop_column("case_legs", "look_at")

"""SMS handed to the platform, with what each cost and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms_sends",
        sa.Column("id", Id, nullable=False),
        sa.Column("letter_id", Id, nullable=False),
        sa.Column("out_id", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("biz_id", sa.Text(), nullable=True),
        sa.Column("words_index", sa.Text(), nullable=False),
        sa.Column("phone_sealed", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("handed_at", Moment(), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("look_at", Moment(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_sms_sends_letter_id_letters")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sms_sends_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_sends")),
        sa.UniqueConstraint("out_id", name=op.f("uq_sms_sends_out_id")),
    )
    for columns in (["letter_id"], ["at"], ["look_at"], ["person_id", "at"]):
        op.create_index(f"ix_sms_sends_{'_'.join(columns)}", "sms_sends", columns)


def downgrade() -> None:
    op.drop_table("sms_sends")

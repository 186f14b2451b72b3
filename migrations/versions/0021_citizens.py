"""WeChat and the citizens' pages: claimed pushes, shared tokens, sign-ins by SMS code, caps; SMS to a bare number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wechat_pushes",
        sa.Column("id", Id, nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("claimed_at", Moment(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_pushes")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_wechat_pushes_key_hash")),
    )
    op.create_table(
        "wechat_shelf",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_shelf")),
        sa.UniqueConstraint("name", name=op.f("uq_wechat_shelf_name")),
    )
    _sign_ins()
    op.create_table(
        "citizen_counts",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_counts")),
    )
    for table, columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    with op.batch_alter_table("sms_sends") as batch:
        batch.alter_column("person_id", existing_type=Id, nullable=True)


INDEXES = (
    ("wechat_pushes", ("claimed_at",)),
    ("citizen_sessions", ("created_at",)),
    ("citizen_codes", ("session_hash",)),
    ("citizen_codes", ("made_at",)),
    ("citizen_counts", ("at",)),
    ("citizen_counts", ("name", "at")),
)


def _sign_ins() -> None:
    op.create_table(
        "citizen_sessions",
        sa.Column("id", Id, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("openid_index", sa.Text(), nullable=True),
        sa.Column("state_hash", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_citizen_sessions_token_hash")),
    )
    op.create_table(
        "citizen_bindings",
        sa.Column("id", Id, nullable=False),
        sa.Column("openid_index", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.Text(), nullable=False),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("proved_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_bindings")),
        sa.UniqueConstraint("openid_index", "phone_index", name=op.f("uq_citizen_bindings_openid_index_phone_index")),
    )
    op.create_table(
        "citizen_codes",
        sa.Column("id", Id, nullable=False),
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_codes")),
    )


def downgrade() -> None:
    op.execute("DELETE FROM sms_sends WHERE person_id IS NULL")
    with op.batch_alter_table("sms_sends") as batch:
        batch.alter_column("person_id", existing_type=Id, nullable=False)
    for table in ("citizen_counts", "citizen_codes", "citizen_bindings", "citizen_sessions"):
        op.drop_table(table)
    op.drop_table("wechat_shelf")
    op.drop_table("wechat_pushes")

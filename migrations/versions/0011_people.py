"""Passwords of one's own: their age, the ones before; directory imports and the ids others know our people by."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("one_use", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("practice", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("set_at", Moment(), nullable=True))
    known = sa.table("accounts", sa.column("set_at", Moment()))
    op.execute(known.update().values(set_at=datetime.now(UTC)))
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "old_passwords",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_old_passwords_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_passwords")),
    )
    op.create_index(op.f("ix_old_passwords_person_id"), "old_passwords", ["person_id"])
    _directory_imports()


def _directory_imports() -> None:
    op.create_table(
        "directory_imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_imports")),
    )
    op.create_table(
        "directory_links",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outside_id", sa.Text(), nullable=False),
        sa.Column("our_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "outside_id", name=op.f("pk_directory_links")),
    )
    op.create_index("ix_directory_links_our_id", "directory_links", ["kind", "our_id"])


def downgrade() -> None:
    for table in ("directory_links", "directory_imports", "old_passwords"):
        op.drop_table(table)
    with op.batch_alter_table("sessions") as batch:
        batch.drop_column("must_change")
    with op.batch_alter_table("accounts") as batch:
        for column in ("set_at", "practice", "one_use"):
            batch.drop_column(column)

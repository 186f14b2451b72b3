"""Photos of cases lie in the file store; those that are in the database yet are moved by the clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachments") as table:
        table.add_column(sa.Column("file", sa.Text(), nullable=True))
        table.alter_column("sealed", existing_type=sa.Text(), nullable=True)
        table.create_foreign_key(op.f("fk_attachments_file_files"), "files", ["file"], ["name"])
        table.create_index(op.f("ix_attachments_file"), ["file"])


def downgrade() -> None:
    """A photo that lies in the file store only stays a row without its picture."""
    op.execute(sa.text("UPDATE attachments SET sealed = '' WHERE sealed IS NULL"))
    with op.batch_alter_table("attachments") as table:
        table.drop_index(op.f("ix_attachments_file"))
        table.drop_constraint(op.f("fk_attachments_file_files"), type_="foreignkey")
        table.alter_column("sealed", existing_type=sa.Text(), nullable=False)
        table.drop_column("file")

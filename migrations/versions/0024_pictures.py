"""Papers read from pictures, and sets of pictures on their way to their licences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "licence_readings",
        sa.Column("id", Id, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("body", Facts, nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_readings")),
        sa.UniqueConstraint("token", name=op.f("uq_licence_readings_token")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_licence_readings_person_id_people")),
        sa.ForeignKeyConstraint(["file"], ["files.name"], name=op.f("fk_licence_readings_file_files")),
    )
    for column in ("file", "line"):
        op.create_index(op.f(f"ix_licence_readings_{column}"), "licence_readings", [column])
    op.create_index("ix_licence_readings_person_id_id", "licence_readings", ["person_id", "id"])
    op.create_index("ix_licence_readings_state_made_at", "licence_readings", ["state", "made_at"])
    op.create_table(
        "picture_sets",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_sets")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_picture_sets_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_picture_sets_post_id_posts")),
    )
    for column in ("person_id", "digest", "state"):
        op.create_index(op.f(f"ix_picture_sets_{column}"), "picture_sets", [column])
    op.create_table(
        "picture_items",
        sa.Column("id", Id, nullable=False),
        sa.Column("set_id", Id, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("body", Facts, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_items")),
        sa.UniqueConstraint("place", name=op.f("uq_picture_items_place")),
        sa.ForeignKeyConstraint(["set_id"], ["picture_sets.id"], name=op.f("fk_picture_items_set_id_picture_sets")),
        sa.ForeignKeyConstraint(["file"], ["files.name"], name=op.f("fk_picture_items_file_files")),
    )
    op.create_index(op.f("ix_picture_items_file"), "picture_items", ["file"])
    op.create_index("ix_picture_items_set_id_state_id", "picture_items", ["set_id", "state", "id"])


def downgrade() -> None:
    op.drop_table("picture_items")
    op.drop_table("picture_sets")
    op.drop_table("licence_readings")

"""Feeds: what other systems deliver for the topics: state, deliveries, rows, counts, and what was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = (
    "licence_arrivals",
    "feed_refused",
    "feed_cells",
    "feed_cuts",
    "feed_newest",
    "feed_rows",
    "feed_deliveries",
    "feeds",
)


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("as_of", Moment(), nullable=True),
        sa.Column("delivery_id", Id, nullable=True),
        sa.Column("heard_at", Moment(), nullable=True),
        sa.Column("tried_at", Moment(), nullable=True),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("strange", sa.Text(), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("name", name=op.f("uq_feeds_name")),
    )
    op.create_index(op.f("ix_feeds_ended"), "feeds", ["ended"])
    op.create_table(
        "feed_deliveries",
        sa.Column("id", Id, nullable=False),
        sa.Column("feed_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("fresh", sa.Integer(), nullable=False),
        sa.Column("replaced", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_deliveries")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_deliveries_feed_id_feeds")),
        sa.UniqueConstraint("feed_id", "key", name=op.f("uq_feed_deliveries_feed_id_key")),
    )
    op.create_index("ix_feed_deliveries_feed_id_at", "feed_deliveries", ["feed_id", "at"])
    op.create_index("ix_feed_deliveries_at", "feed_deliveries", ["at"])
    op.create_table(
        "feed_rows",
        sa.Column("id", Id, nullable=False),
        sa.Column("feed_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_rows")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_rows_feed_id_feeds")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["feed_deliveries.id"], name=op.f("fk_feed_rows_delivery_id_feed_deliveries")
        ),
        sa.UniqueConstraint("feed_id", "key", name=op.f("uq_feed_rows_feed_id_key")),
    )
    op.create_index("ix_feed_rows_feed_id_at", "feed_rows", ["feed_id", "at"])
    op.create_index(op.f("ix_feed_rows_delivery_id"), "feed_rows", ["delivery_id"])
    op.create_table(
        "feed_newest",
        sa.Column("feed_id", Id, nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "series", name=op.f("pk_feed_newest")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_newest_feed_id_feeds")),
    )
    _counts()
    op.create_table(
        "feed_refused",
        sa.Column("id", Id, nullable=False),
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_refused")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["feed_deliveries.id"], name=op.f("fk_feed_refused_delivery_id_feed_deliveries")
        ),
    )
    op.create_index(op.f("ix_feed_refused_delivery_id"), "feed_refused", ["delivery_id"])

    _licences()


def _licences() -> None:
    op.create_table(
        "licence_arrivals",
        sa.Column("id", Id, nullable=False),
        sa.Column("outside_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("told_type", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("strange", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("came_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_arrivals")),
        sa.UniqueConstraint("outside_id", name=op.f("uq_licence_arrivals_outside_id")),
    )
    op.create_index("ix_licence_arrivals_state_changed_at", "licence_arrivals", ["state", "changed_at"])
    op.create_index("ix_licence_arrivals_changed_at", "licence_arrivals", ["changed_at"])


def _counts() -> None:
    op.create_table(
        "feed_cuts",
        sa.Column("id", Id, nullable=False),
        sa.Column("feed_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("built", sa.Boolean(), nullable=False),
        sa.Column("through", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_cuts")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_cuts_feed_id_feeds")),
        sa.UniqueConstraint("feed_id", "name", name=op.f("uq_feed_cuts_feed_id_name")),
    )
    op.create_table(
        "feed_cells",
        sa.Column("cut_id", Id, nullable=False),
        sa.Column("grain", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("least", sa.Float(), nullable=True),
        sa.Column("most", sa.Float(), nullable=True),
        sa.Column("last", sa.Float(), nullable=True),
        sa.Column("last_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("cut_id", "grain", "start", "value", name=op.f("pk_feed_cells")),
        sa.ForeignKeyConstraint(["cut_id"], ["feed_cuts.id"], name=op.f("fk_feed_cells_cut_id_feed_cuts")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

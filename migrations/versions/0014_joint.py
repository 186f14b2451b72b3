"""树党旗: joint orders, their legs, and the two columns by which an event is theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Id, Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OF_JOINT = sa.text("joint_id IS NOT NULL")


def upgrade() -> None:
    _orders()
    _copies()
    _legs()
    _check_ins()
    _feedbacks()
    _ratings()
    _rulings()
    op.add_column("events", sa.Column("joint_id", Id, nullable=True))
    op.add_column("events", sa.Column("joint_leg_id", Id, nullable=True))
    op.create_index(
        "ix_events_joint_id_id",
        "events",
        ["joint_id", "id"],
        unique=False,
        sqlite_where=OF_JOINT,
        postgresql_where=OF_JOINT,
    )


def _orders() -> None:
    op.create_table(
        "joint_orders",
        sa.Column("id", Id, nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("case_id", Id, nullable=True),
        sa.Column("earlier_id", Id, nullable=True),
        sa.Column("sponsor_unit", Id, nullable=False),
        sa.Column("raised_by", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=True),
        sa.Column("class_code", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("meet_at", Moment(), nullable=False),
        sa.Column("check_in_from", Moment(), nullable=True),
        sa.Column("met_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("rate_until", Moment(), nullable=True),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_joint_orders_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["earlier_id"], ["joint_orders.id"], name=op.f("fk_joint_orders_earlier_id_joint_orders")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_joint_orders_person_id_people")),
        sa.ForeignKeyConstraint(["raised_by"], ["posts.id"], name=op.f("fk_joint_orders_raised_by_posts")),
        sa.ForeignKeyConstraint(["sponsor_unit"], ["units.id"], name=op.f("fk_joint_orders_sponsor_unit_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_orders")),
        sa.UniqueConstraint("no", name=op.f("uq_joint_orders_no")),
    )
    op.create_index(op.f("ix_joint_orders_case_id"), "joint_orders", ["case_id"], unique=False)
    op.create_index(op.f("ix_joint_orders_earlier_id"), "joint_orders", ["earlier_id"], unique=False)
    op.create_index("ix_joint_orders_sponsor_unit_id", "joint_orders", ["sponsor_unit", "id"], unique=False)
    op.create_index("ix_joint_orders_state_id", "joint_orders", ["state", "id"], unique=False)


def _copies() -> None:
    op.create_table(
        "joint_copies",
        sa.Column("id", Id, nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("delivered_at", Moment(), nullable=True),
        sa.Column("face_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["joint_orders.id"], name=op.f("fk_joint_copies_order_id_joint_orders")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_joint_copies_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_joint_copies_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_copies")),
        sa.UniqueConstraint("track", "person_id", name=op.f("uq_joint_copies_track_person_id")),
    )
    op.create_index(op.f("ix_joint_copies_order_id"), "joint_copies", ["order_id"], unique=False)


def _legs() -> None:
    op.create_table(
        "joint_legs",
        sa.Column("id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("look_at", Moment(), nullable=True),
        sa.Column("barred", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("checked_in_at", Moment(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("shown_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["joint_orders.id"], name=op.f("fk_joint_legs_order_id_joint_orders")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_joint_legs_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_legs")),
        sa.UniqueConstraint("order_id", "unit_id", name=op.f("uq_joint_legs_order_id_unit_id")),
    )
    op.create_index("ix_joint_legs_look_at", "joint_legs", ["look_at"], unique=False)
    op.create_index("ix_joint_legs_state", "joint_legs", ["state"], unique=False)
    op.create_index("ix_joint_legs_unit_id_state", "joint_legs", ["unit_id", "state"], unique=False)


def _check_ins() -> None:
    op.create_table(
        "joint_check_ins",
        sa.Column("id", Id, nullable=False),
        sa.Column("leg_id", Id, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["leg_id"], ["joint_legs.id"], name=op.f("fk_joint_check_ins_leg_id_joint_legs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_check_ins")),
    )
    op.create_index(op.f("ix_joint_check_ins_leg_id"), "joint_check_ins", ["leg_id"], unique=False)


def _feedbacks() -> None:
    op.create_table(
        "joint_feedbacks",
        sa.Column("id", Id, nullable=False),
        sa.Column("leg_id", Id, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["leg_id"], ["joint_legs.id"], name=op.f("fk_joint_feedbacks_leg_id_joint_legs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_feedbacks")),
    )
    op.create_index("ix_joint_feedbacks_leg_id", "joint_feedbacks", ["leg_id"], unique=False)


def _ratings() -> None:
    op.create_table(
        "joint_ratings",
        sa.Column("id", Id, nullable=False),
        sa.Column("leg_id", Id, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("satisfied", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["leg_id"], ["joint_legs.id"], name=op.f("fk_joint_ratings_leg_id_joint_legs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_ratings")),
        sa.UniqueConstraint("leg_id", "side", name=op.f("uq_joint_ratings_leg_id_side")),
    )


def _rulings() -> None:
    op.create_table(
        "joint_rulings",
        sa.Column("id", Id, nullable=False),
        sa.Column("leg_id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("class_code", sa.Text(), nullable=True),
        sa.Column("town", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("stays", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["leg_id"], ["joint_legs.id"], name=op.f("fk_joint_rulings_leg_id_joint_legs")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_joint_rulings_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_rulings")),
    )
    op.create_index(op.f("ix_joint_rulings_leg_id"), "joint_rulings", ["leg_id"], unique=False)
    op.create_index(op.f("ix_joint_rulings_unit_id"), "joint_rulings", ["unit_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_events_joint_id_id", table_name="events")
    op.drop_column("events", "joint_leg_id")
    op.drop_column("events", "joint_id")
    for table in ("rulings", "ratings", "feedbacks", "check_ins", "legs", "copies", "orders"):
        op.drop_table(f"joint_{table}")

"""树党旗: the joint order, one leg for each unit it calls, and what was shown, said, ruled and rated on the way."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

joint_orders = Table(
    "joint_orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    # where it came from: a case, or an order before it; neither for one of its own (R109)
    Column("case_id", Id, ForeignKey("cases.id"), nullable=True, index=True),
    Column("earlier_id", Id, ForeignKey("joint_orders.id"), nullable=True, index=True),
    Column("sponsor_unit", Id, ForeignKey("units.id"), nullable=False),
    Column("raised_by", Id, ForeignKey("posts.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("raised_at", Moment, nullable=False),
    # what for, where and when
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("town", Text, nullable=True),
    Column("class_code", Text, nullable=True),
    Column("urgency", Text, nullable=False),
    Column("meet_at", Moment, nullable=False),
    Column("where_media", Text, nullable=True),  # what the sketch on the card shows, and its name at DingTalk
    Column("meet_spot", Text, nullable=True),  # sealed: where the sponsor's phone stood
    # how far it got
    Column("check_in_from", Moment, nullable=True),
    Column("met_at", Moment, nullable=True),
    Column("closed_at", Moment, nullable=True),
    Column("rate_until", Moment, nullable=True),
    Column("finished_at", Moment, nullable=True),
    Column("changed_at", Moment, nullable=False),
    Index("ix_joint_orders_sponsor_unit_id", "sponsor_unit", "id"),
    Index("ix_joint_orders_state_id", "state", "id"),
    Index("ix_joint_orders_finished_at", "finished_at"),
    Index("ix_joint_orders_raised_at", "raised_at"),
)

joint_legs = Table(
    "joint_legs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("joint_orders.id"), nullable=False),
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("due_at", Moment, nullable=True),
    Column("look_at", Moment, nullable=True),
    Column("barred", Boolean, nullable=False),
    Column("reason", Text, nullable=True),
    Column("basis", Text, nullable=True),
    Column("answer", Text, nullable=True),
    Column("checked_in_at", Moment, nullable=True),
    Column("late", Boolean, nullable=False),
    Column("overdue", Integer, nullable=False),
    Column("shown_at", Moment, nullable=True),
    UniqueConstraint("order_id", "unit_id"),
    Index("ix_joint_legs_unit_id_state", "unit_id", "state"),
    Index("ix_joint_legs_state", "state"),
    Index("ix_joint_legs_look_at", "look_at"),
)

joint_groups = Table(
    "joint_groups",
    metadata,
    Column("order_id", Id, ForeignKey("joint_orders.id"), primary_key=True, autoincrement=False),
    # our own name for it, by which a repeated call means the same group; DingTalk's once it has answered
    Column("name", Text, nullable=False, unique=True),
    Column("conversation", Text, nullable=True),
    Column("owner", Text, nullable=False),
    Column("members", Facts, nullable=False),
    Column("robot_in", Boolean, nullable=False),
    Column("face_hash", Text, nullable=True),
    Column("made_at", Moment, nullable=True),
    Column("over_at", Moment, nullable=True),
)

joint_check_ins = Table(
    "joint_check_ins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("leg_id", Id, ForeignKey("joint_legs.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("how", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("note", Text, nullable=True),
    # evidence, not proof (§7.3 rule 3): where the phone was, sealed; metres to the meeting point; when a kept scan came
    Column("spot", Text, nullable=True),
    Column("distance", Integer, nullable=True),
    Column("sent_at", Moment, nullable=True),
    Column("accepted", Boolean, nullable=True),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
)

joint_feedbacks = Table(
    "joint_feedbacks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("leg_id", Id, ForeignKey("joint_legs.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("measures", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("next_step", Text, nullable=True),
    Column("kept_at", Moment, nullable=True),  # when the unit said that it has done its next step, and how
    Column("kept_note", Text, nullable=True),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    Index("ix_joint_feedbacks_leg_id", "leg_id"),
)

joint_rulings = Table(
    "joint_rulings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("leg_id", Id, ForeignKey("joint_legs.id"), nullable=False, index=True),
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("class_code", Text, nullable=True),
    Column("town", Text, nullable=True),
    Column("words", Text, nullable=False),
    Column("stays", Boolean, nullable=False),
    Column("basis", Text, nullable=True),
    Column("on_behalf", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
)

joint_ratings = Table(
    "joint_ratings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("leg_id", Id, ForeignKey("joint_legs.id"), nullable=False),
    Column("side", Text, nullable=False),
    Column("satisfied", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("at", Moment, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    UniqueConstraint("leg_id", "side"),
)

joint_reviews = Table(
    "joint_reviews",
    metadata,
    Column("order_id", Id, ForeignKey("joint_orders.id"), primary_key=True, autoincrement=False),
    Column("why", Text, nullable=False),
    # each sentence of the draft with the ids of the events it rests on
    Column("points", Facts, nullable=False),
    Column("drafted_at", Moment, nullable=False),
    # what a person made of it, once they have confirmed it
    Column("words", Text, nullable=True),
    Column("lessons", Facts, nullable=True),
    Column("kept_at", Moment, nullable=True),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
)

joint_copies = Table(
    "joint_copies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("track", Text, nullable=False),
    Column("order_id", Id, ForeignKey("joint_orders.id"), nullable=False, index=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("delivered_at", Moment, nullable=True),
    Column("face_hash", Text, nullable=True),
    UniqueConstraint("track", "person_id"),
)

unit_groups = Table(
    "unit_groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    # whose it is: a unit's own, or the whole district's
    Column("unit_id", Id, ForeignKey("units.id"), nullable=True, index=True),
    Column("members", Facts, nullable=False),
    Column("active", Boolean, nullable=False),
)

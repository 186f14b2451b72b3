"""Published months of joint orders' scores, each version whole, and the appeals against them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

joint_reports = Table(
    "joint_reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("month", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("appeal_until", Moment, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    Column("note", Text, nullable=True),
    Column("basis", Facts, nullable=False),
    Column("digest", Text, nullable=False),
    UniqueConstraint("month", "version"),
)

joint_appeals = Table(
    "joint_appeals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("report_id", Id, ForeignKey("joint_reports.id"), nullable=False, index=True),
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False),
    Column("leg_id", Id, ForeignKey("joint_legs.id"), nullable=False),
    Column("item", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    Column("answer", Text, nullable=True),
    Column("answered_at", Moment, nullable=True),
    Column("answered_by", Id, nullable=True),
    UniqueConstraint("report_id", "unit_id", "leg_id", "item"),
    Index("ix_joint_appeals_state", "state"),
)

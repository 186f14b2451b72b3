"""What a unit plans to look at by itself: the plan, each walk of it, and the findings made on a walk."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

patrol_plans = Table(
    "patrol_plans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("look_for", Text, nullable=False),
    Column("weekdays", Facts, nullable=False),
    Column("dates", Facts, nullable=False),
    Column("walkers", Facts, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
    Column("laid_to", Date, nullable=False),  # its walks are laid out up to this day
)

patrol_walks = Table(
    "patrol_walks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("patrol_plans.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("begun_at", Moment, nullable=True),
    Column("done_at", Moment, nullable=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=True),
    Column("note", Text, nullable=False),
    UniqueConstraint("plan_id", "day"),
    Index("ix_patrol_walks_day", "day"),
)

patrol_findings = Table(
    "patrol_findings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("walk_id", Id, ForeignKey("patrol_walks.id"), nullable=False, index=True),
    Column("draft_id", Id, ForeignKey("drafts.id"), nullable=True, unique=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=True, unique=True),
)

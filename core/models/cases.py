"""The case, each unit's leg on it, the call-backs, and the card copies that show it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.db import Facts, Id, Moment, metadata

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("no_reversed", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    # where it came from
    Column("channel", Text, nullable=False),
    Column("outside_no", Text, nullable=True),
    Column("revision", Integer, nullable=False),
    Column("parent_id", Id, ForeignKey("cases.id"), nullable=True),
    Column("registered_at", Moment, nullable=False),
    Column("registered_by", Id, nullable=True),
    Column("registered_unit", Id, nullable=True),
    # who asks (sealed) and what for
    Column("caller_name", Text, nullable=True),
    Column("caller_phone", Text, nullable=True),
    Column("phone_index", Text, nullable=True, index=True),
    Column("address", Text, nullable=True),
    Column("keep_secret", Boolean, nullable=False),
    Column("wants_reply", Boolean, nullable=False),
    Column("type", Text, nullable=False),
    Column("service_type", Text, nullable=True),
    Column("class_code", Text, nullable=True),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("town", Text, nullable=True),
    Column("community", Text, nullable=True),
    Column("place", Text, nullable=False),
    Column("more", Facts, nullable=False),
    # grade
    Column("urgency", Text, nullable=False),
    Column("hard", Boolean, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("supervised", Boolean, nullable=False),
    # dispatch and clock
    Column("lead_unit", Id, ForeignKey("units.id"), nullable=True),
    Column("first_dispatched_at", Moment, nullable=True),
    Column("dispatches", Integer, nullable=False),
    Column("returns", Integer, nullable=False),
    Column("redos", Integer, nullable=False),
    Column("due_at", Moment, nullable=True),
    Column("original_due_at", Moment, nullable=True),
    Column("provisional", Boolean, nullable=False),
    # how it ended
    Column("reply", Text, nullable=True),
    Column("finished_at", Moment, nullable=True),
    Column("outcome", Text, nullable=True),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("channel", "outside_no"),
    # every order of a list is the newest first (core.queries.lists)
    Index("ix_cases_registered_at", "registered_at"),
    Index("ix_cases_finished_at", "finished_at"),
    Index("ix_cases_state_registered_at", "state", "registered_at"),
    Index("ix_cases_channel_registered_at", "channel", "registered_at"),
    Index("ix_cases_lead_unit_registered_at", "lead_unit", "registered_at"),
    Index("ix_cases_service_type_registered_at", "service_type", "registered_at"),
    Index("ix_cases_registered_unit", "registered_unit", "id"),
)

case_legs = Table(
    "case_legs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False),
    Column("parent_id", Id, ForeignKey("case_legs.id"), nullable=True),
    Column("part", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("hours", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("clock_from", Moment, nullable=False),
    Column("return_until", Moment, nullable=False),
    Column("receive_due_at", Moment, nullable=True),
    Column("contact_due_at", Moment, nullable=True),
    Column("due_at", Moment, nullable=False),
    Column("original_due_at", Moment, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("signed_at", Moment, nullable=True),
    Column("contacted_at", Moment, nullable=True),
    Column("settled_at", Moment, nullable=True),
    Column("paused_at", Moment, nullable=True),
    Column("returns", Integer, nullable=False),
    Column("return_refused", Boolean, nullable=False),
    Column("extension", Text, nullable=False),
    Column("asked_days", Integer, nullable=False),
    Column("granted_days", Integer, nullable=False),
    Column("extensions", Integer, nullable=False),
    Column("nudges", Integer, nullable=False),
    Column("result", Text, nullable=True),
    # when it next makes itself heard, and what was said so far (core.watch)
    Column("look_at", Moment, nullable=True),
    Column("watch", Facts, nullable=True),
    Index("ix_case_legs_unit_id_state", "unit_id", "state"),
    Index("ix_case_legs_state_due_at", "state", "due_at"),
    Index("ix_case_legs_unit_id_case_id", "unit_id", "case_id"),
    Index("ix_case_legs_sent_at", "sent_at"),
    Index("ix_case_legs_look_at", "look_at"),
)

call_backs = Table(
    "call_backs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("post_id", Id, nullable=True),
    Column("round", Integer, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("contacted", Text, nullable=True),
    Column("solved", Text, nullable=True),
    Column("satisfied", Text, nullable=True),
    Column("opinion", Text, nullable=True),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("case_id", "revision"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

card_copies = Table(
    "card_copies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("track", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("delivered_at", Moment, nullable=True),
    Column("told_at", Moment, nullable=True),
    Column("face_hash", Text, nullable=True),
    UniqueConstraint("track", "person_id"),
    Index("ix_card_copies_case_id", "case_id"),
)

calendar_days = Table(
    "calendar_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
)

api_calls = Table(
    "api_calls",
    metadata,
    Column("month", Text, primary_key=True),
    Column("api", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
)

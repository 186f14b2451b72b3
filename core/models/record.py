"""The record: what happened (events), who tried what (the log), what leaves (letters), what came in (receipts)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, Table, Text, text

from core.db import Facts, Id, Moment, metadata

OF_JOINT = text("joint_id IS NOT NULL")
"""Most events are of cases: the index of the others holds only the others."""

SCANS = text("action IN ('licence.scanned', 'code.checked')")
"""Looks at the code of a licence, and at one that is on none: few lines of the log, counted by day."""

events = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=True),
    Column("leg_id", Id, ForeignKey("case_legs.id"), nullable=True),
    Column("flow", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("person_id", Id, nullable=True),
    Column("post_id", Id, nullable=True),
    Column("unit_id", Id, nullable=True),
    Column("from_state", Text, nullable=True),
    Column("to_state", Text, nullable=True),
    Column("seq", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("facts", Facts, nullable=False),
    Column("joint_id", Id, nullable=True),
    Column("joint_leg_id", Id, nullable=True),
    Index("ix_events_case_id_id", "case_id", "id"),
    Index("ix_events_joint_id_id", "joint_id", "id", sqlite_where=OF_JOINT, postgresql_where=OF_JOINT),
    Index("ix_events_name_at", "flow", "name", "at"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("body_hash", Text, nullable=False),
    Column("event_id", Id, nullable=True),
    Column("answer", Facts, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_receipts_at", "at"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("event_id", Id, nullable=True),
    Column("case_id", Id, nullable=True),
    Column("body", Facts, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("hold_until", Moment, nullable=True),
    Column("leased_until", Moment, nullable=True),
    Column("lease", Text, nullable=True),
    Column("error", Text, nullable=True),
    Column("written_at", Moment, nullable=False),
    Column("sent_at", Moment, nullable=True),
    Index("ix_letters_state_due_at", "state", "due_at"),
    Index("ix_letters_lane_state", "lane", "state"),
    Index("ix_letters_case_id", "case_id"),
)

channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("opened_at", Moment, nullable=True),
    Column("probe_at", Moment, nullable=True),
    Column("error", Text, nullable=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until", Moment, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor_person", Id, nullable=True),
    Column("actor_post", Id, nullable=True),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("event_id", Id, nullable=True),
    Column("event_hash", Text, nullable=False),
    Column("mac", Text, nullable=False),
    Index("ix_audit_log_at", "at"),
    Index("ix_audit_log_object", "object"),
    Index("ix_audit_log_scans", "at", sqlite_where=SCANS, postgresql_where=SCANS),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("mac", Text, nullable=False),
)

daily_heads = Table(
    "daily_heads",
    metadata,
    Column("day", Date, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("mac", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("sent_at", Moment, nullable=True),
)

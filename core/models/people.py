"""Who there is: units, people, the posts they hold, and the names by which channels know them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from core.db import Facts, Id, Moment, metadata

units = Table(
    "units",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("short", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("parent_id", Id, ForeignKey("units.id"), nullable=True),
    Column("hours", Text, nullable=False),
    Column("duties", Facts, nullable=False),
    Column("active", Boolean, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("phone_sealed", Text, nullable=True),
    Column("phone_index", Text, nullable=True, index=True),
    Column("active", Boolean, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("in_charge", Facts, nullable=False),
    Column("active", Boolean, nullable=False),
    Index("ix_posts_role_unit_id", "role", "unit_id"),
)

identities = Table(
    "identities",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("outside_id", Text, nullable=False),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=True),
    UniqueConstraint("channel", "outside_id"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, unique=True),
    Column("login", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("one_use", Boolean, nullable=False, default=False),
    Column("practice", Boolean, nullable=False, default=False),
    Column("set_at", Moment, nullable=True, default=lambda: datetime.now(UTC)),
)
"""`one_use`: somebody else made this password, it only opens the page on which one sets one's own (A3)."""

old_passwords = Table(
    "old_passwords",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("password_hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=True),
    Column("confirm_hash", Text, nullable=True),
    Column("confirm_tries", Integer, nullable=False),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("name_and_address", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Moment, nullable=True),
    Column("tried_at", Moment, nullable=True),
)

api_clients = Table(
    "api_clients",
    metadata,
    Column("appid", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("secret_hash_2", Text, nullable=True),
    Column("scopes", Facts, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("calls_a_minute", Integer, nullable=True),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("appid", Text, ForeignKey("api_clients.appid"), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

nonces = Table(
    "nonces",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

# Who called how often in a minute of real time (Unix minutes); the name is a hash of what was called and by whom.
rate_counts = Table(
    "rate_counts",
    metadata,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

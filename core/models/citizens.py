"""Citizens: pushes of WeChat, tokens shared by our processes, sign-ins by phone, and how often somebody asked."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from core.db import Id, Moment, metadata

wechat_pushes = Table(
    "wechat_pushes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key_hash", Text, nullable=False, unique=True),
    Column("claimed_at", Moment, nullable=False, index=True),
    Column("reply", Text, nullable=True),
)
"""One push claimed before it is worked on (wechat-sms.md §2.6). `reply`: sealed; null while it is in progress."""

wechat_shelf = Table(
    "wechat_shelf",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("value", Text, nullable=False),
    Column("expires_at", Moment, nullable=True),
)
"""What the platform gave us for a while, sealed: the access token, one for all our processes (§4.2)."""

citizen_sessions = Table(
    "citizen_sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("openid_index", Text, nullable=True),
    Column("state_hash", Text, nullable=True),
    Column("phone", Text, nullable=True),
    Column("phone_index", Text, nullable=True),
    Column("subject", Text, nullable=True),
    Column("tries", Integer, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
    Column("seen_at", Moment, nullable=False),
)
"""A citizen's browser. `phone`: sealed, once a code proved it. `subject`: once the ID number's tail proved whose it is.
`state_hash`: what WeChat's web sign-in is to bring back, once."""

citizen_codes = Table(
    "citizen_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("session_hash", Text, nullable=False, index=True),
    Column("phone_index", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("made_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment, nullable=True),
)
"""A code sent by SMS, as a hash under our key, bound to number and browser (control C6)."""

citizen_bindings = Table(
    "citizen_bindings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("openid_index", Text, nullable=False),
    Column("phone_index", Text, nullable=False),
    Column("subjects", Text, nullable=False),
    Column("proved_at", Moment, nullable=False),
    UniqueConstraint("openid_index", "phone_index"),
)
"""Whose last four digits a WeChat user proved for a phone: they are asked again after a while, not each time."""

citizen_counts = Table(
    "citizen_counts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index("ix_citizen_counts_name_at", "name", "at"),
)
"""One row each time somebody asked: `name` is the hash of what was asked by or about whom (control C5, T6)."""

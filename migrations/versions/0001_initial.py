"""The tables of the first version, and the triggers that keep the record append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.append_only import DROP_FUNCTION, DROP_TRIGGERS, TRIGGERS
from core.db import Facts, Id, Moment
from core.entries import GENESIS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "api_calls",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("api", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "api", name=op.f("pk_api_calls")),
    )
    op.create_table(
        "api_clients",
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("secret_hash_2", sa.Text(), nullable=True),
        sa.Column("scopes", Facts(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("appid", name=op.f("pk_api_clients")),
    )
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor_person", Id, nullable=True),
        sa.Column("actor_post", Id, nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("event_id", Id, nullable=True),
        sa.Column("event_hash", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_object", "audit_log", ["object"], unique=False)
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("probe_at", Moment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
    )
    op.create_table(
        "daily_heads",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_daily_heads")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "letters",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("event_id", Id, nullable=True),
        sa.Column("case_id", Id, nullable=True),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("hold_until", Moment(), nullable=True),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("written_at", Moment(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("key", name=op.f("uq_letters_key")),
    )
    op.create_index("ix_letters_case_id", "letters", ["case_id"], unique=False)
    op.create_index("ix_letters_lane_state", "letters", ["lane", "state"], unique=False)
    op.create_index("ix_letters_state_due_at", "letters", ["state", "due_at"], unique=False)
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "nonces",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_nonces")),
    )
    op.create_index(op.f("ix_nonces_at"), "nonces", ["at"], unique=False)
    op.create_table(
        "numbers",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_numbers")),
    )
    op.create_table(
        "people",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone_sealed", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("code", name=op.f("uq_people_code")),
    )
    op.create_index(op.f("ix_people_phone_index"), "people", ["phone_index"], unique=False)
    op.create_table(
        "pictures",
        sa.Column("id", Id, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_pictures_token_hash")),
    )
    op.create_table(
        "receipts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("event_id", Id, nullable=True),
        sa.Column("answer", Facts(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_receipts")),
    )
    op.create_index("ix_receipts_at", "receipts", ["at"], unique=False)
    op.create_table(
        "sign_in_failures",
        sa.Column("name_and_address", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("name_and_address", name=op.f("pk_sign_in_failures")),
    )
    op.create_table(
        "units",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("duties", Facts(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_accounts_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
        sa.UniqueConstraint("person_id", name=op.f("uq_accounts_person_id")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["appid"], ["api_clients.appid"], name=op.f("fk_api_tokens_appid_api_clients")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_tokens")),
    )
    op.create_table(
        "cases",
        sa.Column("id", Id, nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("no_reversed", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outside_no", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("registered_at", Moment(), nullable=False),
        sa.Column("registered_by", Id, nullable=True),
        sa.Column("registered_unit", Id, nullable=True),
        sa.Column("caller_name", sa.Text(), nullable=True),
        sa.Column("caller_phone", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("keep_secret", sa.Boolean(), nullable=False),
        sa.Column("wants_reply", sa.Boolean(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("service_type", sa.Text(), nullable=True),
        sa.Column("class_code", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=True),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("more", Facts(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.Column("lead_unit", Id, nullable=True),
        sa.Column("first_dispatched_at", Moment(), nullable=True),
        sa.Column("dispatches", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("redos", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("original_due_at", Moment(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["lead_unit"], ["units.id"], name=op.f("fk_cases_lead_unit_units")),
        sa.ForeignKeyConstraint(["parent_id"], ["cases.id"], name=op.f("fk_cases_parent_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("channel", "outside_no", name=op.f("uq_cases_channel_outside_no")),
        sa.UniqueConstraint("no", name=op.f("uq_cases_no")),
    )
    op.create_index("ix_cases_channel_state", "cases", ["channel", "state"], unique=False)
    op.create_index("ix_cases_lead_unit_state", "cases", ["lead_unit", "state"], unique=False)
    op.create_index(op.f("ix_cases_no_reversed"), "cases", ["no_reversed"], unique=False)
    op.create_index(op.f("ix_cases_phone_index"), "cases", ["phone_index"], unique=False)
    op.create_index("ix_cases_registered_at", "cases", ["registered_at"], unique=False)
    op.create_index("ix_cases_state_due_at", "cases", ["state", "due_at"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("in_charge", Facts(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_posts_person_id_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_posts_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index(op.f("ix_posts_person_id"), "posts", ["person_id"], unique=False)
    op.create_index("ix_posts_role_unit_id", "posts", ["role", "unit_id"], unique=False)
    op.create_index(op.f("ix_posts_unit_id"), "posts", ["unit_id"], unique=False)
    op.create_table(
        "call_backs",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("post_id", Id, nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("contacted", sa.Text(), nullable=True),
        sa.Column("solved", sa.Text(), nullable=True),
        sa.Column("satisfied", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_call_backs_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_backs")),
    )
    op.create_index(op.f("ix_call_backs_case_id"), "call_backs", ["case_id"], unique=False)
    op.create_table(
        "card_copies",
        sa.Column("id", Id, nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("delivered_at", Moment(), nullable=True),
        sa.Column("told_at", Moment(), nullable=True),
        sa.Column("face_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_card_copies_case_id_cases")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_card_copies_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_card_copies_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_copies")),
        sa.UniqueConstraint("track", "person_id", name=op.f("uq_card_copies_track_person_id")),
    )
    op.create_index("ix_card_copies_case_id", "card_copies", ["case_id"], unique=False)
    op.create_table(
        "case_legs",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.Column("clock_from", Moment(), nullable=False),
        sa.Column("return_until", Moment(), nullable=False),
        sa.Column("receive_due_at", Moment(), nullable=True),
        sa.Column("contact_due_at", Moment(), nullable=True),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("original_due_at", Moment(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=True),
        sa.Column("contacted_at", Moment(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("return_refused", sa.Boolean(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("asked_days", sa.Integer(), nullable=False),
        sa.Column("granted_days", sa.Integer(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("nudges", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_legs_case_id_cases")),
        sa.ForeignKeyConstraint(["parent_id"], ["case_legs.id"], name=op.f("fk_case_legs_parent_id_case_legs")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_case_legs_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_legs")),
    )
    op.create_index(op.f("ix_case_legs_case_id"), "case_legs", ["case_id"], unique=False)
    op.create_index("ix_case_legs_state_due_at", "case_legs", ["state", "due_at"], unique=False)
    op.create_index("ix_case_legs_unit_id_state", "case_legs", ["unit_id", "state"], unique=False)
    op.create_table(
        "identities",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outside_id", sa.Text(), nullable=False),
        sa.Column("post_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_identities_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_identities_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("channel", "outside_id", name=op.f("uq_identities_channel_outside_id")),
    )
    op.create_index(op.f("ix_identities_person_id"), "identities", ["person_id"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_revisions_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("case_id", "revision", name=op.f("uq_revisions_case_id_revision")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=True),
        sa.Column("confirm_hash", sa.Text(), nullable=True),
        sa.Column("confirm_tries", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_sessions_post_id_posts")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=True),
        sa.Column("leg_id", Id, nullable=True),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("post_id", Id, nullable=True),
        sa.Column("unit_id", Id, nullable=True),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("facts", Facts(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id_cases")),
        sa.ForeignKeyConstraint(["leg_id"], ["case_legs.id"], name=op.f("fk_events_leg_id_case_legs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_case_id_id", "events", ["case_id", "id"], unique=False)
    op.create_index("ix_events_name_at", "events", ["flow", "name", "at"], unique=False)
    op.execute(f"INSERT INTO log_head (id, seq, mac) VALUES (1, 0, '{GENESIS}')")
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_context().dialect.name
    for statement in (*DROP_TRIGGERS[dialect], *DROP_FUNCTION[dialect]):
        op.execute(statement)

    op.drop_index("ix_events_name_at", table_name="events")
    op.drop_index("ix_events_case_id_id", table_name="events")
    op.drop_table("events")
    op.drop_index(op.f("ix_sessions_person_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("revisions")
    op.drop_index(op.f("ix_identities_person_id"), table_name="identities")
    op.drop_table("identities")
    op.drop_index("ix_case_legs_unit_id_state", table_name="case_legs")
    op.drop_index("ix_case_legs_state_due_at", table_name="case_legs")
    op.drop_index(op.f("ix_case_legs_case_id"), table_name="case_legs")
    op.drop_table("case_legs")
    op.drop_index("ix_card_copies_case_id", table_name="card_copies")
    op.drop_table("card_copies")
    op.drop_index(op.f("ix_call_backs_case_id"), table_name="call_backs")
    op.drop_table("call_backs")
    op.drop_index(op.f("ix_posts_unit_id"), table_name="posts")
    op.drop_index("ix_posts_role_unit_id", table_name="posts")
    op.drop_index(op.f("ix_posts_person_id"), table_name="posts")
    op.drop_table("posts")
    op.drop_index("ix_cases_state_due_at", table_name="cases")
    op.drop_index("ix_cases_registered_at", table_name="cases")
    op.drop_index(op.f("ix_cases_phone_index"), table_name="cases")
    op.drop_index(op.f("ix_cases_no_reversed"), table_name="cases")
    op.drop_index("ix_cases_lead_unit_state", table_name="cases")
    op.drop_index("ix_cases_channel_state", table_name="cases")
    op.drop_table("cases")
    op.drop_table("api_tokens")
    op.drop_table("accounts")
    op.drop_table("units")
    op.drop_table("sign_in_failures")
    op.drop_index("ix_receipts_at", table_name="receipts")
    op.drop_table("receipts")
    op.drop_table("pictures")
    op.drop_index(op.f("ix_people_phone_index"), table_name="people")
    op.drop_table("people")
    op.drop_table("numbers")
    op.drop_index(op.f("ix_nonces_at"), table_name="nonces")
    op.drop_table("nonces")
    op.drop_table("log_head")
    op.drop_index("ix_letters_state_due_at", table_name="letters")
    op.drop_index("ix_letters_lane_state", table_name="letters")
    op.drop_index("ix_letters_case_id", table_name="letters")
    op.drop_table("letters")
    op.drop_table("leases")
    op.drop_table("daily_heads")
    op.drop_table("channels")
    op.drop_table("calendar_days")
    op.drop_index("ix_audit_log_object", table_name="audit_log")
    op.drop_index("ix_audit_log_at", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("api_clients")
    op.drop_table("api_calls")

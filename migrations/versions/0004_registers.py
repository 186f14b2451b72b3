"""The registers an administrator keeps; sources, service types and limits begin with the rows of policy/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id
from core.models.registers import limits, service_types, sources
from core.policy import read

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FIRST_DAY = date(2020, 1, 1)


def upgrade() -> None:
    _create_lists()
    _create_rosters()
    begun = read("seed/service_types.yaml")["service_types"]
    op.bulk_insert(sources, [_source(row) for row in read("seed/sources.yaml")])
    op.bulk_insert(service_types, [{"valid_to": None, **row} for row in begun])
    op.bulk_insert(limits, list(_limits(read("limits.yaml"))))


def _source(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": row["code"], "title": row["title"], "short": row["short"], "place": row["order"],
        "provisional": row.get("provisional", False), "valid_from": FIRST_DAY, "valid_to": None,
    }  # fmt: skip


def _limits(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in table["rows"]:
        own = {"id", "title", "from", "until"}
        yield {
            "id": row["id"], "title": row["title"], "valid_from": row["from"], "valid_until": row.get("until"),
            "terms": {**table["defaults"], **{name: value for name, value in row.items() if name not in own}},
        }  # fmt: skip


def _create_lists() -> None:
    op.create_table(
        "sources",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sources")),
    )
    op.create_table(
        "service_types",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("demand_type", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_service_types")),
    )
    op.create_table(
        "limits",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("terms", Facts(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limits")),
    )


def _create_rosters() -> None:
    op.create_table(
        "duty_turns",
        sa.Column("id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_duty_turns_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_turns")),
    )
    op.create_index("ix_duty_turns_day", "duty_turns", ["day"])
    op.create_table(
        "absences",
        sa.Column("id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("cover_id", Id, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cover_id"], ["people.id"], name=op.f("fk_absences_cover_id_people")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_absences_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index("ix_absences_last_day", "absences", ["last_day"])


def downgrade() -> None:
    for table in ("absences", "duty_turns", "limits", "service_types", "sources"):
        op.drop_table(table)

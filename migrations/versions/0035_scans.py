"""Looks at licence codes are counted by their moment, without reading what else the log holds."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SCANS = text("action IN ('licence.scanned', 'code.checked')")


def upgrade() -> None:
    op.create_index("ix_audit_log_scans", "audit_log", ["at"], sqlite_where=SCANS, postgresql_where=SCANS)


def downgrade() -> None:
    op.drop_index("ix_audit_log_scans", "audit_log")

"""Lists and lookups of licences use indexes that hold only what is shown.

A sheet's rows lie unseen until all of them are there: in an index that holds `shown` each is entered twice, once unseen
and once more when the sheet is flipped. A sheet takes its serial numbers at once (`first_serial`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BEFORE = {
    "ix_licences_subject_id_shown_id": ["subject_id", "shown", "id"],
    "ix_licences_shown_id": ["shown", "id"],
    "ix_licences_type_shown_id": ["type", "shown", "id"],
    "ix_licences_shown_issued_on_id": ["shown", "issued_on", "id"],
    "ix_licences_state_shown_id": ["state", "shown", "id"],
    "ix_licences_line_shown": ["line", "shown"],
    "ix_licences_number_index_shown_type": ["number_index", "shown", "type"],
    "ix_licences_case_no_shown_id": ["case_no", "shown", "id"],
}
NOW = {
    "ix_licences_subject_id_id": ["subject_id", "id"],
    "ix_licences_id": ["id"],
    "ix_licences_type_id": ["type", "id"],
    "ix_licences_issued_on_id": ["issued_on", "id"],
    "ix_licences_state_id": ["state", "id"],
    "ix_licences_number_index_type": ["number_index", "type"],
    "ix_licences_case_no_id": ["case_no", "id"],
}


def upgrade() -> None:
    op.add_column("licence_imports", sa.Column("first_serial", sa.Integer(), nullable=True))
    _store_parts("EXTERNAL")
    for name, columns in NOW.items():
        op.create_index(name, "licences", columns, sqlite_where=sa.text("shown = 1"), postgresql_where=sa.text("shown"))
    for name in BEFORE:
        op.drop_index(name, "licences")


def _store_parts(how: str) -> None:
    """What is sealed does not shrink, and to try takes PostgreSQL as long as to write it."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE licence_import_parts ALTER COLUMN body SET STORAGE {how}")


def downgrade() -> None:
    for name, columns in BEFORE.items():
        op.create_index(name, "licences", columns)
    for name in NOW:
        op.drop_index(name, "licences")
    _store_parts("EXTENDED")
    op.drop_column("licence_imports", "first_serial")

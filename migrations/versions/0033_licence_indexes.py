"""A licence is found by line, number or case and a subject by name among a million, for planners without statistics.

Without them SQLite reads every newest version for `line = ? AND shown`, since an index of `shown` looks as good.
"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BEFORE = {
    "ix_licences_number_index": ("licences", ["number_index"]),
    "ix_licences_issued_on_shown_id": ("licences", ["issued_on", "shown", "id"]),
    "ix_licences_case_no": ("licences", ["case_no"]),
    "ix_subjects_name_index": ("subjects", ["name_index", "kind"]),
}
NOW = {
    "ix_licences_line_shown": ("licences", ["line", "shown"]),
    "ix_licences_number_index_shown_type": ("licences", ["number_index", "shown", "type"]),
    "ix_licences_shown_issued_on_id": ("licences", ["shown", "issued_on", "id"]),
    "ix_licences_case_no_shown_id": ("licences", ["case_no", "shown", "id"]),
    "ix_subjects_name_index_kind_gone": ("subjects", ["name_index", "kind", "gone"]),
}


def upgrade() -> None:
    for name, (table, columns) in NOW.items():
        op.create_index(name, table, columns)
    for name, (table, _) in BEFORE.items():
        op.drop_index(name, table)


def downgrade() -> None:
    for name, (table, columns) in BEFORE.items():
        op.create_index(name, table, columns)
    for name, (table, _) in NOW.items():
        op.drop_index(name, table)

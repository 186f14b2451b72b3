"""Lists and search that cost what is open: indexes in the order of the lists, and the word index, filled."""

from __future__ import annotations

from alembic import op

from core import word_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GONE = (
    ("ix_cases_state_due_at", ["state", "due_at"]),
    ("ix_cases_channel_state", ["channel", "state"]),
    ("ix_cases_lead_unit_state", ["lead_unit", "state"]),
)
CASES = (
    ("ix_cases_state_registered_at", ["state", "registered_at"]),
    ("ix_cases_channel_registered_at", ["channel", "registered_at"]),
    ("ix_cases_lead_unit_registered_at", ["lead_unit", "registered_at"]),
    ("ix_cases_service_type_registered_at", ["service_type", "registered_at"]),
    ("ix_cases_registered_unit", ["registered_unit", "id"]),
)
LEGS = (
    ("ix_case_legs_unit_id_case_id", ["unit_id", "case_id"]),
    ("ix_case_legs_sent_at", ["sent_at"]),
)


def upgrade() -> None:
    for name, _ in GONE:
        op.drop_index(name, table_name="cases")
    for name, columns in CASES:
        op.create_index(name, "cases", columns)
    for name, columns in LEGS:
        op.create_index(name, "case_legs", columns)
    op.execute(word_index.CASES.create[op.get_context().dialect.name])
    word_index.CASES.rebuild(op.get_bind())


def downgrade() -> None:
    op.execute(word_index.CASES.drop)
    for name, _ in LEGS:
        op.drop_index(name, table_name="case_legs")
    for name, _ in CASES:
        op.drop_index(name, table_name="cases")
    for name, columns in GONE:
        op.create_index(name, "cases", columns)

"""A sheet's rows lie in a table of their own until all of them are there; indexes of lists hold only what is shown.

Unseen among the others, each row was entered in every index twice: once unseen, once more when the sheet was flipped.
A sheet takes its serial numbers at once (`first_serial`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.db import Facts, Id, Moment

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


MOVED = (
    "token, line, version, identifier, serial, type, subject_id, state, issuer, number_index, case_no, issued_on, "
    "valid_from, valid_to, body, import_id, seq, added_at, changed_at"
)
UNSEEN = "NOT shown AND import_id IN (SELECT id FROM licence_imports WHERE state = 'running')"


def upgrade() -> None:
    op.add_column("licence_imports", sa.Column("first_serial", sa.Integer(), nullable=True))
    _store_parts("EXTERNAL")
    _staged()
    op.drop_index("ix_licences_import_id", "licences")
    for name, columns in NOW.items():
        op.create_index(name, "licences", columns, sqlite_where=sa.text("shown = 1"), postgresql_where=sa.text("shown"))
    for name in BEFORE:
        op.drop_index(name, "licences")


def _staged() -> None:
    op.create_table(
        "licence_staged",
        sa.Column("id", Id, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("token", "line")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("identifier", "serial", "type")),
        sa.Column("subject_id", Id, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "issuer", "number_index", "case_no")),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_licence_staged_subject_id_subjects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_staged")),
    )
    op.execute(f"INSERT INTO licence_staged ({MOVED}) SELECT {MOVED} FROM licences WHERE {UNSEEN} ORDER BY id")
    op.execute(f"DELETE FROM licences WHERE {UNSEEN}")


def _store_parts(how: str) -> None:
    """What is sealed does not shrink, and to try takes PostgreSQL as long as to write it."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE licence_import_parts ALTER COLUMN body SET STORAGE {how}")


def downgrade() -> None:
    for name, columns in BEFORE.items():
        op.create_index(name, "licences", columns)
    for name in NOW:
        op.drop_index(name, "licences")
    op.create_index("ix_licences_import_id", "licences", ["import_id"])
    op.execute(f"INSERT INTO licences ({MOVED}, shown) SELECT {MOVED}, false FROM licence_staged ORDER BY id")
    op.drop_table("licence_staged")
    _store_parts("EXTENDED")
    op.drop_column("licence_imports", "first_serial")

"""What the product's own database role may do on PostgreSQL: its work, and nothing to the schema or the record (H4).

Migrations run as the owner of the tables; the product as this role, which can add to the log, to the events and to what
is published, but neither change nor remove what is there, nor take a trigger off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core import models, word_index
from core.db import metadata
from core.errors import BadField

APPEND_ONLY = frozenset({"audit_log", "briefings", "events", "joint_reports"})
READ_ONLY = frozenset({"alembic_version"})
ROLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
ALL_TABLES = models.__all__  # naming them keeps every table in the metadata


def grants(role: str) -> list[str]:
    """The statements that give a role its rights, to be run by the owner after each migration. Raises BadField."""
    if not ROLE.fullmatch(role):
        raise BadField(field="角色", why="用小写字母、数字和下划线，以字母开头")
    others = {*metadata.tables, *(index.name for index in word_index.INDEXES)} - APPEND_ONLY
    return [
        f"GRANT USAGE ON SCHEMA public TO {role};",
        f"REVOKE CREATE ON SCHEMA public FROM {role};",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};",
        f"GRANT SELECT ON {_named(READ_ONLY)} TO {role};",
        f"GRANT SELECT, INSERT ON {_named(APPEND_ONLY)} TO {role};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_named(others)} TO {role};",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};",
    ]


def _named(tables: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(tables))

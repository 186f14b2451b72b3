"""Another's words put into ours: what lies where in a row, and under which name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from core.canon import canonical


def at_path(value: Any, path: str) -> Any:
    """What lies at `a.b.0.c` of nested objects and lists; the value itself for an empty path; None where there is none.

    A name with a dot in it (`PM2.5`) is found as it stands before it is taken for a path.
    """
    if not path:
        return value
    if isinstance(value, dict) and path in value:
        return value[path]
    name, _, rest = path.partition(".")
    if isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 6 and int(name) < len(value):
        return at_path(value[int(name)], rest)
    return at_path(value[name], rest) if isinstance(value, dict) and name in value else None


def renamed(row: Any, columns: Mapping[str, str]) -> Any:
    """A row in our columns; what the mapping does not name keeps its own name."""
    if not isinstance(row, dict):
        return row
    theirs = {path if path in row else path.partition(".")[0] for path in columns.values()}
    kept = {name: value for name, value in row.items() if name not in theirs}
    return {**kept, **{ours: at_path(row, path) for ours, path in columns.items()}}


def mark_of(told: Any) -> str:
    """Tells what came at one moment apart: the same for the same bytes, or the same rows."""
    raw = told if isinstance(told, bytes) else canonical([{k: str(v) for k, v in row.items()} for row in told]).encode()
    return hashlib.sha256(raw).hexdigest()[:24]

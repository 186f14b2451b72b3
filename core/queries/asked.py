"""What a list is asked for, before anybody looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.sql.elements import ColumnElement

from core.models.cases import cases

Ids = Select[Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list shall hold: its key, the columns an index knows, words, and whatever else a case must be.

    Of the indexed ones the first given leads, in the order of `leading`; all others are tried on the cases it yields.
    `parts`: the cases of an open list that has no key of its own; `units`: only those the units had a part in.
    """

    key: str = "all"
    lead_unit: int | None = None
    service_type: str | None = None
    channel: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    where: tuple[ColumnElement[bool], ...] = ()
    parts: tuple[Ids, ...] = ()
    units: tuple[int, ...] = ()

    def times(self) -> list[ColumnElement[bool]]:
        """When it was registered, from an index under every order."""
        told = [cases.c.registered_at >= self.since] if self.since else []
        return [*told, cases.c.registered_at < self.until] if self.until else told

    def equal(self) -> list[ColumnElement[bool]]:
        """The columns that must have one value, the leading one first."""
        return [cases.c[name] == value for name, value in self._values()]

    def tried(self) -> list[ColumnElement[bool]]:
        """The same for cases found otherwise."""
        return [tried(cases.c[name]) == value for name, value in self._values()]

    def _values(self) -> list[tuple[str, Any]]:
        leading = ("lead_unit", "service_type", "channel", "state")
        return [(name, getattr(self, name)) for name in leading if getattr(self, name) not in (None, "")]


def tried(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column as no index knows it: a planner may take a value common to a million cases for a way to find them."""
    return func.coalesce(column, 0 if column.type.python_type is int else "")

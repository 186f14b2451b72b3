"""The desk as policy: which lists each kind of post has, how lateness is banded, how much goes at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkList:
    """One list of a board. `cases`: the case states that make it; `batch`: the move several rows take at once."""

    key: str
    title: str
    empty: str
    cases: tuple[str, ...] = ()
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """How long over its deadline a case is: more than `after`, at most `until`."""

    key: str
    title: str
    after: timedelta
    until: timedelta | None


@dataclass(frozen=True, slots=True)
class DeskPolicy:
    """The boards by role, the bands by key."""

    boards: Mapping[str, tuple[WorkList, ...]]
    bands: Mapping[str, Band]
    unit_kinds: Mapping[str, str]
    batch_limit: int
    saved_views: int

    def board(self, role: str) -> tuple[WorkList, ...]:
        """The lists of a role in their order; none for a role that works at no desk."""
        return self.boards.get(role, ())

    def list_of(self, role: str, key: str) -> WorkList | None:
        return next((one for one in self.board(role) if one.key == key), None)


def read_desk(table: Mapping[str, Any]) -> DeskPolicy:
    """The desk from its table."""
    boards = {role: tuple(_list(row) for row in board["lists"]) for board in table["boards"] for role in board["roles"]}
    return DeskPolicy(
        boards=MappingProxyType(boards),
        bands=MappingProxyType({row["key"]: _band(row) for row in table["overdue_bands"]}),
        unit_kinds=MappingProxyType(table["unit_kinds"]),
        batch_limit=table["batch_limit"],
        saved_views=table["saved_views"],
    )


def _list(row: Mapping[str, Any]) -> WorkList:
    return WorkList(row["key"], row["title"], row["empty"], tuple(row.get("cases", ())), row.get("batch", ""))


def _band(row: Mapping[str, Any]) -> Band:
    until = timedelta(days=row["until"]) if "until" in row else None
    return Band(row["key"], row["title"], timedelta(days=row.get("after", 0)), until)

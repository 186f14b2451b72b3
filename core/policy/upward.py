"""What goes up to the provincial platform, and how: policy/upward.yaml, held to the register of personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read

HOW: Mapping[str, str] = MappingProxyType(
    {"plain": "原样", "scrubbed": "隐去号码、门牌和诉求人姓名", "masked": "遮挡", "left_out": "不交出"}
)
ALLOWED: Mapping[str, frozenset[str]] = MappingProxyType(
    {"敏感": frozenset({"masked", "left_out"}), "文本": frozenset({"scrubbed", "left_out"})}
)
"""What may be done with a column of each class of personal data; other columns may go as they are."""


@dataclass(frozen=True, slots=True)
class SharedField:
    """One item of a resource: its name there, the column it comes from, and how it is handed over (HOW)."""

    name: str
    table: str
    column: str
    title: str
    how: str
    guarded: bool


@dataclass(frozen=True, slots=True)
class SharedResource:
    """What the platform knows as one table: `cases` or `ratings`."""

    name: str
    title: str
    fields: tuple[SharedField, ...]


@dataclass(frozen=True, slots=True)
class UpwardPolicy:
    """All of upward.yaml. `backoff`: how long to wait after each failure in a row, the last one for all that follow."""

    every: timedelta
    batch: int
    batches_a_run: int
    backoff: tuple[timedelta, ...]
    resources: Mapping[str, SharedResource]


@cache
def load_upward() -> UpwardPolicy:
    """The table of the product."""
    return read_upward(read("upward.yaml"), read("personal_data.yaml")["columns"])


def read_upward(table: Mapping[str, Any], personal: Mapping[str, Mapping[str, Any]]) -> UpwardPolicy:
    """Check and freeze; ValueError names the first field that would hand over more than its class allows."""
    for name in ("every_minutes", "batch", "batches_a_run"):
        if type(table[name]) is not int or table[name] < 1:
            raise ValueError(f"upward.yaml {name}: expected a number from 1 up")
    resources = {name: _resource(name, row, personal) for name, row in table["resources"].items()}
    return UpwardPolicy(
        timedelta(minutes=table["every_minutes"]), table["batch"], table["batches_a_run"],
        tuple(timedelta(minutes=minutes) for minutes in table["backoff_minutes"]), MappingProxyType(resources),
    )  # fmt: skip


def _resource(name: str, row: Mapping[str, Any], personal: Mapping[str, Mapping[str, Any]]) -> SharedResource:
    fields = tuple(_field(f"{name}.{one}", one, given, personal) for one, given in row["fields"].items())
    return SharedResource(name, row["title"], fields)


def _field(where: str, name: str, row: Mapping[str, Any], personal: Mapping[str, Mapping[str, Any]]) -> SharedField:
    if row["as"] not in HOW:
        raise ValueError(f"upward.yaml {where}: nothing is handed over as {row['as']}")
    kind = personal.get(row["of"], {}).get("class", "")
    if kind in ALLOWED and row["as"] not in ALLOWED[kind]:
        raise ValueError(f"upward.yaml {where}: {row['of']} is {kind}, so it may not go up {row['as']}")
    table, _, column = row["of"].partition(".")
    return SharedField(name, table, column, row["title"], row["as"], bool(row.get("guarded", False)))

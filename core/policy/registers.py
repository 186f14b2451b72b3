"""The declarations of the registers: registers.yaml as frozen values, proved against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read

ACTS = MappingProxyType({"add": "新增", "change": "修改", "retire": "停用", "delete": "删除"})
EVENTS = MappingProxyType({"add": "added", "change": "changed", "retire": "retired", "delete": "deleted"})
KINDS = frozenset({"text", "code", "number", "date", "choice", "choices", "flag", "phone", "words", "limit"})
CHOSEN_FROM = frozenset({"demand_types", "posts", "people", "units", "roles", "hours", "licence_types", "topics"})


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a register as its form asks for it: `chosen` are its choices, or `source` names where they are."""

    name: str
    label: str
    kind: str
    required: bool = False
    fixed: bool = False
    unique: bool = False
    now: bool = False
    anew: bool = False
    least: int = 0
    most: int = 0
    form: str = ""
    hint: str = ""
    source: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Register:
    """One register: who may look and write, what may be done, which acts need a reason, which fields a row has."""

    name: str
    title: str
    says: str
    opens: frozenset[str]
    writes: frozenset[str]
    acts: tuple[str, ...]
    reason: frozenset[str]
    called: str  # the field by whose value a row is called
    listed: tuple[str, ...]
    fields: Mapping[str, Column]
    apart: bool = False  # kept on a page of its own, not among the tabs of 设置


@cache
def load_registers() -> Mapping[str, Register]:
    """Every register in the order of its tab. Raises ValueError naming the first thing wrong."""
    return MappingProxyType({name: _register(name, row) for name, row in read("registers.yaml").items()})


def _register(name: str, row: Mapping[str, Any]) -> Register:
    fields = {one: _column(f"{name}.{one}", one, given) for one, given in row["fields"].items()}
    if unknown := [act for act in (*row["acts"], *row["reason"]) if act not in ACTS]:
        raise ValueError(f"registers.yaml {name}: unknown acts {', '.join(unknown)}")
    return Register(
        name, row["title"], row["says"], frozenset(row["opens"]) | frozenset(row["writes"]), frozenset(row["writes"]),
        tuple(row["acts"]), frozenset(row["reason"]), row["name"], tuple(row["list"]), MappingProxyType(fields),
        row.get("apart", False),
    )  # fmt: skip


def _column(where: str, name: str, given: Mapping[str, Any]) -> Column:
    row = dict(given)
    chosen = row.pop("from", "")
    if row["kind"] not in KINDS:
        raise ValueError(f"registers.yaml {where}: unknown kind {row['kind']}")
    if isinstance(chosen, str) and chosen and chosen not in CHOSEN_FROM:
        raise ValueError(f"registers.yaml {where}: nothing to choose from {chosen}")
    if "form" in row:
        re.compile(row["form"])
    if isinstance(chosen, str):
        return Column(name, source=chosen, **row)
    return Column(name, chosen=MappingProxyType(chosen), **row)

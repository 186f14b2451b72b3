"""What a screen may count and list of our own record (record_measures.yaml and every figure of measures.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.measures import read_measures

UNITS = {"count": "件", "rate": "%", "hours": "小时", "times": "次"}


@dataclass(frozen=True, slots=True)
class RecordMeasure:
    """A number of our own record. `stock`: it is of this moment; else of a stretch of time. `by`: what it splits by.

    `past`: earlier days are told as exactly as the last ones, so that two stretches can be compared.
    """

    name: str
    title: str
    unit: str
    formula: str
    source: str
    stock: bool
    by: frozenset[str]
    past: bool


@dataclass(frozen=True, slots=True)
class RecordBook:
    """What topics may count and list. `at`: which figure of the console a measure is, of the whole and by unit.

    `empty`: what a list says that has no line. `later`: figures that go on changing long after the day they are counted
    on, so that no stretch equals an older one.
    """

    measures: Mapping[str, RecordMeasure]
    lists: Mapping[str, Mapping[str, str]]
    empty: Mapping[str, str]
    flows: Mapping[str, Any]
    at: Mapping[str, Mapping[str, str]]
    later: frozenset[str]


@cache
def read_records() -> RecordBook:
    """The record's measures: every figure of measures.yaml, and those that only screens ask for."""
    raw = read("record_measures.yaml")
    cases, known = raw["cases"], {}
    for one in read_measures().measures.values():
        whole = cases["at"].get(one.name, {}).get("whole", one.name)
        hourly = {"hour"} if whole in cases["hourly"] else set()
        named = read_measures().measures[whole]
        told = (one.name, named.title, UNITS[one.shows], named.formula, named.source, False)
        known[one.name] = RecordMeasure(*told, frozenset({*cases["by"], *hourly}), past=True)
    for name, row in raw["measures"].items():
        told = (name, row["title"], row["unit"], row["formula"], row["source"], bool(row.get("stock")))
        known[name] = RecordMeasure(*told, frozenset(row["by"]), bool(row.get("past")))
    lists = {name: MappingProxyType(row["columns"]) for name, row in raw["lists"].items()}
    later = frozenset(cases["settles_later"])
    if strange := later - known.keys():
        raise ValueError(f"record_measures.yaml: settles_later: unknown {', '.join(sorted(strange))}")
    return RecordBook(
        MappingProxyType(known), MappingProxyType(lists),
        MappingProxyType({name: row["empty"] for name, row in raw["lists"].items()}), MappingProxyType(raw["flows"]),
        MappingProxyType(cases["at"]), later,
    )  # fmt: skip

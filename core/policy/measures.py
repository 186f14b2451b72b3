"""The metric dictionary (measures.yaml): what each figure is called, how it comes about, and when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.figures import AMOUNTS, DIMS, KINDS
from core.policy.workdays import read_yaml

SHOWS = frozenset({"count", "rate", "hours", "times"})


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: an amount, or one amount per another."""

    name: str
    kinds: frozenset[str]
    title: str
    shows: str
    of: str
    per: str
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class MeasureBook:
    """All of them, in the order in which tables show them."""

    minimum: int
    most_rows: int
    longest_days: int
    dims: Mapping[str, str]
    kinds: Mapping[str, str]
    counted: Mapping[str, str]
    measures: Mapping[str, Measure]
    head: Mapping[str, tuple[str, ...]]
    short: Mapping[str, tuple[str, ...]]

    def of_kind(self, kind: str) -> list[Measure]:
        return [one for one in self.measures.values() if kind in one.kinds]

    def named(self, names: tuple[str, ...]) -> list[Measure]:
        return [self.measures[name] for name in names]


@cache
def read_measures() -> MeasureBook:
    """The dictionary. Raises ValueError naming what in it is unknown."""
    raw = read_yaml(Path(__file__).parent / "measures.yaml")
    rows = [_measure(row) for row in raw["measures"]]
    book = MeasureBook(
        raw["minimum"],
        raw["most_rows"],
        raw["longest_days"],
        MappingProxyType(raw["dims"]),
        MappingProxyType(raw["kinds"]),
        MappingProxyType(raw["counted"]),
        MappingProxyType({one.name: one for one in rows}),
        MappingProxyType({kind: tuple(names) for kind, names in raw["head"].items()}),
        MappingProxyType({kind: tuple(names) for kind, names in raw["short"].items()}),
    )
    if found := [*_faults(book)]:
        raise ValueError("measures.yaml: " + "; ".join(found))
    return book


def _measure(row: Mapping[str, Any]) -> Measure:
    return Measure(
        row["name"], frozenset(row["kinds"]), row["title"], row["shows"], row["of"], row.get("per", ""),
        row["formula"], row["source"],
    )  # fmt: skip


def _faults(book: MeasureBook) -> list[str]:
    found = [f"unknown dimension or kind {name}" for name in {*book.dims, *book.kinds} ^ {*DIMS, *KINDS}]
    for one in book.measures.values():
        found += [f"{one.name}: unknown amount {name}" for name in (one.of, one.per) if name and name not in AMOUNTS]
        if one.shows not in SHOWS or (one.shows != "count") != bool(one.per):
            found.append(f"{one.name}: cannot be shown as {one.shows}")
    for table in (book.head, book.short):
        for kind, names in table.items():
            mine = {one.name for one in book.of_kind(kind)}
            found += [f"{kind} has no {name}" for name in names if name not in mine]
    return found

"""Figures: a value, its unit, what it is measured against; kept in var/bench.json and printed as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.databases import ROOT

FILE = ROOT / "var" / "bench.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one kind of database, or of "any"."""

    kind: str
    name: str
    value: float
    unit: str
    against: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """Whether it holds what was promised; empty when nothing was."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g} {'✓' if self.value >= self.at_least else '✗'}"
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {'✓' if self.value <= self.at_most else '✗'}"
        return ""


def keep(figures: Iterable[Figure], file: Path = FILE) -> None:
    """Add figures to the file; those of the same name give way, others stay."""
    held: dict[str, dict[str, dict[str, object]]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for one in figures:
        row = {"value": one.value, "unit": one.unit, "against": one.against}
        held.setdefault(one.kind, {})[one.name] = row
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(held, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def line(one: Figure) -> str:
    """A row of the table."""
    return f"{one.kind:<11}{one.name:<24}{one.value:>10.4g} {one.unit:<12}{one.verdict:<12}{one.against}"
